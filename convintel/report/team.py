"""Sections of the team page: objections, themes, deals at risk, promises, win rates."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from convintel.coaching.behaviours import DATED
from convintel.language import entry, listed, say
from convintel.language.formats import day
from convintel.report.book import Book, grouped, local
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row
from convintel.tables import OBJECTION_TYPES

EVERYONE = "team"


def objection(book: Book, row: Row) -> Row:
    """Return one objection with its quote, how it was met, and the rule behind it."""
    quote = book.quote(row["call_id"], row["start"], row["end"], row["role"], row["quote"])
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


def themes(book: Book) -> list[Row]:
    """Return themes of enough calls, one of them in the window, most calls this week first, with calls by week."""
    members = book.tables["theme_members"].filter(pl.col("theme_id").is_not_null()).to_dicts()
    calls = {theme: {row["call_id"] for row in rows} for theme, rows in grouped(members, "theme_id").items()}
    found = [_theme(book, row, calls.get(row["theme_id"], set())) for row in book.tables["themes"].to_dicts()]
    found = [row for row in found if row["shown"] in ("shown", "pinned")]
    alive = [row for row in found if row["shown"] == "pinned" or any(week["calls"] for week in row["weeks"])]
    return sorted(
        alive,
        key=lambda row: (row["shown"] != "pinned", -row["calls_this_week"], -row["calls_weeks_before"], row["id"]),
    )


def _theme(book: Book, row: Row, calls: set[str]) -> Row:
    weeks = Counter(book.calls[call_id]["week"] for call_id in calls if call_id in book.calls)
    quoted = row["quote_call_id"] in book.calls
    return {
        "id": row["theme_id"],
        "rests": [rests(name, theme_id=row["theme_id"]) for name in ("themes", "theme_members", "concerns")],
        "shown": row["shown"],
        "label": row["label"][:1].upper() + row["label"][1:],
        "members": row["members"],
        "calls": row["calls"],
        "deals": row["deals"],
        "reps": row["reps"],
        "calls_this_week": row["calls_this_week"],
        "calls_weeks_before": row["calls_weeks_before"],
        "first_week": row["first_week"],
        "weeks": [{"week": week, "calls": weeks[week]} for week in book.window],
        "quote": book.quote(row["quote_call_id"], row["quote_start"], row["quote_end"], "customer", row["quote"])
        if quoted
        else None,
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


def at_risk(book: Book) -> list[Row]:
    """Return open deals whose last call ended without a dated next step, largest first."""
    deals = {row["deal_id"]: row for row in book.tables["deals"].to_dicts() if row["outcome"] == "open"}
    upto = set(book.ids(*book.window))
    matched = [row for row in book.tables["matches"].to_dicts() if row["deal_id"] in deals and row["call_id"] in upto]
    steps = grouped(book.tables["next_steps"].sort("start").to_dicts(), "call_id")
    found = [
        _risk(book, deals[deal], [row["call_id"] for row in rows], steps)
        for deal, rows in grouped(matched, "deal_id").items()
    ]
    return sorted((row for row in found if row), key=lambda row: (-(row["amount"] or 0.0), row["deal_id"]))


def _risk(book: Book, deal: Row, call_ids: list[str], steps_of: dict[Any, list[Row]]) -> Row | None:
    last = max(call_ids, key=lambda call_id: (str(book.calls[call_id]["started_at"]), call_id))
    steps = steps_of.get(last, [])
    if any(step["level"] in DATED for step in steps):
        return None
    call = book.calls[last]
    moment = local(call)
    reasons = [say("risk.reason", when=day(moment.date()) if moment else "")]
    if deal["closed"] is not None and deal["closed"] <= book.last_day:
        reasons.append(say("risk.overdue", date=day(deal["closed"])))
    return {
        "id": fact_id("risk", deal["deal_id"]),
        "rests": [
            rests("deals", deal_id=deal["deal_id"]),
            rests("matches", deal_id=deal["deal_id"]),
            rests("next_steps", call_id=last),
        ],
        "deal_id": deal["deal_id"],
        "name": deal["name"] or deal["account"] or deal["deal_id"],
        "stage": deal["stage"],
        "amount": deal["amount"],
        "currency": deal["currency"],
        "expected": None if deal["closed"] is None else deal["closed"].isoformat(),
        "owner": deal["owner"],
        "owner_name": book.people.get(deal["owner"] or "", deal["owner_name"] or ""),
        "calls": len(call_ids),
        "call_id": last,
        "when": call["when"],
        "reasons": reasons,
        "said": book.quote(last, steps[-1]["start"], steps[-1]["end"], steps[-1]["role"], steps[-1]["quote"])
        if steps
        else None,
    }


def win_rates(book: Book) -> list[Row]:
    """Return the team's win rate and those of reps in order of name, never of rate."""
    rows = [row for row in book.tables["win_rates"].to_dicts() if row["scope"] in ("team", "rep")]
    least = book.settings.outcomes.min_closed_deals
    found = [_win_rate(book, row, least) for row in rows]
    return sorted(found, key=lambda row: (row["scope"] != "team", row["label"].casefold(), row["name"]))


def _win_rate(book: Book, row: Row, least: int) -> Row:
    closed = row["won"] + row["lost"]
    owner = {} if row["scope"] == "team" else {"owner": row["name"]}
    return {
        **row,
        "id": fact_id("win rate", row["scope"], row["name"]),
        "rests": [rests("win_rates", scope=row["scope"], name=row["name"]), rests("deals", **owner)],
        "label": say("win.team") if row["scope"] == "team" else book.people.get(row["name"], row["name"]),
        "closed": closed,
        "say": "" if row["estimate"] is not None else say("win.few", closed=closed, least=least),
    }


def associations(book: Book) -> list[Row]:
    """Return what was compared with outcomes, smallest q first, those that could not be compared last."""
    known = {measure.name: measure for measure in book.measures}
    rows = [
        {
            **row,
            "id": fact_id("association", row["behaviour"]),
            "rests": [rests("associations", behaviour=row["behaviour"])],
            "label": known[row["behaviour"]].label if row["behaviour"] in known else row["behaviour"],
            "unit": known[row["behaviour"]].unit if row["behaviour"] in known else "count",
        }
        for row in book.tables["associations"].to_dicts()
    ]
    return sorted(rows, key=lambda row: (row["q_value"] is None, row["q_value"] or 0.0, row["behaviour"]))
