"""Everything that says something about a call, in the order in which it is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from convintel.recordings import names, sidecar
from convintel.recordings.csvfile import read_sheet, unused
from convintel.recordings.discover import Found, read_json
from convintel.recordings.fields import FieldError
from convintel.recordings.roster import Roster
from convintel.settings import Settings

CALLS_FILE: Final = "calls.csv"
CALLS_COLUMNS: Final = (
    "file",
    "started_at",
    "rep_email",
    "customer_name",
    "customer_email",
    "customer_phone",
    "account",
    "deal_id",
    "direction",
    "consent",
    "country",
    "private",
    "call_type",
    "title",
)
_NEXT_ONE: Final = "mend it; until then the other sources are used"


@dataclass(frozen=True, slots=True)
class Source:
    """What one source says: field -> value as written. `place` (and `row`) is where a wrong value is to be mended."""

    origin: str
    place: str
    told: Mapping[str, Any]
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """calls.csv by path in the inbox: (line, field -> text)."""

    rows: Mapping[str, tuple[int, dict[str, str]]]
    unused: tuple[dict[str, Any], ...]


def read_calls_csv(workspace: Path, found: Sequence[Found]) -> Sheet:
    """Read calls.csv and tie its rows to files; a bare file name will do where only one file has it."""
    sheet = read_sheet(workspace / CALLS_FILE, required=("file",), known=CALLS_COLUMNS)
    by_path = {names.plain(one.relative): one.relative for one in found}
    by_name: dict[str, list[str]] = {}
    for one in found:
        by_name.setdefault(names.plain(one.path.name), []).append(one.relative)
    rows: dict[str, tuple[int, dict[str, str]]] = {}
    wrong = list(sheet.unused)
    for line, cells in sheet.rows:
        wanted = names.plain(cells.get("file", ""))
        alike = by_name.get(wanted, [])
        relative = by_path.get(wanted) or (alike[0] if len(alike) == 1 else None)
        if relative is None:
            wrong.append(unused(CALLS_FILE, *_no_file(cells.get("file", ""), alike), row=line))
        elif relative in rows:
            what = f"{relative} has a row already (line {rows[relative][0]}), which is used"
            wrong.append(unused(CALLS_FILE, what, "remove one of them", row=line))
        else:
            rows[relative] = (line, {("rep" if key == "rep_email" else key): value for key, value in cells.items()})
    return Sheet(rows, tuple(wrong))


def sources(
    one: Found, *, place: str, rows: Mapping[str, tuple[int, dict[str, str]]], roster: Roster, settings: Settings
) -> tuple[list[Source], list[dict[str, Any]]]:
    """Return the sources of a call, most trusted first, and what of them cannot be read (rows of `Unused`).

    Args:
        one: the recording or transcript.
        place: its path from the workspace.
        rows: calls.csv by path in the inbox.
        roster: a folder may bear a rep's name.
        settings: name patterns.
    """
    wrong: list[dict[str, Any]] = []
    said = [*_sidecars(one, place, wrong), *_transcript(one, place)]
    if one.relative in rows:
        line, cells = rows[one.relative]
        said.append(Source("calls.csv", CALLS_FILE, cells, line))
    for origin, read in (("file name", names.from_name), ("folder", names.from_folders)):
        try:
            said.append(Source(origin, place, read(one.relative, settings.recordings)))
        except FieldError as error:
            wrong.append(unused(place, f"{origin}: {error.what}", error.remedy, severity="partly used"))
    rep = next((folder for folder in names.folder_names(one.relative) if roster.find(folder)), None)
    return [*said, Source("folder", place, {"rep": rep} if rep else {})], wrong


def _sidecars(one: Found, place: str, wrong: list[dict[str, Any]]) -> list[Source]:
    """Read the JSON files of the recording's name: `call.json` and `call.mp3.json` beside `call.mp3`."""
    inbox = one.path.parents[one.relative.count("/")]
    said = []
    for name in one.beside:
        where = place.removesuffix(one.relative) + name
        try:
            said.append(Source("sidecar", where, sidecar.told(read_json(inbox / name))))
        except (ValueError, OSError) as error:
            wrong.append(unused(where, f"the sidecar cannot be read: {error}", _NEXT_ONE))
    return said


def _transcript(one: Found, place: str) -> list[Source]:
    return [] if one.told is None else [Source("transcript", place, one.told)]


def _no_file(written: str, alike: list[str]) -> tuple[str, str]:
    if alike:
        return f"several files are called {written}: {', '.join(alike)}", "write the path from the inbox"
    what = f"there is no recording '{written}' in the inbox" if written else "file is empty"
    return what, "write the path from the inbox, with its ending, or remove the row"
