"""What makes an effect readable and doubtful enough: E-values, deals needed, and a mixed model beside it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from convintel.outcomes.permutation import Bools, Estimate, Floats, Ints

SHOWN = 1.5  # odds ratio per standard deviation for which the deals needed are stated: large, but it happens


def e_value(ratio: float) -> float:
    """Return how strongly a hidden factor must go with both behaviour and winning to explain a risk ratio away.

    VanderWeele & Ding 2017: RR + sqrt(RR (RR - 1)), ratios below 1 turned round.

    >>> round(e_value(1.2), 2), round(e_value(1 / 1.5), 2), e_value(1.0)
    (1.69, 2.37, 1.0)
    """
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def risk_ratio(points: float, share_won: float) -> float:
    """Return the ratio of win rates half a standard deviation above and below the mean, kept within (0, 1).

    >>> round(risk_ratio(0.06, 0.30), 3)
    1.222
    """
    low, high = (min(max(share_won + side * points / 2, 0.005), 0.995) for side in (-1, 1))
    return high / low


def e_values(points: Estimate, share_won: float) -> tuple[float, float]:
    """Return the E-value of an effect and that of its interval's end nearest to none (1 when it holds none)."""
    nearest = 0.0 if points.low <= 0 <= points.high else min(points.low, points.high, key=abs)
    return e_value(risk_ratio(points.value, share_won)), e_value(risk_ratio(nearest, share_won))


def deals_needed(share_won: float, *, odds_ratio: float = SHOWN) -> int:
    """Return the closed deals that show an odds ratio a standard deviation with 80 % power at 5 %, two-sided.

    Hsieh, Bloch & Larsen 1998: (1.96 + 0.84)^2 / (p (1 - p) ln(odds ratio)^2).

    >>> deals_needed(0.25)
    255
    """
    variance = share_won * (1 - share_won) * float(np.log(odds_ratio)) ** 2
    return int(np.ceil((1.959964 + 0.841621) ** 2 / variance))


def mixed_effect(values: Floats, won: Bools, reps: Ints, segments: Ints, *, interval: float) -> Estimate | None:
    """Return the points of win rate per standard deviation within reps, by a logistic mixed model; null: no fit.

    Reps have random intercepts. The behaviour is split into the rep's mean and the deviation from it (Mundlak), and
    the deviation is what is returned, as average marginal effect. Fitted by penalised likelihood with Laplace's
    approximation (statsmodels' BinomialBayesMixedGLM), whose variational intervals would be too narrow.

    Args:
        values: [deals], any unit.
        won: [deals].
        reps: [deals], numbered from 0.
        segments: [deals], numbered from 0.
        interval: width of the interval.
    """
    import warnings

    from scipy.sparse import csr_matrix
    from scipy.stats import norm
    from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

    n, count = len(values), int(reps.max()) + 1
    means = (np.bincount(reps, weights=values) / np.maximum(np.bincount(reps), 1))[reps]
    within, between = _scaled(values - means), _scaled(means - values.mean())
    if within is None:
        return None
    columns = [np.ones(n), within] + ([between] if between is not None else [])
    columns += [(segments == segment).astype(float) for segment in range(1, int(segments.max()) + 1)]
    design = np.column_stack(columns)
    groups = csr_matrix((np.ones(n), (np.arange(n), reps)), shape=(n, count))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a search that ends early; the check below is ours
        fit = BinomialBayesMixedGLM(won.astype(float), design, groups, np.zeros(count, dtype=int)).fit_map(rng=0)
    slope, error = float(fit.fe_mean[1]), float(fit.fe_sd[1])
    if not (math.isfinite(slope) and math.isfinite(error)) or error <= 0:
        return None
    chance = 1 / (1 + np.exp(-(design @ fit.fe_mean + groups @ fit.vc_mean)))
    scale, reach = float((chance * (1 - chance)).mean()), float(norm.ppf((1 + interval) / 2)) * error
    return Estimate(slope * scale, (slope - reach) * scale, (slope + reach) * scale)


def _scaled(values: npt.NDArray[np.float64]) -> Floats | None:
    deviation = float(values.std())
    return values / deviation if deviation > 1e-12 else None
