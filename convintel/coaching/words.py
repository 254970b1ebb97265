"""Numbers and moments of a choice put into the rows of `advice` and `evidence`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convintel.coaching.choose import Choice
from convintel.coaching.moments import Moment, Row, Talks, find
from convintel.coaching.standing import Standing
from convintel.language import count, pick, say
from convintel.language.formats import number
from convintel.language.measures import headline
from convintel.settings import Coaching


def advice_row(choice: Choice, advice_id: str, week: str, settings: Coaching) -> dict[str, Any]:
    """Return one row of `advice`."""
    standing, behaviour = choice.standing, choice.standing.behaviour
    keep = choice.slot == "keep"
    seed = (standing.rep, week, behaviour.name)
    return {
        "advice_id": advice_id,
        "rep": standing.rep,
        "week": week,
        "slot": choice.slot,
        "rank": choice.rank,
        "behaviour": behaviour.name,
        "value": standing.value,
        "n": standing.n,
        "own_past": standing.past,
        "own_past_n": standing.past_n,
        "team_low": standing.team_low,
        "team_high": standing.team_high,
        "team_n": standing.team_n,
        "rule": _rule(choice, settings),
        "headline": headline(behaviour.name, behaviour.label, keep=keep, better=behaviour.better),
        "happens": _happens(standing, settings.past_weeks, shows=not keep),
        "try_next": say("coaching.keep_next") if keep else behaviour.try_next,
        "measure": _measure(choice, seed),
    }


def _happens(standing: Standing, weeks: int, *, shows: bool) -> str:
    behaviour = standing.behaviour

    def said(value: float) -> str:
        return number(value, behaviour.unit)

    parts = [
        say("coaching.happens", label=behaviour.yours, value=said(standing.value), calls=count(standing.n, "call"))
    ]
    if shows:
        parts.append(shown(standing.shows, standing.n, standing.shows_before, standing.past_n))
    if standing.past is None:
        parts.append(say("coaching.happens_no_past"))
    else:
        past_calls = count(standing.past_n, "call")
        parts.append(say("coaching.happens_past", weeks=weeks, past=said(standing.past), calls=past_calls))
    if standing.team_low is None or standing.team_high is None:
        parts.append(say("coaching.happens_no_team"))
    else:
        low, high = said(standing.team_low), said(standing.team_high)
        parts.append(say("coaching.happens_team", reps=standing.team_n, low=low, high=high))
    return " ".join(parts)


def shown(shows: int, n: int, shows_before: int, past_n: int) -> str:
    """Return in how many calls a behaviour was on the wrong side.

    >>> shown(1, 1, 2, 8)
    'It showed in 1 of 1 call this week and in 2 of 8 before.'
    """
    now = say("coaching.shows_now", shows=shows, calls=count(n, "call"))
    return f"{now}{say('coaching.shows_before', shows=shows_before, n=past_n) if past_n else '.'}"


def _measure(choice: Choice, seed: tuple[str, ...]) -> str:
    standing = choice.standing
    unit = standing.behaviour.unit
    value = number(standing.value, unit)
    if choice.slot == "keep":
        return pick("coaching.measure_keep", *seed, value=value)
    goals = [goal for goal in (standing.bad_edge, standing.past) if goal is not None]
    goal = min(goals, key=lambda each: standing.behaviour.worse(each, standing.value))  # the more demanding one
    target = number((standing.value + goal) / 2, unit)
    return pick("coaching.measure_priority", *seed, value=value, target=target, goal=number(goal, unit))


def _rule(choice: Choice, settings: Coaching) -> str:
    standing = choice.standing
    rival = say("coaching.no_rival")
    if choice.next_best is not None:
        rival = say("coaching.rival", label=choice.next_best[0], score=f"{choice.next_best[1]:.2f}")
    unit = standing.behaviour.unit
    numbers: dict[str, object] = {
        "score": f"{choice.score:.2f}",
        "worse": f"{max(0.0, standing.worse_than_past):.2f}",
        "step": number(standing.step, unit),
        "rival": rival,
    }
    if choice.slot == "keep":
        numbers |= {"ahead": f"{standing.ahead_of_team:.2f}", "better": f"{max(0.0, -standing.worse_than_past):.2f}"}
        return say("coaching.rule_keep", **numbers)
    return say(
        "coaching.rule_priority",
        gap=f"{choice.gap:.2f}",
        again=say("coaching.again") if choice.again else "",
        outcome=_outcome(choice.outcome),
        shows=standing.shows,
        calls=count(standing.n, "call"),
        control=f"{standing.behaviour.control:.1f}",
        beyond=f"{standing.beyond_team:.2f}",
        steady=number(standing.steady, unit),
        least=f"{settings.min_gap:.2f}",
        **numbers,
    )


def _outcome(factor: float) -> str:
    if factor == 1.0:
        return ""
    return say("coaching.with_won" if factor > 1 else "coaching.with_lost", factor=f"{factor:.1f}")


def evidence_rows(
    choice: Choice,
    advice_id: str,
    now: Sequence[Row],
    before: Sequence[Row],
    others: Sequence[Row],
    said: Talks,
) -> list[dict[str, Any]]:
    """Return the moments of a choice as rows of `evidence`: weak then good for a priority, good ones for a keep.

    Args:
        choice: What was chosen.
        advice_id: The id that the rows carry.
        now: The rep's own observations of the week.
        before: Those of the weeks before.
        others: Observations of colleagues who agreed to be an example, for a priority without an own good moment.
        said: Turns and findings.
    """
    moments = (
        _weak_and_good(choice, now, before, others, said) if choice.slot == "priority" else _good(choice, now, said)
    )
    return [
        {
            "advice_id": advice_id,
            "rank": rank,
            "tone": moment.tone,
            "call_id": moment.call_id,
            "start": moment.start,
            "end": moment.end,
            "role": moment.role,
            "quote": moment.quote,
            "why": moment.why,
        }
        for rank, moment in enumerate(moments, start=1)
    ]


def _weak_and_good(
    choice: Choice, now: Sequence[Row], before: Sequence[Row], others: Sequence[Row], said: Talks
) -> list[Moment]:
    standing = choice.standing
    edge = standing.bad_edge if standing.bad_edge is not None else standing.past
    weak = [
        row for row in _worst_first(standing, now) if edge is None or standing.behaviour.worse(row["value"], edge) > 0
    ]
    best = [row for rows in (now, before, others) for row in reversed(_worst_first(standing, rows))]
    good = [row for row in best if edge is not None and standing.behaviour.worse(row["value"], edge) <= 0]
    found = (find(standing.behaviour, weak, "to_try", said), find(standing.behaviour, good, "good", said))
    return [moment for moment in found if moment is not None]


def _good(choice: Choice, now: Sequence[Row], said: Talks) -> list[Moment]:
    standing = choice.standing
    best_first = list(reversed(_worst_first(standing, now)))
    found = [find(standing.behaviour, [row], "good", said) for row in best_first]
    return [moment for moment in found if moment is not None][:2]


def _worst_first(standing: Standing, rows: Sequence[Row]) -> list[Row]:
    sign = -1.0 if standing.behaviour.better == "lower" else 1.0
    return sorted(rows, key=lambda row: (sign * row["value"], row["call_id"]))
