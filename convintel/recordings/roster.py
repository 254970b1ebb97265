"""The roster: who the reps are, from reps.csv, and by which names files call them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from convintel.recordings.csvfile import read_sheet, unused

FILE_NAME: Final = "reps.csv"
COLUMNS: Final = ("rep_email", "name", "team", "aliases", "started_at", "voice_consent", "share_examples")
_YES: Final = frozenset({"yes", "y", "true", "1", "x"})
_NO: Final = frozenset({"", "no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales rep as in reps.csv; `started_at` is the first day at work, `voice_consent` allows a voice profile.

    `share_examples`: good moments of this rep may be shown to colleagues.
    """

    email: str
    name: str
    team: str | None = None
    aliases: tuple[str, ...] = ()
    started_at: date | None = None
    voice_consent: bool = False
    share_examples: bool = False


@dataclass(frozen=True)
class Roster:
    """The reps in the order of reps.csv, what in it could not be used, and whether there is such a file at all."""

    reps: tuple[Rep, ...]
    unused: tuple[dict[str, Any], ...]
    exists: bool

    def find(self, said: str) -> Rep | None:
        """Return the one rep whose e-mail, name or alias `said` is, whatever the case; None for nobody or several."""
        hits = self._by_name.get(_plain(said), ())
        return hits[0] if len(hits) == 1 else None

    @cached_property
    def _by_name(self) -> dict[str, list[Rep]]:
        named: dict[str, list[Rep]] = {}
        for rep in self.reps:
            for name in _names(rep):
                named.setdefault(name, []).append(rep)
        return named


def read_roster(workspace: Path) -> Roster:
    """Read reps.csv of a workspace; rows that cannot be used are listed, never fatal."""
    path = workspace / FILE_NAME
    sheet = read_sheet(path, required=("rep_email", "name"), known=COLUMNS)
    wrong = list(sheet.unused)
    reps: dict[str, Rep] = {}
    for line, cells in sheet.rows:
        email = cells.get("rep_email", "").casefold()
        if "@" not in email:
            wrong.append(unused(FILE_NAME, f"'{email}' is not an e-mail address", "fill in rep_email", row=line))
        elif email in reps:
            wrong.append(unused(FILE_NAME, f"{email} is there twice; the first row is used", "remove one", row=line))
        else:
            reps[email] = _rep(email, cells, line, wrong)
    wrong += _ambiguous(reps.values())
    return Roster(tuple(reps.values()), tuple(wrong), path.exists())


def _rep(email: str, cells: dict[str, str], line: int, wrong: list[dict[str, Any]]) -> Rep:
    started = cells.get("started_at", "")
    day: date | None = None
    if started:
        try:
            day = date.fromisoformat(started)
        except ValueError:
            what = f"started_at '{started}' is not a date like 2026-09-01; left out"
            wrong.append(unused(FILE_NAME, what, "write year-month-day", row=line, severity="partly used"))
    return Rep(
        email=email,
        name=" ".join(cells.get("name", "").split()) or email,
        team=cells.get("team") or None,
        aliases=tuple(alias for alias in map(str.strip, cells.get("aliases", "").split(";")) if alias),
        started_at=day,
        voice_consent=_agreed("voice_consent", cells, line, wrong),
        share_examples=_agreed("share_examples", cells, line, wrong),
    )


def _agreed(column: str, cells: dict[str, str], line: int, wrong: list[dict[str, Any]]) -> bool:
    said = cells.get(column, "").casefold()
    if said not in _YES | _NO:
        what = f"{column} '{said}' is neither yes nor no; taken as no"
        wrong.append(unused(FILE_NAME, what, "write yes or no", row=line, severity="partly used"))
    return said in _YES


def _ambiguous(reps: Iterable[Rep]) -> list[dict[str, Any]]:
    owners: dict[str, list[str]] = {}
    for rep in reps:
        for name in _names(rep):
            owners.setdefault(name, []).append(rep.email)
    return [
        unused(
            FILE_NAME,
            f"'{name}' names {' and '.join(emails)}; it is not used",
            "remove it from all but one",
            severity="note",
        )
        for name, emails in sorted(owners.items())
        if len(emails) > 1
    ]


def _names(rep: Rep) -> set[str]:
    return {_plain(name) for name in (rep.email, rep.name, *rep.aliases)}


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
