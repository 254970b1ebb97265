"""How often a theme came up in deals won and in deals lost, with the same guards as behaviours."""

from __future__ import annotations

import polars as pl

from convintel.outcomes.associate import corrected, deal_values, eligible_calls, won_against_lost
from convintel.outcomes.permutation import Difference
from convintel.outcomes.pooling import jeffreys
from convintel.settings import Outcomes, Settings
from convintel.tables import frame


def theme_outcomes(
    themes: pl.DataFrame,
    members: pl.DataFrame,
    calls: pl.DataFrame,
    matches: pl.DataFrame,
    deals: pl.DataFrame,
    *,
    settings: Settings,
) -> pl.DataFrame:
    """Return the `theme_outcomes` frame: one row a theme that is shown, by id.

    A deal has a theme when a customer raised it on one of the deal's first calls before the close date.
    """
    rules = settings.outcomes
    eligible = eligible_calls(calls, matches, deals, rules=rules)
    shown = themes.filter(pl.col("shown").cast(pl.String).is_in(["shown", "pinned"])).sort("theme_id")["theme_id"]
    raised = {name: members.filter(pl.col("theme_id") == name)["call_id"].unique() for name in shown}
    values = {
        name: eligible.select("call_id", value=pl.col("call_id").is_in(found.to_list()).cast(pl.Float64))
        for name, found in raised.items()
    }
    tested = [won_against_lost(name, deal_values(eligible, values[name]), rules) for name in shown]
    rows = [
        _row(name, eligible.join(values[name], on="call_id"), found, q_value, rules)
        for name, found, q_value in zip(shown, tested, corrected(tested), strict=True)
    ]
    return frame("theme_outcomes", rows)


def _row(
    name: str, calls: pl.DataFrame, found: Difference | None, q_value: float | None, rules: Outcomes
) -> dict[str, object]:
    deals = calls.group_by("deal_id").agg(pl.col("won").first(), raised=pl.col("value").max() > 0)
    won, lost = deals.filter("won"), deals.filter(~pl.col("won"))
    row: dict[str, object] = {
        "theme_id": name,
        "won": int(won["raised"].sum()),
        "of_won": won.height,
        "lost": int(lost["raised"].sum()),
        "of_lost": lost.height,
    }
    if found is None or q_value is None:
        return {**row, "note": f"too few deals (have {deals.height}, need {rules.min_deals_association})"}
    for side, part in (("won", won), ("lost", lost)):
        row |= _share(side, int(part["raised"].sum()), part.height, rules)
    side = "won" if found.gap.value > 0 else "lost"
    apart = f"more often in {side} deals: associated, which does not make it the cause"
    return {
        **row,
        **{"difference": found.gap.value, "low": found.gap.low, "high": found.gap.high},
        **{"p_value": found.p_value, "q_value": q_value},
        "note": apart if q_value <= rules.promise else "not told apart from chance",
    }


def _share(side: str, raised: int, of: int, rules: Outcomes) -> dict[str, object]:
    low, high = jeffreys(raised, of, interval=rules.interval)
    return {f"{side}_share": raised / of, f"{side}_low": low, f"{side}_high": high}
