"""What is doubtful about a call's recording and transcript, in words for its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from convintel.language import count, say

WHOLE: Final = 0.98
"""Share of the length that a file promises below which it counts as cut off."""


def lost_audio(audio: Mapping[str, Any]) -> str:
    """Return what was lost in decoding (a row of `audio`), or an empty text."""
    parts = []
    if audio["bad_packets"] or audio["gap_seconds"]:
        pieces = count(audio["bad_packets"], "damaged_piece")
        parts.append(say("doubts.damaged", pieces=pieces, seconds=f"{audio['gap_seconds']:.1f}"))
    if cut_off(audio):
        parts.append(say("doubts.cut_off", there=f"{audio['seconds']:.0f}", of=f"{audio['expected_seconds']:.0f}"))
    return "; ".join(parts)


def cut_off(audio: Mapping[str, Any]) -> bool:
    """Tell whether much less is there than the file promises."""
    return audio["expected_seconds"] is not None and audio["seconds"] < WHOLE * audio["expected_seconds"]


def doubts(role: Mapping[str, Any] | None, audio: Mapping[str, Any] | None) -> list[str]:
    """Return the notes of a call from its rows of `roles` and `audio`: who said what, lost sound, lost words."""
    said = role["split_note"] if role else ""
    notes = [said]
    if audio:
        notes += [
            "" if audio["layout_note"] in said else audio["layout_note"],
            lost_audio(audio),
            say("doubts.dropped", n=n) if (n := audio["dropped_packs"]) else "",
            say("doubts.masked", n=n) if (n := audio["redactions"]) else "",
        ]
    return [note for note in notes if note]
