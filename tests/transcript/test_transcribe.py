"""The stage as a whole: guards, keys and the real small recogniser on a sample call."""

import itertools

import numpy as np
import pytest

from convintel.errors import NoSpeechError
from convintel.recordings.audio import Audio, decode
from convintel.settings import Settings
from convintel.transcript import HeardWord, load_recogniser, transcribe, transcript_key, unheard
from convintel.values import Span

CALL = "0123456789abcdef"


def audio(samples):
    samples = np.atleast_2d(samples)
    if samples.dtype != np.int16:
        samples = np.round(samples * 32767).astype(np.int16)
    seconds = samples.shape[1] / 16000
    return Audio(samples, seconds, seconds, 0, 0.0, len(samples), 16000, "pcm_s16le")


@pytest.fixture(scope="module")
def sample(samples):
    return decode(samples / "inbox" / "phone" / "daniel-cold.mp3")


class Scripted:
    """Answers as told, and remembers what it was asked."""

    name = "scripted"

    def __init__(self, *answers):
        self.answers = itertools.cycle(answers)
        self.asked = []

    def transcribe(self, sounds, *, speech_seconds, vocabulary=(), several=False, careful=False):
        assert len(sounds) == len(speech_seconds)
        self.asked += [(len(sound) / 16000, careful, tuple(vocabulary)) for sound in sounds]
        return [next(self.answers) for _ in sounds]


def test_silence_and_noise_are_set_aside_with_a_reason():
    noise = np.random.default_rng(0).normal(0, 0.01, 16000 * 5)
    for samples in (np.zeros(16000 * 5), noise, np.zeros(3200), np.zeros(0)):
        with pytest.raises(NoSpeechError, match="nobody speaks"):
            transcribe(CALL, audio(samples), Scripted(None), Settings())


class Deaf(Scripted):
    """Hears a word each second, but in the careless reading nothing from second 12 of a recording's first track on."""

    def __init__(self, *, again):
        super().__init__()
        self.again = again

    def transcribe(self, sounds, *, careful=False, **others):
        super_asked = [(len(sound) / 16000, careful, ()) for sound in sounds]
        self.asked += super_asked
        limit = 99.0 if careful and self.again else (0.0 if careful else 12.0)
        return [
            [HeardWord(Span(t, t + 0.8), "word", 0.9) for t in np.arange(0.2, min(seconds, limit), 1.0).tolist()]
            for seconds, _, _ in super_asked
        ]


def test_a_doubtful_pack_is_read_again_in_two_and_what_stays_bad_is_counted(sample):
    word = HeardWord(Span(0.1, 0.5), "Hello", 0.9)
    asked = Scripted(None, None, [word], None)
    tables = transcribe(CALL, sample, asked, Settings(turns={"duplicate_correlation": 1.0}))
    careful = [careful for _, careful, _ in asked.asked]
    assert not careful[0]
    assert True in careful
    assert tables["audio"].item(0, "dropped_packs") >= 1


def test_speech_that_got_no_word_is_read_again_and_counted_when_it_stays_silent(sample):
    found = transcribe(CALL, sample, Deaf(again=True), Settings())
    assert found["audio"].item(0, "dropped_packs") == 0
    lost = transcribe(CALL, sample, Deaf(again=False), Settings())
    assert lost["audio"].item(0, "dropped_packs") > 0
    assert lost["words"].height < found["words"].height
    for track in ("0", "1"):
        rows = found["speech"].filter(found["speech"]["track"] == track)
        spans = [Span(row["start"], row["end"]) for row in rows.iter_rows(named=True)]
        words = found["words"].filter(found["words"]["track"] == track).rows(named=True)
        assert all(span.duration < 3 for span in unheard(spans, words))


def test_left_out_speech_is_found_also_behind_one_long_word():
    words = [{"start": 0.0, "end": 0.4}, {"start": 0.5, "end": 6.0}, {"start": 6.1, "end": 6.5}]
    (left,) = unheard([Span(0, 6.5)], words)
    assert left == Span(1.5, 6.1)
    assert unheard([Span(0, 1.4)], []) == []
    assert unheard([Span(0, 2), Span(4, 7)], []) == [Span(0, 2), Span(4, 7)]


def test_nothing_trusted_at_all_is_set_aside(sample):
    with pytest.raises(NoSpeechError, match="no words"):
        transcribe(CALL, sample, Scripted(None), Settings())


def test_the_vocabulary_reaches_the_recogniser(sample):
    asked = Scripted([HeardWord(Span(0, 1), "x", 1.0)])
    transcribe(CALL, sample, asked, Settings(company={"vocabulary": ["Tallyroute"]}))
    assert all(vocabulary == ("Tallyroute",) for _, _, vocabulary in asked.asked)
    assert all(seconds <= 29 for seconds, _, _ in asked.asked)


def test_real_words_lie_in_order_in_the_speech_of_their_channel_and_repeat_exactly(sample):
    part = audio(sample.samples[:, : 16000 * 40])
    settings = Settings(speech={"model": "whisper-tiny.en"})
    recogniser = load_recogniser(settings)
    tables = transcribe(CALL, part, recogniser, settings)
    words, speech = tables["words"], tables["speech"]
    assert words.height > 40
    assert words["start"].is_sorted()
    assert set(words["track"]) == {"0", "1"}
    for row in words.iter_rows(named=True):
        near = speech.filter(
            (speech["track"] == row["track"])
            & (speech["start"] <= row["end"] + 0.3)
            & (speech["end"] >= row["start"] - 0.3)
        )
        assert near.height, row
    again = transcribe(CALL, part, recogniser, settings)
    assert all(again[name].equals(tables[name]) for name in tables)


def test_the_key_follows_what_is_read_and_nothing_else():
    key = transcript_key(CALL, "recording", Settings())
    assert transcript_key(CALL, "recording", Settings(themes={"seed": 8})) == key
    changed = [
        Settings(speech={"model": "whisper-tiny.en"}),
        Settings(speech={"vad_threshold": 0.5}),
        Settings(company={"vocabulary": ["Acme"]}),
        Settings(privacy={"redact": False}),
        Settings(turns={"duplicate_correlation": 0.9}),
    ]
    keys = {transcript_key(CALL, "recording", settings) for settings in changed}
    assert len(keys | {key}) == len(changed) + 1
    ready = transcript_key(CALL, "transcript", Settings())
    assert transcript_key(CALL, "transcript", Settings(speech={"model": "whisper-tiny.en"})) == ready
