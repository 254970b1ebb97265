"""Five concepts by another hand (data/trackers.json): 12 examples, 8 counter-examples, 90 sentences to tell apart."""

import json
from pathlib import Path

import pytest

from convintel.errors import SettingsError
from convintel.settings import Settings, Tracker, load
from convintel.signals import load_reader
from convintel.signals.said import read
from convintel.signals.trackers import alone, held_out, mention_rows, train

CONCEPTS = json.loads((Path(__file__).parent / "data" / "trackers.json").read_text("utf-8"))
CALL = "0123456789abcdef"


@pytest.fixture(scope="module")
def reader():
    return load_reader(Settings())


def tracker(told, **changes):
    kept = {key: told[key] for key in ("name", "said_by", "examples", "counter_examples")}
    return Tracker.model_validate(kept | changes)


def test_unseen_sentences_are_told_apart(reader):
    hits = said = meant = 0
    for told in CONCEPTS:
        trained = train(tracker(told), reader.network, reader.examples)
        scores = trained.scores(alone(reader.network, [each["text"] for each in told["held_out"]]))
        found = [score >= trained.tracker.threshold for score in scores]
        hits += sum(one and each["match"] for one, each in zip(found, told["held_out"], strict=True))
        said += sum(found)
        meant += sum(each["match"] for each in told["held_out"])
    assert hits / said >= 0.65
    assert hits / meant >= 0.45


def test_the_figures_come_from_sentences_left_out(reader):
    figures = held_out(tracker(CONCEPTS[0]), reader.network, reader.examples)
    assert figures["examples"] == 12
    assert 0 < figures["precision"] <= 1
    assert figures["background"] < 0.05


def test_a_mention_says_who_when_and_which_example(reader, tables):
    told = CONCEPTS[0]
    text = told["examples"][0]
    said = [("rep", 0.0, 5.0, "So that is how it works on the phone."), ("customer", 6.0, 12.0, text)]
    transcript, turns = tables(said)
    trained = [train(tracker(told, said_by="customer"), reader.network, reader.examples)]
    rows = mention_rows(read(transcript, turns, call_id=CALL), trained, reader.network, {})
    assert [row["turn"] for row in rows] == [1]
    assert rows[0]["tracker"] == told["name"]
    assert "your example" in rows[0]["rule"]
    assert 6.0 <= rows[0]["start"] < rows[0]["end"] <= 12.01
    other = [train(tracker(told, said_by="rep"), reader.network, reader.examples)]
    of_rep = mention_rows(read(transcript, turns, call_id=CALL), other, reader.network, {})
    assert {row["role"] for row in of_rep} <= {"rep"}
    wrong = {rows[0]["finding_id"]: "wrong"}
    assert mention_rows(read(transcript, turns, call_id=CALL), trained, reader.network, wrong) == []


def test_only_questions_when_asked_for(reader, tables):
    told = CONCEPTS[0]
    asked = next(text for text in told["examples"] if text.endswith("?"))
    said = [
        ("customer", 0.0, 5.0, asked),
        ("rep", 6.0, 9.0, "Sure."),
        ("customer", 10.0, 15.0, asked.rstrip("?") + "."),
    ]
    transcript, turns = tables(said)
    trained = [train(tracker(told, questions_only=True), reader.network, reader.examples)]
    rows = mention_rows(read(transcript, turns, call_id=CALL), trained, reader.network, {})
    assert [row["turn"] for row in rows] == [0]


def test_trackers_come_from_a_table_too(tmp_path):
    (tmp_path / "convintel.toml").write_text("")
    rows = "".join(f"peak,Sentence number {n} about summer.,example,customer\n" for n in range(5))
    (tmp_path / "trackers.csv").write_text("tracker,text,meaning,said_by\n" + rows + "peak,Not it.,counter-example,\n")
    (found,) = load(tmp_path).trackers
    assert (found.name, found.said_by, len(found.examples), found.counter_examples) == (
        "peak",
        "customer",
        5,
        ("Not it.",),
    )
    (tmp_path / "trackers.csv").write_text("tracker,text,meaning\npeak,,example\n")
    with pytest.raises(SettingsError, match="row 2"):
        load(tmp_path)
