"""JSON transcripts: Gong's calls, WhisperX's segments, and a plain list of turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convintel.transcript.formats.segments import Segment
from convintel.transcript.formats.subtitles import UNKNOWN_SPEAKER
from convintel.values import Span


def read_json(content: Any) -> tuple[str, list[Segment]]:
    """Return the format's name and the segments.

    Raises:
        ValueError: the shape is none of the three, or a time or text is missing.
    """
    try:
        return _read(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a field is missing or of the wrong kind: {error}") from error


def _read(content: Any) -> tuple[str, list[Segment]]:
    if isinstance(content, list):
        return "plain json", [_turn(item) for item in content]
    if "transcript" in content and isinstance(content["transcript"], list):
        return "gong", _gong(content)
    if "segments" in content:
        return "whisperx", [_whisperx(item) for item in content["segments"] if str(item["text"]).strip()]
    if "turns" in content:
        return "plain json", [_turn(item) for item in content["turns"]]
    raise ValueError("no 'transcript' (Gong), 'segments' (WhisperX) or 'turns' (plain JSON) in it")


def _turn(item: Mapping[str, Any]) -> Segment:
    label = str(item.get("role") or item.get("speaker") or UNKNOWN_SPEAKER)
    return Segment(Span(float(item["start"]), float(item["end"])), label, " ".join(str(item["text"]).split()))


def _whisperx(item: Mapping[str, Any]) -> Segment:
    """Words without a time (numbers, mostly) get the gap between their neighbours."""
    words = item.get("words") or []
    span = Span(float(item["start"]), float(item["end"]))
    speaker = str(item.get("speaker") or _majority(words))
    timed = tuple(_timed(words, span)) if any("start" in word for word in words) else ()
    return Segment(span, speaker, " ".join(str(item["text"]).split()), timed)


def _timed(words: Sequence[Mapping[str, Any]], span: Span) -> list[tuple[Span, str, float | None]]:
    found: list[tuple[Span, str, float | None]] = []
    for i, word in enumerate(words):
        before = found[-1][0].end if found else span.start
        later = next((float(other["start"]) for other in words[i + 1 :] if "start" in other), span.end)
        start = float(word["start"]) if "start" in word else before
        end = float(word["end"]) if "end" in word else max(start, later)
        score = word.get("score")
        if text := str(word["word"]).strip():
            found.append(
                (Span(start, max(start, end)), text, None if score is None else min(1.0, max(0.0, float(score))))
            )
    return found


def _majority(words: Sequence[Mapping[str, Any]]) -> str:
    said = [str(word["speaker"]) for word in words if word.get("speaker")]
    return max(sorted(set(said)), key=said.count) if said else UNKNOWN_SPEAKER


def _gong(content: Mapping[str, Any]) -> list[Segment]:
    labels = _parties(content)
    rows = [
        (
            float(sentence["start"]),
            float(sentence["end"]),
            labels.get(str(part["speakerId"]), str(part["speakerId"])),
            sentence["text"],
        )
        for part in content["transcript"]
        for sentence in part["sentences"]
    ]
    scale = _seconds_per_unit([end for _, end, _, _ in rows], (content.get("metaData") or {}).get("duration"))
    return [
        Segment(Span(a * scale, b * scale), who, " ".join(str(text).split()))
        for a, b, who, text in rows
        if str(text).strip()
    ]


def _parties(content: Mapping[str, Any]) -> dict[str, str]:
    """Label each speaker; Gong knows who works for the seller, and whose call it is when several do."""
    meta = content.get("metaData") or {}
    primary = str(meta.get("primaryUserId") or "")
    parties = [party for party in content.get("parties") or [] if party.get("speakerId")]
    inside = [party for party in parties if party.get("affiliation") == "Internal"]
    ours = [
        party for party in inside if primary in (str(party["speakerId"]), str(party.get("userId") or "")) and primary
    ] or inside[:1]
    labels = {}
    for party in parties:
        name = str(party.get("name") or party["speakerId"])
        side = "rep" if party in ours else "customer" if party.get("affiliation") == "External" else ""
        labels[str(party["speakerId"])] = f"{side}: {name}" if side else name
    return labels


def _seconds_per_unit(ends: Sequence[float], duration: object) -> float:
    """Gong's interface gives milliseconds, copies of it seconds: compare with the call's length, else with a day."""
    if not ends:
        return 1.0
    longest = max(ends)
    if isinstance(duration, int | float) and duration > 0:
        return 0.001 if longest > 5 * duration else 1.0
    return 0.001 if longest > 20000 else 1.0
