import numpy as np
import pytest

from convintel.settings import Settings
from convintel.signals import load_reader
from convintel.signals.retrain import Verdict, retrain


@pytest.fixture(scope="module")
def reader():
    return load_reader(Settings())


def scores(head, verdicts):
    raw = np.array(
        [head.mix[0] * (v.vector @ head.weights[0] + head.intercept[0]) + head.mix[1] * v.by_words for v in verdicts]
    )
    return [head.calibrated(float(each)) for each in raw]


def some(reader, label, count):
    at = [place for place, each in enumerate(reader.examples.labels) if each == label]
    sure = sorted(at, key=lambda place: -float(reader.examples.by_words[place]))[:count]
    return [(reader.examples.vectors[place], float(reader.examples.by_words[place])) for place in sure]


def test_what_was_called_wrong_becomes_rarer_and_the_rest_stays(reader):
    wrong = [Verdict("objections", vector, words, False) for vector, words in some(reader, "price", 3)]
    kept = [Verdict("objections", vector, words, True) for vector, words in some(reader, "trust", 30)]
    before, after = reader.heads["objections"], retrain(reader.heads, reader.examples, wrong)["objections"]
    assert np.mean(scores(after, wrong)) < np.mean(scores(before, wrong)) - 0.2
    assert np.mean(scores(after, kept)) > np.mean(scores(before, kept)) - 0.1


def test_verdicts_on_steps_leave_objections_alone(reader):
    wrong = [Verdict("next_steps", vector, words, False) for vector, words in some(reader, "next step", 2)]
    after = retrain(reader.heads, reader.examples, wrong)
    assert np.array_equal(after["objections"].weights, reader.heads["objections"].weights)
    assert not np.array_equal(after["next_steps"].weights, reader.heads["next_steps"].weights)


def test_the_same_verdicts_give_the_same_heads(reader):
    wrong = [Verdict("objections", vector, words, False) for vector, words in some(reader, "need", 2)]
    one, other = (retrain(reader.heads, reader.examples, wrong)["objections"] for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
