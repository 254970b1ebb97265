import numpy as np
import pytest

from convintel.errors import ModelError
from convintel.signals.heads import Head, load, save
from convintel.signals.text import clean, sentences
from convintel.signals.words import Block, Vocabulary, Words

GRAMS = ["easy", "much", "nice", "too", "too much"]


def small_head(**changes) -> Head:
    vocabulary = Vocabulary(
        Block("sentence", 1, 2, 1.0), {gram: place for place, gram in enumerate(GRAMS)}, np.ones(len(GRAMS))
    )
    words = Words((vocabulary,), np.array([[-0.5, 0.5, -0.5, 1.0, 1.5]]), np.zeros(1))
    told = {"mix": (1.0, 2.0), "threshold": 0.5, "slope": 2.0, "offset": -1.0} | changes
    return Head("small", ("yes",), np.array([[1.0, -1.0]]), np.array([0.25]), words, **told)


def test_a_head_survives_the_disk_with_the_same_bytes(tmp_path):
    save([small_head()], tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    read = load(tmp_path)
    save(list(read.values()), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    fields = [{"sentence": "too much"}]
    assert read["small"].raw([[1.0, 2.0]], fields) == pytest.approx(small_head().raw([[1.0, 2.0]], fields), abs=0.01)


def test_vector_and_words_are_added_with_their_weights():
    by_vector = 1.0 * 3.0 - 1.0 * 1.0 + 0.25
    by_words = float(small_head().words.raw({"sentence": "too much"})[0])
    raw = small_head().raw([[3.0, 1.0]], [{"sentence": "too much"}])
    assert raw[0, 0] == pytest.approx(by_vector + 2.0 * by_words)
    assert small_head().scores([[3.0, 1.0]], [{"sentence": "too much"}]) == [
        pytest.approx(1 / (1 + np.exp(-(2.0 * raw[0, 0] - 1.0))))
    ]


def test_reasons_name_what_spoke_for_it():
    assert small_head().reasons({"sentence": "too much nice"}, most=1) == "said “too much”"
    assert small_head().reasons({"sentence": "nice"}) == ""


def test_a_broken_head_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="heads cannot be read"):
        load(tmp_path)
    save([small_head()], tmp_path)
    (tmp_path / "heads.npz").write_bytes(b"not numbers")
    with pytest.raises(ModelError, match="heads cannot be read"):
        load(tmp_path)


def test_sentences_are_verbatim_parts_with_and_without_marks():
    text = "We looked at it. Honestly, it's too much for us - and Dr. Lee agrees!"
    for piece in sentences(text):
        assert text[piece.start : piece.end] == piece.text
    run_on = clean(text + " and we also have a supplier that we like and who comes when we call because he lives near")
    pieces = sentences(run_on)
    assert len(pieces) > 1
    assert " ".join(piece.text for piece in pieces) == run_on
