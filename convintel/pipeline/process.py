"""New calls through the stages that look at one call, in one worker process per core.

Each worker has its own recogniser with one thread and loads it once; where there are GPUs, one process a GPU recognises
for all workers. A worker that dies (a crash in native code, the system's memory killer) costs its call in hand: it is
tried once more in a fresh worker, then set aside. So is a call that takes much longer than any call should. When the
process that recognises for all dies or hangs, nobody knows by whose call: each is tried once more at the end, alone.
"""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from convintel import recordings, signals, transcript, turns
from convintel.errors import ConvintelError, RecogniserDiedError, RecordingError, UnreadableError
from convintel.ledger import MOST_TRIES
from convintel.pipeline.pool import SharedRecogniser, kill, new_pool, shared_recognisers
from convintel.pipeline.survey import STAGE_TABLES, Job
from convintel.settings import Settings
from convintel.store import Store, file_digest
from convintel.tables import frame

_TRIES: Final = 2
_SLOWEST: Final = 30  # seconds of work for a second of audio: ten times what the largest model needs on an old machine
_AGAIN: Final = f"later runs try {MOST_TRIES} times in all, then `convintel retry` does"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of one call; `key` is the content key under which a set-aside call need not be tried again."""

    call_id: str
    path: str
    status: Literal["done", "set aside"]
    key: str
    seconds: float
    reason: str = ""
    remedy: str = ""
    transient: bool = False  # may pass: the file could not be read now, memory was short


class Processing(Protocol):
    """Takes new calls through the stages that look at one call: in processes of this machine, or on a cluster."""

    def __call__(
        self,
        jobs: Sequence[Job],
        *,
        store: Store,
        settings: Settings,
        workers: int | None,
        on_outcome: Callable[[CallOutcome], None],
    ) -> None:
        """Process all jobs; `on_outcome` hears of each call, from the caller's thread, when it is known."""
        ...


def process_call(job: Job, store: Store, settings: Settings, address: str | None = None) -> None:
    """Bring one call's transcript, turns and signals into the store; results that are there are not made again.

    Args:
        job: the call.
        store: of the workspace.
        settings: of the workspace.
        address: where another process recognises; None = this one does.

    Raises:
        RecordingError: the call cannot be used.
        RecogniserDiedError: the other process ended.
        ModelError: a model is missing or wrong.
        WorkspaceError: the disk is full, or the folder cannot be written.
    """
    call, keys, call_id = job.call, job.keys, job.call["call_id"]

    def audio() -> recordings.Audio:
        decoded = recordings.decode(store.recording(job.path))
        _ensure_same(job)
        return decoded

    if not store.has("transcript", call_id, keys.transcript):
        if call["kind"] == "transcript":
            words = transcript.read_transcript(call_id, store.recording(job.path), settings)
            _ensure_same(job)
        else:
            words = transcript.transcribe(call_id, audio(), _recogniser(settings.model_dump_json(), address), settings)
        store.write("transcript", call_id, keys.transcript, words)
    heard = _tables(store, "transcript", call_id, keys.transcript)
    if not store.has("turns", call_id, keys.turns):
        said = turns.build_turns(
            call,
            heard,
            load_audio=audio,
            reps=job.reps,
            corrections=job.call_corrections,
            settings=settings,
            load_voices=lambda: _voices(job, store, settings),
        )
        store.write("turns", call_id, keys.turns, said)
    if not store.has("signals", call_id, keys.signals):
        said = _tables(store, "turns", call_id, keys.turns)
        reader = _reader(settings.model_dump_json())
        found = signals.measure(
            call, heard, said, reader=reader, corrections=job.finding_corrections, settings=settings
        )
        store.write("signals", call_id, keys.signals, found)


