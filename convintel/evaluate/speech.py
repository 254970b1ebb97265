"""Accuracy of recognition and of who spoke when, on recordings with references.

A folder holds NAME.(wav|flac|mp3|m4a|ogg|opus|mp4) with NAME.rttm (who speaks when) and/or NAME.txt (the words said).
jiwer counts word errors and pyannote.metrics diarization errors; both sides of a word error rate are normalised alike.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convintel import transcript, turns
from convintel.errors import MissingExtraError, NoSpeechError, RecordingError, WorkspaceError
from convintel.evaluate import Evaluation
from convintel.evaluate.normalise import normalise
from convintel.recordings.audio import decode
from convintel.recordings.track import mix
from convintel.values import Span, total

if TYPE_CHECKING:
    from convintel.settings import Settings

SUFFIXES: Final = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".mp4")
COLLARS: Final = (0.25, 0.0)


@dataclass(frozen=True)
class Heard:
    """What the stages made of one file."""

    turns: list[dict[str, Any]]
    talk: dict[str, list[Span]]
    seconds: float
    cpu_seconds: float


def evaluate_speech(
    folder: Path, settings: Settings, *, as_mono: bool = False, speakers: int | None = None
) -> Evaluation:
    """Score every recording with a reference in `folder`.

    Args:
        folder: recordings and references, side by side.
        settings: model and thresholds to use.
        as_mono: mix all channels to one first, so that voices must be told apart.
        speakers: how many people speak in each file; None = two, as in a sales call.

    Returns:
        metrics `files`, `wer` (rate and counts), `der` (collar 0.25 s and 0), `talk_share_error` (mean and largest,
        as a share of talk time), `rtf` (CPU-seconds per second of sound), `by_file`, `failed`; one prediction for
        each turn.

    Raises:
        WorkspaceError: no recording with a reference in the folder.
        MissingExtraError: jiwer or pyannote.metrics is not installed.
        ModelError: a model is missing.
    """
    _require_extra()
    files = _files(folder)
    if not files:
        remedy = "put NAME.rttm or NAME.txt beside NAME.wav"
        raise WorkspaceError("no recording with a reference here", where=folder, remedy=remedy)
    recogniser = transcript.load_recogniser(settings)
    by_file: dict[str, dict[str, Any]] = {}
    predictions: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for path in files:
        try:
            heard = _hear(path, recogniser, settings, as_mono=as_mono, speakers=speakers)
        except RecordingError as error:
            failed[path.name] = error.what
            continue
        by_file[path.name] = _score(path, heard)
        predictions += [{"file": path.name, "kind": "turn", **turn} for turn in heard.turns]
    return Evaluation({**_overall(by_file.values()), "failed": failed, "by_file": by_file}, predictions)


def read_rttm(path: Path) -> dict[str, list[Span]]:
    """Return where each speaker of an RTTM file speaks.

    Raises:
        WorkspaceError: a line is no RTTM.
    """
    found: dict[str, list[Span]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        parts = line.split()
        if not parts or parts[0] != "SPEAKER":
            continue
        try:
            start, duration = float(parts[3]), float(parts[4])
            found.setdefault(parts[7], []).append(Span(start, start + duration))
        except (IndexError, ValueError) as error:
            raise WorkspaceError(f"line {number} is not RTTM", where=path, remedy="see the RTTM format") from error
    return found


def _require_extra() -> None:
    try:
        import jiwer
        import pyannote.metrics  # noqa: F401 - is it there?
    except ImportError as error:
        remedy = "pip install 'convintel[evaluate]'"
        raise MissingExtraError("evaluating speech needs jiwer and pyannote.metrics", remedy=remedy) from error
    del jiwer


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return [path for path in found if _reference(path, ".rttm") or _reference(path, ".txt")]


def _reference(path: Path, suffix: str) -> Path | None:
    """NAME.rttm for NAME.wav; also for NAME.left_agent.wav, as long as only the first part of the name is shared."""
    for stem in (path.stem, path.name.partition(".")[0]):
        if (candidate := path.with_name(stem + suffix)).is_file():
            return candidate
    return None


def _hear(
    path: Path, recogniser: transcript.Recogniser, settings: Settings, *, as_mono: bool, speakers: int | None
) -> Heard:
    began = time.process_time()
    audio = decode(path)
    if as_mono and audio.samples.shape[0] > 1:
        audio = replace(audio, samples=mix(audio.samples)[None, :])
    try:
        heard = transcript.transcribe("0" * 16, audio, recogniser, settings)
    except NoSpeechError:  # everything the reference has is missed
        return Heard([], {}, audio.seconds, time.process_time() - began)
    call = {"call_id": "0" * 16, "rep_name": None, "customer_name": None, "channel_roles": None}
    said = turns.build_turns(
        call, heard, load_audio=lambda: audio, reps=(), corrections={}, settings=settings, parties=speakers or 2
    )
    spent = time.process_time() - began
    talk: dict[str, list[Span]] = {}
    for row in said["talk"].iter_rows(named=True):
        talk.setdefault(row["speaker"], []).append(Span(row["start"], row["end"]))
    rows = said["turns"].select("start", "end", "speaker", "text").rows(named=True)
    return Heard(rows, talk, audio.seconds, spent)


def _score(path: Path, heard: Heard) -> dict[str, Any]:
    scores: dict[str, Any] = {
        "seconds": heard.seconds,
        "cpu_seconds": round(heard.cpu_seconds, 2),
        "speakers": len(heard.talk),
    }
    if text := _reference(path, ".txt"):
        scores["wer"] = word_errors(text.read_text("utf-8"), " ".join(turn["text"] for turn in heard.turns))
    if rttm := _reference(path, ".rttm"):
        scores |= voice_errors(read_rttm(rttm), heard.talk)
    return scores


def word_errors(reference: str, heard: str) -> dict[str, int]:
    """Return counts of hits, substitutions, deletions, insertions and reference words, both sides normalised."""
    import jiwer

    left, right = normalise(reference), normalise(heard)
    if not left:
        return {"hits": 0, "substitutions": 0, "deletions": 0, "insertions": len(right.split()), "words": 0}
    found = jiwer.process_words(left, right)
    return {
        "hits": found.hits,
        "substitutions": found.substitutions,
        "deletions": found.deletions,
        "insertions": found.insertions,
        "words": found.hits + found.substitutions + found.deletions,
    }


def voice_errors(reference: Mapping[str, Sequence[Span]], heard: Mapping[str, Sequence[Span]]) -> dict[str, Any]:
    """Return diarization errors in seconds at each collar (on each side, overlap scored), and the error of talk
    shares.
    """
    from pyannote.core import Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    truth, guess = _annotation(reference), _annotation(heard)
    scored = Timeline([truth.get_timeline().extent() | guess.get_timeline().extent()])
    scores: dict[str, Any] = {"der": {}}
    for collar in COLLARS:
        parts = DiarizationErrorRate(collar=2 * collar)(
            truth, guess, detailed=True, uem=scored
        )  # its collar spans both sides
        names = {
            "missed": "missed detection",
            "false_alarm": "false alarm",
            "confusion": "confusion",
            "speech": "total",
        }
        scores["der"][str(collar)] = {ours: round(float(parts[theirs]), 3) for ours, theirs in names.items()}
    mapping = DiarizationErrorRate().optimal_mapping(truth, guess, uem=scored)
    scores["talk_share_error"] = _share_error(
        reference, {str(mapping.get(who, f"? {who}")): total(s) for who, s in heard.items()}
    )
    return scores


def _share_error(reference: Mapping[str, Sequence[Span]], heard: Mapping[str, float]) -> float:
    """Largest difference of a speaker's share of all talk time."""
    truth = {who: total(spans) for who, spans in reference.items()}
    everyone = set(truth) | set(heard)
    said, found = sum(truth.values()) or 1.0, sum(heard.values()) or 1.0
    return round(
        max((abs(truth.get(who, 0.0) / said - heard.get(who, 0.0) / found) for who in everyone), default=0.0), 4
    )


