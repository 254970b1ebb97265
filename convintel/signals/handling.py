"""What comes after an objection: the words that tell its fate, and the rep's first move."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from convintel.signals.lines import Line
from convintel.signals.text import clean, sentences

AHEAD: Final = 6  # lines after the objection in which its fate shows
_ACKNOWLEDGES: Final = re.compile(
    r"^(?:(?:yeah|yes|no|okay|ok|right|sure|well|so|and|look|of course)[, ]+)*"
    r"(?:i (?:hear|get|understand|appreciate|see|know)|totally|completely|fair|understood|makes sense|noted|"
    r"that(?:'s| is) (?:fair|a fair|reasonable|understandable|a good|completely|totally|valid|the right|okay)|"
    r"that makes sense|i can (?:see|understand|imagine)|i don't blame|you're right|you are right|sorry to hear|"
    r"good (?:point|question)|thanks for (?:saying|telling|being)|i'd feel the same|i would too|i'm sorry|sorry|"
    r"no problem)\b"
)
_GIVES: Final = (
    "drop|take off|knock|waive|lower|reduce|discount|throw in|match|move|push|cut|split|strike|shorten|delete|freeze|"
    "cap|include|give you"
)
_CONCEDES: Final = re.compile(
    rf"\b(?:i(?:'ll| can| could| will)|we(?:'ll| can| could| will)|let me|let's) (?:\w+ ){{0,2}}(?:{_GIVES})\b"
    r"|\b(?:no charge|for free|free of charge|off the price|discount)\b"
)
_EMPTY: Final = (
    "the a an and or but so to of in on at for with is are was were be been it its it's that that's this these those "
    "i you we they he she me my your our their them us do does did have has had not no yes yeah okay well just like "
    "what how why when where who which would could can will i'm you're we're they're i'd you'd we'd don't there here "
    "about get got if"
)
_STOP: Final = frozenset(_EMPTY.split())


def aftermath(lines: Sequence[Line], line: int, objection: Mapping[str, str]) -> dict[str, str]:
    """Return what the word model of handling reads: objection, rep's reply, customer's next words, those after.

    The `cues` say whether the reply asks, takes up the objection's words, or acknowledges.
    """
    after = list(lines[line + 1 : line + 1 + AHEAD])
    replies = [clean(each.text) for each in after if each.role != "customer"]
    answers = [clean(each.text) for each in after if each.role == "customer"]
    reply = replies[0] if replies else ""
    return {
        "sentence": objection["sentence"],
        "reply": reply,
        "reply_opening": " ".join(reply.split()[:5]),
        "answer": answers[0] if answers else "",
        "answer_opening": " ".join(answers[0].split()[:4]) if answers else "",
        "later": " ".join(answers[1:3]),
        "later_reply": " ".join(replies[1:2]),
        "cues": _cues(after, objection["sentence"], reply, answers),
    }


def first_move(lines: Sequence[Line], line: int) -> str | None:
    """Return the rep's first move: question, acknowledgement, concession, change_of_subject or rebuttal; None if none.

    Read from the first sentences of the reply: an acknowledgement opens it, a question comes within two sentences, a
    concession offers something; a reply that shares no content word with the objection and asks is a change of subject.
    """
    after = lines[line + 1] if line + 1 < len(lines) else None
    if after is None or after.role != "rep":
        return None
    first = [piece.text for piece in sentences(after.text)][:2]
    opening = " ".join(clean(text) for text in first)
    if not opening:
        return None
    shares = content(lines[line].text) & content(after.text)
    if any(text.rstrip().endswith("?") for text in first):
        return "question"
    if _ACKNOWLEDGES.search(opening):
        return "acknowledgement"
    if _CONCEDES.search(clean(after.text)):
        return "concession"
    if not shares and not re.search(r"\b(?:it|that|they|this|we|those)\b", opening):
        return "change_of_subject"
    return "rebuttal"


def content(text: str) -> set[str]:
    """Return the words of a text that carry content."""
    return {word for word in clean(text).split() if word not in _STOP and len(word) > 2}


def _cues(after: Sequence[Line], objection: str, reply: str, answers: Sequence[str]) -> str:
    first = next((each.text for each in after if each.role != "customer"), "")
    cues = ["reply_asks" if "?" in first else "reply_tells"]
    shared = len(content(objection) & content(reply))
    cues.append(f"takes_up_{min(shared, 3)}")
    if _ACKNOWLEDGES.search(reply):
        cues.append("acknowledges")
    if _CONCEDES.search(reply):
        cues.append("concedes")
    cues.append("customer_goes_on" if answers else "call_ends")
    return " ".join(cues)
