"""That somebody is forgotten, shown: a search of every byte that convintel wrote into the workspace.

Before the removal `traces` notes what would give the person away: names, the file's path, ids, stretches of words that
nobody else said, and vectors of sentences and voice. Afterwards `search_workspace` looks for them in every file but
those that are the user's: raw bytes, and decoded what is packed (Parquet, SQLite, compressed arrays).
"""

from __future__ import annotations

import html
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import polars as pl
from numpy.typing import NDArray

from convintel.resources import resource
from convintel.workspace import Workspace

LENGTH: Final = 5  # words in a row: fewer are said by everybody
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_TURNS: Final = "turns/*/*/turns.parquet"
_SIGNALS: Final = "signals/*/*/*.parquet"
_TAG: Final = re.compile(r"<[^<>]*>")
_VECTOR_BYTES: Final = 64  # the first 16 numbers of a vector: no other has them
Sequences = frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """What must not be found: texts (names, paths), ids, hashes of word sequences, and unit vectors [n, d] by d."""

    names: tuple[str, ...]
    ids: tuple[str, ...]
    sequences: Sequences
    vectors: tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the person that is still there."""

    file: str
    what: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was searched, for what, and what was found."""

    files: int
    bytes: int
    tables: int
    rows: int
    names: int
    sequences: int
    vectors: int
    hits: tuple[Hit, ...]

    def lines(self) -> list[str]:
        """Return the proof as lines for people."""
        told = [
            f"searched {self.files:,} files ({self.bytes / 1e6:.1f} MB), {self.tables:,} tables in them decoded "
            f"({self.rows:,} rows), for {self.names:,} names and ids, {self.sequences:,} sequences of {LENGTH} words "
            f"and {self.vectors:,} vectors: {f'{len(self.hits)} found' if self.hits else 'none found'}"
        ]
        return [*told, *(f"still there: {hit.file}: {hit.what}" for hit in self.hits)]


def traces(workspace: Workspace, calls: Sequence[dict[str, Any]], *, people: Iterable[str] = ()) -> Traces:
    """Return what would give away some calls, which are still stored, and the people of them.

    A sequence of words counts when no other stored call and nothing that convintel itself writes has it.

    Args:
        workspace: of the calls.
        calls: rows with call_id and path.
        people: names, addresses and numbers of the person.
    """
    ids = sorted({str(call["call_id"]) for call in calls})
    names = {str(call["path"]) for call in calls}
    own = _sequences_of(_of_calls(workspace, _TURNS, ids), "text")
    if own:
        own -= _sequences_of(_of_calls(workspace, _TURNS, ids, others=True), "text")
        own -= _sequences_of(_of_calls(workspace, _SIGNALS, ids, others=True), "rule")
        for file in (resource("models") / "reader" / "examples.json", *_package_texts()):
            own -= sequences(file.read_text("utf-8"))
    findings = {
        value
        for path in _of_calls(workspace, _SIGNALS, ids)
        for column in ("finding_id", "concern_id")
        for value in _column(path, column)
    }
    return Traces(
        tuple(sorted({*names, *people})), tuple(sorted({*ids, *findings})), frozenset(own), _vectors(workspace, ids)
    )


def search_workspace(workspace: Workspace, wanted: Traces, *, since: float) -> Proof:
    """Look for the traces in everything that convintel wrote: `.convintel/`, reports, trained heads.

    Args:
        workspace: to be searched; the inbox and the user's own files are left out.
        wanted: from `traces`, before the removal.
        since: when the removal began (seconds since 1970): a PDF, which hides its text, must be younger.
    """
    look = _Look(wanted)
    files = [path for path in sorted(workspace.root.rglob("*")) if path.is_file() and _ours(path, workspace)]
    for path in files:
        look.file(path, path.relative_to(workspace.root).as_posix(), since)
    size = sum(path.stat().st_size for path in files)
    count = sum(len(part) for part in wanted.vectors)
    names = len(wanted.names) + len(wanted.ids)
    return Proof(len(files), size, look.tables, look.rows, names, len(wanted.sequences), count, tuple(look.hits))


def sequences(text: str) -> set[int]:
    """Return hashes of all stretches of `LENGTH` words of a text, whatever case and signs stand between them."""
    words = list(map(hash, _WORD.findall(text.casefold())))
    return {hash(words_in_a_row) for words_in_a_row in zip(*(words[at:] for at in range(LENGTH)), strict=False)}


