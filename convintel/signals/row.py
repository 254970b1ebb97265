"""Rows of the tables that signals write: metrics with a value or a reason, findings with their id and evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from convintel.signals.catalogue import MIN_TALK, metric
from convintel.signals.said import Said, Turn
from convintel.signals.text import clean
from convintel.values import Span

Row = dict[str, object]


def measured(said: Said, name: str, value: float, n: int, *, at: Span | None = None) -> Row:
    """Return a row of `tables.Metrics` with a value, or the reason why this call cannot carry it."""
    lack = lacking(said, name)
    if lack:
        return withheld(said, name, lack, n=0)
    at = at or Span(0.0, 0.0)
    return _metric(said, name) | {
        "value": float(value),
        "n": n,
        "start": at.start if at else None,
        "end": at.end if at else None,
    }


def withheld(said: Said, name: str, reason: str, *, n: int) -> Row:
    """Return a row of `tables.Metrics` without a value."""
    return _metric(said, name) | {"n": n, "withheld": lacking(said, name) or reason}


def lacking(said: Said, name: str) -> str | None:
    """Return why the input cannot carry a metric, or None when it can."""
    needs = metric(name).needs
    if "roles" in needs and not said.roles_known:
        return "who is the rep is not known"
    if "one party a channel" in needs and not said.dual:
        return "overlap cannot be measured when both sides share a channel"
    if "word times" in needs and not said.word_times:
        return "word times are interpolated"
    if "talk" in needs and said.seconds_of("rep") + said.seconds_of("customer") < MIN_TALK:
        return f"less than {MIN_TALK:.0f} s of talk"
    return None


def _metric(said: Said, name: str) -> Row:
    return {"call_id": said.call_id, "metric": name, "side": metric(name).side}


def finding(said: Said, kind: str, turn: Turn, start: int, end: int, *, seen: dict[str, int], **rest: Any) -> Row:
    """Return the columns of `tables.Finding`; the quote is the characters [start, end) of the turn.

    The id is made of the call, the kind, the quote's words and how often they came before (`seen` counts): it stays the
    same when another stage numbers turns differently, so that a manager's verdict is found again.
    """
    quote = turn.text[start:end].strip() or turn.text
    span = said.when(turn, start, end)
    return {
        "finding_id": identity(said.call_id, kind, quote, seen=seen),
        "call_id": said.call_id,
        "turn": turn.turn,
        "role": turn.role,
        "quote": quote,
        "start": round(span.start, 3),
        "end": round(span.end, 3),
        **rest,
    }


def identity(call_id: str, kind: str, quote: str, *, seen: dict[str, int]) -> str:
    """Return 12 hex digits; counts in `seen` that these words were used once more."""
    words = f"{call_id}|{kind}|{clean(quote)}"
    seen[words] = seen.get(words, 0) + 1
    return hashlib.sha256(f"{words}|{seen[words]}".encode()).hexdigest()[:12]


def kept(rows: list[Row], corrections: Mapping[str, str]) -> list[Row]:
    """Leave out the findings that a manager called wrong."""
    return [row for row in rows if corrections.get(str(row["finding_id"])) != "wrong"]
