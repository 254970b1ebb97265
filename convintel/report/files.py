"""A report folder that appears at once: built beside, then exchanged with the old one in one step."""

from __future__ import annotations

import csv
import ctypes
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from convintel.errors import WorkspaceError
from convintel.report.names import cell

_AT_CWD: Final = -100
_EXCHANGE: Final = 2


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside `out`; when the block ends without an error it takes the place of `out`.

    A kill at any moment leaves the old folder or the new one; what a killed run left beside is removed by the next.

    Raises:
        WorkspaceError: the folder cannot be written or the disk is full.
    """
    prefix = f".{out.name}.new-"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for leftover in out.parent.glob(f"{prefix}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        building = Path(tempfile.mkdtemp(dir=out.parent, prefix=prefix))
        try:
            yield building
            building.chmod(0o700)
            if out.exists():
                _exchange(building, out)
            else:
                building.rename(out)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    except OSError as error:
        raise WorkspaceError(
            f"cannot write: {error.strerror}", where=out, remedy="check space and permissions"
        ) from error


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders in one step where the system can (Linux 3.15), else by two renames."""
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
        done = swap(_AT_CWD, os.fsencode(new), _AT_CWD, os.fsencode(old), _EXCHANGE) == 0
    except (AttributeError, OSError):
        done = False
    if not done:
        aside = new.with_name(f"{new.name}-old")
        old.rename(aside)
        new.rename(old)
        shutil.rmtree(aside, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with plain line ends, readable by the owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    path.chmod(0o600)


def open_to_group(folder: Path) -> None:
    """Let the group of a report folder read it and what is in it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o750 if path.is_dir() else 0o640)


def table_text(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return CSV with a byte order mark (spreadsheets read names right); no cell starts a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return f"\ufeff{stream.getvalue()}"
