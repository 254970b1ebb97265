"""Which behaviours go with won deals: association only, with every guard that the simulations asked for.

The deal is the unit. Only calls before the day the deal closed are read, and of those only the first few (landmark), so
that long deals do not weigh more; what all deals do differently from call to call is taken out. Won and lost deals are
compared within reps and segments; the family of behaviours is declared beforehand (the coachable metrics of
`signals.catalogue`) and corrected for together (Benjamini-Hochberg). With enough deals a mixed model stands beside.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from convintel.outcomes.effects import deals_needed, e_values, mixed_effect
from convintel.outcomes.permutation import Difference, Estimate, Ints, stratified_difference
from convintel.settings import Outcomes, Settings
from convintel.tables import frame


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A declared behaviour: the metric, on which side it is measured, and the name it has in the results."""

    name: str
    metric: str
    side: str


def declared() -> tuple[Behaviour, ...]:
    """Return the declared family: the coachable metrics of the catalogue, in its order."""
    from convintel.signals.catalogue import METRICS

    coachable = [metric for metric in METRICS if metric.coachable]
    names = [metric.name for metric in coachable]
    return tuple(
        Behaviour(m.name if names.count(m.name) == 1 else f"{m.name} ({m.side})", m.name, m.side) for m in coachable
    )


def associate(
    calls: pl.DataFrame, metrics: pl.DataFrame, matches: pl.DataFrame, deals: pl.DataFrame, *, settings: Settings
) -> pl.DataFrame:
    """Return the `associations` frame: one row a declared behaviour, those with too few deals withheld with a note."""
    return compare(calls, metrics, matches, deals, behaviours=declared(), settings=settings)


def compare(
    calls: pl.DataFrame,
    metrics: pl.DataFrame,
    matches: pl.DataFrame,
    deals: pl.DataFrame,
    *,
    behaviours: Sequence[Behaviour],
    settings: Settings,
) -> pl.DataFrame:
    """Return the `associations` frame for a family of behaviours."""
    rules = settings.outcomes
    eligible = eligible_calls(calls, matches, deals, rules=rules)
    tables = [deal_values(eligible, measured(metrics, behaviour)) for behaviour in behaviours]
    found = [
        won_against_lost(behaviour.name, values, rules) for behaviour, values in zip(behaviours, tables, strict=True)
    ]
    rows = zip(behaviours, tables, found, corrected(found), strict=True)
    return frame("associations", [_row(*cells, rules) for cells in rows])


def eligible_calls(calls: pl.DataFrame, matches: pl.DataFrame, deals: pl.DataFrame, *, rules: Outcomes) -> pl.DataFrame:
    """Return the calls that may speak about an outcome: matched to a won or lost deal, held before the day it closed.

    A call on the closing day may have come after the signature, one without a time may have too: both are left out, and
    so are calls fewer than `lag_days` before that day.

    Returns:
        Columns call_id, deal_id, won, owner, segment, position (1 = the deal's first); at most `landmark_calls` a deal.
    """
    over = deals.filter(pl.col("outcome").cast(pl.String).is_in(["won", "lost"]) & pl.col("closed").is_not_null())
    matched = matches.filter(pl.col("status").cast(pl.String) == "matched").select("call_id", "deal_id")
    local = pl.col("started_at").dt.replace_time_zone(None) + pl.duration(minutes=pl.col("utc_offset_min").fill_null(0))
    return (
        calls.select("call_id", "rep", "started_at", day=local.dt.date())
        .join(matched, on="call_id")
        .join(over.select("deal_id", "outcome", "closed", "owner", "segment"), on="deal_id")
        .filter(pl.col("day") < pl.col("closed") - pl.duration(days=rules.lag_days))
        .sort("deal_id", "started_at", "call_id")
        .group_by("deal_id", maintain_order=True)
        .head(rules.landmark_calls)
        .select(
            "call_id",
            "deal_id",
            won=pl.col("outcome").cast(pl.String) == "won",
            owner=pl.coalesce("owner", pl.col("rep").first().over("deal_id"), pl.lit("?")),
            segment=pl.col("segment").fill_null("?"),
            position=pl.int_range(1, pl.len() + 1).over("deal_id"),
        )
    )


def measured(metrics: pl.DataFrame, behaviour: Behaviour) -> pl.DataFrame:
    """Return call_id and value where the behaviour could be measured."""
    return metrics.filter(
        (pl.col("metric") == behaviour.metric)
        & (pl.col("side").cast(pl.String) == behaviour.side)
        & pl.col("value").is_not_null()
    ).select("call_id", "value")


