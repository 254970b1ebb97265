"""How a worker process begins. Imports nothing of ours: it must run before any library counts the cores."""

from __future__ import annotations

import os
import threading
import time
from typing import Final

_ONE_THREAD: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")


def begin(parent: int) -> None:
    """Keep every library to one thread, and end with the process `parent`: a killed run leaves no worker behind."""
    one_thread()
    end_with(parent)


def one_thread() -> None:
    """Keep every library that is loaded after this to one thread."""
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def end_with(parent: int) -> None:
    """Have this process end when its parent does, also when that is killed."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)  # at once: nothing may be written after the lock went with the parent
