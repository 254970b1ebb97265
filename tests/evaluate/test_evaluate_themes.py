from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Sequence

import numpy as np
import pytest

from convintel.encoder import unit
from convintel.errors import WorkspaceError
from convintel.evaluate.themes import evaluate_themes
from convintel.settings import Settings
from convintel.themes.wording import STOP, words

TOPICS = {
    "lost card": "lost stolen card missing wallet block freeze replacement gone thief",
    "exchange": "exchange rate currency euros dollars abroad conversion foreign pounds yen",
    "top up": "topup balance transfer deposit cheque cash limit pending account salary",
}


class WordEncoder:
    """Each content word a fixed direction, a text their mean."""

    name = "words"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = [sum((self._word(word) for word in words(text) if word not in STOP), np.zeros(96)) for text in texts]
        return unit(np.array(rows, dtype=np.float32).reshape(len(texts), 96))

    @staticmethod
    def _word(word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=96)


def some_rows():
    rng = random.Random(2)
    return [
        (f"My {topic} {' '.join(rng.sample(vocabulary.split(), 4))} is a question of {topic}.", topic)
        for topic, vocabulary in TOPICS.items()
        for _ in range(40)
    ]


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "category"), *rows])
    return path


def evaluate(path):
    return evaluate_themes(path, Settings(), encoder=WordEncoder())


def test_metrics_and_predictions_of_the_contract(tmp_path):
    rows = [*some_rows(), ("Okay.", "lost card")]
    found = evaluate(write(tmp_path / "gold.csv", rows))
    assert set(found.metrics) == {"v_measure", "ari", "n_themes", "noise_share", "n_texts"}
    assert found.metrics["v_measure"] > 0.7
    assert found.metrics["n_texts"] == len(rows)
    assert [row["text"] for row in found.predictions] == [text for text, _ in rows]
    assert found.predictions[-1]["theme"] is None  # no topic in one word
    assert found.metrics["noise_share"] >= 1 / len(rows)
    assert len({row["theme"] for row in found.predictions} - {None}) == found.metrics["n_themes"]


def test_shuffled_rows_give_identical_themes(tmp_path):
    rows = some_rows()
    shuffled = random.Random(9).sample(rows, len(rows))
    one, two = evaluate(write(tmp_path / "a.csv", rows)), evaluate(write(tmp_path / "b.csv", shuffled))
    assert {row["text"]: row["theme"] for row in one.predictions} == {
        row["text"]: row["theme"] for row in two.predictions
    }
    assert one.metrics == pytest.approx(two.metrics)


@pytest.mark.parametrize("content", ["text\nhello there you\n", "text,category\n", "\xff"])
def test_a_file_that_cannot_be_used(tmp_path, content):
    path = tmp_path / "gold.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(WorkspaceError, match="text,category"):
        evaluate(path)
