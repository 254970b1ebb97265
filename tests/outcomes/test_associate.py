from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from convintel.outcomes.associate import Behaviour, compare, eligible_calls
from convintel.outcomes.effects import deals_needed, e_values, mixed_effect
from convintel.outcomes.permutation import Estimate, stratified_difference
from convintel.settings import Outcomes, Settings
from convintel.tables import frame

FAMILY = tuple(Behaviour(f"b{i}", f"m{i}", "rep") for i in range(4))
QUICK = Settings(outcomes=Outcomes(permutations=499))
RULES = QUICK.outcomes
OPENED, CLOSED = date(2026, 1, 1), date(2026, 3, 1)


def a_team(seed=0, *, reps=6, deals=12, calls=3, effect=0.0, post_close=0):
    """Reps and deals with habits of their own; `effect` moves b0 in won deals, `post_close` adds late calls."""
    rng = np.random.default_rng(seed)
    tables = {"calls": [], "metrics": [], "matches": [], "deals": []}
    for rep in range(reps):
        rep_habit, rep_skill = rng.normal(size=4), rng.normal(0, 0.5)
        for number in range(deals):
            deal_id, won = f"D{rep:02d}{number:03d}", bool(rng.random() < 1 / (1 + np.exp(-rep_skill)))
            row = {"deal_id": deal_id, "stage": "x", "outcome": "won" if won else "lost", "owner": f"r{rep}@s.example"}
            tables["deals"].append({**row, "created": OPENED, "closed": CLOSED})
            habit = rep_habit + rng.normal(size=4) + np.array([effect * won, 0, 0, 0])
            for k in range(calls):
                add_call(tables, deal_id, k, datetime(2026, 1, 5 + k, 15, tzinfo=UTC), habit + rng.normal(size=4))
            for k in range(post_close):
                add_call(tables, deal_id, calls + k, datetime(2026, 3, 1 + k, 15, tzinfo=UTC), 9.0 * won + np.zeros(4))
    return {name: frame(name, rows) for name, rows in tables.items()}


def add_call(tables, deal_id, number, when, values):
    call_id = f"{int(deal_id[1:]) * 100 + number:016x}"
    row = {
        "call_id": call_id,
        "path": "x",
        "kind": "recording",
        "started_at": when,
        "consent": "unknown",
        "origins": "{}",
    }
    tables["calls"].append(row)
    tables["matches"].append(
        {"call_id": call_id, "deal_id": deal_id, "status": "matched", "reason": "", "candidates": ""}
    )
    for i, value in enumerate(values):
        tables["metrics"].append({"call_id": call_id, "metric": f"m{i}", "side": "rep", "value": float(value), "n": 1})


def result(team, settings=QUICK, **changes):
    tables = {**team, **changes}
    return compare(
        tables["calls"], tables["metrics"], tables["matches"], tables["deals"], behaviours=FAMILY, settings=settings
    )


def test_calls_on_or_after_the_closing_day_change_not_one_number():
    assert result(a_team(1)).equals(result(a_team(1, post_close=3)))


def test_the_closing_day_is_that_of_the_people_in_the_call():
    team = a_team(1, reps=1, deals=1, calls=1)
    late = team["calls"].with_columns(started_at=pl.lit(datetime(2026, 3, 1, 3, tzinfo=UTC)))
    assert eligible_calls(late, team["matches"], team["deals"], rules=RULES).is_empty()
    west = late.with_columns(utc_offset_min=pl.lit(-300, pl.Int32))  # 22:00 on the day before
    assert eligible_calls(west, team["matches"], team["deals"], rules=RULES).height == 1


def test_calls_without_a_time_and_ambiguous_ones_are_left_out():
    team = a_team(1, reps=1, deals=2, calls=1)
    timeless = team["calls"].with_columns(started_at=pl.lit(None, team["calls"].schema["started_at"]))
    assert eligible_calls(timeless, team["matches"], team["deals"], rules=RULES).is_empty()
    doubtful = frame("matches", [{**row, "status": "ambiguous"} for row in team["matches"].to_dicts()])
    assert eligible_calls(team["calls"], doubtful, team["deals"], rules=RULES).is_empty()


