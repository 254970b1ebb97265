"""Turns: who had the floor, in which role, and what talk time is counted from.

Two checked channels or a ready-made transcript say who speaks; one channel is split by voices. Then the rep is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from convintel import models
from convintel.recordings.track import mix
from convintel.store import content_key
from convintel.tables import frame
from convintel.turns import floor
from convintel.turns.assign import assign
from convintel.turns.reps import Teacher, centre, learn, recognise, recurring, teachers, teachers_of, voice_key
from convintel.turns.roles import Decision, decide
from convintel.turns.voices import Voices, diarize
from convintel.values import Span, total

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convintel.recordings.audio import Audio
    from convintel.recordings.roster import Rep
    from convintel.settings import Settings

    Floats = NDArray[np.float32]

__all__ = [
    "Teacher",
    "Voices",
    "build_turns",
    "diarize",
    "learn",
    "recurring",
    "teachers",
    "teachers_of",
    "turns_key",
    "voice_key",
]

VERSION = 3
"""Raise when the same input gives other turns, talk or roles."""
TWO_PARTIES = ("inbound", "outbound")
"""Directions of a telephone call; a meeting may have more than two."""
DISAGREE = 0.07
"""Difference of talk share by voices and by words from which the split is doubted."""


@dataclass(frozen=True)
class Parties:
    """How a call was split among speakers: the speaker of each word, where each speaks, and doubts."""

    split: Literal["channels", "transcript", "diarization"]
    speakers: list[str]
    talk: dict[str, list[Span]]
    note: str
    voices: dict[str, Floats] | None = None  # where diarization told the speakers apart


def build_turns(
    call: Mapping[str, Any],
    transcript: Mapping[str, pl.DataFrame],
    *,
    load_audio: Callable[[], Audio],
    reps: Sequence[Rep],
    corrections: Mapping[str, str],
    settings: Settings,
    parties: int | None = None,
    load_voices: Callable[[], Mapping[str, Floats]] = dict,
) -> dict[str, pl.DataFrame]:
    """Return the tables `turns`, `talk` and `roles` of a call.

    Args:
        call: a row of `calls`.
        transcript: the tables `audio`, `words` and `speech`.
        load_audio: decodes the recording; called for one channel only.
        reps: the roster.
        corrections: call_id -> verdict ("swap").
        settings: of the workspace.
        parties: how many people speak where one channel has to be split by voices; None = two on a telephone call,
            else counted.
        load_voices: voices of the reps who may be on the call (e-mail -> unit vector); called only when neither a
            channel map nor names say who is the rep.
    """
    call_id = call["call_id"]
    words = transcript["words"].rows(named=True)
    found = _parties(transcript, words, load_audio, parties or (2 if call.get("direction") in TWO_PARTIES else None))
    said = floor.turns(
        words, found.speakers, gap=settings.turns.turn_gap, backchannel=settings.turns.backchannel_seconds
    )
    texts = [(one.speaker, " ".join(one.texts)) for one in said if not one.backchannel]
    decision = decide(
        call,
        texts,
        split=found.split,
        reps=reps,
        correction=corrections.get(call_id),
        settings=settings,
        by_voice=lambda: _by_voice(found, load_audio, load_voices),
    )
    roles = {**dict.fromkeys([*found.talk, *found.speakers], "unknown"), **decision.roles}
    return {
        "turns": frame("turns", [_turn_row(call_id, i, one, roles) for i, one in enumerate(said)]),
        "talk": frame("talk", _talk_rows(call_id, found.talk, roles)),
        "roles": frame("roles", [_roles_row(call_id, found, decision)]),
    }


def turns_key(
    call: Mapping[str, Any],
    transcript_key: str,
    reps: Sequence[Rep],
    corrections: Mapping[str, str],
    settings: Settings,
    teachers: Sequence[Teacher] = (),
) -> str:
    """Return what a call's turns depend on: transcript, the names and maps read, settings, voices and their model."""
    fields = [call.get(name) for name in ("rep_name", "customer_name", "channel_roles", "direction")]
    learnt = [(one.rep, voice_key(one, settings)) for one in teachers]
    roster = [(rep.name, list(rep.aliases)) for rep in reps]
    used = (settings.turns.model_dump(), settings.recordings.channels, settings.company.name)
    verdict = corrections.get(call["call_id"])
    networks = [models.digest(name) for name in ("campplus", "segmentation")]
    return content_key("turns", VERSION, transcript_key, fields, roster, verdict, used, learnt, networks)


