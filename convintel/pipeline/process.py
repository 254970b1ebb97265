"""New calls through the stages that look at one call, in one worker process per core.

Each worker has its own recogniser with one thread and loads it once. A worker that dies (a crash in native code, the
system's memory killer) costs its call in hand: the call is tried once more in a fresh worker, then set aside. So is a
call that takes much longer than any call should.
"""

from __future__ import annotations

import multiprocessing
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

from convintel import recordings, signals, transcript, turns, worker
from convintel.errors import ConvintelError, RecordingError, UnreadableError
from convintel.ledger import MOST_TRIES
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


def process_call(job: Job, store: Store, settings: Settings) -> None:
    """Bring one call's transcript, turns and signals into the store; results that are there are not made again.

    Raises:
        RecordingError: the call cannot be used.
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
            words = transcript.transcribe(call_id, audio(), _recogniser(settings.model_dump_json()), settings)
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
) -> None:
    """Process all jobs in `workers` processes; `on_outcome` hears of each call, from this thread, as it ends."""
    count = max(1, min(worker_count(settings, workers), len(jobs)))
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    ended: queue.SimpleQueue[CallOutcome | BaseException] = queue.SimpleQueue()
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=count) as threads:
        for _ in range(count):
            threads.submit(_serve, waiting, ended, stop, store, settings)
        try:
            for _ in jobs:
                outcome = ended.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                on_outcome(outcome)
        finally:
            stop.set()


def worker_count(settings: Settings, asked: int | None) -> int:
    """Return how many worker processes to use: asked for, else the settings', else one a core."""
    return asked or settings.run.workers or len(os.sched_getaffinity(0))


def _serve(
    waiting: queue.SimpleQueue[Job],
    ended: queue.SimpleQueue[CallOutcome | BaseException],
    stop: threading.Event,
    store: Store,
    settings: Settings,
) -> None:
    pool = _new_pool()
    try:
        while not stop.is_set():
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            pool, outcome = _run(pool, job, store, settings)
            ended.put(outcome)
    except BaseException as error:  # hand it to the caller's thread, which would else wait for ever
        ended.put(error)
    finally:
        pool.shutdown(cancel_futures=True)


def _run(
    pool: ProcessPoolExecutor, job: Job, store: Store, settings: Settings
) -> tuple[ProcessPoolExecutor, CallOutcome]:
    for _ in range(_TRIES):
        try:
            limit = 60 * settings.run.call_minutes + _SLOWEST * job.seconds
            return pool, pool.submit(_in_worker, job, store, settings).result(timeout=limit)
        except BrokenProcessPool:
            pool.shutdown()
            pool = _new_pool()
        except TimeoutError:
            _kill(pool)
            reason = f"not done after {limit / 60:.0f} minutes, so it was given up"
            return _new_pool(), set_aside(job, reason, f"listen to the file, or raise [run] call_minutes; {_AGAIN}")
    reason = f"the worker process died {_TRIES} times while at this call"
    remedy = f"if memory is short, use fewer --workers; else export the recording again; {_AGAIN}"
    return pool, set_aside(job, reason, remedy, transient=True)


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the worker of a pool, whatever it is at."""
    for process in list((pool._processes or {}).values()):  # the pool itself only waits
        process.kill()
    pool.shutdown()


def _new_pool() -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=spawn, initializer=worker.begin, initargs=(os.getpid(),))


def _in_worker(job: Job, store: Store, settings: Settings) -> CallOutcome:
    try:
        process_call(job, store, settings)
    except UnreadableError as error:
        return unread(job, error)
    except RecordingError as error:
        return set_aside(job, error.what, error.remedy or "look at the file")
    except ConvintelError:  # models, workspace, settings: no call would fare better
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
def _recogniser(settings: str) -> transcript.Recogniser:
    return transcript.load_recogniser(Settings.model_validate_json(settings))


@cache
def _reader(settings: str) -> signals.Reader:
    return signals.load_reader(Settings.model_validate_json(settings))
