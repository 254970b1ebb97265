"""Trained heads: linear models over words that can be read, explained and stored without pickle.

A head is two files in models/heads: NAME.json (what it is, its words, its threshold and calibration, its scores) and
NAME.npz (its numbers). Features are n-grams of named fields of an utterance (the sentence, the turn before, the reply
...), so the same code makes them for training and for reading. Nothing in them tells how long a turn is or where it
stands in the call: people object at length in written calls, and a head that may count words learns only that.
"""

from __future__ import annotations

import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from convintel.errors import ModelError
from convintel.store import write_atomically

Array = npt.NDArray[np.float64]
Fields = Mapping[str, str]
FORMAT: Final = 1
TELLING: Final = frozenset(("not", "no", "too", "but", "if", "can", "yet", "buy", "pay"))


@dataclass(frozen=True)
class Block:
    """N-grams of one field: `unit` word or char (inside word boundaries), `weighting` tf-idf or presence."""

    field: str
    low: int
    high: int
    scale: float
    unit: Literal["word", "char"] = "word"
    weighting: Literal["tfidf", "presence"] = "tfidf"
    least: int = 3  # texts in which an n-gram must occur to be known

    def grams(self, text: str) -> Counter[str]:
        """Return the n-grams of a cleaned text with their counts."""
        found: Counter[str] = Counter()
        if self.unit == "char":
            for word in text.split():
                padded = f" {word} "
                for size in range(self.low, self.high + 1):
                    found.update(padded[at : at + size] for at in range(len(padded) - size + 1))
            return found
        tokens = text.split()
        for size in range(self.low, self.high + 1):
            found.update(" ".join(tokens[at : at + size]) for at in range(len(tokens) - size + 1))
        return found


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that a block knows, and how rare each is."""

    block: Block
    index: Mapping[str, int]
    idf: Array

    def vector(self, text: str) -> list[tuple[int, float, str]]:
        """Return (place, value, n-gram) of a cleaned text: of unit length (tf-idf) or one each, times the scale."""
        known = [
            (self.index[gram], count, gram) for gram, count in self.block.grams(text).items() if gram in self.index
        ]
        if self.block.weighting == "presence":
            return [(place, self.block.scale, gram) for place, _, gram in known]
        values = [(1 + math.log(count)) * float(self.idf[place]) for place, count, _ in known]
        length = math.sqrt(sum(value * value for value in values)) or 1.0
        return [
            (place, self.block.scale * value / length, gram)
            for (place, _, gram), value in zip(known, values, strict=True)
        ]


def learn_vocabulary(block: Block, texts: Sequence[str]) -> Vocabulary:
    """Return the n-grams that occur in at least `block.least` texts, in alphabetical order."""
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(block.grams(text).keys())
    kept = sorted(gram for gram, count in seen.items() if count >= block.least)
    idf = np.array([math.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept])
    return Vocabulary(block, {gram: place for place, gram in enumerate(kept)}, idf)


@dataclass(frozen=True)
class Head:
    """A trained linear head. One class: a detector; several: their softmax."""

    name: str
    classes: tuple[str, ...]
    vocabularies: tuple[Vocabulary, ...]
    weights: Array  # [number of classes, features]
    intercept: Array  # [number of classes]
    threshold: float = 0.5  # on the calibrated score
    slope: float = 1.0  # calibrated score = logistic(slope * raw + offset)
    offset: float = 0.0
    facts: Mapping[str, Any] | None = None

    def raw(self, fields: Fields) -> Array:
        """Return log-odds per class [number of classes], uncalibrated."""
        found = self.intercept.copy()
        for place, value, _ in self._features(fields):
            found += value * self.weights[:, place]
        return found

    def score(self, raw: float) -> float:
        """Turn a detector's raw log-odds into a calibrated score in [0, 1]."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.slope * raw + self.offset))))

    def probabilities(self, fields: Fields) -> dict[str, float]:
        """Return the softmax over classes."""
        raw = self.raw(fields)
        powers = np.exp(raw - raw.max())
        return dict(zip(self.classes, (powers / powers.sum()).tolist(), strict=True))

    def reasons(self, fields: Fields, *, label: str | None = None, most: int = 3) -> list[tuple[str, str]]:
        """Return the (field, n-gram) pairs that spoke most for a class, none inside another."""
        row = self.classes.index(label) if label else 0
        weighed = sorted(
            (
                (value * float(self.weights[row, place]), field, gram)
                for field, place, value, gram in self._named(fields)
            ),
            reverse=True,
        )
        chosen: list[tuple[str, str]] = []
        for weight, field, gram in weighed:
            if weight <= 0 or len(chosen) == most:
                break
            if self._is_slight(gram):
                continue
            if not any(field == other and _inside(gram, seen) for other, seen in chosen):
                chosen.append((field, gram))
        return chosen

    @staticmethod
    def _is_slight(gram: str) -> bool:
        """Tell whether an n-gram is one little word that tells a reader nothing (its weight still counts)."""
        return " " not in gram and len(gram.removeprefix("r_").removeprefix("c_")) < 4 and gram not in TELLING

    def _features(self, fields: Fields) -> list[tuple[int, float, str]]:
        return [(place, value, gram) for _, place, value, gram in self._named(fields)]

    def _named(self, fields: Fields) -> list[tuple[str, int, float, str]]:
        found, start = [], 0
        for vocabulary in self.vocabularies:
            field = vocabulary.block.field
            found += [(field, start + p, v, g) for p, v, g in vocabulary.vector(fields.get(field, ""))]
            start += len(vocabulary.index)
        return found


