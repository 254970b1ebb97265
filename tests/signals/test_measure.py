"""A call written for this test, read by the committed heads."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from convintel.settings import Settings
from convintel.signals import load_reader, measure, signals_key
from convintel.signals.catalogue import METRICS
from convintel.signals.context import Line
from convintel.signals.handling import first_move

TALK = [
    ("rep", "Hi Dana, this is Joel with Northgate Scheduling. How do you plan your crews at the moment?"),
    (
        "customer",
        "Mostly on a spreadsheet that my office manager looks after, plus a lot of phone calls in the morning.",
    ),
    ("rep", "Got it. And what happens when somebody calls in sick?"),
    ("customer", "Then we ring around until somebody picks up. It takes most of an hour on a bad day."),
    ("rep", "So with us the whole crew sees the change on the phone. It's nine hundred a month for your size."),
    ("customer", "That's way too expensive for us. We just don't have the budget for that this year."),
    ("rep", "What did you have in mind for it?"),
    ("customer", "Nothing like that, honestly. Half of it, maybe."),
    ("rep", "I could do six hundred without the payroll part. Would that work?"),
    ("customer", "Okay, that I can live with."),
    ("rep", "Great. I'll send you the proposal by Friday. Can we meet on Tuesday at ten to go through it?"),
    ("customer", "Yes, Tuesday at ten works for me. I'll bring my office manager."),
    ("rep", "Perfect, talk to you then."),
]


@pytest.fixture(scope="module")
def reader():
    return load_reader(Settings())


@pytest.fixture(scope="module")
def laid_out(tables):
    def lay_out(talk=TALK, **how):
        said, clock = [], 0.0
        for role, text in talk:
            end = clock + len(text.split()) * 0.35
            said.append((role, clock, end, text))
            clock = end + 0.4
        return tables(said, **how)

    return lay_out


@pytest.fixture(scope="module")
def found(reader, call, laid_out):
    return measure(call(), *laid_out(), reader=reader, corrections={}, settings=Settings())


def test_the_price_objection_is_found_with_its_evidence(found):
    row = found["objections"].filter(pl.col("turn") == 5).row(0, named=True)
    assert row["type"] == "price"
    assert "too expensive" in row["quote"]
    assert row["quote"] in TALK[5][1]
    assert row["score"] >= row["threshold"]
    assert "“" in row["rule"]
    assert row["first_move"] == "question"
    assert row["pause_before_reply"] == pytest.approx(0.4, abs=0.01)


def test_next_steps_are_dated_from_the_day_of_the_call(found):
    steps = found["next_steps"]
    task = steps.filter((pl.col("turn") == 10) | (pl.col("due") == date(2026, 3, 13))).row(0, named=True)
    assert (task["owner"], str(task["due"])) == ("rep", "2026-03-13")
    meeting = steps.filter(pl.col("turn") == 11).row(0, named=True)
    assert str(meeting["due"]) == "2026-03-17"
    assert meeting["confirmed"]


def test_the_local_day_counts_not_the_utc_day(reader, call, laid_out):
    late = call(datetime(2026, 3, 12, 23, 30, tzinfo=UTC), offset=60)  # Friday where the people are
    steps = measure(late, *laid_out(), reader=reader, corrections={}, settings=Settings())["next_steps"]
    assert date(2026, 3, 20) in steps["due"].to_list()
    assert date(2026, 3, 13) not in steps["due"].to_list()
    no_date = measure(call() | {"started_at": None}, *laid_out(), reader=reader, corrections={}, settings=Settings())
    assert no_date["next_steps"]["due"].null_count() == no_date["next_steps"].height


def test_every_metric_of_the_catalogue_is_given_once(found):
    given = found["metrics"].select("metric", pl.col("side").cast(pl.String)).rows()
    assert sorted(given) == sorted((metric.name, metric.side) for metric in METRICS)
    value = dict(found["metrics"].select("metric", "value").iter_rows())
    assert value["dated_next_step"] == 1.0


def test_a_finding_called_wrong_never_comes_back(found, reader, call, laid_out):
    wrong = dict.fromkeys(found["objections"]["finding_id"], "wrong")
    again = measure(call(), *laid_out(), reader=reader, corrections=wrong, settings=Settings())
    assert again["objections"].height == 0
    assert "objection" not in again["concerns"]["kind"].cast(pl.String).to_list()
    assert again["next_steps"].equals(found["next_steps"])


def test_the_same_call_gives_the_same_tables(found, reader, call, laid_out):
    again = measure(call(), *laid_out(), reader=reader, corrections={}, settings=Settings())
    assert all(again[name].equals(found[name]) for name in found)


def test_unknown_roles_give_no_findings(reader, call, laid_out):
    unknown = [("unknown", text) for _, text in TALK]
    found = measure(call(), *laid_out(unknown), reader=reader, corrections={}, settings=Settings())
    assert found["objections"].height == found["next_steps"].height == found["concerns"].height == 0
    assert found["metrics"].filter(pl.col("value").is_not_null()).height == 0


def test_marks_and_case_hardly_matter(reader, call, laid_out):
    bare = [(role, text.lower().replace(",", "").replace(".", "").replace("?", "")) for role, text in TALK]
    plain = measure(call(), *laid_out(bare), reader=reader, corrections={}, settings=Settings())
    assert any(abs(turn - 5) <= 2 for turn in plain["objections"]["turn"])  # the exchange, by its surest line
    assert date(2026, 3, 17) in plain["next_steps"]["due"].to_list()


def test_concerns_have_something_to_say(found):
    assert all(len(quote.split()) >= 3 for quote in found["concerns"]["quote"])


def test_the_key_follows_what_is_read(call):
    key = signals_key(call(), "turns", Settings(), {})
    assert key == signals_key(call(), "turns", Settings(), {})
    assert key != signals_key(call(), "other turns", Settings(), {})
    assert key != signals_key(call(), "turns", Settings(), {"abc": "wrong"})
    assert key != signals_key(call(datetime(2026, 3, 11, tzinfo=UTC)), "turns", Settings(), {})
    assert key != signals_key(call(), "turns", Settings(signals={"objection_threshold": 0.9}), {})


@pytest.mark.parametrize(
    ("reply", "move"),
    [
        ("What would make it worth it for you?", "question"),
        ("I hear you. The price covers the installation.", "acknowledgement"),
        ("We can knock ten percent off the price for you.", "concession"),
        ("It is cheaper than what you pay now.", "rebuttal"),
    ],
)
def test_first_move(reply, move):
    lines = [Line("customer", "The price is too high."), Line("rep", reply)]
    assert first_move(lines, 0) == move
    assert first_move(lines[:1], 0) is None
