"""Who gets which choice in a week, and what last week's choice has become: the rule applied to all reps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from convintel.coaching.behaviours import Behaviour, behaviours, observe
from convintel.coaching.choose import Choice, choose
from convintel.coaching.standing import standings
from convintel.coaching.weeks import weeks_before
from convintel.settings import Coaching

Named = Mapping[str, frozenset[str]]  # rep -> behaviours that were last week's priorities


@dataclass(frozen=True, slots=True)
class Tried:
    """A priority of last week's page and the same number this week (None without a call that shows it)."""

    rep: str
    behaviour: Behaviour
    then: float
    then_n: int
    now: float | None
    now_n: int

    @property
    def moved(self) -> bool | None:
        """Whether the number went the right way; None when there is nothing to compare."""
        return None if self.now is None else self.behaviour.worse(self.now, self.then) < 0


def observations_of_reps(calls: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    """Return the coachable observations of calls whose rep is known."""
    return observe(calls.filter(pl.col("rep").is_not_null()), metrics, chosen=behaviours())


def plan(observations: pl.DataFrame, *, week: str, settings: Coaching) -> list[Choice]:
    """Return the choices of all reps with a call in the week, by rep; last week's priorities weigh a little more."""
    last = _choices(observations, weeks_before(week, 1)[0], settings, {})
    named: dict[str, frozenset[str]] = {}
    for choice in last:
        if choice.slot == "priority":
            rep = choice.standing.rep
            named[rep] = named.get(rep, frozenset()) | {choice.standing.behaviour.name}
    return _choices(observations, week, settings, named)


def tried(observations: pl.DataFrame, *, week: str, settings: Coaching) -> list[Tried]:
    """Return the priorities of last week, chosen again by the same rule, with this week's number beside them."""
    last_week = weeks_before(week, 1)[0]
    now = observations.filter(pl.col("week") == week)
    return [
        _tried(choice, now)
        for choice in plan(observations, week=last_week, settings=settings)
        if choice.slot == "priority"
    ]


def _tried(choice: Choice, now: pl.DataFrame) -> Tried:
    standing = choice.standing
    values = now.filter(pl.col("rep") == standing.rep, pl.col("behaviour") == standing.behaviour.name)[
        "value"
    ].to_list()
    mean = sum(values) / len(values) if values else None
    return Tried(standing.rep, standing.behaviour, standing.value, standing.n, mean, len(values))


def _choices(observations: pl.DataFrame, week: str, settings: Coaching, named: Named) -> list[Choice]:
    window = observations.filter(pl.col("week").is_in([*weeks_before(week, settings.past_weeks), week]))
    everyone = standings(window, behaviours(), week=week, past_weeks=settings.past_weeks)
    usable = dict(window.group_by("rep").agg(pl.col("call_id").n_unique()).iter_rows())
    this_week = window.filter(pl.col("week") == week)
    heard = dict(this_week.group_by("rep").agg(pl.col("call_id").n_unique()).iter_rows())
    return [
        choice
        for rep in sorted({standing.rep for standing in everyone})
        for choice in choose(
            [standing for standing in everyone if standing.rep == rep],
            settings,
            usable_calls=usable[rep],
            week_calls=heard[rep],
            named=named.get(rep, frozenset()),
        )
    ]
