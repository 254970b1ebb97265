from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from convintel.outcomes import theme_outcomes
from convintel.settings import Outcomes, Settings
from convintel.tables import frame
from tests.outcomes.test_associate import a_team

SETTINGS = Settings(outcomes=Outcomes(permutations=499))


def a_theme(theme_id, shown="shown"):
    row = {"theme_id": theme_id, "kind": "objection", "label": theme_id, "given_label": theme_id, "shown": shown}
    counts = dict.fromkeys(("members", "calls", "deals", "reps", "calls_this_week", "of_calls_this_week"), 5)
    quote = {"quote": "x", "quote_call_id": "y", "quote_start": 0.0, "quote_end": 1.0}
    return {**row, **counts, **quote, "calls_weeks_before": 0.0, "calls_before": 0, "of_calls_before": 0}


def members(theme_id, call_ids):
    return [
        {"concern_id": f"{theme_id}{call_id}", "call_id": call_id, "theme_id": theme_id, "similarity": 0.8}
        for call_id in call_ids
    ]


def test_a_theme_of_lost_deals_is_told_apart_and_one_of_all_is_not():
    team = a_team(2, reps=6, deals=16, calls=2)
    lost = team["deals"].filter(pl.col("outcome").cast(pl.String) == "lost")["deal_id"]
    of_lost = team["matches"].filter(pl.col("deal_id").is_in(lost.to_list()))["call_id"].to_list()
    rng = np.random.default_rng(1)
    some = [call for call in team["matches"]["call_id"] if rng.random() < 0.3]
    rows = members("T0001", [call for call in of_lost if rng.random() < 0.5]) + members("T0002", some)
    themes = frame("themes", [a_theme("T0001"), a_theme("T0002"), a_theme("T0003", "hidden")])
    table = theme_outcomes(
        themes, frame("theme_members", rows), team["calls"], team["matches"], team["deals"], settings=SETTINGS
    )
    assert table["theme_id"].to_list() == ["T0001", "T0002"]
    first, second = table.to_dicts()
    assert first["won"] == 0
    assert first["of_won"] + first["of_lost"] == 96
    assert first["high"] < 0
    assert "more often in lost deals: associated" in first["note"]
    assert first["lost_low"] < first["lost_share"] < first["lost_high"]
    assert second["note"] == "not told apart from chance"


def test_what_was_said_after_the_close_and_too_few_deals_say_nothing():
    team = a_team(2, reps=2, deals=4, calls=1)
    late = team["deals"].with_columns(closed=pl.lit(date(2026, 1, 5)))
    rows = frame("theme_members", members("T0001", team["matches"]["call_id"]))
    themes = frame("themes", [a_theme("T0001")])
    after = theme_outcomes(themes, rows, team["calls"], team["matches"], late, settings=SETTINGS).row(0, named=True)
    assert (after["of_won"], after["of_lost"], after["won_share"]) == (0, 0, None)
    few = theme_outcomes(themes, rows, team["calls"], team["matches"], team["deals"], settings=SETTINGS)
    assert few["note"][0] == "too few deals (have 8, need 20)"