def test_long_deals_are_read_from_their_first_calls_only():
    team = a_team(1, reps=1, deals=1, calls=8)
    first = eligible_calls(team["calls"], team["matches"], team["deals"], rules=RULES)
    assert first["call_id"].to_list() == sorted(team["calls"]["call_id"])[:3]


def test_an_effect_is_found_in_the_metrics_unit_and_the_others_are_not():
    table = result(a_team(3, reps=8, deals=25, effect=1.0))
    row = table.row(0, named=True)
    assert row["q_value"] <= 0.1
    assert row["low"] < 1.0 < row["high"]
    assert row["verdict"] == "associated"
    assert "associated with winning" in row["note"]
    assert row["points_low"] > 0
    assert row["e_value"] > row["e_value_limit"] > 1
    assert all("not told apart from chance" in note for note in table["note"][1:])


def test_a_rep_who_wins_more_and_talks_more_is_no_evidence():
    team = a_team(4, reps=2, deals=20)
    strong = pl.col("deal_id").str.starts_with("D00")
    deals = team["deals"].with_columns(
        outcome=pl.when(strong).then(pl.lit("won")).otherwise(pl.lit("lost")).cast(team["deals"].schema["outcome"])
    )
    table = result(team, deals=deals)
    assert table["p_value"].is_null().all()
    assert table["note"][0].startswith("too few deals of reps who both won and lost")


def test_too_few_deals_are_said_and_not_tested():
    table = result(a_team(5, reps=2, deals=5))
    assert table["difference"].is_null().all()
    assert table["note"].to_list() == ["too few deals (have 10, need 20)"] * 4


def test_order_changes_nothing():
    team = a_team(6)
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=2) for name, table in team.items()}
    assert result(team).equals(result(shuffled))


def test_without_any_effect_false_alarms_keep_their_promise():
    """The short version of the simulation: 60 teams without an effect, reps and deals with habits; q at most 0.1."""
    settings = Settings(outcomes=Outcomes(permutations=199))
    alarms = [(result(a_team(100 + i), settings)["q_value"] <= 0.1).any() for i in range(60)]
    assert sum(alarms) <= 13  # 99.5 % point of 60 draws at 0.1


def test_naive_comparison_of_calls_would_break_the_promise():
    """What the stratified test guards against: the same teams, every call for itself."""
    from scipy.stats import ttest_ind

    alarms = 0
    for i in range(60):
        team = a_team(100 + i)
        table = (
            team["metrics"]
            .filter(pl.col("metric") == "m0")
            .join(team["matches"], on="call_id")
            .join(team["deals"], on="deal_id")
        )
        won = (table["outcome"].cast(pl.String) == "won").to_numpy()
        values = table["value"].to_numpy()
        alarms += ttest_ind(values[won], values[~won]).pvalue < 0.1
    assert alarms > 13  # what 0.1 allows in 60 teams


def test_large_sets_take_the_normal_curve_and_agree_with_permutations():
    rng = np.random.default_rng(1)
    n = 1_900
    values, won, strata = rng.normal(size=n), rng.random(n) < 0.4, rng.integers(0, 20, n).astype(np.intp)
    values += 0.08 * won
    exact = stratified_difference(values, won, strata, permutations=4_999, interval=0.9, seed=1)
    doubled = stratified_difference(
        np.tile(values, 2), np.tile(won, 2), np.tile(strata, 2), permutations=9, interval=0.9, seed=1
    )
    assert exact is not None
    assert doubled is not None
    assert doubled.deals == 2 * exact.deals
    assert doubled.gap.value == pytest.approx(exact.gap.value)
    half_width = (exact.gap.high - exact.gap.low) / 2
    from scipy.stats import norm

    assert exact.p_value == pytest.approx(2 * norm.sf(exact.gap.value / (half_width / norm.ppf(0.95))), abs=0.02)


def test_a_behaviour_that_never_varies():
    won = np.array([True, False] * 10)
    found = stratified_difference(np.ones(20), won, np.zeros(20, np.intp), permutations=99, interval=0.9, seed=1)
    assert found is not None
    assert (found.gap.value, found.points.value, found.p_value) == (0, 0, 1)


