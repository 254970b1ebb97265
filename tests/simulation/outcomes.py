"""What the statistics of outcomes are worth on teams whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from convintel.outcomes.associate import compare, deal_values, eligible_calls, measured
from convintel.outcomes.effects import mixed_effect
from convintel.outcomes.pooling import pooled_rates
from convintel.settings import Outcomes, Settings
from tests.simulation.teams import FAMILY, Plan, Team, a_team, with_late_calls


def settings(permutations: int = 999) -> Settings:
    return Settings(outcomes=Outcomes(permutations=permutations, min_deals_mixed=10**9))


def compared(team: Team, rules: Settings) -> pl.DataFrame:
    return compare(team.calls, team.metrics, team.matches, team.deals, behaviours=FAMILY, settings=rules)


@dataclass(frozen=True)
class Alarms:
    """Of teams without any effect: how often something was called an association."""

    teams: int
    by_behaviour: float
    by_team: float  # at least one behaviour
    below_five_per_cent: float  # p < 0.05: what a single test would say
    naive: float  # p < 0.05 when every call counts for itself


def alarms(plan: Plan, teams: int, *, permutations: int = 999, seed: int = 0) -> Alarms:
    rules = settings(permutations)
    called, below, naive = [], [], []
    for number in range(teams):
        team = a_team(plan, seed + number)
        table = compared(team, rules)
        called.append((table["q_value"] <= rules.outcomes.promise).to_numpy())
        below.append((table["p_value"] < 0.05).to_numpy())
        naive.append(_every_call_for_itself(team) < 0.05)
    hits = np.array(called)
    return Alarms(
        teams, float(hits.mean()), float(hits.any(axis=1).mean()), float(np.mean(below)), float(np.mean(naive))
    )


def _every_call_for_itself(team: Team) -> np.ndarray:
    """Return the p-values of a t-test over calls, what spreadsheets and dashboards do."""
    from scipy.stats import ttest_ind

    table = team.metrics.join(team.matches, on="call_id").join(team.deals, on="deal_id")
    found = []
    for behaviour in FAMILY:
        mine = table.filter(pl.col("metric") == behaviour.metric)
        won = (mine["outcome"] == "won").to_numpy()
        values = mine["value"].to_numpy()
        found.append(ttest_ind(values[won], values[~won]).pvalue)
    return np.array(found)


def changed_by_late_calls(plan: Plan, teams: int, *, seed: int = 0) -> int:
    """Return of how many teams some number changes when calls on and after the closing day are added."""
    rules = settings(99)
    changed = 0
    for number in range(teams):
        team = a_team(plan, seed + number)
        changed += not compared(team, rules).equals(compared(with_late_calls(team, number), rules))
    return changed


@dataclass(frozen=True)
class Power:
    """Of teams with one true effect among the declared behaviours."""

    deals: int
    single: float  # p < 0.05
    family: float  # q at most the promise
    others: float  # behaviours called an association that are none, of all called
    held: float  # interval of points holds the truth


def power(plan: Plan, teams: int, *, permutations: int = 999, seed: int = 0) -> Power:
    rules = settings(permutations)
    truth = _points(plan)
    single, family, wrong, every, held = 0, 0, 0, 0, 0
    for number in range(teams):
        table = compared(a_team(plan, seed + number), rules)
        row = table.row(0, named=True)
        single += row["p_value"] < 0.05
        family += row["q_value"] <= rules.outcomes.promise
        wrong += int((table["q_value"][1:] <= rules.outcomes.promise).sum())
        every += int((table["q_value"] <= rules.outcomes.promise).sum())
        held += row["points_low"] <= truth <= row["points_high"]
    return Power(plan.reps * plan.deals, single / teams, family / teams, wrong / max(every, 1), held / teams)


def _points(plan: Plan) -> float:
    """Return the true slope of the win rate per standard deviation within reps, from one very large team."""
    rng = np.random.default_rng(99)
    x, skill = rng.normal(size=2_000_000), 0.4 * rng.normal(size=2_000_000)
    level = np.log(plan.share_won / (1 - plan.share_won))
    chance = 1 / (1 + np.exp(-(level + skill + np.log(plan.odds_ratio) * x)))
    return float(np.cov(x, chance)[0, 1] / x.var())


def mixed_errors(plan: Plan, teams: int, *, seed: int = 0) -> float:
    """Return how often the mixed model's 90 % interval leaves out 0 though there is no effect."""
    out = 0
    for number in range(teams):
        team = a_team(plan, seed + number)
        eligible = eligible_calls(team.calls, team.matches, team.deals, rules=Outcomes())
        values = deal_values(eligible, measured(team.metrics, FAMILY[0]))
        reps, segments = ((values[name].rank("dense").to_numpy() - 1).astype(np.intp) for name in ("owner", "segment"))
        found = mixed_effect(values["value"].to_numpy(), values["won"].to_numpy(), reps, segments, interval=0.9)
        out += found is None or found.low > 0 or found.high < 0
    return out / teams


def coverage(reps: int, deals: int, teams: int, *, seed: int = 0) -> float:
    """Return how often the 90 % interval of a rep's win rate holds the true one (25 %, give or take 7 points)."""
    rng = np.random.default_rng((seed, reps, deals))
    concentration = 0.25 * 0.75 / 0.07**2 - 1
    held = []
    for _ in range(teams):
        truth = rng.beta(0.25 * concentration, 0.75 * concentration, size=reps)
        won = rng.binomial(deals, truth)
        found = pooled_rates([(int(one), deals) for one in won], interval=0.9)
        held += [rate.low <= true <= rate.high for rate, true in zip(found, truth, strict=True)]
    return float(np.mean(held))
