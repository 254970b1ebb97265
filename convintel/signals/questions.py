"""Questions that want an answer, open or closed, with or without a question mark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from convintel.signals.row import Row, finding, kept, measured, withheld
from convintel.signals.said import Said
from convintel.signals.text import Piece, clean, sentences

MARK_SCORE: Final = 0.95  # ends with a question mark
FORM_SCORE: Final = 0.75  # no mark in the whole call, but the form of a question
THRESHOLD: Final = 0.5
OPEN_WORDS: Final = "; asks how, what, why or to tell"
CLOSED_WORDS: Final = "; asks for yes, no or a fact"

_LEAD: Final = (
    r"^(?:(?:so|and|but|okay|ok|well|now|then|alright|all right|right|great|good|yeah|yes|no|just|actually|hey|look|"
    r"also|or|cool|got it|perfect|i mean|you know|sorry|wait)\s+)*"
)
_TELL: Final = r"tell me (?:about|how|what|why|more)|walk me through|talk me through|help me understand"
_DAYS: Final = "mon|tue|wed|thu|fri|sat|sun|tomorrow|next"
_OPEN: Final = re.compile(
    rf"{_LEAD}(?:how (?!many|much|long|often|soon|far|big|old|large|about (?:{_DAYS}))|"
    r"what(?!'s your (?:name|email|number)| (?:time|day|date|number|year|month|size|i|we|you|they|he|she|it)\b)|"
    r"why|tell me|walk me|talk me|"
    r"describe|explain|help me understand|give me an (?:example|idea))\b|"
    r"\b(?:how (?:do|does|did|are|is|would|will|have|has|come)|why (?:do|does|did|is|are|not)|"
    r"what (?:do|does|did|are|is|would|made|makes|happens|happened|kind|sort|else))\b"
)
_AUXILIARIES: Final = "is|are|was|were|do|does|did|can|could|would|will|should|have|has"
_FORM: Final = re.compile(
    rf"{_LEAD}(?:(?:what|how|why|when|where|who|which)(?:'s|'re|'d)? (?:\w+ ){{0,3}}?"
    rf"(?:{_AUXILIARIES}|many|much|long|often|about)\b|(?:what|who|where|when|how)(?:'s|'re)\b|"
    rf"(?:{_AUXILIARIES}|shall|may|don't|doesn't|isn't|aren't|won't|wouldn't|can't) (?:i|you|we|he|she|it|they|that|"
    r"this|there|your|the|those|these|any|anyone|anybody|someone)\b|(?:tell me|walk me through|talk me through)\b)"
)
_ASKS_TO_TELL: Final = re.compile(rf"{_LEAD}(?:(?:can|could|would) you )?(?:{_TELL})\b")
_NO_ANSWER: Final = re.compile(
    r"^(?:(?:so|and|but|okay|yeah|oh|well|hey|hi|hello) )*(?:right|okay|ok|yeah|yes|no|huh|you know|isn't it|"
    r"aren't they|don't you think|really|sorry|pardon|what|hello|are you (?:there|still there|with me)|"
    r"can you (?:hear|see) (?:me|us|my screen|this)(?: (?:okay|ok|now|alright))?|how are you(?: \w+){0,3}|"
    r"how's it going|"
    r"how are things|how's your (?:day|week|morning|afternoon)(?: \w+){0,2}|you know what i mean|"
    r"does that make sense|make sense|you see)$"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that asks: whether it is open, how sure, and why."""

    piece: Piece
    open: bool
    score: float
    rule: str


def marked(texts: list[str]) -> bool:
    """Tell whether a call's transcript has question marks at all; if not, questions are read from their form."""
    return any("?" in text for text in texts)


def read_questions(text: str, *, has_marks: bool) -> list[Question]:
    """Return the questions of a turn; tags ("right?") and courtesies ("how are you?") want no answer and are left out.

    >>> [(one.piece.text, one.open) for one in read_questions("Okay. How do you do that today?", has_marks=True)]
    [('How do you do that today?', True)]
    >>> [one.open for one in read_questions("so do you have a supplier", has_marks=False)]
    [False]
    """
    found = []
    for piece in sentences(text):
        said = clean(piece.text)
        rule, score = _form(piece.text, said, has_marks=has_marks)
        if rule and len(said.split()) >= 2 and not _NO_ANSWER.search(said):
            open_ = bool(_OPEN.search(said))
            found.append(
                Question(
                    piece,
                    open_,
                    score,
                    rule + (OPEN_WORDS if open_ else CLOSED_WORDS),
                )
            )
    return found


def _form(text: str, said: str, *, has_marks: bool) -> tuple[str, float]:
    if text.rstrip(" \"'”’)").endswith("?"):
        return "ends with a question mark", MARK_SCORE
    if not has_marks and _FORM.search(said):
        return "has the form of a question (transcript without question marks)", FORM_SCORE
    if _ASKS_TO_TELL.search(said):
        return "asks to tell", FORM_SCORE
    return "", 0.0


def question_rows(said: Said, corrections: Mapping[str, str]) -> list[Row]:
    """Return the rows of `tables.Questions` of both sides, those that a manager called wrong left out."""
    has_marks = marked([turn.text for turn in said.turns])
    seen: dict[str, int] = {}
    rows = [
        finding(
            said, "question", turn, one.piece.start, one.piece.end, seen=seen,
            score=one.score, threshold=THRESHOLD, rule=one.rule, open=one.open,
        )
        for turn in said.floor
        for one in read_questions(turn.text, has_marks=has_marks)
    ]  # fmt: skip
    return kept(rows, corrections)


def question_metrics(said: Said, questions: pl.DataFrame) -> list[Row]:
    """Return questions per side, the rep's per 10 minutes and the share of open ones."""
    rep = questions.filter(pl.col("role").cast(pl.String) == "rep")
    customer = questions.filter(pl.col("role").cast(pl.String) == "customer").height
    rate = (
        measured(said, "questions_per_10_min", rep.height / said.minutes * 10, rep.height)
        if said.minutes
        else withheld(said, "questions_per_10_min", "no talk", n=0)
    )
    share = (
        measured(said, "open_question_share", rep["open"].mean(), rep.height)  # type: ignore[arg-type]
        if rep.height
        else withheld(said, "open_question_share", "the rep asks no question", n=0)
    )
    return [
        measured(said, "questions", rep.height, rep.height),
        rate,
        share,
        _spread(said, rep["start"].to_list()),
        measured(said, "customer_questions", customer, customer),
    ]


def _spread(said: Said, starts: Sequence[float]) -> Row:
    """In how many of four equal parts of the call the rep asks."""
    if not starts or not said.span.duration:
        return withheld(said, "question_spread", "the rep asks no question", n=0)
    quarters = {min(3, int(4 * (start - said.span.start) / said.span.duration)) for start in starts}
    return measured(said, "question_spread", len(quarters) / 4, len(starts))
