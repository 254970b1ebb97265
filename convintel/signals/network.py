"""The reader network: a small sentence encoder, trained further on labelled calls, that sees each sentence in its call.

MiniLM (6 layers, 384 dimensions, 256 tokens at a time) as ONNX, on one thread, without torch. A sentence's vector is
the mean of its tokens beside the first token of its line's mark, so it tells what is said and in what moment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from convintel.errors import ModelError
from convintel.signals.lines import Line
from convintel.signals.text import Piece
from convintel.signals.windows import Window, encode, overlapping

Vectors = npt.NDArray[np.float32]
WIDTH: Final = 768


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A sentence of a line and its vector, float32 [768]."""

    line: int
    piece: Piece
    vector: Vectors


class Network:
    """Tokenizer and encoder of a reader folder (`tokenizer.json`, `reader.onnx`)."""

    def __init__(self, folder: Path) -> None:
        """Load both on one thread.

        Raises:
            ModelError: a file is missing or broken.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer: Any = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / "reader.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise their own kinds
            raise ModelError(f"the reader cannot be loaded: {error}", where=folder, remedy="restore it") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.tokens_of = lru_cache(maxsize=4096)(self._tokens_of)

    def _tokens_of(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def read(self, lines: Sequence[Line]) -> list[Sentence]:
        """Return the sentences of a call in order, each with its vector."""
        encoded = encode(lines, self.tokens_of)
        found = []
        for window, inside in overlapping(encoded):
            states = self._states(window)
            for place in window.places:
                if place.line in inside:
                    mean = states[place.start : place.end].mean(axis=0)
                    vector = np.concatenate([mean, states[place.mark]])
                    found.append(Sentence(place.line, encoded[place.line].pieces[place.sentence], vector))
        return sorted(found, key=lambda each: (each.line, each.piece.start))

    def _states(self, window: Window) -> Vectors:
        """Return the last layer, float32 [tokens, 384]. On one thread windows together cost more: they are padded."""
        ids = np.array([window.ids], dtype=np.int64)
        states: Vectors = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0][0]
        return states


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Labelled sentences of the training calls with their vectors: what a finding is likened to."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]  # an objection type, "next step", "no objections" or "no next_steps"
    vectors: Vectors  # [examples, 768]
    by_words: Vectors  # [examples], log-odds of the detector's word model

    def nearest(self, vector: Vectors, label: str, *, most: int = 2) -> list[tuple[str, float]]:
        """Return the examples of a label that are nearest in meaning, with their cosine, nearest first."""
        own = np.flatnonzero([each == label for each in self.labels])
        if not len(own):
            return []
        left, right = self.vectors[own, : WIDTH // 2], vector[: WIDTH // 2]
        cosine = left @ right / (np.linalg.norm(left, axis=1) * np.linalg.norm(right))
        order = np.argsort(-cosine, kind="stable")[:most]
        return [(self.texts[own[at]], float(cosine[at])) for at in order]


def load_examples(folder: Path) -> Examples:
    """Read `examples.json` and `examples.npz` (int8 rows with a scale each) of a reader folder.

    Raises:
        ModelError: a file is missing or broken.
    """
    try:
        told = json.loads((folder / "examples.json").read_text("utf-8"))
        with np.load(folder / "examples.npz", allow_pickle=False) as arrays:
            vectors = arrays["rows"].astype(np.float32) * arrays["scales"].astype(np.float32)[:, None]
            by_words = arrays["by_words"].astype(np.float32)
        return Examples(tuple(told["texts"]), tuple(told["labels"]), vectors, by_words)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"examples cannot be read: {error}", where=folder, remedy="restore them") from error
