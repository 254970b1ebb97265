"""What a container says of itself without being decoded: when it was written, how long it claims to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from convintel.recordings.audio import FORMATS


def creation_time(path: Path) -> str | None:
    """Return the `creation_time` tag of a container or of its first audio stream as text; None if there is none."""
    tags = _header(path, lambda file: [file.metadata, *(stream.metadata for stream in file.streams.audio[:1])])
    return next((str(one["creation_time"]) for one in tags or [] if one.get("creation_time")), None)


def header_seconds(path: Path) -> float:
    """Return the length that the header claims, for planning only; 0.0 if it claims none or cannot be read."""
    microseconds = _header(path, lambda file: file.duration)
    return (microseconds or 0) / 1e6


def _header(path: Path, read: Callable[[Any], Any]) -> Any:
    import av

    try:
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
        with av.open(str(path.absolute()), options=options, metadata_errors="replace") as file:
            return read(file)
    except (av.error.FFmpegError, OSError, ValueError):
        return None
