"""How large a theme is: by calls, deals and reps, never by utterances alone, and this week against the weeks before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from convintel.encoder import Vectors
from convintel.themes.edits import Wishes
from convintel.themes.labels import typical
from convintel.themes.registry import Registry


@dataclass(frozen=True, slots=True)
class Frame:
    """What themes are counted against: the week, the weeks before it, and how many calls each had."""

    week: str
    before: tuple[str, ...]
    calls: Mapping[str, int]  # by week
    interval: float
    min_calls: int

    @property
    def of_now(self) -> int:
        """Return how many calls the week had."""
        return self.calls.get(self.week, 0)

    @property
    def of_before(self) -> int:
        """Return how many calls the weeks before had."""
        return sum(self.calls.get(week, 0) for week in self.before)


def theme_rows(
    members: pl.DataFrame, vectors: Mapping[str, Vectors], registry: Registry, wished: Wishes, frame: Frame
) -> list[dict[str, object]]:
    """Return one row a theme that has members, by id.

    Args:
        members: concern_id, theme_id, call_id, quote, start, end, call_week, rep, deal_id; one row a member, themes
            that people merged under one id already.
        vectors: concern_id -> vector.
        registry: gives kinds and labels.
        wished: gives names, and what is pinned and hidden.
        frame: the calls that a theme is counted against.
    """
    themes = {theme.theme_id: theme for theme in registry.themes}
    rows = []
    for (key,), group in sorted(members.group_by("theme_id"), key=lambda pair: str(pair[0][0])):
        name, ordered = str(key), group.sort("concern_id")
        counts = _counts(ordered, frame)
        rows.append(
            {
                "theme_id": name,
                "kind": themes[name].kind,
                "label": wished.names.get(name, themes[name].label),
                "given_label": themes[name].label,
                "shown": _shown(name, ordered["call_id"].n_unique(), wished, frame.min_calls),
                **_quote(ordered, vectors),
                **counts,
            }
        )
    return rows


def _shown(name: str, calls: int, wished: Wishes, least: int) -> str:
    if name in wished.hidden:
        return "hidden"
    if name in wished.pinned:
        return "pinned"
    return "shown" if calls >= least else "small"


def _quote(group: pl.DataFrame, vectors: Mapping[str, Vectors]) -> dict[str, object]:
    best = typical(group["quote"].to_list(), np.stack([vectors[key] for key in group["concern_id"]]))
    row = group.row(best, named=True)
    return {
        "quote": row["quote"],
        "quote_call_id": row["call_id"],
        "quote_start": row["start"],
        "quote_end": row["end"],
    }


def _counts(group: pl.DataFrame, frame: Frame) -> dict[str, object]:
    calls = group.unique("call_id")
    now = calls.filter(pl.col("call_week") == frame.week).height
    earlier = calls.filter(pl.col("call_week").is_in(frame.before)).height
    return {
        "members": group.height,
        "calls": calls.height,
        "deals": calls["deal_id"].drop_nulls().n_unique(),
        "reps": calls["rep"].drop_nulls().n_unique(),
        "calls_this_week": now,
        "of_calls_this_week": frame.of_now,
        "calls_weeks_before": earlier / len(frame.before) if frame.before else 0.0,
        "calls_before": earlier,
        "of_calls_before": frame.of_before,
        **change(now, frame.of_now, earlier, frame.of_before, interval=frame.interval),
        "first_week": calls["call_week"].min(),
        "last_week": calls["call_week"].max(),
    }


def change(now: int, of_now: int, before: int, of_before: int, *, interval: float) -> dict[str, float | None]:
    """Return the change of the share of calls and its interval (Newcombe 1998, method 10); nulls without calls.

    >>> {name: round(value, 3) for name, value in change(6, 20, 10, 100, interval=0.9).items()}
    {'change': 0.2, 'change_low': 0.051, 'change_high': 0.388}
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    if not of_now or not of_before:
        return {"change": None, "change_low": None, "change_high": None}
    low, high = confint_proportions_2indep(now, of_now, before, of_before, method="newcomb", alpha=1 - interval)
    return {"change": now / of_now - before / of_before, "change_low": float(low), "change_high": float(high)}
