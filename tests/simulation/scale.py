"""`make bench-outcomes`: time and memory of themes and outcomes at the sizes they are made for.

Each size runs in a process of its own, so that its peak memory is its own. Embeddings count as cached: the utterances
are points around 80 directions, as spread out as short questions are (mean cosine within a theme 0.5).
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from convintel.encoder import unit
from convintel.outcomes import follow_through, hygiene, match, ramp, win_rates
from convintel.outcomes.associate import compare
from convintel.settings import Settings
from convintel.tables import frame
from convintel.themes.grouping import Item, group_items
from convintel.themes.registry import Registry
from tests.simulation.teams import FAMILY, Plan, a_team

THEMES, WIDTH = 80, 384


@dataclass
class Cached:
    """An encoder whose texts are numbers of rows; phrases for names get a direction of their own."""

    rows: np.ndarray
    name: str = "cached"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        numbers = [int(re.sub(r"^.*?(\d*)$", r"0\1", text)) % len(self.rows) for text in texts]
        return self.rows[numbers] if numbers else np.zeros((0, WIDTH), np.float32)


def themes(count: int) -> str:
    rng = np.random.default_rng(0)
    centres = unit(rng.normal(size=(THEMES, WIDTH)).astype(np.float32))
    home = rng.integers(0, THEMES, count)
    rows = unit(centres[home] + rng.normal(size=(count, WIDTH)).astype(np.float32) / np.sqrt(WIDTH))
    words = rng.choice([f"word{i}" for i in range(4_000)], size=(count, 6))
    items = [Item(f"{i:012x}", "question", f"topic{home[i]} {' '.join(words[i])} {i}") for i in range(count)]
    begun = time.perf_counter(), time.process_time()
    grouped = group_items(items, week="2026-W40", encoder=Cached(rows), registry=Registry(), rules=Settings().themes)
    spent = _spent(*begun)
    return f"{count} utterances: {spent}; {len(grouped.registry.themes)} themes"


def deals(reps: int, each: int) -> str:
    team = a_team(Plan(reps=reps, deals=each, calls=5.0), 0)
    calls, table = _known_calls(team.calls), _accounts(team.deals)
    begun = time.perf_counter(), time.process_time()
    settings, day = Settings(), date(2026, 6, 30)
    matches = match(calls, table, settings=settings)
    matched = int((matches["status"].cast(pl.String) == "matched").sum())
    compare(calls, team.metrics, matches, table, behaviours=FAMILY, settings=settings)
    win_rates(table, reps=(), as_of=day, settings=settings)
    promises = follow_through(calls, matches, frame("next_steps", []), as_of=day, settings=settings)
    hygiene(calls, matches, table, promises, reps=(), as_of=day, settings=settings)
    ramp(calls, matches, table, reps=(), as_of=day, settings=settings)
    return f"{table.height} deals, {calls.height} calls ({matched} matched): {_spent(*begun)}"


def _known_calls(calls: pl.DataFrame) -> pl.DataFrame:
    """Return the calls with a customer each: nine of ten by e-mail, the others by a slightly misspelt account."""
    number = pl.col("call_id").str.to_integer(base=16) // 1000
    by_mail = pl.int_range(pl.len()) % 10 != 0
    return calls.with_columns(
        customer_email=pl.when(by_mail).then(pl.format("pat@c{}.example", number)),
        customer_phone=pl.lit(None, pl.String),
        deal_id=pl.lit(None, pl.String),
        account=pl.when(~by_mail).then(pl.format("Customer Company Nr {} Ltdd", number)),
    )


def _accounts(table: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            **row,
            "stage": row["outcome"],
            "closed": row["closed"] + timedelta(days=number % 30),
            "account": f"Customer Company Nr {number}",
            "contact_emails": f"sam@c{number}.example;pat@c{number}.example",
        }
        for number, row in enumerate(table.to_dicts())
    ]
    return frame("deals", rows)


def _spent(wall: float, cpu: float) -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return f"{time.perf_counter() - wall:.0f} s, {time.process_time() - cpu:.0f} s of one processor, peak {peak:.1f} GB"


RUNS = {
    "10000": lambda: themes(10_000),
    "200000": lambda: themes(200_000),
    "deals": lambda: deals(100, 200),
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(RUNS[sys.argv[1]](), flush=True)  # noqa: T201 - the answer
    else:
        for run in RUNS:
            subprocess.run([sys.executable, "-m", "tests.simulation.scale", run], check=True)
