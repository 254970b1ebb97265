"""Sections of the team page: objections, themes, deals at risk, promises, win rates, what could not be used."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from convintel.coaching.behaviours import DATED
from convintel.report import phrases
from convintel.report.book import Book, grouped, local
from convintel.report.doubts import lost_audio
from convintel.report.talk import Row
from convintel.tables import OBJECTION_TYPES

WEEKS_OF_THEMES = 8


def objection(book: Book, row: Row) -> Row:
    """Return one objection with its quote, how it was met, and the rule behind it."""
    quote = book.quote(row["call_id"], row["start"], row["end"], row["role"], row["quote"])
    return {
        **quote,
        "id": row["finding_id"],
        "turn": row["turn"],
        "type": row["type"],
        "handling": row["handling"] or "open",
        "first_move": row["first_move"],
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
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} ({top}{' each' if len(names) > 1 else ''})"


def _type(kind: str, now: list[Row], before: int, weeks: int) -> Row:
    mine = [row for row in now if row["type"] == kind]
    handled = Counter(row["handling"] for row in mine)
    return {
        "type": kind,
        "label": phrases.OBJECTIONS[kind],
        "n": len(mine),
        **{handling: handled[handling] for handling in phrases.HANDLINGS},
        "before": before,
        "before_a_week": before / weeks if weeks else None,
    }


def themes(book: Book) -> list[Row]:
    """Return themes of enough calls, one of them in the window, most calls this week first, with calls by week."""
    members = book.tables["theme_members"].filter(pl.col("theme_id").is_not_null()).to_dicts()
    calls = {theme: {row["call_id"] for row in rows} for theme, rows in grouped(members, "theme_id").items()}
    found = [_theme(book, row, calls.get(row["theme_id"], set())) for row in book.tables["themes"].to_dicts()]
    found = [row for row in found if row["calls"] >= book.settings.themes.min_calls]
    alive = [row for row in found if row["calls_this_week"] or any(week["calls"] for week in row["weeks"])]
    return sorted(alive, key=lambda row: (-row["calls_this_week"], -row["calls_weeks_before"], row["id"]))


def _theme(book: Book, row: Row, calls: set[str]) -> Row:
    weeks = Counter(book.calls[call_id]["week"] for call_id in calls if call_id in book.calls)
    quoted = row["quote_call_id"] in book.calls
    return {
        "id": row["theme_id"],
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
        "turn": row["turn"],
        "owner": row["owner"],
        "rep": call["rep"],
        "rep_name": book.people.get(call["rep"], phrases.NO_REP),
        "deal_id": call["deal_id"],
        "action": row["action"],
        "kind": row["step_kind"],
        "due": None if row["due"] is None else row["due"].isoformat(),
        "due_day": None if row["due"] is None else phrases.day(row["due"]),
        "due_text": row["due_text"],
        "granularity": row["due_granularity"],
        "level": row["level"],
        "confirmed": row["confirmed"],
        "confirmation": row["confirmation"],
        "score": row["score"],
        "threshold": row["threshold"],
        "rule": row["rule"],
    }


def promises(book: Book, *, rep: str | None = None) -> list[Row]:
    """Return open promises of our side: due from this Monday on, or made this week without a date; soonest first."""
    rows = [row for row in book.rows("next_steps", *book.window, rep=rep) if row["owner"] in ("rep", "both")]
    open_rows = [row for row in rows if _still_open(book, row)]
    found = [promise(book, row) for row in open_rows]
    return sorted(found, key=lambda row: (row["due"] is None, row["due"] or "", row["call_id"], row["start"]))


def _still_open(book: Book, row: Row) -> bool:
    if row["due"] is not None:
        return bool(row["due"] >= book.first_day)
    return bool(book.calls[row["call_id"]]["week"] == book.week)


def at_risk(book: Book) -> list[Row]:
    """Return open deals whose last call ended without a dated next step, largest first."""
    deals = {row["deal_id"]: row for row in book.tables["deals"].to_dicts() if row["outcome"] == "open"}
    upto = set(book.ids(*book.window))
    matched = [row for row in book.tables["matches"].to_dicts() if row["deal_id"] in deals and row["call_id"] in upto]
    found = [
        _risk(book, deals[deal], [row["call_id"] for row in rows]) for deal, rows in grouped(matched, "deal_id").items()
    ]
    return sorted((row for row in found if row), key=lambda row: (-(row["amount"] or 0.0), row["deal_id"]))


def _risk(book: Book, deal: Row, call_ids: list[str]) -> Row | None:
    last = max(call_ids, key=lambda call_id: (str(book.calls[call_id]["started_at"]), call_id))
    steps = book.tables["next_steps"].filter(pl.col("call_id") == last).sort("start").to_dicts()
    if any(step["level"] in DATED for step in steps):
        return None
    call = book.calls[last]
    moment = local(call)
    reasons = [phrases.RISK_REASON.format(when=phrases.day(moment.date()) if moment else "")]
    if deal["closed"] is not None and deal["closed"] <= book.last_day:
        reasons.append(phrases.RISK_OVERDUE.format(date=phrases.day(deal["closed"])))
    return {
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
    rows = book.tables["win_rates"].to_dicts()
    least = book.settings.outcomes.min_closed_deals
    found = [
        {
            **row,
            "label": "Team" if row["scope"] == "team" else book.people.get(row["name"], row["name"]),
            "closed": row["won"] + row["lost"],
            "say": ""
            if row["estimate"] is not None
            else phrases.WIN_FEW.format(closed=row["won"] + row["lost"], least=least),
        }
        for row in rows
    ]
    return sorted(found, key=lambda row: (row["scope"] != "team", row["label"].casefold(), row["name"]))


def associations(book: Book) -> list[Row]:
    """Return what was compared with outcomes, smallest q first, those that could not be compared last."""
    units = {measure.name: measure for measure in book.measures}
    rows = [
        {
            **row,
            "label": units[row["behaviour"]].label if row["behaviour"] in units else row["behaviour"],
            "unit": units[row["behaviour"]].unit if row["behaviour"] in units else "count",
        }
        for row in book.tables["associations"].to_dicts()
    ]
    return sorted(rows, key=lambda row: (row["q_value"] is None, row["q_value"] or 0.0, row["behaviour"]))


def quality(book: Book) -> list[dict[str, Any]]:
    """Return counts of what the week's calls lacked, as (what, n, of) rows; only those above zero."""
    ids = book.ids(book.week)
    calls = [book.calls[call_id] for call_id in ids]
    audio = book.rows("audio", book.week)
    roles = book.rows("roles", book.week)
    matches = {row["call_id"]: row for row in book.tables["matches"].to_dicts()}
    metrics = book.tables["metrics"].filter(pl.col("call_id").is_in(ids))
    least = book.settings.turns.min_role_confidence
    checks = [
        ("Calls without a known rep", sum(call["rep"] is None for call in calls), len(calls)),
        (
            "Calls in which it is not certain who the rep is",
            sum(row["confidence"] < least for row in roles),
            len(roles),
        ),
        (
            "Calls split by voice, not by channel or transcript",
            sum(row["split"] == "diarization" for row in roles),
            len(roles),
        ),
        (
            "Calls with a doubt about who said what (their pages say which)",
            sum(row["split"] == "diarization" and bool(row["split_note"]) for row in roles),
            len(roles),
        ),
        (
            "Calls with lost audio (damaged, or cut off)",
            sum(bool(lost_audio(row)) for row in audio),
            len(audio),
        ),
        (
            "Calls with stretches whose words were not to be trusted",
            sum(row["dropped_packs"] > 0 for row in audio),
            len(audio),
        ),
        (
            "Calls without word times (ready-made transcript)",
            sum(row["word_timing"] == "interpolated" for row in audio),
            len(audio),
        ),
        ("Calls without a deal", sum(matches.get(i, {}).get("deal_id") is None for i in ids), len(ids)),
        ("Calls whose consent is unknown", sum(call["consent"] == "unknown" for call in calls), len(calls)),
        (
            "Numbers withheld because they could not be measured",
            metrics["withheld"].is_not_null().sum(),
            metrics.height,
        ),
        ("Masked card, bank, e-mail and phone numbers", sum(row["redactions"] for row in audio), None),
        (
            "Calls without a date, in no week’s report",
            sum(call["week"] is None for call in book.calls.values()),
            len(book.calls),
        ),
    ]
    return [{"what": what, "n": int(n), "of": of} for what, n, of in checks if n]
