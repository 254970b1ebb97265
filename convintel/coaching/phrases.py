"""Every English sentence of the coaching stage, in one place: behaviour and next step, never personality.

Sentences with variants are picked by a hash of rep, week and behaviour: they vary, and repeat exactly.
"""

from __future__ import annotations

import hashlib
from typing import Final

# Headlines by metric: (keep, priority). A metric that is not here is named by its label.
HEADLINES: Final[dict[str, tuple[str, str]]] = {
    "talk_share": ("Keep giving the customer room to talk", "Leave the customer more of the talk"),
    "longest_monologue": ("Keep your explanations short", "Break up long explanations"),
    "response_gap": ("Keep the pause before you reply", "Wait a moment before you reply"),
    "questions_per_10_min": ("Keep asking as much as you do", "Ask more before you tell"),
    "open_question_share": ("Keep asking open questions", "Ask more questions that start with how or what"),
    "interruptions_per_10_min": ("Keep letting customers finish", "Let the customer finish"),
    "objections_answered": ("Keep answering objections", "Answer each objection before you move on"),
    "objection_question_first_share": (
        "Keep meeting objections with a question",
        "Meet an objection with a question first",
    ),
    "dated_next_step": ("Keep ending calls with a date", "End each call with a date"),
    "dated_accepted_next_step": ("Keep getting a yes to the next date", "Get a yes to the next date"),
}
KEEP: Final = "Keep this up: {label}"
PRIORITY: Final = {"lower": "Bring this down: {label}", "higher": "Bring this up: {label}", "neither": "{label}"}

HAPPENS: Final = "{label}: {value} over {calls} this week."
PAST: Final = " Your own {weeks} weeks before: {past} over {calls}."
NO_PAST: Final = " There are no earlier calls of yours to compare with."
TEAM: Final = " The team’s middle half ({reps} people): {low} to {high}."
NO_TEAM: Final = " The team is too small for a middle half."
SHOWS: Final = " It shows in {shows} of {n}{before}."
SHOWS_BEFORE: Final = ", and in {shows} of {n} before"

MEASURE_PRIORITY: Final = (
    "Next week’s page will show the same number: {value} now; {target} would be halfway to {goal}.",
    "You will see it in the same number next week: {value} now; {target} would be halfway to {goal}.",
)
MEASURE_KEEP: Final = (
    "Next week’s page will show whether it stays near {value}.",
    "It holds if next week’s number stays near {value}.",
)
KEEP_TRY: Final = "Do it again in the next call, and say in the one-to-one how you do it, so that others can try it."

RULE_PRIORITY: Final = (
    "Score {score:.2f} = gap {gap:.2f} × shows in {shows} of {n} calls × control {control:.1f}{again}. "
    "Gap = {beyond:.2f} beyond the team’s middle half + half of {worse:.2f} worse than your own past, both in "
    "standard deviations between calls ({step}); both use {steady}: this week with your past counted as up to two "
    "calls, so that one odd call does not decide. A gap of {least:.2f} or more counts. {rival}"
)
AGAIN: Final = " × 1.25 because last week’s page named it too"
RULE_KEEP: Final = (
    "Strength {score:.2f} = {ahead:.2f} ahead of the team’s middle half + half of {better:.2f} better than your own "
    "past, in standard deviations between calls ({step}). {rival}"
)
RIVAL: Final = "Next in line: {label}, {score:.2f}."
NO_RIVAL: Final = "Nothing else came close enough to count."

WEAK_WHY: Final = "This call: {value}."
GOOD_WHY: Final = "This call: {value}."
WEAK_WHY_OBJECTION: Final = "A {type} objection that got no answer{reply}"
WEAK_WHY_NO_QUESTION: Final = "A {type} objection{move}{reply}"
WEAK_REPLY: Final = "; the call went on: “{quote}”"
GOOD_WHY_OBJECTION: Final = "Your reply to a {type} objection{move}: “{quote}”"
MOVES: Final = {
    "question": ", met with a question first",
    "acknowledgement": ", taken up first",
    "rebuttal": ", answered at once",
    "concession": ", met with a concession at once",
    "change_of_subject": ", followed by a change of subject",
}
WEAK_WHY_CLOSE: Final = "No date was agreed here."
GOOD_WHY_CLOSE: Final = "A date was offered."
GOOD_WHY_TAKEN_UP: Final = "The customer’s date was taken up and confirmed."
GOOD_WHY_AGREED: Final = "A date was offered, and the customer agreed: “{quote}”"
GOOD_WHY_FLOOR: Final = "After this the customer spoke for {seconds} in a row."
WEAK_WHY_FLOOR: Final = "{seconds} without a word from the customer."

OBJECTION_TYPES: Final = {
    "price": "price",
    "timing": "timing",
    "authority": "who decides",
    "need": "need",
    "competitor": "competitor",
    "trust": "trust",
    "product": "product",
    "contract": "contract",
    "brush_off": "brush-off",
}


def pick(variants: tuple[str, ...], *seed: str) -> str:
    """Return one of the variants, the same for the same seed on every machine."""
    digest = hashlib.sha256("|".join(seed).encode()).digest()
    return variants[digest[0] % len(variants)]


def number(value: float, unit: str) -> str:
    """Return a value as it is read aloud.

    >>> number(0.624, "share"), number(76.4, "seconds"), number(0.42, "seconds"), number(1.94, "per minute")
    ('62%', '1:16 min', '0.4 s', '1.9 a minute')
    """
    if unit in ("share", "yes/no"):
        return f"{value * 100:.0f}%"
    if unit == "seconds":
        return seconds(value)
    if unit == "per minute":
        return f"{value:.1f} a minute"
    if unit == "words per minute":
        return f"{value:.0f} words a minute"
    return f"{value:.1f}".removesuffix(".0")


def seconds(value: float) -> str:
    """Return a duration: tenths below ten seconds, then seconds, from a minute on minutes.

    >>> seconds(-0.31), seconds(59.6), seconds(12.2)
    ('-0.3 s', '1:00 min', '12 s')
    """
    if abs(value) < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02d} min"


_YOURS: Final = (
    ("Rep's ", "Your "),
    (" a rep's ", " your "),
    ("the rep's ", "your "),
    ("the rep replies", "you reply"),
    ("by the rep", "by you"),
)


def yours(label: str) -> str:
    """Return a measure's name as it is said to the rep whose page it is.

    >>> yours("Rep's longest stretch"), yours("Pause before the rep replies"), yours("Wait after a rep's question")
    ('Your longest stretch', 'Pause before you reply', 'Wait after your question')
    """
    for theirs, own in _YOURS:
        label = label.replace(theirs, own)
    return label


def calls(count: int) -> str:
    """Return "1 call" or "n calls"."""
    return "1 call" if count == 1 else f"{count} calls"
