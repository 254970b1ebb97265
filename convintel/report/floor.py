"""Who holds the floor in a call: stretches of speech by role, and the rep's share of the talk as the call goes on."""

from __future__ import annotations

from typing import Final

from convintel.language import say
from convintel.language.formats import number
from convintel.report.book import Book
from convintel.report.talk import Row
from convintel.signals.talk import floor_over_time
from convintel.values import Span

SHORTEST: Final = 120.0  # seconds of a call whose thirds and minutes say something
THIRDS: Final = 3


def floor(book: Book, call: Row, talk: list[Row], seconds: float) -> Row:
    """Return stretches of speech by role in seconds, how the talk time divides, and how it divides over time."""
    total = sum(row["end"] - row["start"] for row in talk)
    by_role = {role: [row for row in talk if row["role"] == role] for role in ("rep", "customer", "unknown")}
    lanes = [_lane(book, call, role, rows, total) for role, rows in by_role.items() if rows]
    return {"lanes": lanes, "seconds": seconds, **_over_time(book, call, by_role, seconds)}


def _lane(book: Book, call: Row, role: str, rows: list[Row], total: float) -> Row:
    spoken = sum(row["end"] - row["start"] for row in rows)
    return {
        "role": role,
        "who": book.who(call, role),
        "spans": [[row["start"], row["end"]] for row in rows],
        "seconds": spoken,
        "share": spoken / total if total else None,
        "longest": max(row["end"] - row["start"] for row in rows),
    }


def _over_time(book: Book, call: Row, by_role: dict[str, list[Row]], seconds: float) -> Row:
    """Return the rep's share in windows of a minute, as [second, share, seconds of talk], and what it comes to.

    Nothing where the call is too short, or where it is not known who spoke.
    """
    talk = {role: [Span(row["start"], row["end"]) for row in by_role[role]] for role in ("rep", "customer")}
    thirds = [round(share, 4) for share in _thirds(talk, seconds) if share is not None]
    if seconds < SHORTEST or len(thirds) < THIRDS:
        return {"over_time": [], "thirds": [], "say": ""}
    points = [
        [middle, None if share is None else round(share, 4), round(said, 2)]
        for middle, share, said in floor_over_time(talk, seconds=seconds)
    ]
    first, middle, last = (number(share, "share") for share in thirds)
    told = say("call.floor_caption", who=book.who(call, "rep"), first=first, middle=middle, last=last)
    return {"over_time": points, "thirds": thirds, "say": told}


def _thirds(talk: dict[str, list[Span]], seconds: float) -> list[float | None]:
    part = seconds / THIRDS
    if not part:
        return []
    return [share for _, share, _ in floor_over_time(talk, seconds=seconds + part / 2, window=part, step=part)][:THIRDS]
