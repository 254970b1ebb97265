"""The ledger: which files were seen with which bytes, which calls were set aside and why, which reports are current.

One SQLite file written by the parent process only. Results themselves stand in the store; losing the ledger costs a
re-hash of the inbox, a second try at what was set aside, and mails that are sent once more.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from convintel.errors import WorkspaceError

VERSION: Final = 3
MOST_TRIES: Final = 5
"""So often is tried what may pass later; after that only when somebody asks for it (`convintel retry`)."""
_PAUSES: Final = (0.0, 0.0, 900.0, 3600.0, 6 * 3600.0)
"""Seconds before a scheduled run tries again, by the number of tries so far: a share may be away for a morning."""
_TABLES: Final = """
create table if not exists seen (name text primary key, size integer, mtime_ns integer, sha256 text);
create table if not exists looks (name text primary key, size integer, mtime_ns integer, since real);
create table if not exists aside (call_id text primary key, key text, reason text, remedy text, attempts integer,
    passing integer not null default 0, tried real not null default 0);
create table if not exists reports (week text primary key, key text);
create table if not exists sent (key text primary key);
create table if not exists beats (what text primary key, at text);
"""
_WITHOUT_NAMES: Final = "drop table if exists files; drop table if exists looks;"  # before version 3 with paths
_FROM_1: Final = """
alter table aside add column passing integer not null default 0;
alter table aside add column tried real not null default 0;
delete from aside where key = '';
"""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A call that could not be processed: under which key, why, what to do, how often and when (Unix time) tried.

    `passing`: what was in the way may pass (a share that was away, a lack of memory), so that later runs try again.
    """

    call_id: str
    key: str
    reason: str
    remedy: str
    attempts: int
    passing: bool = False
    tried: float = 0.0

    @property
    def for_good(self) -> bool:
        """Tell whether no run tries again under this key."""
        return not self.passing or self.attempts >= MOST_TRIES

    def due(self, now: float) -> bool:
        """Tell whether a scheduled run should try again; a clock that went back makes everything due."""
        since = now - self.tried
        return not self.for_good and not 0 <= since < _PAUSES[min(self.attempts, len(_PAUSES) - 1)]


