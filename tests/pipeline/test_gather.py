"""Results of many calls as one table: from packs where a week has not changed, and never from a stale one."""

import shutil

import polars as pl
import pytest

from convintel.pipeline import gather
from convintel.pipeline.survey import Keys
from convintel.store import Store
from convintel.tables import frame

WEEKS = {"a" * 16: None, "b" * 16: "2026-W43", "c" * 16: "2026-W44", "d" * 16: "2026-W44"}
CALLS = pl.DataFrame({"call_id": list(WEEKS), "week": list(WEEKS.values())})
STAGES = {"transcript": ("audio",), "turns": ("roles", "turns", "talk"), "signals": gather.OVERVIEW["signals"]}


def turn(call_id, text):
    return {"call_id": call_id, "turn": 0, "speaker": "0", "role": "rep", "start": 0.0, "end": 1.0, "text": text,
            "backchannel": False}  # fmt: skip


@pytest.fixture
def store(tmp_path):
    """Return a store with four calls, each with one turn."""
    made = Store(tmp_path)
    for call_id in WEEKS:
        put(made, call_id, "k", call_id[0])
    return made


def put(store, call_id, key, text):
    for stage, names in STAGES.items():
        rows = {"turns": [turn(call_id, text)]}
        store.write(stage, call_id, key, {name: frame(name, rows.get(name, [])) for name in names})


def keys(**changed):
    return {call_id: Keys(*[changed.get(call_id[0], "k")] * 3) for call_id in WEEKS}


def said(store, **changed):
    return gather.spoken(store, CALLS, keys(**changed))["turns"]["text"].to_list()


def test_packs_hold_what_the_calls_hold_in_their_order(store):
    assert said(store) == ["a", "b", "c", "d"]
    assert set(gather.overview(store, CALLS, keys())) == {name for names in gather.OVERVIEW.values() for name in names}
    for call_id in WEEKS:  # now the packs alone
        for stage in STAGES:
            shutil.rmtree(store.root / stage / call_id / "k")
    assert said(store) == ["a", "b", "c", "d"]


def test_a_result_that_changed_is_read_and_its_old_pack_goes(store):
    said(store)
    put(store, "d" * 16, "k2", "changed")
    before = sorted(path.name for path in (store.root / gather.PACKS).glob("turns-*/*"))
    assert said(store, d="k2") == ["a", "b", "c", "changed"]
    after = sorted(path.name for path in (store.root / gather.PACKS).glob("turns-*/*"))
    assert len(before) == len(after) == 3
    assert len(set(before) & set(after)) == 2  # only the one week was put together anew


def test_a_call_that_is_left_out_is_in_no_pack_that_is_read(store):
    said(store)
    fewer = CALLS.filter(pl.col("call_id") != "c" * 16)
    assert gather.spoken(store, fewer, keys())["turns"]["text"].to_list() == ["a", "b", "d"]
    packs = [pl.read_parquet(path) for path in (store.root / gather.PACKS).rglob("turns.parquet")]
    assert "c" not in pl.concat(packs)["text"].to_list()


def test_packs_of_weeks_without_calls_and_old_talk_are_deleted(store):
    said(store)
    gather.overview(store, CALLS, keys())
    gather.drop_packs(store, [None, "2026-W44"], spoken_from="2026-W44")
    left = {path.name for path in (store.root / gather.PACKS).iterdir()}
    assert {name for name in left if "W43" in name} == set()
    assert {name for name in left if name.startswith("turns-turns")} == {"turns-turns-2026-W44", "turns-turns-undated"}
    assert "signals-metrics-undated" in left


def test_no_calls_give_empty_tables(store):
    tables = gather.overview(store, CALLS.clear(), {})
    assert tables["metrics"].is_empty()
    assert gather.spoken_in(store, [], {})["turns"].is_empty()
