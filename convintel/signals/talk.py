"""Who holds the floor: talk shares, longest stretches, switches, speech rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from convintel.settings import Settings
from convintel.signals.catalogue import MIN_WORDS
from convintel.signals.row import Row, measured, withheld
from convintel.signals.said import Said
from convintel.signals.text import words
from convintel.values import Span

_LEAST: Final = 1e-9  # seconds of talk that a share can be taken of


def talk_metrics(said: Said, settings: Settings) -> list[Row]:
    """Return talk share (of talk time and of call time), longest stretches, switches per minute and speech rates.

    Formulas stand in `catalogue.METRICS`; the report prints them.
    """
    return [
        *_shares(said),
        _longest(said, "longest_monologue", "rep", gap=settings.turns.turn_gap),
        _longest(said, "longest_customer_stretch", "customer", gap=settings.turns.turn_gap),
        _switches(said),
        _rate(said, "speech_rate", "rep"),
        _rate(said, "customer_speech_rate", "customer"),
    ]


def stretches(said: Said, role: str, *, gap: float) -> list[Span]:
    """Return how long a side held the floor each time: runs of its turns, back-channels of the other ignored.

    A silence longer than `gap` seconds ends a stretch.
    """
    found: list[Span] = []
    before: str | None = None
    for turn in said.floor:
        if turn.role == role and before == role and (found[-1] ^ turn.span).duration <= gap:
            found[-1] = found[-1] | turn.span
        elif turn.role == role:
            found.append(turn.span)
        before = turn.role
    return found


def _shares(said: Said) -> list[Row]:
    rep, customer = said.seconds_of("rep"), said.seconds_of("customer")
    both, call = rep + customer, said.span.duration
    n = len(said.talk.get("rep", ())) + len(said.talk.get("customer", ()))
    if not both or not call:
        return [withheld(said, name, "no talk", n=0) for name in ("talk_share", "talk_share_of_call")]
    return [
        measured(said, "talk_share", rep / both, n),
        measured(said, "talk_share_of_call", min(1.0, rep / call), n),
    ]


def _longest(said: Said, name: str, role: str, *, gap: float) -> Row:
    found = stretches(said, role, gap=gap)
    if not found:
        return withheld(said, name, f"the {role} does not speak", n=0)
    longest = max(found, key=lambda span: (span.duration, -span.start))
    return measured(said, name, longest.duration, len(found), at=longest)


def _switches(said: Said) -> Row:
    parties = [turn.role for turn in said.floor if turn.role != "unknown"]
    n = sum(left != right for left, right in pairwise(parties))
    if not said.minutes:
        return withheld(said, "speaker_switches", "no talk", n=0)
    return measured(said, "speaker_switches", n / said.minutes, n)


def _rate(said: Said, name: str, role: str) -> Row:
    n = sum(len(words(turn.text)) for turn in said.turns if turn.role == role)
    seconds = said.seconds_of(role)
    if n < MIN_WORDS or not seconds:
        return withheld(said, name, f"fewer than {MIN_WORDS} words", n=n)
    return measured(said, name, n / seconds * 60, n)


def floor_over_time(
    talk: Mapping[str, Sequence[Span]], *, seconds: float, window: float = 60.0, step: float = 15.0
) -> list[tuple[float, float | None, float]]:
    """Return (middle of the window, rep's share of the talk in it, seconds of talk in it) in sliding windows.

    Share = rep's seconds / (rep's + customer's seconds) inside the window; None where less than a tenth of the window
    is talk. A call shorter than a window is one window. Windows as in ConvoKit's talk-time sharing (arXiv 2506.20474).

    Args:
        talk: where "rep" and "customer" speak.
        seconds: length of the call.
        window: length of a window in seconds.
        step: from the start of one window to the next, in seconds.
    """
    end = max(seconds, 0.0)
    windows = [
        Span(step * number, max(step * number, min(step * number + window, end)))
        for number in range(max(1, int((end - window) // step) + 1))
    ]
    rep, customer = (_talked(talk.get(side, ()), windows) for side in ("rep", "customer"))
    return [
        (
            inside.middle,
            mine / (mine + other) if mine + other >= max(inside.duration / 10, _LEAST) else None,
            mine + other,
        )
        for inside, mine, other in zip(windows, rep, customer, strict=True)
    ]


def _talked(spans: Sequence[Span], windows: Sequence[Span]) -> list[float]:
    """Return the seconds of speech in each window."""
    begins, lengths = np.array([(span.start, span.duration) for span in spans]).reshape(-1, 2).T
    edges = np.array([(window.start, window.end) for window in windows])
    before = np.clip(edges[:, :, None] - begins, 0.0, lengths).sum(axis=2)  # speech up to each edge
    return [float(seconds) for seconds in before[:, 1] - before[:, 0]]
