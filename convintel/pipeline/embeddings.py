"""Embeddings of customer concerns, kept per call in the store so that only new calls are encoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from convintel import models, themes
from convintel.pipeline.gather import EMBEDDINGS, read_packed
from convintel.settings import Settings
from convintel.store import Store, content_key
from convintel.tables import SCHEMAS

Vectors = Mapping[str, NDArray[np.float32]]
VERSION: Final = 2
PHRASES: Final = "phrases"
"""The stage, beside those of calls, that keeps vectors of phrases; its scope is the encoder's digest."""


def embed_concerns(
    concerns: pl.DataFrame, calls: pl.DataFrame, signal_keys: Mapping[str, str], *, store: Store, settings: Settings
) -> dict[str, NDArray[np.float32]]:
    """Return unit vectors by text; encodes, in one go, the calls that have none in the store.

    Args:
        concerns: table Concerns of all calls.
        calls: `call_id` and `week` of the calls that count, sorted by week.
        signal_keys: content key of the signals of each call that counts.
        store: where vectors are kept.
        settings: name the encoder.
    """
    encoder_digest = models.digest(settings.themes.encoder)
    keys = {call_id: embedding_key(key, encoder_digest) for call_id, key in signal_keys.items()}
    missing = [call_id for call_id, key in keys.items() if not store.has("embeddings", call_id, key)]
    if missing:
        texts = _texts(concerns)
        new = sorted({text for call_id in missing for text in texts.get(call_id, [])})
        fresh = dict(zip(new, themes.load_encoder(settings.themes.encoder).encode(new), strict=True)) if new else {}
        for call_id in missing:
            vectors = _table(call_id, texts.get(call_id, []), fresh)
            store.write("embeddings", call_id, keys[call_id], {"embeddings": vectors})
    return _vectors(read_packed(store, "embeddings", EMBEDDINGS, calls, keys)["embeddings"])


def embedding_key(signals_key: str, encoder_digest: str) -> str:
    """Return what a call's embeddings depend on: its signals, the encoder, and how they are stored."""
    return content_key(VERSION, SCHEMAS["embeddings"].version, signals_key, encoder_digest)


class StoredEncoder:
    """An encoder that answers from known vectors and loads the model only for texts that nobody has asked for before.

    Besides concerns those are the phrases that may name a theme; `keep` stores them, and `convintel forget` deletes
    what is stored, because phrases are people's words.
    """

    def __init__(self, vectors: Vectors, settings: Settings, *, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._digest = models.digest(settings.themes.encoder)
        self._encoder: themes.Encoder | None = None
        self._phrases = self._stored()
        self._vectors = {**self._phrases, **vectors}
        self.name = settings.themes.encoder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 [n, d]."""
        unknown = sorted({text for text in texts if text not in self._vectors})
        if unknown:
            self._encoder = self._encoder or themes.load_encoder(self._settings.themes.encoder)
            fresh = dict(zip(unknown, self._encoder.encode(unknown), strict=True))
            self._phrases |= fresh
            self._vectors |= fresh
        return np.vstack([self._vectors[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)

    def keep(self) -> None:
        """Store the vectors of phrases that were new, with those known before."""
        if self._encoder is not None:
            texts = sorted(self._phrases)
            table = _table(PHRASES, texts, self._phrases)
            self._store.write(PHRASES, self._digest[:16], content_key(VERSION, texts), {"embeddings": table})

    def _stored(self) -> dict[str, NDArray[np.float32]]:
        found = sorted(self._store.path(PHRASES, self._digest[:16], "").glob("*/embeddings.parquet"))
        return _vectors(pl.read_parquet(found[0])) if found else {}


def _vectors(table: pl.DataFrame) -> dict[str, NDArray[np.float32]]:
    if table.is_empty():
        return {}
    width = len(table.item(0, "vector"))
    matrix = table["vector"].list.to_array(width).to_numpy()  # all at once: a hundred thousand calls have as many rows
    return dict(zip(table["text"], np.asarray(matrix, np.float32), strict=True))


def _texts(concerns: pl.DataFrame) -> dict[str, list[str]]:
    """Return, by call, what of its concerns is worth encoding, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for call_id, quote, topic in concerns.select("call_id", "quote", "topic").iter_rows():
        text = themes.concern_text(quote, topic)
        if text is not None:
            found[call_id].add(text)
    return {call_id: sorted(texts) for call_id, texts in found.items()}


def _table(call_id: str, texts: Sequence[str], vectors: Vectors) -> pl.DataFrame:
    return pl.DataFrame(
        {"call_id": [call_id] * len(texts), "text": list(texts), "vector": [vectors[text].tolist() for text in texts]},
        schema={"call_id": pl.String, "text": pl.String, "vector": pl.List(pl.Float32)},
    )
