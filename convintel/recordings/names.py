"""What the name of a file and its folders say, by the patterns of the settings and of common recorders."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from convintel.recordings.fields import FieldError, stamp
from convintel.settings import Recordings

_DAY: Final = r"(?P<date>\d{4}[-_.]?\d{2}[-_.]?\d{2})"
_HOUR: Final = r"(?P<time>\d{2}[-_.]?\d{2}(?:[-_.]?\d{2})?)"
BUILT_IN: Final = (
    # Zoom cloud and Contact Center: GMT20241028-150000_Recording
    r"^GMT(?P<date>\d{8})-(?P<time>\d{6})(?P<utc>)_",
    # Teams, newer: Subject-20261027_150512UTC-Meeting Recording; older without UTC, in the clock of the organiser
    r"^(?P<title>.+)-(?P<date>\d{8})_(?P<time>\d{6})(?:(?P<utc>UTC))?-Meeting (?:Recording|Transcript)",
    # AWS Post-Call-Analytics: Auto0_GUID_000_AGENT_ChrisL_DT_2026-10-27T09-30-00
    r"_AGENT_(?P<rep>[^_]+)_DT_(?P<date>\d{4}-\d{2}-\d{2})T(?P<time>\d{2}-\d{2}-\d{2})",
    # many recorders: 2026-10-27 09-30-00 Acme
    rf"^{_DAY}[ T_]{_HOUR}(?![\d])",
)
# Zoom's local recordings: 2026-10-27 09.30.00 Jane's Zoom Meeting 98796876/audio98796876.m4a
FOLDER: Final = (rf"^{_DAY}[ T_]{_HOUR}(?![\d])(?: (?P<title>.+?)(?: \d{{9,11}})?)?$",)
_RENAMED: Final = {"customer": "customer_name", "rep": "rep"}


def from_name(relative: str, settings: Recordings) -> dict[str, str]:
    """Return the fields that the file name gives; the settings' patterns come first and the first match wins.

    Raises:
        FieldError: a pattern matched but its date and time are none.
    """
    return _match(PurePosixPath(relative).stem, (*settings.name_patterns, *BUILT_IN))


def from_folders(relative: str, _: Recordings) -> dict[str, str]:
    """Return time and title from the nearest folder that is named like a local Zoom recording.

    Raises:
        FieldError: the folder is named so, but its date and time are none.
    """
    for folder in reversed(PurePosixPath(relative).parts[:-1]):
        told = _match(folder, FOLDER)
        if told:
            return told
    return {}


def plain(written: str) -> str:
    """Return a path as people write it in a table in the form of `Found.relative`, for comparing."""
    path = unicodedata.normalize("NFC", written.strip()).replace("\\", "/")
    return path.removeprefix("./").removeprefix("inbox/")


def folder_names(relative: str) -> tuple[str, ...]:
    """Return the folders' names, nearest first: one may be a rep's."""
    return tuple(reversed(PurePosixPath(relative).parts[:-1]))


def _match(name: str, patterns: tuple[str, ...]) -> dict[str, str]:
    for pattern in patterns:
        match = re.search(pattern, name)
        if match:
            return _told(match)
    return {}


def _told(match: re.Match[str]) -> dict[str, str]:
    groups = match.groupdict()
    told = {
        _RENAMED.get(key, key): value for key, value in groups.items() if value and key not in ("date", "time", "utc")
    }
    if groups.get("date"):
        told["started_at"] = stamp(groups["date"], groups.get("time"), utc=groups.get("utc") is not None)
    elif groups.get("time"):
        raise FieldError("the file's name gives a time without a date", "add a date group to the name pattern")
    return told