def _ensure_same(job: Job) -> None:
    """Refuse what was read from a file that is not, or no longer, the one that the call is named after.

    A share that goes away in the middle would else leave half a call in the store, for good.
    """
    try:
        same = file_digest(job.path).startswith(job.call["call_id"])
    except OSError as error:
        raise UnreadableError(f"the file cannot be read: {error.strerror}", where=job.path) from error
    if not same:
        raise UnreadableError("the file changed while it was being read", where=job.path)


def _voices(job: Job, store: Store, settings: Settings) -> dict[str, NDArray[np.float32]]:
    """Voices of the reps who may be on the call; a teacher that cannot be read teaches nothing."""
    found: dict[str, list[NDArray[np.float32]]] = {}
    for teacher in job.teachers:
        key = turns.voice_key(teacher, settings)
        with store.alone("voices", teacher.call_id):  # another worker may need the same voice now
            if not store.has("voices", teacher.call_id, key):
                path = store.recording(teacher.path)
                try:
                    learnt = turns.learn(teacher, recordings.decode(path), settings)
                except RecordingError:
                    learnt = frame("voices", [])
                store.write("voices", teacher.call_id, key, {"voices": learnt})
        for vector in store.read("voices", teacher.call_id, key, "voices")["vector"]:
            found.setdefault(teacher.rep, []).append(vector.to_numpy())
    return turns.recurring(found)


def process_calls(
    jobs: Sequence[Job],
    *,
    store: Store,
    settings: Settings,
    workers: int | None,
    on_outcome: Callable[[CallOutcome], None],
    recognisers: int | None = None,
) -> None:
    """Process all jobs in `workers` processes; `on_outcome` hears of each call, from this thread, as it ends.

    Args:
        jobs: the calls, those to begin with first.
        store: of the workspace.
        settings: of the workspace.
        workers: processes, each with one call in hand; None = the settings'.
        on_outcome: hears what became of each call.
        recognisers: further processes that recognise for all workers; None = one a GPU, 0 = each worker for itself.
    """
    if recognisers is None:
        recognisers = transcript.gpus(settings) if any(_to_be_heard(job, store) for job in jobs) else 0
    count = max(1, min(worker_count(settings, workers), len(jobs)))
    with shared_recognisers(settings, recognisers) as shared:
        doubted = _work_off(jobs, count, _Means(store, settings, shared), on_outcome)
        _work_off(doubted, 1, _Means(store, settings, shared, alone=True), on_outcome)


def worker_count(settings: Settings, asked: int | None) -> int:
    """Return how many worker processes to use: asked for, else the settings', else one a core."""
    return asked or settings.run.workers or len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class _Means:
    """What calls are worked off with; `alone`: nothing else is under way, so whatever goes wrong is the call's."""

    store: Store
    settings: Settings
    shared: Sequence[SharedRecogniser]
    alone: bool = False


