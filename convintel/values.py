"""Time as a value with an algebra, and the small frozen values that stages pass around.

A `Span` is an interval of seconds from the start of a recording::

    >>> rep, customer = Span(0.0, 9.0), Span(7.5, 12.0)
    >>> rep & customer                      # overlap
    Span(start=7.5, end=9.0)
    >>> rep | customer                      # hull
    Span(start=0.0, end=12.0)
    >>> (Span(0.0, 2.0) ^ Span(3.5, 4.0)).duration     # gap between the two
    1.5
    >>> bool(Span(0.0, 1.0) & Span(2.0, 3.0))          # nothing in common
    False

Talk time is then a sum of durations, an interruption a non-empty `&`, a pause a `^`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["rep", "customer", "unknown"]
ROLES: Final[tuple[Role, ...]] = ("rep", "customer", "unknown")


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """Half-open interval [start, end) in seconds from the start of the recording; empty when end <= start."""

    start: float
    end: float

    def __bool__(self) -> bool:
        return self.end > self.start

    def __and__(self, other: Span) -> Span:
        """Return the overlap; empty when the two do not meet."""
        return Span(max(self.start, other.start), min(self.end, other.end))

    def __or__(self, other: Span) -> Span:
        """Return the smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def __xor__(self, other: Span) -> Span:
        """Return the gap between the two; empty when they meet."""
        first, second = sorted((self, other))
        return Span(first.end, second.start)

    def __contains__(self, second: float) -> bool:
        return self.start <= second < self.end

    @property
    def duration(self) -> float:
        """Seconds; 0.0 for an empty span."""
        return max(0.0, self.end - self.start)

    @property
    def middle(self) -> float:
        """Second half-way between start and end."""
        return (self.start + self.end) / 2

    def shift(self, seconds: float) -> Span:
        """Return the span moved by `seconds`."""
        return Span(self.start + seconds, self.end + seconds)


def merge(spans: Iterable[Span], *, gap: float = 0.0) -> list[Span]:
    """Return disjoint spans in time order; spans at most `gap` seconds apart become one.

    >>> merge([Span(3, 4), Span(0, 2), Span(1, 2.5)], gap=0.6)
    [Span(start=0, end=4)]
    """
    merged: list[Span] = []
    for span in sorted(span for span in spans if span):
        if merged and span.start - merged[-1].end <= gap:
            merged[-1] = merged[-1] | span
        else:
            merged.append(span)
    return merged


def overlap(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return where two sorted lists of disjoint spans are both active."""
    return list(_overlap(left, right))


def _overlap(left: Sequence[Span], right: Sequence[Span]) -> Iterator[Span]:
    i = j = 0
    while i < len(left) and j < len(right):
        both = left[i] & right[j]
        if both:
            yield both
        if left[i].end < right[j].end:
            i += 1
        else:
            j += 1


def total(spans: Iterable[Span]) -> float:
    """Return the summed durations in seconds (spans are taken as disjoint)."""
    return sum(span.duration for span in spans)


def clock(seconds: float) -> str:
    """Return a position as people read it.

    >>> clock(312.4), clock(3725)
    ('5:12', '1:02:05')
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
