"""ISO weeks as people and tables write them: "2026-W44" is Monday 26 October to Sunday 1 November 2026."""

from __future__ import annotations

from datetime import date, timedelta


def week_of(day: date) -> str:
    """Return the week of a day.

    >>> week_of(date(2027, 1, 3))
    '2026-W53'
    """
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


def monday(week: str) -> date:
    """Return the first day of a week.

    >>> monday("2026-W44")
    datetime.date(2026, 10, 26)
    """
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def week_back(week: str, weeks: int) -> str:
    """Return the week that lies so many weeks before.

    >>> week_back("2026-W02", 3)
    '2025-W51'
    """
    return week_of(monday(week) - timedelta(weeks=weeks))


def weeks_before(week: str, count: int) -> list[str]:
    """Return the names of the `count` weeks before `week`, oldest first.

    >>> weeks_before("2027-W02", 3)
    ['2026-W52', '2026-W53', '2027-W01']
    """
    return [week_back(week, back) for back in range(count, 0, -1)]