def deal_values(eligible: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return one row a deal: the mean over its eligible calls of value less what is usual at that call.

    Later calls are led otherwise than first ones, and won deals have more calls: without taking out the mean of all
    first, second and third calls, having a third call would look like a behaviour.

    Returns:
        Columns deal_id, value, won, owner, segment.
    """
    return (
        eligible.join(values, on="call_id")
        .sort("deal_id", "position")
        .with_columns(pl.col("value") - pl.col("value").mean().over("position"))
        .group_by("deal_id", maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("won", "owner", "segment").first())
    )


def won_against_lost(name: str, values: pl.DataFrame, rules: Outcomes) -> Difference | None:
    """Compare won with lost deals within reps and segments; null with too few deals. `name` seeds the draws."""
    if values.height < rules.min_deals_association:
        return None
    found = stratified_difference(
        values["value"].to_numpy(),
        values["won"].to_numpy(),
        _numbered(values.select(pl.concat_str("owner", "segment", separator="\t")).to_series()),
        permutations=rules.permutations,
        interval=rules.interval,
        seed=(rules.seed, zlib.crc32(name.encode())),  # its own draws, whatever else is declared
    )
    return found if found is not None and found.deals >= rules.min_deals_association else None


def corrected(found: Sequence[Difference | None]) -> list[float | None]:
    """Return the q-values (Benjamini-Hochberg over those tested), null for those not tested."""
    from scipy.stats import false_discovery_control

    tested = [one.p_value for one in found if one is not None]
    values = iter(false_discovery_control(tested).tolist() if tested else [])
    return [None if one is None else next(values) for one in found]


def _numbered(column: pl.Series) -> Ints:
    return (column.rank("dense").to_numpy() - 1).astype(np.intp)


def _mixed(values: pl.DataFrame, rules: Outcomes) -> Estimate | None:
    if values.height < rules.min_deals_mixed or values["owner"].n_unique() < rules.min_reps_mixed:
        return None
    return mixed_effect(
        values["value"].to_numpy(),
        values["won"].to_numpy(),
        _numbered(values["owner"]),
        _numbered(values["segment"]),
        interval=rules.interval,
    )


def _row(
    behaviour: Behaviour, values: pl.DataFrame, found: Difference | None, q_value: float | None, rules: Outcomes
) -> dict[str, object]:
    won = int(values["won"].sum())
    share = (won + 0.5) / (values.height + 1)
    row = {"behaviour": behaviour.name, "deals": values.height, "won": won, "deals_needed": deals_needed(share)}
    if found is None or q_value is None:
        return {**row, "verdict": "too few", "note": _too_few(values, rules)}
    mixed = _mixed(values, rules)
    verdict = _verdict(found, q_value, mixed, rules)
    strongest, weakest = e_values(found.points, share)
    numbers = {
        **{"difference": found.gap.value, "low": found.gap.low, "high": found.gap.high, "deviation": found.deviation},
        **{"points": found.points.value, "points_low": found.points.low, "points_high": found.points.high},
        **{"p_value": found.p_value, "q_value": q_value, "e_value": strongest, "e_value_limit": weakest},
    }
    if mixed is not None:
        numbers |= {"mixed_points": mixed.value, "mixed_low": mixed.low, "mixed_high": mixed.high}
    return {**row, **numbers, "verdict": verdict, "note": _note(verdict, {**row, **numbers})}


def _verdict(found: Difference, q_value: float, mixed: Estimate | None, rules: Outcomes) -> str:
    if q_value > rules.promise:
        return "not told apart"
    agrees = mixed is None or (mixed.low > 0 if found.points.value > 0 else mixed.high < 0)
    return "associated" if agrees else "unclear"


def _too_few(values: pl.DataFrame, rules: Outcomes) -> str:
    if values.height < rules.min_deals_association:
        return f"too few deals (have {values.height}, need {rules.min_deals_association})"
    both = values.filter(pl.col("won").n_unique().over("owner", "segment") > 1).height
    return (
        f"too few deals of reps who both won and lost in the same segment (have {both}, "
        f"need {rules.min_deals_association})"
    )


def _note(verdict: str, row: Mapping[str, Any]) -> str:
    if verdict == "not told apart":
        return (
            "not told apart from chance; an odds ratio of 1.5 per standard deviation would need about "
            f"{row['deals_needed']} closed deals with calls (have {row['deals']})"
        )
    if verdict == "unclear":
        return "unclear: the comparison within reps and the mixed model do not agree"
    side = "higher" if row["points"] > 0 else "lower"
    return (
        f"{side} in won deals: associated with winning, which does not make it the cause; a hidden factor "
        f"{row['e_value']:.1f} times as common there and as strongly associated with winning would explain it"
    )
