"""Scores are right on cases that can be counted by hand."""

import wave

import pytest

from convintel.errors import WorkspaceError
from convintel.evaluate.normalise import normalise
from convintel.evaluate.speech import evaluate_speech, read_rttm, voice_errors, word_errors
from convintel.settings import Settings
from convintel.values import Span


def test_words_are_counted_after_both_sides_are_normalised_alike():
    assert normalise("Okay, twenty-five dollars, um... it's $25!") == "ok 25 dollars it's 25 dollars"
    counts = word_errors("Yes, it costs twenty five.", "yes it cost 25 now")
    assert counts == {"hits": 3, "substitutions": 1, "deletions": 0, "insertions": 1, "words": 4}


def test_voices_are_scored_whatever_their_names():
    truth = {"agent": [Span(0, 10)], "caller": [Span(10, 20)]}
    right = voice_errors(truth, {"B": [Span(0, 10)], "A": [Span(10, 20)]})
    assert right["der"]["0.0"] == {"missed": 0, "false_alarm": 0, "confusion": 0, "speech": 20}
    assert right["talk_share_error"] == 0
    wrong = voice_errors(truth, {"A": [Span(0, 15)], "B": [Span(15, 20)]})
    assert wrong["der"]["0.0"]["confusion"] == 5
    assert wrong["der"]["0.25"]["confusion"] == 4.75, "a quarter second on each side of an edge is not scored"
    assert wrong["talk_share_error"] == 0.25


def test_rttm_is_read_and_a_broken_line_is_named(tmp_path):
    file = tmp_path / "a.rttm"
    file.write_text("SPEAKER a 1 1.5 2.0 <NA> <NA> ann <NA> <NA>\n")
    assert read_rttm(file) == {"ann": [Span(1.5, 3.5)]}
    file.write_text("SPEAKER a 1 x 2.0 <NA> <NA> ann\n")
    with pytest.raises(WorkspaceError, match="line 1 is not RTTM"):
        read_rttm(file)


def test_a_folder_without_references_says_what_to_do(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(WorkspaceError, match=r"NAME\.rttm"):
        evaluate_speech(tmp_path, Settings())


def test_speech_that_is_not_heard_at_all_counts_as_missed(tmp_path):
    """One file of silence whose reference says that somebody speaks, one whose reference is empty."""
    for name, reference in (("lost", "SPEAKER lost 1 1.0 2.0 <NA> <NA> ann <NA> <NA>\n"), ("quiet ñ", "")):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(2 * 8000 * 4))
        (tmp_path / f"{name}.rttm").write_text(reference)
    found = evaluate_speech(tmp_path, Settings(speech={"model": "whisper-tiny.en"}))
    assert found.metrics["failed"] == {}
    assert found.metrics["der"]["0.25"]["missed"] == found.metrics["der"]["0.25"]["speech"] == 1.5
    assert found.metrics["by_file"]["quiet ñ.wav"]["der"]["0.0"] == dict.fromkeys(
        ("missed", "false_alarm", "confusion", "speech"), 0
    )
    assert found.predictions == []
