"""One section per call: what is known of it, who spoke when, findings, transcript."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from convintel.language import entry, say
from convintel.report import team
from convintel.report.book import Book, grouped
from convintel.report.doubts import doubts
from convintel.report.facts import fact_id, rests
from convintel.report.floor import floor
from convintel.report.talk import Row


def cited(value: Any) -> set[str]:
    """Return every call that plain data shows by a `call_id`; what it rests on is shown by `explain`, not by a page."""
    if isinstance(value, dict):
        own = {value["call_id"]} if isinstance(value.get("call_id"), str) else set()
        return own.union(*(cited(each) for name, each in value.items() if name != "rests"))
    if isinstance(value, list):
        return set().union(*(cited(each) for each in value)) if value else set()
    return set()


def conversations(book: Book, ids: Iterable[str]) -> Iterator[Row]:
    """Yield the pages of some calls, in order of time."""
    chosen = set(ids)
    yield from (_call(book, call) for call_id, call in book.calls.items() if call_id in chosen)


def _call(book: Book, call: Row) -> Row:
    call_id = call["call_id"]

    def rows(name: str) -> list[Row]:
        return book.by_call[name](call_id)

    objections = [team.objection(book, row) for row in rows("objections")]
    steps = [team.promise(book, row) for row in rows("next_steps")]
    questions = [_question(row) for row in rows("questions")]
    mentions = [_mention(row) for row in rows("mentions")]
    match = next(iter(rows("matches")), None)
    audio = next(iter(rows("audio")), None)
    role = next(iter(rows("roles")), None)
    turns = rows("turns")
    seconds = max([call["seconds"] or 0.0, *(turn["end"] for turn in turns)])
    return {
        "id": call_id,
        "rests": [rests(name, call_id=call_id) for name in ("calls", "audio", "roles", "matches", "talk")],
        "call_id": call_id,
        "label": call["label"],
        "title": call["title"],
        "when": call["when"],
        "week": call["week"],
        "rep": call["rep"],
        "rep_name": call["rep_name"] or book.people.get(call["rep"] or "", say("page.no_rep")),
        "customer_name": call["customer_name"],
        "account": call["account"],
        "call_type": entry("call_types").get(call["call_type"] or "", ""),
        "direction": call["direction"],
        "consent": call["consent"],
        "file": call["path"],
        "audio": call["audio"],
        "recorded": call["kind"] == "recording",
        "seconds": seconds,
        "deal_id": match["deal_id"] if match else None,
        "deal": _deal_name(book, match),
        "match": match["reason"] if match else "",
        "role_why": role["why"] if role else "",
        "role_confidence": role["confidence"] if role else None,
        "notes": doubts(role, audio),
        "recogniser": audio["model"] if audio else "",
        "floor": floor(book, call, rows("talk"), seconds),
        "metrics": _metrics(book, rows("metrics")),
        "objections": objections,
        "next_steps": steps,
        "questions": questions,
        "mentions": mentions,
        "turns": _turns(book, call, turns, {"o": objections, "s": steps, "q": questions, "m": mentions}),
    }


def _deal_name(book: Book, match: Row | None) -> str | None:
    if match is None or match["deal_id"] is None:
        return None
    return book.deal_names.get(match["deal_id"], match["deal_id"])


def _question(row: Row) -> Row:
    return {
        "id": row["finding_id"],
        "rests": [rests("questions", finding_id=row["finding_id"])],
        "turn": row["turn"],
        "role": row["role"],
        "text": row["quote"],
        "open": row["open"],
        "start": row["start"],
        "rule": row["rule"],
    }


def _mention(row: Row) -> Row:
    return {
        "id": row["finding_id"],
        "rests": [rests("mentions", finding_id=row["finding_id"])],
        "turn": row["turn"],
        "role": row["role"],
        "tracker": row["tracker"],
        "text": row["quote"],
        "start": row["start"],
        "score": row["score"],
        "threshold": row["threshold"],
        "rule": row["rule"],
    }


def _turns(book: Book, call: Row, turns: list[Row], found: dict[str, list[Row]]) -> list[Row]:
    """Return the transcript, each turn with what was found in it."""
    on = {name: grouped(rows, "turn") for name, rows in found.items()}
    return [_turn(book, call, turn, {name: rows.get(turn["turn"], []) for name, rows in on.items()}) for turn in turns]


def _turn(book: Book, call: Row, turn: Row, found: dict[str, list[Row]]) -> Row:
    return {
        "id": f"{turn['call_id']}-{turn['turn']}",
        "rests": [rests("turns", call_id=turn["call_id"], turn=turn["turn"])],
        "turn": turn["turn"],
        "role": turn["role"],
        "who": book.who(call, turn["role"]),
        "start": turn["start"],
        "end": turn["end"],
        "text": turn["text"],
        "backchannel": turn["backchannel"],
        "objections": [row["id"] for row in found["o"]],
        "next_steps": [row["id"] for row in found["s"]],
        "open_questions": sum(row["open"] for row in found["q"]),
        "mentions": sorted({row["tracker"] for row in found["m"]}),
    }


def _metrics(book: Book, rows: list[Row]) -> list[Row]:
    known = {(measure.name, measure.side): measure for measure in book.measures}
    order = {name: place for place, name in enumerate(known)}
    rows = sorted(rows, key=lambda row: order.get((row["metric"], row["side"]), -1))
    return [
        {
            "id": fact_id("metric", row["call_id"], row["metric"], row["side"]),
            "rests": [rests("metrics", call_id=row["call_id"], metric=row["metric"], side=row["side"])],
            "name": row["metric"],
            "label": known[row["metric"], row["side"]].label,
            "unit": known[row["metric"], row["side"]].unit,
            "side": row["side"],
            "value": row["value"],
            "n": row["n"],
            "start": row["start"],
            "end": row["end"],
            "withheld": row["withheld"],
        }
        for row in rows
        if (row["metric"], row["side"]) in known
    ]
