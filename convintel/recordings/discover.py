"""Find recordings and ready-made transcripts in the inbox; nothing is written there and no link leads out of it."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

Kind = Literal["recording", "transcript"]

RECORDING_SUFFIXES: Final = frozenset(
    [
        ".wav",
        ".mp3",
        ".m4a",
        ".aac",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".wma",
        ".amr",
        ".gsm",
        ".aif",
        ".aiff",
        ".au",
        ".caf",
        ".mka",
        ".w64",
        ".wv",
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".webm",
        ".avi",
        ".wmv",
        ".asf",
        ".3gp",
        ".mpg",
        ".mpeg",
        ".ts",
        ".flv",
    ]
)
TEXT_SUFFIXES: Final = (".vtt", ".srt", ".json")  # in this order when one call comes in several
SILENT_SUFFIXES: Final = frozenset([".txt", ".rttm", ".md", ".csv", ".log", ".ini", ".db", ".pdf", ".png", ".jpg"])
UNFINISHED_SUFFIXES: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", "~")
TRANSCRIPT_KEYS: Final = ("turns", "transcript", "segments", "callTranscripts")


@dataclass(frozen=True, slots=True)
class Found:
    """A file to be processed: `relative` is its path from the inbox with forward slashes."""

    path: Path
    relative: str
    kind: Kind
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Note:
    """Why a file of the inbox is not taken: an `Unused` row with `relative` in place of its source."""

    relative: str
    what: str
    remedy: str
    severity: Literal["set aside", "note"]


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in an inbox: files to process, and notes about those left out; both sorted by path."""

    found: tuple[Found, ...]
    notes: tuple[Note, ...]


def discover(inbox: Path) -> list[Found]:
    """Return recordings and ready-made transcripts below `inbox`, sorted by relative path."""
    return list(scan(inbox).found)


def scan(inbox: Path) -> Scan:
    """Return what lies below `inbox`; hidden, temporary and half-copied files are skipped without a note."""
    if not inbox.is_dir():
        return Scan((), ())
    root = inbox.resolve()
    files: dict[str, Path] = {}
    notes: list[Note] = []
    for path in _walk(inbox, notes):
        relative = path.relative_to(inbox).as_posix()
        trouble = _trouble(path, relative, root)
        if trouble is None:
            files[relative] = path
        else:
            notes.append(trouble)
    families = _families(files)
    found = [entry for entry in (_classify(path, name, families, notes) for name, path in files.items()) if entry]
    return Scan(
        tuple(sorted(found, key=lambda one: one.relative)),
        tuple(sorted(notes, key=lambda one: (one.relative, one.what))),
    )


def stem(relative: str) -> str:
    """Return what a recording, its sidecar and its transcript share: the path without suffix and Zoom's `.transcript`.

    >>> stem("w44/GMT20261028-150000_Recording.transcript.vtt")
    'w44/GMT20261028-150000_Recording'
    """
    path = PurePosixPath(unicodedata.normalize("NFC", relative)).with_suffix("")
    return str(path.with_suffix("") if path.suffix.lower() == ".transcript" else path)


def read_json(path: Path) -> Any:
    """Return the content of a JSON file, with or without a byte order mark.

    Raises:
        ValueError: it is not JSON in UTF-8; the message says where it breaks.
        OSError: it cannot be read.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_transcript(content: Any) -> bool:
    """Tell whether a JSON document holds what was said, not only facts about a call."""
    return isinstance(content, Mapping) and any(isinstance(content.get(key), list) for key in TRANSCRIPT_KEYS)


def _walk(inbox: Path, notes: list[Note]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        place = Path(error.filename).relative_to(inbox).as_posix() if error.filename else "."
        notes.append(Note(place, f"the folder cannot be read: {error.strerror}", "check its permissions", "set aside"))

    for folder, folders, names in os.walk(inbox, onerror=unreadable):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _passing(name) and name not in links)
        yield from (Path(folder) / name for name in sorted(links + names) if not _passing(name))


def _passing(name: str) -> bool:
    return name.startswith((".", "~")) or name == "__MACOSX" or name.lower().endswith(UNFINISHED_SUFFIXES)


def _trouble(path: Path, relative: str, root: Path) -> Note | None:
    """Return why a file must not be touched; None if it may."""
    try:
        relative.encode()
    except UnicodeEncodeError:
        shown = relative.encode("utf-8", "backslashreplace").decode()
        return Note(shown, "the file's name is not valid UTF-8", "rename it", "set aside")
    if path.is_symlink():
        try:
            target = path.resolve()
        except (OSError, RuntimeError):  # what pathlib says of a loop depends on its version
            return Note(relative, "a link that leads back to itself", "copy the file", "set aside")
        if not target.is_relative_to(root):
            return Note(relative, "a link that leads out of the inbox is not followed", "copy the file", "set aside")
        if target.is_dir():
            return Note(relative, "a link to a folder of the inbox, read there", "nothing", "note")
    if not path.is_file():
        return Note(relative, "not a regular file, or a link to nothing", "copy the file again", "set aside")
    return None


def _classify(path: Path, relative: str, families: Mapping[str, list[str]], notes: list[Note]) -> Found | None:
    suffix = path.suffix.lower()
    if suffix in RECORDING_SUFFIXES:
        return _found(path, relative, "recording")
    if relative.lower().endswith(".reference.json") or suffix in SILENT_SUFFIXES:
        return None
    if suffix not in TEXT_SUFFIXES:
        notes.append(Note(relative, f"'{suffix or path.name}' is not a kind of file that is read", "remove it", "note"))
        return None
    beside = [name for name in families[stem(relative)] if name != relative]
    if suffix == ".json":
        return _classify_json(path, relative, beside, notes)
    better = [name for name in beside if _rank(name) < _rank(relative)]
    if better:
        notes.append(Note(relative, f"belongs to {min(better, key=_rank)}, which is used", "nothing", "note"))
        return None
    return _found(path, relative, "transcript")


def _classify_json(path: Path, relative: str, beside: list[str], notes: list[Note]) -> Found | None:
    if any(_rank(name) < _rank("x.json") for name in beside):
        return None  # its sidecar; `describe` reads it
    try:
        content = read_json(path)
    except (ValueError, OSError) as error:
        notes.append(Note(relative, f"not JSON: {error}", "export it again", "set aside"))
        return None
    if is_transcript(content):
        return _found(path, relative, "transcript")
    what = "facts about a call, but neither a recording nor a transcript of this name"
    notes.append(Note(relative, what, "give it the name of its recording, with .json", "note"))
    return None


def _families(files: Mapping[str, Path]) -> dict[str, list[str]]:
    """Group files that belong to one call by stem; both "call.json" and "call.mp3.json" belong to "call.mp3"."""
    families: dict[str, list[str]] = {}
    for name in files:
        families.setdefault(stem(name), []).append(name)
        if _rank(name) < _rank("x.json"):
            families.setdefault(unicodedata.normalize("NFC", name), []).append(name)
    return families


def _rank(relative: str) -> int:
    """Return 0 for a recording, then the transcripts' order; a text suffix no recording has comes last."""
    suffix = PurePosixPath(relative).suffix.lower()
    if suffix in RECORDING_SUFFIXES:
        return 0
    return TEXT_SUFFIXES.index(suffix) + 1 if suffix in TEXT_SUFFIXES else len(TEXT_SUFFIXES) + 1


def _found(path: Path, relative: str, kind: Kind) -> Found:
    facts = path.stat()
    return Found(path=path, relative=relative, kind=kind, size=facts.st_size, mtime_ns=facts.st_mtime_ns)
