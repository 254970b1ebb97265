"""Embeddings of customer concerns, kept per call in the store so that only new calls are encoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from convintel import models, themes
from convintel.settings import Settings
from convintel.store import Store, content_key

Vectors = Mapping[str, NDArray[np.float32]]
VERSION = 1


def embed_concerns(
    concerns: pl.DataFrame, signal_keys: Mapping[str, str], *, store: Store, settings: Settings
) -> dict[str, NDArray[np.float32]]:
    """Return unit vectors by text; encodes, in one go, the calls that have none in the store.

    Args:
        concerns: table Concerns of all calls.
        signal_keys: content key of the signals of each call that counts.
        store: where vectors are kept.
        settings: name the encoder.
    """
    encoder_digest = models.digest(settings.themes.encoder)
    keys = {call_id: content_key(VERSION, key, encoder_digest) for call_id, key in signal_keys.items()}
    missing = [call_id for call_id, key in keys.items() if not store.has("embeddings", call_id, key)]
    if missing:
        texts = _texts(concerns)
        new = sorted({text for call_id in missing for text in texts.get(call_id, [])})
        fresh = dict(zip(new, themes.load_encoder(settings).encode(new), strict=True)) if new else {}
        for call_id in missing:
            vectors = _table(call_id, texts.get(call_id, []), fresh)
            store.write("embeddings", call_id, keys[call_id], {"embeddings": vectors})
    rows = store.read_many("embeddings", "embeddings", sorted(keys.items()))
    return {text: np.asarray(vector, np.float32) for text, vector in rows.select("text", "vector").iter_rows()}


class StoredEncoder:
    """An encoder that answers from known vectors and loads the model only for texts it has not seen."""

    def __init__(self, vectors: Vectors, settings: Settings) -> None:
        self._vectors = dict(vectors)
        self._settings = settings
        self._encoder: themes.Encoder | None = None
        self.name = settings.themes.encoder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 [n, d]."""
        unknown = sorted({text for text in texts if text not in self._vectors})
        if unknown:
            self._encoder = self._encoder or themes.load_encoder(self._settings)
            self._vectors.update(zip(unknown, self._encoder.encode(unknown), strict=True))
        return np.vstack([self._vectors[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)


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
