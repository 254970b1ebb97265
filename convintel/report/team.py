"""What was heard in a week, of the team or of one rep: objections and promises."""

from __future__ import annotations

from collections import Counter

from convintel.language import entry, listed, say
from convintel.language.formats import day
from convintel.report.book import Book
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row
from convintel.tables import OBJECTION_TYPES

EVERYONE = "team"


def objection(book: Book, row: Row) -> Row:
    """Return one objection with its quote, how it was met, and the rule behind it."""
    until = book.reply_end(row["call_id"], row["turn"], row["end"])
    quote = book.quote(row["call_id"], row["start"], row["end"], row["role"], row["quote"], until=until)
    return {
        **quote,
        "id": row["finding_id"],
        "rests": [rests("objections", finding_id=row["finding_id"])],
        "turn": row["turn"],
        "type": row["type"],
        "handling": row["handling"] or "open",
        "first_move": row["first_move"],
        "came_back": row["came_back"],
        "pause": row["pause_before_reply"],
        "reply_seconds": row["reply_seconds"],
        "score": row["score"],
        "threshold": row["threshold"],
        "rule": row["rule"],
        "rep": book.calls[row["call_id"]]["rep"],
    }


def objections(book: Book, *, rep: str | None = None) -> Row:
    """Return the week's objections one by one and counted by type and handling, with the weeks before."""
    now = [objection(book, row) for row in book.rows("objections", book.week, rep=rep)]
    before = Counter(row["type"] for row in book.rows("objections", *book.before, rep=rep))
    weeks = len({book.calls[call_id]["week"] for call_id in book.ids(*book.before, rep=rep)})
    types = [_type(kind, now, before[kind], weeks) for kind in OBJECTION_TYPES]
    return {
        "id": fact_id("objections", rep or EVERYONE),
        "rests": [rests("objections", weeks=book.window, rep=rep)],
        "n": len(now),
        "most": _most(types),
        "calls": len({row["call_id"] for row in now}),
        "answered": sum(row["handling"] in ("resolved", "addressed") for row in now),
        "ignored": sum(row["handling"] == "ignored" for row in now),
        "types": sorted((row for row in types if row["n"] or row["before"]), key=lambda row: (-row["n"], row["label"])),
        "rows": now,
    }


def _most(types: list[Row]) -> str:
    """The most frequent types with their number, ties together: "price and trust (4 each)"."""
    top = max((row["n"] for row in types), default=0)
    names = [row["label"].lower() for row in types if row["n"] == top > 0]
    if not names:
        return ""
    return say("changed.most_each" if len(names) > 1 else "changed.most", names=listed(names), n=top)


def _type(kind: str, now: list[Row], before: int, weeks: int) -> Row:
    mine = [row for row in now if row["type"] == kind]
    handled = Counter(row["handling"] for row in mine)
    return {
        "type": kind,
        "label": entry("objections")[kind],
        "n": len(mine),
        **{handling: handled[handling] for handling in entry("handlings")},
        "before": before,
        "before_a_week": before / weeks if weeks else None,
    }


def promise(book: Book, row: Row) -> Row:
    """Return one next step with owner, due date, quote and rule."""
    call = book.calls[row["call_id"]]
    quote = book.quote(row["call_id"], row["start"], row["end"], row["role"], row["quote"])
    return {
        **quote,
        "id": row["finding_id"],
        "rests": [rests("next_steps", finding_id=row["finding_id"])],
        "turn": row["turn"],
        "owner": row["owner"],
        "rep": call["rep"],
        "rep_name": book.people.get(call["rep"], say("page.no_rep")),
        "deal_id": call["deal_id"],
        "action": row["action"],
        "kind": row["step_kind"],
        "due": None if row["due"] is None else row["due"].isoformat(),
        "due_day": None if row["due"] is None else _due(row),
        "due_text": row["due_text"],
        "granularity": row["due_granularity"],
        "level": row["level"],
        "confirmed": row["confirmed"],
        "confirmation": row["confirmation"],
        "score": row["score"],
        "threshold": row["threshold"],
        "rule": row["rule"],
    }


def _due(row: Row) -> str:
    named = entry("granularity").get(row["due_granularity"] or "")
    return say("table.granular", day=day(row["due"]), granularity=named) if named else day(row["due"])


def promises(book: Book, *, rep: str | None = None) -> Row:
    """Return open promises of our side, soonest first: those of the week that was, those to come, those without a date.

    `was_due` fell due from this Monday to Sunday and may be done; `due` comes after; `undated` was said this week.
    """
    rows = [row for row in book.rows("next_steps", *book.window, rep=rep) if row["owner"] in ("rep", "both")]
    found = [promise(book, row) for row in rows if _still_open(book, row)]
    found = sorted(found, key=lambda row: (row["due"] is None, row["due"] or "", row["call_id"], row["start"]))
    sunday = book.last_day.isoformat()
    return {
        "id": fact_id("promises", rep or EVERYONE),
        "rests": [rests("next_steps", weeks=book.window, rep=rep)],
        "was_due": [row for row in found if row["due"] and row["due"] <= sunday],
        "due": [row for row in found if row["due"] and row["due"] > sunday],
        "undated": [row for row in found if not row["due"]],
    }


def _still_open(book: Book, row: Row) -> bool:
    if row["due"] is not None:
        return bool(row["due"] >= book.first_day)
    return bool(book.calls[row["call_id"]]["week"] == book.week)
