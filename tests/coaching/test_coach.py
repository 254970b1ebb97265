"""The choice on small tables made by hand: who gets what, and why the numbers of the rule are right."""

from datetime import UTC, datetime

import polars as pl
import pytest

from convintel.coaching import coach
from convintel.coaching.moments import cut
from convintel.coaching.plan import observations_of_reps, tried
from convintel.recordings.roster import Rep
from convintel.settings import Settings
from convintel.tables import frame
from convintel.weeks import monday, weeks_before

WEEK = "2026-W44"
REPS = ("ann", "bob", "cem", "dee")


def tables(shares, *, metric="talk_share", side="rep", more=()):
    """`shares`: {rep: {week: [value per call]}}; each call has a question, a long customer turn and a long rep turn."""
    calls, metrics, turns = [], [], []
    for rep, weeks in shares.items():
        for week, values in weeks.items():
            for number, value in enumerate(values):
                call_id = f"{len(calls):016x}"
                started = datetime.combine(monday(week), datetime.min.time(), UTC).replace(hour=9 + number)
                calls.append(
                    {
                        "call_id": call_id,
                        "path": f"{call_id}.mp3",
                        "kind": "recording",
                        "started_at": started,
                        "week": week,
                        "rep": f"{rep}@x.example",
                        "rep_name": rep,
                        "consent": "announced",
                        "origins": "{}",
                    }
                )
                metrics.append({"call_id": call_id, "metric": metric, "side": side, "value": value, "n": 10})
                turns += [
                    {
                        "call_id": call_id,
                        "turn": 0,
                        "speaker": "0",
                        "role": "rep",
                        "start": 0.0,
                        "end": 2.0,
                        "text": "How do you plan a day?",
                    },
                    {
                        "call_id": call_id,
                        "turn": 1,
                        "speaker": "1",
                        "role": "customer",
                        "start": 2.5,
                        "end": 12.5,
                        "text": "On paper, mostly.",
                    },
                    {
                        "call_id": call_id,
                        "turn": 2,
                        "speaker": "0",
                        "role": "rep",
                        "start": 13.0,
                        "end": 43.0,
                        "text": f"Let me tell you all about it {value}",
                    },
                ]
    for turn in turns:
        turn["backchannel"] = False
    rows = {"calls": calls, "metrics": metrics, "turns": turns, **dict(more)}
    return {
        name: frame(name, rows.get(name, []))
        for name in ("calls", "metrics", "objections", "next_steps", "turns", "associations")
    }


def last_page(made):
    return coach(**made, week=weeks_before(WEEK, 1)[0], reps=(), settings=Settings())["advice"]


def advise(made, **coaching):
    told = coach(**made, week=WEEK, reps=(), settings=Settings(coaching=coaching), last=last_page(made))
    return told["advice"].to_dicts(), told["evidence"].to_dicts()


@pytest.fixture
def team():
    """Four reps, steady past; Dee talks far more than the others and has one call where she does not."""
    past = {"2026-W42": [0.5, 0.5], "2026-W43": [0.5]}
    shares = {rep: {**past, WEEK: [0.5, 0.52]} for rep in REPS[:3]}
    shares["dee"] = {"2026-W42": [0.7, 0.45], "2026-W43": [0.72], WEEK: [0.74, 0.71, 0.7]}
    return shares


def test_the_rep_beyond_the_middle_half_gets_the_priority(team):
    advice, _ = advise(tables(team))
    assert [(row["rep"], row["behaviour"]) for row in advice if row["slot"] == "priority"] == [
        ("dee@x.example", "talk_share")
    ]


def test_numbers_of_the_advice_are_means_over_calls(team):
    advice, _ = advise(tables(team))
    row = next(row for row in advice if row["slot"] == "priority")
    assert row["value"] == pytest.approx((0.74 + 0.71 + 0.7) / 3)
    assert (row["n"], row["own_past_n"], row["team_n"]) == (3, 3, 4)
    assert row["own_past"] == pytest.approx((0.7 + 0.45 + 0.72) / 3)
    steady_three, dee = (0.5 * 3 + 0.5 + 0.52) / 5, (0.74 + 0.71 + 0.7 + 0.7 + 0.45 + 0.72) / 6
    expected = pl.Series([steady_three] * 3 + [dee])
    assert row["team_low"] == pytest.approx(expected.quantile(0.25, "linear"))
    assert row["team_high"] == pytest.approx(expected.quantile(0.75, "linear"))
    assert "72% over 3 calls" in row["happens"]
    assert "shows in 3 of 3 calls" in row["rule"]


