"""Phrases were written before the rules were run on them; those of this file are spoken on Tuesday 10 March 2026.

data/dates.json is by another hand: 221 sentences with a due date over 31 days of call, and 113 with numbers, past
days, spans and habits that are none.
"""

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from convintel.signals.dates import best, find, month_named

TUESDAY = date(2026, 3, 10)

PHRASES = [
    ("I'll send it over today", "2026-03-10"),
    ("you'll have it tonight", "2026-03-10"),
    ("by end of day", "2026-03-10"),
    ("first thing tomorrow", "2026-03-11"),
    ("how about the day after tomorrow", "2026-03-12"),
    ("let's say Thursday at two", "2026-03-12"),
    ("Tuesday works for me", "2026-03-17"),
    ("by end of day Friday", "2026-03-13"),
    ("next Wednesday then", "2026-03-18"),
    ("Monday of next week", "2026-03-16"),
    ("next week, say Friday", "2026-03-20"),
    ("a week from Thursday", "2026-03-19"),
    ("two weeks from Friday", "2026-03-27"),
    ("the Thursday after next", "2026-03-19"),
    ("the twenty-fourth at ten", "2026-03-24"),
    ("on the 3rd", "2026-04-03"),
    ("Friday the twentieth", "2026-03-20"),
    ("Wednesday the first", "2026-04-01"),
    ("April second in the morning", "2026-04-02"),
    ("the fifth of May", "2026-05-05"),
    ("January 12 is fine", "2027-01-12"),
    ("by the end of the week", "2026-03-13"),
    ("by the end of next week", "2026-03-20"),
    ("by the end of the month", "2026-03-31"),
    ("end of April", "2026-04-30"),
    ("before the end of the quarter", "2026-03-31"),
    ("end of Q3", "2026-09-30"),
    ("before year end", "2026-12-31"),
    ("in two weeks", "2026-03-24"),
    ("ten days from now", "2026-03-20"),
    ("in a month's time", "2026-04-10"),
    ("the first of next month", "2026-04-01"),
    ("within the hour", "2026-03-10"),
    ("I'll email it to you now", "2026-03-10"),
    ("I'm sending that right now", "2026-03-10"),
    ("in the next ten minutes", "2026-03-10"),
]
VAGUE = [
    ("sometime next week", "week"),
    ("let's talk next month", "month"),
    ("in a couple of weeks", "week"),
    ("early in April", "month"),
    ("maybe next quarter", "quarter"),
    ("after Easter", None),
    ("the week of the sixteenth", "week"),
    ("at some point", None),
]
DISTRACTORS = [
    "We're slammed right now, so I'll send the quote over once it's signed off",
    "I'll send you a comparison with what you use right now",
    "I'll put that to you now and then",
    "may I ask who I'm speaking with",
    "we sat down with the team",
    "version 3.2 has that",
    "we have 30 reps and 12 vans",
    "the second thing is the price",
    "march it over to him",
    "it's a one-time fee of forty dollars",
    "in the first place I'd say no",
    "she's our second person on the line",
    "it went up 8 percent",
    "the third party does that",
    "give me a second",
    "a ten day trial",
]


@pytest.mark.parametrize(("phrase", "day"), PHRASES)
def test_a_day_is_read_from_the_day_of_the_call(phrase, day):
    found = best(phrase, TUESDAY)
    assert found is not None
    assert str(found.day) == day


@pytest.mark.parametrize(("phrase", "granularity"), VAGUE)
def test_a_week_or_month_has_no_day(phrase, granularity):
    found = best(phrase, TUESDAY)
    assert found is not None
    assert (found.day, found.granularity) == (None, granularity)


@pytest.mark.parametrize("phrase", DISTRACTORS)
def test_talk_without_a_date_has_none(phrase):
    assert [when.text for when in find(phrase, TUESDAY) if when.day] == []


def test_a_month_named_before_gives_a_lone_number_its_month():
    assert str(best("the ninth", TUESDAY, month=5).day) == "2026-05-09"
    assert month_named("may I come in May, or march in?") == 5


def test_the_phrase_is_verbatim_and_the_longest_wins():
    text = "So Friday the twentieth, ten o'clock."
    found = find(text, TUESDAY)
    assert [when.text for when in found] == ["Friday the twentieth"]
    assert text[found[0].start : found[0].end] == found[0].text


@pytest.fixture(scope="module")
def frozen():
    told = json.loads((Path(__file__).parent / "data" / "dates.json").read_text("utf-8"))
    return [(one, best(one["text"], datetime.fromisoformat(one["reference"]).date())) for one in told]


def _day(found):
    return None if found is None or found.day is None else found.day.isoformat()


def test_frozen_phrases_resolve_exactly(frozen):
    wrong = [(one["text"], _day(found)) for one, found in frozen if one["phrase"] and _day(found) != one["due"]]
    assert len(wrong) <= 0.05 * sum(bool(one["phrase"]) for one, _ in frozen), wrong


def test_frozen_distractors_have_no_date(frozen):
    wrong = [(one["text"], _day(found)) for one, found in frozen if not one["phrase"] and _day(found)]
    assert len(wrong) <= 0.02 * sum(not one["phrase"] for one, _ in frozen), wrong
