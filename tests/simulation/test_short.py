"""The short version of `make simulate`: fewer teams, the same promises with the room that chance needs."""

from __future__ import annotations

import pytest

from tests.simulation.outcomes import alarms, changed_by_late_calls, coverage, mixed_errors, power
from tests.simulation.teams import Plan
from tests.simulation.themes import twelve_weeks


def test_without_any_effect_alarms_keep_their_promise():
    found = alarms(Plan(), 60, permutations=199)
    assert found.by_team <= 13 / 60  # 99.5 % point of 60 draws at 0.1
    assert found.by_behaviour <= 0.1
    assert found.below_five_per_cent <= 0.09
    assert found.naive > 0.15  # what it guards against


def test_more_and_other_calls_in_won_deals_are_no_association():
    found = alarms(Plan(drift=0.3, more_calls_when_won=1.5, calls=2.0), 60, permutations=199)
    assert found.by_team <= 13 / 60


def test_post_close_calls_change_not_one_number():
    assert changed_by_late_calls(Plan(), 10) == 0


@pytest.mark.parametrize("deals", [8, 20, 60])
def test_win_rate_intervals_hold_what_they_say(deals):
    assert 0.86 <= coverage(10, deals, 60) <= 0.94


def test_a_large_effect_is_found_and_its_interval_holds_it():
    found = power(Plan(reps=25, deals=40, odds_ratio=1.5), 15, permutations=199)
    assert found.family >= 0.8
    assert found.held >= 10 / 15


def test_the_mixed_model_errs_as_often_as_it_says():
    assert mixed_errors(Plan(reps=12, deals=25), 30) <= 8 / 30  # 99.5 % point of 30 draws at 0.1


def test_twelve_weeks_of_themes_keep_their_meaning():
    found = twelve_weeks(0)
    assert found.kept == found.ids
    assert found.found == 10
    assert found.apart
    assert {topic for _, topic in found.appeared} >= {"warranty", "language"}
    assert found.purity > 0.95