def test_weak_moment_is_of_this_week_and_good_one_is_the_reps_own(team):
    advice, evidence = advise(tables(team))
    row = next(row for row in advice if row["slot"] == "priority")
    moments = [one for one in evidence if one["advice_id"] == row["advice_id"]]
    assert [one["tone"] for one in moments] == ["to_try", "good"]
    weak, good = moments
    assert (weak["quote"], weak["start"], weak["end"]) == ("Let me tell you all about it 0.74", 13.0, 43.0)
    assert (good["quote"], good["start"]) == ("How do you plan a day?", 0.0)
    made = tables(team)
    own = made["calls"].filter(pl.col("rep") == "dee@x.example")
    assert {weak["call_id"], good["call_id"]} <= set(own["call_id"])
    assert weak["call_id"] in set(own.filter(pl.col("week") == WEEK)["call_id"])


def test_without_a_good_call_there_is_no_good_moment(team):
    team["dee"]["2026-W42"] = [0.7, 0.73]
    advice, evidence = advise(tables(team))
    row = next(row for row in advice if row["slot"] == "priority")
    assert [one["tone"] for one in evidence if one["advice_id"] == row["advice_id"]] == ["to_try"]


def test_below_the_minimum_of_calls_there_is_no_priority(team):
    made = tables(team)
    assert any(row["slot"] == "priority" for row in advise(made, min_calls=6)[0])
    assert not any(row["slot"] == "priority" for row in advise(made, min_calls=7)[0] if row["rep"].startswith("dee"))


def test_a_metric_that_is_withheld_or_not_coachable_is_never_advice(team):
    made = tables(team, metric="speech_rate")
    assert advise(made) == ([], [])
    withheld = tables(team)
    withheld["metrics"] = withheld["metrics"].with_columns(
        value=pl.lit(None, pl.Float64), withheld=pl.lit("roles are not certain")
    )
    assert advise(withheld) == ([], [])


def test_a_single_rep_is_compared_with_the_own_past_only():
    advice, _ = advise(tables({"dee": {"2026-W43": [0.4, 0.41, 0.42], WEEK: [0.7, 0.72, 0.71]}}))
    row = next(row for row in advice if row["slot"] == "priority")
    assert (row["team_low"], row["team_high"]) == (None, None)
    assert "too small for a middle half" in row["happens"]


def test_one_odd_call_does_not_decide_against_a_long_past(team):
    team["ann"] = {"2026-W42": [0.5] * 4, "2026-W43": [0.5] * 4, WEEK: [0.58]}
    assert not [row for row in advise(tables(team))[0] if row["rep"].startswith("ann") and row["slot"] == "priority"]


def test_one_call_is_an_incident_and_no_habit(team):
    team["dee"] = {"2026-W42": [0.5, 0.5], "2026-W43": [0.5], WEEK: [0.95]}
    assert not [row for row in advise(tables(team))[0] if row["rep"].startswith("dee") and row["slot"] == "priority"]
    team["dee"]["2026-W43"] = [0.95]
    assert [row["rep"] for row in advise(tables(team))[0] if row["slot"] == "priority"] == ["dee@x.example"]


def test_last_weeks_priority_weighs_more_and_says_so(team):
    team["dee"] |= {"2026-W42": [0.72, 0.75], "2026-W43": [0.5]}
    assert "× 1.25" not in next(row for row in advise(tables(team))[0] if row["slot"] == "priority")["rule"]
    team["dee"]["2026-W43"] = [0.72, 0.75]
    assert "× 1.25" in next(row for row in advise(tables(team))[0] if row["slot"] == "priority")["rule"]


def test_what_last_week_named_is_followed_up(team):
    team["dee"]["2026-W43"] = [0.72, 0.75]
    made = tables(team)
    seen = observations_of_reps(made["calls"], made["metrics"])
    (one,) = tried(seen, last_page(made), week=WEEK)
    assert (one.rep, one.behaviour.name, one.then_n, one.now_n) == ("dee@x.example", "talk_share", 2, 3)
    assert one.then == pytest.approx(0.735)
    assert one.now == pytest.approx((0.74 + 0.71 + 0.7) / 3)
    assert one.moved is True
    team["dee"][WEEK] = []
    made = tables(team)
    seen = observations_of_reps(made["calls"], made["metrics"])
    assert tried(seen, last_page(made), week=WEEK)[0].moved is None
    assert tried(seen, last_page(made).clear(), week=WEEK) == []


def association(difference, verdict):
    row = {
        "verdict": verdict,
        "behaviour": "talk_share",
        "deals": 40,
        "won": 20,
        "difference": difference,
        "note": "x",
    }
    return frame("associations", [row])


@pytest.mark.parametrize(
    ("difference", "verdict", "factor", "said"),
    [
        (-0.1, "associated", 1.5, "associated with winning"),
        (0.1, "associated", 0.5, "associated with losing"),
        (-0.1, "unclear", 1.0, ""),
        (None, "too few", 1.0, ""),
    ],
)
def test_what_the_teams_deals_show_moves_the_order_and_is_said(team, difference, verdict, factor, said):
    plain = next(row for row in advise(tables(team))[0] if row["slot"] == "priority")
    made = tables(team) | {"associations": association(difference, verdict)}
    told = next(row for row in advise(made)[0] if row["slot"] == "priority")
    before, after = (float(row["rule"].split()[1]) for row in (plain, told))
    assert after == pytest.approx(before * factor, abs=0.011)
    assert said in told["rule"]
    assert ("associated" in told["rule"]) is bool(said)


