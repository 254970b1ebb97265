"""What every reader gives: stretches of text with a speaker, and word times where the format has them."""

from __future__ import annotations

from dataclasses import dataclass

from convintel.values import Span


@dataclass(frozen=True, slots=True)
class Segment:
    """Text said by one speaker without a break.

    `speaker` is the label of the source; "rep: NAME" and "customer: NAME" when the source says who works for the
    seller. `words` holds (span, text, probability or None) when the source has times of words.
    """

    span: Span
    speaker: str
    text: str
    words: tuple[tuple[Span, str, float | None], ...] = ()


def interpolated(segment: Segment) -> tuple[tuple[Span, str, float | None], ...]:
    """Return the segment's words; without times of their own they share its span by their letters (and one for
    the pause).
    """
    if segment.words:
        return segment.words
    texts = segment.text.split()
    letters = sum(len(text) + 1 for text in texts)
    found, said = [], 0
    for text in texts:
        start = segment.span.start + segment.span.duration * said / letters
        said += len(text) + 1
        found.append((Span(start, segment.span.start + segment.span.duration * said / letters), text, None))
    return tuple(found)
