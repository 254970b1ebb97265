"""Win rates with their uncertainty: won / (won + lost), partially pooled, never a league table.

Each rep's true rate comes from one Beta(m k, (1 - m) k) that all reps share: few deals lean on the team, many speak
for themselves (beta-binomial model; Gelman et al., Bayesian Data Analysis, section 5.3). The team's mean m and
concentration k are integrated over on a grid, not plugged in: plug-in intervals that say 90 % hold 85 to 89 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from convintel.settings import Outcomes, Settings
from convintel.tables import frame

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

Floats = npt.NDArray[np.float64]
TEAM = "team"


@dataclass(frozen=True, slots=True)
class Rate:
    """Posterior of one rate: mean, interval, and the probability that it lies above the team's mean."""

    mean: float
    low: float
    high: float
    above_team: float


def win_rates(deals: pl.DataFrame, *, reps: Sequence[Rep], as_of: date, settings: Settings) -> pl.DataFrame:
    """Return the `win_rates` frame as it stood on `as_of`: the team, then each rep by e-mail.

    A deal closed later still counts as open, one created later not at all. A rep with fewer closed deals than
    `outcomes.min_closed_deals` gets counts and a note, no estimate.
    """
    rules = settings.outcomes
    counts = _counts(deals, as_of)
    names = sorted({rep.email for rep in reps} | set(counts["owner"].drop_nulls()))
    by_rep = {row["owner"]: (row["won"], row["lost"], row["open"]) for row in counts.iter_rows(named=True)}
    numbers = [by_rep.get(name, (0, 0, 0)) for name in names]
    rates = pooled_rates([(won, won + lost) for won, lost, _ in numbers], interval=rules.interval)
    team = (int(counts["won"].sum()), int(counts["lost"].sum()), int(counts["open"].sum()))
    rows = [_team_row(*team, rules)]
    rows += [_rep_row(*cells, rules) for cells in zip(names, numbers, rates, strict=True)]
    return frame("win_rates", rows)


