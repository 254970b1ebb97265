"""Content-addressed store: one folder of Parquet files per stage, scope and key.

The scope is a `call_id`, or a name such as "team" for stages that look at all calls. The key is a hash of everything
the result depends on, so a result is either there and right, or not there. A folder appears by one rename: a kill
at any moment leaves the old state or the new one, never half a result.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import dataframely as dy
import polars as pl

from convintel.errors import WorkspaceError
from convintel.tables import SCHEMAS, Table

_STAGING: Final = ".new-"
_MARK: Final = "convintel.schema"  # in the metadata of each file: name and version of its table


def content_key(*parts: Any) -> str:
    """Return 16 hex digits that name the content of `parts` (anything JSON can hold; order of dict keys is ignored)."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hex, read in chunks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` to `path` through a temporary file in the same folder, then rename it over.

    Raises:
        WorkspaceError: the folder cannot be written or the disk is full.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(0o600)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WorkspaceError(
            f"cannot write: {error.strerror}", where=path, remedy="check space and permissions"
        ) from error


class Store:
    """Results of stages under `root` (the workspace's `.convintel/store`)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, stage: str, scope: str, key: str) -> Path:
        """Return the folder that holds, or would hold, the result."""
        return self.root / stage / scope / key

    def has(self, stage: str, scope: str, key: str) -> bool:
        """Tell whether the result is there."""
        return self.path(stage, scope, key).is_dir()

    def write(self, stage: str, scope: str, key: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Validate each table against its schema and make the result appear at once; older keys of the scope go.

        Raises:
            WorkspaceError: the folder cannot be written or the disk is full.
        """
        target = self.path(stage, scope, key)

        def fill(staging: Path) -> None:
            for name, frame in tables.items():
                _write_table(staging / f"{name}.parquet", SCHEMAS[name], frame)

        self._appear(target, fill)

    def adopt(self, stage: str, scope: str, key: str, files: Mapping[str, bytes]) -> None:
        """Make a result appear as another store wrote it, byte for byte.

        Raises:
            ValueError: a file is no such table; nothing was written.
            WorkspaceError: the folder cannot be written or the disk is full.
        """
        for name, content in files.items():
            _check_table(name, content)

        def fill(staging: Path) -> None:
            for name, content in files.items():
                (staging / name).write_bytes(content)

        self._appear(self.path(stage, scope, key), fill)

    def recording(self, path: Path) -> Path:
        """Return where a recording is to be read."""
        return path

    def read(self, stage: str, scope: str, key: str, table: str) -> pl.DataFrame:
        """Return one table of a result.

        Raises:
            WorkspaceError: the file is damaged; the result was removed, so that the next run makes it again.
        """
        return self.read_many(stage, table, [(scope, key)])

    def read_many(self, stage: str, table: str, keys: Iterable[tuple[str, str]]) -> pl.DataFrame:
        """Return one table stacked over (scope, key) pairs, in their order; empty with the right columns if none.

        Raises:
            WorkspaceError: files are damaged; their results were removed, so that the next run makes them again.
        """
        paths = [self.path(stage, scope, key) / f"{table}.parquet" for scope, key in keys]
        if not paths:
            return SCHEMAS[table].schema.create_empty()
        try:
            return pl.read_parquet(paths, glob=False, hive_partitioning=False)  # one call: thousands of files at once
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._removed([path for path in paths if not _readable(path, SCHEMAS[table])], error) from error

    def _removed(self, damaged: Sequence[Path], error: Exception) -> WorkspaceError:
        """Remove results of which a file is damaged, and say so."""
        if not damaged:  # the disk, or memory: nothing is wrong with the files
            return WorkspaceError(f"cannot read: {error}", where=self.root, remedy="check the disk, then run again")
        for path in damaged:
            shutil.rmtree(path.parent, ignore_errors=True)
        return WorkspaceError(
            f"{len(damaged)} stored results were damaged and are removed, such as {damaged[0].relative_to(self.root)}",
            where=self.root,
            remedy="run again: they are made anew from the recordings; then check the disk",
        )

    @contextmanager
    def alone(self, stage: str, scope: str) -> Iterator[None]:
        """Keep other processes out of a result that several of them may want to make at once."""
        from filelock import FileLock

        folder = self.root / stage
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{scope}.lock"):
            yield

    def drop(self, stage: str, *, keep: Iterable[str]) -> None:
        """Delete the results of a stage for all scopes but those to keep."""
        kept = frozenset(keep)
        for folder in sorted((self.root / stage).glob("[!.]*")):
            if folder.name not in kept:
                shutil.rmtree(folder)

    def forget(self, scope: str, *, stages: Iterable[str] = ("*",)) -> list[Path]:
        """Delete every result of a scope, in all stages or those named; return the folders removed."""
        found = sorted(folder for stage in stages for folder in self.root.glob(f"{stage}/{scope}"))
        gone = [folder for folder in found if folder.is_dir()]
        for folder in gone:
            shutil.rmtree(folder)
            (folder.parent / f".{scope}.lock").unlink(missing_ok=True)
        return gone

    def sweep(self) -> None:
        """Delete what runs that were killed had begun to write; only for the holder of the workspace's lock."""
        for staging in self.root.glob(f"*/*/{_STAGING}*"):
            shutil.rmtree(staging, ignore_errors=True)

    def _appear(self, target: Path, fill: Callable[[Path], None]) -> None:
        """Have `fill` write a result into a folder that then appears at once; older keys of the scope go."""
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=_STAGING))
            try:
                fill(staging)
                _flush(staging)
                if target.exists():  # another run of the same content was faster
                    shutil.rmtree(staging)
                else:
                    staging.rename(target)
            except BaseException:
                shutil.rmtree(staging, ignore_errors=True)
                raise
            self._drop_others(target)
        except OSError as error:
            raise WorkspaceError(
                f"cannot write: {error.strerror or error}", where=target, remedy="check space and permissions"
            ) from error

    def _drop_others(self, target: Path) -> None:
        for other in target.parent.iterdir():
            if other.name != target.name and not other.name.startswith(_STAGING):
                shutil.rmtree(other, ignore_errors=True)


def _write_table(path: Path, table: Table, frame: pl.DataFrame) -> None:
    valid = table.schema.validate(frame, cast=True)
    content = io.BytesIO()  # written by us: of a full disk polars says only that it could not compute
    valid.write_parquet(content, metadata={_MARK: _marked(table)})
    path.write_bytes(content.getbuffer())


def _check_table(file: str, content: bytes) -> None:
    try:
        table = SCHEMAS[file.removesuffix(".parquet")]
        table.schema.validate(pl.read_parquet(io.BytesIO(content)))
        written_as = pl.read_parquet_metadata(io.BytesIO(content)).get(_MARK)
    except (KeyError, pl.exceptions.PolarsError, dy.exc.ValidationError, dy.exc.SchemaError) as error:
        raise ValueError(f"{file} is no such table: {error}") from error
    if written_as != _marked(table):
        raise ValueError(f"{file} is the table {written_as}")


def _marked(table: Table) -> str:
    return f"{table.name}/{table.version}"


def _readable(path: Path, table: Table) -> bool:
    try:
        return set(pl.read_parquet(path, glob=False, hive_partitioning=False).columns) == set(
            table.schema.column_names()
        )
    except pl.exceptions.PolarsError:
        return False
    except OSError as error:  # gone, or no Parquet at all; else the disk is at fault
        return error.errno not in (None, errno.ENOENT)


def _flush(folder: Path) -> None:
    """Have the disk hold the files before the rename says that they are there."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
