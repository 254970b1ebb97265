"""Full text over turns with SQLite FTS5: porter stemming, bm25, no server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from convintel.errors import ConvintelError
from convintel.store import Store

_TABLES = """
create table if not exists calls (call_id text primary key, key text);
create virtual table if not exists turns using fts5(
    call_id unindexed, turn unindexed, role unindexed, start unindexed, text, tokenize = 'porter unicode61');
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that matches: where it is and the part that matches, marked with [ and ]."""

    call_id: str
    turn: int
    role: str
    start: float  # seconds
    snippet: str


def update(index: Path, store: Store, keys: Mapping[str, str]) -> None:
    """Bring the index in line with the turns in the store; `keys` maps each call to the key of its turns."""
    index.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(index, timeout=30)) as db:
        db.execute("pragma secure_delete = on")  # what is deleted is overwritten
        db.executescript(_TABLES)
        with suppress(OSError):  # some network shares have no modes
            index.chmod(0o600)
        present = dict(db.execute("select call_id, key from calls"))
        wanted = {call_id: key for call_id, key in keys.items() if store.has("turns", call_id, key)}
        with db:  # one transaction: the index is never half old, half new
            _drop(db, (call_id for call_id, key in present.items() if wanted.get(call_id) != key))
            for call_id, key in sorted(wanted.items()):
                if present.get(call_id) != key:
                    _add(db, store, call_id, key)
    forget(index, present.keys() - wanted.keys())


def find(index: Path, query: str, *, limit: int = 20) -> list[Hit]:
    """Return the best matching turns, best first.

    Args:
        index: the workspace's index.
        query: words, "a phrase" or FTS5 syntax (AND, OR, NOT, prefix*).
        limit: at most so many.

    Raises:
        ConvintelError: the query is not valid FTS5.
    """
    if not index.is_file():
        return []
    sql = (
        "select call_id, turn, role, start, snippet(turns, 4, '[', ']', '…', 24) from turns"
        " where turns match ? order by bm25(turns), call_id, turn limit ?"
    )
    with closing(sqlite3.connect(index, timeout=30)) as db:
        try:
            return [Hit(*row) for row in db.execute(sql, (query, limit))]
        except sqlite3.OperationalError:
            quoted = '"' + query.replace('"', '""') + '"'  # punctuation that FTS5 reads as syntax: take it as a phrase
            try:
                return [Hit(*row) for row in db.execute(sql, (quoted, limit))]
            except sqlite3.OperationalError as error:
                raise ConvintelError(f"cannot search for {query!r}: {error}", remedy="use plain words") from error


def forget(index: Path, call_ids: Iterable[str]) -> None:
    """Remove calls from the index and rewrite the file, so that no freed page keeps their words."""
    call_ids = sorted(call_ids)
    if not call_ids or not index.is_file():
        return
    with closing(sqlite3.connect(index, timeout=30)) as db:
        with db:
            _drop(db, call_ids)
            db.execute("insert into turns(turns) values ('optimize')")
        db.execute("vacuum")


def _drop(db: sqlite3.Connection, call_ids: Iterable[str]) -> None:
    for call_id in sorted(call_ids):
        db.execute("delete from turns where call_id = ?", (call_id,))
        db.execute("delete from calls where call_id = ?", (call_id,))


def _add(db: sqlite3.Connection, store: Store, call_id: str, key: str) -> None:
    rows = store.read("turns", call_id, key, "turns").select("call_id", "turn", "role", "start", "text")
    db.executemany("insert into turns (call_id, turn, role, start, text) values (?,?,?,?,?)", rows.iter_rows())
    db.execute("insert or replace into calls values (?,?)", (call_id, key))
