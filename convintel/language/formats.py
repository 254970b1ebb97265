"""Numbers, durations and days as people read them, in the words of the catalogue."""

from __future__ import annotations

from datetime import date, datetime

from convintel.language import entry, plural, say


def number(value: float, unit: str) -> str:
    """Return a value as it is read aloud.

    >>> number(0.624, "share"), number(76.4, "seconds"), number(0.42, "seconds"), number(1.94, "per minute")
    ('62%', '1:16 min', '0.4 s', '1.9 a minute')
    >>> number(-0.04, "points")
    '−4 points'
    """
    if unit in ("share", "yes/no"):
        return say("units.percent", value=f"{value * 100:.0f}")
    if unit == "seconds":
        return seconds(value)
    if unit == "points":
        return say("units.points", value=signed(value))
    if unit == "per minute":
        return say("units.per_minute", value=f"{value:.1f}")
    if unit == "words per minute":
        return say("units.words_per_minute", value=f"{value:.0f}")
    return mean(value)


def signed(value: float) -> str:
    """Return a change of a share in points, with its sign.

    >>> signed(0.117), signed(-0.02), signed(0.001)
    ('+12', '−2', '0')
    """
    points = round(value * 100)
    return f"{points:+d}".replace("-", "−") if points else "0"


def seconds(value: float) -> str:
    """Return a duration: tenths below ten seconds, then seconds, from a minute on minutes.

    >>> seconds(-0.31), seconds(-0.04), seconds(59.6), seconds(12.2)
    ('-0.3 s', '0.0 s', '1:00 min', '12 s')
    """
    if abs(value) < 9.95:
        return say("units.seconds", value=f"{round(value, 1) + 0.0:.1f}")  # + 0.0: no negative zero
    whole = round(value)
    if whole < 60:
        return say("units.seconds", value=whole)
    return say("units.minutes", value=f"{whole // 60}:{whole % 60:02d}")


def mean(value: float) -> str:
    """Return a mean with one decimal, none when it is whole.

    >>> mean(4.125), mean(3.0)
    ('4.1', '3')
    """
    return f"{value:.1f}".removesuffix(".0")


def count_mean(value: float, noun: str) -> str:
    """Return a mean with its noun.

    >>> count_mean(1.0, "call"), count_mean(4.125, "call")
    ('1 call', '4.1 calls')
    """
    return f"{mean(value)} {entry(f'nouns.{noun}')[plural(float(mean(value)))]}"


def money(value: float | None, currency: str | None) -> str:
    """Return an amount without decimals, or a dash.

    >>> money(12960.0, "USD"), money(None, "USD")
    ('12,960 USD', '–')
    """
    return "–" if value is None else f"{value:,.0f} {currency or ''}".strip()


def day(value: date) -> str:
    """Return a day as people read it.

    >>> day(date(2026, 10, 26))
    'Mon 26 Oct'
    """
    return say("days.day", weekday=entry("days.names")[value.weekday()], day=value.day, month=_month(value)[:3])


def moment(value: datetime) -> str:
    """Return a local time as people read it.

    >>> moment(datetime(2026, 10, 26, 14, 5))
    'Mon 26 Oct, 14:05'
    """
    return say("days.moment", day=day(value.date()), time=f"{value.hour:02d}:{value.minute:02d}")


def period(first: date, last: date) -> str:
    """Return a week's days.

    >>> period(date(2026, 10, 26), date(2026, 11, 1)), period(date(2026, 12, 28), date(2027, 1, 3))
    ('26 October to 1 November 2026', '28 December 2026 to 3 January 2027')
    """
    head = f"{first.day} {_month(first)}" + (f" {first.year}" if first.year != last.year else "")
    return say("days.period", first=head, last=f"{last.day} {_month(last)} {last.year}")


def _month(value: date) -> str:
    return str(entry("days.months")[value.month - 1])
