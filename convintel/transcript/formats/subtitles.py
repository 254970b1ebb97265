"""WebVTT and SRT in and out."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from convintel.transcript.formats.segments import Segment
from convintel.values import Span

if TYPE_CHECKING:
    import polars as pl

_NAMED: Final = re.compile(r"^\s*(?P<name>[^\W\d_][^:<>\n]{0,60}?)\s*:\s+(?P<text>\S.*)$", re.DOTALL)
_SRT_TIME: Final = re.compile(r"(\d{1,2}:\d{2}:\d{2}),(\d{3})")
_NO_TAG: Final = re.compile(r"<(?!/?(b|i|u|font)\b)", re.IGNORECASE)  # the only tags SRT knows
_TAG: Final = re.compile(r"<[^>]*>")
_MOST_NAME_WORDS: Final = 5
UNKNOWN_SPEAKER: Final = "speaker"


def read_subtitles(text: str) -> list[Segment]:
    """Read WebVTT or SRT; the speaker is the cue's voice, a leading "Name:" that recurs, or "speaker".

    Raises:
        ValueError: the text is neither, or has no cue.
    """
    import webvtt

    body = text.lstrip("﻿")
    if not body.startswith("WEBVTT"):
        if not _SRT_TIME.search(body):
            raise ValueError("neither WebVTT (no WEBVTT line) nor SRT (no times)")
        body = "WEBVTT\n\n" + _SRT_TIME.sub(r"\1.\2", _NO_TAG.sub("&lt;", body.replace("&", "&amp;")))
    try:
        captions = list(webvtt.from_string(body.replace("\r\n", "\n")).captions)
    except Exception as error:  # webvtt-py raises many kinds
        raise ValueError(f"not WebVTT: {error}") from error
    if not captions:
        raise ValueError("no cue in it")
    segments = [segment for caption in captions if (segment := _segment(caption))]
    return segments if any(caption.voice for caption in captions) else _named(segments)


def write_webvtt(turns: pl.DataFrame) -> str:
    """Return `turns` as WebVTT with a voice on each cue (the role where known, else the speaker)."""
    cues = ["WEBVTT"]
    for row in _cues(turns):
        text = html.escape(str(row["text"]), quote=False)
        cues.append(f"{_clock(row['start'], '.')} --> {_clock(row['end'], '.')}\n<v {_voice(row)}>{text}</v>")
    return "\n\n".join(cues) + "\n"


def write_srt(turns: pl.DataFrame) -> str:
    """Return `turns` as SRT, each cue beginning with "Name:"."""
    cues = [
        f"{number}\n{_clock(row['start'], ',')} --> {_clock(row['end'], ',')}\n{_voice(row)}: {row['text']}"
        for number, row in enumerate(_cues(turns), start=1)
    ]
    return "\n\n".join(cues) + "\n" if cues else ""


def _segment(caption: Any) -> Segment | None:
    text = " ".join(html.unescape(_TAG.sub("", caption.raw_text)).split())
    span = Span(
        float(caption.start_in_seconds) + _fraction(caption.start),
        float(caption.end_in_seconds) + _fraction(caption.end),
    )
    return Segment(span, html.unescape(caption.voice or UNKNOWN_SPEAKER), text) if text else None


def _fraction(stamp: str) -> float:
    """webvtt-py drops the thousandths of its `*_in_seconds`."""
    return float("0." + stamp.rpartition(".")[2]) if "." in stamp else 0.0


def _named(segments: list[Segment]) -> list[Segment]:
    """Take leading names off, as Zoom writes them; a cue without one goes on with the speaker before.

    "So here's the thing: ..." is no name: one is believed when it is short and at least half of the cues carry one.
    """
    found = [_NAMED.match(segment.text) for segment in segments]
    names = [match["name"] for match in found if match and len(match["name"].split()) <= _MOST_NAME_WORDS]
    if len(names) * 2 < len(segments):
        return segments
    out, speaker, known = [], UNKNOWN_SPEAKER, set(names)
    for segment, match in zip(segments, found, strict=True):
        if match and match["name"] in known:
            speaker = match["name"]
            out.append(Segment(segment.span, speaker, match["text"]))
        else:
            out.append(Segment(segment.span, speaker, segment.text))
    return out


def _cues(turns: pl.DataFrame) -> list[dict[str, Any]]:
    return [row for row in turns.sort("turn").iter_rows(named=True) if row["text"]]


def _voice(row: dict[str, Any]) -> str:
    known = {"rep": "Rep", "customer": "Customer"}
    return known.get(row["role"]) or re.sub(r"[<>&\n]", " ", f"Speaker {row['speaker']}")


def _clock(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}{point}{thousandths:03d}"
