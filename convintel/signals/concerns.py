"""What customers are concerned with: their objections, questions, needs and praise, worth grouping into themes."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Final

import polars as pl

from convintel.signals.handling import content
from convintel.signals.row import Row, identity
from convintel.signals.said import Said
from convintel.signals.text import clean, sentences, words

LEAST_WORDS: Final = 3  # words of content that an utterance needs to be about something
_NEEDS: Final = re.compile(
    r"\b(?:we|i) (?:\w+ ){0,2}(?:need|needs|want|struggle|struggling|wish|hope|hoping|looking for|"
    r"would like|have to have|must have|can't keep|waste|spend (?:hours|days|too)|lose|losing|worry|worried|"
    r"keep losing|care about)\b"
    r"|\bour (?:\w+ ){0,2}(?:problem|issue|trouble|headache|challenge|pain|priority|goal|concern)\b"
    r"|\b(?:the|my|biggest|main) (?:problem|issue|trouble|headache|challenge|pain|worry|concern) (?:is|was|for us)\b"
    r"|\b(?:drives (?:me|us) (?:crazy|mad|nuts)|takes (?:us|me) (?:hours|days|forever|all)|"
    r"it'd be (?:nice|great) (?:if|to)|what (?:i|we) (?:really )?(?:want|need))\b"
)

_PRAISE: Final = re.compile(
    r"\b(?:i|we) (?:(?:really|do|kind of|kinda|just|honestly|absolutely|actually) ){0,2}(?:love|like|loved|liked) "
    r"(?:that|it|this|the|your|how|what)\b(?! to\b)"
    r"|^(?:oh )?(?:yeah )?love (?:it|that)\b|\bpart (?:that )?(?:i|we) (?:really )?(?:love|like)\b"
    r"|\b(?:happy|pleased|impressed|delighted) with (?:it|that|this|the|your|you|how|what)\b"
    r"|\b(?:saves|saved|saving) (?:us|me|about|at least)\b"
    r"|\b(?:thing that sold (?:me|us)|what (?:i|we) needed to hear)\b"
    r"|\b(?:works|worked|works out|runs) (?:really |so )?(?:great|beautifully|perfectly|well for us|like a charm)\b"
)
_TAKEN_BACK: Final = re.compile(
    r"\b(?:not|never|no|isn't|wasn't|don't|doesn't|didn't|ain't|won't|wouldn't|can't|if|would|could|wish|used to|i'd|"
    r"we'd|says|said)\b"
)
"""What turns praise around or makes it a wish, in the words before it."""

TOPICS: Final = {
    "price": "price",
    "timing": "timing",
    "authority": "who decides",
    "need": "need",
    "competitor": "other supplier",
    "trust": "trust",
    "product": "product",
    "contract": "contract",
    "brush_off": "no interest",
}
"""Words for objection types: put before a quote, they tell an encoder what "Fifty-eight bucks, then" is about."""


def concern_rows(said: Said, objections: pl.DataFrame, questions: pl.DataFrame) -> list[Row]:
    """Return the rows of `tables.Concerns`: objections, questions, needs and praise of customers.

    Each has at least three words of content. A sentence is taken once, as objection before question, need and praise.
    """
    seen: dict[str, int] = {}
    rows: list[Row] = []
    asked = questions.filter(pl.col("role").cast(pl.String) == "customer")
    for kind, frame in (("objection", objections), ("question", asked)):
        for row in frame.iter_rows(named=True):
            if enough(row["quote"]) and not _overlaps(rows, row):
                rows.append(_row(said, kind, row, seen))
    for turn in said.by("customer"):
        pieces = sentences(turn.text)
        for piece, after in zip_longest(pieces, pieces[1:]):
            found = "need" if _NEEDS.search(clean(piece.text)) else "praise" if praises(piece.text) else None
            end = after.end if found == "praise" and after and not enough(piece.text) else piece.end
            quote = turn.text[piece.start : end]
            span = said.when(turn, piece.start, end)
            row = {"turn": turn.turn, "quote": quote, "start": round(span.start, 3), "end": round(span.end, 3)}
            if found and enough(quote) and not _overlaps(rows, row):
                rows.append(_row(said, found, row, seen))
    return sorted(rows, key=lambda row: (row["start"], row["concern_id"]))


def praises(text: str) -> bool:
    """Tell whether a sentence says that something of the offer pleases, by its wording.

    >>> praises("I really like the map."), praises("I'd like the map."), praises("We don't love that, if I'm honest.")
    (True, False, False)
    """
    said = " ".join(words(text))
    found = _PRAISE.search(said)
    return found is not None and not _TAKEN_BACK.search(" ".join(said[: found.end()].split()[-7:]))


def enough(text: str) -> bool:
    """Tell whether a text has enough words of content to be grouped."""
    return len(content(text)) >= LEAST_WORDS


def _overlaps(rows: list[Row], row: Row) -> bool:
    return any(
        each["turn"] == row["turn"]
        and (str(row["quote"]) in str(each["quote"]) or str(each["quote"]) in str(row["quote"]))
        for each in rows
    )


def _row(said: Said, kind: str, row: Row, seen: dict[str, int]) -> Row:
    return {
        "concern_id": identity(said.call_id, f"concern {kind}", str(row["quote"]), seen=seen),
        "call_id": said.call_id,
        "kind": kind,
        "topic": TOPICS.get(str(row.get("type"))),
        **{name: row[name] for name in ("turn", "quote", "start", "end")},
    }
