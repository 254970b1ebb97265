from itertools import pairwise

import pytest

from convintel.signals.lines import Line
from convintel.signals.windows import BEGIN, END, LONGEST, encode, overlapping, window

TOKENS = {"seller:": (1,), "customer:": (2,), "other:": (3,)}


def tokens_of(text):
    return TOKENS.get(text) or tuple(1000 + len(word) for word in text.split())


def call(turns, words):
    return [Line("rep" if turn % 2 else "customer", "word " * words) for turn in range(turns)]


@pytest.mark.parametrize(("turns", "words"), [(1, 5), (7, 30), (40, 12), (90, 3), (12, 100)])
def test_every_line_is_read_once_and_no_window_is_too_long(turns, words):
    found = overlapping(encode(call(turns, words), tokens_of))
    assert sorted(line for _, inside in found for line in inside) == list(range(turns))
    assert all(len(each.ids) <= 256 for each, _ in found)
    assert all(set(inside) <= set(range(each.first, each.last)) for each, inside in found)


def test_windows_share_a_quarter_unless_one_line_is_longer():
    encoded = encode(call(60, 12), tokens_of)
    found = [each for each, _ in overlapping(encoded)]
    for one, other in pairwise(found):
        shared = sum(encoded[line].size for line in range(other.first, one.last))
        assert shared >= 0.25 * sum(encoded[line].size for line in range(one.first, one.last))


def test_a_line_is_read_where_it_has_most_talk_around_it():
    encoded = encode(call(40, 20), tokens_of)
    for each, inside in overlapping(encoded):
        edges = ({each.first} if each.first else set()) | ({each.last - 1} if each.last < 40 else set())
        assert not edges & inside


def test_a_line_longer_than_the_network_sees_is_cut():
    found = window(encode(call(1, 800), tokens_of), 0)
    assert len(found.ids) <= LONGEST + 1
    assert found.ids[0] == BEGIN
    assert found.ids[-1] == END
    assert all(place.end <= LONGEST for place in found.places)


def test_lines_begin_with_the_mark_of_their_side():
    found = window(encode([Line("rep", "Hello there."), Line("unknown", "Hi. Yes.")], tokens_of), 0)
    assert found.ids == (BEGIN, 1, 1005, 1006, 3, 1003, 1004, END)
    assert [(place.line, place.sentence, place.mark) for place in found.places] == [(0, 0, 1), (1, 0, 4), (1, 1, 4)]
