"""Transcript: who speaks when on each channel, and the words, with times and probabilities.

Voice activity is found once per channel and serves both recognition and talk time. Ready-made transcripts come in by
`read_transcript` and give the same tables.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from convintel import models
from convintel.errors import NoSpeechError
from convintel.store import content_key
from convintel.tables import frame
from convintel.transcript import activity
from convintel.transcript.channels import Layout, examine
from convintel.transcript.packs import Pack, halves, pack
from convintel.transcript.ready import read_transcript
from convintel.transcript.recogniser import HeardWord, Recogniser, load_recogniser
from convintel.transcript.redact import redact
from convintel.values import Span, merge, overlap, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convintel.recordings.audio import Audio
    from convintel.settings import Settings

__all__ = ["HeardWord", "Recogniser", "load_recogniser", "read_transcript", "transcribe", "transcript_key"]

VERSION = 1
"""Raise when the same input gives other words, times or checks."""
LONGEST_SKIP, LONGEST_WORD = 1.5, 1.0
"""Seconds of speech without a word from which a pack is read again; a word counts for at most one second, since skipped
speech shows as one very long word."""
SPARSE_SECONDS, SPARSE_RATE = 8.0, 1.2
"""Words a second (conversation has 2 to 4) below which a pack of so many seconds of speech is read again."""
LEAST_SPEECH = 0.3
"""Seconds of speech in a whole recording below which nobody is taken to speak."""


def transcribe(call_id: str, audio: Audio, recogniser: Recogniser, settings: Settings) -> dict[str, pl.DataFrame]:
    """Return the tables `audio`, `words` and `speech` of a decoded recording.

    Raises:
        NoSpeechError: there is no speech in it, or none that gives a trusted word.
    """
    layout = examine(audio.samples, settings)
    speech = {track: activity.spans(active, audio.seconds) for track, active in layout.active.items()}
    if sum(total(spans) for spans in speech.values()) < LEAST_SPEECH:
        raise NoSpeechError("nobody speaks in it", where=call_id, remedy="listen to the file; remove it if it is empty")
    words: list[dict[str, object]] = []
    dropped = 0
    for track, spans in speech.items():
        heard, bad = _hear(layout, track, spans, audio.seconds, recogniser, settings)
        words += heard
        dropped += bad
    if not words:
        raise NoSpeechError("no words could be recognised in it", where=call_id, remedy="listen to the file")
    redactions = redact(words) if settings.privacy.redact else 0
    words.sort(key=lambda word: (word["start"], word["end"], word["track"]))
    return {
        "audio": frame("audio", [_audio_row(call_id, audio, layout, words, dropped, redactions, recogniser.name)]),
        "words": frame("words", [{"call_id": call_id, **word} for word in words]),
        "speech": frame(
            "speech", [row for track, spans in speech.items() for row in _speech_rows(call_id, track, spans)]
        ),
    }


def transcript_key(call_id: str, kind: str, settings: Settings) -> str:
    """Return what a call's transcript depends on: content, stage version, the settings read and the models' digests.

    Args:
        call_id: names the recording's bytes.
        kind: "recording" or "transcript" (ready-made: only redaction is a choice).
        settings: of the workspace.
    """
    if kind == "transcript":
        return content_key("transcript", VERSION, call_id, kind, settings.privacy.redact)
    speech: Mapping[str, object] = settings.speech.model_dump()
    company = (settings.company.language, settings.company.vocabulary)
    used = [models.digest(name) for name in (settings.speech.model, "silero-vad", "segmentation")]
    choice = (settings.privacy.redact, settings.turns.duplicate_correlation)
    return content_key("transcript", VERSION, call_id, kind, speech, company, choice, used)


def _hear(
    layout: Layout, track: str, spans: list[Span], seconds: float, recogniser: Recogniser, settings: Settings
) -> tuple[list[dict[str, object]], int]:
    """Recognise the speech of one track; a pack whose words are not trusted is read again in two, carefully."""
    words: list[dict[str, object]] = []
    dropped = 0
    for whole in pack(spans, seconds=seconds, longest=settings.speech.pack_seconds):
        heard = _read(layout, track, whole, recogniser, settings, careful=False)
        if heard is not None and not _skipped(whole, heard):
            words += heard
            continue
        parts = [_read(layout, track, half, recogniser, settings, careful=True) for half in halves(whole)]
        again = [word for part in parts for word in part or []]
        if heard is not None and len(again) <= len(heard):  # looking closer found no more: it was noise, or slow speech
            words += heard
            continue
        dropped += sum(part is None for part in parts)
        words += again
    return words, dropped


def _skipped(whole: Pack, words: Sequence[Mapping[str, object]]) -> bool:
    """Tell whether the recogniser seems to have left speech out: it may stop in the middle of a pack without a sign."""
    if whole.speech_seconds >= SPARSE_SECONDS and len(words) < SPARSE_RATE * whole.speech_seconds:
        return True
    starts = [(float(str(word["start"])), float(str(word["end"]))) for word in words]
    heard = merge(Span(start, min(end, start + LONGEST_WORD)) for start, end in starts)
    gaps = [piece.span for piece in whole.pieces if not overlap([piece.span], heard)]
    gaps += [gap & piece.span for one, other in pairwise(heard) for gap in [one ^ other] for piece in whole.pieces]
    if any(gap.duration > LONGEST_SKIP for gap in gaps):
        return True
    near = merge(heard, gap=LONGEST_SKIP / 3)
    return any(piece.span.duration - total(overlap([piece.span], near)) > 2 * LONGEST_SKIP for piece in whole.pieces)


def _read(
    layout: Layout, track: str, one: Pack, recogniser: Recogniser, settings: Settings, *, careful: bool
) -> list[dict[str, object]] | None:
    sound = one.cut(layout.tracks[track])
    vocabulary = settings.company.vocabulary
    heard = recogniser.transcribe(sound, speech_seconds=one.speech_seconds, vocabulary=vocabulary, careful=careful)
    return None if heard is None else [_word_row(word, one.true_span(word.span), track) for word in heard]


def _word_row(word: HeardWord, span: Span, track: str) -> dict[str, object]:
    return {
        "start": round(span.start, 3),
        "end": round(span.end, 3),
        "text": word.text,
        "probability": round(word.probability, 4),
        "track": track,
    }


def _speech_rows(call_id: str, track: str, spans: list[Span]) -> list[dict[str, object]]:
    return [{"call_id": call_id, "start": round(s.start, 3), "end": round(s.end, 3), "track": track} for s in spans]


def _audio_row(
    call_id: str,
    audio: Audio,
    layout: Layout,
    words: list[dict[str, object]],
    dropped: int,
    redactions: int,
    model: str,
) -> dict[str, object]:
    known = [float(str(word["probability"])) for word in words]
    return {
        "call_id": call_id,
        "seconds": round(audio.seconds, 3),
        "expected_seconds": audio.expected_seconds,
        "bad_packets": audio.bad_packets,
        "gap_seconds": audio.gap_seconds,
        "channels": audio.channels,
        "sample_rate": audio.sample_rate,
        "codec": audio.codec,
        "layout": layout.kind,
        "layout_note": layout.note,
        "word_timing": "measured",
        "mean_probability": round(math.fsum(known) / len(known), 4),
        "dropped_packs": dropped,
        "redactions": redactions,
        "model": model,
    }