class Ledger:
    """Open with `with Ledger(path) as ledger`; every write is its own transaction.

    A file that is no database any more is put aside as `ledger.db.damaged` and begun anew.

    Raises:
        WorkspaceError: it cannot be opened or written, or a newer version of convintel wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._db = _open(path)
            except sqlite3.OperationalError:  # locked, full, read-only: not damaged
                raise
            except sqlite3.DatabaseError:
                path.replace(path.with_name(f"{path.name}.damaged"))
                self._db = _open(path)
        with suppress(OSError):  # some network shares have no modes
            path.chmod(0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def digests(self) -> dict[str, tuple[int, int, str]]:
        """Return (size, mtime_ns, sha256) of every file seen before, by `nameless` path."""
        rows = self._rows("select name, size, mtime_ns, sha256 from seen")
        return {name: (size, changed, digest) for name, size, changed, digest in rows}

    def remember_digests(self, rows: Iterable[tuple[str, int, int, str]], *, present: Iterable[str]) -> None:
        """Record (path, size, mtime_ns, sha256) of files, and drop those not present."""
        keep = set(map(nameless, present))
        with self._transaction():
            hidden = [(nameless(path), *facts) for path, *facts in rows]
            self._db.executemany("insert or replace into seen values (?,?,?,?)", hidden)
            gone = [row for row in self._rows("select name from seen") if row[0] not in keep]
            self._db.executemany("delete from seen where name = ?", gone)

    def looks(self) -> dict[str, tuple[int, int, float]]:
        """Return (size, mtime_ns, since when) of files that may still have been copied at the last look, by name."""
        rows = self._rows("select name, size, mtime_ns, since from looks")
        return {name: (size, changed, since) for name, size, changed, since in rows}

    def remember_looks(self, rows: Iterable[tuple[str, int, int, float]]) -> None:
        """Record (path, size, mtime_ns, since) of all files that may still be copied."""
        with self._transaction():
            self._db.execute("delete from looks")
            hidden = [(nameless(path), *facts) for path, *facts in rows]
            self._db.executemany("insert into looks values (?,?,?,?)", hidden)

    def set_aside(self, call_id: str, key: str, reason: str, remedy: str, *, passing: bool = False) -> None:
        """Record that a call cannot be processed under this key; `passing`: what is in the way may pass."""
        with self._told():
            self._db.execute(
                "insert into aside values (?,?,?,?,1,?,?) on conflict(call_id) do update set"
                " attempts = case when key = excluded.key then attempts + 1 else 1 end, key=excluded.key,"
                " reason=excluded.reason, remedy=excluded.remedy, passing=excluded.passing, tried=excluded.tried",
                (call_id, key, reason, remedy, passing, time.time()),
            )

    def forget(self, call_ids: Iterable[str]) -> None:
        """Drop what is known of calls; their files are hashed again while they lie in the inbox."""
        with self._transaction():
            for call_id in call_ids:
                self._db.execute("delete from aside where call_id = ?", (call_id,))
                self._db.execute("delete from seen where substr(sha256, 1, 16) = ?", (call_id,))
        with self._told():
            self._db.execute("vacuum")

    def clear_aside(self, call_id: str) -> None:
        """Record that a call went through after all, or is to be tried again."""
        with self._told():
            self._db.execute("delete from aside where call_id=?", (call_id,))

    def aside(self) -> dict[str, SetAside]:
        """Return what is set aside, by call."""
        rows = self._rows("select call_id, key, reason, remedy, attempts, passing, tried from aside order by call_id")
        return {
            call_id: SetAside(call_id, key, reason, remedy, attempts, bool(passing), tried)
            for call_id, key, reason, remedy, attempts, passing, tried in rows
        }

    def report_key(self, week: str) -> str | None:
        """Return the key under which a week's report was written."""
        row = self._one("select key from reports where week=?", week)
        return None if row is None else str(row[0])

    def remember_report(self, week: str, key: str) -> None:
        """Record the key of a week's report."""
        with self._told():
            self._db.execute("insert or replace into reports values (?,?)", (week, key))

    def outdate_reports(self, weeks: Iterable[str]) -> None:
        """Record that the reports of some weeks are to be made again."""
        with self._told():
            self._db.executemany("insert or replace into reports values (?, '')", [(week,) for week in weeks])

    def stale_reports(self) -> list[str]:
        """Return the weeks whose reports are to be made again, sorted."""
        return [str(row[0]) for row in self._rows("select week from reports where key = '' order by week")]

    def drop_report(self, week: str) -> None:
        """Record that a week has no report any more."""
        with self._told():
            self._db.execute("delete from reports where week = ?", (week,))

    def beat(self, what: str, at: datetime) -> None:
        """Record that something ran at a moment, for `convintel check`."""
        with self._told():
            self._db.execute("insert or replace into beats values (?, ?)", (what, at.isoformat(timespec="seconds")))

    def last_beat(self, what: str) -> datetime | None:
        """Return when something ran last."""
        row = self._one("select at from beats where what = ?", what)
        return None if row is None else datetime.fromisoformat(str(row[0]))

    def was_sent(self, key: str) -> bool:
        """Tell whether a message with this content went out before."""
        return self._one("select 1 from sent where key=?", key) is not None

    def remember_sent(self, key: str) -> None:
        """Record that a message went out."""
        with self._told():
            self._db.execute("insert or replace into sent values (?)", (key,))

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        return next(iter(self._rows(query, *values)), None)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._told(), closing(self._db.execute(query, values)) as rows:
            return rows.fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what is wrong with the file in our own words."""
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            remedy = "check space and permissions, and that no other program has it open"
            raise WorkspaceError(f"cannot be used: {error}", where=self._path, remedy=remedy) from error


def _open(path: Path) -> sqlite3.Connection:
    """Open the file, bring an older version's tables up to date and refuse a newer one's."""
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        db.execute("pragma secure_delete = on")  # what is deleted is overwritten
        version = int(db.execute("pragma user_version").fetchone()[0])
        if version > VERSION:
            raise WorkspaceError(
                f"written by a newer version of convintel (ledger {version}, this one reads {VERSION})",
                where=path,
                remedy="use that version, or move the file away: files are then read and mails sent once more",
            )
        if version < VERSION:
            _migrate(db)
        fault = str(db.execute("pragma quick_check(1)").fetchone()[0])
        if fault != "ok":
            raise sqlite3.DatabaseError(fault)
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection) -> None:
    columns = [row[1] for row in db.execute("pragma table_info(aside)")]
    old = _FROM_1 if columns and "passing" not in columns else ""
    db.executescript(f"begin immediate; {_WITHOUT_NAMES} {old} {_TABLES} pragma user_version = {VERSION}; commit;")


def nameless(path: str) -> str:
    """Return what a path is known by in the ledger: its own name may be that of a person."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
