"""Numbers and moments of a choice put into the rows of `advice` and `evidence`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convintel.coaching import phrases
from convintel.coaching.choose import Choice
from convintel.coaching.moments import Moment, Row, Talks, find
from convintel.coaching.phrases import number, pick
from convintel.coaching.standing import Standing
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
        "headline": _headline(standing, keep=keep),
        "happens": _happens(standing, settings.past_weeks, shows=not keep),
        "try_next": phrases.KEEP_TRY if keep else behaviour.try_next,
        "measure": _measure(choice, seed),
    }


def _headline(standing: Standing, *, keep: bool) -> str:
    behaviour = standing.behaviour
    if behaviour.name in phrases.HEADLINES:
        return phrases.HEADLINES[behaviour.name][0 if keep else 1]
    template = phrases.KEEP if keep else phrases.PRIORITY[behaviour.better]
    return template.format(label=phrases.yours(behaviour.label))


def _happens(standing: Standing, weeks: int, *, shows: bool) -> str:
    behaviour = standing.behaviour

    def said(value: float) -> str:
        return number(value, behaviour.unit)

    parts = [
        phrases.HAPPENS.format(
            label=phrases.yours(behaviour.label), value=said(standing.value), calls=phrases.calls(standing.n)
        )
    ]
    if shows:
        before = phrases.SHOWS_BEFORE.format(shows=standing.shows_before, n=standing.past_n) if standing.past_n else ""
        parts.append(phrases.SHOWS.format(shows=standing.shows, n=standing.n, before=before))
    if standing.past is None:
        parts.append(phrases.NO_PAST)
    else:
        parts.append(phrases.PAST.format(weeks=weeks, past=said(standing.past), calls=phrases.calls(standing.past_n)))
    if standing.team_low is None or standing.team_high is None:
        parts.append(phrases.NO_TEAM)
    else:
        parts.append(
            phrases.TEAM.format(reps=standing.team_n, low=said(standing.team_low), high=said(standing.team_high))
        )
    return "".join(parts)


def _measure(choice: Choice, seed: tuple[str, ...]) -> str:
    standing = choice.standing
    unit = standing.behaviour.unit
    value = number(standing.value, unit)
    if choice.slot == "keep":
        return pick(phrases.MEASURE_KEEP, *seed).format(value=value)
    goals = [goal for goal in (standing.bad_edge, standing.past) if goal is not None]
    goal = min(goals, key=lambda each: standing.behaviour.worse(each, standing.value))  # the more demanding one
    target = number((standing.value + goal) / 2, unit)
    return pick(phrases.MEASURE_PRIORITY, *seed).format(value=value, target=target, goal=number(goal, unit))


def _rule(choice: Choice, settings: Coaching) -> str:
    standing = choice.standing
    rival = phrases.NO_RIVAL
    if choice.next_best is not None:
        rival = phrases.RIVAL.format(label=phrases.yours(choice.next_best[0]), score=choice.next_best[1])
    unit = standing.behaviour.unit
    step = number(standing.step, unit)
    if choice.slot == "keep":
        better = max(0.0, -standing.worse_than_past)
        return phrases.RULE_KEEP.format(
            score=choice.score, ahead=standing.ahead_of_team, better=better, step=step, rival=rival
        )
    return phrases.RULE_PRIORITY.format(
        score=choice.score,
        gap=choice.gap,
        again=phrases.AGAIN if choice.again else "",
        shows=standing.shows,
        n=standing.n,
        control=standing.behaviour.control,
        beyond=standing.beyond_team,
        worse=max(0.0, standing.worse_than_past),
        step=step,
        steady=number(standing.steady, unit),
        least=settings.min_gap,
        rival=rival,
    )


def evidence_rows(
    choice: Choice, advice_id: str, now: Sequence[Row], before: Sequence[Row], said: Talks
) -> list[dict[str, Any]]:
    """Return the moments of a choice as rows of `evidence`: weak then good for a priority, good ones for a keep."""
    moments = _weak_and_good(choice, now, before, said) if choice.slot == "priority" else _good(choice, now, said)
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


def _weak_and_good(choice: Choice, now: Sequence[Row], before: Sequence[Row], said: Talks) -> list[Moment]:
    standing = choice.standing
    edge = standing.bad_edge if standing.bad_edge is not None else standing.past
    weak = [
        row for row in _worst_first(standing, now) if edge is None or standing.behaviour.worse(row["value"], edge) > 0
    ]
    best = [*reversed(_worst_first(standing, now)), *reversed(_worst_first(standing, before))]
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
