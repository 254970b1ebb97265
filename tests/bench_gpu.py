"""Recognition on a GPU, beside the same machine's cores: `make bench-gpu` (a machine with a GPU).

The sample recordings that have a reference, several times over, from file to words, by as many worker processes as the
machine has cores: every worker asking the one process that recognises on the GPU, as a run does; one worker with the
GPU to itself; and every worker on its own core. Prints seconds, word errors, and how many recordings got other words
on the GPU together than alone, which must be none.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from convintel import transcript
from convintel.pipeline.pool import shared_recognisers
from convintel.recordings import decode
from convintel.settings import Settings
from convintel.worker import one_thread
from tests.bench_speech import Heard, heard, rate, recordings

COPIES = int(os.environ.get("COPIES", "8"))
GPU, CPU = (Settings.model_validate({"speech": {"device": device}}) for device in ("cuda", "cpu"))


def main() -> None:
    """Print a line for each way of recognising."""
    if not transcript.gpus(Settings()):
        sys.exit("bench-gpu: CTranslate2 sees no GPU on this machine")
    files = recordings()
    jobs = sorted(map(str, files), key=lambda path: -Path(path).stat().st_size) * COPIES
    workers = len(os.sched_getaffinity(0))
    seconds = sum(decode(path).seconds for path in files)
    sys.stdout.write(f"{len(files)} recordings of {seconds:.0f} s in all, {COPIES} times over; {workers} cores\n")
    with shared_recognisers(GPU, 1) as (shared,), _pool(workers) as pool, _pool(1) as one:
        begun = time.perf_counter()
        address = shared.address()
        sys.stdout.write(f"model on the GPU after {time.perf_counter() - begun:.1f} s\n")
        list(pool.map(_far, [(path, address) for path in jobs[:workers]]))
        together = _told("GPU for all", len(jobs), lambda: list(pool.map(_far, [(path, address) for path in jobs])))
        sys.stdout.write(f"  memory of the GPU in use: {_memory()}\n")
        one.submit(_near, (jobs[0], "cuda")).result()
        each_once = [(path, "cuda") for path in jobs[: len(files)]]
        alone = _told("GPU alone", len(files), lambda: list(one.map(_near, each_once)))
        words = dict(alone)
        other = sorted({Path(path).name for path, texts in together if texts != words[path]})
        sys.stdout.write(f"  other words together than alone: {len(other)} recordings {' '.join(other)}\n")
        list(pool.map(_near, [(path, "cpu") for path in jobs[:workers]]))
        _told("cores", len(jobs), lambda: list(pool.map(_near, [(path, "cpu") for path in jobs])))
    if other:
        sys.exit("bench-gpu: together the GPU heard other words than alone")


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=one_thread)


def _told(name: str, count: int, work: Callable[[], list[Heard]]) -> list[Heard]:
    start = time.perf_counter()
    found = work()
    took = time.perf_counter() - start
    sys.stdout.write(f"{name}: {count} recordings in {took:.1f} s; word errors {100 * rate(found):.2f} %\n")
    sys.stdout.flush()
    return found


def _memory() -> str:
    asked = ["nvidia-smi", "--query-gpu=name,memory.used", "--format=csv,noheader"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def _far(job: tuple[str, str]) -> Heard:
    path, address = job
    return heard(path, _remote(address), GPU)


def _near(job: tuple[str, str]) -> Heard:
    path, device = job
    return heard(path, _loaded(device), GPU if device == "cuda" else CPU)


@cache
def _remote(address: str) -> transcript.Recogniser:
    return transcript.Remote(address)


@cache
def _loaded(device: str) -> transcript.Recogniser:
    return transcript.load_recogniser(GPU if device == "cuda" else CPU)


if __name__ == "__main__":
    main()
