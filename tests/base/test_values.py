from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convintel.values import Span, clock, merge, overlap, total

seconds = st.floats(0, 3600, allow_nan=False).map(lambda value: round(value, 2))
spans = st.builds(lambda a, b: Span(min(a, b), max(a, b)), seconds, seconds)


@given(spans, spans)
def test_overlap_is_symmetric_and_inside_both(left, right):
    both = left & right
    assert both == right & left
    assert both.duration <= min(left.duration, right.duration)


@given(spans, spans)
def test_hull_is_the_parts_plus_the_gap_less_the_overlap(left, right):
    parts = left.duration + right.duration + (left ^ right).duration - (left & right).duration
    assert (left | right).duration == pytest.approx(parts)


@given(st.lists(spans))
def test_merge_gives_disjoint_sorted_spans_that_cover_the_same(listed):
    merged = merge(listed)
    assert merged == sorted(merged)
    assert all(one.end < other.start for one, other in pairwise(merged))
    assert merge(merged) == merged
    for span in listed:
        if span:
            assert any(span & whole == span for whole in merged)


@given(st.lists(spans), st.lists(spans))
def test_overlap_of_lists_is_no_longer_than_either(left, right):
    left, right = merge(left), merge(right)
    assert total(overlap(left, right)) <= min(total(left), total(right)) + 1e-6
    assert overlap(left, right) == overlap(right, left)


def test_merge_bridges_gaps_up_to_the_one_given():
    assert merge([Span(0, 1), Span(1.5, 2)], gap=0.5) == [Span(0, 2)]
    assert merge([Span(0, 1), Span(1.6, 2)], gap=0.5) == [Span(0, 1), Span(1.6, 2)]


def test_clock_reads_as_people_do():
    assert [clock(second) for second in (0, 59.9, 60, 3600)] == ["0:00", "0:59", "1:00", "1:00:00"]
