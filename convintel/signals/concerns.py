"""What customers are concerned with: their objections, questions and needs, worth grouping into themes."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from convintel.signals.handling import content
from convintel.signals.row import Row, identity
from convintel.signals.said import Said
from convintel.signals.text import clean, sentences

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
    """Return the rows of `tables.Concerns`: customer objections, questions and needs with at least three content words.

    A sentence is taken once, as objection before question before need.
    """
    seen: dict[str, int] = {}
    rows: list[Row] = []
    asked = questions.filter(pl.col("role").cast(pl.String) == "customer")
    for kind, frame in (("objection", objections), ("question", asked)):
        for row in frame.iter_rows(named=True):
            if enough(row["quote"]) and not _overlaps(rows, row):
                rows.append(_row(said, kind, row, seen))
    for turn in said.by("customer"):
        for piece in sentences(turn.text):
            span = said.when(turn, piece.start, piece.end)
            row = {"turn": turn.turn, "quote": piece.text, "start": round(span.start, 3), "end": round(span.end, 3)}
            if _NEEDS.search(clean(piece.text)) and enough(piece.text) and not _overlaps(rows, row):
                rows.append(_row(said, "need", row, seen))
    return sorted(rows, key=lambda row: (row["start"], row["concern_id"]))


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
