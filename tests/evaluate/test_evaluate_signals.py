"""Scoring is tested on labelled calls of the training folder; the figures here say nothing about accuracy."""

import json
import shutil

import pytest

from convintel.errors import WorkspaceError
from convintel.evaluate.matching import match_near
from convintel.evaluate.signals import evaluate_signals, laid_out
from convintel.resources import resource
from convintel.settings import Settings


@pytest.fixture(scope="module")
def gold(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gold")
    for file in sorted((resource("models") / "training" / "calls" / "g").glob("*.json"))[:3]:
        shutil.copy(file, folder)
    return folder


def test_matching_is_one_to_one_nearest_first():
    assert match_near([3], [2, 3]) == [(0, 1)]
    assert match_near([3, 4], [4]) == [(1, 0)]
    assert match_near([3], [6]) == []


def test_figures_and_predictions_agree(gold):
    found = evaluate_signals(gold, Settings())
    objections = [row for row in found.predictions if row["kind"] == "objection"]
    steps = [row for row in found.predictions if row["kind"] == "next_step"]
    figures = found.metrics["objections"]
    assert figures["precision_n"] == len(objections)
    assert found.metrics["next_steps"]["precision_n"] == len(steps)
    assert figures["f1_interval"][0] <= figures["f1"] <= figures["f1_interval"][1]
    assert figures["typed_f1"] <= figures["f1"]
    assert set(objections[0]) == {"call_id", "kind", "turn", "type", "quote", "handling", "score"}
    assert set(steps[0]) == {
        "call_id", "kind", "turn", "quote", "owner", "step_kind", "action", "due", "firm", "score",
    }  # fmt: skip
    calls = {json.loads(file.read_text())["call_id"]: json.loads(file.read_text()) for file in gold.glob("*.json")}
    for row in found.predictions:
        assert row["quote"] in calls[row["call_id"]]["turns"][row["turn"]]["text"]
        json.dumps(row)


def test_no_objection_reaches_a_threshold_of_one(gold):
    found = evaluate_signals(gold, Settings(signals={"objection_threshold": 1.0}))
    assert found.metrics["objections"]["recall"] == 0.0
    assert found.metrics["objections"]["precision"] is None


def test_turns_are_laid_out_at_170_words_a_minute(gold):
    file = sorted(gold.glob("*.json"))[0]
    labelled = json.loads(file.read_text())
    row, _, turns = laid_out(labelled, file)
    first, second = turns["turns"].head(2).iter_rows(named=True)
    assert first["end"] == pytest.approx(len(labelled["turns"][0]["text"].split()) / 170 * 60)
    assert second["start"] == pytest.approx(first["end"] + 0.3)
    assert row["started_at"].utcoffset().total_seconds() == 0


def test_a_folder_without_labelled_calls_is_an_error(tmp_path):
    with pytest.raises(WorkspaceError, match="no labelled calls"):
        evaluate_signals(tmp_path, Settings())
    (tmp_path / "odd.json").write_text("{}")
    with pytest.raises(WorkspaceError, match="not a labelled call"):
        evaluate_signals(tmp_path, Settings())
