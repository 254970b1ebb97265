"""What is measured per call and what of it can be coached: the catalogue's metrics, one value per call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from convintel.language import measures as measures_words
from convintel.signals.catalogue import METRICS, Metric

Family = Literal["objections", "close", "questions", "floor", "pace", "other"]
DATED: Final = ("dated", "accepted", "calendar")
OBSERVATIONS: Final = ("behaviour", "call_id", "rep", "week", "value", "start", "end")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something in a call that a number shows; `control` is 1 when the rep decides it alone, else 0.5."""

    name: str
    label: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    control: float
    family: Family
    try_next: str
    side: str

    @property
    def yours(self) -> str:
        """The name as it is said to the rep whose page it is."""
        return measures_words.yours(self.name, self.label)

    def worse(self, value: float, than: float) -> float:
        """Return by how much `value` is worse than `than`, negative when it is better."""
        return value - than if self.better == "lower" else than - value


FAMILY_WORDS: Final[tuple[tuple[str, Family], ...]] = (
    ("objection", "objections"),
    ("next_step", "close"),
    ("question", "questions"),
    ("monologue", "floor"),
    ("talk", "floor"),
    ("stretch", "floor"),
    ("gap", "pace"),
    ("wait", "pace"),
    ("interruption", "pace"),
    ("rate", "pace"),
)


def measures(metrics: Sequence[Metric] = METRICS) -> tuple[Behaviour, ...]:
    """Return everything that is measured per call, in the catalogue's order."""
    return tuple(_behaviour(metric) for metric in metrics)


def behaviours(metrics: Sequence[Metric] = METRICS) -> tuple[Behaviour, ...]:
    """Return those that may become advice."""
    return tuple(_behaviour(metric) for metric in metrics if metric.coachable and metric.better != "neither")


def _behaviour(metric: Metric) -> Behaviour:
    control = 1.0 if metric.side == "rep" else 0.5
    return Behaviour(
        metric.name,
        measures_words.label(metric.name, metric.label),
        metric.unit,
        metric.better,
        control,
        family(metric.name),
        measures_words.advice(metric.name, metric.try_next),
        metric.side,
    )


def family(name: str) -> Family:
    """Return which kind of moment shows a behaviour; two priorities never come from one family.

    >>> family("objection_question_first_share"), family("open_question_share"), family("longest_monologue")
    ('objections', 'questions', 'floor')
    """
    return next((kind for word, kind in FAMILY_WORDS if word in name), "other")


def observe(calls: pl.DataFrame, metrics: pl.DataFrame, *, chosen: Sequence[Behaviour]) -> pl.DataFrame:
    """Return one row a behaviour and call with a known week (columns of `OBSERVATIONS`), in a fixed order.

    Withheld values are left out: what was not measured counts nowhere.
    """
    wanted = pl.DataFrame(
        [(behaviour.name, behaviour.side) for behaviour in chosen],
        schema={"behaviour": pl.String, "side": pl.String},
        orient="row",
    )
    known = calls.filter(pl.col("week").is_not_null()).select("call_id", "rep", "week")
    return (
        metrics.with_columns(pl.col("side").cast(pl.String))
        .filter(pl.col("value").is_not_null())
        .join(wanted, left_on=["metric", "side"], right_on=["behaviour", "side"], how="inner")
        .rename({"metric": "behaviour"})
        .join(known, on="call_id", how="inner")
        .select(list(OBSERVATIONS))
        .sort("behaviour", "call_id")
    )
