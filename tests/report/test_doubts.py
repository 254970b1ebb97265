"""A call's page says what is doubtful about its recording."""

from convintel.report.doubts import doubts, lost_audio

AUDIO = {
    "seconds": 60.0, "expected_seconds": 60.4, "bad_packets": 0, "gap_seconds": 0.0, "layout_note": "",
    "dropped_packs": 0, "redactions": 0,
}  # fmt: skip


def test_a_whole_recording_has_no_doubts():
    assert doubts({"split_note": ""}, AUDIO) == []
    assert doubts(None, None) == []
    assert lost_audio({**AUDIO, "expected_seconds": None}) == ""


def test_what_was_lost_is_said_in_seconds():
    assert "36 of 60 s" in lost_audio({**AUDIO, "seconds": 36.0})
    assert lost_audio({**AUDIO, "bad_packets": 2, "gap_seconds": 1.28}).startswith("2 damaged pieces, 1.3 s")
    assert lost_audio({**AUDIO, "bad_packets": 1, "gap_seconds": 0.02}).startswith("1 damaged piece, 0.0 s")


def test_each_doubt_is_said_once():
    role = {"split_note": "3 channels mixed to one; only one voice could be told apart"}
    said = doubts(role, {**AUDIO, "layout_note": "3 channels mixed to one", "dropped_packs": 1, "redactions": 2})
    assert said[0] == role["split_note"]
    assert len(said) == 3
    assert said[1].endswith(": 1")
    assert said[2].endswith(": 2")
