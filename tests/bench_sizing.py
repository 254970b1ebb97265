"""What an hour of audio costs: `make bench-sizing` prints what docs/sizing.md is made of.

CPU seconds and not the clock's, in one process on one thread as each worker is: a busy machine hardly changes them.
"""

from __future__ import annotations

import resource as usage
import shutil
import sys
import tempfile
import time
from pathlib import Path

from convintel import pipeline, worker
from convintel.ledger import Ledger
from convintel.pipeline.process import process_call
from convintel.resources import resource
from convintel.settings import Settings, load
from convintel.store import Store
from convintel.workspace import Workspace

FIRST = "phone/tom-cold.wav"  # pays for the loading of the models
FILES = ("phone/maya-pricing.mp3", "phone/daniel-cold.mp3", "phone/rec_000483.mp3",
         "meetings/GMT20261028-153000_Recording.m4a")  # fmt: skip
LISTED = 5000


def main() -> None:
    """Print one line a measurement."""
    worker.one_thread()
    samples = resource("samples")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for file in ("convintel.toml", "reps.csv", "deals.csv", "calls.csv"):
            shutil.copy2(samples / file, root / file)
        for file in (FIRST, *FILES):
            for path in (samples / "inbox" / file, (samples / "inbox" / file).with_suffix(".json")):
                if path.is_file():
                    (root / "inbox" / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, (root / "inbox" / file).parent / path.name)
        _calls(root, load(root))
        _inbox(root, load(root))


def _calls(root: Path, settings: Settings) -> None:
    workspace = Workspace(root)
    store = Store(workspace.store)
    with Ledger(workspace.ledger) as ledger:
        jobs = {
            job.call["path"]: job for job in pipeline.pending_jobs(pipeline.survey(workspace, settings, ledger), store)
        }
    begun = time.process_time()
    process_call(jobs[FIRST], store, settings)
    _say(f"first call of a worker, with the models' loading: {time.process_time() - begun:.1f} CPU s")
    spent = heard = 0.0
    for name in FILES:
        begun = time.process_time()
        process_call(jobs[name], store, settings)
        cost = time.process_time() - begun
        spent, heard = spent + cost, heard + jobs[name].seconds
        _say(f"{name}: {jobs[name].seconds:.0f} s of audio, {cost:.1f} CPU s: {cost / jobs[name].seconds:.3f} a second")
    heard_hours = (heard + jobs[FIRST].seconds) / 3600
    share = spent / heard
    size = sum(path.stat().st_size for path in workspace.store.rglob("*") if path.is_file())
    blocks = sum(path.stat().st_blocks * 512 for path in workspace.store.rglob("*"))
    _say(f"together {share:.3f} CPU s a second of audio: {24 / share:.0f} hours of audio a core and day")
    _say(f"peak memory of a worker: {usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    _say(f"store: {size / heard_hours / 1e6:.1f} MB an hour of audio, {blocks / heard_hours / 1e6:.1f} MB on disk "
         f"({len(list(workspace.store.rglob('*.parquet'))) / len(jobs):.0f} files a call)")  # fmt: skip


def _inbox(root: Path, settings: Settings) -> None:
    """What an inbox run costs that finds nothing new among many files."""
    workspace = Workspace(root)
    turn = '{{"turns": [{{"role": "rep", "start": 0, "end": 2, "text": "Hello, this is call {n}."}}]}}'
    for number in range(LISTED):
        folder = workspace.inbox / f"{number // 500:03d}"
        folder.mkdir(exist_ok=True)
        (folder / f"call-{number}.json").write_text(turn.format(n=number))
    for what in ("first", "second"):
        begun, wall = time.process_time(), time.monotonic()
        with Ledger(workspace.ledger) as ledger:
            found = pipeline.survey(workspace, settings, ledger)
        _say(f"{what} look at an inbox of {found.calls.height} calls: {time.process_time() - begun:.1f} CPU s, "
             f"{time.monotonic() - wall:.1f} s")  # fmt: skip


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
