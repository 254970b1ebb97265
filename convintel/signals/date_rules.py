"""The rules behind `dates`: a pattern for each way to say when, and how it resolves against the day of the call."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Granularity = Literal["day", "week", "month", "quarter"]
Resolve = Callable[[re.Match[str], date], date | None]

WEEKDAYS: Final = {name.lower(): number for number, name in enumerate(calendar.day_name)}
MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_UNITS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_TEENS: Final = (
    *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth"),
    *("fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
)
_CARDINALS: Final = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45},
    **{"sixty": 60, "ninety": 90},
}


def _ordinals() -> dict[str, int]:
    named = {word: number for number, word in enumerate((*_UNITS, *_TEENS), start=1)}
    named |= {"twentieth": 20, "thirtieth": 30}
    for tens, base in (("twenty", 20), ("thirty", 30)):
        for number, word in enumerate(_UNITS, start=1):
            if base + number <= 31:
                named |= {f"{tens}-{word}": base + number, f"{tens} {word}": base + number}
    return named


ORDINALS: Final = _ordinals()


def one_of(names: Iterable[str]) -> str:
    """Return an alternation of literal names, longest first."""
    return "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))


def _any(*parts: str) -> str:
    return "|".join(parts)


_DAY: Final = rf"(?P<weekday>{one_of(WEEKDAYS)})(?:['’]s)?"
_ORDINAL: Final = rf"(?P<ordinal>{one_of(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))"
_MONTH: Final = rf"(?P<month>{one_of(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_AMOUNT: Final = rf"(?P<amount>{one_of(_CARDINALS)}|\d{{1,3}})"
_UNIT: Final = r"(?P<unit>days?|weeks?|months?|fortnights?)"
_BY: Final = r"(?:by |before |at |on |until |till )?"
_THINGS: Final = _any(
    "thing|time|one|two|three|part|call|step|year|quarter|month|week|day|half|place|question|floor|site|visit|draft",
    "version|option|page|line|point|person|party|invoice|order|payment|class|hand",
)
_NOT_A_NOUN: Final = rf"(?!\s+(?:{_THINGS}|of all|\w+\s+\w+ed\b))"
_HOLIDAYS: Final = _any(
    r"christmas|thanksgiving|easter|new year['’]?s?|the holidays|valentine['’]?s|mother['’]?s day|labor day",
    r"memorial day|diwali|ramadan|eid|hanukkah|half[- ]term|spring break|the summer|the weekend",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to say when: its name, pattern, what it resolves to and how exact that is."""

    name: str
    pattern: re.Pattern[str]
    resolve: Resolve
    granularity: Granularity | None


def _rule(name: str, pattern: str, resolve: Resolve, granularity: Granularity | None = "day") -> Rule:
    return Rule(name, re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), resolve, granularity)


def _in_days(days: int) -> Resolve:
    return lambda _, today: today + timedelta(days=days)


def _no_day(_: re.Match[str], __: date) -> None:
    return None


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _ordinal(match: re.Match[str]) -> int:
    said = match.group("ordinal").lower()
    return ORDINALS[said] if said in ORDINALS else int(re.sub(r"\D", "", said))


def _month(match: re.Match[str]) -> int:
    said = match.group("month").lower()[:3]
    return next(number for name, number in MONTHS.items() if name.startswith(said))


def _amount(match: re.Match[str]) -> int:
    said = match.group("amount").lower()
    return _CARDINALS[said] if said in _CARDINALS else int(said)


def _weekday(match: re.Match[str], today: date) -> date:
    """The next day of this name after today."""
    return today + timedelta(days=(WEEKDAYS[match.group("weekday").lower()] - today.weekday() - 1) % 7 + 1)


def _weekday_of_next_week(match: re.Match[str], today: date) -> date:
    """The day of this name in the week, read from Monday to Sunday, that comes after today's."""
    return today + timedelta(days=7 - today.weekday() + WEEKDAYS[match.group("weekday").lower()])


def _weekday_later(match: re.Match[str], today: date) -> date:
    weeks = _amount(match) if match.groupdict().get("amount") else 1
    return _weekday(match, today) + timedelta(weeks=weeks)


def _number_ahead(match: re.Match[str], today: date) -> date:
    """The next day with this number; with a weekday beside it, the next one that falls on it, within four months."""
    number, named = _ordinal(match), match.groupdict().get("weekday")
    firsts = [_plus_months(today.replace(day=1), months) for months in range(5)]
    days = [first.replace(day=number) for first in firsts if number <= _month_end(first).day]
    ahead = [day for day in days if day > today]
    fitting = [day for day in ahead if named and day.weekday() == WEEKDAYS[named.lower()]]
    return (fitting or ahead)[0]


