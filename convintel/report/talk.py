"""Numbers of talk: each measure this week, in the weeks before, by week, and the team's middle half."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from convintel.coaching.behaviours import Behaviour, behaviours
from convintel.coaching.standing import MIN_TEAM
from convintel.report.facts import fact_id, rests

Row = dict[str, Any]
Values = list[tuple[str, float]]  # (week, value) of one call each
FAR: Final = 0.5  # standard deviations between calls from which a measure has moved
NEARLY_ALL: Final = 0.8  # of the week's calls


@dataclass(frozen=True)
class Spoken:
    """One measure in the window: values by rep (None: not known who), and how they spread over calls and reps."""

    measure: Behaviour
    values: Mapping[str | None, Values]
    spread: float | None
    band: Mapping[str, Any]

    def of(self, rep: str | None) -> Values:
        """Return the values of one rep, or of all calls for None."""
        return [pair for own in self.values.values() for pair in own] if rep is None else self.values.get(rep, [])


def read_talk(observations: pl.DataFrame, measures: Sequence[Behaviour], window: Sequence[str]) -> list[Spoken]:
    """Return every measure with a value in the window, in the catalogue's order."""
    rows = observations.filter(pl.col("week").is_in(list(window)))
    parts = {str(key[0]): part for key, part in rows.partition_by("behaviour", as_dict=True).items()}
    return [_spoken(measure, parts[measure.name]) for measure in measures if measure.name in parts]


def _spoken(measure: Behaviour, part: pl.DataFrame) -> Spoken:
    values: dict[str | None, Values] = defaultdict(list)
    for rep, week, value in part.select("rep", "week", "value").iter_rows():
        values[rep].append((week, value))
    spread = part["value"].std() if part.height > 1 else None
    known = {rep: own for rep, own in values.items() if rep is not None}
    return Spoken(measure, dict(values), spread if isinstance(spread, float) else None, _middle_half(known))


def _middle_half(values: Mapping[str, Values]) -> Row:
    means = pl.Series(
        [sum(value for _, value in own) / len(own) for _, own in sorted(values.items())], dtype=pl.Float64
    )
    enough = means.len() >= MIN_TEAM
    return {
        "low": means.quantile(0.25, "linear") if enough else None,
        "high": means.quantile(0.75, "linear") if enough else None,
        "team_n": means.len(),
        "least": means.min() if enough else None,
        "most": means.max() if enough else None,
    }


def talk(spoken: Sequence[Spoken], *, window: Sequence[str], rep: str | None = None) -> list[Row]:
    """Return one row a measure that has a value, of the team or of one rep; the window ends with this week.

    Values are plain means over calls: `value` of this week with `n` calls, `past` of the weeks before with `past_n`,
    `weeks` one by one, `low` and `high` the team's middle half of reps.
    """
    rows = [_row(each, window, rep) for each in spoken]
    return [row for row in rows if row["n"] or row["past_n"]]


def _row(spoken: Spoken, window: Sequence[str], rep: str | None) -> Row:
    by_week: dict[str, list[float]] = {week: [] for week in window}
    for week, value in spoken.of(rep):
        by_week[week].append(value)
    now = by_week[window[-1]]
    past = [value for week in window[:-1] for value in by_week[week]]
    measure = spoken.measure
    return {
        "id": fact_id("talk", rep or "team", measure.name, measure.side),
        "rests": [rests("metrics", weeks=window, rep=rep, metric=measure.name, side=measure.side)],
        "name": measure.name,
        "label": measure.label,
        "yours": measure.yours,
        "unit": measure.unit,
        "better": measure.better,
        "side": measure.side,
        "value": average(now),
        "n": len(now),
        "past": average(past),
        "past_n": len(past),
        "spread": spoken.spread,
        "weeks": [{"week": week, "value": average(own), "n": len(own)} for week, own in by_week.items()],
        **spoken.band,
    }


def average(values: Sequence[float]) -> float | None:
    """Return the plain mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def moved(rows: Sequence[Row], *, least: int, calls: int) -> tuple[Row | None, bool, bool]:
    """Return the measure that moved most in units of its spread, whether it is one to prefer, and if any was judged.

    None when none moved by half of its spread. Measures that nobody would act on (speech rate) make no headline;
    coached ones that nearly all of the week's `calls` carry come before others.
    """
    acted_on = (row for row in rows if row["better"] != "neither")
    judged = [row for row in acted_on if row["n"] >= least and row["past_n"] >= least and row["spread"]]
    steps = [(abs(row["value"] - row["past"]) / row["spread"], row) for row in judged]
    far = [step for step in steps if step[0] >= FAR]
    coached = {each.name for each in behaviours()}
    first = [step for step in far if step[1]["name"] in coached and step[1]["n"] >= NEARLY_ALL * calls]
    best = max(first or far, key=lambda step: step[0], default=None)
    return (best[1] if best else None), bool(first), bool(judged)
