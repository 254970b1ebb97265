"""Corrections beat maps, maps beat labels, labels beat wording, and a low margin makes nobody the rep."""

import pytest

from convintel.recordings.roster import Rep
from convintel.settings import Settings
from convintel.turns.roles import decide

CALL = {"call_id": "0" * 16, "rep_name": None, "customer_name": None, "channel_roles": None}
SELLS = (
    "Thanks for taking my call, this is Tom from Acme. How do you schedule crews? I can walk you through our platform."
)
BUYS = "We currently use paper. How much is it? My boss decides."


def roles(said, call=None, *, split="channels", correction=None, settings=None, reps=()):
    return decide(
        {**CALL, **(call or {})}, said, split=split, reps=reps, correction=correction, settings=settings or Settings()
    )


def test_the_calls_own_map_wins_over_the_settings():
    settings = Settings(recordings={"channels": ["rep", "customer"]})
    found = roles([("0", SELLS), ("1", BUYS)], {"channel_roles": "customer,rep"}, settings=settings)
    assert (found.roles, found.method) == ({"0": "customer", "1": "rep"}, "channel map")
    assert roles([("0", BUYS), ("1", SELLS)], settings=settings).roles == {"0": "rep", "1": "customer"}


def test_a_map_of_channels_says_nothing_about_voices_of_one_channel():
    found = roles([("A", BUYS), ("B", SELLS)], {"channel_roles": "rep,customer"}, split="diarization")
    assert (found.roles["B"], found.method) == ("rep", "wording")


def test_labels_and_names_of_a_transcript():
    said = [("rep: Al", "hi"), ("customer: Bo", "hi")]
    assert roles(said, split="transcript").roles == {"rep: Al": "rep", "customer: Bo": "customer"}
    named = roles([("Al Day", "hi"), ("Someone", "hi")], {"rep_name": "al  day"}, split="transcript")
    assert named.roles == {"Al Day": "rep", "Someone": "customer"}
    roster = roles([("Al Day", "hi"), ("X", "hi")], split="transcript", reps=[Rep("al@a.com", "Al Day")])
    assert roster.roles["Al Day"] == "rep"


def test_two_colleagues_of_the_roster_are_not_both_the_rep():
    reps = [Rep("a@a.com", "Al"), Rep("b@a.com", "Bo")]
    assert roles([("Al", "hi"), ("Bo", "hi")], split="transcript", reps=reps).method == "none"


def test_wording_finds_the_seller_and_says_why():
    found = roles([("0", BUYS), ("1", SELLS)], {"rep_name": "Tom Ray"}, settings=Settings(company={"name": "Acme"}))
    assert (found.roles["1"], found.method) == ("rep", "wording")
    assert "name" in found.why
    assert found.confidence > 0.9


@pytest.mark.parametrize("said", [[("0", "hello"), ("1", "hello")], [("A", "hello there")]])
def test_without_evidence_nobody_is_the_rep(said):
    found = roles(said)
    assert set(found.roles.values()) == {"unknown"}
    assert found.method == "none"


def test_a_correction_swaps_whatever_was_found_even_below_the_margin():
    said = [("0", BUYS), ("1", SELLS)]
    assert roles(said, correction="swap").roles == {"0": "rep", "1": "customer"}
    mapped = roles(said, {"channel_roles": "customer,rep"}, correction="swap")
    assert (mapped.roles, mapped.method, mapped.confidence) == ({"0": "rep", "1": "customer"}, "correction", 1.0)


@pytest.mark.parametrize(
    ("opening", "answer"),
    [
        ("Marcy, hi, Tom Okafor, Tallyroute, for our two-thirty.", "Okay. Is that today?"),
        ("Hello, is this Marcy?", "Yes, who is this?"),
        ("Hi, it's Tom over at Tallyroute.", "Oh, hi Tom."),
    ],
)
def test_an_opening_tells_who_calls_whom(opening, answer):
    call = {"rep_name": "Tom Okafor", "customer_name": "Marcy Duvall"}
    found = roles([("0", opening), ("1", answer)], call, settings=Settings(company={"name": "Tallyroute"}))
    assert found.roles["0"] == "rep"


def test_a_map_that_the_words_contradict_is_doubted_until_a_correction_settles_it():
    sells, buys = f"{SELLS} {'And so on. ' * 40}", f"{BUYS} {'Well, yes. ' * 40}"
    said = [("0", sells), ("1", buys)]
    call = {"rep_name": "Tom Ray", "channel_roles": "customer,rep"}
    doubted = roles(said, call)
    assert (set(doubted.roles.values()), doubted.method) == ({"unknown"}, "none")
    assert "wrong way round" in doubted.why
    assert roles(said, call, correction="swap").roles == {"0": "rep", "1": "customer"}
    kept = roles(said, call, correction="keep")
    assert (kept.roles, kept.method, kept.confidence) == ({"0": "customer", "1": "rep"}, "correction", 1.0)
    assert roles(said, {**call, "channel_roles": "rep,customer"}).method == "channel map"
    assert roles([("0", SELLS), ("1", BUYS)], call).method == "channel map", "too little said to contradict a map"
