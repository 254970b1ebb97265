"""What goes from a real workspace when its time is over, when a call becomes private, and that the search can find."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
import time_machine

from convintel import pipeline, search
from convintel.cli.lookup import forget_calls
from convintel.ledger import Ledger
from convintel.pipeline.forgotten import person_digest, remember_forgotten, still_known, without_people
from convintel.pipeline.proof import Traces, search_workspace, sequences
from convintel.pipeline.wordless import MARK, blanked
from convintel.recordings import Rep
from convintel.tables import frame
from convintel.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def processed(tmp_path_factory, samples):
    """Eight ready-made transcripts of two reps, processed once."""
    root = tmp_path_factory.mktemp("privacy") / "acme"
    (root / "inbox" / "earlier").mkdir(parents=True)
    for name in ("calls.csv", "reps.csv", "deals.csv", "convintel.toml"):
        shutil.copy2(samples / name, root / name)
    for rep in ("maya", "tom"):
        for path in sorted((samples / "inbox" / "earlier").glob(f"{rep}-*"))[:4]:
            shutil.copy2(path, root / "inbox" / "earlier" / path.name)
    assert run(root)[0].processed == 8
    return root


@pytest.fixture
def spoken(processed, tmp_path):
    """A copy of the processed workspace, for one test."""
    return shutil.copytree(processed, tmp_path / "acme")


def run(root):
    with time_machine.travel(NOW, tick=True):
        return pipeline.ingest(root, workers=1), pipeline.make_report(root)


def setting(root, line):
    file = root / "convintel.toml"
    file.write_text(file.read_text().split("\n[privacy]")[0] + f"\n[privacy]\n{line}\n")


def stored(root, name):
    files = Workspace(root).store.glob(f"*/*/*/{name}.parquet")
    return {path.parts[-3]: pl.read_parquet(path) for path in files if len(path.parts[-3]) == 16}


def test_words_go_after_their_days_then_numbers_and_come_back_only_when_the_settings_say_so(spoken):
    index = Workspace(spoken).search_index
    metrics, before = stored(spoken, "metrics"), search.find(index, "the", limit=1000)
    days = {
        row["call_id"]: row["started_at"] for row in pl.read_parquet(spoken / "reports/tables/calls.parquet").to_dicts()
    }
    limit = sorted(days.values())[4]
    old = {call_id for call_id, at in days.items() if at.date() < limit.date()}
    assert 0 < len(old) < 8

    setting(spoken, f"keep_text_days = {(NOW.date() - limit.date()).days}")
    again, report = run(spoken)
    assert again.processed == 0
    turns = stored(spoken, "turns")
    assert {call_id for call_id in turns if set(turns[call_id]["text"]) == {""}} == old
    assert {call_id for call_id, table in stored(spoken, "words").items() if table.is_empty()} == old
    assert {call_id for call_id, table in stored(spoken, "embeddings").items() if table.is_empty()} == old
    assert all(metrics[call_id].equals(left) for call_id, left in stored(spoken, "metrics").items())
    assert {hit.call_id for hit in search.find(index, "the", limit=1000)} == {hit.call_id for hit in before} - old
    summary = (report.index.parent / "summary.json").read_text()
    assert f"{len(old)} calls are older than keep_text_days" in summary
    assert run(spoken)[0].processed == 0
    assert not run(spoken)[1].made

    setting(spoken, f"keep_audio_derived_days = {(NOW.date() - limit.date()).days}")
    assert run(spoken)[0].processed == 0
    assert stored(spoken, "metrics").keys() == days.keys() - old
    assert not [path for call_id in old for path in Workspace(spoken).store.rglob(f"*{call_id}*")]
    assert len(list((spoken / "inbox" / "earlier").iterdir())) == 8  # recordings are the user's

    setting(spoken, "keep_audio_derived_days = 0")
    assert run(spoken)[0].processed == len(old)
    assert stored(spoken, "metrics").keys() == days.keys()


def test_a_call_that_becomes_private_leaves_everything(spoken):
    assert "Bluebonnet" in _pages(spoken)
    rows = pl.read_csv(spoken / "calls.csv", infer_schema=False)
    row = rows.head(1).select(file=pl.lit("earlier/maya-bluebonnet-discovery.json"), private=pl.lit("yes"))
    pl.concat([rows, row], how="diagonal").write_csv(spoken / "calls.csv")
    run(spoken)
    assert len(stored(spoken, "metrics")) == 7
    assert "1 private calls are left out" in _pages(spoken)
    assert "maya-bluebonnet" not in _pages(spoken)
    (spoken / "inbox" / "earlier" / "tom-ekdahl-pricing.json").unlink()
    result = forget_calls(spoken, gone=True)
    assert "removed" in result.lines[0]
    assert not result.proof.hits
    assert len(stored(spoken, "metrics")) == 6


def _pages(root):
    return "".join(path.read_text() for path in (root / "reports").rglob("summary.json"))


def test_the_proof_finds_what_was_left(tmp_path):
    workspace = Workspace(tmp_path)
    for folder in (workspace.hidden / "themes", workspace.store / "weekly", workspace.reports, workspace.inbox):
        folder.mkdir(parents=True)
    vector = np.linspace(0.1, 1, 32, dtype=np.float32)
    vector /= np.linalg.norm(vector)
    words = "I'd rather wait until the spring, honestly."
    wanted = Traces(("Anna O'Neill",), ("0123456789abcdef",), frozenset(sequences(words)), (vector[None],))
    (workspace.inbox / "anna o'neill.vtt").write_text(words)  # the user's own
    assert not search_workspace(workspace, wanted, since=0).hits

    pl.DataFrame({"who": ["ANNA O'Neill"] * 1000}).write_parquet(workspace.store / "weekly" / "names.parquet")
    pl.DataFrame({"v": [vector.tolist()]}).write_parquet(workspace.store / "weekly" / "vectors.parquet")
    (workspace.reports / "a.html").write_text("<p>I&#39;d rather <b>wait</b>: until the\nspring, honestly")
    (workspace.reports / "0123456789abcdef.html").write_text("")
    (workspace.reports / "old.pdf").write_text("")
    np.savez_compressed(workspace.hidden / "x.npz", a=np.array(["anna o'neill"]))
    with sqlite3.connect(workspace.hidden / "x.db") as db:
        db.execute("create table t (a text)")
        db.execute("insert into t values (?)", (words,))
    (workspace.hidden / "themes" / "2026-W44.json").write_text(json.dumps({"themes": [{"centre": vector.tolist()}]}))
    found = {hit.file for hit in search_workspace(workspace, wanted, since=2e9).hits}
    assert {name.split("/")[-1] for name in found} >= {
        "names.parquet", "vectors.parquet", "a.html", "0123456789abcdef.html", "old.pdf", "x.db", "2026-W44.json"
    }  # fmt: skip


def test_forget_on_samples_leaves_no_byte(spoken):
    (Workspace(spoken).store / "phrases" / ("a" * 16) / "key").mkdir(parents=True)  # some other memory of words
    result = forget_calls(spoken, rep="tom.okafor@tallyroute.example")
    assert not (Workspace(spoken).store / "phrases" / ("a" * 16) / "key").exists()
    assert not result.proof.hits
    assert min(result.proof.tables, result.proof.sequences, result.proof.vectors, result.proof.names) > 5
    left = [path for path in spoken.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    mine = [path for path in left if path.relative_to(spoken).parts[0] in (".convintel", "reports")]
    assert mine
    assert not [path for path in mine if b"Okafor" in path.read_bytes() or b"tom.okafor" in path.read_bytes()]
    assert "maya-kettlehollow" in _pages(spoken)
    assert "still in reps.csv, row 3" in " ".join(result.lines)
    with Ledger(Workspace(spoken).ledger) as ledger:
        assert not ledger.stale_reports()
    assert run(spoken)[0].processed == 0
    assert "Okafor" not in _pages(spoken)


def test_a_person_who_was_forgotten_stays_out_of_deals_and_roster_without_being_named(tmp_path):
    workspace = Workspace(tmp_path)
    remember_forgotten(workspace, ["0" * 16], ["Anna O'Neill", "anna@firm.example"])
    remember_forgotten(workspace, ["1" * 16])
    assert "anna" not in workspace.forgotten.read_text().lower()
    assert pipeline.read_forgotten(workspace) == {"0" * 16, "1" * 16}
    gone = {person_digest(name) for name in ("anna  o'neill", "ANNA@firm.example")}
    deal = {"deal_id": "1", "stage": "x", "outcome": "open", "contact_emails": "anna@firm.example;bo@firm.example"}
    deals = without_people(frame("deals", [deal | {"owner_name": "Anna O'Neill"}]), gone)
    assert deals.select("contact_emails", "owner_name").rows() == [("bo@firm.example", None)]
    assert still_known([Rep("anna@firm.example", "Anna"), Rep("bo@firm.example", "Bo")], gone)[0].name == "Bo"


def test_a_table_is_blanked_but_for_what_cannot_be_words():
    objection = {
        "finding_id": "0" * 12, "call_id": "0" * 16, "turn": 1, "role": "customer", "quote": "too dear", "start": 0.0,
        "end": 1.0, "score": 0.5, "threshold": 0.4, "rule": "like 'too dear'", "type": "price", "type_score": 0.9,
        "came_back": False,
    }  # fmt: skip
    row = blanked("objections", frame("objections", [objection])).row(0, named=True)
    assert (row["quote"], row["rule"]) == (MARK, MARK)
    assert (row["type"], row["finding_id"], row["score"]) == ("price", "0" * 12, 0.5)
