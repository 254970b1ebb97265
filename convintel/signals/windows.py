"""How a call is laid before the reader network: consecutive lines as tokens, at most a window's worth at a time.

A line is its side's mark ("seller:", "customer:") and its sentences. Windows overlap by a quarter at least (but for a
line too long for it), and each line is read in the window where it stands furthest from a cut, so that it is seen with
the talk around it. Training and reading share this file; nothing here tells the network how long a turn is, but what it
can see in the words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from convintel.signals.lines import Line
from convintel.signals.text import Piece, sentences

LIMIT: Final = 256  # tokens of a window, its two ends included
OVERLAP: Final = 0.25  # share of a window that the next one sees again, rounded up to whole lines
LONGEST: Final = 510  # of a single line: what the network has positions for
MARKS: Final = {"rep": "seller:", "customer": "customer:"}
OTHER_MARK: Final = "other:"
BEGIN, END = 101, 102  # [CLS] and [SEP] of the BERT vocabulary

Encode = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A line as tokens: its mark and its sentences."""

    line: int
    mark: Sequence[int]
    pieces: tuple[Piece, ...]
    tokens: tuple[Sequence[int], ...]

    @property
    def size(self) -> int:
        """Tokens in all."""
        return len(self.mark) + sum(map(len, self.tokens))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands in a window: tokens [start, end), and the first token of its line's mark."""

    line: int
    sentence: int
    start: int
    end: int
    mark: int


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of lines [first, last) and where their sentences stand."""

    first: int
    last: int
    ids: tuple[int, ...]
    places: tuple[Place, ...]


def encode(lines: Sequence[Line], tokens_of: Encode) -> list[Encoded]:
    """Return the lines as tokens; a line without a word has no sentences."""
    found = []
    for at, line in enumerate(lines):
        pieces = tuple(sentences(line.text))
        mark = tokens_of(MARKS.get(line.role, OTHER_MARK))
        found.append(Encoded(at, mark, pieces, tuple(tokens_of(piece.text) for piece in pieces)))
    return found


def window(encoded: Sequence[Encoded], first: int, *, limit: int = LIMIT) -> Window:
    """Return as many lines from `first` on as fit; always at least one, cut at 510 tokens if it is longer."""
    ids, places, at = [BEGIN], [], first
    while at < len(encoded) and (at == first or len(ids) + encoded[at].size + 1 <= limit):
        each = encoded[at]
        mark = len(ids)
        ids += each.mark
        for number, tokens in enumerate(each.tokens):
            start = len(ids)
            ids = (ids + list(tokens))[:LONGEST]
            if len(ids) > start:
                places.append(Place(each.line, number, start, len(ids), mark))
        at += 1
    return Window(first, at, (*ids, END), tuple(places))


def overlapping(encoded: Sequence[Encoded], *, limit: int = LIMIT) -> list[tuple[Window, frozenset[int]]]:
    """Return windows that overlap, each with the lines that are read in it; every line is read once."""
    before = [0, *accumulate(each.size for each in encoded)]
    found: list[Window] = []
    first = 0
    while first < len(encoded):
        found.append(window(encoded, first, limit=limit))
        last = found[-1].last
        if last == len(encoded):
            break
        shared = before[last] - OVERLAP * (before[last] - before[first])
        first = max(first + 1, bisect_right(before, shared) - 1)
    best: dict[int, tuple[float, int]] = {}
    for number, each in enumerate(found):
        for line in range(each.first, each.last):
            left = before[line] - before[each.first] if each.first else float("inf")
            right = before[each.last] - before[line + 1] if each.last < len(encoded) else float("inf")
            if line not in best or min(left, right) > best[line][0]:
                best[line] = (min(left, right), number)
    return [
        (each, frozenset(line for line, (_, where) in best.items() if where == number))
        for number, each in enumerate(found)
    ]
