"""Minimal pairs written before the reader was trained, by nobody who wrote its training data: data/contrast.json.

189 groups, 21 for each type: an objection, and on the same words a question, a neutral mention, its denial, a past one,
the rep's own and somebody else's. The assertions hold what the reader reaches, so that a change for the worse is seen;
how far that is from reading is said in docs/signals.md.
"""

import json
from pathlib import Path

import pytest

from convintel.settings import Settings
from convintel.signals import load_reader
from convintel.signals.lines import Line

GROUPS = json.loads((Path(__file__).parent / "data" / "contrast.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def called():
    """{variant: share of lines called an objection}."""
    reader = load_reader(Settings())
    hits = dict.fromkeys(GROUPS[0]["variants"], 0)
    for group in GROUPS:
        for variant, text in group["variants"].items():
            who = "rep" if variant == "rep_said" else "customer"
            reading = reader.read([Line("rep", group["before"]), Line(who, text)])
            fired = reading.fired("objections", reader.objection_threshold, keep=lambda line: line.role == "customer")
            hits[variant] += bool(fired)
    return {variant: count / len(GROUPS) for variant, count in hits.items()}


def test_every_type_has_its_groups():
    assert {group["type"] for group in GROUPS} == {
        "price", "timing", "authority", "need", "competitor", "trust", "product", "contract", "brush_off",
    }  # fmt: skip
    assert min(sum(group["type"] == kind for group in GROUPS) for kind in {group["type"] for group in GROUPS}) >= 20


def test_neutral_mentions_raise_few_false_alarms(called):
    assert called["neutral"] <= 0.15
    assert called["question"] <= 0.02


def test_an_objection_is_one_without_an_answer_too(called):
    assert called["objection"] >= 0.4


def test_the_rep_never_objects(called):
    assert called["rep_said"] == 0


def test_objections_are_called_more_often_than_anything_else(called):
    assert called["objection"] > 1.5 * max(share for variant, share in called.items() if variant != "objection")
