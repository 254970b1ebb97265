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
from convintel.transcript.recogniser import HeardWord, Recogniser, gpus, load_recogniser
from convintel.transcript.redact import redact
from convintel.transcript.remote import Remote, serve
from convintel.values import Span, merge, overlap, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convintel.recordings.audio import Audio
    from convintel.settings import Settings

__all__ = [
    "HeardWord",
    "Recogniser",
    "Remote",
    "gpus",
    "load_recogniser",
    "read_transcript",
    "serve",
    "transcribe",
    "transcript_key",
]

VERSION = 5
"""Raise when the same input gives other words, times or checks."""
LONGEST_SKIP, LONGEST_WORD = 1.5, 1.0
"""Seconds of speech without a word from which it is read again, and seconds that one word may stand for."""
MARGIN = 0.3
"""Seconds by which word times and voice activity may differ."""
LOST = 3.0
"""Seconds of speech that stay without a word after that from which they are counted as lost (shorter: laughter)."""
PACKS_AT_ONCE = 32
"""Packs whose sound is held as float32 at a time (20 s each): that of hours of speech would double the memory."""
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
    """Recognise the speech of one track; return its words, and how many packs or stretches stayed without.

    A pack whose words are not trusted is read again in two, carefully; then so is all speech that got no word.
    """
    packs = pack(spans, seconds=seconds, longest=settings.speech.pack_seconds)
    heard: list[list[dict[str, object]]] = []
    bad: list[Span] = []
    doubted: list[Pack] = []
    for whole, words in zip(packs, _read(layout, track, packs, recogniser, settings, careful=False), strict=True):
        if words is None:
            doubted += halves(whole)
        else:
            heard.append(words)
    for half, words in zip(doubted, _read(layout, track, doubted, recogniser, settings, careful=True), strict=True):
        heard.append(words or [])
        bad += [half.pieces[0].span | half.pieces[-1].span] if words is None else []
    found = [word for words in heard for word in words]
    missing = [span for span in unheard(spans, found) if not any(span & one for one in bad)]
    again = pack(missing, seconds=seconds, longest=settings.speech.pack_seconds)
    for words in _read(layout, track, again, recogniser, settings, careful=True):
        found += [word for word in words or [] if _falls_in(word, missing)]
    lost = [span for span in unheard(missing, found) if span.duration > LOST]
    return found, len(bad) + len(lost)


def unheard(speech: Sequence[Span], words: Sequence[Mapping[str, object]]) -> list[Span]:
    """Return the stretches of speech without a word for longer than 1.5 s: the recogniser may leave a sentence out.

    A word counts for at most one second, since left-out speech also shows as one very long word.
    """
    starts = [(float(str(word["start"])), float(str(word["end"]))) for word in words]
    heard = merge((Span(start, max(start + 0.1, min(end, start + LONGEST_WORD))) for start, end in starts), gap=MARGIN)
    edges = [Span(-math.inf, -math.inf), *heard, Span(math.inf, math.inf)]
    gaps = [Span(one.end, other.start) for one, other in pairwise(edges)]
    return [part for part in overlap(list(speech), gaps) if part.duration > LONGEST_SKIP]


def _falls_in(word: Mapping[str, object], spans: Sequence[Span]) -> bool:
    middle = (float(str(word["start"])) + float(str(word["end"]))) / 2
    return any(span.start - MARGIN <= middle <= span.end + MARGIN for span in spans)


def _read(
    layout: Layout, track: str, packs: Sequence[Pack], recogniser: Recogniser, settings: Settings, *, careful: bool
) -> list[list[dict[str, object]] | None]:
    read: list[list[HeardWord] | None] = []
    for at in range(0, len(packs), PACKS_AT_ONCE):
        part = packs[at : at + PACKS_AT_ONCE]
        read += recogniser.transcribe(
            [one.cut(layout.tracks[track]) for one in part],
            speech_seconds=[one.speech_seconds for one in part],
            vocabulary=settings.company.vocabulary,
            several=layout.kind == "mono",
            careful=careful,
        )
    return [
        None if words is None else [_word_row(word, one.true_span(word.span), track) for word in words]
        for one, words in zip(packs, read, strict=True)
    ]


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
