"""What recognition costs the reader: findings on the words as recognised against findings on the words as spoken.

    python -m tests.bench_spoken [WORKSPACE]

The ten sample recordings go through the whole line, or have done so in WORKSPACE (`convintel demo`); their labelled
references (tests/signals/data/spoken) are read as they stand. A finding matches a labelled one of its kind when it
begins within ten seconds of the labelled turn. Last line: processor seconds of reading beside those of recognition, on
one thread each, models loaded.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convintel.worker import one_thread

one_thread()  # as the workers of a run do; before any library counts the cores

import polars as pl  # noqa: E402

from convintel import transcript  # noqa: E402
from convintel.cli.scaffold import make_demo  # noqa: E402
from convintel.evaluate.signals import laid_out  # noqa: E402
from convintel.ledger import Ledger  # noqa: E402
from convintel.pipeline import ingest, survey  # noqa: E402
from convintel.recordings import decode  # noqa: E402
from convintel.resources import resource  # noqa: E402
from convintel.settings import Settings, load  # noqa: E402
from convintel.signals import load_reader, measure  # noqa: E402
from convintel.store import Store, file_digest  # noqa: E402
from convintel.workspace import Workspace  # noqa: E402

GOLD = Path(__file__).parent / "signals" / "data" / "spoken"
NEAR = 10.0  # seconds
KINDS = ("objections", "next_steps")


def main(workspace: Path | None = None) -> None:
    """Print F1 of both kinds on the reference words and on the recognised ones, and what reading costs."""
    reader = load_reader(Settings())
    counts: dict[tuple[str, str], list[int]] = {}
    heard, reading = _heard(workspace), 0.0
    reader.nlp  # noqa: B018  # loaded once a process
    for file in sorted(GOLD.glob("*.json")):
        gold = json.loads(file.read_text("utf-8"))
        turns = json.loads(_reference(file.stem).read_text("utf-8"))["turns"]
        row, words, tables = laid_out(gold, file)
        began = time.process_time()
        spoken = measure(row, words, tables, reader=reader, corrections={}, settings=Settings())
        reading += time.process_time() - began
        for kind in KINDS:
            truth = [(turns[one["turn"]]["start"], turns[one["turn"]]["end"]) for one in gold[kind]]
            read = [turns[turn]["start"] for turn in spoken[kind]["turn"]]
            _add(counts, (kind, "reference words"), truth, read)
            _add(counts, (kind, "recognised words"), truth, heard[file.stem][kind])
    for (kind, how), (hits, marked, said) in sorted(counts.items()):
        f1 = 2 * hits / max(1, marked + said)
        sys.stdout.write(f"{kind}, {how}: F1 {f1:.3f} ({hits} found right, {marked} labelled, {said} found)\n")
    recognition = _recognition()
    sys.stdout.write(f"reading {reading:.1f} s, recognition {recognition:.1f} s: {100 * reading / recognition:.1f} %\n")


def _recognition() -> float:
    """Return the processor seconds from all files to words, in one process with one recogniser."""
    recogniser = transcript.load_recogniser(Settings())
    began = time.process_time()
    for file in sorted(GOLD.glob("*.json")):
        transcript.transcribe("0" * 16, decode(_recording(file.stem)), recogniser, Settings())
    return time.process_time() - began


def _heard(workspace: Path | None) -> dict[str, Mapping[str, list[float]]]:
    if workspace is not None:
        return dict(_found(workspace))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "acme"
        make_demo(root)
        ingest(root)
        return dict(_found(root))


def _found(root: Path) -> Iterator[tuple[str, Mapping[str, list[float]]]]:
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
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
