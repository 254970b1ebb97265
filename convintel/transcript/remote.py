"""A recogniser in another process: the worker processes of a machine share a GPU, and one copy of the model on it.

Packs go over a local socket (at most 1.3 MB each with packs of 20 s), the words come back. Only processes of the same
run can ask: the socket lies in a folder of the user's own, and both sides prove that they know the run's key.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from multiprocessing import AuthenticationError, current_process
from multiprocessing.connection import Client, Connection, Listener
from typing import TYPE_CHECKING, Any, Final, cast

from convintel.errors import ConvintelError, RecogniserDiedError
from convintel.transcript.recogniser import AT_ONCE, HeardWord, Recogniser, load_recogniser
from convintel.transcript.together import Together

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convintel.settings import Settings

_BACKLOG: Final = 128  # workers that may knock at once


class Remote:
    """A `Recogniser` that asks the one behind an address; for one thread."""

    def __init__(self, address: str) -> None:
        """Connect.

        Raises:
            RecogniserDiedError: nobody answers there any more.
        """
        try:
            self._line = Client(address, authkey=bytes(current_process().authkey))
        except (EOFError, OSError) as error:
            raise _gone() from error
        self.name: str = self._ask(None)

    def transcribe(
        self,
        sounds: Sequence[NDArray[np.float32]],
        *,
        speech_seconds: Sequence[float],
        vocabulary: Sequence[str] = (),
        several: bool = False,
        careful: bool = False,
    ) -> list[list[HeardWord] | None]:
        """See `Recogniser.transcribe`.

        Raises:
            RecogniserDiedError: the process ended before it had answered.
        """
        options = {"vocabulary": tuple(vocabulary), "several": several, "careful": careful}
        asked = {"sounds": list(sounds), "speech_seconds": list(speech_seconds), **options}
        return cast("list[list[HeardWord] | None]", self._ask(asked))

    def _ask(self, asked: dict[str, Any] | None) -> Any:
        try:
            self._line.send(asked)
            answer = self._line.recv()
        except (EOFError, OSError) as error:
            raise _gone() from error
        if isinstance(answer, Exception):
            raise answer
        return answer


def serve(address: str, settings: Settings, gpu: int) -> None:
    """Load the recogniser and have threads of this process answer at `address` until the process ends.

    Raises:
        ModelError: the model is missing or not the one pinned.
    """
    recogniser = Together(load_recogniser(settings, together=True, gpu=gpu), at_once=AT_ONCE["cuda"])
    door = Listener(address, backlog=_BACKLOG, authkey=bytes(current_process().authkey))
    threading.Thread(target=_let_in, args=(door, recogniser), daemon=True).start()


def _let_in(door: Listener, recogniser: Recogniser) -> None:
    while True:
        try:
            line = door.accept()
        except (EOFError, ConnectionError, AuthenticationError):  # whoever knocked has gone, or is a stranger
            continue
        threading.Thread(target=_answer, args=(line, recogniser), daemon=True).start()


def _answer(line: Connection[Any, Any], recogniser: Recogniser) -> None:
    try:
        while True:
            asked = line.recv()
            line.send(recogniser.name if asked is None else _read(recogniser, asked))
    except (EOFError, OSError):  # the worker has ended
        line.close()


def _read(recogniser: Recogniser, asked: dict[str, Any]) -> list[list[HeardWord] | None] | Exception:
    try:
        return recogniser.transcribe(**asked)
    except ConvintelError as error:
        return error
    except Exception as error:  # of a library, and perhaps of a kind that cannot travel
        return RuntimeError(f"{type(error).__name__}: {error}")


def _gone() -> RecogniserDiedError:
    return RecogniserDiedError("the process that recognises for all workers has ended", remedy="run again")
