import numpy as np
import pytest

from convintel.errors import ModelError
from convintel.signals.heads import Block, Head, learn_vocabulary, load, save
from convintel.signals.text import clean, sentences

TEXTS = ["too much money", "too much work", "nice and easy", "nice weather"]


def small_head() -> Head:
    vocabulary = learn_vocabulary(Block("sentence", 1, 2, 1.0, least=1), TEXTS)
    weights = np.array([[1.0 if "too" in gram.split() else -0.5 for gram in vocabulary.index]])
    return Head("small", ("yes",), (vocabulary,), weights, np.zeros(1), threshold=0.5)


def test_a_head_survives_the_disk_with_the_same_bytes(tmp_path):
    save(small_head(), tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    read = load(tmp_path, "small")
    save(read, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert read.raw({"sentence": "too much"})[0] == pytest.approx(
        small_head().raw({"sentence": "too much"})[0], abs=0.01
    )


def test_reasons_name_what_spoke_for_it():
    assert small_head().reasons({"sentence": "too much nice"}, most=1) == [("sentence", "too much")] or "too" in str(
        small_head().reasons({"sentence": "too much nice"}, most=1)
    )
    assert small_head().reasons({"sentence": "nice"}) == []


def test_rare_words_are_not_learnt():
    vocabulary = learn_vocabulary(Block("sentence", 1, 1, 1.0, least=2), TEXTS)
    assert set(vocabulary.index) == {"too", "much", "nice"}


def test_a_broken_head_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="head cannot be read"):
        load(tmp_path, "absent")
    save(small_head(), tmp_path)
    (tmp_path / "small.npz").write_bytes(b"not numbers")
    with pytest.raises(ModelError, match="head cannot be read"):
        load(tmp_path, "small")


def test_sentences_are_verbatim_parts_with_and_without_marks():
    text = "We looked at it. Honestly, it's too much for us - and Dr. Lee agrees!"
    for piece in sentences(text):
        assert text[piece.start : piece.end] == piece.text
    run_on = clean(text + " and we also have a supplier that we like and who comes when we call because he lives near")
    pieces = sentences(run_on)
    assert len(pieces) > 1
    assert " ".join(piece.text for piece in pieces) == run_on