def _day_of_month(match: re.Match[str], today: date) -> date:
    number = _ordinal(match) if match.groupdict().get("ordinal") else int(match.group("number"))
    day = date(today.year, _month(match), number)
    return day if day >= today else day.replace(year=today.year + 1)


def _end_of_named_month(match: re.Match[str], today: date) -> date:
    day = _month_end(date(today.year, _month(match), 1))
    return day if day >= today else _month_end(date(today.year + 1, _month(match), 1))


def _after(match: re.Match[str], today: date) -> date:
    unit, amount = match.group("unit").lower(), _amount(match)
    if unit.startswith("month"):
        return _plus_months(today, amount)
    return today + timedelta(days=amount * {"d": 1, "w": 7, "f": 14}[unit[0]])


def _quarter_end(match: re.Match[str], today: date) -> date:
    said = (match.groupdict().get("quarter") or "").lower()
    numbers = {"1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3, "four": 4}
    quarter = numbers.get(said, (today.month + 2) // 3)
    day = _month_end(date(today.year, quarter * 3, 1))
    return day if day >= today else _month_end(date(today.year + 1, quarter * 3, 1))


def _friday(today: date) -> date:
    return today + timedelta(days=(4 - today.weekday()) % 7)


TODAY: Final = _any(
    r"today|tonight|this (?:afternoon|morning|evening|arvo)|later on today",
    r"(?:within|inside|in) (?:the|an|half an|the next|the next half) hour",
    r"(?:in|within) (?:about |the next )?(?:ten|five|twenty|thirty|a few|few|fifteen|a couple of) minutes",
    r"(?:right |straight |as soon as |the minute |the second )(?:after )?we(?:['’]re)? (?:hang up|get off|off)",
    r"when we get off|(?:right|straight) after (?:this|we hang up|the call|this call)",
)
TIME_OF_DAY: Final = _any(
    r"(?:before|after|at) lunch|before I go to lunch|when (?:I|we) hang up|when we(?:['’]re| are) off|on my way home",
    r"when I get home|(?:by |before )?(?:the )?(?:end|close) of (?:the )?(?:day|business|play)",
    r"(?:by |before )?(?:e\.?o\.?d\.?|c\.?o\.?b\.?)",
)
HOUR: Final = (
    r"(?:by|before) (?:noon|lunch(?:time)?|one|two|three|four|five|six|\d{1,2}(?::\d\d)?)"
    r"(?: o['’]?clock|-?thirty)?(?: (?:today|p\.?m\.?|a\.?m\.?))?(?=[.,;!?]|$)"
)
A_WEEK: Final = _any(
    r"(?:this|next|the following|the|that|some time next|early next|later next|sometime next) week"
    r"(?: of (?:the )?\w+(?:-\w+)?)?",
    r"the (?:second|third|fourth|last|first) week (?:of|in) \w+|the week (?:after|before)(?: (?:next|that))?",
    r"in a (?:couple|few)(?: of)? (?:weeks|days)|(?:a|another) (?:couple|few)(?: of)? weeks",
    r"over the weekend|this weekend",
)
A_MONTH: Final = _any(
    r"(?:next|this|the following) month|in a (?:couple|few)(?: of)? months",
    r"(?:in|by|until|till|come|before|after|early|late|mid|around|sometime in|beginning of|middle of)[- ]" + _MONTH,
)
A_QUARTER: Final = _any(
    r"(?:next|this|the following) quarter|(?:in|by|after) q[1-4]|q[1-4]|next year|the new year",
    r"(?:the )?(?:first|second|third|fourth|new) quarter|(?:in|come|by) (?:the )?(?:spring|summer|fall|autumn|winter)",
)
SOME_DAY: Final = r"some ?day|one day|one of these \w+|some ?time|at some point|eventually|down the (?:road|line|track)"
AFTER_SOMETHING: Final = _any(
    r"(?:as soon as|once|when|whenever|the (?:day|minute|second|moment)) (?:i|we|he|she|it|they|you)(?:['’]\w+)? \w+",
    r"some time when|(?:after|before|with) (?:the|my|our|his|her|their) [a-z]{3,}",
)
END_OF_WEEK: Final = r"(?:by |before )?(?:the )?(?:end|close) of (?:the |this )?week|by week['’]?s end|e\.?o\.?w\.?"
END_OF_MONTH: Final = rf"{_BY}(?:the )?(?:end of (?:the|this) month|month['’]?s? end|month-end|e\.?o\.?m\.?)"
END_OF_QUARTER: Final = (
    rf"{_BY}(?:the )?(?:end of (?:the|this) quarter|quarter['’]?s? end|quarter-end|e\.?o\.?q\.?|"
    r"end of (?:q|quarter )(?P<quarter>1|2|3|4|one|two|three|four))"
)
NOT_A_QUANTITY: Final = r"(?!\s*(?:%|percent|am|pm|o'clock|:))"

RULES: Final = (
    _rule("today", TODAY, _in_days(0)),
    _rule("time of day", TIME_OF_DAY, _in_days(0)),
    _rule("hour today", HOUR, _in_days(0)),
    _rule(
        "tomorrow",
        r"(?:first thing |by |by noon )?tomorrow(?: (?:morning|afternoon|evening|night))?",
        _in_days(1),
    ),
    _rule("day after tomorrow", r"(?:the )?day after tomorrow|in two days['’]? time", _in_days(2)),
    _rule(
        "weekday",
        r"(?:(?:by|on|this|this coming|the|come|for|before|until|till) )?"
        rf"{_DAY}(?:,? (?:morning|afternoon|evening|night))?",
        _weekday,
    ),
    _rule("weekday of next week", rf"{_DAY} (?:of )?next week", _weekday_of_next_week),
    _rule("next weekday", rf"next {_DAY}", _weekday_of_next_week),
    _rule("next week on", rf"next week,? (?:on |say |maybe |how about )?{_DAY}", _weekday_of_next_week),
    _rule("week from weekday", rf"(?:a )?week (?:on |from |this )?{_DAY}", _weekday_later),
    _rule("weekday week", rf"{_DAY} week", _weekday_later),
    _rule("weekday after next", rf"(?:the )?{_DAY} (?:after next|after that|the week after(?: next)?)", _weekday_later),
    _rule("weeks from weekday", rf"{_AMOUNT} weeks? (?:from|on) {_DAY}", _weekday_later),
    _rule("weekday with number", rf"{_DAY},? (?:(?:the|then,? the|say,? the) )?{_ORDINAL}", _number_ahead),
    _rule(
        "number with weekday",
        rf"(?:on |by )?the {_ORDINAL},? (?:that['’]?s (?:the |a )?|a |the )?{_DAY}",
        _number_ahead,
    ),
    _rule("number of the month", rf"{_BY}the {_ORDINAL}{_NOT_A_NOUN}", _number_ahead),
    _rule("day of a month", rf"(?:{_DAY},? )?(?:the )?{_ORDINAL} (?:of )?{_MONTH}", _day_of_month),
    _rule("day of a month", rf"(?:{_DAY},? )?{_MONTH},? (?:the )?{_ORDINAL}", _day_of_month),
    _rule("numeric day of a month", rf"(?P<number>\d{{1,2}}) {_MONTH}", _day_of_month),
    _rule("numeric day of a month", rf"{_MONTH} (?P<number>\d{{1,2}}){NOT_A_QUANTITY}", _day_of_month),
    _rule("end of the week", END_OF_WEEK, lambda _, today: _friday(today)),
    _rule(
        "end of next week", r"(?:by |before )?(?:the )?end of next week", lambda _, today: _friday(today + timedelta(7))
    ),
    _rule("end of the month", END_OF_MONTH, lambda _, today: _month_end(today)),
    _rule(
        "end of next month",
        r"(?:by |before )?(?:the )?end of next month",
        lambda _, today: _month_end(_plus_months(today.replace(day=1), 1)),
    ),
    _rule("end of a month", rf"{_BY}(?:the )?end of {_MONTH}", _end_of_named_month),
    _rule("end of the quarter", END_OF_QUARTER, _quarter_end),
    _rule(
        "end of the year",
        rf"{_BY}(?:the )?(?:end of (?:the|this) (?:calendar )?year|year['’]?s? end|year-end)",
        lambda _, today: date(today.year, 12, 31),
    ),
    _rule(
        "first of the month",
        rf"{_BY}the first of (?:the|next) month",
        lambda _, today: _plus_months(today.replace(day=1), 1),
    ),
    _rule("first of the year", rf"{_BY}the first of the year", lambda _, today: date(today.year + 1, 1, 1)),
    _rule("in so long", rf"(?:in |within ){_AMOUNT} {_UNIT}(?:['’]? time)?", _after),
    _rule("so long from now", rf"{_AMOUNT} {_UNIT} (?:from (?:now|today)|today)", _after),
    _rule("a week", A_WEEK, _no_day, "week"),
    _rule("a month", A_MONTH, _no_day, "month"),
    _rule("a quarter", A_QUARTER, _no_day, "quarter"),
    _rule("a holiday", rf"(?:right |sometime |just )?(?:after|before|over|by) (?:{_HOLIDAYS})", _no_day, None),
    _rule("some day", SOME_DAY, _no_day, None),
    _rule("after something", AFTER_SOMETHING, _no_day, None),
)