def _counts(deals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    known = deals.filter(pl.col("created").is_null() | (pl.col("created") <= as_of))
    outcome = pl.col("outcome").cast(pl.String)
    over = (outcome != "open") & (pl.col("closed") <= as_of).fill_null(value=False)
    return known.group_by("owner").agg(
        won=(over & (outcome == "won")).sum(), lost=(over & (outcome == "lost")).sum(), open=(~over).sum()
    )


def _team_row(won: int, lost: int, still_open: int, rules: Outcomes) -> dict[str, object]:
    row: dict[str, object] = {"scope": TEAM, "name": TEAM, "won": won, "lost": lost, "open": still_open, "note": ""}
    if won + lost < rules.min_closed_deals:
        return {**row, "note": _too_few(won + lost, rules)}
    low, high = jeffreys(won, won + lost, interval=rules.interval)
    return {**row, "estimate": won / (won + lost), "low": low, "high": high}


def _rep_row(name: str, numbers: tuple[int, int, int], rate: Rate, rules: Outcomes) -> dict[str, object]:
    won, lost, still_open = numbers
    row: dict[str, object] = {"scope": "rep", "name": name, "won": won, "lost": lost, "open": still_open}
    if won + lost < rules.min_closed_deals:
        return {**row, "note": _too_few(won + lost, rules)}
    note = f"leans on the team; above the team's mean with probability {rate.above_team:.2f}"
    return {**row, "estimate": rate.mean, "low": rate.low, "high": rate.high, "note": note}


def _too_few(closed: int, rules: Outcomes) -> str:
    return f"too few closed deals (have {closed}, need {rules.min_closed_deals})"


def jeffreys(won: int, closed: int, *, interval: float) -> tuple[float, float]:
    """Return Jeffreys' interval of a share: quantiles of Beta(won + 1/2, closed - won + 1/2), 0 and 1 at the ends."""
    from scipy.stats import beta

    tail = (1 - interval) / 2
    low, high = beta.ppf([tail, 1 - tail], won + 0.5, closed - won + 0.5)
    return (0.0 if won == 0 else float(low)), (1.0 if won == closed else float(high))


def pooled_rates(counts: Sequence[tuple[int, int]], *, interval: float) -> list[Rate]:
    """Return each rep's posterior from everybody's (won, closed); without closed deals, what a new rep may expect."""
    if not counts:
        return []
    grid = _Grid.build()
    won, closed = np.array(counts, dtype=float).T
    log_each = grid.log_likelihood(won, closed)  # [reps, hyper]
    log_all = grid.log_prior + log_each.sum(axis=0)
    return [
        grid.posterior(_weights(log_all - log_each[i]), float(won[i]), float(closed[i]), interval=interval)
        for i in range(len(counts))
    ]


def _weights(log: Floats) -> Floats:
    weights: Floats = np.exp(log - log.max())
    weights /= weights.sum()
    return weights


@dataclass(frozen=True, slots=True)
class _Grid:
    """Values of the hyper-parameters with their prior, and the Beta densities that they give over rates."""

    mean: Floats  # [hyper]
    concentration: Floats  # [hyper]
    log_prior: Floats  # [hyper]
    rates: Floats  # [points], middles of equal cells
    density: Floats  # [hyper, points]
    above: Floats  # [hyper, points], the density where the rate lies above the mean

    @classmethod
    def build(cls) -> _Grid:
        """Lay a grid: the mean uniform, the spread s = 1 / sqrt(1 + k) with a prior that avoids zero (Rayleigh, 0.15).

        s is the reps' standard deviation in units of sqrt(m (1 - m)): 7 points around a team of 30 % are the most
        likely, 20 are possible. A half-normal prior, highest at "all reps are equal", makes 90 % intervals hold 87 %
        of true rates at 60 deals; this one holds 89 to 93 % (8 and 20 reps; 8, 20 and 60 deals).
        """
        from scipy.special import betaln

        means, spreads = (np.arange(60) + 0.5) / 60, (np.arange(25) + 0.5) / 40
        mean, spread = (values.ravel() for values in np.meshgrid(means, spreads, indexing="ij"))
        concentration = 1 / spread**2 - 1
        rates = (np.arange(500) + 0.5) / 500
        a, b = (mean * concentration)[:, None], ((1 - mean) * concentration)[:, None]
        density = np.exp((a - 1) * np.log(rates) + (b - 1) * np.log1p(-rates) - betaln(a, b))
        density /= density.sum(axis=1, keepdims=True)  # steep ones lie between two points
        above = np.where(rates > mean[:, None], density, 0)
        log_prior = np.log(spread) - 0.5 * (spread / 0.15) ** 2
        return cls(mean, concentration, log_prior, rates, density, above)

    def log_likelihood(self, won: Floats, closed: Floats) -> Floats:
        """Return log P(won | closed, hyper) up to the binomial coefficient, [reps, hyper]."""
        from scipy.special import betaln

        a, b = self.mean * self.concentration, (1 - self.mean) * self.concentration
        result: Floats = betaln(a + won[:, None], b + (closed - won)[:, None]) - betaln(a, b)
        return result

    def posterior(self, weights: Floats, won: float, closed: float, *, interval: float) -> Rate:
        """Return a rep's rate, given hyper-parameters weighted by everybody else's deals."""
        log_deals = won * np.log(self.rates) + (closed - won) * np.log1p(-self.rates)
        deals = np.exp(log_deals - log_deals.max())
        mass = (weights @ self.density) * deals
        total = mass.sum()
        above = float(((weights @ self.above) * deals).sum() / total)
        mass /= total
        tail = (1 - interval) / 2
        low, high = np.interp([tail, 1 - tail], np.cumsum(mass) - mass / 2, self.rates)
        return Rate(float(mass @ self.rates), float(low), float(high), above)
