"""Which prediction answers which labelled finding: nearest first, one to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

NEAR: Final = 2  # turns at most apart


def match_near(gold: Sequence[int], predicted: Sequence[int], *, near: int = NEAR) -> list[tuple[int, int]]:
    """Return (place in gold, place in predicted) pairs of turns at most `near` apart, nearest first, one to one.

    >>> match_near([3, 9], [4, 3, 20])
    [(0, 1)]
    """
    pairs = sorted(
        (abs(left - right), i, j)
        for i, left in enumerate(gold)
        for j, right in enumerate(predicted)
        if abs(left - right) <= near
    )
    taken_gold: set[int] = set()
    taken_predicted: set[int] = set()
    matched = []
    for _, i, j in pairs:
        if i not in taken_gold and j not in taken_predicted:
            matched.append((i, j))
            taken_gold.add(i)
            taken_predicted.add(j)
    return sorted(matched)
