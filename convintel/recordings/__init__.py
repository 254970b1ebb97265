"""Find the recordings in the inbox, say what is known about each call, and decode them."""

from __future__ import annotations

from convintel.recordings.audio import Audio, decode
from convintel.recordings.describe import Described, describe, without
from convintel.recordings.discover import Found, discover
from convintel.recordings.roster import Rep
from convintel.recordings.tags import header_seconds

__all__ = ["Audio", "Described", "Found", "Rep", "decode", "describe", "discover", "header_seconds", "without"]
