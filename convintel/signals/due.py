"""When a next step is due: the date in its own words, else the one that the talk around it is about.

Chosen on 1,823 labelled steps of models/training, quotes given: 92 % exact; 91 % of all 3,320 that there are now
(`python -m tests.signals.due_accuracy`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from convintel.signals import dates
from convintel.signals.date_days import first_after, in_next_week
from convintel.signals.date_words import WEEKDAYS, one_of
from convintel.signals.dates import When
from convintel.signals.lines import Line

SHORT: Final = 5  # words of a step that is no more than a yes
BACK: Final = 4  # lines back in which "before then" and "that Friday" find their day
_WAITS: Final = re.compile(r"when|with (?:the|my|our)|once|as soon", re.IGNORECASE)
_THEN: Final = re.compile(
    r"\b(?:(?:by|before|for|till|until) (?:then|that|the meeting|the call|we (?:next )?(?:talk|speak|meet))|"
    r"in that time|(?:the|that) same (?:day|night)|that (?:day|morning|afternoon|evening|night)|"
    r"(?P<eve>the (?:day|night|evening) before))\b(?! [a-z]+day)",
    re.IGNORECASE,
)
_SOMETIME: Final = re.compile(r"\bsome ?time $", re.IGNORECASE)
_THAT_DAY: Final = re.compile(rf"(?<!have )(?<!get )\bthat (?:{one_of(WEEKDAYS)})\b", re.IGNORECASE)
_NEXT_WEEK: Final = re.compile(r"\b(?:next week|the week after)\b", re.IGNORECASE)
_ASKS: Final = re.compile(r"\b(?:can|could|would|will) you\b|\bshould i\b|\bshall i\b|\?", re.IGNORECASE)


def due(lines: Sequence[Line], line: int, quote: str, kind: str, today: date) -> When | None:
    """Return the date phrase of a step.

    Its own words come first; a weekday alone ("Thursday's good") takes its number from the talk around ("Thursday the
    nineteenth, ten?"). A meeting takes what the turns around propose. A task takes a date from elsewhere only from its
    own turn, or where its words point there: "before then", or a short yes to what was asked.
    """
    talk = _talk(lines, line, quote, today)
    own = talk.best(quote)
    if own and own.rule == "weekday":
        return talk.settled(own)
    if own and (own.day or not (own.rule == "after something" and _WAITS.match(own.text))):
        return own
    if kind == "meeting":
        return talk.proposed() or own
    return talk.pointed_at() or talk.asked_for() or talk.best(talk.before) or talk.best(talk.after) or own


@dataclass(frozen=True, slots=True)
class _Talk:
    """The talk around a step: the rest of its turn, and the month that it is about."""

    lines: Sequence[Line]
    line: int
    quote: str
    before: str
    after: str
    around: tuple[str, ...]  # the turn before, the one before that, the next one
    today: date
    month: int | None

    def best(self, text: str) -> When | None:
        return dates.best(text, self.today, month=self.month)

    def find(self, text: str) -> list[When]:
        return dates.find(text, self.today, month=self.month)

    def back(self) -> Iterator[str]:
        """Yield what was said before the step, nearest first."""
        yield self.before
        for at in range(self.line - 1, max(-1, self.line - 1 - BACK), -1):
            yield self.lines[at].text

    def settled(self, weekday: When) -> When:
        """Return a weekday alone with the number or the week that the talk around gives it."""
        return self._numbered(weekday) or self._after_that(weekday) or self._of_next_week(weekday) or weekday

    def proposed(self) -> When | None:
        """Return the date that a meeting is agreed for: a day, sooner than an hour, sooner than a time that is none."""
        places = [self.before, *self.around[:1], self.after, *self.around[1:]]
        found = [when for place in places if (when := self.best(place))]
        found.sort(key=lambda when: (when.day is None, when.rule in dates.HOURS))
        first = next(iter(found), None)
        return (self._numbered(first) or first) if first and first.rule == "weekday" else first

    def pointed_at(self) -> When | None:
        """Return the day that a task's words point back to."""
        then = _THEN.search(self.quote)
        if not then or _SOMETIME.search(self.quote[: then.start()]):
            return None
        days = (when for text in self.back() for when in reversed(self.find(text)))
        last = next(((when, when.day) for when in days if when.day), None)
        if last is None:
            return None
        return replace(last[0], day=last[1] - timedelta(days=1)) if then.group("eve") else last[0]

    def asked_for(self) -> When | None:
        """Return the day of what the other side just asked, where the step is a short yes to it."""
        before = self.lines[self.line - 1] if self.line else None
        if before is None or before.role == self.lines[self.line].role or len(self.quote.split()) > SHORT:
            return None
        return self.best(before.text) if _ASKS.search(before.text) else None

    def _numbered(self, weekday: When) -> When | None:
        numbered = (when for text in self.around for when in self.find(text) if when.rule in dates.NUMBERED)
        return next((when for when in numbered if _same_weekday(when.day, weekday.day)), None)

    def _after_that(self, weekday: When) -> When | None:
        """Return "that Friday" as the first one after the last numbered day that was spoken of."""
        if not any(_THAT_DAY.search(text) for text in (self.lines[self.line].text, *self.around[:1])):
            return None
        named = [when for text in self.back() for when in reversed(self.find(text)) if when.rule in dates.NUMBERED]
        last = next((when.day for when in named if when.day), None)
        if last is None or weekday.day is None:
            return None
        return replace(weekday, day=first_after(last, weekday.day.weekday()))

    def _of_next_week(self, weekday: When) -> When | None:
        """Return the weekday in the week that the turn before speaks of ("Next week? Wednesday?")."""
        if weekday.day is None or not any(_NEXT_WEEK.search(text) for text in self.around[:1]):
            return None
        return replace(weekday, day=in_next_week(self.today, weekday.day.weekday()))


def _talk(lines: Sequence[Line], line: int, quote: str, today: date) -> _Talk:
    text = lines[line].text
    at = max(0, text.find(quote))
    around = tuple(lines[n].text for n in (line - 1, line - 2, line + 1) if 0 <= n < len(lines))
    month = dates.month_named(" ".join([*around[1:2], *around[:1], quote]))
    return _Talk(lines, line, quote, text[:at], text[at + len(quote) :], around, today, month)


def _same_weekday(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one.weekday() == other.weekday()
