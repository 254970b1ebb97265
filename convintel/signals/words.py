"""Word models: linear over n-grams of a sentence and the turns around it; they can be read and explained.

Features are n-grams of named fields (`context.fields_of`), made by the same code for training and for reading. Nothing
in them tells how long a turn is or where it stands in the call: people object at length in written calls, and a model
that may count words learns only that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Fields = Mapping[str, str]
TELLING: Final = frozenset(("not", "no", "too", "but", "if", "can", "yet", "buy", "pay"))
FIELD_NAMES: Final = {
    "sentence": "said",
    "opening": "opens with",
    "spoken": "said",
    "rest": "beside it",
    "before": "after",
    "before_spoken": "after",
    "before_that": "earlier",
    "after": "answered by",
    "reply_opening": "answered by",
    "cues": "with",
}


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


@dataclass(frozen=True)
class Words:
    """A linear model over n-grams: weights [classes, features] and intercept [classes]."""

    vocabularies: tuple[Vocabulary, ...]
    weights: Array
    intercept: Array

    def raw(self, fields: Fields) -> Array:
        """Return log-odds per class."""
        found = self.intercept.copy()
        for _, place, value, _ in self._named(fields):
            found += value * self.weights[:, place]
        return found

    def reasons(self, fields: Fields, *, row: int = 0, most: int = 3) -> str:
        """Return in words the n-grams that spoke most for a class, none inside another; empty when none did."""
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
            if not _is_slight(gram) and not any(field == other and _inside(gram, seen) for other, seen in chosen):
                chosen.append((field, gram))
        return _in_words(chosen)

    def _named(self, fields: Fields) -> list[tuple[str, int, float, str]]:
        found, start = [], 0
        for vocabulary in self.vocabularies:
            field = vocabulary.block.field
            found += [(field, start + p, v, g) for p, v, g in vocabulary.vector(fields.get(field, ""))]
            start += len(vocabulary.index)
        return found


def _is_slight(gram: str) -> bool:
    """Tell whether an n-gram is one little word that tells a reader nothing (its weight still counts)."""
    return " " not in gram and len(gram.removeprefix("r_").removeprefix("c_")) < 4 and gram not in TELLING


def _inside(left: str, right: str) -> bool:
    """Tell whether one n-gram is part of the other."""
    return f" {left} " in f" {right} " or f" {right} " in f" {left} "


def _in_words(reasons: Sequence[tuple[str, str]]) -> str:
    said: dict[str, list[str]] = {}
    for field, gram in reasons:
        words = " ".join(word[2:] if word[1:2] == "_" else word for word in gram.split())
        said.setdefault(FIELD_NAMES.get(field, field), []).append(f"“{words}”")
    return "; ".join(f"{field} {', '.join(grams)}" for field, grams in said.items())
