"""Calls in worker processes that share a recogniser, as they share a GPU; here it is on the CPU."""

import wave
from concurrent.futures import Future

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from convintel import pipeline, transcript
from convintel.errors import ModelError
from convintel.ledger import Ledger
from convintel.pipeline import process
from convintel.recordings import decode
from convintel.settings import load
from convintel.store import Store
from convintel.workspace import Workspace
from tests.pipeline.crash import ServesUntilMono, dies

SETTINGS = '[speech]\nmodel = "whisper-tiny.en"\ndevice = "cpu"\n'


@pytest.fixture
def workspace(tmp_path, samples):
    """Two short calls with a channel for each party, and a longer one, which is begun first, with one channel."""
    root = tmp_path / "acme"
    (root / "inbox").mkdir(parents=True)
    (root / "convintel.toml").write_text(SETTINGS)
    both = decode(samples / "inbox" / "phone" / "daniel-cold.mp3").samples
    for number in range(2):
        write(root / "inbox" / f"call-{number}.wav", both[:, number * 160000 :][:, : (number + 10) * 16000])
    write(root / "inbox" / "mono.wav", both[:, : 16000 * 16].mean(axis=0, keepdims=True))
    return Workspace(root)


def write(path, sound):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(np.ascontiguousarray(sound.T).astype("<i2").tobytes())


def jobs_of(workspace):
    with Ledger(workspace.ledger) as ledger:
        found = pipeline.survey(workspace, load(workspace.root), ledger)
    return pipeline.pending_jobs(found, Store(workspace.store))


def outcomes_of(workspace, jobs, settings):
    outcomes = {}
    process.process_calls(
        jobs,
        store=Store(workspace.store),
        settings=settings,
        workers=2,
        on_outcome=lambda outcome: outcomes.__setitem__(outcome.path.removeprefix("inbox/"), outcome),
        recognisers=1,
    )
    return outcomes


def test_a_shared_recogniser_gives_the_same_tables_and_what_kills_it_is_set_aside_alone(
    workspace, tmp_path, monkeypatch
):
    notes, settings, store = tmp_path / "notes", load(workspace.root), Store(workspace.store)
    monkeypatch.setattr(transcript, "serve", ServesUntilMono(notes))
    jobs = jobs_of(workspace)
    outcomes = outcomes_of(workspace, jobs, settings)
    killer = outcomes.pop("mono.wav")
    assert killer.reason == "the process that recognises died while it had this call alone"
    assert killer.transient
    assert [(path, outcomes[path].status) for path in sorted(outcomes)] == [(f"call-{n}.wav", "done") for n in range(2)]
    assert 2 <= notes.read_text().count("begun") <= 3  # with others, alone, and again if there was a call after that
    recogniser = transcript.load_recogniser(settings, together=True)
    for job in jobs:
        if job.path.name != "mono.wav":
            alone = transcript.transcribe(job.call["call_id"], decode(job.path), recogniser, settings)
            for name, table in alone.items():
                stored = store.read("transcript", job.call["call_id"], job.keys.transcript, name)
                assert_frame_equal(stored, table.select(stored.columns), check_dtypes=False, abs_tol=1e-3)
                assert name != "words" or table["text"].len() > 10


def test_a_recogniser_that_does_not_survive_its_start_ends_the_run_and_says_so(workspace, monkeypatch):
    monkeypatch.setattr(transcript, "serve", dies)
    with pytest.raises(ModelError, match=r"^whisper-tiny.en: the process that recognises .* died while it loaded"):
        outcomes_of(workspace, jobs_of(workspace), load(workspace.root))


class Hanging:
    """A pool whose worker never ends with one call, nor with any that asks the first recogniser."""

    victim, first = "", "door-1"

    def submit(self, function, job, store, settings, address):
        answer = Future()
        if job.call["call_id"] != self.victim and address != self.first:
            answer.set_result(process.done(job))
        return answer

    def shutdown(self, **options):
        pass


class Doors:
    """A shared recogniser without a process."""

    def __init__(self):
        self.number, self.ended = 1, []

    def address(self):
        return f"door-{self.number}"

    def end(self, address=None):
        if address == self.address():
            self.number += 1
            self.ended.append(address)

    def __enter__(self):
        return [self]

    def __exit__(self, *error):
        pass


def test_when_the_recogniser_hangs_only_the_call_that_hangs_it_alone_is_given_up(workspace, monkeypatch):
    jobs, doors, settings = jobs_of(workspace), Doors(), load(workspace.root)
    settings = settings.model_copy(update={"run": settings.run.model_copy(update={"call_minutes": 0.001})})
    monkeypatch.setattr(process, "_SLOWEST", 0)
    monkeypatch.setattr(process, "new_pool", Hanging)
    monkeypatch.setattr(process, "kill", lambda pool: None)
    monkeypatch.setattr(process, "shared_recognisers", lambda settings, count: doors)
    monkeypatch.setattr(Hanging, "victim", jobs[1].call["call_id"])
    outcomes = outcomes_of(workspace, jobs, settings)
    assert outcomes.pop(jobs[1].path.name).reason == "not done after 0 minutes, so it was given up"
    assert [outcome.status for outcome in outcomes.values()] == ["done"] * 2
    assert len(doors.ended) == len(set(doors.ended)) >= 2
