"""The middle of a group of rows, and how alike two middles are whatever the sizes of their groups.

The centre of a few rows lies nearer to them than to others like them, because each row has a part in it. So a bar is
taken from rows against the centre of the others, and the cosine of two centres is set right for the part that small
numbers have in it: two samples of one theme then have a likeness of 1 on average, be they of 5 rows or of 500.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convintel.encoder import Vectors, unit

DIGITS = 6  # of coordinates that are kept: the same bytes on every machine that rounds alike
BAR_SHARE = 5.0  # per cent of a group's rows below its bar
_MOST = 1.5  # of the factor: rows that have next to nothing in common say little about their middle


@dataclass(frozen=True, slots=True)
class Middle:
    """The centre of a group, the cosine to it from which a newcomer is one of them, and the factor of likeness."""

    centre: tuple[float, ...]
    bar: float
    factor: float  # at least 1; 1 for large groups

    def vector(self) -> Vectors:
        """Return the centre, [dimensions]."""
        return np.array(self.centre, dtype=np.float32)


def middle(rows: Vectors, *, least: float) -> Middle:
    """Return the middle of rows of length 1, [rows, dimensions]; the bar is at least `least`."""
    n, total = len(rows), rows.sum(axis=0)
    others = unit(total - rows) if n > 1 else unit(rows)
    bar = max(least, float(np.percentile((rows * others).sum(axis=1), BAR_SHARE)))
    return Middle(
        tuple(round(float(x), DIGITS) for x in unit(total)), round(bar, DIGITS), round(_factor(total, n), DIGITS)
    )


def likeness(ones: Sequence[Middle], others: Sequence[Middle]) -> Vectors:
    """Return the mean cosine between the rows of groups over that within them, at most 1, [ones, others]."""
    cosine = np.stack([one.vector() for one in ones]) @ np.stack([other.vector() for other in others]).T
    factors = np.outer([one.factor for one in ones], [other.factor for other in others])
    result: Vectors = np.minimum(1.0, cosine * factors).astype(np.float32)
    return result


def _factor(total: Vectors, n: int) -> float:
    squared = float(np.square(total / n).sum())  # mean cosine between all rows, each with itself too
    cohesion = (n * squared - 1) / (n - 1) if n > 1 else 1.0  # ... between different rows
    return min(_MOST, float(np.sqrt(squared / cohesion))) if cohesion > 0 else _MOST
