"""Objections: the customer's own, current resistance to going forward, read sentence by sentence within its call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from convintel.signals.handling import first_move
from convintel.signals.reader import Fired, Reading
from convintel.signals.row import Row, finding, kept
from convintel.signals.said import Said

EXCHANGE: Final = 2
"""Lines within which two firings are one objection: F1 of unseen authors 0.714 with it, 0.696 without."""


@dataclass(frozen=True, slots=True)
class Objection:
    """A line with resistance: characters [start, end) of the sentences that fired."""

    line: int
    start: int
    end: int
    score: float
    rule: str
    type: str
    type_score: float
    handling: str | None
    first_move: str | None


def read_objections(reading: Reading, threshold: float) -> list[Objection]:
    """Return the objections of a call: of firings within one exchange only the surest."""
    fired = reading.fired("objections", threshold, keep=lambda line: line.role == "customer")
    return [_objection(reading, each) for each in surest(fired)]


def surest(fired: Sequence[Fired]) -> list[Fired]:
    """Leave out what fires within two lines of something surer: people object, and then say why."""
    kept: list[Fired] = []
    for each in sorted(fired, key=lambda each: (-each.score, each.line)):
        if all(abs(each.line - other.line) > EXCHANGE for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: each.line)


def _objection(reading: Reading, fired: Fired) -> Objection:
    kind, sure = reading.choose("types", fired)
    answered = any(line.role != "customer" for line in reading.lines[fired.line + 1 :])
    return Objection(
        fired.line,
        fired.start,
        fired.end,
        fired.score,
        _rule(reading, fired, kind, sure),
        kind,
        sure,
        reading.choose("handling", fired)[0] if answered else None,
        first_move(reading.lines, fired.line),
    )


def _rule(reading: Reading, fired: Fired, kind: str, sure: float) -> str:
    heads = reading.reader.heads
    spoken = heads["objections"].reasons(fired.top_fields)
    topic = heads["types"].reasons(fired.fields, kind, most=2)
    parts = [
        f"reader: {spoken}" if spoken else "reader: as it stands in the call",
        f"{kind.replace('_', ' ')} ({sure:.2f})" + (f": {topic}" if topic else ""),
        f"most like the labelled {reading.like(fired, kind)}",
    ]
    return "; ".join(parts)


def objection_rows(said: Said, reading: Reading, corrections: Mapping[str, str], *, threshold: float) -> list[Row]:
    """Return the rows of `tables.Objections` of a call, those that a manager called wrong left out."""
    floor = said.floor
    seen: dict[str, int] = {}
    rows = []
    found = read_objections(reading, threshold)
    for place, each in enumerate(found):
        rest = {
            "score": round(each.score, 4),
            "threshold": round(threshold, 4),
            "rule": each.rule,
            "type": each.type,
            "type_score": round(each.type_score, 4),
            "handling": each.handling,
            "first_move": each.first_move,
            "came_back": any(later.type == each.type for later in found[place + 1 :]),
            **_reply(said, each.line),
        }
        rows.append(finding(said, "objection", floor[each.line], each.start, each.end, seen=seen, **rest))
    return kept(rows, corrections)


def _reply(said: Said, line: int) -> dict[str, float | None]:
    """Pause before the rep's reply (only with measured word times) and how long the rep then holds the floor."""
    floor = said.floor
    after = floor[line + 1] if line + 1 < len(floor) else None
    if after is None or after.role != "rep":
        return {"pause_before_reply": None, "reply_seconds": None}
    pause = round(after.span.start - floor[line].span.end, 3) if said.word_times else None
    end = after.span.end
    for turn in floor[line + 2 :]:
        if turn.role != "rep":
            break
        end = turn.span.end
    return {"pause_before_reply": pause, "reply_seconds": round(end - after.span.start, 3)}
