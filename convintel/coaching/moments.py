"""The moments behind an advice: a weak one and a good one of the rep's own, quoted from the turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal

import polars as pl

from convintel.coaching.behaviours import DATED, Behaviour
from convintel.language import entry, say
from convintel.language.formats import number, seconds
from convintel.values import Span

Row = Mapping[str, Any]
Tone = Literal["to_try", "good"]
MAX_QUOTE: Final = 280  # characters; a quote is cut at a word and stays a verbatim beginning
SHORT_QUOTE: Final = 120  # inside a reason
SPOKEN_WORDS: Final = 4  # shorter turns ("Right.") show nothing


@dataclass(frozen=True, slots=True)
class Moment:
    """A quote, where to hear it and why it was picked."""

    tone: Tone
    call_id: str
    start: float
    end: float
    role: str
    quote: str
    why: str


@dataclass(frozen=True, slots=True)
class Talks:
    """What was said and found, looked up by call."""

    turns: Callable[[str], list[dict[str, Any]]]
    objections: Callable[[str], list[dict[str, Any]]]
    steps: Callable[[str], list[dict[str, Any]]]


def talks(turns: pl.DataFrame, objections: pl.DataFrame, next_steps: pl.DataFrame) -> Talks:
    """Return lookups by call; a call's rows become Python values only when it is asked for."""
    return Talks(_by_call(turns, "turn"), _by_call(objections, "start"), _by_call(next_steps, "start"))


def _by_call(table: pl.DataFrame, order: str) -> Callable[[str], list[dict[str, Any]]]:
    parts = {str(key[0]): part for key, part in table.partition_by("call_id", as_dict=True).items()}

    @cache
    def rows(call_id: str) -> list[dict[str, Any]]:
        part = parts.get(call_id)
        return [] if part is None else part.sort(order).to_dicts()

    return rows


def find(behaviour: Behaviour, observations: Sequence[Row], tone: Tone, said: Talks) -> Moment | None:
    """Return the first moment found in the calls in the order given, or None when no call shows one."""
    finder = _FINDERS.get((behaviour.family, tone), _spanned)
    return next((moment for row in observations if (moment := finder(behaviour, row, tone, said))), None)


