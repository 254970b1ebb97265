"""How new reps come in, beside what earlier ones did in the same month at work: no target, no ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from convintel.outcomes.follow_through import with_day
from convintel.settings import Outcomes, Settings
from convintel.tables import frame

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

MONTH_DAYS = 30
Days = Mapping[str, Sequence[date]]  # by rep


def ramp(
    calls: pl.DataFrame,
    matches: pl.DataFrame,
    deals: pl.DataFrame,
    *,
    reps: Sequence[Rep],
    as_of: date,
    settings: Settings,
) -> pl.DataFrame:
    """Return the `ramp` frame: reps who started less than `ramp_months` before `as_of`, month by full month of 30 days.

    An earlier rep's month counts when the data reach back to its first day, so that a nought is a nought.
    """
    rules = settings.outcomes
    started = {rep.email: rep.started_at for rep in reps if rep.started_at is not None and rep.started_at <= as_of}
    longest = timedelta(days=MONTH_DAYS * rules.ramp_months)
    new = {email: day for email, day in started.items() if as_of - day < longest}
    rows: list[dict[str, object]] = []
    for measure, days in _measures(with_day(calls, matches), deals, as_of).items():
        first = min((day for rep_days in days.values() for day in rep_days), default=as_of)
        earlier = {email: day for email, day in started.items() if email not in new}
        for email, day in sorted(new.items()):
            for month in range(1, (as_of - day).days // MONTH_DAYS + 1):
                before = [
                    _count(days, one, begun, month) for one, begun in earlier.items() if _start(begun, month) >= first
                ]
                rows.append(_row(email, month, measure, _count(days, email, day, month), before, rules))
    return frame("ramp", sorted(rows, key=lambda row: (row["rep"], row["measure"], row["month"])))


def _measures(known: pl.DataFrame, deals: pl.DataFrame, as_of: date) -> dict[str, Days]:
    outcome = pl.col("outcome").cast(pl.String)
    closed = deals.filter((outcome != "open") & (pl.col("closed") <= as_of))
    return {
        "calls": _days(known.filter(pl.col("day") <= as_of).select(who="rep", day="day")),
        "deals closed": _days(closed.select(who="owner", day="closed")),
        "deals won": _days(closed.filter(outcome == "won").select(who="owner", day="closed")),
    }


def _days(rows: pl.DataFrame) -> Days:
    grouped = rows.drop_nulls().group_by("who").agg("day")
    return dict(zip(grouped["who"].to_list(), grouped["day"].to_list(), strict=True))


def _start(begun: date, month: int) -> date:
    return begun + timedelta(days=MONTH_DAYS * (month - 1))


def _count(days: Days, email: str, begun: date, month: int) -> int:
    start = _start(begun, month)
    return sum(start <= day < start + timedelta(days=MONTH_DAYS) for day in days.get(email, ()))


def _row(email: str, month: int, measure: str, value: int, before: Sequence[int], rules: Outcomes) -> dict[str, object]:
    row: dict[str, object] = {
        "rep": email,
        "month": month,
        "measure": measure,
        "value": value,
        "earlier_reps": len(before),
    }
    if len(before) < rules.min_earlier_reps:
        note = f"too few earlier reps to compare with (have {len(before)}, need {rules.min_earlier_reps})"
        return {**row, "note": note}
    low, middle, high = np.percentile(before, [25, 50, 75]).tolist()
    place = "below" if value < low else "above" if value > high else "within"
    return {
        **row,
        "earlier_low": low,
        "earlier_median": middle,
        "earlier_high": high,
        "note": f"{place} the middle half of {len(before)} earlier reps in their month {month}",
    }
