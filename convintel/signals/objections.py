"""Objections: the customer's own, current resistance to going forward, read sentence by sentence with its context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convintel.signals.context import Line, Utterance, merged, utterances
from convintel.signals.handling import first_move, handling
from convintel.signals.heads import Head
from convintel.signals.reader import Reader
from convintel.signals.row import Row, finding, kept
from convintel.signals.said import Said

FIELD_NAMES = {
    "sentence": "said",
    "opening": "opens with",
    "spoken": "said",
    "rest": "beside it",
    "before": "after",
    "before_spoken": "after",
    "before_that": "earlier",
    "after": "answered by",
    "reply_opening": "answered by",
    "cues": "with",
}


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


def read_objections(lines: Sequence[Line], reader: Reader) -> list[Objection]:
    """Return the objections of a call whose back-channels are left out, at most one a customer line."""
    found = (_read(lines, line, reader) for line, each in enumerate(lines) if each.role == "customer")
    return [objection for objection in found if objection]


def _read(lines: Sequence[Line], line: int, reader: Reader) -> Objection | None:
    head, threshold = reader.heads["objections"], reader.objection_threshold
    scored = [(head.score(float(head.raw(each.fields)[0])), each) for each in utterances(lines, line)]
    if not scored:
        return None
    score = max(score for score, _ in scored)
    if score < threshold:
        return None
    # how far the quote reaches, and with it type and handling, does not hang on how strict the user is
    fired = run_around_best(scored, min(threshold, head.threshold))
    fields = merged(fired)
    types = reader.heads["objection_types"].probabilities(fields)
    kind = max(sorted(types), key=types.__getitem__)
    return Objection(
        line,
        fired[0].piece.start,
        fired[-1].piece.end,
        score,
        explain(head, fired, scored, reader.heads["objection_types"], kind),
        kind,
        types[kind],
        handling(lines, line, fields, reader.heads["objection_handling"]),
        first_move(lines, line),
    )


def run_around_best(scored: Sequence[tuple[float, Utterance]], threshold: float) -> list[Utterance]:
    """Return the best sentence with its neighbours that reach the threshold too."""
    best = max(range(len(scored)), key=lambda at: (scored[at][0], -at))
    first = last = best
    while first > 0 and scored[first - 1][0] >= threshold:
        first -= 1
    while last + 1 < len(scored) and scored[last + 1][0] >= threshold:
        last += 1
    return [each for _, each in scored[first : last + 1]]


def explain(
    head: Head, fired: Sequence[Utterance], scored: Sequence[tuple[float, Utterance]], types: Head, kind: str
) -> str:
    """Return in words what spoke most for the objection and for its type."""
    best = max(scored, key=lambda pair: pair[0])[1]
    why = in_words(head.reasons(best.fields))
    topic = in_words(types.reasons(merged(fired), label=kind, most=2))
    return f"head {head.name}: {why}" + (f"; {kind}: {topic}" if topic else "")


def in_words(reasons: Sequence[tuple[str, str]]) -> str:
    """Return the n-grams that weighed most, as people read them."""
    said: dict[str, list[str]] = {}
    for field, gram in reasons:
        words = " ".join(word[2:] if word[1:2] == "_" else word for word in gram.split())
        said.setdefault(FIELD_NAMES.get(field, field), []).append(f"“{words}”")
    return "; ".join(f"{field} {', '.join(grams)}" for field, grams in said.items())


def objection_rows(said: Said, reader: Reader, corrections: Mapping[str, str]) -> list[Row]:
    """Return the rows of `tables.Objections` of a call, those that a manager called wrong left out."""
    floor = said.floor
    lines = [Line(turn.role, turn.text) for turn in floor]
    seen: dict[str, int] = {}
    rows = []
    for each in read_objections(lines, reader):
        rest = {
            "score": round(each.score, 4),
            "threshold": round(reader.objection_threshold, 4),
            "rule": each.rule,
            "type": each.type,
            "type_score": round(each.type_score, 4),
            "handling": each.handling,
            "first_move": each.first_move,
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
