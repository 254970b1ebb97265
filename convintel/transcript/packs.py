"""Speech is packed into windows below Whisper's 30 s, so that a dual-channel call costs about as much as a mono one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convintel.recordings.track import floats
from convintel.transcript.activity import SAMPLE_RATE
from convintel.values import Span, merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.recordings.track import Samples

PAD = 0.2  # seconds kept around each stretch of speech
SILENCE = 0.3  # seconds of silence set between stretches that did not touch


@dataclass(frozen=True)
class Piece:
    """A stretch of the recording and the second of the pack at which it begins."""

    span: Span
    at: float


@dataclass(frozen=True)
class Pack:
    """Stretches of speech set one after the other."""

    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """Length of the pack."""
        return self.pieces[-1].at + self.pieces[-1].span.duration

    @property
    def speech_seconds(self) -> float:
        """Length without the silences between."""
        return sum(piece.span.duration for piece in self.pieces)

    def cut(self, samples: Samples | NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the pack's sound, float32 at 16 kHz."""
        out = np.zeros(round(self.seconds * SAMPLE_RATE), dtype=np.float32)
        for piece in self.pieces:
            part = floats(samples[round(piece.span.start * SAMPLE_RATE) : round(piece.span.end * SAMPLE_RATE)])
            at = round(piece.at * SAMPLE_RATE)
            out[at : at + len(part)] = part[: len(out) - at]
        return out

    def true_span(self, span: Span) -> Span:
        """Return where a span of the pack lies in the recording; it is kept inside the piece that holds its middle."""
        home = min(self.pieces, key=lambda piece: _distance(span.middle, piece))
        moved = span.shift(home.span.start - home.at)
        start = min(max(moved.start, home.span.start), home.span.end)
        return Span(start, max(start, min(moved.end, home.span.end)))


def pack(speech: Sequence[Span], *, seconds: float, longest: float) -> list[Pack]:
    """Set padded stretches of speech into packs of at most `longest` seconds, in time order; every stretch is in one
    pack.

    A stretch longer than a pack is cut into equal parts (voice activity has found no pause of 160 ms in it).
    """
    padded = merge([Span(max(0.0, span.start - PAD), min(seconds, span.end + PAD)) for span in speech])
    parts = list(itertools.chain.from_iterable(_split(span, longest) for span in padded))
    packs: list[list[Piece]] = []
    for part in parts:
        last = packs[-1][-1] if packs else None
        at = last.at + last.span.duration + SILENCE if last else 0.0
        if last is None or at + part.duration > longest:
            packs.append([Piece(part, 0.0)])
        else:
            packs[-1].append(Piece(part, at))
    return [Pack(tuple(pieces)) for pieces in packs]


def halves(whole: Pack) -> list[Pack]:
    """Return the pack as two, cut between pieces near its middle; a pack of one piece stays as it is."""
    if len(whole.pieces) < 2:
        return [whole]
    cut = min(range(1, len(whole.pieces)), key=lambda i: abs(whole.pieces[i].at - whole.seconds / 2))
    first, second = whole.pieces[:cut], whole.pieces[cut:]
    return [Pack(first), Pack(tuple(Piece(piece.span, piece.at - second[0].at) for piece in second))]


def _split(span: Span, longest: float) -> list[Span]:
    count = int(-(-span.duration // longest))
    step = span.duration / max(1, count)
    return [Span(span.start + i * step, span.start + (i + 1) * step) for i in range(count)]


def _distance(second: float, piece: Piece) -> float:
    return max(piece.at - second, second - (piece.at + piece.span.duration), 0.0)
