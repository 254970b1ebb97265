"""What can be coached: the catalogue's coachable metrics and two habits read from findings, one value per call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from convintel.coaching import phrases
from convintel.signals.catalogue import METRICS, Metric

Family = Literal["objections", "close", "questions", "floor", "pace", "other"]
DATED: Final = ("dated", "accepted", "calendar")
OBSERVATIONS: Final = {
    "behaviour": pl.String,
    "call_id": pl.String,
    "rep": pl.String,
    "week": pl.String,
    "value": pl.Float64,
    "start": pl.Float64,
    "end": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something a rep does in a call that a number shows; `control` is 1 when the rep decides it alone, else 0.5."""

    name: str
    label: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    control: float
    family: Family
    try_next: str
    side: str

    def worse(self, value: float, than: float) -> float:
        """Return by how much `value` is worse than `than`, negative when it is better."""
        return value - than if self.better == "lower" else than - value


FAMILY_WORDS: Final[tuple[tuple[str, Family], ...]] = (
    ("objection", "objections"),
    ("next_step", "close"),
    ("dated", "close"),
    ("question", "questions"),
    ("monologue", "floor"),
    ("talk", "floor"),
    ("story", "floor"),
    ("stretch", "floor"),
    ("gap", "pace"),
    ("wait", "pace"),
    ("patience", "pace"),
    ("interrupt", "pace"),
    ("speed", "pace"),
    ("rate", "pace"),
)

ANSWERED: Final = Behaviour(
    "objections_answered", phrases.ANSWERED_LABEL, "share", "higher", 1.0, "objections", phrases.ANSWERED_TRY, "rep"
)
DATED_STEP: Final = Behaviour(
    "dated_next_step", phrases.DATED_LABEL, "yes/no", "higher", 1.0, "close", phrases.DATED_TRY, "rep"
)


def measures(metrics: Sequence[Metric] = METRICS) -> tuple[Behaviour, ...]:
    """Return everything that is measured per call, in the catalogue's order; a catalogue name wins over our own."""
    names = {metric.name for metric in metrics}
    own = tuple(own for own in (ANSWERED, DATED_STEP) if own.name not in names)
    return tuple(_from_metric(metric) for metric in metrics) + own


def behaviours(metrics: Sequence[Metric] = METRICS) -> tuple[Behaviour, ...]:
    """Return those that may become advice."""
    coachable = {metric.name for metric in metrics if metric.coachable} | {ANSWERED.name, DATED_STEP.name}
    return tuple(each for each in measures(metrics) if each.name in coachable and each.better != "neither")


def _from_metric(metric: Metric) -> Behaviour:
    better: Literal["lower", "higher", "neither"] = metric.better
    control = 1.0 if metric.side == "rep" else 0.5
    return Behaviour(
        metric.name, metric.label, metric.unit, better, control, family(metric.name), metric.try_next, metric.side
    )


def family(name: str) -> Family:
    """Return which kind of moment shows a behaviour; two priorities never come from one family."""
    return next((kind for word, kind in FAMILY_WORDS if word in name), "other")


def observe(
    calls: pl.DataFrame,
    metrics: pl.DataFrame,
    objections: pl.DataFrame,
    next_steps: pl.DataFrame,
    *,
    chosen: Sequence[Behaviour],
) -> pl.DataFrame:
    """Return one row a behaviour and call with a known week (columns of `OBSERVATIONS`), in a fixed order."""
    measured = pl.DataFrame(
        [(behaviour.name, behaviour.side) for behaviour in chosen],
        schema={"behaviour": pl.String, "side": pl.String},
        orient="row",
    )
    values = (
        metrics.with_columns(pl.col("side").cast(pl.String))
        .join(measured, left_on=["metric", "side"], right_on=["behaviour", "side"], how="inner")
        .filter(pl.col("value").is_not_null())
        .select(behaviour="metric", call_id="call_id", value="value", start="start", end="end")
    )
    parts = [values]
    if ANSWERED in chosen:
        parts.append(_answered(objections))
    if DATED_STEP in chosen:
        parts.append(_dated(metrics, next_steps))
    known = calls.filter(pl.col("week").is_not_null()).select("call_id", "rep", "week")
    return (
        pl.concat(parts).join(known, on="call_id", how="inner").select(list(OBSERVATIONS)).sort("behaviour", "call_id")
    )


def _answered(objections: pl.DataFrame) -> pl.DataFrame:
    """Share of a call's objections that were resolved or addressed; those whose end is unknown are left out."""
    return (
        objections.filter(pl.col("handling").is_not_null())
        .group_by("call_id")
        .agg(value=(pl.col("handling").cast(pl.String) != "ignored").mean())
        .select(
            behaviour=pl.lit(ANSWERED.name),
            call_id="call_id",
            value="value",
            start=pl.lit(None, pl.Float64),
            end=pl.lit(None, pl.Float64),
        )
    )


def _dated(metrics: pl.DataFrame, next_steps: pl.DataFrame) -> pl.DataFrame:
    """1 when a call has a next step with a date, else 0; over all calls that were measured."""
    dated = next_steps.filter(pl.col("level").cast(pl.String).is_in(DATED)).select("call_id").unique()
    return (
        metrics.select("call_id")
        .unique()
        .join(dated.with_columns(value=pl.lit(1.0)), on="call_id", how="left")
        .select(
            behaviour=pl.lit(DATED_STEP.name),
            call_id="call_id",
            value=pl.col("value").fill_null(0.0),
            start=pl.lit(None, pl.Float64),
            end=pl.lit(None, pl.Float64),
        )
    )
