"""Next steps: what a named side will do after the call, or a meeting: owner, action, due date, confirmation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from convintel.signals import dates
from convintel.signals.context import Line, Utterance, merged, utterances
from convintel.signals.objections import in_words, run_around_best
from convintel.signals.reader import Reader
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


def read_next_steps(lines: Sequence[Line], reader: Reader, today: date | None) -> list[NextStep]:
    """Return the next steps of a call whose back-channels are left out; without `today` no due date is resolved."""
    found = [step for line in range(len(lines)) if (step := _read(lines, line, reader, today))]
    return sorted(distinct(found), key=lambda step: step.line)


def cues(text: str) -> str:
    """Return what kinds of date phrases a sentence holds, as words for the heads.

    >>> cues("I'll send it on Thursday")
    'date_day'
    """
    kinds = {f"date_{when.granularity}" if when.day else "date_vague" for when in dates.find(text, _ANY_DAY)}
    return " ".join(sorted(kinds))


_ANY_DAY: Final = date(2026, 1, 7)


def with_cues(found: Sequence[Utterance], around: Mapping[str, str]) -> list[Utterance]:
    """Return the utterances with the field `cues`: the date phrases in them and in the turn before."""
    before = " ".join(f"before_{cue}" for cue in around["before"].split())
    return [
        Utterance(each.line, each.piece, {**each.fields, "cues": f"{cues(each.piece.text)} {before}".strip()})
        for each in found
    ]


def sentences_with_cues(lines: Sequence[Line], line: int) -> list[Utterance]:
    """Return the sentences of a line as the next-step heads read them."""
    before = cues(lines[line - 1].text) if line else ""
    return with_cues(utterances(lines, line), {"before": before})


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


def _read(lines: Sequence[Line], line: int, reader: Reader, today: date | None) -> NextStep | None:
    head, threshold = reader.heads["next_steps"], reader.next_step_threshold
    scored = [(head.score(float(head.raw(each.fields)[0])), each) for each in sentences_with_cues(lines, line)]
    if not scored or max(score for score, _ in scored) < threshold:
        return None
    score, best = max(scored, key=lambda pair: pair[0])
    fired = run_around_best(scored, threshold)
    start, end = fired[0].piece.start, fired[-1].piece.end
    fields = {**merged(fired), "cues": " ".join(each.fields["cues"] for each in fired)}
    owner, kind = _likeliest(reader, "next_step_owners", fields), _likeliest(reader, "next_step_kinds", fields)
    when = due(lines, line, lines[line].text[start:end], kind, today) if today else None
    firm = _likeliest(reader, "next_step_firm", fields) == "firm"
    day = when.day if when else None
    yes = confirmation(lines, line, lines[line].text[start:end], day, today)
    return NextStep(
        line, start, end, score, f"head {head.name}: {in_words(head.reasons(best.fields))}", owner, kind,
        action(lines[line].text[start:end], reader.nlp),
        when.text if when else None, day, when.granularity if when else None, firm, yes,
        level(lines, line, dated=day is not None, firm=firm, accepted=yes is not None),
    )  # fmt: skip


def _likeliest(reader: Reader, name: str, fields: Mapping[str, str]) -> str:
    scores = reader.heads[name].probabilities(fields)
    return max(sorted(scores), key=scores.__getitem__)


def due(lines: Sequence[Line], line: int, quote: str, kind: str, today: date) -> dates.When | None:
    """Return the date phrase of a step: in its own words, else near by (meetings: in the turns around).

    A weekday alone ("Thursday's good") takes its number from the talk just before ("Thursday the nineteenth, ten?").
    """
    near = [lines[at].text for at in (line - 1, line - 2, line + 1) if 0 <= at < len(lines)]
    month = dates.month_named(" ".join([*near[1:2], *near[:1], quote]))
    own = dates.best(quote, today, month=month)
    if own and own.rule == "weekday" and own.day:
        return next((when for text in near for when in _same_weekday(text, own.day, today, month)), own)
    if own:
        return own
    places = [lines[line].text, *near] if kind == "meeting" else [lines[line].text]
    found = [when for text in places if (when := dates.best(text, today, month=month))]
    return next((when for when in found if when.day), found[0] if found else None)


def _same_weekday(text: str, day: date, today: date, month: int | None) -> list[dates.When]:
    found = dates.find(text, today, month=month)
    return [when for when in found if when.rule in dates.NUMBERED and when.day and when.day.weekday() == day.weekday()]


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


def next_step_rows(said: Said, reader: Reader, today: date | None, corrections: Mapping[str, str]) -> list[Row]:
    """Return the rows of `tables.NextSteps` of a call, those that a manager called wrong left out."""
    lines = [Line(turn.role, turn.text) for turn in said.floor]
    seen: dict[str, int] = {}
    rows = []
    for step in read_next_steps(lines, reader, today):
        rest = {
            "score": round(step.score, 4),
            "threshold": round(reader.next_step_threshold, 4),
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
