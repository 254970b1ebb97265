from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta

from convintel.outcomes import win_rates
from convintel.outcomes.pooling import jeffreys, pooled_rates
from convintel.recordings.roster import Rep
from convintel.settings import Settings
from convintel.tables import frame

ANA, BEN = Rep("ana@seller.example", "Ana"), Rep("ben@seller.example", "Ben")
TODAY = date(2026, 11, 1)


def deals(*counts, closed=date(2026, 6, 1)):
    rows = []
    for owner, won, lost, still_open in counts:
        for outcome, n in (("won", won), ("lost", lost), ("open", still_open)):
            for _ in range(n):
                row = {"deal_id": f"D{len(rows):04d}", "stage": outcome, "outcome": outcome, "owner": owner}
                rows.append({**row, "created": date(2026, 1, 1), "closed": closed})
    return frame("deals", rows)


def rates(table, as_of=TODAY, reps=(ANA, BEN)):
    rows = win_rates(table, reps=reps, as_of=as_of, settings=Settings()).to_dicts()
    return {row["name"]: row for row in rows if row["scope"] in ("team", "rep")}


def test_counts_and_the_teams_interval():
    found = rates(deals((ANA.email, 6, 14, 3), (BEN.email, 9, 11, 0), (None, 1, 4, 2)))
    team = found["team"]
    assert (team["won"], team["lost"], team["open"]) == (16, 29, 5)
    assert team["estimate"] == pytest.approx(16 / 45)
    assert (team["low"], team["high"]) == pytest.approx(tuple(beta.ppf([0.05, 0.95], 16.5, 29.5)))
    assert (found[ANA.email]["won"], found[ANA.email]["open"]) == (6, 3)


def test_reps_lean_on_the_team_the_more_the_fewer_deals_they_have():
    found = rates(
        deals((ANA.email, 8, 2, 0), (BEN.email, 80, 20, 0), *((f"r{i}@s.example", 12, 28, 0) for i in range(6)))
    )
    assert 0.4 < found[ANA.email]["estimate"] < found[BEN.email]["estimate"] < 0.8
    wide, narrow = (found[who]["high"] - found[who]["low"] for who in (ANA.email, BEN.email))
    assert wide > 1.5 * narrow


def test_too_few_closed_deals_give_no_estimate():
    found = rates(deals((ANA.email, 3, 1, 9), (BEN.email, 10, 10, 0)))
    assert found[ANA.email]["estimate"] is None
    assert found[ANA.email]["note"] == "too few closed deals (have 4, need 5)"


def test_a_past_day_is_seen_as_it_was():
    table = deals((ANA.email, 5, 5, 0))
    before = rates(table, as_of=date(2026, 5, 31))
    assert (before["team"]["won"], before["team"]["open"], before["team"]["estimate"]) == (0, 10, None)
    assert rates(table, as_of=date(2025, 12, 31))["team"]["open"] == 0


def test_a_rep_without_deals_and_no_deals_at_all():
    found = rates(deals())
    assert set(found) == {"team", ANA.email, BEN.email}
    assert all(row["estimate"] is None for row in found.values())


def test_order_of_the_deals_changes_nothing():
    table = deals((ANA.email, 6, 14, 3), (BEN.email, 9, 11, 0))
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=3)
    assert win_rates(table, reps=(ANA,), as_of=TODAY, settings=Settings()).equals(
        win_rates(shuffled, reps=(ANA,), as_of=TODAY, settings=Settings())
    )


def test_jeffreys_reaches_the_ends():
    assert jeffreys(0, 10, interval=0.9)[0] == 0
    assert jeffreys(10, 10, interval=0.9)[1] == 1


def test_ninety_per_cent_intervals_hold_the_truth_nine_times_in_ten():
    """The short version of the simulation: 40 teams of 10 reps, true rates 25 % give or take 7 points, 20 deals."""
    rng = np.random.default_rng(11)
    held = []
    for _ in range(40):
        truth = rng.beta(0.25 * 37, 0.75 * 37, size=10)
        won = rng.binomial(20, truth)
        found = pooled_rates([(int(w), 20) for w in won], interval=0.9)
        held += [rate.low <= true <= rate.high for rate, true in zip(found, truth, strict=True)]
    assert 0.85 <= np.mean(held) <= 0.95


def test_the_frame_is_valid_whatever_the_roster():
    table = win_rates(deals(("x@s.example", 5, 5, 0)), reps=(), as_of=TODAY, settings=Settings())
    assert table.filter(pl.col("name") == "x@s.example")["estimate"].is_not_null().all()


def test_groups_segments_and_quarters_are_counted_too():
    north = (Rep(ANA.email, "Ana", team="North"), Rep(BEN.email, "Ben", team="South"))
    table = pl.concat(
        [
            deals((ANA.email, 6, 14, 3), (BEN.email, 9, 11, 1)),
            deals((ANA.email, 4, 6, 0), closed=date(2026, 9, 30)).with_columns(deal_id=pl.format("E{}", "deal_id")),
        ]
    ).with_columns(segment=pl.when(pl.col("owner") == BEN.email).then(pl.lit("Inbound")))
    rows = win_rates(table, reps=north, as_of=TODAY, settings=Settings()).to_dicts()
    found = {(row["scope"], row["name"]): (row["won"], row["lost"], row["open"]) for row in rows}
    assert found["group", "North"] == (10, 20, 3)
    assert found["segment", "Inbound"] == (9, 11, 1)
    assert found["quarter", "2026-Q2"] == (15, 25, 0)
    assert found["quarter", "2026-Q3"] == (4, 6, 0)
    assert [row["name"] for row in rows if row["scope"] == "rep"] == [ANA.email, BEN.email]
    assert all(row["low"] < row["estimate"] < row["high"] for row in rows)
    assert all("leans on the other" in row["note"] for row in rows if row["scope"] in ("group", "segment", "quarter"))
