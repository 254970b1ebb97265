"""Sales teams whose truth is known: reps and deals with habits of their own, calls that show them, outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from convintel.outcomes.associate import Behaviour

OPENED, CLOSED = date(2026, 1, 1), date(2026, 6, 1)
FAMILY = tuple(Behaviour(f"b{i}", f"m{i}", "rep") for i in range(9))  # as many as the declared family has


@dataclass(frozen=True)
class Plan:
    """What a team is like. Half of a call's variance is the call's own, a quarter the rep's, a quarter the deal's."""

    reps: int = 15
    deals: int = 20  # a rep
    calls: float = 4.0  # a deal, mean; at least one
    share_won: float = 0.3
    odds_ratio: float = 1.0  # of b0, per standard deviation of the deal's measured mean within its rep
    drift: float = 0.0  # standard deviations by which every later call is higher
    more_calls_when_won: float = 0.0
    segments: int = 2


@dataclass(frozen=True)
class Team:
    """The four tables that the comparison reads."""

    calls: pl.DataFrame
    metrics: pl.DataFrame
    matches: pl.DataFrame
    deals: pl.DataFrame


def a_team(plan: Plan, seed: int) -> Team:
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(plan.reps), plan.deals)
    n, m = len(owner), len(FAMILY)
    count = 1 + rng.poisson(plan.calls - 1, n)
    together = np.linalg.cholesky(0.5 * np.eye(m) + 0.5)  # behaviours of a person go together: correlation 0.5
    habit = 0.5 * rng.normal(size=(plan.reps, m)) @ together.T
    habit = habit[owner] + 0.5 * rng.normal(size=(n, m)) @ together.T
    longest = int(count.max()) + int(np.ceil(plan.more_calls_when_won))
    said = habit[:, None] + np.sqrt(0.5) * rng.normal(size=(n, longest, m)) @ together.T
    said += plan.drift * np.arange(longest)[None, :, None]
    first = np.minimum(count, 3)
    mean = np.stack([said[i, : first[i], 0].mean() for i in range(n)])
    mean -= (np.bincount(owner, mean) / plan.deals)[owner]
    skill = 0.4 * rng.normal(size=plan.reps)
    slope = np.log(plan.odds_ratio) / mean.std()
    level = np.log(plan.share_won / (1 - plan.share_won))
    won = rng.random(n) < 1 / (1 + np.exp(-(level + skill[owner] + slope * mean)))
    count = count + rng.poisson(plan.more_calls_when_won * won, n).clip(max=longest - count)
    return _tables(plan, owner, count, said, won, rng)


def _tables(
    plan: Plan, owner: np.ndarray, count: np.ndarray, said: np.ndarray, won: np.ndarray, rng: np.random.Generator
) -> Team:
    n, m = len(owner), said.shape[2]
    deal, position = np.repeat(np.arange(n), count), np.concatenate([np.arange(c) for c in count])
    call_id = [f"{d * 1000 + k:016x}" for d, k in zip(deal.tolist(), position.tolist(), strict=True)]
    start = datetime(2026, 1, 5, 15, tzinfo=UTC)
    when = [start + timedelta(days=int(k) * 7) for k in position]
    deal_ids = [f"D{i:06d}" for i in range(n)]
    calls = pl.DataFrame(
        {
            "call_id": call_id,
            "rep": [f"r{r:03d}" for r in owner[deal]],
            "started_at": when,
            "utc_offset_min": pl.Series([0] * len(deal), dtype=pl.Int32),
        }
    )
    matches = pl.DataFrame({"call_id": call_id, "deal_id": [deal_ids[d] for d in deal], "status": "matched"})
    metrics = pl.concat(
        [
            pl.DataFrame({"call_id": call_id, "metric": f"m{i}", "side": "rep", "value": said[deal, position, i]})
            for i in range(m)
        ]
    )
    deals = pl.DataFrame(
        {
            "deal_id": deal_ids,
            "outcome": np.where(won, "won", "lost").tolist(),
            "created": OPENED,
            "closed": CLOSED,
            "owner": [f"r{r:03d}" for r in owner],
            "segment": [f"s{s}" for s in rng.integers(0, plan.segments, n)],
        }
    )
    return Team(calls, metrics, matches, deals)


def with_late_calls(team: Team, seed: int) -> Team:
    """Return the team with calls on and after the closing day, long and different ones for won deals."""
    rng = np.random.default_rng(seed)
    won = team.deals.filter(pl.col("outcome") == "won")["deal_id"].to_list()
    late = [deal for deal in won for _ in range(int(rng.poisson(1.5)) + 1)]
    ids = [f"f{i:015x}" for i in range(len(late))]
    days = rng.integers(0, 30, len(late))
    owner = dict(zip(team.deals["deal_id"], team.deals["owner"], strict=True))
    calls = pl.DataFrame(
        {
            "call_id": ids,
            "rep": [owner[deal] for deal in late],
            "started_at": [datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(days=int(day)) for day in days],
            "utc_offset_min": pl.Series([0] * len(late), dtype=pl.Int32),
        }
    )
    metrics = [
        pl.DataFrame({"call_id": ids, "metric": each.metric, "side": "rep", "value": 3.0 + rng.normal(size=len(ids))})
        for each in FAMILY
    ]
    matches = pl.DataFrame({"call_id": ids, "deal_id": late, "status": "matched"})
    return Team(
        pl.concat([team.calls, calls]),
        pl.concat([team.metrics, *metrics]),
        pl.concat([team.matches, matches]),
        team.deals,
    )
