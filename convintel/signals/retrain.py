"""Heads trained again with a manager's verdicts: what was called wrong becomes rarer, what was called right surer.

The detectors' weights over vectors move as little as the verdicts ask for: logistic loss on the verdicts and on the
labelled examples of the reader, plus the squared distance from the weights as they were. Words, calibration and
thresholds stay. The same verdicts give the same heads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from convintel.signals.heads import Head
from convintel.signals.lines import Line
from convintel.signals.network import Examples
from convintel.signals.reader import Reader
from convintel.signals.row import finding
from convintel.signals.said import Said
from convintel.signals.words import Array

DETECTORS: Final = {"objection": "objections", "next_step": "next_steps"}
VERDICT_WEIGHT: Final = 50.0  # of one verdict against one labelled example: a team gives few
STIFFNESS: Final = 10.0  # of the distance from the weights as they were; three verdicts then take 0.94 to 0.36


@dataclass(frozen=True, eq=False)
class Verdict:
    """A finding that a manager judged: which detector, its vector [768], log-odds by words, and whether it is one."""

    detector: str
    vector: npt.NDArray[np.float32]
    by_words: float
    right: bool


def verdicts_of(said: Said, reader: Reader, told: Mapping[str, str]) -> list[Verdict]:
    """Return the verdicts of a call: its findings are looked up by their ids as they were before any correction."""
    floor = said.floor
    reading = reader.read([Line(turn.role, turn.text) for turn in floor])
    found = []
    for kind, name in DETECTORS.items():
        threshold = reader.objection_threshold if kind == "objection" else reader.next_step_threshold
        seen: dict[str, int] = {}
        keep = _of_customer if kind == "objection" else _of_anyone
        for fired in reading.fired(name, threshold, keep=keep):
            row = finding(said, kind, floor[fired.line], fired.start, fired.end, seen=seen)
            verdict = told.get(str(row["finding_id"]))
            if verdict in ("wrong", "right"):
                by_words = float(reader.heads[name].words.raw(fired.top_fields)[0])
                found.append(Verdict(name, fired.top.vector, by_words, verdict == "right"))
    return found


def _of_customer(line: Line) -> bool:
    return line.role == "customer"


def _of_anyone(_: Line) -> bool:
    return True


def retrain(heads: Mapping[str, Head], examples: Examples, verdicts: Sequence[Verdict]) -> dict[str, Head]:
    """Return the heads with both detectors moved by the verdicts."""
    moved = dict(heads)
    for name in DETECTORS.values():
        own = [verdict for verdict in verdicts if verdict.detector == name]
        if own:
            moved[name] = _moved(heads[name], examples, own)
    return moved


def _moved(head: Head, examples: Examples, verdicts: Sequence[Verdict]) -> Head:
    from scipy.optimize import minimize

    vectors, by_words, truth, weights = _rows(head, examples, verdicts)
    start = np.concatenate([head.weights[0], head.intercept])
    rows = np.hstack([vectors, np.ones((len(vectors), 1))]) * head.mix[0] * head.slope
    fixed = by_words * head.mix[1] * head.slope + head.offset

    def loss(now: Array) -> tuple[float, Array]:
        score = 1 / (1 + np.exp(-np.clip(rows @ now + fixed, -30, 30)))
        away = now - start
        error = -(truth * np.log(score + 1e-12) + (1 - truth) * np.log(1 - score + 1e-12)) @ weights
        return float(error + STIFFNESS * away @ away), rows.T @ (weights * (score - truth)) + 2 * STIFFNESS * away

    best = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return replace(head, weights=best[None, :-1], intercept=best[-1:])


def _rows(head: Head, examples: Examples, verdicts: Sequence[Verdict]) -> tuple[Array, Array, Array, Array]:
    """Return vectors, log-odds by words, truth and weights of the labelled examples of a detector and the verdicts."""
    none = f"no {head.name}"
    is_step = head.name == "next_steps"
    own = [
        at
        for at, label in enumerate(examples.labels)
        if label == none or ((label == "next step") == is_step and not label.startswith("no "))
    ]
    truth = [float(examples.labels[at] != none) for at in own] + [float(each.right) for each in verdicts]
    vectors = np.vstack([examples.vectors[own], *(each.vector[None] for each in verdicts)]).astype(np.float64)
    by_words = np.concatenate([examples.by_words[own], [each.by_words for each in verdicts]]).astype(np.float64)
    return vectors, by_words, np.array(truth), np.array([1.0] * len(own) + [VERDICT_WEIGHT] * len(verdicts))
