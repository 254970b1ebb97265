"""Difference between won and lost deals within strata, and how often chance alone would give one as large.

Values are centred within each stratum (a rep's deals of one segment), so a rep who wins more and also talks more adds
nothing. Under "no association" a stratum's outcomes could have fallen on its deals in any order: permuting them there
gives the distribution of chance. `make simulate` shows what that is worth: docs/statistics.md holds its table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

# Beyond so many deals the permutation distribution is normal for all purposes, and its variance is known exactly.
EXACT_UP_TO = 2_000
_CELLS = 2_000_000  # random numbers held at a time


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What a behaviour has to do with winning, within strata.

    `gap`: mean of won minus mean of lost deals, in the behaviour's unit. `points`: how much higher the win rate is per
    standard deviation of the behaviour (least squares of the outcome; 0.05 = 5 points).
    """

    gap: Estimate
    points: Estimate
    deviation: float  # of the behaviour within strata
    p_value: float
    deals: int  # in strata that have both outcomes


@dataclass(frozen=True, slots=True)
class _Strata:
    """Deals of strata that have both outcomes, stratum by stratum, values centred in each."""

    centred: Floats
    won: Bools
    numbered: Ints
    size: Floats
    wins: Floats

    @classmethod
    def of(cls, values: Floats, won: Bools, strata: Ints) -> _Strata | None:
        order = np.argsort(strata, kind="stable")
        values, won, strata = values[order], won[order], strata[order]
        size, wins = np.bincount(strata).astype(float), np.bincount(strata, weights=won).astype(float)
        both = (wins > 0) & (wins < size)
        keep = both[strata]
        if not keep.any():
            return None
        centred = (values - (np.bincount(strata, weights=values) / np.maximum(size, 1))[strata])[keep]
        _, numbered = np.unique(strata[keep], return_inverse=True)
        return cls(centred, won[keep], numbered.astype(np.intp), size[both], wins[both])

    def chance(self) -> float:
        """Return the standard deviation of `centred @ won` over all orders within strata, known exactly."""
        squares = np.bincount(self.numbered, weights=self.centred**2)
        odds = self.wins * (self.size - self.wins) / (self.size * (self.size - 1))
        return float(np.sqrt((odds * squares).sum()))


def stratified_difference(
    values: Floats, won: Bools, strata: Ints, *, permutations: int, interval: float, seed: int | tuple[int, ...]
) -> Difference | None:
    """Return the difference, its intervals and two-sided p-value; null when no stratum has both outcomes.

    Args:
        values: [deals], any unit.
        won: [deals].
        strata: [deals], numbered from 0.
        permutations: how many orders of chance are drawn (up to `EXACT_UP_TO` deals).
        interval: width of the intervals, e.g. 0.9.
        seed: of the draws.
    """
    from scipy.stats import t

    found = _Strata.of(values, won, strata)
    if found is None:
        return None
    n, free = len(found.won), max(len(found.won) - len(found.size), 1)
    seen, chance = float(found.centred @ found.won), found.chance()
    squares = float(found.centred @ found.centred)
    if chance == 0 or squares < 1e-18 * n:  # everybody does the same
        none = Estimate(0.0, 0.0, 0.0)
        return Difference(none, none, 0.0, 1.0, n)
    reach = float(t.ppf((1 + interval) / 2, free)) * chance
    deviation = float(np.sqrt(squares / free))
    weight = float((found.wins * (found.size - found.wins) / found.size).sum())

    def scaled(by: float) -> Estimate:
        return Estimate(seen * by, (seen - reach) * by, (seen + reach) * by)

    return Difference(
        gap=scaled(1 / weight),
        points=scaled(deviation / squares),
        deviation=deviation,
        p_value=_p_value(found, seen, chance, permutations=permutations, seed=seed),
        deals=n,
    )


def _p_value(found: _Strata, seen: float, chance: float, *, permutations: int, seed: int | tuple[int, ...]) -> float:
    from scipy.stats import norm

    if len(found.won) > EXACT_UP_TO:
        return float(2 * norm.sf(abs(seen) / chance))
    rng = np.random.default_rng(seed)
    least = abs(seen) - 1e-9 * max(abs(seen), float(np.abs(found.centred).max()))
    at_least, left = 0, permutations
    while left:
        rows = min(left, max(1, _CELLS // len(found.won)))
        # Strata are contiguous: sorting stratum + noise shuffles each stratum within itself.
        shuffled = np.argsort(found.numbered + rng.random((rows, len(found.won))), axis=1)
        at_least += int((np.abs(found.won[shuffled] @ found.centred) >= least).sum())
        left -= rows
    return (1 + at_least) / (1 + permutations)