def _inside(left: str, right: str) -> bool:
    """Tell whether one n-gram is part of the other."""
    return f" {left} " in f" {right} " or f" {right} " in f" {left} "


def save(head: Head, folder: Path) -> None:
    """Write NAME.json and NAME.npz; the same head gives the same bytes."""
    described = {
        "format": FORMAT,
        "name": head.name,
        "classes": head.classes,
        "threshold": head.threshold,
        "slope": head.slope,
        "offset": head.offset,
        "facts": head.facts or {},
        "blocks": [vars(vocabulary.block) | {"words": list(vocabulary.index)} for vocabulary in head.vocabularies],
    }
    numbers = io.BytesIO()
    idf = {f"idf{place}": each.idf.astype(np.float16) for place, each in enumerate(head.vocabularies)}
    np.savez_compressed(
        numbers,
        weights=head.weights.astype(np.float16),
        intercept=head.intercept.astype(np.float32),
        **idf,  # type: ignore[arg-type]
    )
    write_atomically(folder / f"{head.name}.npz", numbers.getvalue())
    write_atomically(folder / f"{head.name}.json", json.dumps(described, ensure_ascii=False, separators=(",", ":")))


def load(folder: Path, name: str) -> Head:
    """Read a head.

    Raises:
        ModelError: a file is missing, broken or of another format.
    """
    file = folder / f"{name}.json"
    try:
        described = json.loads(file.read_text("utf-8"))
        if described["format"] != FORMAT:
            raise ValueError(f"format {described['format']}, expected {FORMAT}")
        with np.load(folder / f"{name}.npz", allow_pickle=False) as numbers:
            arrays = {key: numbers[key].astype(np.float64) for key in numbers.files}
        vocabularies = tuple(
            _vocabulary(block, arrays[f"idf{place}"]) for place, block in enumerate(described["blocks"])
        )
        return Head(
            name=described["name"],
            classes=tuple(described["classes"]),
            vocabularies=vocabularies,
            weights=arrays["weights"],
            intercept=arrays["intercept"],
            threshold=described["threshold"],
            slope=described["slope"],
            offset=described["offset"],
            facts=described["facts"],
        )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"head cannot be read: {error}", where=file, remedy="restore it from the repository"
        ) from error


def _vocabulary(described: dict[str, Any], idf: Array) -> Vocabulary:
    words = described.pop("words")
    return Vocabulary(Block(**described), {word: place for place, word in enumerate(words)}, idf)
