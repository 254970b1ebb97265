"""Find the recordings in the inbox, say what is known about each call, and decode them."""

from __future__ import annotations

from convintel.recordings.audio import Audio, decode
from convintel.recordings.describe import Described, describe, without
from convintel.recordings.discover import Found, Note, Scan, discover, scan
from convintel.recordings.roster import FILE_NAME as REPS_FILE
from convintel.recordings.roster import Rep
from convintel.recordings.sources import CALLS_FILE
from convintel.recordings.tags import header_seconds

__all__ = [
    "CALLS_FILE",
    "REPS_FILE",
    "Audio",
    "Described",
    "Found",
    "Note",
    "Rep",
    "Scan",
    "decode",
    "describe",
    "discover",
    "header_seconds",
    "scan",
    "without",
]
