"""The rules behind `dates`: a pattern for each way to say when, and how it resolves against the day of the call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from convintel.signals.date_days import (
    Resolve,
    after,
    at_feast,
    beside_feast,
    day_of_month,
    end_of_named_month,
    friday,
    in_days,
    month_end,
    next_quarter_end,
    no_day,
    number_ahead,
    numeric,
    plus_months,
    quarter_end,
    weekday,
    weekday_later,
    weekday_of_month,
    weekday_of_next_week,
    weeks_from_day,
)
from convintel.signals.date_words import (
    A_MONTH,
    A_QUARTER,
    A_WEEK,
    AFTER_SOMETHING,
    AMOUNT,
    BY,
    DAY,
    END_OF_MONTH,
    END_OF_QUARTER,
    END_OF_WEEK,
    END_OF_YEAR,
    FEAST,
    HOLIDAYS,
    HOUR,
    IN_THE_MORNING,
    MONTH,
    NOT_A_NOUN,
    NOT_A_QUANTITY,
    NTH,
    NUMBER_ALONE,
    ORDINAL,
    SOME_DAY,
    TIME_OF_DAY,
    TODAY,
    UNIT,
)

Granularity = Literal["day", "week", "month", "quarter"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to say when: its name, pattern, what it resolves to and how exact that is."""

    name: str
    pattern: re.Pattern[str]
    resolve: Resolve
    granularity: Granularity | None


def _rule(name: str, pattern: str, resolve: Resolve, granularity: Granularity | None = "day") -> Rule:
    return Rule(name, re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), resolve, granularity)


RULES: Final = (
    _rule("today", TODAY, in_days(0)),
    _rule("time of day", TIME_OF_DAY, in_days(0)),
    _rule("hour today", HOUR, in_days(0)),
    _rule(
        "tomorrow",
        r"(?:first thing |by |by noon )?tomorrow(?: (?:morning|afternoon|evening|night))?",
        in_days(1),
    ),
    _rule("next morning", IN_THE_MORNING, in_days(1)),
    _rule("day after tomorrow", r"(?:the )?day after tomorrow|in two days['’]? time", in_days(2)),
    _rule(
        "weekday",
        r"(?:(?:by|on|this|this coming|the|come|for|before|until|till|by (?:the )?end of) )?"
        rf"{DAY}(?:,? (?:morning|afternoon|evening|night))?",
        weekday,
    ),
    _rule("weekday of next week", rf"{DAY} (?:of )?next week", weekday_of_next_week),
    _rule("next weekday", rf"next {DAY}", weekday_of_next_week),
    _rule("next week on", rf"next week,? (?:on |say |maybe |how about )?{DAY}", weekday_of_next_week),
    _rule("week from weekday", rf"(?:a )?week (?:on |from |this )?{DAY}", weekday_later),
    _rule("weekday week", rf"{DAY} week", weekday_later),
    _rule(
        "weekday after next",
        rf"(?:the )?{DAY} (?:after next|after that|the week after(?: next)?|after(?=[.,;?!]|$))",
        weekday_later,
    ),
    _rule("weeks from a day", rf"(?:{AMOUNT} weeks?|(?:a )?fortnight) (?:from|on) (?:today|tomorrow)", weeks_from_day),
    _rule(
        "fortnight from weekday",
        rf"(?:a )?fortnight (?:on|from) {DAY}",
        lambda match, today: weekday(match, today) + timedelta(weeks=2),
    ),
    _rule("weekday of a month", rf"{BY}(?:the )?{NTH} {DAY} (?:in|of) (?:{MONTH}|next month)", weekday_of_month),
    _rule(
        "some weekday",
        rf"{BY}(?:the )?(?:every )?{NTH} {DAY}(?: (?:in|of) (?:the|every|each|a) month)?",
        no_day,
        None,
    ),
    _rule("feast", rf"{BY}{FEAST}", at_feast),
    _rule("beside a feast", rf"{BY}(?:the )?(?:{DAY}|day) (?P<side>before|after) {FEAST}", beside_feast),
    _rule("numeric date", r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?!/|\d)", numeric),
    _rule("end of next quarter", rf"{BY}(?:the )?end of next quarter", next_quarter_end),
    _rule("weeks from weekday", rf"{AMOUNT} weeks? (?:from|on) {DAY}", weekday_later),
    _rule("weekday with number", rf"{DAY},? (?:(?:the|then,? the|say,? the) )?{ORDINAL}{NOT_A_NOUN}", number_ahead),
    _rule(
        "number with weekday",
        rf"(?:on |by )?the {ORDINAL},? (?:that['’]?s (?:the |a )?|a |the )?{DAY}",
        number_ahead,
    ),
    _rule(
        "number of the month",
        rf"{BY}(?:the (?:morning|afternoon|evening) of )?the {ORDINAL}{NOT_A_NOUN}",
        number_ahead,
    ),
    _rule("number of the month", NUMBER_ALONE, number_ahead),
    _rule("day of a month", rf"(?:{DAY},? )?(?:the )?{ORDINAL} (?:of )?{MONTH}", day_of_month),
    _rule("day of a month", rf"(?:{DAY},? )?{MONTH},? (?:the )?{ORDINAL}", day_of_month),
    _rule("numeric day of a month", rf"(?P<number>\d{{1,2}}) {MONTH}", day_of_month),
    _rule("numeric day of a month", rf"{MONTH} (?P<number>\d{{1,2}}){NOT_A_QUANTITY}", day_of_month),
    _rule("end of the week", END_OF_WEEK, lambda _, today: friday(today)),
    _rule(
        "end of next week", r"(?:by |before )?(?:the )?end of next week", lambda _, today: friday(today + timedelta(7))
    ),
    _rule("end of the month", END_OF_MONTH, lambda _, today: month_end(today)),
    _rule(
        "end of next month",
        r"(?:by |before )?(?:the )?end of next month",
        lambda _, today: month_end(plus_months(today.replace(day=1), 1)),
    ),
    _rule("end of a month", rf"{BY}(?:the )?end of {MONTH}", end_of_named_month),
    _rule("end of the quarter", END_OF_QUARTER, quarter_end),
    _rule(
        "end of the year",
        END_OF_YEAR,
        lambda _, today: date(today.year, 12, 31),
    ),
    _rule(
        "first of the month",
        rf"{BY}the first of (?:the|next) month",
        lambda _, today: plus_months(today.replace(day=1), 1),
    ),
    _rule("first of the year", rf"{BY}the first of the year", lambda _, today: date(today.year + 1, 1, 1)),
    _rule("in so long", rf"(?:in |within ){AMOUNT} {UNIT}(?:['’]? time)?", after),
    _rule("so long from now", rf"{AMOUNT} {UNIT} (?:from (?:now|today)|today)", after),
    _rule("a week", A_WEEK, no_day, "week"),
    _rule("a month", A_MONTH, no_day, "month"),
    _rule("a quarter", A_QUARTER, no_day, "quarter"),
    _rule("a holiday", rf"(?:right |sometime |just )?(?:after|before|over|by) (?:{HOLIDAYS})", no_day, None),
    _rule("some day", SOME_DAY, no_day, None),
    _rule("after something", AFTER_SOMETHING, no_day, None),
)
