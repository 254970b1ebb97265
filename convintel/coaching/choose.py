"""The printed rule: which behaviour a rep keeps and which one or two come first.

    gap   = steps beyond the bad edge of the team's middle half + half of the steps worse than the own past
    score = gap × share of this week's calls that show it × control × outcomes × 1.25 if last week's page named it too

A step is the standard deviation between calls, and the week's value is pulled to the own past (`Standing.steady`).
`outcomes` is 1 unless the team's own deals tell, within reps and corrected for looking at many behaviours, that the
better side of it goes with won deals (1.5) or with lost ones (0.5). Only a gap of `settings.coaching.min_gap` or more
counts; a behaviour must show in two calls or more, this week and before: one call is an incident, no habit. A second
priority needs at least half of the first one's score and another family; with fewer than `min_calls` calls in the week
there is at most one, as more feedback makes those who already struggle worse (Luo et al. 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from convintel.coaching.standing import Standing
from convintel.settings import Coaching

STAYING: Final = 1.25  # so that the page does not jump between near equals from week to week
HABIT: Final = 2  # calls
LEAST_STRENGTH: Final = 0.05  # steps
WITH_WON: Final = 1.5  # an association is a hint, so it moves the order and overrules nothing
WITH_LOST: Final = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """One behaviour chosen for a slot, with the numbers of the rule."""

    standing: Standing
    slot: Literal["keep", "priority"]
    rank: int
    gap: float
    score: float
    next_best: tuple[str, float] | None
    again: bool = False  # last week's page named it too
    outcome: float = 1.0  # what the team's deals say of the behaviour


def gap(standing: Standing) -> float:
    """Return how far the behaviour is from where it could be, in steps."""
    return standing.beyond_team + 0.5 * max(0.0, standing.worse_than_past)


def score(standing: Standing) -> float:
    """Return gap × frequency × control."""
    return gap(standing) * (standing.shows / standing.n) * standing.behaviour.control


def strength(standing: Standing) -> float:
    """Return the mirror of `gap`: steps ahead of the middle half + half of the steps better than the own past."""
    return standing.ahead_of_team + 0.5 * max(0.0, -standing.worse_than_past)


def choose(
    own: Sequence[Standing],
    settings: Coaching,
    *,
    usable_calls: int,
    week_calls: int,
    named: frozenset[str] = frozenset(),
    outcomes: Mapping[str, float] | None = None,
) -> list[Choice]:
    """Return the keep and the priorities of one rep, from all standings of that rep.

    Args:
        own: The rep's standings.
        settings: Limits.
        usable_calls: Calls of the rep in the window that measured anything.
        week_calls: Those of the week.
        named: Behaviours that last week's page named as priorities.
        outcomes: What the team's deals say, by behaviour: `WITH_WON`, `WITH_LOST`; 1 for all others.
    """
    enough = usable_calls >= settings.min_calls
    priorities = _priorities(own, settings, week_calls, named, outcomes or {}) if enough else []
    taken: set[str] = {choice.standing.behaviour.family for choice in priorities}
    return [*_keep(own, taken), *priorities]


def _keep(own: Sequence[Standing], taken: set[str]) -> list[Choice]:
    free = [standing for standing in own if standing.behaviour.family not in taken]
    ranked = sorted(free, key=lambda standing: (-strength(standing), gap(standing), standing.behaviour.name))
    if not ranked or strength(ranked[0]) < max(LEAST_STRENGTH, gap(ranked[0])):
        return []  # better to praise nothing than to praise the average
    best = ranked[0]
    rival = (ranked[1].behaviour.yours, strength(ranked[1])) if len(ranked) > 1 else None
    return [Choice(best, "keep", 1, strength(best), strength(best), rival)]


def _priorities(
    own: Sequence[Standing],
    settings: Coaching,
    week_calls: int,
    named: frozenset[str],
    outcomes: Mapping[str, float],
) -> list[Choice]:
    def outcome(standing: Standing) -> float:
        return outcomes.get(standing.behaviour.name, 1.0)

    def weight(standing: Standing) -> float:
        return score(standing) * outcome(standing) * (STAYING if standing.behaviour.name in named else 1.0)

    habits = [standing for standing in own if standing.shows and standing.shows + standing.shows_before >= HABIT]
    eligible = [standing for standing in habits if gap(standing) >= settings.min_gap]
    ranked = sorted(eligible, key=lambda standing: (-weight(standing), standing.behaviour.name))
    limit = settings.max_priorities if week_calls >= settings.min_calls else 1
    chosen: list[Standing] = []
    for standing in ranked:
        families = {other.behaviour.family for other in chosen}
        enough = all(weight(standing) >= weight(other) / 2 for other in chosen)
        if len(chosen) < limit and standing.behaviour.family not in families and enough:
            chosen.append(standing)
    rest = [standing for standing in ranked if standing not in chosen]
    rival = (rest[0].behaviour.yours, weight(rest[0])) if rest else None
    return [
        Choice(
            standing,
            "priority",
            rank,
            gap(standing),
            weight(standing),
            rival,
            standing.behaviour.name in named,
            outcome(standing),
        )
        for rank, standing in enumerate(chosen, start=1)
    ]
