"""What word models see of a sentence: its words and those of the turns around, cleaned. No length, no position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from convintel.signals import dates
from convintel.signals.lines import Line
from convintel.signals.text import clean, sentences

OPENING: Final = 4  # words that open a sentence
REPLY_OPENING: Final = 5  # words that open a turn


Fields = dict[str, str]


def fields_of(lines: Sequence[Line], line: int) -> list[Fields]:
    """Return the fields of each sentence of a line.

    sentence, opening (its first words), rest (the other sentences of the turn), before, before_that, after,
    reply_opening (first words of the turn after), spoken (the sentence's words marked with who says them),
    before_spoken, and cues: the kinds of date phrases in the sentence and in the turn before.
    """
    pieces = sentences(lines[line].text)
    cleaned = [clean(piece.text) for piece in pieces]
    around = {
        "before": _words(lines, line - 1),
        "before_that": _words(lines, line - 2),
        "after": _words(lines, line + 1),
    }
    around["reply_opening"] = _first(around["after"], REPLY_OPENING)
    around["before_spoken"] = _marked(around["before"], _role(lines, line - 1))
    before = " ".join(f"before_{cue}" for cue in cues(lines[line - 1].text)) if line else ""
    found = []
    for place, (piece, text) in enumerate(zip(pieces, cleaned, strict=True)):
        own = {
            "sentence": text,
            "opening": _first(text, OPENING),
            "rest": " ".join(other for at, other in enumerate(cleaned) if at != place),
            "spoken": _marked(text, lines[line].role),
            "cues": " ".join([*cues(piece.text), *before.split()]),
        }
        found.append(own | around)
    return found


@lru_cache(maxsize=100_000)  # a turn is asked for by its own sentences and by those after it
def cues(text: str) -> tuple[str, ...]:
    """Return what kinds of date phrases a text holds, in alphabetical order.

    >>> cues("I'll send it on Thursday")
    ('date_day',)
    """
    kinds = {f"date_{when.granularity}" if when.day else "date_vague" for when in dates.find(text, _ANY_DAY)}
    return tuple(sorted(kinds))


_ANY_DAY: Final = date(2026, 1, 7)


def _words(lines: Sequence[Line], line: int) -> str:
    return clean(lines[line].text) if 0 <= line < len(lines) else ""


def _role(lines: Sequence[Line], line: int) -> str:
    return lines[line].role if 0 <= line < len(lines) else "unknown"


def _first(text: str, count: int) -> str:
    return " ".join(text.split()[:count])


def _marked(text: str, role: str) -> str:
    return " ".join(f"{role[0]}_{word}" for word in text.split())


def merged(found: Sequence[Fields]) -> Fields:
    """Return the fields of several sentences of one line as if they were one sentence."""
    first = found[0]
    joined = {name: " ".join(each[name] for each in found) for name in ("sentence", "spoken", "cues")}
    said = {each["sentence"] for each in found}
    return {**first, **joined, "opening": _first(joined["sentence"], OPENING), "rest": _without(first, said)}


def _without(fields: Fields, said: set[str]) -> str:
    rest = f" {fields['rest']} "
    for text in sorted(said, key=len, reverse=True):
        rest = rest.replace(f" {text} ", " ", 1)
    return rest.strip()
