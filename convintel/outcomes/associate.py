"""Which behaviours go with won deals: association only, with every guard that the simulations asked for.

The deal is the unit. Only calls before the day the deal closed are read, and of those only the first few, so that long
deals do not weigh more. Won and lost deals are compared within reps and segments; the family of behaviours is declared
beforehand (the coachable metrics of `signals.catalogue`) and corrected for together (Benjamini-Hochberg).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from convintel.outcomes.permutation import Difference, deals_needed, stratified_difference
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
    eligible = eligible_calls(calls, matches, deals, first=rules.landmark_calls)
    tables = [_deal_values(behaviour, metrics, eligible) for behaviour in behaviours]
    found = [_test(behaviour, values, rules) for behaviour, values in zip(behaviours, tables, strict=True)]
    q_values = _corrected(found)
    rows = [_row(*cells, rules) for cells in zip(behaviours, tables, found, q_values, strict=True)]
    return frame("associations", rows)


def eligible_calls(calls: pl.DataFrame, matches: pl.DataFrame, deals: pl.DataFrame, *, first: int) -> pl.DataFrame:
    """Return the calls that may speak about an outcome: matched to a won or lost deal, held before the day it closed.

    A call on the closing day may have come after the signature, one without a time may have too: both are left out.

    Returns:
        Columns call_id, deal_id, won, stratum (rep and segment); at most the `first` calls of each deal.
    """
    over = deals.filter(pl.col("outcome").cast(pl.String).is_in(["won", "lost"]) & pl.col("closed").is_not_null())
    matched = matches.filter(pl.col("status").cast(pl.String) == "matched").select("call_id", "deal_id")
    local = pl.col("started_at").dt.replace_time_zone(None) + pl.duration(minutes=pl.col("utc_offset_min").fill_null(0))
    return (
        calls.select("call_id", "rep", "started_at", day=local.dt.date())
        .join(matched, on="call_id")
        .join(over.select("deal_id", "outcome", "closed", "owner", "segment"), on="deal_id")
        .filter(pl.col("day") < pl.col("closed"))
        .sort("deal_id", "started_at", "call_id")
        .group_by("deal_id", maintain_order=True)
        .head(first)
        .select(
            "call_id",
            "deal_id",
            won=pl.col("outcome").cast(pl.String) == "won",
            stratum=pl.concat_str(
                pl.coalesce("owner", pl.col("rep").first().over("deal_id"), pl.lit("?")),
                pl.col("segment").fill_null("?"),
                separator="\t",
            ),
        )
    )


def _deal_values(behaviour: Behaviour, metrics: pl.DataFrame, eligible: pl.DataFrame) -> pl.DataFrame:
    """Return one row a deal: its mean over the eligible calls on which the behaviour could be measured."""
    measured = metrics.filter(
        (pl.col("metric") == behaviour.metric)
        & (pl.col("side").cast(pl.String) == behaviour.side)
        & pl.col("value").is_not_null()
    )
    return (
        eligible.join(measured.select("call_id", "value"), on="call_id")
        .sort("deal_id", "call_id")
        .group_by("deal_id", maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("won").first(), pl.col("stratum").first())
    )


def _test(behaviour: Behaviour, values: pl.DataFrame, rules: Outcomes) -> Difference | None:
    if values.height < rules.min_deals_association:
        return None
    found = stratified_difference(
        values["value"].to_numpy(),
        values["won"].to_numpy(),
        (values["stratum"].rank("dense").to_numpy() - 1).astype(np.intp),
        permutations=rules.permutations,
        interval=rules.interval,
        seed=(rules.seed, zlib.crc32(behaviour.name.encode())),  # its own draws, whatever else is declared
    )
    return found if found is not None and found.deals >= rules.min_deals_association else None


def _corrected(found: Sequence[Difference | None]) -> list[float | None]:
    from scipy.stats import false_discovery_control

    tested = [one.p_value for one in found if one is not None]
    corrected = iter(false_discovery_control(tested).tolist() if tested else [])
    return [None if one is None else next(corrected) for one in found]


def _row(
    behaviour: Behaviour, values: pl.DataFrame, found: Difference | None, q_value: float | None, rules: Outcomes
) -> dict[str, object]:
    row = {"behaviour": behaviour.name, "deals": values.height, "won": int(values["won"].sum())}
    if found is None or q_value is None:
        return {**row, "note": _too_few(values, rules)}
    numbers = {"difference": found.value, "low": found.low, "high": found.high, "p_value": found.p_value}
    return {**row, **numbers, "q_value": q_value, "note": _note(row["won"], values.height, found, q_value, rules)}


def _too_few(values: pl.DataFrame, rules: Outcomes) -> str:
    if values.height < rules.min_deals_association:
        return f"too few deals (have {values.height}, need {rules.min_deals_association})"
    mixed = values.filter(pl.col("won").n_unique().over("stratum") > 1).height
    return (
        f"too few deals of reps who both won and lost in the same segment (have {mixed}, "
        f"need {rules.min_deals_association})"
    )


def _note(won: object, deals: int, found: Difference, q_value: float, rules: Outcomes) -> str:
    if q_value <= rules.promise:
        side = "higher" if found.value > 0 else "lower"
        return f"{side} in won deals: associated with winning, which does not make it the cause"
    share = (int(str(won)) + 0.5) / (deals + 1)
    return (
        "not told apart from chance; an odds ratio of 1.5 per standard deviation would need about "
        f"{deals_needed(share)} closed deals with calls (have {deals})"
    )
