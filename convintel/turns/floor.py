"""Words of several speakers become turns: who has the floor, and the short "mm-hm" that does not take it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from convintel.values import Span

PAUSE: Final = 0.8  # seconds of silence that split what one speaker says into utterances
NEAR: Final = 1.0  # a back-channel has the other's words within so many seconds on both sides
BACKCHANNEL_WORDS: Final = 3
LISTENING: Final = frozenset(
    [
        "mm-hm",
        "mm-hmm",
        "mhm",
        "mm",
        "mmm",
        "hmm",
        "hm",
        "uh-huh",
        "uh",
        "huh",
        "yeah",
        "yep",
        "yes",
        "yup",
        "right",
        "okay",
        "ok",
        "sure",
        "oh",
        "ah",
        "i",
        "see",
        "got",
        "it",
        "gotcha",
        "wow",
        "nice",
        "great",
        "good",
        "cool",
        "alright",
        "true",
        "exactly",
        "ha",
        "haha",
    ]
)
"""Words of listening: said after a full stop they still leave the floor with the other; as an answer to a
question they don't.
"""


@dataclass(frozen=True, slots=True)
class Said:
    """Words of one speaker without a long pause, or after joining: a turn."""

    speaker: str
    span: Span
    texts: tuple[str, ...]
    probabilities: tuple[float, ...]
    backchannel: bool = False

    @property
    def mean_probability(self) -> float | None:
        """Mean over its words; None when the source gave none."""
        return math.fsum(self.probabilities) / len(self.probabilities) if self.probabilities else None


def turns(words: Sequence[Mapping[str, Any]], speakers: Sequence[str], *, gap: float, backchannel: float) -> list[Said]:
    """Return the turns in time order.

    Args:
        words: rows of the `words` table.
        speakers: who said each.
        gap: seconds of silence after which the same speaker starts a new turn.
        backchannel: longest back-channel in seconds.
    """
    said = sorted(_utterances(words, speakers), key=lambda one: (one.span, one.speaker))
    marked = [replace(one, backchannel=_is_backchannel(one, said, backchannel)) for one in said]
    return sorted(_joined(marked, gap), key=lambda one: (one.span, one.speaker))


def _utterances(words: Sequence[Mapping[str, Any]], speakers: Sequence[str]) -> list[Said]:
    found: list[Said] = []
    for speaker in sorted(set(speakers)):
        own = [word for word, who in zip(words, speakers, strict=True) if who == speaker]
        own.sort(key=lambda word: (word["start"], word["end"]))
        start = 0
        for i in range(1, len(own) + 1):
            if i == len(own) or own[i]["start"] - own[i - 1]["end"] > PAUSE:
                found.append(_said(speaker, own[start:i]))
                start = i
    return found


def _said(speaker: str, words: Sequence[Mapping[str, Any]]) -> Said:
    span = Span(words[0]["start"], max(word["end"] for word in words))
    known = tuple(word["probability"] for word in words if word["probability"] is not None)
    return Said(speaker, span, tuple(word["text"] for word in words), known)


def _is_backchannel(one: Said, everything: Sequence[Said], longest: float) -> bool:
    """Short, few words, no question, and inside the other's floor: within an utterance, or between two that
    stand close.
    """
    if one.span.duration > longest or len(one.texts) > BACKCHANNEL_WORDS or one.texts[-1].endswith("?"):
        return False
    others = [other for other in everything if other.speaker != one.speaker]
    before = any(0 <= one.span.start - other.span.end <= NEAR or _holds(other.span, one.span) for other in others)
    after = any(0 <= other.span.start - one.span.end <= NEAR or _holds(other.span, one.span) for other in others)
    inside = any(_holds(other.span, one.span) for other in others)
    return inside or (before and after and _unbroken(one, others))


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _unbroken(one: Said, others: Sequence[Said]) -> bool:
    """The same other speaker goes on right after, without having asked anything just before."""
    before = max(
        (other for other in others if other.span.end <= one.span.start + 0.2), key=lambda o: o.span.end, default=None
    )
    after = min(
        (other for other in others if other.span.start >= one.span.end - 0.2), key=lambda o: o.span.start, default=None
    )
    if before is None or after is None or before.speaker != after.speaker:
        return False
    closing = before.texts[-1].rstrip("\"'”’")[-1:]
    return closing != "?" and (closing not in (".", "!") or all(_bare(text) in LISTENING for text in one.texts))


def _bare(text: str) -> str:
    return text.strip(".,!?;:…\"'“”").lower()


def _joined(said: Sequence[Said], gap: float) -> list[Said]:
    """Utterances of one speaker in a row are one turn; back-channels stay rows of their own and break nothing."""
    out: list[Said] = []
    floor: Said | None = None
    for one in said:
        if one.backchannel:
            out.append(one)
        elif floor is not None and floor.speaker == one.speaker and one.span.start - floor.span.end <= gap:
            floor = Said(
                one.speaker, floor.span | one.span, floor.texts + one.texts, floor.probabilities + one.probabilities
            )
        else:
            out += [floor] if floor else []
            floor = one
    return out + ([floor] if floor else [])
