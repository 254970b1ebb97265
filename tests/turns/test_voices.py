"""Two voices of a call mixed to one channel are told apart, and talk time comes out as in the reference."""

import numpy as np
import pytest

from convintel.evaluate.speech import read_rttm, voice_errors
from convintel.recordings.audio import decode
from convintel.recordings.track import mix
from convintel.settings import Settings
from convintel.tables import frame
from convintel.transcript import activity
from convintel.turns import build_turns, turns_key
from convintel.turns.voices import APART, diarize
from convintel.values import Span, overlap, total

SECONDS = 60
CALL = {"call_id": "0" * 16, "rep_name": None, "customer_name": None, "channel_roles": None}


@pytest.fixture(scope="module")
def recording(samples):
    return decode(samples / "inbox" / "phone" / "daniel-cold.mp3")


@pytest.fixture(scope="module")
def mixed(recording):
    return mix(recording.samples[:, : SECONDS * 16000])


@pytest.fixture(scope="module")
def speech(mixed):
    return activity.spans(activity.active_frames(mixed, Settings().speech), SECONDS)


@pytest.fixture(scope="module")
def reference(samples):
    spans = read_rttm(samples / "inbox" / "phone" / "daniel-cold.rttm")
    return {who: [span & Span(0, SECONDS) for span in own if span.start < SECONDS] for who, own in spans.items()}


@pytest.fixture(scope="module")
def voices(mixed, speech):
    return diarize(mixed, speech)


def test_two_voices_and_their_shares(voices, reference):
    errors = voice_errors(reference, voices.spans)
    counts = errors["der"]["0.25"]
    assert (counts["missed"] + counts["false_alarm"] + counts["confusion"]) / counts["speech"] < 0.1
    assert errors["talk_share_error"] < 0.03
    assert list(voices.spans) == ["A", "B"]
    assert voices.apart > APART
    assert not voices.one
    assert voices.spans["A"][0].start < voices.spans["B"][0].start


def test_voices_speak_inside_speech_and_hardly_at_once_where_nobody_does(voices, speech):
    assert all(total(overlap(spans, speech)) > total(spans) - 0.5 for spans in voices.spans.values())
    assert total(overlap(voices.spans["A"], voices.spans["B"])) < 0.02 * total(speech)


def test_where_both_speak_at_once_both_are_heard(recording):
    """The customer's channel moved over the rep's."""
    left, right = recording.samples[:, : SECONDS * 16000]
    moved = np.roll(right, 4 * 16000)
    each = [activity.spans(activity.active_frames(one, Settings().speech), SECONDS) for one in (left, moved)]
    mixed = mix(np.stack([left, moved]))
    voices = diarize(mixed, activity.spans(activity.active_frames(mixed, Settings().speech), SECONDS))
    found = overlap(voices.spans["A"], voices.spans["B"])
    assert total(found) > 0.3 * total(overlap(*each)) > 1
    assert total(overlap(found, overlap(*each))) > 0.7 * total(found)


def test_the_same_sound_gives_the_same_voices(mixed, speech, voices):
    first, second = voices, diarize(mixed, speech)
    assert first.spans == second.spans
    assert np.array_equal(first.centres, second.centres)


def test_one_voice_split_in_two_is_much_alike(recording):
    alone = recording.samples[0][: SECONDS * 16000]
    spans = activity.spans(activity.active_frames(alone, Settings().speech), SECONDS)
    split = diarize(alone, spans)
    assert split.alike > 0.8
    assert split.apart < APART


def test_a_little_speech_is_one_voice(mixed, speech):
    assert "A" in diarize(mixed, speech[:1], speakers=2).spans


def test_words_of_one_channel_go_to_the_voice_that_says_them(recording, mixed, speech, reference):
    """One made-up word a second of speech: each must land with the speaker of the reference."""
    words = [
        {"call_id": CALL["call_id"], "start": t, "end": t + 0.4, "text": f"w{i}.", "probability": 0.9, "track": "mix"}
        for i, t in enumerate(np.arange(0, SECONDS - 1, 1.0).tolist())
        if sum(any(span.start <= t and t + 0.4 <= span.end for span in own) for own in reference.values()) == 1
    ]
    rows = [{"call_id": CALL["call_id"], "start": span.start, "end": span.end, "track": "mix"} for span in speech]
    info = {
        "call_id": CALL["call_id"], "seconds": SECONDS, "bad_packets": 0, "gap_seconds": 0, "channels": 1,
        "sample_rate": 8000, "codec": "", "layout": "mono", "layout_note": "", "word_timing": "measured",
        "dropped_packs": 0, "redactions": 0, "model": "",
    }  # fmt: skip
    tables = {"audio": frame("audio", [info]), "words": frame("words", words), "speech": frame("speech", rows)}

    class Mono:
        samples = mixed[None, :]

    built = build_turns(CALL, tables, load_audio=Mono, reps=(), corrections={}, settings=Settings())
    said = {text: row["speaker"] for row in built["turns"].iter_rows(named=True) for text in row["text"].split()}
    truth = {
        word["text"]: who
        for word in words
        for who, own in reference.items()
        if any(span.start <= word["start"] and word["end"] <= span.end for span in own)
    }
    pairs = [(said[text], truth[text]) for text in truth]
    best = max(sum(pair in mapping for pair in pairs) for mapping in _mappings(sorted(reference)))
    assert best / len(pairs) > 0.9
    assert built["roles"].item(0, "split") == "diarization"


def _mappings(people):
    first, second = people
    return [{("A", first), ("B", second)}, {("A", second), ("B", first)}]


def test_the_key_follows_names_maps_and_corrections():
    def key(call=None, corrections=None, settings=None):
        return turns_key({**CALL, **(call or {})}, "t", (), corrections or {}, settings or Settings())

    keys = [
        key(),
        key({"channel_roles": "rep,customer"}),
        key({"rep_name": "Al"}),
        key(corrections={CALL["call_id"]: "swap"}),
        key(settings=Settings(turns={"turn_gap": 2})),
    ]
    assert len(set(keys)) == len(keys)
    assert key({"account": "Acme"}, {"another call": "swap"}) == keys[0]
