"""One call as the signals read it: turns, talk by side, and what the input can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from convintel.signals.text import words
from convintel.values import Role, Span, merge, total

Party = Literal["rep", "customer"]
OTHER: dict[str, Role] = {"rep": "customer", "customer": "rep"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A row of `tables.Turns` as a value."""

    turn: int
    role: Role
    span: Span
    text: str
    backchannel: bool
    track: str


@dataclass(frozen=True, slots=True)
class Said:
    """A call's turns in time order, talk per side, and what its timing and channels are good for."""

    call_id: str
    turns: tuple[Turn, ...]
    talk: Mapping[str, tuple[Span, ...]]
    roles_known: bool
    dual: bool
    word_times: bool
    times: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)  # turn -> span of each of its words, if known

    @property
    def floor(self) -> tuple[Turn, ...]:
        """The turns without back-channels."""
        return tuple(turn for turn in self.turns if not turn.backchannel)

    @property
    def span(self) -> Span:
        """From the first to the last word."""
        if not self.turns:
            return Span(0.0, 0.0)
        return Span(self.turns[0].span.start, max(turn.span.end for turn in self.turns))

    @property
    def minutes(self) -> float:
        """Minutes from the first to the last word."""
        return self.span.duration / 60

    def seconds_of(self, role: str) -> float:
        """Seconds of speech of a side."""
        return total(self.talk.get(role, ()))

    def by(self, role: str) -> tuple[Turn, ...]:
        """Return the turns of a side, back-channels left out."""
        return tuple(turn for turn in self.floor if turn.role == role)

    def when(self, turn: Turn, start: int, end: int) -> Span:
        """Return when the characters [start, end) of a turn were said: from word times, else in proportion."""
        size = max(1, len(turn.text))
        spans = self.times.get(turn.turn, ())
        if spans:
            before, within = len(turn.text[:start].split()), max(1, len(turn.text[start:end].split()))
            part = spans[before : before + within]
            if part:
                return Span(part[0].start, max(span.end for span in part))
        long = turn.span.duration
        return Span(turn.span.start + long * start / size, turn.span.start + long * min(end, size) / size)


def read(transcript: Mapping[str, pl.DataFrame], tables: Mapping[str, pl.DataFrame], *, call_id: str) -> Said:
    """Gather a call's tables (`audio`, `words`; `turns`, `talk`, `roles`) into one value."""
    turns = tuple(_turn(row) for row in tables["turns"].sort("turn").iter_rows(named=True))
    audio = transcript["audio"].row(0, named=True) if transcript["audio"].height else {}
    parties = {turn.role for turn in turns}
    return Said(
        call_id=call_id,
        turns=turns,
        talk=_talk(tables["talk"]),
        roles_known={"rep", "customer"} <= parties,
        dual=audio.get("layout") == "dual",
        word_times=audio.get("word_timing") == "measured",
        times=_word_times(turns, transcript["words"]) if audio.get("word_timing") == "measured" else {},
    )


def _turn(row: dict[str, Any]) -> Turn:
    span = Span(row["start"], row["end"])
    return Turn(row["turn"], row["role"], span, row["text"], row["backchannel"], row["speaker"])


def _talk(frame: pl.DataFrame) -> dict[str, tuple[Span, ...]]:
    spans: dict[str, list[Span]] = {}
    for role, start, end in frame.select("role", "start", "end").iter_rows():
        spans.setdefault(role, []).append(Span(start, end))
    return {role: tuple(merge(each)) for role, each in spans.items()}


def _word_times(turns: tuple[Turn, ...], frame: pl.DataFrame) -> dict[int, tuple[Span, ...]]:
    """Times of a turn's words where the words inside its span are exactly its text; left out where they are not."""
    rows = sorted(frame.select("start", "end", "text", "track").iter_rows())
    found: dict[int, tuple[Span, ...]] = {}
    for turn in turns:
        inside = [row for row in rows if turn.span.start - 0.01 <= row[0] and row[1] <= turn.span.end + 0.01]
        own = [row for row in inside if row[3] == turn.track] or inside
        if [word for row in own for word in words(row[2])] == words(turn.text) and len(own) == len(turn.text.split()):
            found[turn.turn] = tuple(Span(row[0], row[1]) for row in own)
    return found
