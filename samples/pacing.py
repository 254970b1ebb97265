"""When the turns of a written call begin and end: pauses, quick answers, voices that overlap."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from company import Call, Line, Turn, dice

#: One to three words that only show that somebody listens.
BACK_CHANNEL = re.compile(
    r"((mm-hm|uh-huh|mm|hm+|huh|okay|right|sure|of course|yeah|yes|wow|exactly|great|oh( no)?|ouch|ha|goodness)"
    r"[,. ]*){1,3}",
    re.IGNORECASE,
)
#: Words with which people cut into a turn that is still going on.
CUTTING_IN = re.compile(r"^(\w+[.,] )?(hang on|hold on|wait|no, no|sorry, )", re.IGNORECASE)
#: Words with which people take a breath before they answer.
HESITATION = re.compile(r"^(um|uh|well|hm+|huh|mm|ah|let me)\b", re.IGNORECASE)
#: Words in which the customers of these scripts object; an answer to them takes the rep's patience.
OBJECTION = re.compile(
    r"too (much|expensive|high|steep)|hurts|budget|truck payment|expensive|cheaper|whiteboard"
    r"|can't (say|touch|sign|pay|afford)|couldn't|not (now|convinced|in november|interested)"
    r"|i'd hate|my concern|less cheerful|don't (need|want|have time)|haven't got time|good time"
    r"|bugs me|burglar|jobhive|fieldlark|dispatchly|ghosts|chew on it|both partners|no sage"
    r"|mail (me|us) (something|a)|lock(ed)? in|think about it|worr(y|ies|ied)|burned",
    re.IGNORECASE,
)


def lay_out(call: Call, seconds: Sequence[float]) -> list[Turn]:
    """Place the lines of a call in time, given how long each takes to say."""
    turns: list[Turn] = []
    for index, (line, length) in enumerate(zip(call.lines, seconds, strict=True)):
        chance = dice("pacing", call.name, str(index))
        if index == 0:
            start = chance.uniform(0.5, 1.0)
        else:
            end = max(turn.end for turn in turns)
            start = max(0.0, end + gap(call, turns[-1], line, chance))
        turns.append(Turn(line.role, line.speaker, start, start + length, line.text))
    return turns


def gap(call: Call, before: Turn, line: Line, chance: random.Random) -> float:
    """Draw the seconds between a turn and the line after it; below zero where they overlap."""
    if before.speaker == line.speaker:
        return chance.uniform(0.35, 0.8)
    if before.end - before.start > 1.0 and talks_over(call, line, chance):
        return -chance.uniform(0.2, 0.4)
    breath = 0.25 if HESITATION.match(line.text) else 0.0
    if line.role == "customer":
        return breath + chance.uniform(0.2, 0.9)
    if OBJECTION.search(before.text):
        return breath + chance.uniform(*call.rep.patience)
    return breath + chance.uniform(*call.rep.pause)


def talks_over(call: Call, line: Line, chance: random.Random) -> bool:
    """Decide whether a line begins while the other is still speaking."""
    if is_back_channel(line.text):
        return chance.random() < 0.75
    if CUTTING_IN.match(line.text):
        return chance.random() < 0.8
    return line.role == "rep" and chance.random() < call.rep.cuts_in


def is_back_channel(text: str) -> bool:
    """Tell whether a turn only shows that somebody listens.

    >>> is_back_channel("Mm-hm."), is_back_channel("Right, right."), is_back_channel("Right, so.")
    (True, True, False)
    """
    return BACK_CHANNEL.fullmatch(text) is not None
