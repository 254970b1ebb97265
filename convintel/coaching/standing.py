"""Where a rep stands in one behaviour: this week, the own weeks before, and the team's middle half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from convintel.coaching.behaviours import Behaviour
from convintel.weeks import weeks_before

MIN_TEAM = 3  # reps; a middle half of two is just the two
PAST_AS_CALLS = 2.0  # the past counts as so many calls when the choice is made, so that one odd call does not decide


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers of one rep and behaviour. Values are plain means over calls; `step` is the spread between calls."""

    rep: str
    behaviour: Behaviour
    value: float
    n: int
    past: float | None
    past_n: int
    team_low: float | None
    team_high: float | None
    team_n: int
    step: float
    shows: int  # calls of the week on the wrong side of the team's edge (or of the own past)
    shows_before: int  # the same of the weeks before

    @property
    def steady(self) -> float:
        """This week's value pulled to the own past, which counts as `PAST_AS_CALLS` calls (fewer if it has fewer)."""
        if self.past is None:
            return self.value
        weight = min(PAST_AS_CALLS, float(self.past_n))
        return (self.value * self.n + self.past * weight) / (self.n + weight)

    @property
    def beyond_team(self) -> float:
        """Steps beyond the bad edge of the team's middle half; 0 inside, 0 without a team."""
        edge = self.bad_edge
        return 0.0 if edge is None else max(0.0, self.behaviour.worse(self.steady, edge)) / self.step

    @property
    def ahead_of_team(self) -> float:
        """Steps beyond the good edge of the team's middle half."""
        edge = self.good_edge
        return 0.0 if edge is None else max(0.0, -self.behaviour.worse(self.steady, edge)) / self.step

    @property
    def worse_than_past(self) -> float:
        """Steps by which the steady value is worse than the own past; negative when it is better, 0 without a past."""
        return 0.0 if self.past is None else self.behaviour.worse(self.steady, self.past) / self.step

    @property
    def bad_edge(self) -> float | None:
        """The edge of the team's middle half where the trouble starts."""
        return self.team_high if self.behaviour.better == "lower" else self.team_low

    @property
    def good_edge(self) -> float | None:
        """The other edge."""
        return self.team_low if self.behaviour.better == "lower" else self.team_high


def standings(
    observations: pl.DataFrame, behaviours: Sequence[Behaviour], *, week: str, past_weeks: int
) -> list[Standing]:
    """Return one standing a rep and behaviour with a call in the week, ordered by rep, then catalogue."""
    before = weeks_before(week, past_weeks)
    window = observations.filter(pl.col("week").is_in([*before, week]))
    found = [
        standing
        for behaviour in behaviours
        for standing in _of_behaviour(window.filter(pl.col("behaviour") == behaviour.name), behaviour, week)
    ]
    return sorted(found, key=lambda standing: standing.rep)


def _of_behaviour(rows: pl.DataFrame, behaviour: Behaviour, week: str) -> list[Standing]:
    if rows.is_empty():
        return []
    values = rows.group_by("rep", maintain_order=True).agg("value")["value"].to_list()
    means = pl.Series([sum(own) / len(own) for own in values], dtype=pl.Float64)  # polars' own mean varies in last bits
    low, high = _middle_half(means)
    spread = rows["value"].std() if rows.height > 1 else None
    step = float(spread) if isinstance(spread, float) and spread > 0 else 1.0
    return [
        _of_rep(str(key[0]), own, behaviour, week, low, high, means.len(), step)
        for key, own in rows.group_by("rep", maintain_order=True)
        if (own["week"] == week).any()
    ]


def _middle_half(means: pl.Series) -> tuple[float | None, float | None]:
    if means.len() < MIN_TEAM:
        return None, None
    return means.quantile(0.25, "linear"), means.quantile(0.75, "linear")


def _of_rep(
    rep: str,
    own: pl.DataFrame,
    behaviour: Behaviour,
    week: str,
    low: float | None,
    high: float | None,
    team_n: int,
    step: float,
) -> Standing:
    now = own.filter(pl.col("week") == week)["value"].to_list()
    before = own.filter(pl.col("week") != week)["value"].to_list()
    past = sum(before) / len(before) if before else None
    edge = high if behaviour.better == "lower" else low
    against = edge if edge is not None else past
    shows, shows_before = (
        sum(1 for value in values if against is not None and behaviour.worse(value, against) > 0)
        for values in (now, before)
    )
    value = sum(now) / len(now)
    return Standing(rep, behaviour, value, len(now), past, len(before), low, high, team_n, step, shows, shows_before)
