"""A workspace with years of calls, all processed and reported on but the last week: what a Monday finds.

Inbox, tables and settings are written out; of each call's results there is what the weekly flow may open: the packs of
finished weeks, what was said in every call, and all files of the last week's calls. Calls are copies of a few hundred
invented ones, with ids, quotes and vectors of their own.
"""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from convintel import models, search
from convintel.ledger import Ledger
from convintel.pipeline import gather, survey
from convintel.pipeline.embeddings import embedding_key
from convintel.settings import load
from convintel.store import Store, content_key
from convintel.tables import SCHEMAS, frame
from convintel.themes import concern_text
from convintel.workspace import Workspace
from tests import bench_report

REPS, TEMPLATES, A_WEEK, WIDTH, CENTRES = 60, 300, 1_000, 384, 80
LAST = datetime(2026, 10, 26, 8, tzinfo=UTC)  # a Monday


def make(root: Path, calls: int) -> None:
    """Fill `root` with so many calls, a thousand a week up to the week of `LAST`."""
    _inbox(root, calls)
    workspace, settings = Workspace(root), load(root)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
    store, templates = Store(workspace.store), _templates()
    digest = models.digest(settings.themes.encoder)
    known, made = found.calls.sort("week", "started_at", "call_id"), 0
    for week in known["week"].unique().sort():
        chosen = known.filter(pl.col("week") == week)
        tables = _copies(chosen["call_id"].to_list(), templates, first=made)
        made += chosen.height
        keys = {call_id: found.keys[call_id] for call_id in chosen["call_id"]}
        places = {stage: {one: getattr(key, stage) for one, key in keys.items()} for stage in gather.OVERVIEW}
        places["embeddings"] = {one: embedding_key(key.signals, digest) for one, key in keys.items()}
        _mark_done(store, places)
        if week == known["week"].max():
            _write_calls(store, tables, places)
        else:
            _write_packs(store, str(week), tables, places)
            _write(store, "turns", gather.SPOKEN, tables, places)  # pages open older calls one by one
        _index(workspace.search_index, places["turns"])


def _write_packs(store: Store, week: str, tables: dict[str, pl.DataFrame], places: dict[str, dict[str, str]]) -> None:
    for stage, names in (*gather.OVERVIEW.items(), ("turns", gather.SPOKEN), ("embeddings", gather.EMBEDDINGS)):
        scope, key = gather.pack(stage, names, week, list(places[stage].items()))
        store.write(gather.PACKS, scope, key, {name: tables[name] for name in names})


def _mark_done(store: Store, places: dict[str, dict[str, str]]) -> None:
    """Make the folders that say that a result is there."""
    for stage, keys in places.items():
        for call_id, key in keys.items():
            store.path(stage, call_id, key).mkdir(parents=True, exist_ok=True)


def _write_calls(store: Store, tables: dict[str, pl.DataFrame], places: dict[str, dict[str, str]]) -> None:
    stages = {**gather.OVERVIEW, "turns": ("roles", *gather.SPOKEN), "embeddings": gather.EMBEDDINGS}
    for stage, names in stages.items():
        _write(store, stage, names, tables, places)


def _write(
    store: Store,
    stage: str,
    names: tuple[str, ...],
    tables: dict[str, pl.DataFrame],
    places: dict[str, dict[str, str]],
) -> None:
    for name in names:
        parts = {str(key[0]): part for key, part in tables[name].partition_by("call_id", as_dict=True).items()}
        for call_id, key in places[stage].items():
            part = parts.get(call_id, tables[name].clear())
            part.write_parquet(store.path(stage, call_id, key) / f"{name}.parquet")


def _index(index: Path, keys: dict[str, str]) -> None:
    """Have the search index know the calls; their words are not needed, since nobody searches here."""
    index.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(index)) as db, db:
        db.executescript(search._TABLES)
        db.executemany("insert into calls values (?,?)", list(keys.items()))


def _templates() -> dict[str, pl.DataFrame]:
    chance = random.Random(7)
    rows: dict[str, list[dict[str, object]]] = {}
    for number in range(TEMPLATES):
        call = {"call_id": f"{number:016x}", "started_at": LAST}
        for name, part in bench_report.invented(call, chance).items():
            rows.setdefault(name, []).extend(part)
    return {name: frame(name, part) for name, part in rows.items()}


