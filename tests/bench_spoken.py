"""What recognition costs the reader: findings on the words as recognised against findings on the words as spoken.

    python -m tests.bench_spoken

The ten sample recordings go through the whole line; their labelled references (tests/signals/data/spoken) are read as
they stand. A finding matches a labelled one of its kind when it begins within ten seconds of the labelled turn.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from convintel.cli.scaffold import make_demo
from convintel.evaluate.signals import laid_out
from convintel.ledger import Ledger
from convintel.pipeline import ingest, survey
from convintel.resources import resource
from convintel.settings import Settings, load
from convintel.signals import load_reader, measure
from convintel.store import Store, file_digest
from convintel.workspace import Workspace

GOLD = Path(__file__).parent / "signals" / "data" / "spoken"
NEAR = 10.0  # seconds
KINDS = ("objections", "next_steps")


def main() -> None:
    """Print F1 of both kinds on the reference words and on the recognised ones."""
    reader = load_reader(Settings())
    counts: dict[tuple[str, str], list[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "acme"
        make_demo(root)
        ingest(root)
        heard = dict(_heard(root))
        for file in sorted(GOLD.glob("*.json")):
            gold = json.loads(file.read_text("utf-8"))
            turns = json.loads(_reference(file.stem).read_text("utf-8"))["turns"]
            row, transcript, tables = laid_out(gold, file)
            spoken = measure(row, transcript, tables, reader=reader, corrections={}, settings=Settings())
            for kind in KINDS:
                truth = [(turns[one["turn"]]["start"], turns[one["turn"]]["end"]) for one in gold[kind]]
                read = [turns[turn]["start"] for turn in spoken[kind]["turn"]]
                _add(counts, (kind, "reference words"), truth, read)
                _add(counts, (kind, "recognised words"), truth, heard[file.stem][kind])
    for (kind, how), (hits, marked, said) in sorted(counts.items()):
        f1 = 2 * hits / max(1, marked + said)
        sys.stdout.write(f"{kind}, {how}: F1 {f1:.3f} ({hits} found right, {marked} labelled, {said} found)\n")


def _heard(root: Path) -> Iterator[tuple[str, Mapping[str, list[float]]]]:
    workspace = Workspace(root)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, load(root), ledger)
    store = Store(workspace.store)
    for file in GOLD.glob("*.json"):
        call_id = file_digest(_recording(file.stem))[:16]
        key = found.keys[call_id].signals
        yield file.stem, {kind: _starts(store.read("signals", call_id, key, kind)) for kind in KINDS}


def _starts(table: pl.DataFrame) -> list[float]:
    return [float(start) for start in table["start"]]


def _reference(stem: str) -> Path:
    return next((resource("samples") / "inbox").rglob(f"{stem}.reference.json"))


def _recording(stem: str) -> Path:
    beside = _reference(stem).parent.glob("*")
    return next(file for file in beside if file.stem == stem and file.suffix not in (".json", ".txt", ".rttm"))


def _add(
    counts: dict[Any, list[int]], key: tuple[str, str], truth: list[tuple[float, float]], read: list[float]
) -> None:
    left = sorted(read)
    hits = 0
    for start, end in truth:
        near = [at for at in left if start - NEAR <= at <= end + NEAR]
        if near:
            hits += 1
            left.remove(near[0])
    row = counts.setdefault(key, [0, 0, 0])
    for place, value in enumerate((hits, len(truth), len(read))):
        row[place] += value


if __name__ == "__main__":
    main()
