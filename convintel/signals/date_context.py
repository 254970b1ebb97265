"""What the words around a date phrase say against it: a past day, a habit, a span, or no date at all."""

from __future__ import annotations

import re
from typing import Final

_BEFORE: Final = re.compile(
    r"\b(?:last|since|every|each|any|most|some|usually|normally|always|of|was|were)\s+(?:the |an? )?$|\ban?\s+$",
    re.IGNORECASE,
)
"""Right before a weekday, a numbered day or a month: last Tuesday, since the ninth, every Monday, a Friday."""
_MONTHS: Final = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\\w*"
_LONG_AGO_OR_ALWAYS: Final = re.compile(
    rf"\b(?:last (?:year|month|week|winter|spring|summer|autumn|fall|christmas|thanksgiving|{_MONTHS})|back then|"
    r"back in (?!the|my|a |one|touch)|used to|normally|usually|it was)\b"
    r"(?![^.!?]*\b(?:but|so|i['’]ll|we['’]ll)\b)[^.!?]*$|\blast $",
    re.IGNORECASE,
)
"""Earlier in the sentence: the talk is of the past or of a habit, and no promise has begun since."""
_SPAN_STARTS: Final = re.compile(r"\bfrom (?:the |about )?$", re.IGNORECASE)
_SPAN_ENDS: Final = re.compile(r"\bfrom (?:the )?[\w-]+(?: \w+)? (?:to|until|till|through) (?:the )?$", re.IGNORECASE)
_SPAN_GOES_ON: Final = re.compile(r"^\s+(?:to|until|till|through)\b", re.IGNORECASE)
_AFTER: Final = re.compile(
    r"^(?:['’]?s)?\s+(?:is |are |it['’]s )?"
    r"(?:usually|normally|always|generally|today|mornings|afternoons|evenings|nights)\b"
    r"|^['’]s (?:gone|out|past|over|no good|booked|full)\b",
    re.IGNORECASE,
)
_A_WEEKDAY: Final = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day $", re.IGNORECASE)
_SMALL_ORDINAL: Final = re.compile(r"\b(?:first|second|third)$", re.IGNORECASE)
_DATE_GOES_ON: Final = re.compile(
    r"^\s*(?:$|[.,;!?)]|(?:at|of|in|on|works?|is|then|for|and|or|if|to|so|that|would|(?:i|we|you|it)(?:['’]\w+)?|they|"
    r"with|by|before|after|around|morning|afternoon|okay|ok|please|latest|because|but|when|should|sounds|suits|as|yeah|"
    r"yes|sure|good|fine|maybe|unless|once|since|\d+)\b)",
    re.IGNORECASE,
)
_AN_HOUR: Final = re.compile(
    r"(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|fifteen|half|quarter|clock|day)\W*$",
    re.IGNORECASE,
)
_PAST: Final = re.compile(r"\b(?:was|were|closed|ended|started|began)\b", re.IGNORECASE)
_LONE_NUMBER: Final = "number of the month"
_DAYS: Final = frozenset(
    ("weekday", "weekday with number", "number with weekday", "day of a month", "numeric day of a month", _LONE_NUMBER)
)
_SPANS: Final = frozenset(("end of the year", "end of the quarter", "end of the month"))


def no_promise(text: str, start: int, end: int, rule: str) -> bool:
    """Tell whether the words around characters [start, end) speak against a day to come.

    >>> no_promise("we started last Tuesday", 16, 23, "weekday")
    True
    >>> no_promise("she knew the second name", 9, 19, "number of the month")
    True
    """
    before, after = text[:start], text[end:]
    if _LONG_AGO_OR_ALWAYS.search(before):
        return True
    if rule == "today":
        return bool(_AFTER.search(after)) or bool(_A_WEEKDAY.search(before))
    if rule == "next morning":
        return bool(_AN_HOUR.search(before))
    if rule in _SPANS:
        return bool(_PAST.match(after.lstrip()))
    if rule not in _DAYS:
        return False
    if rule == _LONE_NUMBER and _SMALL_ORDINAL.search(text[start:end]) and not _DATE_GOES_ON.search(after):
        return True
    spans = bool(_SPAN_ENDS.search(before)) or bool(_SPAN_STARTS.search(before) and _SPAN_GOES_ON.search(after))
    return spans or bool(_BEFORE.search(before)) or bool(_AFTER.search(after))
