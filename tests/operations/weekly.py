"""`make bench-weekly`: time and memory of the weekly flow with 50,000 and 100,000 calls in the store.

    python -m tests.operations.weekly CALLS FOLDER   makes the workspace if it is not there, and measures one Monday

What is measured is what `flows.weekly` does: the inbox, the week's report, the tables. Themes are made of the week
before first, as they would have been, so that they have their past.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

SIZES = (50_000, 100_000)
MOST_SECONDS, MOST_GB, MOST_RATIO = 300.0, 4.0, 2.2
BEFORE, WEEK = "2026-W43", "2026-W44"


def monday(root: Path, week: str) -> dict[str, float]:
    """Take in the inbox and write the week's report; return seconds by step, and peak gigabytes."""
    from convintel import pipeline
    from convintel.pipeline import run

    marks: list[tuple[str, float]] = [("survey and search index", time.perf_counter())]

    class Steps:
        def step(self, name: str) -> None:
            marks.append((name, time.perf_counter()))

        def call_done(self, *_: object) -> None:
            raise AssertionError("nothing was new")

    class Shown:
        def __enter__(self) -> Steps:
            marks.append(("read", time.perf_counter()))
            return Steps()

        def __exit__(self, *_: object) -> None:
            marks.append(("end", time.perf_counter()))

    run.show_progress = lambda *_: Shown()
    begun, work = time.perf_counter(), time.process_time()
    assert pipeline.ingest(root, scheduled=True).processed == 0
    assert pipeline.make_report(root, week=week, scheduled=True).made
    spans = {start[0]: round(end[1] - start[1], 1) for start, end in pairwise(marks)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    total = {"all": round(time.perf_counter() - begun, 1), "processor": round(time.process_time() - work, 1)}
    return {**spans, **total, "peak GB": round(peak, 2)}


def themes_of(root: Path, week: str) -> None:
    """Group the concerns of all calls up to a week, as its report would have done."""
    from convintel.ledger import Ledger
    from convintel.pipeline import gather, survey, weekly
    from convintel.pipeline.weeks import ready_calls
    from convintel.settings import load
    from convintel.store import Store
    from convintel.workspace import Workspace

    workspace, settings = Workspace(root), load(root)
    store = Store(workspace.store)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
    done = ready_calls(found, store).until(week)
    tables = {"calls": done, "unused": found.unused, **gather.overview(store, done, found.keys)}
    tables |= weekly._deals(found, tables, week, settings)
    weekly._themes(found, tables, done, week, store, settings)


def measure(calls: int, root: Path) -> dict[str, float]:
    """Make the workspace if it is not there and run a Monday; each step in a process of its own."""
    if not (root / "convintel.toml").is_file():
        from tests.operations.history import make

        begun = time.perf_counter()
        make(root, calls)
        print(f"{calls} calls made in {time.perf_counter() - begun:.0f} s", flush=True)  # noqa: T201
    command = [sys.executable, "-m", "tests.operations.weekly"]
    subprocess.run([*command, "--themes", str(root), BEFORE], check=True)
    told = subprocess.run([*command, "--monday", str(root), WEEK], check=True, stdout=subprocess.PIPE, text=True)
    line = told.stdout.splitlines()[-1]
    print(f"{calls} calls: {line}", flush=True)  # noqa: T201
    found: dict[str, float] = json.loads(line)
    return found


def main() -> None:
    if sys.argv[1:2] == ["--monday"]:
        print(json.dumps(monday(Path(sys.argv[2]), sys.argv[3])))  # noqa: T201
    elif sys.argv[1:2] == ["--themes"]:
        themes_of(Path(sys.argv[2]), sys.argv[3])
    elif len(sys.argv) == 3:
        measure(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        small, large = (measure(size, Path(f"bench-weekly/{size}")) for size in SIZES)
        ratio = large["processor"] / small["processor"]
        print(f"twice the calls: {ratio:.2f} times the work (goal {MOST_RATIO})")  # noqa: T201
        raise SystemExit(large["all"] > MOST_SECONDS or large["peak GB"] > MOST_GB or ratio > MOST_RATIO)


if __name__ == "__main__":
    main()