class _Look:
    """A search as it goes on: what was decoded and what was found."""

    def __init__(self, wanted: Traces) -> None:
        self.wanted = wanted
        named = (*wanted.names, *wanted.ids)
        self.texts = {name.casefold(): name for name in named} | {quote(name).casefold(): name for name in named}
        either = "|".join(map(re.escape, sorted(self.texts, key=len, reverse=True)))
        self.pattern = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])" if either else r"(?!)")
        self.starts = [row[: _VECTOR_BYTES // 4].tobytes() for part in wanted.vectors for row in part]
        self.tables = self.rows = 0
        self.hits: list[Hit] = []

    def file(self, path: Path, name: str, since: float) -> None:
        self.text(name, name)
        data = path.read_bytes()
        if any(start in data for start in self.starts):
            self.hits.append(Hit(name, "a vector"))
        if path.suffix == ".pdf":
            if path.stat().st_mtime < since:
                self.hits.append(Hit(name, "a PDF older than this, which cannot be searched"))
        elif path.suffix == ".parquet":
            self.raw(data, name)
            self.table(pl.read_parquet(io.BytesIO(data)), name)
        elif data.startswith(b"SQLite format 3\x00"):
            self.raw(data, name)
            self.database(path, name)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                for member in packed.namelist():
                    self.raw(packed.read(member), f"{name}/{member}")
        else:
            self.raw(data, name)
            if name.startswith(".convintel/themes/"):
                self.centres(data, name)

    def raw(self, data: bytes, name: str) -> None:
        self.text(html.unescape(data.decode("utf-8", "ignore")), name)

    def text(self, text: str, name: str, *, cells: Iterable[str] = ()) -> None:
        found = {self.texts[hit] for hit in self.pattern.findall(text.casefold())}
        if Path(name).name == "forgotten.csv":  # it must name the calls that no run may take again
            found -= set(self.wanted.ids)
        self.hits += [Hit(name, f"'{hit}'") for hit in sorted(found)]
        texts = list(cells) or [text, _TAG.sub(" ", text)]  # also what a reader of a page sees in a row
        said = len({one for each in texts for one in sequences(each) if one in self.wanted.sequences})
        if said:
            self.hits.append(Hit(name, f"{said} sequences of words"))

    def table(self, table: pl.DataFrame, name: str) -> None:
        self.tables += 1
        self.rows += table.height
        for column, kind in table.schema.items():
            if isinstance(kind, pl.String | pl.Enum | pl.Categorical):
                texts = table[column].cast(pl.String).drop_nulls().unique()
                self.text("\n".join(texts), name, cells=texts)
            elif isinstance(kind, pl.List):
                self.vector(table[column], name)

    def vector(self, column: pl.Series, name: str) -> None:
        for one in column.drop_nulls():
            row = np.asarray(one, np.float32)
            alike = [part for part in self.wanted.vectors if part.shape[1] == row.size]
            if any(np.any(part @ row > 1 - 1e-5) for part in alike):
                self.hits.append(Hit(name, "a vector"))

    def centres(self, data: bytes, name: str) -> None:
        """The middle of a theme is the mean of its members; it must not be one of theirs."""
        rows = [theme["centre"] for theme in json.loads(data).get("themes", ())]
        self.vector(pl.Series(rows, dtype=pl.List(pl.Float32)), name)

    def database(self, path: Path, name: str) -> None:
        self.tables += 1
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            self.text("\n".join(db.iterdump()), name)


def _ours(path: Path, workspace: Workspace) -> bool:
    inside = path.relative_to(workspace.root).parts
    return inside[0] in (".convintel", "reports", "heads", "forgotten.csv")


def _sequences_of(paths: Iterable[Path], column: str) -> set[int]:
    return {one for path in paths for text in _column(path, column) for one in sequences(text)}


def _of_calls(workspace: Workspace, pattern: str, ids: Collection[str], *, others: bool = False) -> list[Path]:
    """Return tables of some calls, or of all other calls."""
    return [path for path in workspace.store.glob(pattern) if (path.parts[-3] in ids) != others]


def _package_texts() -> Iterator[Path]:
    package = Path(__file__).parents[1]
    yield from (package / "language").glob("*.toml")
    yield from (package / "report" / "templates").glob("*")


def _column(path: Path, column: str) -> Collection[str]:
    table = pl.read_parquet(path)
    return list(table[column]) if column in table.columns else ()


def _vectors(workspace: Workspace, ids: Sequence[str]) -> tuple[NDArray[np.float32], ...]:
    parts = []
    for stage in ("embeddings", "voices"):
        files = [path for call_id in ids for path in workspace.store.glob(f"{stage}/{call_id}/*/*.parquet")]
        rows = [row for path in files for row in pl.read_parquet(path)["vector"]]
        if rows:
            parts.append(np.asarray([np.asarray(row, np.float32) for row in rows], np.float32))
    return tuple(parts)
