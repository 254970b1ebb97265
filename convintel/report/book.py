"""The tables of a report opened once: rows by call, the week and its window, names, and how a quote is put."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import polars as pl

from convintel.coaching.behaviours import Behaviour, measures, observe
from convintel.language import entry
from convintel.language.formats import moment as said_moment
from convintel.report.lookup import ByCall, Starts
from convintel.report.names import slugs
from convintel.report.talk import Row, Spoken, read_talk, talk
from convintel.settings import Settings
from convintel.tables import SCHEMAS
from convintel.weeks import monday, weeks_before

LONGEST_REPLY: Final = 20.0  # seconds of a reply that an objection's sound goes on for


@dataclass(frozen=True)
class Book:
    """Everything the sections of a summary read. Times are seconds, dates local to the call."""

    tables: Mapping[str, pl.DataFrame]
    week: str
    before: tuple[str, ...]
    settings: Settings
    facts: Mapping[str, Any]
    calls: Mapping[str, Row]
    spoken: tuple[Spoken, ...]
    measures: tuple[Behaviour, ...]
    people: Mapping[str, str]
    slugs: Mapping[str, str]
    by_call: Mapping[str, ByCall]
    starts: Starts
    deal_names: Mapping[str, str]

    @property
    def first_day(self) -> date:
        """Monday of the week."""
        return monday(self.week)

    @property
    def last_day(self) -> date:
        """Sunday of the week."""
        return self.first_day + timedelta(days=6)

    @property
    def window(self) -> tuple[str, ...]:
        """The weeks of charts and comparisons, oldest first, this one last."""
        return (*self.before, self.week)

    def ids(self, *weeks: str, rep: str | None = None) -> list[str]:
        """Return the measured calls of some weeks (and of one rep), in order of time."""
        parts = [self._of_week.get(week, {}) for week in sorted(set(weeks))]
        if rep is not None:
            return [call_id for part in parts for call_id in part.get(rep, ())]
        found = [self.calls[call_id] for part in parts for own in part.values() for call_id in own]
        return [call["call_id"] for call in sorted(found, key=_by_time)]

    def rows(self, table: str, *weeks: str, rep: str | None = None) -> list[Row]:
        """Return a table's rows of the calls of some weeks, by call and time."""
        return self.by_call[table].of(self.ids(*weeks, rep=rep))

    @cached_property
    def _of_week(self) -> dict[str, dict[str | None, list[str]]]:
        """Measured calls by week and rep, in order of time."""
        found: dict[str, dict[str | None, list[str]]] = defaultdict(lambda: defaultdict(list))
        for call in sorted(self.calls.values(), key=_by_time):
            if call["measured"] and call["week"] is not None:
                found[call["week"]][call["rep"]].append(call["call_id"])
        return found

    def talk(self, *, rep: str | None = None) -> list[Row]:
        """Return the numbers of talk of the team or of one rep (`talk.talk`)."""
        return talk(self.spoken, window=self.window, rep=rep)

    def quote(self, call_id: str, start: float, end: float, role: str, text: str, **more: Any) -> Row:
        """Return a quote with who said it and where to hear it: `until` is where its sound may stop."""
        call = self.calls[call_id]
        return {
            "call_id": call_id,
            "turn": self.starts.at(call_id, start),
            "start": start,
            "end": end,
            "until": end,
            "role": role,
            "who": self.who(call, role),
            "text": text,
            "call": call["label"],
            "when": call["when"],
            "audio": call["audio"],
            **more,
        }

    def reply_end(self, call_id: str, turn: int, end: float) -> float:
        """Return where the reply to an objection ends, at most 20 s after it; without one the objection's own end."""
        after = next((row for row in self.by_call["turns"](call_id) if row["turn"] == turn + 1), None)
        if after is None or after["role"] != "rep":
            return end
        return float(max(end, min(after["end"], end + LONGEST_REPLY)))

    def who(self, call: Row, role: str) -> str:
        """Return the name of the speaker if it is known, else the role."""
        name = call["rep_name"] if role == "rep" else call["customer_name"] if role == "customer" else None
        return str(name or entry("roles")[role])


def open_book(tables: Mapping[str, pl.DataFrame], *, week: str, settings: Settings, facts: Mapping[str, Any]) -> Book:
    """Return the book of a week; tables that are missing are taken as empty."""
    full = {name: tables[name] if name in tables else table.schema.create_empty() for name, table in SCHEMAS.items()}
    measured = {*full["turns"]["call_id"].unique(), *full["metrics"]["call_id"].unique()}
    calls = _calls(full, measured, settings)
    listed = measures()
    before = tuple(weeks_before(week, settings.coaching.past_weeks))
    people = _people(calls, full, facts)
    return Book(
        tables=full,
        week=week,
        before=before,
        settings=settings,
        facts=facts,
        calls=calls,
        spoken=tuple(read_talk(observe(full["calls"], full["metrics"], chosen=listed), listed, (*before, week))),
        measures=listed,
        people=people,
        slugs=slugs(people.items()),
        by_call={name: ByCall(table) for name, table in full.items() if "call_id" in table.columns},
        starts=Starts(full["turns"]),
        deal_names={row["deal_id"]: row["name"] or row["deal_id"] for row in full["deals"].to_dicts()},
    )


def _calls(tables: Mapping[str, pl.DataFrame], measured: set[str], settings: Settings) -> dict[str, Row]:
    audio = {row["call_id"]: row for row in tables["audio"].to_dicts()}
    rows = sorted(tables["calls"].to_dicts(), key=_by_time)
    return {
        row["call_id"]: {
            **row,
            "measured": row["call_id"] in measured,
            "seconds": audio.get(row["call_id"], {}).get("seconds"),
            "label": _label(row),
            "when": _when(row),
            "audio": row["path"] if row["kind"] == "recording" and settings.report.audio else None,
        }
        for row in rows
    }


def _by_time(row: Row) -> tuple[bool, str, str]:
    return row["started_at"] is None, str(row["started_at"]), row["call_id"]


def _label(row: Row) -> str:
    return str(row["account"] or row["customer_name"] or row["title"] or row["path"])


def local(row: Row) -> datetime | None:
    """Return when a call began by the clock of its people, or None."""
    if row["started_at"] is None:
        return None
    moment: datetime = row["started_at"] + timedelta(minutes=row["utc_offset_min"] or 0)
    return moment


def _when(row: Row) -> str:
    moment = local(row)
    return "" if moment is None else said_moment(moment)


def _people(calls: Mapping[str, Row], tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> dict[str, str]:
    """Names by e-mail: from the roster if the facts carry it, else from calls and deals."""
    names: dict[str, str] = {}
    for row in tables["deals"].sort("deal_id").to_dicts():
        if row["owner"]:
            names[row["owner"]] = row["owner_name"] or row["owner"]
    for row in calls.values():
        if row["rep"]:
            names[row["rep"]] = row["rep_name"] or names.get(row["rep"], row["rep"])
    for person in facts.get("reps", ()):
        names[person["email"]] = person["name"]
    return dict(sorted(names.items()))


def grouped(rows: Sequence[Row], key: str) -> dict[Any, list[Row]]:
    """Return rows by the value of a column, in the order they came."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return dict(groups)