def _work_off(jobs: Sequence[Job], count: int, means: _Means, on_outcome: Callable[[CallOutcome], None]) -> list[Job]:
    """Process jobs in `count` workers; return those to be tried once more, alone."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    ended: queue.SimpleQueue[CallOutcome | Job | BaseException] = queue.SimpleQueue()
    stop = threading.Event()
    doubted: list[Job] = []
    with ThreadPoolExecutor(max_workers=count) as threads:
        for number in range(count):
            shared = means.shared[number % len(means.shared)] if means.shared else None
            threads.submit(_serve, waiting, ended, stop, means, shared)
        try:
            for _ in jobs:
                outcome = ended.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                if isinstance(outcome, Job):
                    doubted.append(outcome)
                else:
                    on_outcome(outcome)
        finally:
            stop.set()
    return doubted


def _serve(
    waiting: queue.SimpleQueue[Job],
    ended: queue.SimpleQueue[CallOutcome | Job | BaseException],
    stop: threading.Event,
    means: _Means,
    shared: SharedRecogniser | None,
) -> None:
    pool = new_pool()
    try:
        while not stop.is_set():
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            pool, outcome = _run(pool, job, means, shared)
            ended.put(outcome)
    except BaseException as error:  # hand it to the caller's thread, which would else wait for ever
        ended.put(error)
    finally:
        pool.shutdown(cancel_futures=True)


def _run(
    pool: ProcessPoolExecutor, job: Job, means: _Means, shared: SharedRecogniser | None
) -> tuple[ProcessPoolExecutor, CallOutcome | Job]:
    limit = 60 * means.settings.run.call_minutes + _SLOWEST * job.seconds
    for _ in range(_TRIES):
        address = shared.address() if shared and _to_be_heard(job, means.store) else None
        try:
            return pool, pool.submit(_in_worker, job, means.store, means.settings, address).result(timeout=limit)
        except BrokenProcessPool:
            pool.shutdown()
            pool = new_pool()
            continue
        except RecogniserDiedError:
            outcome = _died(
                job,
                "the process that recognises died while it had this call alone",
                "if memory of the GPU is short, free some",
            )
        except TimeoutError:
            kill(pool)
            pool = new_pool()
            reason = f"not done after {limit / 60:.0f} minutes, so it was given up"
            outcome = set_aside(job, reason, f"listen to the file, or raise [run] call_minutes; {_AGAIN}")
        if shared and address:
            shared.end(address)  # dead, or it may hang
        return pool, outcome if means.alone or not address else job
    return pool, _died(
        job, f"the worker process died {_TRIES} times while at this call", "if memory is short, use fewer --workers"
    )


def _died(job: Job, how: str, remedy: str) -> CallOutcome:
    return set_aside(job, how, f"{remedy}; else export the recording again; {_AGAIN}", transient=True)


def _to_be_heard(job: Job, store: Store) -> bool:
    """Tell whether a call is a recording whose words are not in the store yet."""
    if job.call["kind"] == "transcript":
        return False
    try:
        return not store.has("transcript", job.call["call_id"], job.keys.transcript)
    except UnreadableError:  # damaged on its way from elsewhere: the worker will say so
        return True


def _in_worker(job: Job, store: Store, settings: Settings, address: str | None) -> CallOutcome:
    try:
        process_call(job, store, settings, address)
    except UnreadableError as error:
        return unread(job, error)
    except RecordingError as error:
        return set_aside(job, error.what, error.remedy or "look at the file")
    except ConvintelError:  # models, workspace, settings: no call would fare better; or the recogniser died
        raise
    except Exception as error:  # a fault of ours or of a library must not stop the other calls
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"unexpected {type(error).__name__}: {error} (at {Path(where.filename).name}:{where.lineno})"
        return set_aside(job, what, f"{_AGAIN}; please report it if it stays", transient=True)
    return done(job)


def done(job: Job) -> CallOutcome:
    """Return the outcome of a call whose results are all there."""
    return CallOutcome(job.call["call_id"], job.call["path"], "done", job.keys.signals, job.seconds)


def set_aside(job: Job, reason: str, remedy: str, *, transient: bool = False) -> CallOutcome:
    """Return the outcome of a call that cannot be used; `transient`: it may pass later."""
    return replace(done(job), status="set aside", reason=reason, remedy=remedy, transient=transient)


def unread(job: Job, error: UnreadableError) -> CallOutcome:
    """Return the outcome of a call that could not be read now."""
    return set_aside(job, error.what, _AGAIN, transient=True)


def _tables(store: Store, stage: str, call_id: str, key: str) -> dict[str, pl.DataFrame]:
    return {name: store.read(stage, call_id, key, name) for name in STAGE_TABLES[stage]}


@cache  # once per worker process
def _recogniser(settings: str, address: str | None) -> transcript.Recogniser:
    return transcript.Remote(address) if address else transcript.load_recogniser(Settings.model_validate_json(settings))


@cache
def _reader(settings: str) -> signals.Reader:
    return signals.load_reader(Settings.model_validate_json(settings))
