"""Find recordings and ready-made transcripts in the inbox; nothing is written there and no link leads out of it.

Each file costs one look at its folder and one at its size and time, since the inbox may be a slow share with years of
calls.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any, Final, Literal

from convintel.foreign import loads
from convintel.recordings import sidecar

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
DONE_SUFFIX: Final = ".done"
"""An empty file of the recording's name with this ending says that the recording is complete."""
TRANSCRIPT_KEYS: Final = ("turns", "transcript", "segments", "callTranscripts")


@dataclass(frozen=True, slots=True)
class Found:
    """A file to be processed.

    Attributes:
        path: where it is.
        relative: its path from the inbox with forward slashes.
        kind: recording, or ready-made transcript.
        size: in bytes.
        mtime_ns: time of change.
        done: somebody says that it is complete, by a file of its name with `.done`.
        beside: JSON files of its name, which may say more about the call; the most trusted first.
        told: what a transcript in JSON says about the call, read already.
    """

    path: Path
    relative: str
    kind: Kind
    size: int
    mtime_ns: int
    done: bool = False
    beside: tuple[str, ...] = ()
    told: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Note:
    """Why a file of the inbox is not taken: an `Unused` row with `relative` in place of its source."""

    relative: str
    what: str
    remedy: str
    severity: Literal["set aside", "note"]


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in an inbox: files to process, and notes about those left out; both sorted by path.

    `marks` gives size and time of change of every file looked at: while they are the same, nothing has changed.
    """

    found: tuple[Found, ...]
    notes: tuple[Note, ...]
    marks: tuple[tuple[str, int, int], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    relative: str
    size: int
    mtime_ns: int


def discover(inbox: Path) -> list[Found]:
    """Return recordings and ready-made transcripts below `inbox`, sorted by relative path."""
    return list(scan(inbox).found)


def scan(inbox: Path) -> Scan:
    """Return what lies below `inbox`; hidden, temporary and half-copied files are skipped without a note."""
    if not inbox.is_dir():
        return Scan((), ())
    files: dict[str, _File] = {}
    notes: list[Note] = []
    done: set[str] = set()
    root = os.path.realpath(inbox)
    for entry, relative in _walk(str(inbox), "", notes):
        if relative.lower().endswith(DONE_SUFFIX):
            done.add(unicodedata.normalize("NFC", relative[: -len(DONE_SUFFIX)]))
            continue
        seen = _look(entry, relative, root)
        if isinstance(seen, Note):
            notes.append(seen)
        elif seen is not None:
            files[relative] = seen
    families = _families(files)
    found = [entry for entry in (_classify(one, families, done, notes) for one in files.values()) if entry]
    return Scan(
        tuple(sorted(found, key=lambda one: one.relative)),
        tuple(sorted(notes, key=lambda one: (one.relative, one.what))),
        tuple((one.relative, one.size, one.mtime_ns) for one in files.values()),
    )


def stem(relative: str) -> str:
    """Return what a recording, its sidecar and its transcript share: the path without suffix and Zoom's `.transcript`.

    >>> stem("w44/GMT20261028-150000_Recording.transcript.vtt")
    'w44/GMT20261028-150000_Recording'
    """
    whole = unicodedata.normalize("NFC", relative)
    name = whole[: len(whole) - len(_suffix(whole))]
    return name[: -len(".transcript")] if _suffix(name).lower() == ".transcript" else name


def read_json(path: Path | str) -> Any:
    """Return the content of a JSON file, with or without a byte order mark.

    Raises:
        ValueError: it is not JSON in UTF-8; the message says where it breaks.
        OSError: it cannot be read.
    """
    try:
        return loads(Path(path).read_bytes().decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_transcript(content: Any) -> bool:
    """Tell whether a JSON document holds what was said, not only facts about a call."""
    return isinstance(content, Mapping) and any(isinstance(content.get(key), list) for key in TRANSCRIPT_KEYS)


def _walk(folder: str, below: str, notes: list[Note]) -> Iterator[tuple[os.DirEntry[str], str]]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        what, remedy = f"the folder cannot be read: {error.strerror}", "check its permissions"
        notes.append(Note(_shown(below.rstrip("/") or "."), what, remedy, "set aside"))
        return
    for entry in entries:
        if _passing(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{below}{entry.name}/", notes)
        else:
            yield entry, below + entry.name


def _passing(name: str) -> bool:
    return name.startswith((".", "~")) or name == "__MACOSX" or name.lower().endswith(UNFINISHED_SUFFIXES)


def _look(entry: os.DirEntry[str], relative: str, root: str) -> _File | Note | None:
    """Return a file with its size and time, why it must not be touched, or None if it has just gone."""
    if not relative.isprintable():
        try:
            relative.encode()
        except UnicodeEncodeError:
            return Note(_shown(relative), "the file's name is not valid UTF-8", "rename it", "set aside")
        if any(unicodedata.category(letter) == "Cc" for letter in relative):
            what = "the name of the file or its folder holds control characters, such as a line break"
            return Note(_shown(relative), what, "rename it", "set aside")
    try:
        if entry.is_symlink():
            trouble = _led_astray(entry, relative, root)
            if trouble is not None:
                return trouble
        facts = entry.stat()
    except FileNotFoundError:
        gone = Note(relative, "not a regular file, or a link to nothing", "copy the file again", "set aside")
        return gone if entry.is_symlink() else None
    except OSError as error:
        what = f"the file cannot be looked at: {error.strerror}"
        return Note(relative, what, "check its permissions; the next run tries again", "set aside")
    if not S_ISREG(facts.st_mode):
        return Note(relative, "not a regular file, or a link to nothing", "copy the file again", "set aside")
    return _File(entry.path, relative, facts.st_size, facts.st_mtime_ns)


def _led_astray(entry: os.DirEntry[str], relative: str, root: str) -> Note | None:
    try:
        target = Path(entry.path).resolve(strict=True)
    except FileNotFoundError:
        target = Path(os.path.realpath(entry.path))
    except (OSError, RuntimeError):  # what pathlib says of a loop depends on its version
        return Note(relative, "a link that leads back to itself", "copy the file", "set aside")
    if not target.is_relative_to(root):
        return Note(relative, "a link that leads out of the inbox is not followed", "copy the file", "set aside")
    if target.is_dir():
        return Note(relative, "a link to a folder of the inbox, read there", "nothing", "note")
    return None


def _classify(one: _File, families: Mapping[str, list[str]], done: set[str], notes: list[Note]) -> Found | None:
    suffix = _suffix(one.relative).lower()
    if suffix in RECORDING_SUFFIXES:
        return _found(one, "recording", families, done)
    if _is_reference(one.relative) or suffix in SILENT_SUFFIXES:
        return None
    if suffix not in TEXT_SUFFIXES:
        kind = suffix or one.relative.rpartition("/")[2]
        notes.append(Note(one.relative, f"'{kind}' is not a kind of file that is read", "remove it", "note"))
        return None
    beside = [name for name in families[stem(one.relative)] if name != one.relative]
    if suffix == ".json":
        return _classify_json(one, beside, families, done, notes)
    better = [name for name in beside if _rank(name) < _rank(one.relative)]
    if better:
        notes.append(Note(one.relative, f"belongs to {min(better, key=_rank)}, which is used", "nothing", "note"))
        return None
    return _found(one, "transcript", families, done)


def _classify_json(
    one: _File, beside: list[str], families: Mapping[str, list[str]], done: set[str], notes: list[Note]
) -> Found | None:
    if any(_rank(name) < _JSON_RANK for name in beside):
        return None  # its sidecar; `describe` reads it
    try:
        content = read_json(one.path)
    except FileNotFoundError:  # vanished since it was listed
        return None
    except (ValueError, OSError) as error:
        notes.append(Note(one.relative, f"not JSON: {error}", "export it again", "set aside"))
        return None
    if is_transcript(content):
        return _found(one, "transcript", families, done, told=sidecar.told(content))
    what = "facts about a call, but neither a recording nor a transcript of this name"
    notes.append(Note(one.relative, what, "give it the name of its recording, with .json", "note"))
    return None


def _families(files: Mapping[str, _File]) -> dict[str, list[str]]:
    """Group files that belong to one call by stem; both "call.json" and "call.mp3.json" belong to "call.mp3"."""
    families: dict[str, list[str]] = {}
    for name in files:
        families.setdefault(stem(name), []).append(name)
        if _rank(name) < _JSON_RANK:
            families.setdefault(unicodedata.normalize("NFC", name), []).append(name)
    return families


def _rank(relative: str) -> int:
    """Return 0 for a recording, then the transcripts' order; a text suffix no recording has comes last."""
    suffix = _suffix(relative).lower()
    if suffix in RECORDING_SUFFIXES:
        return 0
    return TEXT_SUFFIXES.index(suffix) + 1 if suffix in TEXT_SUFFIXES else len(TEXT_SUFFIXES) + 1


