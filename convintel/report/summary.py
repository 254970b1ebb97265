"""The summary: one plain dictionary with every number and sentence of every page. Templates only show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import polars as pl

from convintel.language import LANGUAGE, count, say
from convintel.language.formats import count_mean, number, period
from convintel.report import deals, team, themes, upkeep
from convintel.report.book import Book, open_book
from convintel.report.conversations import cited, conversations
from convintel.report.facts import fact_id, rests
from convintel.report.method import method
from convintel.report.names import clean
from convintel.report.people import people
from convintel.report.quality import quality, unused
from convintel.report.sources import sources
from convintel.report.talk import Row, moved
from convintel.settings import Settings

VERSION = "convintel.summary/3"


@dataclass(frozen=True)
class Draft:
    """A summary without its call pages; which calls have one is known by then, and they are what costs."""

    book: Book
    sections: Row

    @cached_property
    def calls(self) -> frozenset[str]:
        """The calls that have a page: those of the week, and older ones that other pages show."""
        return frozenset(self.book.calls) & {*self.book.ids(self.book.week), *cited(self.sections)}

    def finished(self) -> dict[str, Any]:
        """Return the summary with its call pages."""
        plain = {name: _data(value) for name, value in self.sections.items()}
        # one by one: thousands at once are gigabytes
        plain["calls"] = [_data(call) for call in conversations(self.book, self.calls)]
        return plain


def summarise(
    tables: Mapping[str, pl.DataFrame], *, week: str, settings: Settings, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return everything the pages of a week show, as data that JSON can hold; the same input gives the same dictionary.

    Arguments are those of `draft`.
    """
    return draft(tables, week=week, settings=settings, facts=facts).finished()


def draft(tables: Mapping[str, pl.DataFrame], *, week: str, settings: Settings, facts: Mapping[str, Any]) -> Draft:
    """Return the summary up to its call pages.

    Args:
        tables: Tables by name (`tables.SCHEMAS`), each stacked over calls; missing ones are taken as empty.
        week: For example "2026-W44".
        settings: Sections company, coaching, outcomes, report, signals, turns are read.
        facts: What the run knows besides tables. Read: `version`, `models` (rows with name, version, digest),
            `reps` (rows with email, name, team), `deals_file` (whether there was one), `thresholds` (name -> value).
    """
    book = open_book(tables, week=week, settings=settings, facts=facts)
    interval = number(settings.outcomes.interval, "share")
    persons, spoken = people(book), book.talk()
    objections, shown, behaviours = team.objections(book), themes.themes(book), deals.associations(book)
    sections: Row = {
        "schema": VERSION,
        "title": settings.report.title,
        "company": settings.company.name,
        "language": LANGUAGE,
        "week": week,
        "period": period(book.first_day, book.last_day),
        "first_day": book.first_day,
        "last_day": book.last_day,
        "counts": _counts(book),
        "changed": _changed(book, spoken, objections),
        "sources": sources(book),
        "talk": spoken,
        "objections": objections,
        "themes": shown,
        "theme_events": themes.events(book, shown),
        "themes_compared": themes.compared(book, shown),
        "promises": team.promises(book),
        "follow_through": upkeep.follow_through(book),
        "hygiene": upkeep.hygiene(book),
        "has_deals": bool(book.tables["deals"].height) or bool(facts.get("deals_file")),
        "at_risk": deals.at_risk(book),
        "win_rates": deals.win_rates(book),
        "win_caution": say("win.caution", interval=interval),
        "associations": behaviours,
        "associated": deals.associated(book, behaviours),
        "association_caution": say("win.association_caution", family=book.tables["associations"].height),
        "interval": interval,
        "least_deals": settings.outcomes.min_deals_association,
        "ramp": upkeep.ramp(book),
        "people": persons,
        "unused": unused(book),
        "quality": quality(book),
        "method": method(book),
    }
    return Draft(book, sections)


def _data(value: Any) -> Any:
    return json.loads(json.dumps(clean(value), default=_plain, ensure_ascii=False, allow_nan=False))


def _plain(value: object) -> object:
    """Write dates as ISO 8601; anything else is a mistake of ours.

    Raises:
        TypeError: a value that JSON cannot hold.
    """
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in the summary")


def _counts(book: Book) -> Row:
    now, before = book.ids(book.week), book.ids(*book.before)
    return {
        "id": fact_id("counts"),
        "rests": [rests("calls", weeks=book.window)],
        "calls": len(now),
        "recordings": sum(book.calls[call_id]["kind"] == "recording" for call_id in now),
        "seconds": sum(book.calls[call_id]["seconds"] or 0.0 for call_id in now),
        "reps": len({book.calls[call_id]["rep"] for call_id in now} - {None}),
        "customers": len({book.calls[call_id]["label"] for call_id in now}),
        "past_calls": len(before),
        "past_weeks": len(book.before),
        "past_a_week": len(before) / len(book.before),
    }


def _changed(book: Book, spoken: list[Row], objections: Row) -> list[Row]:
    """The three sentences on top, each from numbers of the page, with the rows that it rests on."""
    counts = _counts(book)
    if not counts["calls"]:
        return [_sentence("calls", _no_calls(counts), rests("calls", weeks=book.window))]
    first = say(
        "changed.calls" if counts["past_calls"] else "changed.calls_first",
        calls=count(counts["calls"], "call"),
        minutes=count(round(counts["seconds"] / 60), "minute"),
        reps=count(counts["reps"], "rep"),
        weeks=counts["past_weeks"],
        before=count_mean(counts["past_a_week"], "call"),
    )
    return [
        _sentence("calls", first, rests("calls", weeks=book.window), rests("audio", weeks=[book.week])),
        _mover(book, spoken),
        _sentence("objections", _objected(objections), rests("objections", weeks=[book.week])),
    ]


def _sentence(name: str, text: str, *where: Row) -> Row:
    return {"id": fact_id("changed", name), "text": text, "rests": list(where)}


def _no_calls(counts: Row) -> str:
    if not counts["past_calls"]:
        return say("changed.nothing_ever", weeks=counts["past_weeks"])
    return say("changed.none", weeks=counts["past_weeks"], before=count_mean(counts["past_a_week"], "call"))


def _mover(book: Book, spoken: list[Row]) -> Row:
    least = book.settings.coaching.min_calls
    counts = _counts(book)
    row, preferred, judged = moved(spoken, least=least, calls=counts["calls"])
    if row is None:
        text = say("changed.no_mover") if judged else say("changed.too_few", least=count(least, "call"))
        return _sentence("mover", text, rests("metrics", weeks=book.window))
    text = say(
        "changed.mover_coached" if preferred else "changed.mover",
        label=row["label"],
        now=number(row["value"], row["unit"]),
        before=number(row["past"], row["unit"]),
        n=_of_calls(row["n"], counts["calls"]),
        m=_of_calls(row["past_n"], counts["past_calls"]),
    )
    return _sentence("mover", text, *row["rests"])


def _of_calls(n: int, calls: int) -> str:
    """Return how many calls a mean is over, and of how many when some do not carry the measure."""
    return count(n, "call") if n == calls else say("changed.of_calls", n=n, calls=count(calls, "call"))


def _objected(objections: Row) -> str:
    if not objections["n"]:
        return say("changed.no_objections")
    return say(
        "changed.objections" if objections["ignored"] else "changed.objections_all_met",
        count=count(objections["n"], "time"),
        calls=count(objections["calls"], "call"),
        most=objections["most"],
        ignored=objections["ignored"],
    )