def _copies(call_ids: list[str], templates: dict[str, pl.DataFrame], *, first: int) -> dict[str, pl.DataFrame]:
    """Return every table for these calls, of which the first is call number `first`; ids and quotes are each's own."""
    which = pl.DataFrame(
        {
            "new": call_ids,
            "call_id": [f"{int(call_id, 16) % TEMPLATES:016x}" for call_id in call_ids],
            "serial": [f"{first + place:08x}" for place in range(len(call_ids))],
        }
    )
    tables = {}
    for name in {table for names in gather.OVERVIEW.values() for table in names} | set(gather.SPOKEN):
        table = templates.get(name, SCHEMAS[name].schema.create_empty())
        copied = which.join(table, on="call_id", maintain_order="left").drop("call_id").rename({"new": "call_id"})
        for column in {"finding_id", "concern_id"} & set(copied.columns):
            within = pl.int_range(pl.len()).over("call_id").cast(pl.String).str.zfill(4)
            copied = copied.with_columns(pl.concat_str("serial", within).alias(column))
        if name == "concerns":
            copied = copied.with_columns(pl.format("{} {}", "quote", pl.col("call_id").str.slice(0, 6)).alias("quote"))
        tables[name] = copied.select(table.columns)
    tables["embeddings"] = _embedded(tables["concerns"])
    return tables


def _embedded(concerns: pl.DataFrame) -> pl.DataFrame:
    """Return the concerns' texts with vectors around `CENTRES` directions, as spread as short questions are."""
    texts = [concern_text(quote, topic) for quote, topic in concerns.select("quote", "topic").iter_rows()]
    homes = [int(content_key(text.rsplit(" ", 1)[0]), 16) % CENTRES for text in texts]
    centres = np.random.default_rng(7).normal(size=(CENTRES, WIDTH))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    noise = np.random.default_rng(len(texts)).normal(scale=WIDTH**-0.5, size=(len(texts), WIDTH))
    rows = centres[homes] + noise
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = pl.DataFrame({"call_id": concerns["call_id"], "text": texts, "vector": rows.astype(np.float32)})
    return found.with_columns(pl.col("vector").arr.to_list()).unique(["call_id", "text"], maintain_order=True)


def _inbox(root: Path, calls: int) -> None:
    """Write calls.csv, reps.csv, deals.csv and one small transcript a call."""
    chance, weeks = random.Random(7), max(1, calls // A_WEEK)
    reps = [f"rep{number:02d}@bench.example" for number in range(REPS)]
    (root / "inbox").mkdir(parents=True)
    (root / "convintel.toml").write_text('[company]\nname = "Bench"\n', encoding="utf-8")
    roster = [f"{address},Rep {number},North" for number, address in enumerate(reps)]
    (root / "reps.csv").write_text("\n".join(["rep_email,name,team", *roster]) + "\n", encoding="utf-8")
    rows = ["file,started_at,rep_email,customer_name,account,deal_id,consent"]
    deals = ["deal_id,name,account,stage,outcome,amount,currency,created,closed,owner"]
    for number in range(calls):
        week = weeks - 1 - number * weeks // calls  # the newest first
        started = LAST - timedelta(weeks=week) + timedelta(minutes=chance.randrange(5 * 1440))
        rep, deal, name = reps[number % REPS], f"D{number // 5:06d}", f"w{week:03d}/c{number:06d}.json"
        rows.append(f"{name},{started.isoformat()},{rep},Customer {number},Account {number // 5},{deal},verbal")
        file = root / "inbox" / name
        file.parent.mkdir(exist_ok=True)
        said = [{"start": 0, "end": 2, "speaker": rep, "text": f"call {number}"}]
        file.write_text(json.dumps({"segments": said}), encoding="utf-8")
        if number % 5 == 0:
            outcome = chance.choice(("won", "lost", "lost")) if week > 8 else "open"
            closed = (started + timedelta(days=40)).date()
            about = f"{deal},Deal {number},Account {number // 5},{outcome},{outcome},{1000 + number},USD"
            deals.append(f"{about},{started.date()},{closed},{rep}")
    (root / "calls.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (root / "deals.csv").write_text("\n".join(deals) + "\n", encoding="utf-8")