_JSON_RANK: Final = TEXT_SUFFIXES.index(".json") + 1


def _found(
    one: _File,
    kind: Kind,
    families: Mapping[str, list[str]],
    done: set[str],
    *,
    told: Mapping[str, Any] | None = None,
) -> Found:
    whole = unicodedata.normalize("NFC", one.relative)
    short = stem(one.relative)
    names = dict.fromkeys([*families.get(short, ()), *families.get(whole, ())])
    beside = tuple(
        name for name in names if name != one.relative and _rank(name) == _JSON_RANK and not _is_reference(name)
    )
    complete = whole in done or short in done
    return Found(Path(one.path), one.relative, kind, one.size, one.mtime_ns, complete, beside, told)


def _is_reference(relative: str) -> bool:
    return relative.lower().endswith(".reference.json")


def _suffix(relative: str) -> str:
    """Return what `pathlib` calls the suffix, without its price: thousands of names are looked at several times."""
    name = relative.rpartition("/")[2]
    at = name.rfind(".")
    return name[at:] if 0 < at < len(name) - 1 else ""


def _shown(relative: str) -> str:
    """Return a name that can be printed and stored: what is no text or controls a terminal is written out."""
    plain = relative.encode("utf-8", "backslashreplace").decode()
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) == "Cc" else letter for letter in plain
    )
