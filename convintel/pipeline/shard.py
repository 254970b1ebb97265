"""Some calls worked off together on a machine of a cluster, which need not be the machine that planned them.

A shard runs in a process of its own with the worker pool below it: Dask's workers may have no children, and what
crashes in native code then never touches them. Results go to the shared store; a shard that is run once more, because
its machine went down, finds there what it had done.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from convintel import worker
from convintel.errors import ConvintelError, UnreadableError
from convintel.pipeline.process import CallOutcome, done, process_calls
from convintel.pipeline.survey import Job
from convintel.settings import Settings
from convintel.store import Store, content_key, file_digest

_PACKAGE: Final = Path(__file__).parents[1]
_LIBRARIES: Final = (
    "av",
    "ctranslate2",
    "faster-whisper",
    "kaldi-native-fbank",
    "numpy",
    "onnxruntime",
    "polars",
    "scikit-learn",
    "spacy",
    "tokenizers",
)


class ShardDiedError(Exception):
    """The process of a shard was killed, as by the system's memory killer: not by one of its calls, it has a pool."""


def process_shard(jobs: Sequence[Job], *, store: Store, settings: Settings, workers: int | None) -> list[CallOutcome]:
    """Process the calls in worker processes of this machine; return what became of them, in the order of `jobs`.

    Raises:
        ShardDiedError: the process was killed.
        ConvintelError: no call would fare better (a model is missing, the store cannot be written).
    """
    outcomes = {job.call["call_id"]: done(job) for job in jobs if _is_done(job, store)}
    left = [job for job in jobs if job.call["call_id"] not in outcomes]
    if left:
        outcomes |= {outcome.call_id: outcome for outcome in _in_a_process(left, store, settings, workers)}
    return [outcomes[job.call["call_id"]] for job in jobs]


@cache
def fingerprint() -> str:
    """Return what tells two installations apart that could give different results for the same call."""
    sources = {str(path.relative_to(_PACKAGE)): file_digest(path) for path in sorted(_PACKAGE.rglob("*.py"))}
    return content_key(sources, {name: version(name) for name in _LIBRARIES})


def _is_done(job: Job, store: Store) -> bool:
    try:
        return store.has("signals", job.call["call_id"], job.keys.signals)
    except UnreadableError:  # a worker process will say so
        return False


def _in_a_process(jobs: Sequence[Job], store: Store, settings: Settings, workers: int | None) -> Sequence[CallOutcome]:
    work = pickle.dumps((tuple(jobs), store, settings, workers))
    path = os.pathsep.join(filter(None, sys.path))  # whatever let this process import convintel
    start = f"from convintel.pipeline.shard import main; main({os.getpid()})"
    ended = subprocess.run(
        [sys.executable, "-c", start], input=work, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    if ended.returncode < 0:
        raise ShardDiedError(f"ended by signal {-ended.returncode}")
    if ended.returncode or not ended.stdout:
        raise ConvintelError(
            f"a shard ended with exit code {ended.returncode}", remedy="the log of this machine's Dask worker says why"
        )
    answer: Sequence[CallOutcome] | ConvintelError = pickle.loads(ended.stdout)
    if isinstance(answer, ConvintelError):
        raise answer
    return answer


def main(parent: int) -> None:
    """Read the work from standard input, write the outcomes to standard output; what libraries print is logged."""
    worker.begin(parent)
    os.umask(0o077)  # what it writes is its user's alone
    answer_to = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    jobs, store, settings, workers = pickle.load(sys.stdin.buffer)
    outcomes: list[CallOutcome] = []
    answer: list[CallOutcome] | ConvintelError = outcomes
    try:
        process_calls(jobs, store=store, settings=settings, workers=workers, on_outcome=outcomes.append)
    except ConvintelError as error:
        answer = error
    with os.fdopen(answer_to, "wb") as stream:
        pickle.dump(answer, stream)
