"""What a rep did in a call, read from its findings: one value a call, for coaching and outcomes."""

from __future__ import annotations

import polars as pl

from convintel.signals.row import Row, measured, withheld
from convintel.signals.said import Said
from convintel.values import Span

DATED = ("dated", "accepted", "calendar")
ACCEPTED = ("accepted", "calendar")
NO_FATE = "no objection whose handling can be told"
NO_REPLY = "no objection with a reply"


def habit_metrics(said: Said, objections: pl.DataFrame, next_steps: pl.DataFrame) -> list[Row]:
    """Return objections (count), answered, met with a question; dated next step, dated and accepted next step."""
    return [
        measured(said, "objections", objections.height, objections.height),
        _share(said, "objections_answered", objections, "handling", ("resolved", "addressed"), NO_FATE),
        _share(said, "objection_question_first_share", objections, "first_move", ("question",), NO_REPLY),
        _any_step(said, "dated_next_step", next_steps, DATED),
        _any_step(said, "dated_accepted_next_step", next_steps, ACCEPTED),
    ]


def _share(said: Said, name: str, frame: pl.DataFrame, column: str, good: tuple[str, ...], lack: str) -> Row:
    known = frame.filter(pl.col(column).is_not_null())
    if not known.height:
        return withheld(said, name, lack, n=0)
    right = known.filter(pl.col(column).cast(pl.String).is_in(good))
    return measured(said, name, right.height / known.height, known.height, at=_at(right))


def _any_step(said: Said, name: str, steps: pl.DataFrame, levels: tuple[str, ...]) -> Row:
    """1 or 0 over all calls, also those without any next step; the confirmation counts only with a date."""
    found = steps.filter(pl.col("level").cast(pl.String).is_in(levels))
    if levels == ACCEPTED:
        found = found.filter(pl.col("confirmed"))
    return measured(said, name, float(found.height > 0), steps.height, at=_at(found))


def _at(frame: pl.DataFrame) -> Span | None:
    if not frame.height:
        return None
    best = frame.sort(["score", "start"], descending=[True, False]).row(0, named=True)
    return Span(best["start"], best["end"])
