"""Worker processes: one at a time in a pool of its own, and the one that recognises for all others."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from convintel import transcript, worker
from convintel.errors import ModelError
from convintel.settings import Settings


def new_pool() -> ProcessPoolExecutor:
    """Return a pool of one single-threaded process, which ends with this one."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=spawn, initializer=worker.begin, initargs=(os.getpid(),))


def kill(pool: ProcessPoolExecutor) -> None:
    """End the process of a pool, whatever it is at."""
    for process in list((pool._processes or {}).values()):  # the pool itself only waits
        process.kill()
    pool.shutdown()


class SharedRecogniser:
    """The process that recognises for workers: begun when first asked for, and anew when it was ended."""

    def __init__(self, settings: Settings, gpu: int, folder: Path) -> None:
        self._settings, self._gpu, self._folder = settings, gpu, folder
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._begun = 0

    def address(self) -> str:
        """Return where it answers; its model is loaded then.

        Raises:
            ModelError: the model is missing or not the one pinned, or the process does not survive its loading.
        """
        with self._lock:
            if self._pool is None:
                self._begun += 1
                self._pool = self._new()
            return self._address

    def end(self, address: str | None = None) -> None:
        """End the process, whatever it is at; with an address only if it is the one that answers there."""
        with self._lock:
            if self._pool is not None and address in (None, self._address):
                kill(self._pool)
                self._pool = None

    @property
    def _address(self) -> str:
        return str(self._folder / f"{self._gpu}-{self._begun}")

    def _new(self) -> ProcessPoolExecutor:
        pool = new_pool()
        try:
            pool.submit(transcript.serve, self._address, self._settings, self._gpu).result()
        except BrokenProcessPool as error:
            kill(pool)
            what = "the process that recognises for all workers died while it loaded the model"
            remedy = 'look at the memory of machine and GPU; [speech] device = "cpu" does without a GPU'
            raise ModelError(what, where=self._settings.speech.model, remedy=remedy) from error
        except BaseException:
            kill(pool)
            raise
        return pool


@contextmanager
def shared_recognisers(settings: Settings, count: int) -> Iterator[list[SharedRecogniser]]:
    """Give `count` recognisers, one a GPU, whose processes end with the block."""
    with tempfile.TemporaryDirectory(prefix="convintel-") as folder:
        shared = [SharedRecogniser(settings, gpu, Path(folder)) for gpu in range(count)]
        try:
            yield shared
        finally:
            for each in shared:
                each.end()
