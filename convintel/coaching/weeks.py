"""ISO weeks as people and tables write them: "2026-W44" is Monday 26 October to Sunday 1 November 2026."""

from __future__ import annotations

from datetime import date, timedelta


def monday(week: str) -> date:
    """Return the first day of a week.

    >>> monday("2026-W44")
    datetime.date(2026, 10, 26)
    """
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def weeks_before(week: str, count: int) -> list[str]:
    """Return the names of the `count` weeks before `week`, oldest first.

    >>> weeks_before("2027-W02", 3)
    ['2026-W52', '2026-W53', '2027-W01']
    """
    first = monday(week)
    return [_name(first - timedelta(weeks=back)) for back in range(count, 0, -1)]


def _name(day: date) -> str:
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"
