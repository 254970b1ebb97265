"""The words of dates as people say them: names, numbers, and phrases for a time that is no day."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from typing import Final

WEEKDAYS: Final = {name.lower(): number for number, name in enumerate(calendar.day_name)}
MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
UNITS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_TEENS: Final = (
    *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth"),
    *("fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
)
CARDINALS: Final = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45},
    **{"sixty": 60, "ninety": 90},
}


def _ordinals() -> dict[str, int]:
    named = {word: number for number, word in enumerate((*UNITS, *_TEENS), start=1)}
    named |= {"twentieth": 20, "thirtieth": 30}
    for tens, base in (("twenty", 20), ("thirty", 30)):
        for number, word in enumerate(UNITS, start=1):
            if base + number <= 31:
                named |= {f"{tens}-{word}": base + number, f"{tens} {word}": base + number}
    return named


ORDINALS: Final = _ordinals()


def one_of(names: Iterable[str]) -> str:
    """Return an alternation of literal names, longest first."""
    return "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))


def _any(*parts: str) -> str:
    return "|".join(parts)


DAY: Final = rf"(?P<weekday>{one_of(WEEKDAYS)})(?:['’]s)?"
ORDINAL: Final = rf"(?P<ordinal>{one_of(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))"
NUMBER_ALONE: Final = (
    rf"(?P<ordinal>{one_of(name for name, number in ORDINALS.items() if number > 3)})"
    r"(?=['’]s (?:fine|good|great|okay|grand|perfect)|"
    r",? (?:at|it is|its|is (?:good|fine|okay)|then|works|suits|okay|half|you come)\b)"
)
NTH: Final = r"(?P<nth>first|second|third|fourth|fifth|last)"
MONTH: Final = rf"(?P<month>{one_of(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
AMOUNT: Final = rf"(?P<amount>{one_of(CARDINALS)}|\d{{1,3}})"
UNIT: Final = r"(?P<unit>days?|weeks?|months?|fortnights?)"
BY: Final = r"(?:by |before |at |on |until |till )?"
_THINGS: Final = _any(
    "thing|time|one|two|three|part|call|step|year|quarter|month|week|day|half|place|question|floor|site|visit|draft",
    "version|option|page|line|point|person|party|invoice|order|payment|class|hand",
)
NOT_A_NOUN: Final = rf"(?!\s+(?:{_THINGS}|of all|\w+\s+\w+ed\b))"
FEASTS: Final = {
    "halloween": (10, 31), "christmas eve": (12, 24), "christmas": (12, 25), "new year's eve": (12, 31),
    "valentine": (2, 14),
}  # fmt: skip
FEAST: Final = (
    r"(?P<feast>halloween|christmas(?: eve| day)?|new year['’]s eve|valentine['’]?s(?: day)?|thanksgiving(?: day)?)"
    r"(?! (?:trees?|part(?:y|ies)|lights?|cards?|rush|season|stuff|bonus|orders?|ham|dinner|concert|stock|trade|thing))"
)
HOLIDAYS: Final = _any(
    r"christmas|thanksgiving|easter|new year['’]?s?|the holidays|valentine['’]?s|mother['’]?s day|labor day",
    r"memorial day|diwali|ramadan|eid|hanukkah|half[- ]term|spring break|the summer|the weekend",
)

TODAY: Final = _any(
    r"today|tonight|this (?:afternoon|aft|morning|evening|arvo)|later on today",
    r"(?:within|inside|in) (?:the|an|half an|the next|the next half) hour",
    r"(?:in|within) (?:about |the next )?(?:ten|five|twenty|thirty|a few|few|fifteen|a couple of) minutes",
    r"(?:right |straight |as soon as |the minute |the second )(?:after )?we(?:['’]re)? (?:hang up|get off|off)",
    r"(?:send|email|text|mail|forward|fix|do)(?:ing)? (?:it|that|this|them)(?: over| to you| across)? (?:right )?now"
    r"(?! and)",
    r"when we get off|(?:right|straight) after (?:this|we hang up|the call|this call)",
)
IN_THE_MORNING: Final = r"(?:first thing )?in the morning|(?:the|on the) morrow"
TIME_OF_DAY: Final = _any(
    r"(?:before|after|at) lunch|before I go to lunch|when (?:I|we) hang up|when we(?:['’]re| are) off|on my way home",
    r"when I get home|(?:by |before )?(?:the )?(?:end|close) of (?:the )?(?:day|business|play)",
    r"(?:by |before )?(?:e\.?o\.?d\.?|c\.?o\.?b\.?)",
)
HOUR: Final = (
    r"(?:by|before) (?:noon|lunch(?:time)?|one|two|three|four|five|six|\d{1,2}(?::\d\d)?)"
    r"(?: o['’]?clock|-?thirty)?(?: (?:today|p\.?m\.?|a\.?m\.?))?(?=[.,;!?]|$| (?:with|so|and|then|if|at the latest)\b)"
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
    r"(?:in|by|until|till|come|before|after|early|late|mid|around|sometime in|beginning of|middle of)[- ]" + MONTH,
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
END_OF_MONTH: Final = (
    rf"{BY}(?:the )?(?:end of (?:the|this) month|month['’]?s? end|month-end|e\.?o\.?m\.?)"
    rf"|{BY}(?:the )?last day of (?:the|this) month"
    r"|before the month(?: i|['’])s (?:out|over|up)"
)
END_OF_QUARTER: Final = (
    rf"{BY}(?:the )?(?:end of (?:the|this) quarter|quarter['’]?s? end|quarter-end|e\.?o\.?q\.?|"
    r"end of (?:q|quarter )(?P<quarter>1|2|3|4|one|two|three|four))"
)
END_OF_YEAR: Final = (
    rf"{BY}(?:the )?(?:end of (?:the|this) (?:calendar )?year|year['’]?s? end|year-end)"
    r"|before the year(?: i|['’])s (?:out|over|up)"
)
NOT_A_QUANTITY: Final = r"(?!\s*(?:%|percent|am|pm|o'clock|:))"
