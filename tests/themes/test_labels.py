from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convintel.themes.labels import name_themes, typical
from convintel.themes.wording import phrases, topic_text


class Flat:
    """Every phrase fits every theme equally: only counts decide."""

    name = "flat"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(texts), 1))


def names(members, rest=(), taken=()):
    centres = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(members), 1))
    return name_themes(members, rest, centres, Flat(), taken=taken)


def test_a_phrase_that_members_share_and_others_do_not():
    cards = ["my virtual card is blocked", "the virtual card fails", "how long is the virtual card valid"]
    fees = ["the exchange fee is high", "why an exchange fee"]
    assert names([cards, fees], ["the account is closed"])[:2] == ["virtual card", "exchange fee"]


def test_what_one_person_said_once_names_nothing():
    label = names(
        [["QuickBooks must sync overnight", "our ledger lives in QuickBooks", "we bill from QuickBooks daily"]]
    )[0]
    assert label == "quickbooks"


def test_without_a_shared_word_the_most_typical_member_speaks():
    assert names([["shoot me an email please today", "send the brochure along"]]) == [
        "‘shoot me an email please today …’"
    ]


def test_no_label_twice():
    members = ["the virtual card fails", "a virtual card"]
    assert names([members, members], taken=["virtual card"]) == ["virtual card (2)", "virtual card (3)"]


def test_the_typical_member_is_near_the_middle_and_readable():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0.8, 0.6]], dtype=np.float32)
    texts = ["too short", "no", "this one is long enough to read", "this other one is long enough too"]
    assert typical(texts, vectors) == 3
    assert typical(["no", "yes"], vectors[:2]) in (0, 1)


def test_phrases_stay_within_a_clause_and_fillers_go():
    assert "quickbooks price" not in phrases("Does it talk to QuickBooks? Price matters.")
    assert topic_text("Um, you know, the price is, uh, steep.") == "the price is, steep."