def test_a_colleague_is_an_example_only_by_consent_and_only_where_there_is_no_own(team):
    def good(rows, **consent):
        reps = [Rep(f"{name}@x.example", name, share_examples=consent.get(name, False)) for name in REPS]
        made = tables(rows)
        told = coach(**made, week=WEEK, reps=reps, settings=Settings())
        row = next(row for row in told["advice"].to_dicts() if row["slot"] == "priority")
        ids = told["evidence"].filter(pl.col("advice_id") == row["advice_id"], pl.col("tone") == "good")["call_id"]
        return made["calls"].filter(pl.col("call_id").is_in(ids.implode()))["rep_name"].to_list()

    assert good(team, bob=True) == ["dee"]
    team["dee"]["2026-W42"] = [0.7, 0.73]
    assert good(team) == []
    assert good(team, bob=True) == ["bob"]


def test_calls_outside_the_window_or_without_rep_change_nothing(team):
    before = advise(tables(team))
    old = {rep: {**weeks, "2026-W20": [0.99, 0.01]} for rep, weeks in team.items()}
    made = tables(old)
    assert advise(made)[0] == before[0]


def test_order_of_rows_changes_nothing(team):
    made = tables(team)
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=3) for name, table in made.items()}
    assert advise(made) == advise(shuffled)


def test_unanswered_objection_is_quoted_with_what_came_next(team):
    made = tables(team, metric="objections_answered")
    flipped = made["metrics"].with_columns(value=1 - pl.col("value"))
    dee = made["calls"].filter(pl.col("rep") == "dee@x.example", pl.col("week") == WEEK)["call_id"].to_list()
    objection = {
        "role": "customer",
        "quote": "On paper, mostly.",
        "turn": 1,
        "start": 2.5,
        "end": 12.5,
        "score": 0.9,
        "threshold": 0.5,
        "rule": "head",
        "type": "price",
        "type_score": 0.8,
        "handling": "ignored",
        "first_move": "change_of_subject",
        "came_back": False,
    }
    made |= {
        "metrics": flipped,
        "objections": frame(
            "objections",
            [{**objection, "finding_id": f"{number:012x}", "call_id": call_id} for number, call_id in enumerate(dee)],
        ),
    }
    advice, evidence = advise(made)
    row = next(row for row in advice if row["slot"] == "priority" and row["rep"].startswith("dee"))
    weak = next(one for one in evidence if one["advice_id"] == row["advice_id"] and one["tone"] == "to_try")
    assert weak["quote"] == "On paper, mostly."
    assert "price objection that got no answer" in weak["why"]
    assert "Let me tell you all about it" in weak["why"]


def test_the_sample_companys_planted_habits_are_found(sample):
    advice = {
        (row["rep"].split(".")[0], row["slot"], row["rank"]): row["behaviour"] for row in sample["advice"].to_dicts()
    }
    assert advice["maya", "priority", 1] == "dated_next_step"
    assert advice["tom", "priority", 1] == "questions_per_10_min"
    assert advice["daniel", "priority", 1] == "objections_answered"


def test_every_quote_of_the_sample_stands_in_its_turn_at_its_time(sample):
    turns = sample["turns"]
    for one in sample["evidence"].to_dicts():
        said = turns.filter(
            pl.col("call_id") == one["call_id"], pl.col("start") <= one["start"] + 2, pl.col("end") >= one["end"] - 2
        )
        assert any(one["quote"] in text for text in said["text"]), one["quote"]


def test_at_most_two_priorities_of_different_kinds_and_no_word_about_persons(sample):
    for rep in sample["advice"]["rep"].unique():
        mine = sample["advice"].filter(pl.col("rep") == rep, pl.col("slot") == "priority")
        assert mine.height <= 2
        assert mine["behaviour"].n_unique() == mine.height
    said = " ".join(str(value) for row in sample["advice"].to_dicts() for value in row.values()).lower()
    assert not [
        word
        for word in ("personality", "attitude", "lazy", "confident", "emotion", "causes", "leads to")
        if word in said
    ]


def test_weeks_cross_the_year():
    assert weeks_before("2027-W01", 2) == ["2026-W52", "2026-W53"]


@pytest.mark.parametrize("text", ["short", "word " * 100, "x" * 400])
def test_a_cut_quote_is_a_verbatim_beginning(text):
    assert text.startswith(cut(text))
    assert 0 < len(cut(text)) <= 280
