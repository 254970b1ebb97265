"""What a detector of objections scores that sees no word: how long turns are and where they stand.

    python models/training/length_alone.py GOLD_DIR [GOLD_DIR ...]

Learns from all labelled calls beside this file and prints precision, recall and F1 on other labelled calls. The figure
says how much of a reader's score on a set could be a short cut.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402

from convintel.evaluate.matching import match_near  # noqa: E402


def rows(call: dict[str, Any]) -> tuple[list[int], list[list[float]], list[bool]]:
    """Return lines of the customer, their features (words of it, of those around, place), and which object."""
    lengths = [len(turn["text"].split()) for turn in call["turns"]]
    marked = {each["turn"] for each in call["objections"]}
    at = [line for line, turn in enumerate(call["turns"]) if turn["role"] == "customer"]

    def length(line: int) -> float:
        return float(lengths[line]) if 0 <= line < len(lengths) else 0.0

    features = [
        [*(length(line + by) for by in (-2, -1, 0, 1, 2)), line / len(lengths), length(line) / (1 + np.mean(lengths))]
        for line in at
    ]
    return at, features, [line in marked for line in at]


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the labelled calls of a folder."""
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.rglob("*.json"))]


def main(folders: list[str]) -> None:
    """Learn, and print a line a folder."""
    learnt = [rows(call) for call in read(Path(__file__).parent / "calls")]
    model = HistGradientBoostingClassifier(random_state=7, class_weight="balanced").fit(
        [row for _, features, _ in learnt for row in features], [one for _, _, truth in learnt for one in truth]
    )
    for folder in folders:
        hits, marked, said = np.zeros((3, 50))
        for call in read(Path(folder)):
            at, features, _ = rows(call)
            scores = model.predict_proba(features)[:, 1]
            gold = [each["turn"] for each in call["objections"]]
            for place, least in enumerate(np.linspace(0.02, 0.98, 50)):
                found = [line for line, score in zip(at, scores, strict=True) if score >= least]
                hits[place] += len(match_near(gold, found))
                marked[place] += len(gold)
                said[place] += len(found)
        f1 = 2 * hits / np.maximum(1, marked + said)
        best = int(f1.argmax())
        print(
            f"{folder}: F1 {f1[best]:.3f} at its best threshold, precision {hits[best] / max(1, said[best]):.2f}, "
            f"recall {hits[best] / max(1, marked[best]):.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
