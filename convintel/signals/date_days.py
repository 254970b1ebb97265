"""How a date phrase resolves against the day of the call."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from convintel.signals.date_words import CARDINALS, FEASTS, MONTHS, ORDINALS, UNITS, WEEKDAYS

Resolve = Callable[[re.Match[str], date], date | None]


def in_days(days: int) -> Resolve:
    """Return a resolver to so many days from today."""
    return lambda _, today: today + timedelta(days=days)


def no_day(_: re.Match[str], __: date) -> None:
    """A time that is no day."""
    return


def month_end(day: date) -> date:
    """Return the last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def plus_months(day: date, months: int) -> date:
    """Return the day so many months later, or the last of its month."""
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
    return CARDINALS[said] if said in CARDINALS else int(said)


def first_after(day: date, weekday: int) -> date:
    """Return the first day of a weekday (0 = Monday) after a day."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def in_next_week(today: date, weekday: int) -> date:
    """Return the day of a weekday (0 = Monday) in the week, read from Monday to Sunday, after today's."""
    return today + timedelta(days=7 - today.weekday() + weekday)


def weekday(match: re.Match[str], today: date) -> date:
    """The next day of this name after today."""
    return first_after(today, WEEKDAYS[match.group("weekday").lower()])


def weekday_of_next_week(match: re.Match[str], today: date) -> date:
    """The day of this name in the week, read from Monday to Sunday, that comes after today's."""
    return in_next_week(today, WEEKDAYS[match.group("weekday").lower()])


def weekday_later(match: re.Match[str], today: date) -> date:
    """The next day of this name, and so many weeks (one unless said) on."""
    weeks = _amount(match) if match.groupdict().get("amount") else 1
    return weekday(match, today) + timedelta(weeks=weeks)


def number_ahead(match: re.Match[str], today: date) -> date:
    """The next day with this number; with a weekday beside it, the next one that falls on it, within four months."""
    number, named = _ordinal(match), match.groupdict().get("weekday")
    firsts = [plus_months(today.replace(day=1), months) for months in range(5)]
    days = [first.replace(day=number) for first in firsts if number <= month_end(first).day]
    ahead = [day for day in days if day > today]
    fitting = [day for day in ahead if named and day.weekday() == WEEKDAYS[named.lower()]]
    return (fitting or ahead)[0]


def day_of_month(match: re.Match[str], today: date) -> date:
    """The next day with this number and month."""
    number = _ordinal(match) if match.groupdict().get("ordinal") else int(match.group("number"))
    day = date(today.year, _month(match), number)
    return day if day >= today else day.replace(year=today.year + 1)


def end_of_named_month(match: re.Match[str], today: date) -> date:
    """The last day of the next month of this name."""
    day = month_end(date(today.year, _month(match), 1))
    return day if day >= today else month_end(date(today.year + 1, _month(match), 1))


def after(match: re.Match[str], today: date) -> date:
    """So many days, weeks, fortnights or months from today."""
    unit, amount = match.group("unit").lower(), _amount(match)
    if unit.startswith("month"):
        return plus_months(today, amount)
    return today + timedelta(days=amount * {"d": 1, "w": 7, "f": 14}[unit[0]])


def next_quarter_end(_: re.Match[str], today: date) -> date:
    """The last day of the calendar quarter after this one."""
    quarter = (today.month + 2) // 3
    return month_end(plus_months(date(today.year, quarter * 3, 1), 3))


def quarter_end(match: re.Match[str], today: date) -> date:
    """The last day of this calendar quarter, or of the next one with this number."""
    said = (match.groupdict().get("quarter") or "").lower()
    numbers = {"1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3, "four": 4}
    quarter = numbers.get(said, (today.month + 2) // 3)
    day = month_end(date(today.year, quarter * 3, 1))
    return day if day >= today else month_end(date(today.year + 1, quarter * 3, 1))


def weeks_from_day(match: re.Match[str], today: date) -> date:
    """Weeks counted from tomorrow or today."""
    weeks = 2 if "fortnight" in match.group().lower() else _amount(match)
    return today + timedelta(weeks=weeks, days="tomorrow" in match.group().lower())


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth day of this name in a month; -1 = the last."""
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    days = [day + timedelta(weeks=week) for week in range(5) if (day + timedelta(weeks=week)).month == month]
    return days[nth] if nth < 0 else days[nth - 1]


def weekday_of_month(match: re.Match[str], today: date) -> date:
    """Resolve "the second Tuesday in May" and "the last Friday of next month"."""
    nth = {**{word: place for place, word in enumerate(UNITS[:5], start=1)}, "last": -1}[match.group("nth").lower()]
    weekday = WEEKDAYS[match.group("weekday").lower()]
    if match.groupdict().get("month") is None:
        start = plus_months(today.replace(day=1), 1)
        return _nth_weekday(start.year, start.month, weekday, nth)
    day = _nth_weekday(today.year, _month(match), weekday, nth)
    return day if day >= today else _nth_weekday(today.year + 1, _month(match), weekday, nth)


def _feast(name: str, year: int) -> date:
    """The day of a feast whose date everybody knows."""
    if name.startswith("thanksgiving"):  # of the United States
        return _nth_weekday(year, 11, WEEKDAYS["thursday"], 4)
    month, day = next(found for start, found in FEASTS.items() if name.startswith(start))
    return date(year, month, day)


def at_feast(match: re.Match[str], today: date) -> date:
    """The feast of "by Halloween", or the day before it of "before Christmas"."""
    name = re.sub("[’']", "'", match.group("feast").lower())
    eve = timedelta(days=1 if match.group().lower().startswith("before") else 0)
    day = _feast(name, today.year) - eve
    return day if day >= today else _feast(name, today.year + 1) - eve


def beside_feast(match: re.Match[str], today: date) -> date:
    """Resolve "the Monday after Thanksgiving" and "the day before Christmas"."""
    name, after = re.sub("[’']", "'", match.group("feast").lower()), match.group("side").lower() == "after"
    feast = next(day for year in (today.year, today.year + 1) if (day := _feast(name, year)) >= today)
    named = match.groupdict().get("weekday")
    if named is None:
        return feast + timedelta(days=1 if after else -1)
    weekday = WEEKDAYS[named.lower()]
    return first_after(feast, weekday) if after else feast - timedelta(days=(feast.weekday() - weekday - 1) % 7 + 1)


def numeric(match: re.Match[str], today: date) -> date:
    """Read "12/4" as North Americans write it, or the other way round where the month could not be one."""
    first, second = int(match.group("first")), int(match.group("second"))
    month, number = (first, second) if first <= 12 else (second, first)
    day = date(today.year, month, number)
    return day if day >= today else day.replace(year=today.year + 1)


def friday(today: date) -> date:
    """The Friday of the day's week, or the next one at the weekend."""
    return today + timedelta(days=(4 - today.weekday()) % 7)
