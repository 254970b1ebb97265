"""When a step is due, from its own words or from the talk around it."""

from datetime import date

import pytest

from convintel.signals.due import due
from convintel.signals.lines import Line

TODAY = date(2026, 3, 3)  # a Tuesday


def talk(*texts):
    return [Line("rep" if number % 2 == 0 else "customer", text) for number, text in enumerate(texts)]


# (turns, rep first; turn and quote of the step; kind; day)
CASES = {
    "its own words": (("I'll send it by Friday.",), 0, "I'll send it by Friday.", "task", "2026-03-06"),
    "a later day beats today": (
        ("I'll ask finance this afternoon and write you on Thursday.",), 0,
        "I'll ask finance this afternoon and write you on Thursday.", "task", "2026-03-05"),
    "a weekday takes its number from the proposal": (
        ("Thursday the nineteenth, ten?", "Thursday's good."), 1, "Thursday's good.", "meeting", "2026-03-19"),
    "... or its week": (("Next week? Wednesday?", "Thursday, then."), 1, "Thursday, then.", "meeting", "2026-03-12"),
    "that Friday is the one after the day spoken of": (
        ("The board meets on the twenty-sixth.", "Right.", "Can we talk that Friday?", "Friday's fine."), 3,
        "Friday's fine.", "meeting", "2026-03-27"),
    "a meeting takes what was proposed": (
        ("The tenth at two?", "Come at four, when he has eaten."), 1, "Come at four, when he has eaten.", "meeting",
        "2026-03-10"),
    "... not what is said after it": (
        ("Monday the ninth of March, half past nine?", "Half past nine it is. I leave it with you until Friday."), 1,
        "Half past nine it is.", "meeting", "2026-03-09"),
    "before then": (
        ("Tuesday the tenth?", "Yes.", "I'll send the sheet before then."), 2, "I'll send the sheet before then.",
        "task", "2026-03-10"),
    "the day before": (
        ("Tuesday the tenth?", "Yes.", "I'll text you the day before."), 2, "I'll text you the day before.", "task",
        "2026-03-09"),
    "a short yes": (
        ("So if I send the new version today, could she see it?", "Send it."), 1, "Send it.", "task", "2026-03-03"),
    "in the morning is tomorrow's": (("I'll sign it in the morning.",), 0, "I'll sign it in the morning.", "task",
                                     "2026-03-04"),
    "an hour in the morning is none": (("We open at seven in the morning.",), 0, "We open at seven in the morning.",
                                       "task", None),
    "a Christmas tree is no day": (("I'll bring it past the Christmas tree.",), 0,
                                   "I'll bring it past the Christmas tree.", "task", None),
    "some time before that is no day": (
        ("Tuesday the tenth?", "Yes.", "I'll look at it sometime before that."), 2,
        "I'll look at it sometime before that.", "task", None),
    "after something is no day": (
        ("I'll send it on Monday.", "Good. Let's talk after the visit."), 1, "Let's talk after the visit.", "meeting",
        None),
    "a task takes no date from another turn": (
        ("Shall we meet on the tenth?", "Yes. And I'll dig out that old contract for you to look at."), 1,
        "And I'll dig out that old contract for you to look at.", "task", None),
}  # fmt: skip


@pytest.mark.parametrize(("turns", "line", "quote", "kind", "day"), CASES.values(), ids=CASES.keys())
def test_the_day_that_was_meant(turns, line, quote, kind, day):
    found = due(talk(*turns), line, quote, kind, TODAY)
    assert (found.day if found else None) == (date.fromisoformat(day) if day else None)
