"""Paths of the small pictures that templates draw themselves; all are 1000 units wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WIDTH: Final = 1000.0
Point = tuple[float, float]


def bars(spans: Sequence[Sequence[float]], length: float) -> str:
    """Return stretches of time in a call of some seconds as bars 16 units high, at least 1 unit wide.

    >>> bars([(0.0, 50.0)], 100.0)
    'M0.0 3h500.0v16h-500.0z'
    """
    scale = WIDTH / length
    wide = ((start * scale, max((end - start) * scale, 1.0)) for start, end in spans)
    return "".join(f"M{left:.1f} 3h{width:.1f}v16h-{width:.1f}z" for left, width in wide)


def area(points: Sequence[tuple[float, float | None, float]], length: float, height: float) -> str:
    """Return shares over time, as (second, share, ...), as an area which is broken where there is no share.

    A share stands for its whole minute, so the first and the last one reach to the ends of the call.

    >>> area([(30.0, 0.5, 9.0), (60.0, 1.0, 9.0)], 90.0, 60.0)
    'M0.0 60L0.0 30.0L333.3 30.0L666.7 0.0L1000.0 0.0L1000.0 60z'
    """
    runs: list[list[Point]] = [[]]
    for place, (second, share, *_) in enumerate(points):
        if share is None:
            runs.append([])
            continue
        at, level = second / length * WIDTH, height * (1 - share)
        edges = ([0.0] if place == 0 else [], [WIDTH] if place == len(points) - 1 else [])
        runs[-1] += [(x, level) for x in (*edges[0], at, *edges[1])]
    return "".join(_closed(run, height) for run in runs if run)


def _closed(run: Sequence[Point], height: float) -> str:
    top = "".join(f"L{x:.1f} {y:.1f}" for x, y in run)
    return f"M{run[0][0]:.1f} {height:.0f}{top}L{run[-1][0]:.1f} {height:.0f}z"
