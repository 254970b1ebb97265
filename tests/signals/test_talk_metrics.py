import pytest

from convintel.settings import Settings
from convintel.signals.pace import interruptions, pace_metrics
from convintel.signals.questions import question_metrics, question_rows, read_questions
from convintel.signals.said import read
from convintel.signals.talk import floor_over_time, talk_metrics
from convintel.tables import frame
from convintel.values import Span

CALL = "0123456789abcdef"
SAID = [
    ("rep", 0.0, 20.0, "Thanks for taking the call today, how do you handle the schedule at the moment?"),
    ("customer", 21.0, 41.0, "We do it all on a white board and " + "then somebody types it up " * 4),
    ("rep", 41.5, 51.5, "Okay so it is typed up by somebody and that takes a while."),
    ("customer", 52.0, 52.5, "Mm-hm."),
    ("rep", 53.0, 63.0, "And then it goes out by mail. Is that right so far?"),
    ("customer", 65.0, 75.0, "That is right, it goes out by mail on Friday night."),
    ("rep", 74.0, 84.0, "Great. So what we do is put that in one place, does that help?"),
    ("customer", 84.2, 94.2, "It might help, yes, what does it cost us a month?"),
    ("rep", 95.2, 105.2, "It is forty a month."),
]


@pytest.fixture
def heard(tables):
    def hear(**how):
        transcript, turns = tables(SAID, backchannels=(3,), **how)
        return read(transcript, turns, call_id=CALL)

    return hear


def by_name(rows):
    return {row["metric"]: row for row in rows}


def test_talk_share_counts_speech_not_silence(heard):
    rows = by_name(talk_metrics(heard(), Settings()))
    assert rows["talk_share"]["value"] == pytest.approx(60 / (60 + 40.5))
    assert rows["talk_share_of_call"]["value"] == pytest.approx(60 / 105.2)


def test_a_back_channel_does_not_break_a_stretch_and_is_no_switch(heard):
    rows = by_name(talk_metrics(heard(), Settings()))
    longest = rows["longest_monologue"]
    assert (longest["value"], longest["start"], longest["end"]) == (pytest.approx(21.5), 41.5, 63.0)
    assert rows["speaker_switches"]["n"] == 6


def test_a_long_silence_ends_a_stretch(tables):
    said = [("rep", 0.0, 20.0, "one"), ("rep", 30.0, 45.0, "two"), ("customer", 46.0, 47.0, "three")]
    rows = by_name(talk_metrics(read(*tables(said), call_id=CALL), Settings()))
    assert rows["longest_monologue"]["value"] == pytest.approx(20.0)


def test_gap_and_interruptions(heard):
    said = heard()
    questions = frame("questions", question_rows(said, {}))
    rows = by_name(pace_metrics(said, questions, Settings()))
    assert rows["response_gap"]["value"] == pytest.approx(0.5)  # of 0.5, -1.0 and 1.0
    assert rows["response_gap"]["n"] == 3
    assert rows["interruptions_per_10_min"]["n"] == 1
    assert [(span.start, span.end) for span in interruptions(said, "rep", least=0.5)] == [(74.0, 75.0)]
    assert rows["customer_interruptions_per_10_min"]["value"] == 0.0


@pytest.mark.parametrize(
    ("how", "metric", "reason"),
    [
        ({"layout": "mono"}, "interruptions_per_10_min", "share a channel"),
        ({"timing": "interpolated"}, "response_gap", "interpolated"),
        ({"timing": "interpolated"}, "question_wait", "interpolated"),
    ],
)
def test_what_the_input_cannot_carry_is_withheld_with_the_reason(heard, how, metric, reason):
    said = heard(**how)
    row = by_name(pace_metrics(said, frame("questions", question_rows(said, {})), Settings()))[metric]
    assert row.get("value") is None
    assert reason in row["withheld"]


def test_a_short_call_has_no_shares(tables):
    said = read(*tables([("rep", 0, 5, "hello"), ("customer", 6, 9, "no thanks")]), call_id=CALL)
    assert "less than 30 s" in by_name(talk_metrics(said, Settings()))["talk_share"]["withheld"]


def test_unknown_roles_withhold_everything_that_needs_them(tables):
    said = read(*tables([("unknown", 0, 50, "hello there"), ("unknown", 51, 90, "hello")]), call_id=CALL)
    rows = talk_metrics(said, Settings()) + question_metrics(said, frame("questions", []))
    assert {row.get("withheld") for row in rows} == {"who is the rep is not known"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do you do that today?", [True]),
        ("Do you have a supplier?", [False]),
        ("So how many vans are there? And what happens when one breaks?", [False, True]),
        ("It's a good product, right?", [False]),
        ("Right? Okay?", []),
        ("How are you today?", []),
        ("Tell me about your week.", [True]),
        ("What we do is simple. I asked them.", []),
    ],
)
def test_questions_with_marks(text, expected):
    assert [question.open for question in read_questions(text, has_marks=True)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so do you have a supplier at the moment", [False]),
        ("okay and how do you handle that today", [True]),
        ("we have a supplier and we are happy", []),
    ],
)
def test_questions_without_marks(text, expected):
    assert [question.open for question in read_questions(text, has_marks=False)] == expected


def test_question_metrics(heard):
    said = heard()
    rows = by_name(question_metrics(said, frame("questions", question_rows(said, {}))))
    assert rows["questions"]["value"] == 3
    assert rows["open_question_share"]["value"] == pytest.approx(1 / 3)
    assert rows["customer_questions"]["value"] == 1


def test_the_floor_over_time_is_the_share_inside_each_window():
    talk = {"rep": [Span(0.0, 30.0), Span(60.0, 90.0)], "customer": [Span(30.0, 60.0)]}
    found = floor_over_time(talk, seconds=120.0, window=60.0, step=30.0)
    assert found == [(30.0, 0.5, 60.0), (60.0, 0.5, 60.0), (90.0, 1.0, 30.0)]
    assert floor_over_time(talk, seconds=40.0) == [(20.0, 0.75, 40.0)]
    assert floor_over_time({}, seconds=20.0) == [(10.0, None, 0.0)]


def test_questions_are_spread_over_the_quarters_of_the_call(heard):
    said = heard()
    rows = by_name(question_metrics(said, frame("questions", question_rows(said, {}))))
    assert rows["question_spread"]["value"] == 0.5  # the first and the third quarter
    assert rows["question_spread"]["n"] == rows["questions"]["n"]
