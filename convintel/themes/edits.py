"""themes.csv: how people call themes, which they take as one, pin or hide. It is never written to and always wins.

Columns: `theme_id`, `label` (as the report shows it; guards against a theme of another meaning), `name` (call it so),
`merge_into` (the id of the theme it counts for), `show` ("pin" or "hide"). What themes are, and their ids, does not
change: take a line away and everything is as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from convintel.recordings.csvfile import read_sheet, unused
from convintel.themes.registry import Registry, Theme

FILE_NAME: Final = "themes.csv"
COLUMNS: Final = ("theme_id", "label", "name", "merge_into", "show")
SHOWS: Final = ("pin", "hide", "")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of themes.csv."""

    number: int
    theme_id: str
    label: str
    name: str
    merge_into: str
    show: str


@dataclass(frozen=True, slots=True)
class Edits:
    """The rows of themes.csv, and those that cannot be read (`tables.Unused`)."""

    lines: tuple[Line, ...] = ()
    unused: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What of it applies to the themes that there are: names, targets of merges (chains followed), pinned, hidden."""

    names: Mapping[str, str] = field(default_factory=dict)
    into: Mapping[str, str] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    unused: tuple[dict[str, Any], ...] = ()


def read_edits(path: Path) -> Edits:
    """Read themes.csv; a missing file edits nothing."""
    sheet = read_sheet(path, required=("theme_id",), known=COLUMNS)
    lines: dict[str, Line] = {}
    wrong = list(sheet.unused)
    for number, cells in sheet.rows:
        line = Line(number, *(cells.get(column, "").strip() for column in COLUMNS))
        show = line.show.casefold()
        if show not in SHOWS:
            wrong.append(unused(FILE_NAME, f"show '{line.show}' is not known", "write pin or hide", row=number))
        elif line.theme_id.upper() in lines:
            wrong.append(
                unused(FILE_NAME, f"{line.theme_id} is there twice; the first row counts", "remove one", row=number)
            )
        else:
            lines[line.theme_id.upper()] = Line(
                number, line.theme_id.upper(), line.label, line.name, line.merge_into.upper(), show
            )
    return Edits(tuple(lines.values()), tuple(wrong))


def wishes(edits: Edits, registry: Registry) -> Wishes:
    """Return what of the edits applies; a row about a theme that is not there, or means something else, is listed."""
    themes = {theme.theme_id: theme for theme in registry.themes}
    wrong: list[dict[str, Any]] = []
    good: list[Line] = []
    for line in edits.lines:
        doubt = _doubt(line, themes)
        if doubt is None:
            good.append(line)
        else:
            wrong.append(unused(FILE_NAME, *doubt, row=line.number))
    direct = {line.theme_id: line.merge_into for line in good if line.merge_into}
    round_about = {start for start in direct if _target(start, direct) is None}
    wrong += [
        unused(
            FILE_NAME,
            f"{line.theme_id} is merged into itself in the end",
            "take one of the merges away",
            row=line.number,
        )
        for line in good
        if line.theme_id in round_about
    ]
    into = {start: str(_target(start, direct)) for start in direct if start not in round_about}
    return Wishes(
        names={line.theme_id: line.name for line in good if line.name},
        into=into,
        pinned=frozenset(line.theme_id for line in good if line.show == "pin"),
        hidden=frozenset(line.theme_id for line in good if line.show == "hide"),
        unused=tuple(wrong),
    )


def _doubt(line: Line, themes: Mapping[str, Theme]) -> tuple[str, str] | None:
    theme, target = themes.get(line.theme_id), themes.get(line.merge_into)
    if theme is None:
        return f"there is no theme {line.theme_id}", "ids stand in the report and in reports/tables/themes.csv"
    if line.label and line.label.casefold() != theme.label.casefold():
        what = f"{line.theme_id} is '{theme.label}', not '{line.label}', so the row is not used"
        return what, "themes were made anew: copy id and label from the report"
    if theme.into:
        return f"{line.theme_id} has become part of {theme.into}", f"write {theme.into}"
    if line.merge_into and target is None:
        return f"there is no theme {line.merge_into} to merge into", "ids stand in the report"
    if target is not None and target.kind != theme.kind:
        what = f"{line.theme_id} is about {theme.kind}s and {line.merge_into} about {target.kind}s"
        return what, "only themes of one kind can be merged"
    return None


def _target(start: str, direct: Mapping[str, str]) -> str | None:
    """Return where a chain of merges ends; null when it goes round."""
    seen = [start]
    for step in _steps(start, direct):
        if step in seen:
            return None
        seen.append(step)
    return seen[-1]


def _steps(start: str, direct: Mapping[str, str]) -> Iterator[str]:
    while start in direct:
        start = direct[start]
        yield start
