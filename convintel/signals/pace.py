"""Pauses and overlaps: the gap before the rep replies, the wait after a question, interruptions.

These hang on boundaries of a few tenths of a second: they are withheld where word times are interpolated, and
interruptions also where both sides share a channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import polars as pl

from convintel.settings import Settings
from convintel.signals.catalogue import MIN_EVENTS
from convintel.signals.row import Row, measured, withheld
from convintel.signals.said import OTHER, Said, Turn
from convintel.values import Span

SHOW = 3.0  # seconds before and after a moment that let one hear it


def pace_metrics(said: Said, questions: pl.DataFrame, settings: Settings) -> list[Row]:
    """Return response gap, question wait and interruptions of both sides."""
    return [
        _response_gap(said),
        _question_wait(said, questions),
        _interruptions(said, "interruptions_per_10_min", "rep", least=settings.signals.interruption_seconds),
        _interruptions(
            said, "customer_interruptions_per_10_min", "customer", least=settings.signals.interruption_seconds
        ),
    ]


def interruptions(said: Said, role: str, *, least: float) -> list[Span]:
    """Return the overlaps in which a side took the floor: it began inside the other's turn and went on after it."""
    found = []
    for turn in said.by(role):
        for held in said.by(OTHER[role]):
            overlap = turn.span & held.span
            if held.span.start < turn.span.start and turn.span.end > held.span.end and overlap.duration >= least:
                found.append(overlap)
    return found


def _response_gap(said: Said) -> Row:
    pairs = [(left, right) for left, right in pairwise(said.floor) if left.role == "customer" and right.role == "rep"]
    return _median(said, "response_gap", pairs, "replies")


def _question_wait(said: Said, questions: pl.DataFrame) -> Row:
    rep = questions.filter(pl.col("role").cast(pl.String) == "rep")
    ends: dict[int, float] = dict(rep.select("turn", "end").iter_rows())
    pairs = [
        (left, right)
        for left, right in pairwise(said.floor)
        if left.role == "rep" and abs(ends.get(left.turn, -1.0) - left.span.end) < 0.5
    ]
    return _median(said, "question_wait", pairs, "questions that end a turn")


def _median(said: Said, name: str, pairs: Sequence[tuple[Turn, Turn]], what: str) -> Row:
    gaps = sorted((right.span.start - left.span.end, left.span.end) for left, right in pairs)
    if len(gaps) < MIN_EVENTS:
        return withheld(said, name, f"fewer than {MIN_EVENTS} {what}", n=len(gaps))
    shortest = gaps[0][1]
    at = Span(max(0.0, shortest - SHOW), shortest + SHOW)
    return measured(said, name, median(gap for gap, _ in gaps), len(gaps), at=at)


def _interruptions(said: Said, name: str, role: str, *, least: float) -> Row:
    found = interruptions(said, role, least=least)
    if not said.minutes:
        return withheld(said, name, "no talk", n=0)
    longest = max(found, key=lambda span: span.duration, default=None)
    at = Span(max(0.0, longest.start - SHOW), longest.end + SHOW) if longest else None
    return measured(said, name, len(found) / said.minutes * 10, len(found), at=at)
