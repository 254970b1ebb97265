"""Heads: what is read off a sentence. Two linear models side by side, one over the network's vector and one over words.

Their log-odds are added with weights chosen on calls of authors that neither learnt from. A detector's score is
calibrated on the same calls, so that 0.8 is right four times in five; the other heads choose among classes. Stored
without pickle: `heads.json` (what each head is, its words, threshold, calibration, scores) and `heads.npz` (numbers).
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from convintel.errors import ModelError
from convintel.signals.words import Array, Block, Fields, Vocabulary, Words
from convintel.store import write_atomically

FORMAT: Final = 2


@dataclass(frozen=True, eq=False)
class Head:
    """A head. One class "yes": a detector; several: their softmax.

    Attributes:
        weights: over the network's vector, [classes, 768].
        intercept: [classes].
        words: the model over words.
        mix: weights of the log-odds by vector and by words.
        threshold: of a detector's score, where F1 was best on unseen authors.
        slope: calibrated score = logistic(slope * raw + offset).
        offset: see slope.
        facts: scores and data of the training, for the model card.
    """

    name: str
    classes: tuple[str, ...]
    weights: Array
    intercept: Array
    words: Words
    mix: tuple[float, float] = (1.0, 1.0)
    threshold: float = 0.5
    slope: float = 1.0
    offset: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def raw(self, vectors: npt.ArrayLike, fields: Sequence[Fields]) -> Array:
        """Return log-odds [sentences, classes] of vectors [sentences, 768] and the fields of the same sentences."""
        by_vector = np.asarray(vectors, dtype=np.float64) @ self.weights.T + self.intercept
        by_words = np.stack([self.words.raw(each) for each in fields])
        return np.asarray(self.mix[0] * by_vector + self.mix[1] * by_words)

    def calibrated(self, raw: float) -> float:
        """Turn a detector's log-odds into its score."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.slope * raw + self.offset))))

    def scores(self, vectors: npt.ArrayLike, fields: Sequence[Fields]) -> list[float]:
        """Return a detector's calibrated score of each sentence, in [0, 1]."""
        return [self.calibrated(float(raw)) for raw in self.raw(vectors, fields)[:, 0]]

    def choose(
        self, vector: npt.ArrayLike, fields: Fields, *, least: Mapping[str, float] | None = None
    ) -> tuple[str, float]:
        """Return the likeliest class of a finding (mean vector, merged fields), and how likely it is.

        A class of `least` is only said when it is so likely; else the likeliest of the others is.
        """
        raw = self.raw(np.atleast_2d(np.asarray(vector)), [fields])[0]
        powers = np.exp(raw - raw.max())
        shares = dict(zip(self.classes, (powers / powers.sum()).tolist(), strict=True))
        said = {name: share for name, share in shares.items() if share >= (least or {}).get(name, 0.0)}
        best = max(said or shares, key=lambda name: shares[name])
        return best, shares[best]

    def reasons(self, fields: Fields, label: str | None = None, *, most: int = 3) -> str:
        """Return in words the n-grams that spoke most for a class."""
        return self.words.reasons(fields, row=self.classes.index(label) if label else 0, most=most)


def save(heads: Sequence[Head], folder: Path) -> None:
    """Write `heads.json` and `heads.npz`; the same heads give the same bytes."""
    described = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for head in heads:
        described[head.name] = {
            "classes": head.classes,
            "mix": head.mix,
            "threshold": head.threshold,
            "slope": head.slope,
            "offset": head.offset,
            "facts": dict(head.facts),
            "blocks": [vars(each.block) | {"words": list(each.index)} for each in head.words.vocabularies],
        }
        arrays[f"{head.name}.weights"] = head.weights.astype(np.float32)
        arrays[f"{head.name}.intercept"] = head.intercept.astype(np.float32)
        arrays[f"{head.name}.word_weights"] = head.words.weights.astype(np.float16)
        arrays[f"{head.name}.word_intercept"] = head.words.intercept.astype(np.float32)
        for place, each in enumerate(head.words.vocabularies):
            arrays[f"{head.name}.idf{place}"] = each.idf.astype(np.float16)
    numbers = io.BytesIO()
    np.savez_compressed(numbers, **arrays)  # type: ignore[arg-type]
    write_atomically(folder / "heads.npz", numbers.getvalue())
    told = {"format": FORMAT, "heads": described}
    write_atomically(folder / "heads.json", json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n")


def load(folder: Path) -> dict[str, Head]:
    """Read the heads of a folder by name.

    Raises:
        ModelError: a file is missing, broken or of another format.
    """
    file = folder / "heads.json"
    try:
        told = json.loads(file.read_text("utf-8"))
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}, expected {FORMAT}")
        with np.load(folder / "heads.npz", allow_pickle=False) as numbers:
            arrays = {name: numbers[name].astype(np.float64) for name in numbers.files}
        return {name: _head(name, each, arrays) for name, each in told["heads"].items()}
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"heads cannot be read: {error}", where=file, remedy="restore them, or train again") from error


def _head(name: str, told: Mapping[str, Any], arrays: Mapping[str, Array]) -> Head:
    vocabularies = []
    for place, described in enumerate(told["blocks"]):
        block = Block(**{key: value for key, value in described.items() if key != "words"})
        index = {word: at for at, word in enumerate(described["words"])}
        vocabularies.append(Vocabulary(block, index, arrays[f"{name}.idf{place}"]))
    words = Words(tuple(vocabularies), arrays[f"{name}.word_weights"], arrays[f"{name}.word_intercept"])
    return Head(
        name,
        tuple(told["classes"]),
        arrays[f"{name}.weights"],
        arrays[f"{name}.intercept"],
        words,
        mix=(told["mix"][0], told["mix"][1]),
        threshold=told["threshold"],
        slope=told["slope"],
        offset=told["offset"],
        facts=told["facts"],
    )
