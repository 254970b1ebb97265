"""What to keep and what to try: one strength and at most two priorities per rep and week, each with its moments.

`choose` holds the rule, `plan` applies it to all reps, `moments` finds the quotes, `words` puts both into rows; the
sentences stand in the catalogue (`convintel.language`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from convintel.coaching.choose import Choice
from convintel.coaching.moments import talks
from convintel.coaching.plan import observations_of_reps, outcome_factors, plan
from convintel.coaching.words import advice_row, evidence_rows
from convintel.settings import Settings
from convintel.tables import frame
from convintel.weeks import weeks_before

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

__all__ = ["coach"]


def coach(
    calls: pl.DataFrame,
    metrics: pl.DataFrame,
    objections: pl.DataFrame,
    next_steps: pl.DataFrame,
    turns: pl.DataFrame,
    associations: pl.DataFrame,
    *,
    week: str,
    reps: Sequence[Rep],
    settings: Settings,
    last: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """Return tables `advice` and `evidence` for every rep with a measured call in the week.

    Comparisons are with the rep's own past weeks and the team's middle half. Win rates choose nothing: one team's deals
    are too few to say who should change what; an association that stands moves the order of priorities.

    Args:
        calls: All calls up to the week.
        metrics: Their metrics; a withheld value counts nowhere.
        objections: Their objections.
        next_steps: Their next steps.
        turns: Their turns, where the quotes come from.
        associations: Behaviours against outcomes, within reps.
        week: For example "2026-W44".
        reps: The roster; calls of people outside it are coached too. Only who agreed is shown to others as an example.
        settings: Sections `coaching` and `outcomes` are read.
        last: Table `advice` of last week's page; None when there was none.
    """
    observations = observations_of_reps(calls, metrics)
    said = talks(turns, objections, next_steps)
    weeks = [*weeks_before(week, settings.coaching.past_weeks), week]
    window = observations.filter(pl.col("week").is_in(weeks))
    parts = window.partition_by("rep", "behaviour", as_dict=True)
    examples = sorted(rep.email for rep in reps if rep.share_examples)
    choices = plan(
        observations,
        week=week,
        settings=settings.coaching,
        last=frame("advice", []) if last is None else last,
        outcomes=outcome_factors(associations),
    )
    advice: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    for choice in choices:
        rep, name = choice.standing.rep, choice.standing.behaviour.name
        row = advice_row(choice, identity(week, choice), week, settings.coaching)
        own = parts[rep, name].to_dicts()
        others = [
            one for each in examples if each != rep and (each, name) in parts for one in parts[each, name].to_dicts()
        ]
        now, before = ([one for one in own if (one["week"] == week) is this_week] for this_week in (True, False))
        advice.append(row)
        evidence.extend(evidence_rows(choice, row["advice_id"], now, before, others, said))
    return {"advice": frame("advice", advice), "evidence": frame("evidence", evidence)}


def identity(week: str, choice: Choice) -> str:
    """Return the advice's id: the same for the same rep, week, slot and behaviour."""
    parts = (choice.standing.rep, week, choice.slot, choice.standing.behaviour.name)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]
