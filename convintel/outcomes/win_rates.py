"""Win rates with their uncertainty: won / (won + lost) of the team, its groups, reps, segments and quarters.

Never a league table: rows come in order of name, and what a rate is worth stands beside it. Rates of one scope are
partially pooled (`pooling`): a rep with few deals leans on the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from convintel.outcomes.pooling import Rate, jeffreys, pooled_rates
from convintel.settings import Outcomes, Settings
from convintel.tables import frame

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

TEAM = "team"
Counts = tuple[int, int, int]  # won, lost, open


def win_rates(deals: pl.DataFrame, *, reps: Sequence[Rep], as_of: date, settings: Settings) -> pl.DataFrame:
    """Return the `win_rates` frame as it stood on `as_of`: the team, then groups, reps, segments, quarters by name.

    A deal closed later still counts as open, one created later not at all. With fewer closed deals than
    `outcomes.min_closed_deals` there are counts and a note, no estimate.
    """
    rules = settings.outcomes
    known = _known(deals, reps, as_of)
    emails = {rep.email for rep in reps}
    scopes: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("group", "group", {rep.team for rep in reps if rep.team}),
        ("rep", "owner", emails),
        ("segment", "segment", ()),
        ("quarter", "quarter", ()),
    )
    rows = [_team_row(_counts(known, TEAM).get(TEAM, (0, 0, 0)), rules)]
    for scope, column, names in scopes:
        rows += _scope_rows(scope, {**dict.fromkeys(names, (0, 0, 0)), **_counts(known, column)}, rules)
    return frame("win_rates", rows)


def _known(deals: pl.DataFrame, reps: Sequence[Rep], as_of: date) -> pl.DataFrame:
    """Return won, lost, open as of the day, one row a deal, with the columns that name its scopes."""
    outcome = pl.col("outcome").cast(pl.String)
    over = (outcome != "open") & (pl.col("closed") <= as_of).fill_null(value=False)
    groups = {rep.email: rep.team for rep in reps if rep.team}
    quarter = pl.format("{}-Q{}", pl.col("closed").dt.year(), pl.col("closed").dt.quarter())
    return deals.filter(pl.col("created").is_null() | (pl.col("created") <= as_of)).select(
        "owner",
        "segment",
        won=over & (outcome == "won"),
        lost=over & (outcome == "lost"),
        open=~over,
        team=pl.lit(TEAM),
        group=pl.col("owner").replace_strict(groups, default=None, return_dtype=pl.String),
        quarter=pl.when(over).then(quarter),
    )


def _counts(known: pl.DataFrame, column: str) -> dict[str, Counts]:
    counted = known.drop_nulls(column).group_by(column).agg(pl.col("won", "lost", "open").sum())
    return {name: (won, lost, still_open) for name, won, lost, still_open in counted.iter_rows()}


def _team_row(counts: Counts, rules: Outcomes) -> dict[str, object]:
    won, lost, still_open = counts
    row: dict[str, object] = {"scope": TEAM, "name": TEAM, "won": won, "lost": lost, "open": still_open, "note": ""}
    if won + lost < rules.min_closed_deals:
        return {**row, "note": _too_few(won + lost, rules)}
    low, high = jeffreys(won, won + lost, interval=rules.interval)
    return {**row, "estimate": won / (won + lost), "low": low, "high": high}


def _scope_rows(scope: str, counts: Mapping[str, Counts], rules: Outcomes) -> list[dict[str, object]]:
    names = sorted(counts)
    rates = pooled_rates(
        [(won, won + lost) for won, lost, _ in map(counts.__getitem__, names)], interval=rules.interval
    )
    return [_row(scope, name, counts[name], rate, rules) for name, rate in zip(names, rates, strict=True)]


def _row(scope: str, name: str, counts: Counts, rate: Rate, rules: Outcomes) -> dict[str, object]:
    won, lost, still_open = counts
    row: dict[str, object] = {"scope": scope, "name": name, "won": won, "lost": lost, "open": still_open}
    if won + lost < rules.min_closed_deals:
        return {**row, "note": _too_few(won + lost, rules)}
    lean, mean = ("the team", "the team's") if scope == "rep" else (f"the other {scope}s", "their")
    note = f"leans on {lean}; above {mean} mean with probability {rate.above:.2f}"
    return {**row, "estimate": rate.mean, "low": rate.low, "high": rate.high, "above": rate.above, "note": note}


def _too_few(closed: int, rules: Outcomes) -> str:
    return f"too few closed deals (have {closed}, need {rules.min_closed_deals})"
