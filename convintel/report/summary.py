"""The summary: one plain dictionary with every number and sentence of every page. Templates only show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from convintel.coaching.phrases import number
from convintel.report import phrases, team
from convintel.report.book import Book, open_book
from convintel.report.conversations import cited, conversations
from convintel.report.method import method
from convintel.report.names import clean
from convintel.report.people import people
from convintel.report.talk import Row, moved
from convintel.settings import Settings

VERSION = "convintel.summary/1"


def summarise(
    tables: Mapping[str, pl.DataFrame], *, week: str, settings: Settings, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return everything the pages of a week show, as data that JSON can hold; the same input gives the same dictionary.

    Args:
        tables: Tables by name (`tables.SCHEMAS`), each stacked over calls; missing ones are taken as empty.
        week: For example "2026-W44".
        settings: Sections company, coaching, outcomes, report, signals, turns are read.
        facts: What the run knows besides tables. Read: `version`, `models` (rows with name, version, digest),
            `reps` (rows with email, name, team), `deals_file` (whether there was one), `thresholds` (name -> value).
    """
    book = open_book(tables, week=week, settings=settings, facts=facts)
    persons, spoken = people(book), book.talk()
    objections = team.objections(book)
    summary: Row = {
        "schema": VERSION,
        "title": settings.report.title,
        "company": settings.company.name,
        "language": "en",
        "week": week,
        "period": phrases.period(book.first_day, book.last_day),
        "first_day": book.first_day,
        "last_day": book.last_day,
        "counts": _counts(book),
        "changed": _changed(book, spoken, objections),
        "talk": spoken,
        "objections": objections,
        "themes": team.themes(book),
        "promises": team.promises(book),
        "has_deals": bool(book.tables["deals"].height) or bool(facts.get("deals_file")),
        "at_risk": team.at_risk(book),
        "win_rates": team.win_rates(book),
        "win_caution": phrases.WIN_CAUTION.format(interval=number(settings.outcomes.interval, "share")),
        "associations": team.associations(book),
        "association_caution": phrases.ASSOCIATION_CAUTION.format(family=book.tables["associations"].height),
        "people": persons,
        "unused": book.tables["unused"].sort("source", "row", "what", nulls_last=True).to_dicts(),
        "quality": team.quality(book),
        "fair": phrases.FAIR,
        "method": method(book),
    }
    pages = {*book.ids(week), *cited(summary)}
    summary["calls"] = conversations(book, pages)
    plain: Row = json.loads(json.dumps(clean(summary), default=_plain, ensure_ascii=False, allow_nan=False))
    return plain


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
        "calls": len(now),
        "recordings": sum(book.calls[call_id]["kind"] == "recording" for call_id in now),
        "seconds": sum(book.calls[call_id]["seconds"] or 0.0 for call_id in now),
        "reps": len({book.calls[call_id]["rep"] for call_id in now} - {None}),
        "customers": len({book.calls[call_id]["label"] for call_id in now}),
        "past_calls": len(before),
        "past_weeks": len(book.before),
        "past_a_week": len(before) / len(book.before),
    }


def _changed(book: Book, spoken: list[Row], objections: Row) -> list[str]:
    """The three sentences on top, each from numbers of the page."""
    counts = _counts(book)
    before = phrases.count_mean(counts["past_a_week"], "call")
    if not counts["calls"]:
        return [
            (phrases.CHANGED_NONE if counts["past_calls"] else phrases.CHANGED_NOTHING_EVER).format(
                weeks=len(book.before), before=before
            )
        ]
    template = phrases.CHANGED_CALLS if counts["past_calls"] else phrases.CHANGED_CALLS_FIRST
    first = template.format(
        calls=phrases.count(counts["calls"], "call"),
        minutes=phrases.count(round(counts["seconds"] / 60), "minute"),
        reps=phrases.count(counts["reps"], "rep"),
        weeks=len(book.before),
        before=before,
    )
    return [first, _mover(book, spoken), _objected(objections)]


def _mover(book: Book, spoken: list[Row]) -> str:
    least = book.settings.coaching.min_calls
    row, judged = moved(spoken, least=least)
    if row is not None:
        return phrases.CHANGED_MOVER.format(
            label=row["label"],
            now=number(row["value"], row["unit"]),
            before=number(row["past"], row["unit"]),
            n=phrases.count(row["n"], "call"),
            m=phrases.count(row["past_n"], "call"),
        )
    return phrases.CHANGED_NO_MOVER if judged else phrases.CHANGED_TOO_FEW.format(least=phrases.count(least, "call"))


def _objected(objections: Row) -> str:
    if not objections["n"]:
        return phrases.CHANGED_NO_OBJECTIONS
    return phrases.CHANGED_OBJECTIONS.format(
        count=phrases.count(objections["n"], "time"),
        calls=phrases.count(objections["calls"], "call"),
        most=objections["most"],
        ignored=objections["ignored"],
    )
