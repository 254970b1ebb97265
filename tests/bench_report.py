"""How long a report takes for 60 reps and 5,000 calls a quarter, from a generated store, and how large its pages are.

    python -m tests.bench_report [FOLDER]

Calls, turns and findings are invented by chance (seeded); everything after them is the product's own code: reading the
store, outcomes, themes, coaching and pages. The workspace is kept in FOLDER, so that a second run measures only.
"""

from __future__ import annotations

import random
import sys
import time
import zlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

REPS, CALLS, WEEKS = 60, 5_000, 13
FIRST = datetime(2026, 8, 3, tzinfo=UTC)  # a Monday
MOST_SECONDS, MOST_BYTES = 60.0, 1_000_000
SPOKEN = (
    "the price is more than we pay now and my partner decides about budget after the season so send me the offer for "
    "crews routes invoices trucks dispatch customers schedule payroll mobile screens training contract months support"
)
WORDS = SPOKEN.split()
TYPES = ("price", "timing", "authority", "need", "competitor", "trust", "product", "contract", "brush_off")
Rows = dict[str, list[dict[str, Any]]]


def main(root: Path) -> None:
    """Make the workspace if it is not there, write the report, print times by step and sizes."""
    if not (root / "convintel.toml").is_file():
        make(root)
    steps = write(root)
    pages = {path: path.stat().st_size for path in (root / "reports").rglob("*.html")}
    largest = max(pages, key=lambda path: pages[path])
    print(f"{REPS} reps, {CALLS} calls, {len(pages)} pages, goal {MOST_SECONDS:.0f} s:")  # noqa: T201
    for name, (seconds, work) in steps.items():
        print(f"  {name:10} {seconds:6.1f} s, {work:6.1f} s of processor")  # noqa: T201
    print(f"largest page: {largest.name}, {pages[largest]:,} bytes (goal {MOST_BYTES:,})")  # noqa: T201
    if pages[largest] > MOST_BYTES:
        raise SystemExit("a page is too large")


def write(root: Path) -> dict[str, tuple[float, float]]:
    """Write the report as `make_report` does; return seconds and seconds of processor by step."""
    from convintel.ledger import Ledger
    from convintel.pipeline import newest_week, survey
    from convintel.pipeline.weekly import weekly
    from convintel.settings import load
    from convintel.store import Store
    from convintel.workspace import Workspace

    workspace, settings = Workspace(root), load(root)
    marks = [("survey", time.perf_counter(), time.process_time())]

    def step(name: str) -> None:
        marks.append((name, time.perf_counter(), time.process_time()))

    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
        step("read")
        store = Store(workspace.store)
        weekly(found, week=newest_week(found), store=store, ledger=ledger, settings=settings, step=step, again=True)
    step("all")
    spans = {start[0]: (end[1] - start[1], end[2] - start[2]) for start, end in pairwise(marks)}
    return spans | {"all": (marks[-1][1] - marks[0][1], marks[-1][2] - marks[0][2])}


def make(root: Path) -> None:
    """Fill a workspace: sidecars and transcripts in the inbox, and the store as if all calls had been processed."""
    from convintel import models
    from convintel.ledger import Ledger
    from convintel.pipeline import embeddings, survey
    from convintel.pipeline.survey import STAGE_TABLES
    from convintel.settings import load
    from convintel.store import Store
    from convintel.workspace import Workspace

    chance = random.Random(7)
    workspace = Workspace(root)
    inbox(root, chance)
    settings, store = load(root), Store(workspace.store)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
    encoder = models.digest(settings.themes.encoder)
    centres = np.random.default_rng(7).normal(size=(40, 384))
    folders: dict[str, dict[str, Path]] = {}
    rows: Rows = {name: [] for names in STAGE_TABLES.values() for name in names} | {"embeddings": []}
    for call in found.calls.iter_rows(named=True):
        call_id, keys = call["call_id"], found.keys[call["call_id"]]
        stages = (*zip(STAGE_TABLES, (keys.transcript, keys.turns, keys.signals), strict=True),)
        vectors = embeddings.embedding_key(keys.signals, encoder)
        folders[call_id] = {stage: store.path(stage, call_id, key) for stage, key in (*stages, ("embeddings", vectors))}
        made = invented(call, chance)
        for name, part in {**made, "embeddings": [embedded(row, centres) for row in made["concerns"]]}.items():
            rows[name] += part
    for stage, names in {**STAGE_TABLES, "embeddings": ("embeddings",)}.items():
        for name in names:
            put({call_id: folder[stage] / f"{name}.parquet" for call_id, folder in folders.items()}, name, rows[name])


