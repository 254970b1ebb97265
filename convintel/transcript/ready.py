"""Ready-made transcripts give the same three tables as a recording."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from convintel.errors import NoSpeechError, TranscriptFormatError, UnreadableError
from convintel.foreign import loads
from convintel.settings import Settings
from convintel.tables import frame
from convintel.transcript.formats import Segment, read_json, read_subtitles
from convintel.transcript.formats.segments import interpolated
from convintel.transcript.redact import redact
from convintel.values import Span, merge

MAX_HOURS: Final = 8  # longer than any call, as for recordings
JOIN: Final = 0.3  # seconds between segments of one speaker that count as one stretch of speech


def read_transcript(call_id: str, path: Path, settings: Settings) -> dict[str, pl.DataFrame]:
    """Return the tables `audio`, `words` and `speech` of a ready-made transcript; a track is a speaker's label.

    Raises:
        TranscriptFormatError: the file is in no known format.
        UnreadableError: the file is missing or cannot be read now.
        NoSpeechError: nothing is said in it.
    """
    kind, segments = _read(path)
    segments = [segment for segment in segments if segment.text]
    if not segments:
        raise NoSpeechError("no words in the transcript", where=path, remedy="export it again")
    segments.sort(key=lambda segment: (segment.span, segment.speaker))
    words = [row for segment in segments for row in _word_rows(segment)]
    words.sort(key=lambda row: (row["start"], row["end"]))
    redactions = redact(words) if settings.privacy.redact else 0
    return {
        "audio": frame("audio", [_audio_row(call_id, kind, segments, words, redactions)]),
        "words": frame("words", [{"call_id": call_id, **row} for row in words]),
        "speech": frame("speech", _speech_rows(call_id, segments)),
    }


def _read(path: Path) -> tuple[str, list[Segment]]:
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() in (".vtt", ".srt"):
            kind, segments = path.suffix.lower().lstrip("."), read_subtitles(text)
        else:
            kind, segments = read_json(loads(text))
    except OSError as error:
        remedy = "check that it is there and may be read"
        raise UnreadableError(f"the file cannot be read: {error.strerror}", where=path, remedy=remedy) from error
    except (ValueError, OverflowError, RecursionError) as error:
        remedy = "give WebVTT, SRT, Gong, WhisperX or plain JSON"
        raise TranscriptFormatError(f"cannot be read: {error}", where=path, remedy=remedy) from error
    if any(not _usable(segment.span) for segment in segments):
        what = f"a time is negative, runs backwards or lies after {MAX_HOURS} hours"
        raise TranscriptFormatError(what, where=path, remedy="export it again")
    return kind, segments


def _usable(span: Span) -> bool:
    return math.isfinite(span.start) and math.isfinite(span.end) and 0 <= span.start <= span.end <= MAX_HOURS * 3600


def _word_rows(segment: Segment) -> list[dict[str, Any]]:
    return [
        {
            "start": round(span.start, 3),
            "end": round(span.end, 3),
            "text": text,
            "probability": probability,
            "track": segment.speaker,
        }
        for span, text, probability in interpolated(segment)
    ]


def _speech_rows(call_id: str, segments: Sequence[Segment]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for speaker in sorted({segment.speaker for segment in segments}):
        for span in merge((segment.span for segment in segments if segment.speaker == speaker), gap=JOIN):
            rows.append(
                {"call_id": call_id, "start": round(span.start, 3), "end": round(span.end, 3), "track": speaker}
            )
    return rows


def _audio_row(
    call_id: str, kind: str, segments: Sequence[Segment], words: Sequence[dict[str, Any]], redactions: int
) -> dict[str, object]:
    known = [row["probability"] for row in words if row["probability"] is not None]
    return {
        "call_id": call_id,
        "seconds": round(max(segment.span.end for segment in segments), 3),
        "bad_packets": 0,
        "gap_seconds": 0.0,
        "channels": 0,
        "sample_rate": 0,
        "codec": kind,
        "layout": "transcript",
        "layout_note": "",
        "word_timing": "measured" if all(segment.words for segment in segments) else "interpolated",
        "mean_probability": round(math.fsum(known) / len(known), 4) if known else None,
        "dropped_packs": 0,
        "redactions": redactions,
        "model": kind,
    }
