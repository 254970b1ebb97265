"""Every metric of a call: its formula, unit, source and what it needs; the report's method section prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["share", "seconds", "per minute", "count", "words per minute", "yes/no"]
Side = Literal["rep", "customer", "call"]
Need = Literal["roles", "talk", "word times", "one party a channel"]
Better = Literal["lower", "higher", "neither"]

MIN_TALK: Final = 30.0  # seconds of talk below which shares and rates of a call say nothing
MIN_EVENTS: Final = 3  # gaps or waits below which a median says nothing
MIN_WORDS: Final = 50  # words of a side below which its speech rate says nothing


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of `tables.Metrics` per call: what it is called, how it is computed and whether a rep can work on it."""

    name: str
    side: Side
    label: str
    unit: Unit
    formula: str
    source: str
    needs: tuple[Need, ...]
    better: Better
    coachable: bool
    try_next: str


_GONG: Final = "vendor-reported (Gong Labs), correlational"
_OWN: Final = "definition of this project"

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "talk_share", "rep", "Rep's share of the talk", "share",
        "rep's seconds of speech / (rep's + customer's seconds of speech); silence left out, overlap counted to both",
        f"{_GONG}: 43:57 in 25,537 calls, 2016; here compared with the rep's own past and the team",
        ("roles", "talk"), "lower", True,
        "After each answer ask one more question about it before you explain anything.",
    ),
    Metric(
        "talk_share_of_call", "rep", "Rep's share of the call's time", "share",
        "rep's seconds of speech / seconds from the first to the last word",
        "Atrium and Revenue.io define talk ratio so",
        ("roles", "talk"), "neither", False, "",
    ),
    Metric(
        "longest_monologue", "rep", "Rep's longest stretch", "seconds",
        "longest time the rep holds the floor; back-channels do not break it, the other side or a long silence does",
        "vendor-reported: Demodesk, 328 meetings, won calls at most 76 s; correlational",
        ("roles",), "lower", True,
        "Stop after two or three sentences and ask what of it matters to them.",
    ),
    Metric(
        "longest_customer_stretch", "customer", "Customer's longest stretch", "seconds",
        "longest time the customer holds the floor, as for the rep",
        f"{_GONG}: 257,967 calls",
        ("roles",), "higher", False, "",
    ),
    Metric(
        "speaker_switches", "call", "Speaker switches per minute", "per minute",
        "changes of the floor between rep and customer, back-channels left out / minutes from first to last word",
        f"{_GONG}: about 1 million calls",
        ("roles", "talk"), "neither", False, "",
    ),
    Metric(
        "response_gap", "rep", "Pause before the rep replies", "seconds",
        "median seconds from the end of a customer turn to the start of the rep's; negative = began before the end",
        "Curhan et al. 2022 (pauses, experimental, negotiation); vendors call it patience",
        ("roles", "word times"), "higher", True,
        "Count to one after the customer stops; the best part often comes then.",
    ),
    Metric(
        "question_wait", "rep", "Wait after a rep's question", "seconds",
        "median seconds from the end of a question that ends a rep's turn to the next speech of anyone",
        _OWN, ("roles", "word times"), "neither", False, "",
    ),
    Metric(
        "questions", "rep", "Questions by the rep", "count",
        "sentences of the rep that want an answer; tags such as 'right?' and courtesies left out",
        f"{_GONG}: 519,000 discovery calls", ("roles",), "neither", False, "",
    ),
    Metric(
        "questions_per_10_min", "rep", "Rep's questions per 10 minutes", "count",
        "questions by the rep / minutes from the first to the last word x 10",
        f"{_GONG}: 519,000 discovery calls", ("roles", "talk"), "higher", True,
        "Prepare three questions about how they work today and ask them before you show anything.",
    ),
    Metric(
        "open_question_share", "rep", "Share of open questions", "share",
        "questions that ask how, what, why or to tell, not for yes, no or one fact / all questions by the rep",
        _OWN, ("roles",), "higher", True,
        "Turn one yes-or-no question into 'how' or 'what' in each call.",
    ),
    Metric(
        "question_spread", "rep", "Quarters of the call with a question by the rep", "share",
        "quarters of the time from the first to the last word in which the rep asks at least one question / 4",
        f"{_GONG}: questions spread over the call, 519,000 discovery calls", ("roles", "talk"), "neither", False, "",
    ),
    Metric(
        "customer_questions", "customer", "Questions by the customer", "count",
        "sentences of the customer that want an answer", _OWN, ("roles",), "neither", False, "",
    ),
    Metric(
        "speech_rate", "rep", "Rep's speech rate", "words per minute",
        "rep's words / minutes of the rep's speech", _OWN, ("roles", "talk"), "neither", False, "",
    ),
    Metric(
        "customer_speech_rate", "customer", "Customer's speech rate", "words per minute",
        "customer's words / minutes of the customer's speech", _OWN, ("roles", "talk"), "neither", False, "",
    ),
    Metric(
        "interruptions_per_10_min", "rep", "Interruptions by the rep per 10 minutes", "count",
        "rep's turns that begin inside a customer's turn, overlap it by at least interruption_seconds (settings) and "
        "go on after it; back-channels left out; per 10 minutes from the first to the last word",
        _OWN, ("roles", "talk", "word times", "one party a channel"), "lower", True,
        "Let the customer finish; write your point down instead of saying it.",
    ),
    Metric(
        "customer_interruptions_per_10_min", "customer", "Interruptions by the customer per 10 minutes", "count",
        "as by the rep, the other way round",
        _OWN, ("roles", "talk", "word times", "one party a channel"), "neither", False, "",
    ),
    Metric(
        "objections", "customer", "Objections", "count",
        "objections found in the customer's turns (head and threshold printed with each)", _OWN, ("roles",),
        "neither", False, "",
    ),
    Metric(
        "objections_answered", "rep", "Objections answered", "share",
        "objections that the rep addressed or that were resolved / objections whose handling can be told",
        _OWN, ("roles",), "higher", True,
        "Say back the worry in the customer's words, then answer it before moving on.",
    ),
    Metric(
        "objection_question_first_share", "rep", "Objections met with a question", "share",
        "objections where the rep's first move is a question / objections with a reply",
        "vendor-reported, correlational", ("roles",), "higher", True,
        "Meet an objection with 'what makes you say that?' before you answer it.",
    ),
    Metric(
        "dated_next_step", "rep", "Calls that end with a dated next step", "yes/no",
        "1 when some next step has a date or was put in a calendar, else 0",
        "Purver et al. 2007 (description, timeframe, owner, agreement)", ("roles",), "higher", True,
        "Before you hang up, agree what happens next and on which day.",
    ),
    Metric(
        "dated_accepted_next_step", "rep", "Calls with a dated next step that the other side accepted", "yes/no",
        "1 when some next step has a date and the other side's explicit yes, else 0",
        "Purver et al. 2007 (description, timeframe, owner, agreement)", ("roles",), "higher", True,
        "Name a day and an hour and wait for the yes.",
    ),
)  # fmt: skip


def metric(name: str) -> Metric:
    """Return a metric by name; KeyError when there is none."""
    return next(each for each in METRICS if each.name == name)
