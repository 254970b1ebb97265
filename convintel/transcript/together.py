"""Packs of several callers recognised together: a GPU that reads one call's packs at a time is mostly idle.

No thread of its own and nothing to close: whoever has packs to be read and finds that nobody reads takes the oldest
that wait, of whichever callers, and reads them for all. What waits longest is always in the next batch, and a batch
that is not full does not wait for more: others gather while it is read.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convintel.transcript.recogniser import HeardWord, Recogniser

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class _Pack:
    caller: object
    sound: NDArray[np.float32]
    speech_seconds: float
    options: tuple[tuple[str, ...], bool, bool]  # vocabulary, several, careful: only equal ones are read together
    words: Future[list[HeardWord] | None] = field(default_factory=Future)


class Together:
    """A `Recogniser` that threads may share; what a batch raises goes to the callers whose own packs raise it."""

    def __init__(self, recogniser: Recogniser, *, at_once: int) -> None:
        self.name = recogniser.name
        self._recogniser = recogniser
        self._at_once = at_once
        self._waiting: list[_Pack] = []  # oldest first
        self._reading = False
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many packs nobody reads yet."""
        return len(self._waiting)

    def transcribe(
        self,
        sounds: Sequence[NDArray[np.float32]],
        *,
        speech_seconds: Sequence[float],
        vocabulary: Sequence[str] = (),
        several: bool = False,
        careful: bool = False,
    ) -> list[list[HeardWord] | None]:
        """See `Recogniser.transcribe`."""
        caller, options = object(), (tuple(vocabulary), several, careful)
        own = [_Pack(caller, sound, speech, options) for sound, speech in zip(sounds, speech_seconds, strict=True)]
        with self._changed:
            self._waiting += own
        while batch := self._take(own):
            try:
                self._read(batch)
            finally:
                self._give_way()
        return [pack.words.result() for pack in own]

    def _take(self, own: Sequence[_Pack]) -> list[_Pack]:
        """Wait for the turn to read and return what is to be read; nothing when others have read all of `own`."""

        def read() -> bool:
            return all(pack.words.done() for pack in own)

        with self._changed:
            self._changed.wait_for(lambda: not self._reading or read())
            if read():
                return []
            self._reading = True
            oldest = self._waiting[0]
            batch = [pack for pack in self._waiting if pack.options == oldest.options][: self._at_once]
            self._waiting = [pack for pack in self._waiting if pack not in batch]
            return batch

    def _give_way(self) -> None:
        with self._changed:
            self._reading = False
            self._changed.notify_all()

    def _read(self, batch: Sequence[_Pack]) -> None:
        vocabulary, several, careful = batch[0].options
        try:
            read = self._recogniser.transcribe(
                [pack.sound for pack in batch],
                speech_seconds=[pack.speech_seconds for pack in batch],
                vocabulary=vocabulary,
                several=several,
                careful=careful,
            )
            for pack, words in list(zip(batch, read, strict=True)):
                pack.words.set_result(words)
        except Exception as error:  # whose pack it was shows when each caller's are read alone
            callers = list(dict.fromkeys(pack.caller for pack in batch))
            for caller in callers if len(callers) > 1 else ():
                self._read([pack for pack in batch if pack.caller is caller])
            for pack in batch if len(callers) == 1 else ():
                pack.words.set_exception(error)
