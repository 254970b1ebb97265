"""What wants a person's look in the pipeline, what became of promises, and how new reps come in."""

from __future__ import annotations

from collections import Counter
from typing import Final

from convintel.language import count, entry, listed, say
from convintel.language.formats import day
from convintel.report.book import Book, grouped
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row
from convintel.tables.names import FOLLOW_UPS, HYGIENE

LINKED: Final = 10  # rows of a kind whose calls get a page although they are not of the week; reps link what is there


def hygiene(book: Book, *, rep: str | None = None) -> list[Row]:
    """Return what wants a look, by kind, oldest first: of everybody, or of one rep."""
    rows = book.tables["hygiene"].sort("kind", "day", "deal_id", "call_id").to_dicts()
    by_kind = grouped([row for row in rows if rep is None or row["rep"] == rep], "kind")
    return [_kind(book, kind, by_kind[kind], rep) for kind in HYGIENE if kind in by_kind]


def _kind(book: Book, kind: str, rows: list[Row], rep: str | None) -> Row:
    whose = {} if rep is None else {"rep": rep}
    return {
        "id": fact_id("hygiene", kind, *whose.values()),
        "rests": [rests("hygiene", kind=kind, **whose)],
        "kind": kind,
        "label": entry("hygiene")[kind],
        "n": len(rows),
        "remedies": sorted({row["remedy"] for row in rows}),
        "rows": [_row(book, row, linked=rep is None and place < LINKED) for place, row in enumerate(rows)],
    }


def _row(book: Book, row: Row, *, linked: bool) -> Row:
    """Return one thing; `call_id` is there where the call has a page, `in_call` always."""
    key = {name: row[name] for name in ("kind", "deal_id", "call_id")}
    call = book.calls.get(row["call_id"])
    return {
        "id": fact_id("hygiene", *key.values()),
        "rests": [rests("hygiene", **key)],
        "kind": row["kind"],
        "deal_id": row["deal_id"],
        "in_call": row["call_id"],
        "call_id": row["call_id"] if call and (linked or call["week"] == book.week) and call["measured"] else None,
        "call": call["label"] if call else "",
        "rep": row["rep"],
        "rep_name": book.people.get(row["rep"] or "", row["rep"] or ""),
        "since": None if row["day"] is None else row["day"].isoformat(),
        "day": "" if row["day"] is None else day(row["day"]),
        "days": row["days"],
        "short": _short(book, row),
        "what": row["what"],
        "remedy": row["remedy"],
    }


def _short(book: Book, row: Row) -> str:
    """Return what a row is about without what heading and columns say: the deal, the promise, or why no deal fits."""
    what: str = row["what"]
    if row["kind"] == "step not kept":
        told = [one for one in book.by_call["follow_through"](row["call_id"]) if one["due"] == row["day"]]
        return next((str(one["action"]) for one in told if one["status"] == "not seen"), what)
    if row["kind"] == "call without deal":
        return next((str(one["reason"]) for one in book.by_call["matches"](row["call_id"])), what)
    return what if row["kind"] == "impossible date" else book.deal_names.get(row["deal_id"], what)


def follow_through(book: Book, *, rep: str | None = None) -> Row:
    """Return what became of the dated promises of our side (or of one rep), as far as recorded calls show it."""
    rows = book.tables["follow_through"].to_dicts()
    mine = [row for row in rows if rep is None or row["rep"] == rep]
    n = Counter(row["status"] for row in mine)
    return {
        "id": fact_id("follow-through", rep or "team"),
        "rests": [rests("follow_through", **({} if rep is None else {"rep": rep}))],
        "n": len(mine),
        **{status.replace(" ", "_"): n[status] for status in FOLLOW_UPS},
        "text": _kept(book, n, len(mine), whose="team" if rep is None else "own") if mine else "",
    }


def _kept(book: Book, n: Counter[str], total: int, *, whose: str) -> str:
    parts = [say(f"follow_through.{status.replace(' ', '_')}", n=n[status]) for status in FOLLOW_UPS if n[status]]
    days = book.settings.outcomes.look_back_days
    return say(f"follow_through.{whose}", n=count(total, "promise"), days=days, parts=listed(parts))


def ramp(book: Book, *, rep: str | None = None) -> list[Row]:
    """Return new reps month by month, each measure beside the middle half of earlier reps in the same month."""
    rows = book.tables["ramp"].sort("rep", "month", "measure").to_dicts()
    mine = [row for row in rows if rep is None or row["rep"] == rep]
    months = grouped([{**row, "key": (row["rep"], row["month"])} for row in mine], "key")
    return [
        {
            "id": fact_id("ramp", email, month),
            "rests": [rests("ramp", rep=email, month=month)],
            "rep": email,
            "rep_name": book.people.get(email, email),
            "month": month,
            "few": any(row["earlier_low"] is None for row in part),
            "measures": {
                row["measure"]: {"value": row["value"], "low": row["earlier_low"], "high": row["earlier_high"]}
                for row in part
            },
        }
        for (email, month), part in months.items()
    ]
