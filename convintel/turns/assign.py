"""Words of one channel to the voices that diarization heard, whole sentences where the evidence allows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from convintel.turns.voices import Voices
from convintel.values import Span

MAJORITY: Final = 0.6
SENTENCE_GAP: Final = 0.7  # a longer pause ends a sentence even without a full stop
MOST_WORDS: Final = 50
MINORITY_SECONDS: Final = 1.2  # more than this of another voice is no slip of a boundary


def assign(words: Sequence[Mapping[str, Any]], voices: Voices) -> list[str]:
    """Return the speaker of each word: nearest voice while it is said, then sentence by sentence."""
    speakers: list[str] = []
    fallback = next(iter(voices.spans))
    for word in words:
        span = Span(word["start"], max(word["end"], word["start"] + 0.05))
        speakers.append(voices.speaker_of(span) or (speakers[-1] if speakers else fallback))
    for first, last in sentences(words):
        speakers[first:last] = _agreed(words[first:last], speakers[first:last])
    return speakers


def sentences(words: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield [first, last) of each sentence: up to a full stop, question or exclamation mark, or a pause of 0.7 s."""
    first = 0
    for i, word in enumerate(words):
        last = i + 1 == len(words)
        pause = not last and words[i + 1]["start"] - word["end"] > SENTENCE_GAP
        if last or pause or str(word["text"]).rstrip("\"'”’)").endswith((".", "?", "!")) or i + 1 - first >= MOST_WORDS:
            yield first, i + 1
            first = i + 1


def _agreed(words: Sequence[Mapping[str, Any]], speakers: Sequence[str]) -> Sequence[str]:
    """One speaker for the sentence when a clear majority of its time is theirs and little is left to the other."""
    seconds: dict[str, float] = defaultdict(float)
    for word, speaker in zip(words, speakers, strict=True):
        seconds[speaker] += max(0.05, word["end"] - word["start"])
    total = sum(seconds.values())
    leading = max(sorted(seconds), key=lambda speaker: seconds[speaker])
    if seconds[leading] >= MAJORITY * total and total - seconds[leading] < MINORITY_SECONDS:
        return [leading] * len(words)
    return speakers
