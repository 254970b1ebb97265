"""Vectors of phrases are made once, and deleted with the people whose words they are."""

import numpy as np
import pytest

from convintel import themes
from convintel.ledger import Ledger
from convintel.pipeline.embeddings import PHRASES, StoredEncoder
from convintel.pipeline.tidy import erase
from convintel.settings import Settings
from convintel.store import Store
from convintel.workspace import Workspace


class Counting:
    """An encoder that remembers what it was asked."""

    name = "counting"

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        self.asked += texts
        return np.array([[float(len(text)), 1.0] for text in texts], np.float32)


@pytest.fixture
def encoder(monkeypatch):
    made = Counting()
    monkeypatch.setattr(themes, "load_encoder", lambda settings: made)
    return made


def asked(store, texts, *, known=None):
    stored = StoredEncoder(known or {}, Settings(), store=store)
    vectors = stored.encode(texts)
    stored.keep()
    return vectors.tolist()


def test_phrases_are_embedded_once(tmp_path, encoder):
    store = Store(tmp_path)
    first = asked(store, ["route map", "price list"], known={"a concern": np.zeros(2, np.float32)})
    assert asked(store, ["price list", "route map"]) == first[::-1]
    assert encoder.asked == ["price list", "route map"]
    asked(store, ["late fee"])
    assert encoder.asked == ["price list", "route map", "late fee"]
    assert asked(store, ["late fee", "route map"]) == [[8.0, 1.0], [9.0, 1.0]]
    assert len(encoder.asked) == 3
    assert len(list((tmp_path / PHRASES).glob("*/*"))) == 1


def test_forgetting_a_call_deletes_them(tmp_path, encoder):
    workspace = Workspace(tmp_path)
    store = Store(workspace.store)
    asked(store, ["route map"])
    assert (workspace.store / PHRASES).is_dir()
    with Ledger(workspace.ledger) as ledger:
        erase(workspace, ledger, ["0123456789abcdef"])
    assert not (workspace.store / PHRASES).exists()
