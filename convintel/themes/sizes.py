"""How large a theme is: by calls, deals and reps, never by utterances alone, and this week against the weeks before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from convintel.themes.encoder import Vectors
from convintel.themes.labels import typical
from convintel.themes.registry import Registry


def monday(week: str) -> date:
    """Return the Monday of an ISO week.

    >>> monday("2026-W44")
    datetime.date(2026, 10, 26)
    """
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def weeks_before(week: str, *, first: str | None, most: int) -> list[str]:
    """Return the weeks before `week`, oldest first, not before `first` and at most `most`.

    >>> weeks_before("2026-W02", first="2025-W51", most=8)
    ['2025-W51', '2025-W52', '2026-W01']
    """
    found = []
    for back in range(most, 0, -1):
        year, number, _ = (monday(week) - timedelta(weeks=back)).isocalendar()
        found.append(f"{year}-W{number:02d}")
    return [one for one in found if first is not None and one >= first]


def theme_rows(
    members: pl.DataFrame, vectors: Mapping[str, Vectors], registry: Registry, *, week: str, before: Sequence[str]
) -> list[dict[str, object]]:
    """Return one row a theme that has members, by id.

    Args:
        members: concern_id, theme_id, call_id, quote, start, end, call_week, rep, deal_id; one row a member.
        vectors: concern_id -> vector.
        registry: gives the labels.
        week: the week reported.
        before: the weeks it is compared with.
    """
    labels = {theme.theme_id: theme.label for theme in registry.themes}
    return [
        _row(str(name), labels[str(name)], group.sort("concern_id"), vectors, week, before)
        for (name,), group in sorted(members.group_by("theme_id"), key=lambda pair: str(pair[0][0]))
    ]


def _row(
    name: str, label: str, group: pl.DataFrame, vectors: Mapping[str, Vectors], week: str, before: Sequence[str]
) -> dict[str, object]:
    best = typical(group["quote"].to_list(), np.stack([vectors[key] for key in group["concern_id"]]))
    quote = group.row(best, named=True)
    calls = group.unique("call_id")
    earlier = calls.filter(pl.col("call_week").is_in(list(before))).height
    return {
        "theme_id": name,
        "label": label,
        "quote": quote["quote"],
        "quote_call_id": quote["call_id"],
        "quote_start": quote["start"],
        "quote_end": quote["end"],
        "members": group.height,
        "calls": calls.height,
        "deals": calls["deal_id"].drop_nulls().n_unique(),
        "reps": calls["rep"].drop_nulls().n_unique(),
        "calls_this_week": calls.filter(pl.col("call_week") == week).height,
        "calls_weeks_before": earlier / len(before) if before else 0.0,
        "first_week": calls["call_week"].min(),
        "last_week": calls["call_week"].max(),
    }
