"""Words, sentences and cleaned text of a turn: what every reader of turns starts from.

Recognised text often has no punctuation. Everything here gives nearly the same answer with and without it: words are
compared in lower case without marks, and a run of words without a mark is cut at a conjunction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+(?:['’][a-z]+)*", re.IGNORECASE)
_MARK: Final = re.compile(r"(?<![A-Z]\.)(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)[.!?…]+[\"'”’)]*(?=\s|$)|\s[—–-]\s|;\s")
_CUT: Final = frozenset(
    ("and", "but", "so", "because", "cause", "then", "if", "when", "which", "although", "though", "or", "plus")
)
_FILLERS: Final = frozenset(("um", "uh", "er", "erm", "mm", "hmm", "hm", "mhm", "ah", "oh", "like"))
LONG_RUN: Final = 22  # words without a mark after which a sentence is cut at a conjunction
SHORT_RUN: Final = 8  # ... but never into pieces shorter than this


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence of a turn: character interval [start, end) and its text, verbatim."""

    start: int
    end: int
    text: str


def words(text: str) -> list[str]:
    """Return lower-case words without marks; a typographic apostrophe becomes a plain one.

    >>> words("It’s — well, $49 a month.")
    ["it's", 'well', '49', 'a', 'month']
    """
    return [found.group().lower().replace("’", "'") for found in _WORD.finditer(text)]


def clean(text: str) -> str:
    """Return the words joined by single blanks, fillers left out.

    >>> clean("Um, it's TOO much!")
    "it's too much"
    """
    return " ".join(word for word in words(text) if word not in _FILLERS)


def sentences(text: str) -> list[Piece]:
    """Cut a turn into sentences at marks, and runs without a mark at conjunctions.

    >>> [piece.text for piece in sentences("That's too much. We have a supplier!")]
    ["That's too much.", 'We have a supplier!']
    """
    pieces: list[Piece] = []
    start = 0
    for mark in _MARK.finditer(text):
        pieces.extend(_cut(text, start, mark.end()))
        start = mark.end()
    pieces.extend(_cut(text, start, len(text)))
    return pieces


def _cut(text: str, start: int, end: int) -> list[Piece]:
    """Return [start, end) as one piece, or several when it runs on."""
    found = list(_WORD.finditer(text, start, end))
    if not found:
        return []
    cuts = [start]
    since = 0
    for place, match in enumerate(found):
        left, right = place - since, len(found) - place
        wants = left >= LONG_RUN or (left >= SHORT_RUN and len(found) > LONG_RUN and match.group().lower() in _CUT)
        if wants and right >= SHORT_RUN:
            cuts.append(match.start())
            since = place
    cuts.append(end)
    return [_trim(text, left, right) for left, right in pairwise(cuts)]


def _trim(text: str, start: int, end: int) -> Piece:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Piece(start, start + len(piece), piece)
