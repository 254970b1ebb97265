"""Custom trackers: a concept that a user names with example sentences, found in every call.

A sentence is read alone, by the reader network or the encoder that the settings name; a logistic regression per tracker
tells it from the counter-examples and from a background of labelled sentences. Eight examples are enough to be of use,
sixteen are better; what a tracker is worth on sentences that it did not see is measured by leaving each example out
once (`held_out`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from convintel.settings import Tracker
from convintel.signals.lines import Line
from convintel.signals.network import WIDTH, Examples, Network, Vectors
from convintel.signals.questions import marked, read_questions
from convintel.signals.row import Row, finding, kept
from convintel.signals.said import Said
from convintel.signals.text import clean, sentences

BACKGROUND: Final = 400  # labelled sentences, spread over all, that stand for what else is said
COST, EXAMPLE_WEIGHT, COUNTER_WEIGHT, BACKGROUND_WEIGHT = 30.0, 12.0, 6.0, 8.0
"""Chosen on five concepts with 90 sentences each, half of the false ones near misses (docs/signals.md)."""
LEAST_WORDS: Final = 3
ReadAlone = Callable[[Sequence[str]], Vectors]
"""Unit vectors [texts, width] of sentences read without their call; the same function each time in a process."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A tracker ready to read: what the user wrote, and a linear model over a sentence's vector."""

    tracker: Tracker
    weights: npt.NDArray[np.float64]
    intercept: float
    vectors: Vectors  # of the examples

    def scores(self, vectors: Vectors) -> npt.NDArray[np.float64]:
        """Return how likely each sentence [sentences, width] is meant by the tracker."""
        raw = vectors @ self.weights + self.intercept
        return np.asarray(1 / (1 + np.exp(-np.clip(raw, -30, 30))))

    def like(self, vector: Vectors) -> str:
        """Return in words which of the user's examples a sentence is most like."""
        best = int((self.vectors @ vector).argmax())
        return f"most like your example “{self.tracker.examples[best]}” ({float(self.vectors[best] @ vector):.2f})"


def read_alone(network: Network, texts: Sequence[str]) -> Vectors:
    """Return unit vectors [texts, 384] of sentences read without their call."""
    rows = [_mean(network, text) for text in texts]
    table = np.stack(rows) if rows else np.zeros((0, WIDTH // 2), dtype=np.float32)
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _mean(network: Network, text: str) -> Vectors:
    found = network.read([Line("customer", text)])
    if not found:
        return np.zeros(WIDTH // 2, dtype=np.float32)
    mean: Vectors = np.stack([each.vector[: WIDTH // 2] for each in found]).mean(axis=0)
    return mean


def train(tracker: Tracker, read: ReadAlone, examples: Examples) -> Trained:
    """Return the tracker trained on its examples, its counter-examples and the background."""
    right, wrong = read(tracker.examples), read(tracker.counter_examples)
    weights, intercept = _fit(right, wrong, background(read, examples))
    return Trained(tracker, weights, intercept, right)


@lru_cache(maxsize=1)  # the same for every tracker
def background(read: ReadAlone, examples: Examples) -> Vectors:
    """Return vectors of labelled sentences spread evenly over all of them."""
    step = max(1, len(examples.texts) // BACKGROUND)
    return read(examples.texts[::step][:BACKGROUND])


def _fit(right: Vectors, wrong: Vectors, others: Vectors) -> tuple[npt.NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    groups = [(right, 1, EXAMPLE_WEIGHT), (wrong, 0, COUNTER_WEIGHT), (others, 0, BACKGROUND_WEIGHT)]
    groups = [group for group in groups if len(group[0])]
    labels = [label for rows, label, _ in groups for _ in rows]
    shares = [weight / len(rows) for rows, _, weight in groups for _ in rows]
    model = LogisticRegression(C=COST, max_iter=3000)
    model.fit(np.vstack([rows for rows, _, _ in groups]).astype(np.float64), labels, sample_weight=shares)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])


def held_out(tracker: Tracker, read: ReadAlone, examples: Examples) -> dict[str, Any]:
    """Return precision and recall on the tracker's own sentences, each read by a model that did not see it.

    `background` is the share of other sentences that it would find wrongly.
    """
    right, wrong = read(tracker.examples), read(tracker.counter_examples)
    others = background(read, examples)
    half = len(others) // 2
    hits = sum(_left_out_found(right, wrong, others, place, True, tracker.threshold) for place in range(len(right)))
    false = sum(_left_out_found(right, wrong, others, place, False, tracker.threshold) for place in range(len(wrong)))
    model = Trained(tracker, *_fit(right, wrong, others[:half]), right)
    return {
        "examples": len(right),
        "counter_examples": len(wrong),
        "recall": hits / max(1, len(right)),
        "precision": hits / max(1, hits + false),
        "background": float((model.scores(others[half:]) >= tracker.threshold).mean()),
    }


def _left_out_found(
    right: Vectors, wrong: Vectors, others: Vectors, place: int, of_right: bool, threshold: float
) -> bool:
    pool = right if of_right else wrong
    rest = np.delete(pool, place, axis=0)
    weights, intercept = _fit(rest if of_right else right, wrong if of_right else rest, others)
    return bool(1 / (1 + np.exp(-(pool[place] @ weights + intercept))) >= threshold)


def mention_rows(said: Said, trackers: Sequence[Trained], read: ReadAlone, corrections: Mapping[str, str]) -> list[Row]:
    """Return the rows of `tables.Mentions` of a call, those that a manager called wrong left out."""
    if not trackers:
        return []
    asks = marked([turn.text for turn in said.turns])
    pieces = [
        (turn, piece)
        for turn in said.floor
        for piece in sentences(turn.text)
        if len(clean(piece.text).split()) >= LEAST_WORDS
    ]
    vectors = read([piece.text for _, piece in pieces])
    seen: dict[str, int] = {}
    rows: list[Row] = []
    for each in trackers:
        tracker = each.tracker
        for (turn, piece), vector, score in zip(pieces, vectors, each.scores(vectors), strict=True):
            side = tracker.said_by in ("anyone", turn.role)
            question = not tracker.questions_only or bool(read_questions(piece.text, has_marks=asks))
            if score >= tracker.threshold and side and question:
                rest = {
                    "tracker": tracker.name,
                    "score": round(float(score), 4),
                    "threshold": tracker.threshold,
                    "rule": each.like(vector),
                }
                kind = f"mention {tracker.name}"
                rows.append(finding(said, kind, turn, piece.start, piece.end, seen=seen, **rest))
    return kept(sorted(rows, key=lambda row: (row["start"], row["finding_id"])), corrections)
