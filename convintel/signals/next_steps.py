"""Next steps: what a named side will do after the call, or a meeting: owner, action, due date, confirmation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from convintel.signals import dates
from convintel.signals.due import due
from convintel.signals.lines import Line
from convintel.signals.reader import Fired, Reading
from convintel.signals.row import Row, finding, kept
from convintel.signals.said import Said
from convintel.signals.text import clean, sentences

NEAR: Final = 2  # lines within which a second firing on the same side's step is the same step
_YES: Final = re.compile(
    r"^(?:(?:yeah|yes|yep|okay|ok|alright|all right|right|oh|well|no|and|good|great|um|uh)[ ,]+)*"
    r"(?:yeah|yes|yep|yup|okay|ok|sure|great|perfect|fine|good|lovely|brilliant|deal|done|agreed|absolutely|cool|"
    r"definitely|excellent|wonderful|fantastic|please|sounds (?:good|great|fine)|that works|works for me|"
    r"that'?s (?:fine|good|perfect|great)|that'll work|i'll be there|see you|talk (?:to you )?then|speak then|do that|"
    r"go ahead|appreciate it|thank you|thanks|will do|you got it|no problem|i'll take that|i can do that|"
    r"we can do that|let's do)\b"
)
_WHERE: Final = r"(?:on|in)(?: the| my| your)? (?:calendar|diary)"
_CALENDAR: Final = re.compile(
    r"\b(?:invite(?:'s| is| just)? (?:sent|out|on its way|gone)|(?:just )?sent (?:you )?(?:the|an) invite|"
    rf"it'?s {_WHERE}|(?:i'?ve |i )(?:just )?(?:put|got|booked) (?:it|you|that|us) {_WHERE}|accepted the invite|"
    rf"i'?ll (?:put|pop|drop|stick) (?:it|that) {_WHERE})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step: characters [start, end) of the sentences that fired, and what it comes to."""

    line: int
    start: int
    end: int
    score: float
    rule: str
    owner: str
    step_kind: str
    action: str
    due_text: str | None
    due: date | None
    granularity: str | None
    firm: bool
    confirmation: str | None
    level: str


def read_next_steps(reading: Reading, today: date | None) -> list[NextStep]:
    """Return the next steps of a call; without `today` no due date is resolved."""
    fired = reading.fired("next_steps", reading.reader.next_step_threshold, keep=lambda _: True)
    return sorted(distinct([_step(reading, each, today) for each in fired]), key=lambda step: step.line)


_ANY_DAY: Final = date(2026, 1, 7)


def distinct(found: Sequence[NextStep]) -> list[NextStep]:
    """Keep the surest of firings on the same step: the same owner and kind within two lines."""
    kept: list[NextStep] = []
    for step in sorted(found, key=lambda step: (-step.score, step.line)):
        same = (
            other
            for other in kept
            if abs(other.line - step.line) <= NEAR and (other.owner, other.step_kind) == (step.owner, step.step_kind)
        )
        if not any(same):
            kept.append(step)
    return kept


def _step(reading: Reading, fired: Fired, today: date | None) -> NextStep:
    lines, line = reading.lines, fired.line
    quote = lines[line].text[fired.start : fired.end]
    owner, kind = reading.choose("owners", fired)[0], reading.choose("kinds", fired)[0]
    when = due(lines, line, quote, kind, today) if today else None
    firm = reading.choose("firm", fired)[0] == "firm"
    day = when.day if when else None
    yes = confirmation(lines, line, quote, day, today)
    return NextStep(
        line, fired.start, fired.end, fired.score, _rule(reading, fired),
        owner, kind, action(quote, reading.reader.nlp),
        when.text if when else None, day, when.granularity if when else None, firm, yes,
        level(lines, line, dated=day is not None, firm=firm, accepted=yes is not None),
    )  # fmt: skip


def _rule(reading: Reading, fired: Fired) -> str:
    spoken = reading.reader.heads["next_steps"].reasons(fired.top_fields)
    like = f"most like the labelled {reading.like(fired, 'next step')}"
    return f"reader: {spoken}; {like}" if spoken else f"reader: {like}"


def confirmation(lines: Sequence[Line], line: int, quote: str, day: date | None, today: date | None) -> str | None:
    """Return the other side's explicit yes, verbatim.

    It is a yes that opens its next turn, or the same day said back ("the ninth at eleven"); or the quote itself where
    it accepts or says back what the other side proposed just before.
    """
    other = next((each for each in lines[line + 1 : line + 3] if each.role != lines[line].role), None)
    if other is not None:
        for place, piece in enumerate(sentences(other.text)[:3]):
            if (place == 0 and _YES.search(clean(piece.text))) or _says(piece.text, day, today):
                return piece.text
    before = lines[line - 1] if line else None
    if before is None or before.role == lines[line].role:
        return None
    takes_up = bool(dates.find(before.text, _ANY_DAY)) and bool(_YES.search(clean(lines[line].text)))
    return quote if takes_up or (_says(before.text, day, today) and _says(quote, day, today)) else None


def _says(text: str, day: date | None, today: date | None) -> bool:
    """Tell whether a text names this day; a number alone is of the day's month."""
    return (
        day is not None
        and today is not None
        and any(when.day == day for when in dates.find(text, today, month=day.month))
    )


def level(lines: Sequence[Line], line: int, *, dated: bool, firm: bool, accepted: bool) -> str:
    """Return the rung of the ladder: intent, owned, dated, accepted, calendar."""
    around = " ".join(each.text for each in lines[line : line + 3])
    if dated and _CALENDAR.search(around):
        return "calendar"
    if dated:
        return "accepted" if accepted else "dated"
    return "owned" if firm else "intent"


def action(quote: str, nlp: Any) -> str:
    """Return what will be done: the first promised verb with what follows it, else the quote without its opening."""
    doc = nlp(quote)
    for token in doc:
        promised = any(child.lower_ in ("'ll", "will", "’ll", "can", "could", "'d") for child in token.children)
        going = token.head.lower_ == "going" and token.dep_ == "xcomp"
        lets = token.dep_ == "ccomp" and token.head.lower_ == "let"
        if token.pos_ == "VERB" and (promised or going or lets):
            inside = [each.i for each in token.subtree if each.i >= token.i]
            return str(doc[token.i : max(inside) + 1].text).strip(" ,.;!?")[:160]
    return quote.strip(" ,.;!?")[:160]


def next_step_rows(said: Said, reading: Reading, today: date | None, corrections: Mapping[str, str]) -> list[Row]:
    """Return the rows of `tables.NextSteps` of a call, those that a manager called wrong left out."""
    seen: dict[str, int] = {}
    rows = []
    for step in read_next_steps(reading, today):
        rest = {
            "score": round(step.score, 4),
            "threshold": round(reading.reader.next_step_threshold, 4),
            "rule": step.rule,
            "owner": step.owner,
            "step_kind": step.step_kind,
            "action": step.action,
            "due_text": step.due_text,
            "due": step.due,
            "due_granularity": step.granularity,
            "firm": step.firm,
            "confirmed": step.confirmation is not None,
            "confirmation": step.confirmation,
            "level": step.level,
        }
        rows.append(finding(said, "next_step", said.floor[step.line], step.start, step.end, seen=seen, **rest))
    return kept(rows, corrections)