def _parties(
    transcript: Mapping[str, pl.DataFrame],
    words: Sequence[Mapping[str, Any]],
    load_audio: Callable[[], Audio],
    count: int | None,
) -> Parties:
    speech = _by_track(transcript["speech"])
    layout = transcript["audio"].item(0, "layout")
    note = transcript["audio"].item(0, "layout_note")
    if layout != "mono":
        split: Literal["channels", "transcript"] = "channels" if layout == "dual" else "transcript"
        return Parties(split, [word["track"] for word in words], speech, note)
    return _from_voices(words, speech["mix"], load_audio(), note, count)


def _from_voices(
    words: Sequence[Mapping[str, Any]], speech: Sequence[Span], audio: Audio, note: str, count: int | None
) -> Parties:
    samples = mix(audio.samples)
    voices = diarize(samples, speech, speakers=count)
    if voices.one:
        voices = diarize(samples, speech, speakers=1)
        doubt = "only one voice could be told apart"
    elif len(voices.spans) == 1:
        doubt = "only one voice could be told apart"
    else:
        doubt = ""
    speakers = assign(words, voices)
    doubt = doubt or _disagreement(words, speakers, voices)
    centres = dict(zip(voices.spans, voices.centres, strict=True))
    return Parties("diarization", speakers, voices.spans, "; ".join(part for part in (note, doubt) if part), centres)


def _by_voice(
    found: Parties, load_audio: Callable[[], Audio], load_voices: Callable[[], Mapping[str, Floats]]
) -> tuple[str, float, float] | None:
    """Who has a rep's voice; channels without a map are listened to as well."""
    if found.split == "transcript" or len(found.talk) < 2 or not (reps := load_voices()):
        return None
    speakers = found.voices
    if speakers is None:
        samples = load_audio().samples
        speakers = {track: centre(samples[int(track)], spans) for track, spans in found.talk.items() if spans}
    return recognise(speakers, reps)


def _disagreement(words: Sequence[Mapping[str, Any]], speakers: Sequence[str], voices: Voices) -> str:
    """A second estimate of talk share from the words' own times; a doubt when the two differ by more than 7 points."""
    by_words = dict.fromkeys(voices.spans, 0.0)
    for word, speaker in zip(words, speakers, strict=True):
        by_words[speaker] += word["end"] - word["start"]
    by_voice = {who: total(spans) for who, spans in voices.spans.items()}
    said, heard = sum(by_words.values()), sum(by_voice.values())
    if not said or not heard:
        return ""
    gap = max(abs(by_words[who] / said - by_voice[who] / heard) for who in by_voice)
    return f"talk share by voices and by words differs by {100 * gap:.0f} points" if gap > DISAGREE else ""


def _by_track(speech: pl.DataFrame) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for row in speech.sort("track", "start", "end").iter_rows(named=True):
        found.setdefault(row["track"], []).append(Span(row["start"], row["end"]))
    return found


def _turn_row(call_id: str, turn: int, one: floor.Said, roles: Mapping[str, str]) -> dict[str, object]:
    probability = one.mean_probability
    return {
        "call_id": call_id,
        "turn": turn,
        "speaker": one.speaker,
        "role": roles[one.speaker],
        "start": one.span.start,
        "end": one.span.end,
        "text": " ".join(one.texts),
        "backchannel": one.backchannel,
        "probability": None if probability is None else round(probability, 4),
    }


def _talk_rows(call_id: str, talk: Mapping[str, Sequence[Span]], roles: Mapping[str, str]) -> list[dict[str, object]]:
    rows = [(span, who) for who, spans in talk.items() for span in spans]
    return [
        {
            "call_id": call_id,
            "speaker": who,
            "role": roles[who],
            "start": round(span.start, 3),
            "end": round(span.end, 3),
        }
        for span, who in sorted(rows)
    ]


def _roles_row(call_id: str, parties: Parties, decision: Decision) -> dict[str, object]:
    return {
        "call_id": call_id,
        "method": decision.method,
        "confidence": decision.confidence,
        "why": decision.why,
        "speakers": len(set(parties.speakers)),
        "split": parties.split,
        "split_note": parties.note,
    }
