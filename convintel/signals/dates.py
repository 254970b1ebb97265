"""Spoken dates of sales calls, resolved against the day of the call; rules first, a library only on a small remainder.

No date library reads more than two of three such phrases right, and all of them find dates in "may I ask" or "version
3.2". These rules read phrases with their granularity: "next week" is a week, not a day, and has no date.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

Granularity = Literal["day", "week", "month", "quarter"]


@dataclass(frozen=True, slots=True)
class When:
    """A date phrase: characters [start, end) and the day it means, or None where it only means a week or a month."""

    start: int
    end: int
    text: str
    day: date | None
    granularity: Granularity | None
    rule: str


WEEKDAYS: Final = {name.lower(): number for number, name in enumerate(calendar.day_name)}
MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_ONES: Final = "first second third fourth fifth sixth seventh eighth ninth".split()
_TEENS: Final = (
    "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split()
)
_CARDINALS: Final = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"a": 1, "an": 1, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90, "forty-five": 45}


def _ordinals() -> dict[str, int]:
    named = {word: number for number, word in enumerate((*_ONES, *_TEENS), start=1)}
    named |= {"twentieth": 20, "thirtieth": 30}
    for tens, base in (("twenty", 20), ("thirty", 30)):
        for number, word in enumerate(_ONES, start=1):
            if base + number <= 31:
                named |= {f"{tens}-{word}": base + number, f"{tens} {word}": base + number}
    return named


ORDINALS: Final = _ordinals()


def _any(names: object) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))  # type: ignore[call-overload]


_DAY: Final = rf"(?P<weekday>{_any(WEEKDAYS)})(?:['’]s)?"
_ORD: Final = rf"(?P<ordinal>{_any(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))"
_MONTH: Final = rf"(?P<month>{_any(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_NUMBER: Final = rf"(?P<number>{_any(_CARDINALS)}|\d{{1,3}})"
_NOT_A_NOUN: Final = (
    r"(?!\s+(?:thing|time|one|two|three|part|call|step|year|quarter|month|week|day|half|place|question|floor|site|"
    r"visit|draft|version|option|page|line|point|person|party|invoice|order|payment|class|hand|of all|\w+\s+\w+ed\b))"
)


def find(text: str, today: date, *, month: int | None = None) -> list[When]:
    """Return the date phrases of a text in order, longest first where they overlap.

    `month` is the month that the talk around is about: a lone "the ninth" then means that of this month.

    >>> [(when.text, str(when.day)) for when in find("Thursday works, or the end of the month", date(2026, 3, 10))]
    [('Thursday', '2026-03-12'), ('the end of the month', '2026-03-31')]
    """
    found = [when for rule in _RULES for when in rule.read(text, _start(rule, today, month))]
    found.sort(key=lambda when: (when.start - when.end, when.start))
    kept: list[When] = []
    for when in found:
        if all(when.end <= other.start or when.start >= other.end for other in kept):
            kept.append(when)
    return sorted(kept, key=lambda when: when.start)


def best(text: str, today: date, *, month: int | None = None) -> When | None:
    """Return the phrase that says most: a day before a week before a month, a named day before an hour; then the first."""
    found = find(text, today, month=month)
    order = {"day": 3, "week": 2, "month": 1, "quarter": 1, None: 0}

    def rank(when: When) -> tuple[bool, bool, int, bool, int]:
        numbered = when.rule in _NUMBERED
        return when.day is not None, when.rule not in _HOURS, order[when.granularity], numbered, -when.start

    return max(found, key=rank, default=None)


def month_named(text: str) -> int | None:
    """Return the number of the last month named in a text, or None; "may" and "march" need a capital letter."""
    named = re.findall(rf"\b({_any(MONTHS)})\b", text, re.IGNORECASE)
    sure = [name for name in named if name.lower() not in ("may", "march") or name[0].isupper()]
    return MONTHS[sure[-1].lower()] if sure else None


def _start(rule: _Rule, today: date, month: int | None) -> date:
    """The day from which a rule counts: of a lone number, the eve of the month that the talk is about."""
    if month is None or not 0 < (month - today.month) % 12 <= 3 or rule.name not in ("number of the month", "weekday with number"):
        return today
    return date(today.year + (month < today.month), month, 1) - timedelta(days=1)


_HOURS: Final = ("hour today", "time of day")
_NUMBERED: Final = ("weekday with number", "number with weekday", "number of the month", "day of month", "numeric day of month")


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    pattern: re.Pattern[str]
    resolve: Callable[[re.Match[str], date], date | None]
    granularity: Granularity | None = "day"

    def read(self, text: str, today: date) -> Iterator[When]:
        for match in self.pattern.finditer(text):
            try:
                day = self.resolve(match, today)
            except (ValueError, OverflowError):
                continue
            yield When(match.start(), match.end(), match.group(), day, self.granularity, self.name)


def _rule(
    name: str,
    pattern: str,
    resolve: Callable[[re.Match[str], date], date | None],
    granularity: Granularity | None = "day",
) -> _Rule:
    return _Rule(name, re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), resolve, granularity)


def _none(_: re.Match[str], __: date) -> None:
    return None


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _next_weekday(today: date, weekday: int, *, weeks: int = 0) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1 + 7 * weeks)


def _of_next_week(today: date, weekday: int) -> date:
    return today + timedelta(days=7 - today.weekday() + weekday)


def _day_number(match: re.Match[str]) -> int:
    said = match.group("ordinal").lower()
    return ORDINALS[said] if said in ORDINALS else int(re.sub(r"\D", "", said))


def _month_number(match: re.Match[str]) -> int:
    said = match.group("month").lower()
    return next(number for name, number in MONTHS.items() if name.startswith(said[:3]))


def _amount(match: re.Match[str]) -> int:
    said = match.group("number").lower()
    return _CARDINALS[said] if said in _CARDINALS else int(said)


def _day_of_month(match: re.Match[str], today: date) -> date:
    """The next day with this number; with a weekday before it, the next one that falls on it (within four months)."""
    number, named = _day_number(match), match.groupdict().get("weekday")
    candidates = []
    for ahead in range(5):
        first = _plus_months(today.replace(day=1), ahead)
        if number <= calendar.monthrange(first.year, first.month)[1]:
            candidates.append(first.replace(day=number))
    ahead_of = [day for day in candidates if day > today]
    if named:
        fitting = [day for day in ahead_of if day.weekday() == WEEKDAYS[named.lower()]]
        return (fitting or ahead_of)[0]
    return ahead_of[0]


def _of_month(match: re.Match[str], today: date) -> date:
    groups = match.groupdict()
    number = _day_number(match) if groups.get("ordinal") else int(groups["day"])
    day = date(today.year, _month_number(match), number)
    return day if day >= today else day.replace(year=today.year + 1)


def _end_of_named_month(match: re.Match[str], today: date) -> date:
    day = _month_end(date(today.year, _month_number(match), 1))
    return day if day >= today else _month_end(date(today.year + 1, _month_number(match), 1))


def _after(match: re.Match[str], today: date) -> date:
    unit = match.group("unit").lower()
    if unit.startswith("day"):
        return today + timedelta(days=_amount(match))
    if unit.startswith(("week", "fortnight")):
        return today + timedelta(days=_amount(match) * (14 if unit.startswith("fortnight") else 7))
    return _plus_months(today, _amount(match))


def _weeks_from_day(match: re.Match[str], today: date) -> date:
    return _next_weekday(today, WEEKDAYS[match.group("weekday").lower()], weeks=_amount(match))


def _quarter_end(match: re.Match[str], today: date) -> date:
    said = (match.groupdict().get("quarter") or "").lower()
    numbers = {"1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3, "four": 4}
    numbers |= {"first": 1, "second": 2, "third": 3, "fourth": 4}
    quarter = numbers.get(said, (today.month + 2) // 3)
    day = _month_end(date(today.year, quarter * 3, 1))
    return day if day >= today else _month_end(date(today.year + 1, quarter * 3, 1))


def _friday(today: date) -> date:
    return today + timedelta(days=(4 - today.weekday()) % 7)


def _next_named(match: re.Match[str], today: date) -> date:
    """"Next Friday": the Friday of next week, as the week is read from Monday to Sunday."""
    return _of_next_week(today, WEEKDAYS[match.group("weekday").lower()])


_HOLIDAY: Final = (
    r"christmas|thanksgiving|easter|new year['’]?s?|the holidays|valentine['’]?s|mother['’]?s day|labor day|memorial day|"
    r"diwali|ramadan|eid|hanukkah|half[- ]term|spring break|the summer|the weekend"
)
_SOME_DAY: Final = r"some ?day|one day|one of these \w+|some ?time|at some point|eventually|down the (?:road|line|track)"

_RULES: Final = (
    _rule("today", r"today|tonight|this (?:afternoon|morning|evening|arvo)|later on today|(?:within|inside|in) (?:the|an|half an|the next|the next half) hour"
          r"|(?:right |straight |as soon as |the minute |the second )(?:after )?we(?:['’]re)? (?:hang up|get off|off)(?: the phone| this call)?"
          r"|when we (?:hang up|get off)|(?:right|straight) after (?:this|we hang up|the call|this call)|(?:in|within) (?:about |the next )?(?:ten|five|twenty|thirty|a few|few|fifteen|a couple of) minutes",
          lambda _, today: today),
    _rule("hour today", r"(?:by|before) (?:noon|lunch(?:time)?|one|two|three|four|five|six|\d{1,2}(?::\d\d)?)(?: o['’]?clock|-?thirty)?(?: (?:today|p\.?m\.?|a\.?m\.?))?(?=[.,;!?]|$)", lambda _, today: today),
    _rule("time of day", r"(?:before|after|at) lunch|(?:by |before )?(?:(?:the )?(?:end|close) of (?:the )?(?:day|business|play)|e\.?o\.?d\.?|c\.?o\.?b\.?)|when (?:I|we) hang up|on my way home", lambda _, today: today),
    _rule("tomorrow", r"(?:first thing |by |by noon )?tomorrow(?: (?:morning|afternoon|evening|night))?", lambda _, today: today + timedelta(days=1)),
    _rule("day after tomorrow", r"(?:the )?day after tomorrow|in two days['’]? time", lambda _, today: today + timedelta(days=2)),
    _rule("weekday", rf"(?:(?:by|on|this|this coming|the|come|for|before|until|till) )?{_DAY}(?:,? (?:morning|afternoon|evening|night|lunchtime))?", lambda m, today: _next_weekday(today, WEEKDAYS[m.group("weekday").lower()])),
    _rule("next weekday", rf"next {_DAY}|{_DAY.replace('weekday', 'unused')} (?:of )?next week" .replace("(?P<unused>", "(?P<later>"), lambda m, today: _of_next_week(today, WEEKDAYS[(m.group("weekday") or m.group("later")).lower()])),
    _rule("next week on", rf"next week,? (?:on |say |maybe |how about )?{_DAY}", _next_named),
    _rule("weekday week", rf"(?:a )?week (?:on |from |this |next )?{_DAY}|{_DAY.replace('weekday', 'later')} week", lambda m, today: _next_weekday(today, WEEKDAYS[(m.group("weekday") or m.group("later")).lower()], weeks=1)),
    _rule("weekday after next", rf"(?:the )?{_DAY} (?:after next|after that|the week after(?: next)?)", lambda m, today: _next_weekday(today, WEEKDAYS[m.group("weekday").lower()], weeks=1)),
    _rule("weeks from weekday", rf"{_NUMBER} weeks? (?:from|on) {_DAY}", _weeks_from_day),
    _rule("weekday with number", rf"{_DAY},? (?:(?:the|then,? the|say,? the) )?{_ORD}", _day_of_month),
    _rule("number with weekday", rf"(?:on |by )?the {_ORD},? (?:that['’]?s (?:the |a )?|a |the )?{_DAY}", _day_of_month),
    _rule("number of the month", rf"(?:on |by |before |until |till )?the {_ORD}{_NOT_A_NOUN}", _day_of_month),
    _rule("day of month", rf"(?:{_DAY},? )?(?:the )?{_ORD} (?:of )?{_MONTH}|(?:{_DAY.replace('weekday', 'w2')},? )?{_MONTH.replace('month', 'm2')},? (?:the )?{_ORD.replace('ordinal', 'o2')}", lambda m, today: _either(m, today)),
    _rule("numeric day of month", rf"(?:(?P<day>\d{{1,2}}) {_MONTH}|{_MONTH.replace('month', 'm2')} (?P<d2>\d{{1,2}}))(?!\s*(?:%|percent|am|pm|o'clock|:))", lambda m, today: _numeric(m, today)),
    _rule("end of the week", r"(?:by |before )?(?:the )?(?:end of|close of) (?:the|this) week|by week['’]?s end|later this week|end of week|e\.?o\.?w\.?", lambda _, today: _friday(today)),
    _rule("end of next week", r"(?:by |before )?(?:the )?end of next week", lambda _, today: _of_next_week(today, 4)),
    _rule("end of the month", r"(?:by |before |at )?(?:the )?(?:end of (?:the|this) month|month['’]?s? end|month-end|e\.?o\.?m\.?)", lambda _, today: _month_end(today)),
    _rule("end of next month", r"(?:by |before )?(?:the )?end of next month", lambda _, today: _month_end(_plus_months(today.replace(day=1), 1))),
    _rule("end of a month", rf"(?:by |before |at )?(?:the )?end of {_MONTH}", _end_of_named_month),
    _rule("end of the quarter", r"(?:by |before |at )?(?:the )?(?:end of (?:the|this) quarter|quarter['’]?s? end|quarter-end|e\.?o\.?q\.?|end of (?:q|quarter )(?P<quarter>1|2|3|4|one|two|three|four))", _quarter_end),
    _rule("end of the year", r"(?:by |before |at )?(?:the )?(?:end of (?:the|this) (?:calendar )?year|year['’]?s? end|year-end)", lambda _, today: date(today.year, 12, 31)),
    _rule("first of the month", r"(?:by |on |before )?the first of (?:the|next) month|the first of the year", lambda m, today: date(today.year + 1, 1, 1) if "year" in m.group().lower() else _plus_months(today.replace(day=1), 1)),
    _rule("in so long", rf"(?:in |within ){_NUMBER} (?P<unit>days?|weeks?|months?|fortnights?)(?:['’]? time)?", _after),
    _rule("so long from now", rf"{_NUMBER} (?P<unit>days?|weeks?|months?|fortnights?) (?:from (?:now|today)|today)", _after),
    _rule("a week", r"(?:this|next|the following|the|that|some time next|early next|later next|sometime next) week(?: of (?:the )?\w+(?:-\w+)?)?|the (?:second|third|fourth|last|first) week (?:of|in) \w+|the week (?:after|before)(?: (?:next|that))?|in a (?:couple|few)(?: of)? (?:weeks|days)|over the weekend|this weekend|(?:a|another) (?:couple|few)(?: of)? weeks", _none, "week"),
    _rule("a month", rf"(?:next|this|the following) month|(?:in|by|until|till|come|before|after|early|late|mid|around|sometime in|beginning of|middle of)[- ]{_MONTH}|in a (?:couple|few)(?: of)? months|(?:the )?(?:first|second|third|last) (?:half|part) of {_MONTH.replace('month', 'm2')}", _none, "month"),
    _rule("a quarter", r"(?:next|this|the following) quarter|(?:in|by|after) q[1-4]|q[1-4]|(?:the )?(?:first|second|third|fourth|new) quarter|next year|the new year|(?:in|come|by) (?:the )?(?:spring|summer|fall|autumn|winter)", _none, "quarter"),
    _rule("a holiday", rf"(?:right |sometime |just )?(?:after|before|over|by) (?:{_HOLIDAY})", _none, None),
    _rule("some day", _SOME_DAY, _none, None),
)  # fmt: skip


def _either(match: re.Match[str], today: date) -> date:
    groups = match.groupdict()
    month = (groups["month"] or groups["m2"]).lower()
    said = (groups["ordinal"] or groups["o2"]).lower()
    number = ORDINALS[said] if said in ORDINALS else int(re.sub(r"\D", "", said))
    return _ahead(month, number, today)


def _numeric(match: re.Match[str], today: date) -> date:
    groups = match.groupdict()
    return _ahead((groups["month"] or groups["m2"]).lower(), int(groups["day"] or groups["d2"]), today)


def _ahead(month: str, number: int, today: date) -> date:
    which = next(value for name, value in MONTHS.items() if name.startswith(month[:3]))
    day = date(today.year, which, number)
    return day if day >= today else day.replace(year=today.year + 1)


def fallback(phrase: str, today: date) -> date | None:
    """Ask parsedatetime about a short candidate phrase that no rule reads; None when it finds no date in it."""
    import parsedatetime

    noon = datetime.combine(today, time(12))
    moment, status = parsedatetime.Calendar(version=parsedatetime.VERSION_CONTEXT_STYLE).parseDT(phrase, noon)
    return moment.date() if status.hasDate and moment.date() >= today else None
