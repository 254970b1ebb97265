"""One run at a time in a folder: the system's lock, and beside it a note of who holds it, which beats like a heart.

The system's lock goes with its process, however that ends, and so a note left behind by a run of this machine is known
to be stale. On network shares the lock may be local to each machine or missing: there the note decides. Its holder
touches it every few seconds; a note of another machine that does not change while one looks on is stale. No two clocks
are compared, since those of shares and machines differ.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from convintel.errors import WorkspaceError

BEAT_SECONDS: Final = 10.0
"""How often the holder touches its note."""
WATCH_SECONDS: Final = 35.0
"""How long a note of another machine must stand still to be stale: three beats and what a share may be late."""
LOCK_FILE: Final = "run.lock"
NOTE_FILE: Final = "run.owner"
_POLL_SECONDS: Final = 0.2
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock: process, machine (`boot` tells machines of one name apart), since when, for what."""

    pid: int
    host: str
    boot: str
    since: str
    what: str
    token: str

    @property
    def here(self) -> bool:
        """Tell whether it is, or was, a process of this machine."""
        return (self.host, self.boot) == (socket.gethostname(), _boot())

    def __str__(self) -> str:
        """Return who it is, for a message."""
        return f"process {self.pid} on {self.host} since {self.since} ({self.what})"


def read_owner(folder: Path) -> Owner | None:
    """Return who holds the folder, by the note; None if there is none or it cannot be read."""
    return _read(folder / NOTE_FILE)[0]


@contextmanager
def alone(folder: Path, *, wait_seconds: float = 0.0, watch_seconds: float = WATCH_SECONDS) -> Iterator[None]:
    """Hold `folder` until the block ends.

    Args:
        folder: must exist.
        wait_seconds: how long to wait for another run to end.
        watch_seconds: how long the note of another machine must stand still to be taken for stale.

    Raises:
        WorkspaceError: another run holds it, and who that is; or the folder cannot be written.
    """
    deadline = time.monotonic() + wait_seconds
    note = folder / NOTE_FILE
    with _system_lock(folder, wait_seconds) as locked:
        with _told(folder):
            owner = _claim(note, deadline, watch_seconds, locked=locked)
        stop = threading.Event()
        heart = threading.Thread(target=_beat, args=(note, owner, stop), daemon=True)
        heart.start()
        try:
            yield
        finally:
            stop.set()
            heart.join()
            if _read(note)[0] == owner:
                note.unlink(missing_ok=True)


@contextmanager
def _system_lock(folder: Path, wait_seconds: float) -> Iterator[bool]:
    """Hold the system's lock for the block, which hears whether there is one on this file system."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK_FILE, timeout=wait_seconds)
    with _told(folder):
        try:
            lock.acquire()
        except NotImplementedError:  # a file system without locks: the note alone decides
            pass
        except Timeout as error:
            raise _busy(folder, read_owner(folder)) from error
    try:
        yield lock.is_locked
    finally:
        lock.release()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorkspaceError(f"cannot write: {error.strerror}", where=folder, remedy="check permissions") from error


def _claim(note: Path, deadline: float, watch_seconds: float, *, locked: bool) -> Owner:
    """Write our name into the note when nobody alive stands in it."""
    mine = Owner(
        pid=os.getpid(),
        host=socket.gethostname(),
        boot=_boot(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        what=" ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200],
        token=uuid4().hex,
    )
    while not _create(note, mine):
        other, mark = _read(note)
        if mark is None:
            continue  # it has just gone
        if not _is_stale(note, other, mark, watch_seconds, locked=locked):
            if time.monotonic() >= deadline:
                raise _busy(note.parent, other)
            time.sleep(_POLL_SECONDS)
            continue
        _remove(note, mark, mine.token)
    return mine


def _create(note: Path, mine: Owner) -> bool:
    """Make the note whole and at once, or return False because there is one."""
    draft = note.with_name(f".{note.name}.{mine.token}")
    draft.write_text(json.dumps(asdict(mine)), encoding="utf-8")
    try:
        os.link(draft, note)  # fails if it exists, also on network shares
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        return _create_plainly(note, draft.read_bytes())
    finally:
        draft.unlink(missing_ok=True)
    return True


def _create_plainly(note: Path, content: bytes) -> bool:
    try:
        with note.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    return True


def _remove(note: Path, mark: tuple[int, bytes], token: str) -> None:
    """Take a stale note away, unless another run has been faster: then its note is put back."""
    gone = note.with_name(f".{note.name}.stale-{token}")
    try:
        note.rename(gone)
    except FileNotFoundError:
        return
    if gone.read_bytes() != mark[1] and not note.exists():
        gone.rename(note)
    else:
        gone.unlink(missing_ok=True)


def _is_stale(note: Path, owner: Owner | None, mark: tuple[int, bytes], watch_seconds: float, *, locked: bool) -> bool:
    if owner is not None and owner.here:
        return locked or not _alive(owner.pid)  # we hold the lock that it would hold if it were alive
    end = time.monotonic() + watch_seconds
    while time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
        if _read(note)[1] != mark:
            return False
    return True


def _read(note: Path) -> tuple[Owner | None, tuple[int, bytes] | None]:
    """Return the owner and a mark that changes with every beat; opened anew, since shares keep old attributes."""
    try:
        with note.open("rb") as stream:
            content, changed = stream.read(), os.fstat(stream.fileno()).st_mtime_ns
    except OSError:
        return None, None
    try:
        return Owner(**json.loads(content)), (changed, content)
    except (ValueError, TypeError):
        return None, (changed, content)


def _beat(note: Path, owner: Owner, stop: threading.Event) -> None:
    while not stop.wait(BEAT_SECONDS):
        if _read(note)[0] == owner:
            try:
                os.utime(note)
            except OSError:  # the share is away for the moment
                continue


def _busy(folder: Path, owner: Owner | None) -> WorkspaceError:
    who = f": {owner}" if owner else ""
    return WorkspaceError(
        f"another run is at work here{who}", where=folder, remedy="wait for it to end, or stop that process"
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
