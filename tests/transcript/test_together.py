"""Packs of several callers in one batch: the same words as alone, oldest first, errors where they belong."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import numpy as np
import pytest

from convintel.errors import ModelError, RecogniserDiedError
from convintel.recordings.audio import decode
from convintel.recordings.track import floats
from convintel.settings import Settings
from convintel.transcript import Remote, load_recogniser, remote, serve
from convintel.transcript.recogniser import HeardWord
from convintel.transcript.together import Together
from convintel.values import Span


def pack(number):
    """A sound that says who it is; it is never listened to."""
    return np.full(1, number, dtype=np.float32)


class Gated:
    """Names each sound, notes its batches, and holds the first one until told; negative sounds cannot be read."""

    name = "gated"

    def __init__(self):
        self.batches, self.open, self.begun = [], threading.Event(), threading.Event()

    def transcribe(self, sounds, *, speech_seconds, vocabulary=(), several=False, careful=False):
        self.batches.append(([int(sound[0]) for sound in sounds], careful))
        self.begun.set()
        assert self.open.wait(10)
        if min(sound[0] for sound in sounds) < 0:
            raise ValueError("cannot be read")
        return [[HeardWord(Span(0, second), str(int(sound[0])), 1.0)]
                for sound, second in zip(sounds, speech_seconds, strict=True)]  # fmt: skip


@pytest.fixture
def gated():
    return Gated()


def ask(recogniser, *numbers, careful=False):
    sounds = [pack(number) for number in numbers]
    found = recogniser.transcribe(sounds, speech_seconds=[1.0] * len(sounds), careful=careful)
    return [words[0].text for words in found]


def queued(together, *asked):
    """Begin each request in a thread, in this order, while the first one is being read; then let them all be read."""
    gated = together._recogniser
    with ThreadPoolExecutor(len(asked)) as threads:
        answers, packs = [], 0
        for numbers, careful in asked:
            answers.append(threads.submit(ask, together, *numbers, careful=careful))
            assert gated.begun.wait(10)
            packs += len(numbers) if len(answers) > 1 else 0
            deadline = time.monotonic() + 10
            while together.waiting < packs and time.monotonic() < deadline:
                time.sleep(0.005)
        gated.open.set()
        return answers


def test_what_waits_is_read_together_oldest_first_and_each_caller_gets_its_own(gated):
    together = Together(gated, at_once=4)
    answers = queued(
        together, ([0], False), ([1, 2, 3], False), ([4], True), ([5, 6], False), ([7], True), ([8], False)
    )
    assert gated.batches == [([0], False), ([1, 2, 3, 5], False), ([4, 7], True), ([6, 8], False)]
    assert [answer.result() for answer in answers] == [["0"], ["1", "2", "3"], ["4"], ["5", "6"], ["7"], ["8"]]
    assert together.waiting == 0


def test_a_pack_that_cannot_be_read_fails_its_caller_and_not_the_others_of_its_batch(gated):
    answers = queued(Together(gated, at_once=16), ([0], False), ([1, 2], False), ([3, -4], False), ([5], False))
    assert gated.batches[1] == ([1, 2, 3, -4, 5], False)
    assert [answers[n].result() for n in (0, 1, 3)] == [["0"], ["1", "2"], ["5"]]
    with pytest.raises(ValueError, match="cannot be read"):
        answers[2].result()


def test_nothing_asked_is_nothing_read(gated):
    assert ask(Together(gated, at_once=4)) == []
    assert gated.batches == []


def test_a_recogniser_that_answers_too_little_fails_and_does_not_hang(gated, monkeypatch):
    monkeypatch.setattr(gated, "transcribe", lambda sounds, **others: [])
    with pytest.raises(ValueError, match="zip"):
        ask(Together(gated, at_once=4), 1, 2)


def test_real_words_do_not_depend_on_what_else_is_in_the_batch(samples):
    settings = Settings(speech={"model": "whisper-tiny.en", "device": "cpu"})
    tracks = floats(decode(samples / "inbox" / "phone" / "daniel-cold.mp3").samples)
    lengths = (19.9, 4.0, 12.0, 17.0, 8.0, 6.0)
    packs = [tracks[n % 2, n * 144000 :][: int(16000 * seconds)] for n, seconds in enumerate(lengths)]
    recogniser = load_recogniser(settings, together=True)
    alone = [recogniser.transcribe([one], speech_seconds=[20.0])[0] for one in packs]
    counted = Counted(recogniser)
    together, start = Together(counted, at_once=16), threading.Barrier(3)

    def read(caller):
        start.wait(10)
        return together.transcribe(packs[caller * 2 : caller * 2 + 2], speech_seconds=[20.0, 20.0])

    with ThreadPoolExecutor(3) as threads:
        found = [words for pair in threads.map(read, range(3)) for words in pair]
    assert max(counted.sizes) >= 4
    assert sum(len(words or ()) for words in alone) > 50
    for words, others in zip(found, alone, strict=True):
        assert [(word.text, word.span) for word in words] == [(word.text, word.span) for word in others]
        assert [word.probability for word in words] == pytest.approx([word.probability for word in others], abs=1e-4)


class Counted:
    """Notes how large the batches of a recogniser are."""

    def __init__(self, recogniser):
        self.name, self.recogniser, self.sizes = recogniser.name, recogniser, []

    def transcribe(self, sounds, **options):
        self.sizes.append(len(sounds))
        return self.recogniser.transcribe(sounds, **options)


@pytest.fixture
def address(gated, tmp_path, monkeypatch):
    """Where the gated recogniser answers, its gate open."""
    gated.open.set()
    monkeypatch.setattr(remote, "load_recogniser", lambda settings, *, together, gpu: gated)
    serve(str(tmp_path / "door"), Settings(), 0)
    return str(tmp_path / "door")


def test_another_process_is_asked_as_if_it_were_here(address, gated):
    one, other = Remote(address), Remote(address)
    assert one.name == "gated"
    assert ask(one, 1, 2, careful=True) == ["1", "2"]
    assert ask(other, 3) == ["3"]
    assert gated.batches == [([1, 2], True), ([3], False)]


def test_errors_come_back_and_the_next_question_is_answered(address, gated, monkeypatch):
    asking = Remote(address)
    with pytest.raises(RuntimeError, match="ValueError: cannot be read"):
        ask(asking, -1)
    assert ask(asking, 1) == ["1"]

    def missing(sounds, **options):
        raise ModelError("is missing", where="x", remedy="pull it")

    monkeypatch.setattr(gated, "transcribe", missing)
    with pytest.raises(ModelError, match="x: is missing → pull it"):
        ask(asking, 1)


def test_strangers_are_not_let_in_and_keep_nobody_out(address):
    with pytest.raises(AuthenticationError):
        Client(address, authkey=b"guess")
    Client(address).close()  # says nothing and goes
    assert ask(Remote(address), 1) == ["1"]


def test_a_recogniser_that_has_gone_is_told_as_that(tmp_path):
    with pytest.raises(RecogniserDiedError, match="has ended"):
        Remote(str(tmp_path / "nobody"))
