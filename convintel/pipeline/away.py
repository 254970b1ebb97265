"""Work for machines without a common folder: what a shard needs goes through an object store, and comes back.

The workspace keeps a note, beside the store, of where a run may have left something: whoever works on it next clears
that place, whatever the settings say by then, and keeps the results that had not come back.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from convintel import turns
from convintel.errors import ShareError, UnreadableError
from convintel.pipeline.process import CallOutcome, unread
from convintel.pipeline.survey import STAGE_TABLES, Job, Keys
from convintel.settings import Settings
from convintel.share import AwayStore, Result, Share, clear, packed, recording_name, result_name
from convintel.store import Store, write_atomically


class Exchange:
    """What a run sends to the machines and takes back from them, call by call."""

    def __init__(self, share: Share, jobs: Iterable[Job], store: Store, settings: Settings) -> None:
        self.share = share
        self._store, self._settings = store, settings
        self._sent: set[str] = set()
        self._teachers = {teacher.call_id for job in jobs for teacher in job.teachers}

    def send(self, jobs: Iterable[Job]) -> None:
        """Write to the share what the machines need for some calls, each thing once.

        Raises:
            ShareError: the object store cannot be used.
        """
        needed = {name: path for job in jobs for name, path in self._needs(job) if name not in self._sent}
        results = {name: packed(path) for name, path in needed.items() if path.is_dir()}
        # a recording that cannot be read is missed on the machine as it would be here: its call is set aside
        self._sent |= self.share.send({name: needed[name] for name in needed.keys() - results.keys()}, results)

    def take(self, job: Job, outcome: CallOutcome) -> CallOutcome:
        """Bring the results of a call that has ended into the store, and delete what the share holds of it.

        Returns the outcome; if a result is damaged or missing, one that has the call tried again.

        Raises:
            ShareError: the object store cannot be used.
            WorkspaceError: the store cannot be written.
        """
        came: set[str] = set()
        for stage in STAGE_TABLES:
            result = (stage, job.call["call_id"], getattr(job.keys, stage))
            try:
                if self._store.has(*result) or self.share.adopt(result, self._store):
                    came.add(result_name(result))
                elif outcome.status == "done":
                    outcome = unread(job, UnreadableError(f"missing: {self.share.url}/{result_name(result)}"))
            except UnreadableError as error:
                came.add(result_name(result))
                outcome = unread(job, error)
        if job.call["call_id"] not in self._teachers:
            came |= self._sent & {recording_name(job.call["call_id"], job.path)}
        self.share.drop(sorted(came))
        return outcome

    def _needs(self, job: Job) -> Iterator[tuple[str, Path]]:
        """Yield names of objects with the recording, or the folder of the result, that they are made of."""
        call_id, keys = job.call["call_id"], job.keys
        known = [stage for stage in STAGE_TABLES if self._store.has(stage, call_id, getattr(keys, stage))]
        for stage in known:
            yield self._result((stage, call_id, getattr(keys, stage)))
        if not {"transcript", "turns"} <= set(known):
            yield recording_name(call_id, job.path), job.path
        for teacher in () if "turns" in known else job.teachers:
            voice = ("voices", teacher.call_id, turns.voice_key(teacher, self._settings))
            known_voice = self._store.has(*voice)
            yield self._result(voice) if known_voice else (recording_name(teacher.call_id, teacher.path), teacher.path)

    def _result(self, result: Result) -> tuple[str, Path]:
        return result_name(result), self._store.path(*result)


@contextmanager
def exchange(jobs: Sequence[Job], store: Store, settings: Settings) -> Iterator[Exchange]:
    """Have an exchange for the block; afterwards the share of the settings holds nothing.

    Raises:
        ShareError: the object store cannot be used.
    """
    wanted = _wanted(
        {job.call["call_id"]: job.keys for job in jobs}, {one for job in jobs for one in job.teachers}, settings
    )
    url = settings.run.share
    clear(url, store, wanted)
    write_atomically(_note(store), url)
    try:
        yield Exchange(Share.begin(url), jobs, store, settings)
    except BaseException:
        with suppress(ShareError):  # the note stays: the next run does it
            _clear(url, store, wanted)
        raise
    _clear(url, store, wanted)


def recover(store: Store, keys: Mapping[str, Keys], teachers: Iterable[turns.Teacher], settings: Settings) -> None:
    """Clear the share that a run which was killed had used, if there is one, and keep the results that are wanted.

    Raises:
        ShareError: the object store cannot be used.
    """
    url = left_at(store)
    if not url:
        return
    try:
        _clear(url, store, _wanted(keys, teachers, settings))
    except ShareError as error:
        raise ShareError(
            f"what a run that was killed left there cannot be cleared away: {error.what}",
            where=error.where,
            remedy=f"{error.remedy}; if it is gone for good, delete {_note(store)}",
        ) from error


def left_at(store: Store) -> str:
    """Return the address where a run that goes on, or was killed, may have something; empty: nowhere."""
    note = _note(store)
    return note.read_text("utf-8") if note.is_file() else ""


@contextmanager
def away(jobs: Iterable[Job], share: Share, folder: Path) -> Iterator[tuple[list[Job], Store]]:
    """Give the jobs and a store in a new folder within `folder`, on a machine without the workspace; it goes again."""
    share.ensure_on()
    own = Path(tempfile.mkdtemp(dir=folder, prefix="convintel-"))  # its user's alone
    try:
        yield [_moved(job, own / "recordings") for job in jobs], AwayStore(own / "store", share)
    finally:
        for _ in range(10):  # processes whose parent was killed notice it within half a second
            shutil.rmtree(own, ignore_errors=True)
            if not own.exists():
                break
            time.sleep(0.5)


def _moved(job: Job, folder: Path) -> Job:
    def there(call_id: str, path: Path) -> Path:
        return folder / Path(recording_name(call_id, path)).name

    teachers = tuple(replace(teacher, path=there(teacher.call_id, teacher.path)) for teacher in job.teachers)
    return replace(job, path=there(job.call["call_id"], job.path), teachers=teachers)


def _wanted(keys: Mapping[str, Keys], teachers: Iterable[turns.Teacher], settings: Settings) -> frozenset[Result]:
    calls = {(stage, call_id, getattr(each, stage)) for call_id, each in keys.items() for stage in STAGE_TABLES}
    return frozenset(calls | {("voices", one.call_id, turns.voice_key(one, settings)) for one in teachers})


def _clear(url: str, store: Store, wanted: frozenset[Result]) -> None:
    clear(url, store, wanted)
    _note(store).unlink(missing_ok=True)


def _note(store: Store) -> Path:
    return store.root.with_name("share")
