"""When the weekly run was due and when it last went through: so that a missed Monday is caught up, and only once.

Kept in the workspace and not asked of the Prefect server, whose database may be new or have many Mondays waiting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from convintel.store import write_atomically
from convintel.workspace import Workspace

_SINCE, _WEEKLY = "served_since", "weekly_begun"
_FILE: Final = "schedule.json"


def due_before(cron: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the last time at or before `now` that a cron line names.

    >>> due_before("0 6 * * 1", ZoneInfo("Europe/Madrid"), datetime(2026, 11, 1, 12, tzinfo=UTC)).isoformat()
    '2026-10-26T06:00:00+01:00'
    """
    minute_after = now.astimezone(zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return next(CronSim(cron, minute_after, reverse=True))


def missed(workspace: Workspace, cron: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when a weekly run was due that never went through, if there is one; the first call only notes the time."""
    known = _read(workspace)
    if _SINCE not in known:
        _write(workspace, {**known, _SINCE: now})
        return None
    due = due_before(cron, zone, now)
    return due if max(known.values()) < due else None


def was_caught_up(workspace: Workspace, due: datetime) -> bool:
    """Tell whether a weekly run that began after `due` went through."""
    last = _read(workspace).get(_WEEKLY)
    return last is not None and last > due


def note_weekly(workspace: Workspace, begun: datetime) -> None:
    """Record that a weekly run that began then went through."""
    _write(workspace, {**_read(workspace), _WEEKLY: begun})


@contextmanager
def only_one(workspace: Workspace, name: str, *, wait_seconds: float) -> Iterator[bool]:
    """Give True to one process at a time, False to those that waited in vain; a dead process holds nothing.

    Prefect's own limit on concurrent runs would be counted by its server: a power cut in the middle of a run leaves the
    place taken there, and every later run is cancelled, for ever and without a word.
    """
    from filelock import FileLock, Timeout

    workspace.hidden.mkdir(parents=True, exist_ok=True)
    lock = FileLock(workspace.hidden / f"{name}.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _path(workspace: Workspace) -> Path:
    return workspace.hidden / _FILE


def _read(workspace: Workspace) -> dict[str, datetime]:
    try:
        known = json.loads(_path(workspace).read_text(encoding="utf-8"))
        return {str(key): datetime.fromisoformat(value) for key, value in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):  # lost or spoilt: as on the first day
        return {}


def _write(workspace: Workspace, known: dict[str, datetime]) -> None:
    told = {key: value.astimezone(UTC).isoformat(timespec="seconds") for key, value in sorted(known.items())}
    write_atomically(_path(workspace), json.dumps(told, indent=2) + "\n")
