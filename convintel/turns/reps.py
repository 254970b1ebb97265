"""The rep by voice: learnt from the rep's dual-channel calls, recognised on calls where nothing else says who is who.

A teacher is a call that tells by itself on which channel a rep with consent speaks. Only that channel is turned into
a voice; customers' voices are never kept. A rep's voice is what recurs over the teachers: one whose channel map is
wrong carries another voice and is left out. Measured on ten calls of four reps: a rep in another telephone call 0.89
to 0.96 (cosine), other people 0.51 to 0.81, the same rep over the wider band of a meeting 0.65 to 0.73, which is
therefore not believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from convintel import models
from convintel.store import content_key
from convintel.tables import frame
from convintel.transcript import activity
from convintel.transcript.channels import examine
from convintel.turns.voices import embed, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.recordings.audio import Audio
    from convintel.recordings.roster import Rep
    from convintel.settings import Settings
    from convintel.values import Span

    Floats = NDArray[np.float32]

VERSION: Final = 2
"""Raise when the same recording gives another voice."""
MOST_TEACHERS: Final = 5  # the oldest: so that a rep's later calls do not change the keys of earlier results
LEARN_SECONDS: Final = 90.0  # of speech from one call
LEAST_SECONDS: Final = 10.0
RECURS: Final = 0.8  # cosine from which two calls carry the same voice
KNOWN: Final = 0.85  # cosine from which a speaker is the rep
AHEAD: Final = 0.1  # by so much more than anybody else in the call


@dataclass(frozen=True, slots=True)
class Teacher:
    """A call on which the rep `rep` (e-mail) is known to speak on `channel`."""

    call_id: str
    path: Path
    rep: str
    channel: int


def teachers(
    calls: pl.DataFrame, *, inbox: Path, reps: Sequence[Rep], corrections: Mapping[str, str], settings: Settings
) -> tuple[Teacher, ...]:
    """Return the calls that teach a rep's voice, oldest first; only of reps who agreed to it (`voice_consent`).

    Args:
        calls: schema Calls.
        inbox: where the recordings lie.
        reps: the roster.
        corrections: call_id -> verdict; "swap" turns a call's channel map round.
        settings: of the workspace; its `recordings.channels` count for calls of known reps without a map of their own.
    """
    agreed = {rep.email for rep in reps if rep.voice_consent}
    found = []
    for call in calls.sort("started_at", "call_id", nulls_last=True).iter_rows(named=True):
        told = [part.strip() for part in (call["channel_roles"] or "").split(",")]
        told = told if sorted(told) == ["customer", "rep"] else list(settings.recordings.channels or ())
        if call["kind"] == "recording" and call["rep"] in agreed and sorted(told) == ["customer", "rep"]:
            swapped = corrections.get(call["call_id"]) == "swap"
            channel = told.index("customer" if swapped else "rep")
            found.append(Teacher(call["call_id"], inbox / call["path"], call["rep"], channel))
    return tuple(found)


def teachers_of(call: Mapping[str, Any], known: Sequence[Teacher]) -> tuple[Teacher, ...]:
    """Return the teachers that matter for a call: other calls of its rep, or of every rep when nobody says whose it is.

    None for a ready-made transcript.
    """
    if call["kind"] != "recording":
        return ()
    chosen: list[Teacher] = []
    for one in known:
        same = sum(other.rep == one.rep for other in chosen)
        if one.call_id != call["call_id"] and call["rep"] in (None, one.rep) and same < MOST_TEACHERS:
            chosen.append(one)
    return tuple(chosen)


def voice_key(teacher: Teacher, settings: Settings) -> str:
    """Return what a teacher's voice depends on: recording, channel, voice activity and the models."""
    used = [models.digest(name) for name in ("segmentation", "silero-vad", "campplus")]
    choice = (settings.speech.vad_threshold, settings.speech.confirm_threshold, settings.turns.duplicate_correlation)
    return content_key("voices", VERSION, teacher.call_id, teacher.channel, choice, used)


def learn(teacher: Teacher, audio: Audio, settings: Settings) -> pl.DataFrame:
    """Return the table `voices` of a teacher: one row, none when its channels do not hold or it is short."""
    layout = examine(audio.samples, settings)
    if layout.kind != "dual":
        return frame("voices", [])
    track = str(teacher.channel)
    speech = _first(activity.spans(layout.active[track], audio.seconds), LEARN_SECONDS)
    seconds = sum(span.duration for span in speech)
    if seconds < LEAST_SECONDS:
        return frame("voices", [])
    voice = centre(layout.tracks[track], speech)
    row = {"call_id": teacher.call_id, "seconds": round(seconds, 3), "vector": [float(value) for value in voice]}
    return frame("voices", [row])


def centre(samples: Any, speech: Sequence[Span]) -> Floats:
    """Return the voice of 16 kHz mono samples where `speech` is one person's, float32 [192], unit length."""
    return _unit(embed(samples, windows(speech, len(samples))).sum(axis=0))


def recurring(voices: Mapping[str, Sequence[Floats]]) -> dict[str, Floats]:
    """Return per rep the voice that recurs over the calls, unit length; left out where no two of several agree."""
    found = {}
    for rep, many in sorted(voices.items()):
        stacked = np.stack(many)
        alike = stacked @ stacked.T >= RECURS
        most = alike[int(alike.sum(axis=1).argmax())]
        if most.sum() > len(many) / 2:
            found[rep] = _unit(stacked[most].sum(axis=0))
    return found


def recognise(speakers: Mapping[str, Floats], reps: Mapping[str, Floats]) -> tuple[str, float, float] | None:
    """Return (speaker, cosine, lead over the next speaker) of who has a rep's voice; None when nobody surely has.

    Args:
        speakers: voice of each speaker of the call, unit length.
        reps: voices of the reps who may be on it.
    """
    near = {who: max((float(voice @ rep) for rep in reps.values()), default=-1.0) for who, voice in speakers.items()}
    ranked = sorted(near, key=lambda who: (-near[who], who))
    if len(ranked) < 2:
        return None
    lead = near[ranked[0]] - near[ranked[1]]
    return (ranked[0], near[ranked[0]], lead) if near[ranked[0]] >= KNOWN and lead >= AHEAD else None


def _first(speech: Sequence[Span], seconds: float) -> list[Span]:
    kept: list[Span] = []
    for span in speech:
        if sum(one.duration for one in kept) >= seconds:
            break
        kept.append(span)
    return kept


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
