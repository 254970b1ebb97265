"""Find the recordings in the inbox, say what is known about each call, and decode them."""

from __future__ import annotations

from convintel.recordings.audio import Audio, decode

__all__ = ["Audio", "decode"]
