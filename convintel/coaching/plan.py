"""Who gets which choice in a week, and what last week's choice has become: the rule applied to all reps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from convintel.coaching.behaviours import Behaviour, behaviours, observe
from convintel.coaching.choose import WITH_LOST, WITH_WON, Choice, choose
from convintel.coaching.standing import Standing, standings
from convintel.settings import Coaching
from convintel.weeks import weeks_before


@dataclass(frozen=True, slots=True)
class Tried:
    """A priority of last week's page and the same number this week (None without a call that shows it)."""

    rep: str
    advice_id: str
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


def plan(
    observations: pl.DataFrame,
    *,
    week: str,
    settings: Coaching,
    last: pl.DataFrame,
    outcomes: Mapping[str, float],
) -> list[Choice]:
    """Return the choices of all reps with a call in the week, by rep.

    Args:
        observations: From `observations_of_reps`.
        week: For example "2026-W44".
        settings: Limits.
        last: Table `advice` as last week's page had it, empty without one; its priorities weigh a little more.
        outcomes: From `outcome_factors`.
    """
    window = observations.filter(pl.col("week").is_in([*weeks_before(week, settings.past_weeks), week]))
    everyone = standings(window, behaviours(), week=week, past_weeks=settings.past_weeks)
    by_rep: dict[str, list[Standing]] = defaultdict(list)
    for standing in everyone:
        by_rep[standing.rep].append(standing)
    usable, heard = _calls_of(window), _calls_of(window.filter(pl.col("week") == week))
    named = _named(last, week)
    return [
        choice
        for rep, own in sorted(by_rep.items())
        for choice in choose(
            own,
            settings,
            usable_calls=usable[rep],
            week_calls=heard[rep],
            named=named.get(rep, frozenset()),
            outcomes=outcomes,
        )
    ]


def outcome_factors(associations: pl.DataFrame) -> dict[str, float]:
    """Return what the team's deals say of each behaviour: `WITH_WON`, `WITH_LOST`; those not told apart are left out.

    Only the rep's side counts, and only what the table of associations calls associated.
    """
    told = {row["behaviour"].split(" (")[0]: row for row in associations.to_dicts() if row["verdict"] == "associated"}
    factors = {}
    for behaviour in behaviours():
        row = told.get(behaviour.name)
        if row is not None and row["difference"]:
            factors[behaviour.name] = WITH_LOST if behaviour.worse(row["difference"], 0.0) > 0 else WITH_WON
    return factors


def tried(observations: pl.DataFrame, last: pl.DataFrame, *, week: str) -> list[Tried]:
    """Return the priorities of last week's page (table `advice`) with this week's number beside them."""
    known = {behaviour.name: behaviour for behaviour in behaviours()}
    rows = last.filter((pl.col("week") == weeks_before(week, 1)[0]) & (pl.col("slot") == "priority"))
    now = observations.filter(pl.col("week") == week)
    return [
        _tried(row, known[row["behaviour"]], now)
        for row in rows.sort("rep", "rank").to_dicts()
        if row["behaviour"] in known
    ]


def _tried(row: Mapping[str, Any], behaviour: Behaviour, now: pl.DataFrame) -> Tried:
    values = now.filter(pl.col("rep") == row["rep"], pl.col("behaviour") == behaviour.name)["value"].to_list()
    mean = sum(values) / len(values) if values else None
    return Tried(row["rep"], row["advice_id"], behaviour, row["value"], row["n"], mean, len(values))


def _calls_of(observations: pl.DataFrame) -> dict[str, int]:
    return dict(observations.group_by("rep").agg(pl.col("call_id").n_unique()).iter_rows())


def _named(last: pl.DataFrame, week: str) -> dict[str, frozenset[str]]:
    rows = last.filter((pl.col("week") == weeks_before(week, 1)[0]) & (pl.col("slot") == "priority"))
    return {str(rep): frozenset(names) for rep, names in rows.group_by("rep").agg("behaviour").iter_rows()}
