"""Which of a customer's words are worth grouping, and as what."""

import pytest

from convintel.signals.concerns import concern_rows, praises
from convintel.signals.said import read
from convintel.tables import frame

CALL_ID = "0123456789abcdef"


@pytest.fixture
def kinds(tables):
    def found(*texts):
        said = [("customer", 10.0 * number, 10.0 * number + 8.0, text) for number, text in enumerate(texts)]
        rows = concern_rows(read(*tables(said), call_id=CALL_ID), frame("objections", []), frame("questions", []))
        assert frame("concerns", rows).height == len(rows)
        return [(row["kind"], row["quote"]) for row in rows]

    return found


@pytest.mark.parametrize(
    ("text", "is_praise"),
    [
        ("I like what you're saying about the pictures", True),
        ("That part I love, the scanning.", True),
        ("We're saving about a third compared with the old one", True),
        ("i'm happy with that", True),
        ("I don't love paying for plastic", False),
        ("We would like the plan", False),
        ("If I like it, Jeannie signs", False),
        ("My wife says I love that thing more than her", False),
        ("I like it to come out of the budget", False),
    ],
)
def test_praise_is_told_by_its_wording(text, is_praise):
    assert praises(text) is is_praise


def test_praise_is_a_concern_of_its_own_with_enough_words_to_be_about_something(kinds):
    found = kinds("Love it. The drivers see their routes now.", "I like that.", "We need the route map on a phone.")
    assert found == [
        ("praise", "Love it. The drivers see their routes now."),
        ("need", "We need the route map on a phone."),
    ]


def test_a_sentence_is_taken_once(kinds):
    assert len(kinds("I love the map. We struggle with the map of routes and I like that it prints.")) == 1
