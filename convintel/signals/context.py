"""What heads see of an utterance: its sentences and the turns around, as cleaned words. No length, no position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convintel.signals.text import Piece, clean, sentences

OPENING = 4  # words that open a sentence
REPLY_OPENING = 5  # words that open a turn


@dataclass(frozen=True, slots=True)
class Line:
    """Who said what: all that the readers need of a turn."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence of a line with the fields that heads read."""

    line: int
    piece: Piece
    fields: dict[str, str]


def utterances(lines: Sequence[Line], line: int) -> list[Utterance]:
    """Return the sentences of a line, each with the words around it.

    Fields: sentence, opening (its first words), rest (the other sentences of the turn), before, before_that, after,
    reply_opening (first words of the turn after), spoken (the sentence's words marked with who says them).
    """
    pieces = sentences(lines[line].text)
    cleaned = [clean(piece.text) for piece in pieces]
    around = {
        "before": _words(lines, line - 1),
        "before_that": _words(lines, line - 2),
        "after": _words(lines, line + 1),
    }
    around["reply_opening"] = _first(around["after"], REPLY_OPENING)
    found = []
    for place, (piece, text) in enumerate(zip(pieces, cleaned, strict=True)):
        rest = " ".join(other for at, other in enumerate(cleaned) if at != place)
        own = {"sentence": text, "opening": _first(text, OPENING), "rest": rest}
        own["spoken"] = _marked(text, lines[line].role)
        own["before_spoken"] = _marked(around["before"], _role(lines, line - 1))
        found.append(Utterance(line, piece, own | around))
    return found


def _words(lines: Sequence[Line], line: int) -> str:
    return clean(lines[line].text) if 0 <= line < len(lines) else ""


def _role(lines: Sequence[Line], line: int) -> str:
    return lines[line].role if 0 <= line < len(lines) else "unknown"


def _first(text: str, count: int) -> str:
    return " ".join(text.split()[:count])


def _marked(text: str, role: str) -> str:
    return " ".join(f"{role[0]}_{word}" for word in text.split())


def merged(found: Sequence[Utterance]) -> dict[str, str]:
    """Return the fields of several sentences of one line as if they were one sentence."""
    first = found[0].fields
    joined = {name: " ".join(each.fields[name] for each in found) for name in ("sentence", "spoken")}
    said = {each.fields["sentence"] for each in found}
    return {**first, **joined, "opening": _first(joined["sentence"], OPENING), "rest": _without(first, said)}


def _without(fields: dict[str, str], said: set[str]) -> str:
    rest = f" {fields['rest']} "
    for text in sorted(said, key=len, reverse=True):
        rest = rest.replace(f" {text} ", " ", 1)
    return rest.strip()
