"""What is known about each call, and where every field comes from; what nobody says stays null and is listed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from convintel import tables
from convintel.recordings.call import Draft, fill
from convintel.recordings.csvfile import unused
from convintel.recordings.discover import Found, Note, scan, stem
from convintel.recordings.roster import Rep, read_roster
from convintel.recordings.sources import read_calls_csv, sources
from convintel.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Frames `Calls` (one row a call, sorted by path) and `Unused` (sorted), and the reps in the order of reps.csv."""

    calls: pl.DataFrame
    unused: pl.DataFrame
    reps: tuple[Rep, ...]


def describe(
    found_with_ids: Sequence[tuple[Found, str]],
    *,
    workspace: Path,
    settings: Settings,
    notes: Sequence[Note] | None = None,
    silent: Sequence[Found] = (),
) -> Described:
    """Return one row a call with the origin of every field, and everything that could not be used.

    Sources in order of trust: sidecar, the transcript's own head, calls.csv, file name, folder, tags (for channels the
    settings). Of files with the same bytes the one that is described best is kept. Nothing depends on the order of
    `found_with_ids`, the clock or the files' times.

    Args:
        found_with_ids: all that `discover` found in the inbox, each with its call id.
        workspace: the folder with calls.csv and reps.csv; both may be missing.
        settings: company (time zone, country) and recordings (patterns, date format, channels).
        notes: what `scan` left out; None: the inbox is looked through for it.
        silent: files that lie in the inbox and of which nothing may be told: forgotten calls.
    """
    found = sorted(found_with_ids, key=lambda pair: pair[0].relative)
    roster = read_roster(workspace)
    sheet = read_calls_csv(workspace, [*(one for one, _ in found), *silent])
    drafts = []
    for one, call_id in found:
        place = _place(one.path, one.relative, workspace)
        said, wrong = sources(one, place=place, rows=sheet.rows, roster=roster, settings=settings)
        row: dict[str, Any] = {"call_id": call_id, "path": one.relative, "kind": one.kind}
        drafts.append(fill(Draft(one, place, said, row, unused=wrong), roster, settings))
    calls, copies = _set_copies_aside(drafts)
    listed = [*roster.unused, *sheet.unused, *_notes(found, workspace, notes), *copies, *_perhaps_the_same(calls)]
    listed += [row for call in calls for row in call.unused]
    return Described(
        calls=tables.frame("calls", [call.row for call in calls]),
        unused=without(tables.frame("unused", _sorted(listed)), [one.relative for one in silent]),
        reps=roster.reps if roster.exists else _reps_of(calls),
    )


def without(unused: pl.DataFrame, paths: Collection[str]) -> pl.DataFrame:
    """Return rows of `Unused` but those about files of these paths in the inbox, or about what lies beside them."""
    if not paths:
        return unused
    stems = {stem(path) for path in paths}
    sources = [source for source in unused["source"].unique() if source.startswith("inbox/")]
    own = [source for source in sources if stem(source.removeprefix("inbox/")) in stems]
    return unused.filter(~pl.col("source").is_in(own))


def _reps_of(calls: Sequence[Draft]) -> tuple[Rep, ...]:
    emails = sorted({call.row["rep"] for call in calls if call.row.get("rep")})
    return tuple(Rep(email=email, name=email) for email in emails)


def _set_copies_aside(drafts: Sequence[Draft]) -> tuple[list[Draft], list[dict[str, Any]]]:
    best: dict[str, Draft] = {}
    for draft in drafts:  # sorted by path: of equals the first is kept
        kept = best.setdefault(draft.row["call_id"], draft)
        if len(draft.origins) > len(kept.origins):
            best[draft.row["call_id"]] = draft
    copies = []
    for draft in drafts:
        kept = best[draft.row["call_id"]]
        if kept is not draft:
            copies.append(unused(draft.place, f"the same bytes as {kept.place}, which is used", "remove one of them"))
    return [draft for draft in drafts if best[draft.row["call_id"]] is draft], copies


def _perhaps_the_same(calls: Sequence[Draft]) -> list[dict[str, Any]]:
    """Note different files of one rep that begin in the same second: a call exported twice would count twice."""
    first: dict[tuple[Any, ...], Draft] = {}
    notes = []
    for call in calls:
        at, rep = call.row.get("started_at"), call.row.get("rep")
        if at is None or rep is None or call.day_only:
            continue
        other = first.setdefault((at, rep), call)
        if other is not call:
            what = f"begins in the same second as {other.place}, by the same rep: perhaps one call twice"
            notes.append(unused(call.place, what, "remove one of them if so", severity="note"))
    return notes


def _notes(found: Sequence[tuple[Found, str]], workspace: Path, notes: Sequence[Note] | None) -> list[dict[str, Any]]:
    """List what `scan` left out; the inbox is where the first file is, or else the workspace's."""
    inbox = found[0][0].path.parents[found[0][0].relative.count("/")] if found else workspace / "inbox"
    return [
        unused(_place(inbox / note.relative, note.relative, workspace), note.what, note.remedy, severity=note.severity)
        for note in (scan(inbox).notes if notes is None else notes)
    ]


def _place(path: Path, relative: str, workspace: Path) -> str:
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else f"inbox/{relative}"


def _sorted(listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    once = {json.dumps(row, sort_keys=True): row for row in listed}
    return sorted(once.values(), key=lambda row: (row["source"], row["row"] or 0, row["what"]))
