"""The ledger: which files were seen with which bytes, which calls were set aside and why, which reports are current.

One SQLite file written by the parent process only. Results themselves stand in the store; losing the ledger costs a
re-hash of the inbox and a second try at what was set aside.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

_TABLES = """
drop table if exists files;
create table if not exists seen (name text primary key, size integer, mtime_ns integer, sha256 text);
create table if not exists aside (call_id text primary key, key text, reason text, remedy text, attempts integer);
create table if not exists reports (week text primary key, key text);
create table if not exists sent (key text primary key);
create table if not exists beats (what text primary key, at text);
"""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A call that could not be processed: under which key, why, what to do, how often it was tried."""

    call_id: str
    key: str
    reason: str
    remedy: str
    attempts: int


class Ledger:
    """Open with `with Ledger(path) as ledger`; every write is its own transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._db.execute("pragma secure_delete = on")  # what is deleted is overwritten
        self._db.executescript(_TABLES)
        with suppress(OSError):  # some network shares have no modes
            path.chmod(0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def known_digest(self, path: str, size: int, mtime_ns: int) -> str | None:
        """Return the digest of a file seen before with the same size and time of change."""
        row = self._one(
            "select sha256 from seen where name=? and size=? and mtime_ns=?", _nameless(path), size, mtime_ns
        )
        return None if row is None else str(row[0])

    def remember_digests(self, rows: Iterable[tuple[str, int, int, str]]) -> None:
        """Record (path, size, mtime_ns, sha256) of files."""
        self._db.execute("begin")
        hidden = [(_nameless(path), *facts) for path, *facts in rows]
        self._db.executemany("insert or replace into seen values (?,?,?,?)", hidden)
        self._db.execute("commit")

    def prune_files(self, present: Iterable[str]) -> None:
        """Drop files that are gone from the inbox."""
        keep = set(map(_nameless, present))
        with closing(self._db.execute("select name from seen")) as rows:
            gone = [row for row in rows if row[0] not in keep]
        self._db.executemany("delete from seen where name = ?", gone)

    def set_aside(self, call_id: str, key: str, reason: str, remedy: str) -> None:
        """Record that a call cannot be processed under this key."""
        self._db.execute(
            "insert into aside values (?,?,?,?,1) on conflict(call_id) do update set"
            " attempts = case when key = excluded.key then attempts + 1 else 1 end,"
            " key=excluded.key, reason=excluded.reason, remedy=excluded.remedy",
            (call_id, key, reason, remedy),
        )

    def forget(self, call_ids: Iterable[str]) -> None:
        """Drop what is known of calls; their files are hashed again while they lie in the inbox."""
        for call_id in call_ids:
            self._db.execute("delete from aside where call_id = ?", (call_id,))
            self._db.execute("delete from seen where substr(sha256, 1, 16) = ?", (call_id,))
        self._db.execute("vacuum")

    def clear_aside(self, call_id: str) -> None:
        """Record that a call went through after all."""
        self._db.execute("delete from aside where call_id=?", (call_id,))

    def aside(self) -> dict[str, SetAside]:
        """Return what is set aside, by call."""
        with closing(self._db.execute("select * from aside order by call_id")) as rows:
            return {row[0]: SetAside(*row) for row in rows}

    def report_key(self, week: str) -> str | None:
        """Return the key under which a week's report was written."""
        row = self._one("select key from reports where week=?", week)
        return None if row is None else str(row[0])

    def remember_report(self, week: str, key: str) -> None:
        """Record the key of a week's report."""
        self._db.execute("insert or replace into reports values (?,?)", (week, key))

    def outdate_reports(self, weeks: Iterable[str]) -> None:
        """Record that the reports of some weeks are to be made again."""
        self._db.executemany("insert or replace into reports values (?, '')", [(week,) for week in weeks])

    def stale_reports(self) -> list[str]:
        """Return the weeks whose reports are to be made again, sorted."""
        with closing(self._db.execute("select week from reports where key = '' order by week")) as rows:
            return [str(row[0]) for row in rows]

    def drop_report(self, week: str) -> None:
        """Record that a week has no report any more."""
        self._db.execute("delete from reports where week = ?", (week,))

    def beat(self, what: str, at: datetime) -> None:
        """Record that something ran at a moment, for `convintel check`."""
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
        self._db.execute("insert or replace into sent values (?)", (key,))

    def _one(self, query: str, *values: object) -> tuple[object, ...] | None:
        with closing(self._db.execute(query, values)) as rows:
            found: tuple[object, ...] | None = rows.fetchone()
            return found


def _nameless(path: str) -> str:
    """Return what a path is known by: its own name may be that of a person."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