def put(files: dict[str, Path], name: str, rows: list[dict[str, Any]]) -> None:
    """Write a table, validated once, call by call where the store would have it."""
    from convintel.tables import frame

    table = frame(name, rows)
    parts = {str(key[0]): part for key, part in table.partition_by("call_id", as_dict=True).items()}
    for call_id, file in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        parts.get(call_id, table.clear()).write_parquet(file)


def embedded(concern: dict[str, Any], centres: NDArray[np.float64]) -> dict[str, Any]:
    """Return a concern with a vector near one of the centres, so that themes are found."""
    seed = zlib.crc32(concern["quote"].encode())
    near = centres[seed % len(centres)] + np.random.default_rng(seed).normal(scale=0.6, size=centres.shape[1])
    vector = (near / np.linalg.norm(near)).astype(np.float32)
    return {"call_id": concern["call_id"], "text": concern["quote"], "vector": vector.tolist()}


def inbox(root: Path, chance: random.Random) -> None:
    """Write calls.csv, reps.csv, deals.csv and one small transcript a call."""
    (root / "inbox").mkdir(parents=True)
    (root / "convintel.toml").write_text('[company]\nname = "Bench"\n', encoding="utf-8")
    reps = [f"rep{number:02d}@bench.example" for number in range(REPS)]
    names = [f"{first} {last}" for first in ("Ann", "Bo", "Cy", "Di", "Ed", "Flo") for last in "ABCDEFGHIJ"]
    lines = [f"{address},{name},North" for address, name in zip(reps, names, strict=False)]
    (root / "reps.csv").write_text("\n".join(["rep_email,name,team", *lines]) + "\n", encoding="utf-8")
    calls, deals = ["file,started_at,rep_email,customer_name,account,deal_id,consent"], []
    for number in range(CALLS):
        started = FIRST + timedelta(minutes=chance.randrange(WEEKS * 5) // 5 * 7 * 1440 + chance.randrange(5 * 1440))
        rep, deal = reps[number % REPS], f"D{number // 4:05d}"
        calls.append(
            f"c{number:05d}.json,{started.isoformat()},{rep},Customer {number},Account {number // 4},{deal},verbal"
        )
        text = f'{{"segments": [{{"start": 0, "end": 2, "speaker": "{rep}", "text": "call {number}"}}]}}'
        (root / "inbox" / f"c{number:05d}.json").write_text(text, encoding="utf-8")
        if number % 4 == 0:
            deals.append((deal, number // 4, rep, started))
    (root / "calls.csv").write_text("\n".join(calls) + "\n", encoding="utf-8")
    rows = ["deal_id,name,account,stage,outcome,amount,currency,created,closed,owner"]
    for deal, number, rep, started in deals:
        outcome = chance.choice(("won", "lost", "open"))
        closed = (started + timedelta(days=60)).date()
        about = f"{deal},Deal {number},Account {number},{outcome},{outcome},{1000 + number},USD"
        rows.append(f"{about},{started.date()},{closed},{rep}")
    (root / "deals.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def invented(call: dict[str, Any], chance: random.Random) -> Rows:
    """Return the tables of one call: 60 turns, some objections, next steps, questions and all metrics."""
    call_id = call["call_id"]
    turns = [turn(call_id, number, chance) for number in range(60)]
    base = {"call_id": call_id}
    rows: Rows = {
        "turns": turns,
        "talk": [{name: row[name] for name in ("call_id", "speaker", "role", "start", "end")} for row in turns],
        "audio": [{**base, "seconds": 620.0, "bad_packets": 0, "gap_seconds": 0.0, "channels": 2, "sample_rate": 8000,
                   "codec": "pcm", "layout": "dual", "layout_note": "", "word_timing": "measured", "dropped_packs": 0,
                   "redactions": 0, "model": "bench"}],
        "roles": [{**base, "method": "channel map", "confidence": 1.0, "why": "given", "speakers": 2,
                   "split": "channels", "split_note": ""}],
    }  # fmt: skip
    customer = [row for row in turns if row["role"] == "customer"]
    rows["objections"] = [objection(row, chance) for row in chance.sample(customer, chance.randrange(4))]
    rep = [row for row in turns if row["role"] == "rep"]
    rows["next_steps"] = [step(row, call, chance) for row in chance.sample(rep, chance.randrange(3))]
    rows["questions"] = [{**finding(row, "question"), "open": chance.random() < 0.4} for row in chance.sample(rep, 6)]
    rows["concerns"] = [
        {"concern_id": row["finding_id"], "call_id": call_id, "turn": row["turn"], "kind": "objection", "topic": None,
         "quote": row["quote"], "start": row["start"], "end": row["end"]}
        for row in rows["objections"]
    ]  # fmt: skip
    rows["metrics"] = metrics(call_id, chance)
    return rows


def turn(call_id: str, number: int, chance: random.Random) -> dict[str, Any]:
    """Return one turn of ten seconds."""
    role = ("rep", "customer")[number % 2]
    text = " ".join(chance.choices(WORDS, k=chance.randrange(5, 30))) + chance.choice((".", "?"))
    return {"call_id": call_id, "turn": number, "speaker": role, "role": role, "start": number * 10.0,
            "end": number * 10.0 + chance.uniform(2, 9.5), "text": text, "backchannel": False}  # fmt: skip


def finding(row: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return what every finding carries."""
    from convintel.store import content_key

    return {"finding_id": content_key(row["call_id"], row["turn"], kind)[:12], "call_id": row["call_id"],
            "turn": row["turn"], "role": row["role"], "quote": row["text"], "start": row["start"], "end": row["end"],
            "score": 0.8, "threshold": 0.5, "rule": "bench"}  # fmt: skip


def objection(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a turn as an objection, in one of a few hundred ways to say it."""
    said = " ".join(random.Random(chance.randrange(400)).choices(WORDS, k=9)) + "."
    row["text"] = f"{said} {row['text']}"
    return {**finding(row, "objection"), "quote": said, "type": chance.choice(TYPES), "type_score": 0.6,
            "handling": chance.choice(("resolved", "addressed", "ignored")),
            "came_back": False,
            "first_move": chance.choice(("question", "rebuttal", "acknowledgement")), "pause_before_reply": 0.4,
            "reply_seconds": 6.0}  # fmt: skip


def step(row: dict[str, Any], call: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a turn as a next step, half of them dated."""
    due = (call["started_at"] + timedelta(days=chance.randrange(1, 14))).date() if chance.random() < 0.5 else None
    return {**finding(row, "step"), "owner": "rep", "step_kind": "task", "action": row["text"][:40],
            "due": due, "due_text": due and "then", "due_granularity": due and "day", "firm": due is not None,
            "confirmed": False, "level": "dated" if due else "owned"}  # fmt: skip


def metrics(call_id: str, chance: random.Random) -> list[dict[str, Any]]:
    """Return a value for every metric of the catalogue."""
    from convintel.signals.catalogue import METRICS

    values = {"share": lambda: chance.betavariate(5, 5), "yes/no": lambda: float(chance.random() < 0.5)}
    return [
        {"call_id": call_id, "metric": metric.name, "side": metric.side, "n": 10, "start": 10.0, "end": 19.0,
         "value": values.get(metric.unit, lambda: chance.gammavariate(4, 3))(), "withheld": None}
        for metric in METRICS
    ]  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("bench-report"))
