"""What to keep and what to try: one strength and at most two priorities per rep and week, each with its moments.

`choose` holds the rule and prints its numbers, `moments` finds the quotes, `phrases` has every sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from convintel.coaching.behaviours import behaviours, observe
from convintel.coaching.choose import Choice, choose
from convintel.coaching.moments import Talks, talks
from convintel.coaching.standing import Standing, standings
from convintel.coaching.weeks import weeks_before
from convintel.coaching.words import advice_row, evidence_rows
from convintel.settings import Settings
from convintel.tables import frame

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

__all__ = ["coach"]


def coach(
    calls: pl.DataFrame,
    metrics: pl.DataFrame,
    objections: pl.DataFrame,
    next_steps: pl.DataFrame,
    questions: pl.DataFrame,
    turns: pl.DataFrame,
    win_rates: pl.DataFrame,
    *,
    week: str,
    reps: Sequence[Rep],
    settings: Settings,
) -> dict[str, pl.DataFrame]:
    """Return tables `advice` and `evidence` for every rep with a measured call in the week.

    Comparisons are with the rep's own past weeks and the team's middle half. Win rates choose nothing: one team's
    deals are too few to say which behaviour a rep should change.

    Args:
        calls: All calls up to the week.
        metrics: Their metrics; a withheld value counts nowhere.
        objections: Their objections.
        next_steps: Their next steps.
        questions: Their questions (read by the question metrics already).
        turns: Their turns, where the quotes come from.
        win_rates: Shown on the page by the report, not used to choose.
        week: For example "2026-W44".
        reps: The roster; calls of people outside it are coached too.
        settings: Section `coaching` is read.
    """
    chosen = behaviours()
    known = calls.filter(pl.col("rep").is_not_null())
    observations = observe(known, metrics, chosen=chosen)
    said = talks(turns, objections, next_steps)
    weeks = weeks_before(week, settings.coaching.past_weeks)
    everyone = standings(observations, chosen, week=week, past_weeks=settings.coaching.past_weeks)
    advice: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    for rep in sorted({standing.rep for standing in everyone}):
        mine = observations.filter(pl.col("rep") == rep, pl.col("week").is_in([*weeks, week]))
        for choice in _choices(rep, everyone, mine, week, settings):
            row = advice_row(choice, identity(rep, week, choice), week, settings.coaching)
            advice.append(row)
            evidence.extend(_evidence(choice, row["advice_id"], mine, week, said))
    return {"advice": frame("advice", advice), "evidence": frame("evidence", evidence)}


def identity(rep: str, week: str, choice: Choice) -> str:
    """Return the advice's id: the same for the same rep, week, slot and behaviour."""
    return hashlib.sha256("|".join((rep, week, choice.slot, choice.standing.behaviour.name)).encode()).hexdigest()[:12]


def _choices(rep: str, everyone: Sequence[Standing], mine: pl.DataFrame, week: str, settings: Settings) -> list[Choice]:
    own = [standing for standing in everyone if standing.rep == rep]
    usable = mine["call_id"].n_unique()
    this_week = mine.filter(pl.col("week") == week)["call_id"].n_unique()
    return choose(own, settings.coaching, usable_calls=usable, week_calls=this_week)


def _evidence(choice: Choice, advice_id: str, mine: pl.DataFrame, week: str, said: Talks) -> list[dict[str, Any]]:
    rows = mine.filter(pl.col("behaviour") == choice.standing.behaviour.name).to_dicts()
    now = [row for row in rows if row["week"] == week]
    before = [row for row in rows if row["week"] != week]
    return evidence_rows(choice, advice_id, now, before, said)