def _good_objection(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    """The rep's reply to an objection that was met well, with the objection in the reason."""
    ranked = sorted(said.objections(row["call_id"]), key=lambda each: (each["handling"] != "resolved", each["start"]))
    for one in ranked:
        reply = _reply(one, said)
        if reply is not None and _met_well(behaviour, one):
            why = say(
                "moments.good_objection", type=_type(one), move=_move(one), quote=_inside(one["quote"], MAX_QUOTE)
            )
            return _turn_moment(tone, reply, why)
    return None


def _weak_objection(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    """An objection that was not met well, with what came next in the reason."""
    weak = [one for one in said.objections(row["call_id"]) if one["handling"] and not _met_well(behaviour, one)]
    if not weak:
        return None
    one = max(weak, key=lambda each: (each["handling"] == "ignored", each["score"], -each["start"]))
    reply = _reply(one, said)
    went_on = say("moments.went_on", quote=_inside(reply["text"], SHORT_QUOTE)) if reply else "."
    if one["handling"] == "ignored":
        return _moment(tone, one, say("moments.unanswered", type=_type(one), reply=went_on))
    return _moment(tone, one, say("moments.no_question", type=_type(one), move=_move(one), reply=went_on))


def _inside(text: str, most: int) -> str:
    """A quote inside a reason, with a sign where it was cut."""
    head = cut(text, most)
    return head if head == text else f"{head} …"


def _type(one: Row) -> str:
    return str(entry("objection_words")[one["type"]])


def _move(one: Row) -> str:
    return str(entry("moments.moves").get(one["first_move"] or "", ""))


def _met_well(behaviour: Behaviour, one: Row) -> bool:
    if "question_first" in behaviour.name:
        return bool(one["first_move"] == "question")
    return one["handling"] in ("resolved", "addressed")


def _reply(one: Row, said: Talks) -> Row | None:
    later = [turn for turn in said.turns(one["call_id"]) if turn["turn"] > one["turn"] and not turn["backchannel"]]
    return next((turn for turn in later if turn["role"] == "rep"), None)


def _good_close(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    dated = [step for step in said.steps(row["call_id"]) if step["level"] in DATED and step["role"] == "rep"]
    if not dated:
        return None
    step = max(dated, key=lambda each: (_answered(each), each["confirmed"], each["firm"], each["start"]))
    if _answered(step):
        return _moment(tone, step, say("moments.agreed", quote=step["confirmation"]))
    return _moment(tone, step, say("moments.taken_up" if step["confirmed"] else "moments.offered"))


def _answered(step: Row) -> bool:
    """Tell whether the other side said yes after it; else it may itself be the yes to a date offered before."""
    return bool(step["confirmed"]) and step["confirmation"] != step["quote"]


def _weak_close(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    steps = said.steps(row["call_id"])
    if any(step["level"] in DATED for step in steps):
        return None
    vague = [step for step in steps if step["role"] == "rep"]
    if vague:
        return _moment(tone, vague[-1], say("moments.no_date"))
    spoken = _spoken(said.turns(row["call_id"]), "rep")
    late = spoken[-2:-1] or spoken[-1:]  # the very last one is the goodbye
    return _turn_moment(tone, late[0], say("moments.no_date")) if late else None


def _good_floor(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    """The rep's words just before the customer's longest turn, a question if there is one."""
    turns = [turn for turn in said.turns(row["call_id"]) if not turn["backchannel"]]
    pairs = [
        (before, after)
        for before, after in pairwise(turns)
        if before["role"] == "rep" and after["role"] == "customer" and _words(before) >= SPOKEN_WORDS
    ]
    if not pairs:
        return None
    asked = [pair for pair in pairs if "?" in pair[0]["text"]]
    before, after = max(asked or pairs, key=lambda pair: (pair[1]["end"] - pair[1]["start"], -pair[1]["start"]))
    return _turn_moment(tone, before, say("moments.customer_spoke", seconds=seconds(after["end"] - after["start"])))


def _weak_floor(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    """The rep's longest turn of the call."""
    spoken = _spoken(said.turns(row["call_id"]), "rep")
    if not spoken:
        return None
    longest = max(spoken, key=lambda turn: (turn["end"] - turn["start"], -turn["start"]))
    length = seconds(longest["end"] - longest["start"])
    return _turn_moment(tone, longest, say("moments.long_turn", seconds=length))


def _spanned(behaviour: Behaviour, row: Row, tone: Tone, said: Talks) -> Moment | None:
    """The turn that meets the metric's own stretch most; else the one that begins nearest to its end."""
    turns = [turn for turn in said.turns(row["call_id"]) if _words(turn) > 0 and turn["role"] == "rep"]
    if row["start"] is None or row["end"] is None or not turns:
        return None
    stretch = Span(row["start"], row["end"])
    turn = max(turns, key=lambda each: (_shared(each, stretch), -abs(each["start"] - stretch.end)))
    return _turn_moment(tone, turn, say("moments.this_call", value=number(row["value"], behaviour.unit)))


_FINDERS: Final[Mapping[tuple[str, Tone], Callable[[Behaviour, Row, Tone, Talks], Moment | None]]] = {
    ("objections", "to_try"): _weak_objection,
    ("objections", "good"): _good_objection,
    ("close", "to_try"): _weak_close,
    ("close", "good"): _good_close,
    ("floor", "to_try"): _weak_floor,
    ("floor", "good"): _good_floor,
    ("questions", "to_try"): _weak_floor,
    ("questions", "good"): _good_floor,
}


def _moment(tone: Tone, finding: Row, why: str) -> Moment:
    return Moment(
        tone,
        finding["call_id"],
        finding["start"],
        finding["end"],
        finding["role"],
        cut(finding["quote"]),
        why,
    )


def _turn_moment(tone: Tone, turn: Row, why: str) -> Moment:
    return Moment(tone, turn["call_id"], turn["start"], turn["end"], turn["role"], cut(turn["text"]), why)


def _spoken(turns: Iterable[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    return [turn for turn in turns if turn["role"] == role and _words(turn) >= SPOKEN_WORDS and not turn["backchannel"]]


def _words(turn: Row) -> int:
    return len(turn["text"].split())


def _shared(turn: Row, stretch: Span) -> float:
    return (Span(turn["start"], turn["end"]) & stretch).duration


def cut(text: str, most: int = MAX_QUOTE) -> str:
    """Return the beginning of a text, at most `most` characters, ending at a word; verbatim, nothing added.

    >>> cut("We pay too much.")
    'We pay too much.'
    """
    if len(text) <= most:
        return text
    head = text[: most + 1]
    return (head.rsplit(None, 1)[0] if " " in head else head[:most]).rstrip(",;:–- ")
