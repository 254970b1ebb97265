"""What to keep and what to try: one strength and at most two priorities per rep and week, each with its moments.

`choose` holds the rule, `plan` applies it to all reps, `moments` finds the quotes, `phrases` has every sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from convintel.coaching.choose import Choice
from convintel.coaching.moments import Talks, talks
from convintel.coaching.plan import observations_of_reps, plan
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
        questions: Their questions (already counted in the metrics).
        turns: Their turns, where the quotes come from.
        win_rates: Shown on the page by the report, not used to choose.
        week: For example "2026-W44".
        reps: The roster; calls of people outside it are coached too.
        settings: Section `coaching` is read.
    """
    observations = observations_of_reps(calls, metrics)
    said = talks(turns, objections, next_steps)
    weeks = [*weeks_before(week, settings.coaching.past_weeks), week]
    window = observations.filter(pl.col("week").is_in(weeks))
    parts = window.partition_by("rep", "behaviour", as_dict=True)
    advice: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    for choice in plan(observations, week=week, settings=settings.coaching):
        row = advice_row(choice, identity(week, choice), week, settings.coaching)
        mine = parts[choice.standing.rep, choice.standing.behaviour.name]
        advice.append(row)
        evidence.extend(_evidence(choice, row["advice_id"], mine.to_dicts(), week, said))
    return {"advice": frame("advice", advice), "evidence": frame("evidence", evidence)}


def identity(week: str, choice: Choice) -> str:
    """Return the advice's id: the same for the same rep, week, slot and behaviour."""
    parts = (choice.standing.rep, week, choice.slot, choice.standing.behaviour.name)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _evidence(
    choice: Choice, advice_id: str, rows: Sequence[dict[str, Any]], week: str, said: Talks
) -> list[dict[str, Any]]:
    now = [row for row in rows if row["week"] == week]
    before = [row for row in rows if row["week"] != week]
    return evidence_rows(choice, advice_id, now, before, said)
