"""Spoken dates of sales calls, resolved against the day of the call, by rules alone.

No date library reads more than two of three such phrases right, and all of them find dates in "may I ask" or "version
3.2"; parsedatetime, tried on what the rules leave unread in the training calls, added no date. The rules (`date_rules`)
read phrases with their granularity: "next week" is a week, not a day, and has no date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from convintel.signals.date_context import no_promise
from convintel.signals.date_rules import RULES, Granularity, Rule
from convintel.signals.date_words import MONTHS, one_of

LONE_NUMBERS: Final = ("weekday with number", "number of the month")
NUMBERED: Final = (*LONE_NUMBERS, "number with weekday", "day of a month", "numeric day of a month")
HOURS: Final = ("hour today", "time of day", "next morning")
MONTHS_AHEAD: Final = 3  # a month named before a lone number counts when it lies so far ahead
_ORDER: Final = {"day": 3, "week": 2, "month": 1, "quarter": 1, None: 0}
_MONTH: Final = re.compile(rf"\b({one_of(MONTHS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """A date phrase: characters [start, end) and the day it means, or None where it only means a week or a month."""

    start: int
    end: int
    text: str
    day: date | None
    granularity: Granularity | None
    rule: str


def find(text: str, today: date, *, month: int | None = None) -> list[When]:
    """Return the date phrases of a text in order; where two overlap, the longer one.

    `month` is the month that the talk around is about: a lone "the ninth" then means that of this month.

    >>> [(when.text, str(when.day)) for when in find("Thursday works, or the end of the month", date(2026, 3, 10))]
    [('Thursday', '2026-03-12'), ('the end of the month', '2026-03-31')]
    """
    found = [when for rule in RULES for when in _read(rule, text, _counted_from(rule, today, month))]
    found.sort(key=lambda when: (when.start - when.end, when.start))
    kept: list[When] = []
    for when in found:
        if all(when.end <= other.start or when.start >= other.end for other in kept):
            kept.append(when)
    return sorted(kept, key=lambda when: when.start)


def best(text: str, today: date, *, month: int | None = None) -> When | None:
    """Return the phrase that says most: a day before a week, a week before a month, a named day before an hour."""

    def rank(when: When) -> tuple[bool, bool, bool, int, bool, int]:
        return (
            when.day is not None,
            when.rule not in HOURS,
            when.rule != "today",
            _ORDER[when.granularity],
            when.rule in NUMBERED,
            -when.start,
        )

    return max(find(text, today, month=month), key=rank, default=None)


def month_named(text: str) -> int | None:
    """Return the number of the last month named in a text, or None; "may" and "march" need a capital letter."""
    named = _MONTH.findall(text)
    sure = [name for name in named if name.lower() not in ("may", "march") or name[0].isupper()]
    return MONTHS[sure[-1].lower()] if sure else None


def _read(rule: Rule, text: str, today: date) -> list[When]:
    found = []
    for match in rule.pattern.finditer(text):
        try:
            day = rule.resolve(match, today)
        except (ValueError, IndexError):  # the thirty-first of a month with thirty days: no date after all
            continue
        if day is not None and no_promise(text, match.start(), match.end(), rule.name):
            continue
        found.append(When(match.start(), match.end(), match.group(), day, rule.granularity, rule.name))
    return found


def _counted_from(rule: Rule, today: date, month: int | None) -> date:
    """The day from which a rule counts: of a lone number, the eve of the month that the talk is about."""
    if month is None or rule.name not in LONE_NUMBERS or not 0 < (month - today.month) % 12 <= MONTHS_AHEAD:
        return today
    return date(today.year + (month < today.month), month, 1) - timedelta(days=1)
