"""What customers come back to: themes by kind, how they move, what happened to them, and won against lost deals."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from convintel.language import count, listed, say
from convintel.report.book import Book, grouped
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row

_CHANGE = ("change", "change_low", "change_high")
_SHARES = ("won", "of_won", "lost", "of_lost", "won_share", "lost_share")
_DIFFERENCE = ("difference", "low", "high", "q_value", "note")


def themes(book: Book) -> list[Row]:
    """Return themes of enough calls, one of them in the window, most calls this week first, with calls by week."""
    members = book.tables["theme_members"].filter(pl.col("theme_id").is_not_null()).to_dicts()
    calls = {theme: {row["call_id"] for row in rows} for theme, rows in grouped(members, "theme_id").items()}
    outcomes = {row["theme_id"]: row for row in book.tables["theme_outcomes"].to_dicts()}
    shown = book.tables["themes"].filter(pl.col("shown").cast(pl.String).is_in(["shown", "pinned"])).to_dicts()
    found = [_theme(book, row, calls.get(row["theme_id"], set()), outcomes.get(row["theme_id"])) for row in shown]
    alive = [row for row in found if row["shown"] == "pinned" or any(week["calls"] for week in row["weeks"])]
    return sorted(
        alive,
        key=lambda row: (row["shown"] != "pinned", -row["calls_this_week"], -row["calls_weeks_before"], row["id"]),
    )


def _theme(book: Book, row: Row, calls: set[str], outcome: Row | None) -> Row:
    weeks = Counter(book.calls[call_id]["week"] for call_id in calls if call_id in book.calls)
    quoted = row["quote_call_id"] in book.calls
    tables = ("themes", "theme_members", "concerns", *(("theme_outcomes",) if outcome else ()))
    return {
        "id": row["theme_id"],
        "rests": [rests(name, theme_id=row["theme_id"]) for name in tables],
        "kind": row["kind"],
        "shown": row["shown"],
        "label": _capital(row["label"]),
        "members": row["members"],
        "calls": row["calls"],
        "deals": row["deals"],
        "reps": row["reps"],
        "calls_this_week": row["calls_this_week"],
        "of_calls_this_week": row["of_calls_this_week"],
        "calls_weeks_before": row["calls_weeks_before"],
        "calls_before": row["calls_before"],
        "of_calls_before": row["of_calls_before"],
        **{name: row[name] for name in _CHANGE},
        "moved": _clear(row["change_low"], row["change_high"]),
        "first_week": row["first_week"],
        "weeks": [{"week": week, "calls": weeks[week]} for week in book.window],
        "outcome": None if outcome is None else {name: outcome[name] for name in (*_SHARES, *_DIFFERENCE)},
        "quote": book.quote(row["quote_call_id"], row["quote_start"], row["quote_end"], "customer", row["quote"])
        if quoted
        else None,
    }


def _clear(low: float | None, high: float | None) -> str:
    """Return "up" or "down" when an interval lies on one side of nothing, else an empty text."""
    if low is None or high is None or low <= 0 <= high:
        return ""
    return "up" if low > 0 else "down"


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]


def events(book: Book, shown: list[Row]) -> list[Row]:
    """Return what happened this week to themes that are shown; nothing when themes were looked for the first time."""
    rows = book.tables["theme_events"].sort("week", "kind", "theme_id", "other_id").to_dicts()
    known = {row["id"] for row in shown}
    names = {row["theme_id"]: _capital(row["label"]) for row in book.tables["themes"].to_dicts()}
    first = all(row["week"] == book.week for row in rows)
    now = [row for row in rows if row["week"] == book.week and {row["theme_id"], row["other_id"]} & known]
    return [] if first else [_event(row, names) for row in now]


def _event(row: Row, names: dict[str, str]) -> Row:
    label, other = names.get(row["theme_id"]), names.get(row["other_id"])
    told = label is not None and (other is not None or row["kind"] == "appeared")
    heard = count(row["members"], "time")
    text = say(f"theme_events.{row['kind']}", label=label, other=other, times=heard) if told else f"{row['note']}."
    key = {name: row[name] for name in ("week", "kind", "theme_id", "other_id")}
    return {
        "id": fact_id("theme event", *key.values()),
        "rests": [rests("theme_events", **key)],
        "kind": row["kind"],
        "text": text,
    }


def compared(book: Book, shown: list[Row]) -> Row:
    """Return, in one sentence, what the comparison of won with lost deals says of the themes."""
    outcomes = [(row["label"], row["outcome"]) for row in shown if row["outcome"]]
    tested = [(label, one) for label, one in outcomes if one["q_value"] is not None]
    apart = [(label, one) for label, one in tested if one["q_value"] <= book.settings.outcomes.promise]
    return {
        "id": fact_id("themes compared"),
        "rests": [rests("theme_outcomes")],
        "n": len(tested),
        "text": _compared(book, outcomes, apart, tested=bool(tested)) if outcomes else "",
    }


def _compared(book: Book, outcomes: list[tuple[str, Any]], apart: list[tuple[str, Any]], *, tested: bool) -> str:
    if not tested:
        have = max(one["of_won"] + one["of_lost"] for _, one in outcomes)
        least = book.settings.outcomes.min_deals_association
        return say("themes.too_few", have=count(have, "closed_deal"), least=least)
    won, lost = ([f"“{label}”" for label, one in apart if (one["difference"] > 0) is side] for side in (True, False))
    sides = (("themes.more_won", won), ("themes.more_lost", lost))
    parts = [say(key, labels=listed(names)) for key, names in sides if names]
    return say("themes.apart", what="; ".join(parts)) if parts else say("themes.not_apart")
