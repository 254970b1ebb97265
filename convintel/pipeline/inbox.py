"""The inbox against the ledger: which files stand still, and by their bytes which calls they are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from convintel import recordings
from convintel.ledger import Ledger, nameless
from convintel.recordings import Found
from convintel.store import file_digest
from convintel.workspace import Workspace

_FRESH_NS: Final = 3_000_000_000
"""A file changed so shortly ago may change again without another time of change: its digest is not remembered."""
_AGAIN: Final = "the next run tries again"


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of the inbox with their call ids.

    Attributes:
        calls: (file, call id), sorted by path.
        unread: rows of `Unused` for files that cannot be read now.
        unsettled: calls whose file may still be written to.
        scan: what was found, with the notes about files that are not taken.
    """

    calls: tuple[tuple[Found, str], ...]
    unread: tuple[dict[str, object], ...]
    unsettled: frozenset[str]
    scan: recordings.Scan


def look(workspace: Workspace, ledger: Ledger, *, settle_seconds: float = 0.0) -> Listing:
    """List the inbox. Files seen before with the same size and time of change are not read again.

    With `settle_seconds` a file that nobody has seen is left alone while it may still be copied. It is complete when
    a `.done` says so, when it has not changed for so long by its own time, or when size and time are what they were at
    a look so long ago: the clock of a share may be wrong.
    """
    scan = recordings.scan(workspace.inbox)
    known = ledger.digests()
    waiting = _may_be_copied(scan.found, ledger, settle_seconds) if settle_seconds else frozenset()
    calls: list[tuple[Found, str]] = []
    unread: list[dict[str, object]] = []
    fresh: list[tuple[str, int, int, str]] = []
    for file in scan.found:
        size, changed, digest = known.get(nameless(file.relative), (-1, -1, ""))
        if (size, changed) != (file.size, file.mtime_ns):
            if file.relative in waiting and not digest:
                continue
            try:
                digest = _steady_digest(file)
            except FileNotFoundError:  # vanished since it was listed
                continue
            except OSError as error:
                unread.append(_unreadable(file.relative, error.strerror))
                continue
            if abs(time.time_ns() - file.mtime_ns) > _FRESH_NS:
                fresh.append((file.relative, file.size, file.mtime_ns, digest))
        calls.append((file, digest[:16]))
    if scan.found and (fresh or known):  # an inbox without a file may be a share that is not mounted
        ledger.remember_digests(fresh, present=[file.relative for file, _ in calls])
    unsettled = frozenset(call_id for file, call_id in calls if file.relative in waiting)
    return Listing(tuple(calls), tuple(unread), unsettled, scan)


def _may_be_copied(files: Iterable[Found], ledger: Ledger, settle_seconds: float) -> frozenset[str]:
    """Return the paths of files that may still be written to, and remember since when they are as they are."""
    now, seen = time.time(), ledger.looks()
    waiting: list[tuple[str, int, int, float]] = []
    for file in files:
        if file.done or now - file.mtime_ns / 1e9 >= settle_seconds:
            continue
        size, changed, since = seen.get(nameless(file.relative), (-1, -1, now))
        if (size, changed) != (file.size, file.mtime_ns) or since > now:
            since = now
        waiting.append((file.relative, file.size, file.mtime_ns, since))
    if waiting or seen:
        ledger.remember_looks(waiting)
    return frozenset(path for path, _, _, since in waiting if now - since < settle_seconds)


def _steady_digest(file: Found) -> str:
    """Return the digest of a file that did not change meanwhile.

    Raises:
        OSError: it cannot be read, or it changed while it was.
    """
    digest = file_digest(file.path)
    after = file.path.stat()
    if (after.st_size, after.st_mtime_ns) != (file.size, file.mtime_ns):
        raise BlockingIOError(0, "it is being written to")
    return digest


def _unreadable(relative: str, reason: str | None) -> dict[str, object]:
    return {
        "source": f"inbox/{relative}",
        "row": None,
        "what": f"the file cannot be read: {reason}",
        "remedy": f"check its permissions; {_AGAIN}",
        "severity": "set aside",
    }
