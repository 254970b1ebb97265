"""What an older version stored is made again, never misread."""

from dataclasses import replace

import pytest

from convintel.ledger import Ledger
from convintel.pipeline import gather, survey
from convintel.pipeline.embeddings import embedding_key
from convintel.pipeline.survey import STAGE_TABLES
from convintel.settings import load
from convintel.tables import SCHEMAS
from convintel.workspace import Workspace


@pytest.fixture
def keys(tmp_path):
    """Return a function that gives the keys of a call's results as this version would store them."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "convintel.toml").write_text("")
    (tmp_path / "inbox" / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:04.000\n<v Rep>Hello there.\n")

    def read():
        survey.__globals__["_derive"].cache_clear()
        with Ledger(Workspace(tmp_path).ledger) as ledger:
            found = survey(Workspace(tmp_path), load(tmp_path), ledger)
        (one,) = found.keys.values()
        return {"transcript": one.transcript, "turns": one.turns, "signals": one.signals}

    return read


@pytest.mark.parametrize(("stage", "name"), [(stage, name) for stage, names in STAGE_TABLES.items() for name in names])
def test_another_version_of_any_table_gives_its_stage_another_key(keys, monkeypatch, stage, name):
    now = keys()
    monkeypatch.setitem(SCHEMAS, name, replace(SCHEMAS[name], version=SCHEMAS[name].version - 1))
    older = keys()
    assert older[stage] != now[stage]
    assert next(one for one in now if older[one] != now[one]) == stage  # and what depends on it, nothing before it


def test_another_version_of_embeddings_or_of_what_a_pack_holds_gives_another_key(monkeypatch):
    before = embedding_key("k", "d"), gather.pack("turns", gather.SPOKEN, None, [("a", "k")])
    for name in ("embeddings", "talk"):
        monkeypatch.setitem(SCHEMAS, name, replace(SCHEMAS[name], version=99))
    after = embedding_key("k", "d"), gather.pack("turns", gather.SPOKEN, None, [("a", "k")])
    assert after[0] != before[0]
    assert after[1][0] == before[1][0]
    assert after[1][1] != before[1][1]
