"""Five concepts by another hand (data/trackers.json): 12 examples, 8 counter-examples, 90 sentences to tell apart."""

import pytest

from convintel.errors import ModelError, SettingsError
from convintel.settings import Settings, load
from convintel.signals import load_reader
from convintel.signals.reader import reader_digest
from convintel.signals.said import read
from convintel.signals.trackers import held_out, mention_rows, train
from tests.signals.tracker_accuracy import CONCEPTS, told_apart, tracker

CALL = "0123456789abcdef"


@pytest.fixture(scope="module")
def reader():
    return load_reader(Settings())


def test_unseen_sentences_are_told_apart(reader):
    found = told_apart(reader.read_alone, reader.examples)
    assert found.precision >= 0.6
    assert found.recall >= 0.55


def test_another_encoder_reads_trackers_alone(reader):
    asked = {"signals": {"tracker_encoder": "minilm"}}
    assert load_reader(Settings.model_validate(asked)).read_alone(["A sentence."]).shape == (1, 384)
    with_tracker = Settings.model_validate(asked | {"trackers": [tracker(CONCEPTS[0]).model_dump()]})
    other = load_reader(with_tracker)
    assert other.trackers[0].vectors.shape == (12, 384)
    assert not (other.read_alone(["A sentence."]) == reader.read_alone(["A sentence."])).all()
    assert reader_digest(with_tracker) != reader_digest(Settings())
    assert told_apart(other.read_alone, reader.examples).precision > 0.5


def test_an_encoder_that_is_not_there_is_named(tmp_path):
    asked = {"signals": {"tracker_encoder": str(tmp_path / "none")}, "trackers": [tracker(CONCEPTS[0]).model_dump()]}
    with pytest.raises(ModelError, match="tracker_encoder"):
        load_reader(Settings.model_validate(asked))


def test_the_figures_come_from_sentences_left_out(reader):
    figures = held_out(tracker(CONCEPTS[0]), reader.read_alone, reader.examples)
    assert figures["examples"] == 12
    assert 0 < figures["precision"] <= 1
    assert figures["background"] < 0.05


def test_a_mention_says_who_when_and_which_example(reader, tables):
    told = CONCEPTS[0]
    text = told["examples"][0]
    said = [("rep", 0.0, 5.0, "So that is how it works on the phone."), ("customer", 6.0, 12.0, text)]
    transcript, turns = tables(said)
    trained = [train(tracker(told, said_by="customer"), reader.read_alone, reader.examples)]
    rows = mention_rows(read(transcript, turns, call_id=CALL), trained, reader.read_alone, {})
    assert [row["turn"] for row in rows] == [1]
    assert rows[0]["tracker"] == told["name"]
    assert "your example" in rows[0]["rule"]
    assert 6.0 <= rows[0]["start"] < rows[0]["end"] <= 12.01
    other = [train(tracker(told, said_by="rep"), reader.read_alone, reader.examples)]
    of_rep = mention_rows(read(transcript, turns, call_id=CALL), other, reader.read_alone, {})
    assert {row["role"] for row in of_rep} <= {"rep"}
    wrong = {rows[0]["finding_id"]: "wrong"}
    assert mention_rows(read(transcript, turns, call_id=CALL), trained, reader.read_alone, wrong) == []


def test_only_questions_when_asked_for(reader, tables):
    told = CONCEPTS[0]
    asked = next(text for text in told["examples"] if text.endswith("?"))
    said = [
        ("customer", 0.0, 5.0, asked),
        ("rep", 6.0, 9.0, "Sure."),
        ("customer", 10.0, 15.0, asked.rstrip("?") + "."),
    ]
    transcript, turns = tables(said)
    trained = [train(tracker(told, questions_only=True), reader.read_alone, reader.examples)]
    rows = mention_rows(read(transcript, turns, call_id=CALL), trained, reader.read_alone, {})
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
