"""When a next step is due: the date in its own words, else the one that the talk around it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from convintel.signals import dates
from convintel.signals.dates import When
from convintel.signals.lines import Line

BACK: Final = 5  # lines back in which "before then" finds its day
_LOOSE: Final = re.compile(r"when|with (?:the|my|our)|once|as soon", re.IGNORECASE)
_THEN: Final = re.compile(
    r"\b(?:(?:by|before|for|till|until) (?:then|that|the meeting|the call|we (?:next )?(?:talk|speak|meet))|in that time|"
    r"(?:the|that) same (?:day|night)|that (?:day|morning|afternoon|evening|night)|"
    r"(?P<eve>the (?:day|night|evening) before))\b(?! [a-z]+day)",
    re.IGNORECASE,
)
_SOMETIME: Final = re.compile(r"\bsome ?time $", re.IGNORECASE)
_THAT_DAY: Final = re.compile(r"\bthat (?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_NEXT_WEEK: Final = re.compile(r"\b(?:next week|the week after)\b", re.IGNORECASE)
_ASKS: Final = re.compile(r"\b(?:can|could|would|will) you\b|\bshould i\b|\bshall i\b|\?", re.IGNORECASE)


def due(lines: Sequence[Line], line: int, quote: str, kind: str, today: date) -> When | None:
    """Return the date phrase of a step.

    Its own words come first; a weekday alone ("Thursday's good") takes its number from the talk around ("Thursday the
    nineteenth, ten?"). A meeting takes what the turns around propose. A task takes a date from elsewhere only from its
    own turn, or where its words point there: "before then", what is brought along to a meeting, a short yes.
    """
    text = lines[line].text
    at = max(0, text.find(quote))
    before, after = text[:at], text[at + len(quote) :]
    around = [lines[n].text for n in (line - 1, line - 2, line + 1) if 0 <= n < len(lines)]
    month = dates.month_named(" ".join([*around[1:2], *around[:1], quote]))
    own = dates.best(quote, today, month=month)
    if own and own.day and own.rule == "weekday":
        return _numbered(own, quote, around, today, month) or _of_next_week(own, around, today) or own
    if own and (own.day or not (own.rule == "after something" and _LOOSE.match(own.text))):
        return own
    if kind == "meeting":
        places = [before, *around[:1], after, *around[1:]]
        found = [when for place in places if (when := dates.best(place, today, month=month))]
        sure = [when for when in found if when.day and when.rule not in dates.HOURS]
        named = next(iter(sure), None) or next((when for when in found if when.day), None)
        if named and named.rule == "weekday":
            named = _numbered(named, "", around, today, month) or named
        return named or own or next(iter(found), None)
    pointed = _pointed_at(lines, line, quote, today, month)
    return pointed or dates.best(before, today, month=month) or dates.best(after, today, month=month) or own


def _numbered(own: When, quote: str, around: Sequence[str], today: date, month: int | None) -> When | None:
    """Return the day that a weekday alone means, where the talk around gives it a number or a week."""
    assert own.day is not None
    for text in around:
        for when in dates.find(text, today, month=month):
            if when.rule in dates.NUMBERED and when.day and when.day.weekday() == own.day.weekday():
                return when
    return None


def _of_next_week(own: When, around: Sequence[str], today: date) -> When | None:
    """Return the weekday in the week that the turn before speaks of ("Next week? Wednesday?")."""
    if not around or not _NEXT_WEEK.search(around[0]) or own.day is None:
        return None
    monday = today + timedelta(days=7 - today.weekday())
    return replace(own, day=monday + timedelta(days=own.day.weekday()))


def _pointed_at(lines: Sequence[Line], line: int, quote: str, today: date, month: int | None) -> When | None:
    """Return the day that a task's words point back to."""
    then = _THEN.search(quote)
    if not then or _SOMETIME.search(quote[: then.start()]):
        return None
    text = lines[line].text
    places = [text[: max(0, text.find(quote))], *(lines[n].text for n in range(line - 1, line - BACK, -1) if n >= 0)]
    for place in places:
        days = [when for when in dates.find(place, today, month=month) if when.day]
        if days:
            last = days[-1]
            return replace(last, day=last.day - timedelta(days=1)) if then.group("eve") else last
    return None
