"""Numbers of talk: each measure this week, in the weeks before, by week, and the team's middle half."""

from __future__ import annotations

from typing import Any

import polars as pl

from convintel.coaching.behaviours import Behaviour
from convintel.coaching.standing import MIN_TEAM
from convintel.report.book import Book, Row, average


def talk(book: Book, *, rep: str | None = None) -> list[Row]:
    """Return one row a measure that has a value in the window, of the whole team or of one rep.

    Values are plain means over calls: `value` of this week with `n` calls, `past` of the weeks before with `past_n`,
    `weeks` one by one, `low` and `high` the team's middle half of reps.
    """
    window = book.observations.filter(pl.col("week").is_in(list(book.window)))
    by_measure = {str(key[0]): part for key, part in window.partition_by("behaviour", as_dict=True).items()}
    rows = [
        _row(book, measure, by_measure[measure.name], rep) for measure in book.measures if measure.name in by_measure
    ]
    return [row for row in rows if row["n"] or row["past_n"]]


def _row(book: Book, measure: Behaviour, team: pl.DataFrame, rep: str | None) -> Row:
    own = team if rep is None else team.filter(pl.col("rep") == rep)
    now = own.filter(pl.col("week") == book.week)["value"].to_list()
    past = own.filter(pl.col("week") != book.week)["value"].to_list()
    spread = team["value"].std() if team.height > 1 else None
    return {
        "name": measure.name,
        "label": measure.label,
        "unit": measure.unit,
        "better": measure.better,
        "side": measure.side,
        "value": average(now),
        "n": len(now),
        "past": average(past),
        "past_n": len(past),
        "spread": spread if isinstance(spread, float) else None,
        "weeks": [_week(own, team, week) for week in book.window],
        **_middle_half(team.filter(pl.col("rep").is_not_null())),
    }


def _week(own: pl.DataFrame, team: pl.DataFrame, week: str) -> dict[str, Any]:
    values = own.filter(pl.col("week") == week)["value"].to_list()
    return {"week": week, "value": average(values), "n": len(values)}


def _middle_half(team: pl.DataFrame) -> dict[str, Any]:
    means = team.group_by("rep").agg(pl.col("value").mean()).sort("rep")["value"]
    enough = means.len() >= MIN_TEAM
    return {
        "low": means.quantile(0.25, "linear") if enough else None,
        "high": means.quantile(0.75, "linear") if enough else None,
        "team_n": means.len(),
        "least": means.min() if enough else None,
        "most": means.max() if enough else None,
    }


def moved(rows: list[Row], *, least: int) -> tuple[Row | None, bool]:
    """Return the measure that moved most in units of its spread, and whether any could be judged.

    None when none moved by half of its spread.
    """
    judged = [row for row in rows if row["n"] >= least and row["past_n"] >= least and row["spread"]]
    steps = [(abs(row["value"] - row["past"]) / row["spread"], row) for row in judged]
    best = max(steps, key=lambda step: step[0], default=(0.0, None))
    return (best[1] if best[0] >= 0.5 else None), bool(judged)