def _annotation(speakers: Mapping[str, Sequence[Span]]) -> Any:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for who in sorted(speakers):
        for i, span in enumerate(speakers[who]):
            annotation[Segment(span.start, span.end), f"{who} {i}"] = who
    return annotation


def _overall(scores: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Pool counts over files; rates are of the pooled counts, null where no file has that reference."""
    files = list(scores)
    words = [file["wer"] for file in files if "wer" in file]
    voices = [file for file in files if "der" in file]
    counts = {
        name: sum(file[name] for file in words)
        for name in ("hits", "substitutions", "deletions", "insertions", "words")
    }
    errors = counts["substitutions"] + counts["deletions"] + counts["insertions"]
    shares = [file["talk_share_error"] for file in voices]
    seconds = math.fsum(file["seconds"] for file in files)
    return {
        "files": len(files),
        "wer": {"rate": round(errors / counts["words"], 4) if counts["words"] else None, **counts},
        "der": {str(collar): _pooled([file["der"][str(collar)] for file in voices]) for collar in COLLARS},
        "talk_share_error": {
            "mean": round(math.fsum(shares) / len(shares), 4) if shares else None,
            "largest": max(shares, default=None),
        },
        "rtf": round(math.fsum(file["cpu_seconds"] for file in files) / seconds, 4) if seconds else None,
    }


def _pooled(parts: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    sums = {
        name: round(math.fsum(part[name] for part in parts), 3)
        for name in ("missed", "false_alarm", "confusion", "speech")
    }
    wrong = sums["missed"] + sums["false_alarm"] + sums["confusion"]
    return {"rate": round(wrong / sums["speech"], 4) if sums["speech"] else None, **sums}
