"""Transcripts as other tools write them, in and out.

In: WebVTT (voices, or Zoom's "Name: text"), SRT, Gong's JSON, WhisperX's JSON and a plain JSON of turns.
Out: WebVTT, SRT, and JSON in the shape of AWS Post-Call Analytics.
"""

from __future__ import annotations

from convintel.transcript.formats.meetings import read_json
from convintel.transcript.formats.pca import write_pca
from convintel.transcript.formats.segments import Segment
from convintel.transcript.formats.subtitles import read_subtitles, write_srt, write_webvtt

__all__ = ["Segment", "read_json", "read_subtitles", "write_pca", "write_srt", "write_webvtt"]