def test_deals_needed_falls_with_the_effect():
    assert deals_needed(0.25, odds_ratio=1.2) == pytest.approx(1_260, abs=2)
    assert deals_needed(0.25, odds_ratio=2.0) == pytest.approx(88, abs=1)


def test_days_are_counted_in_the_future_too():
    team = a_team(7, reps=1, deals=1, calls=1)
    later = team["deals"].with_columns(closed=pl.col("closed") + timedelta(days=900))
    assert eligible_calls(team["calls"], team["matches"], later, rules=RULES).height == 1


def test_calls_shortly_before_the_close_can_be_left_out_too():
    team = a_team(1, reps=1, deals=1, calls=1)
    soon = team["calls"].with_columns(started_at=pl.lit(datetime(2026, 2, 26, 15, tzinfo=UTC)))
    assert eligible_calls(soon, team["matches"], team["deals"], rules=RULES).height == 1
    assert eligible_calls(soon, team["matches"], team["deals"], rules=Outcomes(lag_days=7)).is_empty()


def test_what_later_calls_are_like_is_no_behaviour_of_won_deals():
    """Won deals have three calls, lost ones one, and every later call has more of everything: no association."""
    rng = np.random.default_rng(8)
    tables = {"calls": [], "metrics": [], "matches": [], "deals": []}
    for number in range(160):
        won = bool(rng.random() < 0.4)
        deal_id = f"D{number % 8:02d}{number:03d}"
        row = {"deal_id": deal_id, "stage": "x", "outcome": "won" if won else "lost", "owner": f"r{number % 8}"}
        tables["deals"].append({**row, "created": OPENED, "closed": CLOSED})
        for k in range(3 if won or rng.random() < 0.2 else 1):
            values = 2.0 * k + rng.normal(size=4)
            add_call(tables, deal_id, k, datetime(2026, 1, 5 + k, 15, tzinfo=UTC), values)
    table = result({name: frame(name, rows) for name, rows in tables.items()})
    assert (table["q_value"] > 0.1).all()


def test_with_enough_deals_a_mixed_model_stands_beside():
    few = result(a_team(3, reps=8, deals=25, effect=1.0))
    assert few["mixed_points"].is_null().all()
    settings = Settings(outcomes=Outcomes(permutations=499, min_deals_mixed=150, min_reps_mixed=8))
    row = result(a_team(3, reps=8, deals=25, effect=1.0), settings).row(0, named=True)
    assert row["mixed_low"] > 0
    assert row["mixed_points"] == pytest.approx(row["points"], abs=0.06)
    assert row["verdict"] == "associated"


def test_the_mixed_model_gives_the_same_every_time_and_nothing_for_a_constant():
    rng = np.random.default_rng(2)
    values, won = rng.normal(size=200), rng.random(200) < 0.4
    reps, segments = np.arange(200) % 10, np.arange(200) % 2
    once = mixed_effect(values, won, reps, segments, interval=0.9)
    assert once == mixed_effect(values, won, reps, segments, interval=0.9)
    assert mixed_effect(np.ones(200), won, reps, segments, interval=0.9) is None


def test_an_interval_that_holds_none_needs_no_hidden_factor():
    strong, limit = e_values(Estimate(0.06, -0.01, 0.13), 0.3)
    assert strong > 1
    assert limit == 1
    assert e_values(Estimate(-0.06, -0.11, -0.02), 0.3)[1] > 1


def test_points_of_win_rate_hold_the_truth():
    """A behaviour that raises the win rate by 10 points per standard deviation within reps."""
    rng, held = np.random.default_rng(5), 0
    for _ in range(60):
        strata = np.arange(300) % 15
        values = rng.normal(size=300) + strata
        within = values - strata
        won = rng.random(300) < np.clip(0.4 + 0.1 * within, 0, 1)
        found = stratified_difference(values, won, strata, permutations=9, interval=0.9, seed=1)
        held += found.points.low <= 0.1 <= found.points.high
    assert held >= 47  # 60 draws at 0.9: 99.5 % reach 47
