"""Every English string of the pages, in one place; templates and sections take their words from here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS: Final = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

OBJECTIONS: Final = {
    "price": "Price",
    "timing": "Timing",
    "authority": "Who decides",
    "need": "Need",
    "competitor": "Competitor",
    "trust": "Trust",
    "product": "Product",
    "contract": "Contract",
    "brush_off": "Brush-off",
}
HANDLINGS: Final = {
    "resolved": "Resolved",
    "addressed": "Addressed",
    "ignored": "Unanswered",
    "open": "Call ends first",
}
MOVES: Final = {
    "question": "a question",
    "acknowledgement": "taking it up",
    "rebuttal": "an answer at once",
    "concession": "a concession",
    "change_of_subject": "a change of subject",
}
CALL_TYPES: Final = {
    "cold": "Cold call",
    "discovery": "Discovery",
    "demo": "Demo",
    "pricing": "Pricing",
    "follow_up": "Follow-up",
    "closing": "Closing",
    "renewal": "Renewal",
}
LEVELS: Final = {
    "intent": "Intention",
    "owned": "Owner, no date",
    "dated": "Dated",
    "accepted": "Dated and agreed",
    "calendar": "In the calendar",
}
ROLES: Final = {"rep": "Rep", "customer": "Customer", "unknown": "Not known who"}
NO_REP: Final = "Rep not known"

CHANGED_CALLS: Final = (
    "{calls} with {minutes} of recording by {reps} this week; the {weeks} weeks before had {before} a week."
)
CHANGED_CALLS_FIRST: Final = (
    "{calls} with {minutes} of recording by {reps} this week; there are no calls in the weeks before."
)
CHANGED_NONE: Final = "No calls this week; the {weeks} weeks before had {before} a week."
CHANGED_NOTHING_EVER: Final = "No calls this week and none in the {weeks} weeks before."
CHANGED_MOVER: Final = "{label} moved most: {now} over {n} this week, {before} over {m} in the weeks before."
CHANGED_NO_MOVER: Final = "No measure of talk moved by more than its usual spread between calls."
CHANGED_TOO_FEW: Final = (
    "Too few calls to say whether any measure of talk moved (it takes {least} this week and before)."
)
CHANGED_OBJECTIONS: Final = "Customers objected {count} in {calls}, most often: {most}; {ignored} went unanswered."
CHANGED_NO_OBJECTIONS: Final = "No objections were found in this week’s calls."

NOTE_FEW_CALLS: Final = (
    "No priorities: {usable} so far (this week and the {weeks} weeks before), and priorities start from {least}."
)
NOTE_NONE: Final = "No priority this week: no measure lies far enough from your own past or the team’s middle half."
NOTE_NO_CALLS: Final = "No calls this week."
NOTE_NO_KEEP: Final = "No measure stands out as a strength in this week’s calls; that says little after {calls}."
TRIED: Final = "{label}: {then} then, {now} now ({calls}): {how}."
TRIED_BETTER: Final = "it moved the right way"
TRIED_WORSE: Final = "it moved the other way"
TRIED_SAME: Final = "no change"
TRIED_NOTHING: Final = "{label}: {then} then; no call this week shows it."
NO_WEAK: Final = "No single moment shows it; it is in the number."
NO_GOOD: Final = "None of your calls in this time has a good moment of this kind yet."

WIN_FEW: Final = "Too few deals: {closed} closed, a rate is shown from {least}."
WIN_NO_DEALS: Final = "No deals file was read, so there are no win rates and no deals at risk."
WIN_CAUTION: Final = (
    "The interval is where the true rate lies with {interval} probability. When intervals overlap, the difference may "
    "be chance. A win rate is no measure of one person: it hangs on leads, segment and price as well."
)
ASSOCIATION_CAUTION: Final = (
    "Associated with, not caused by: deals differ in many ways that calls do not show. The unit is the deal; only "
    "calls before the close date count; q is corrected for looking at {family} behaviours at once."
)
RISK_REASON: Final = "The last call, {when}, ended without a dated next step."
RISK_NONE: Final = "Every open deal with a call has a dated next step."
RISK_OVERDUE: Final = "Expected close date {date} has passed."
DUE_OPEN_END: Final = "no date said"

CHART_OBJECTIONS: Final = "Most frequent: {top}. {answered} of {n} objections were answered."
CHART_THEMES: Final = "“{label}” came up in {now} this week; before, in {before} a week."
CHART_WIN: Final = "Team win rate {rate}, interval {low} to {high}, from {n} closed deals."
CHART_WIN_FEW: Final = "Win rates with intervals; too few closed deals for a team rate."
CHART_TREND: Final = "{label}: {now} this week, {before} before. Band: middle half of the reps."
CHART_TREND_NOW: Final = "{label}: {now} this week; there are no earlier calls."
CHART_TREND_PAST: Final = "{label}: {before} in the weeks before; no calls this week."

FAIR: Final = (
    "This page describes calls, not people. It was made by rules that can be wrong: listen before you conclude, and "
    "correct what is wrong. It is meant for a talk between two people, not for appraisal or pay."
)


def day(value: date) -> str:
    """Return a day as people read it.

    >>> day(date(2026, 10, 26))
    'Mon 26 Oct'
    """
    return f"{DAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1][:3]}"


def moment(value: datetime) -> str:
    """Return a local time as people read it.

    >>> moment(datetime(2026, 10, 26, 14, 5))
    'Mon 26 Oct, 14:05'
    """
    return f"{day(value.date())}, {value.hour:02d}:{value.minute:02d}"


def period(first: date, last: date) -> str:
    """Return a week's days.

    >>> period(date(2026, 10, 26), date(2026, 11, 1)), period(date(2026, 12, 28), date(2027, 1, 3))
    ('26 October to 1 November 2026', '28 December 2026 to 3 January 2027')
    """
    head = f"{first.day} {MONTHS[first.month - 1]}" + (f" {first.year}" if first.year != last.year else "")
    return f"{head} to {last.day} {MONTHS[last.month - 1]} {last.year}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> count(1, "call"), count(3, "call"), count(2, "minute")
    ('1 call', '3 calls', '2 minutes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def mean(value: float) -> str:
    """Return a mean with one decimal, none when it is whole."""
    return f"{value:.1f}".removesuffix(".0")


def count_mean(value: float, noun: str) -> str:
    """Return a mean with its noun.

    >>> count_mean(1.0, "call"), count_mean(4.125, "call")
    ('1 call', '4.1 calls')
    """
    return f"{mean(value)} {noun if mean(value) == '1' else noun + 's'}"
