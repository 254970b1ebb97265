"""`make bench-ops`: what a workspace survives, at full size; the unit tests hold a short version of each.

    python -m tests.operations kill [N]     kill -9 at N random moments of a run (200); then a run: the same tables?
    python -m tests.operations twice [N]    two runs at once, N times (50): no duplicate, no corruption?
    python -m tests.operations fuzz [N]     N damaged or hostile inputs (5,000): no crash, no hang, each used or listed?

`--seed` chooses other moments and damages. Each prints what it found and ends with 1 when something did not hold.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.operations.disturb import kill, twice
from tests.operations.survive import fuzz

SIZES = {"kill": 200, "twice": 50, "fuzz": 5_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*SIZES, "all"])
    parser.add_argument("count", type=int, nargs="?")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    failed = False
    for name in SIZES if asked.what == "all" else [asked.what]:
        count, begun = asked.count or SIZES[name], time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"convintel-{name}-") as folder:
            troubles = {"kill": kill, "twice": twice, "fuzz": fuzz}[name](Path(folder), count, asked.seed)
        minutes = (time.monotonic() - begun) / 60
        print(f"{name}: {count} times, {len(troubles)} failures, {minutes:.1f} minutes", flush=True)  # noqa: T201
        for trouble in troubles:
            print(f"  {trouble}")  # noqa: T201
        failed = failed or bool(troubles)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
