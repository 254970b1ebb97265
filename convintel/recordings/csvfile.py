"""Read the small CSV files of a workspace as spreadsheets write them: byte order mark, semicolons, older encodings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of a CSV file as (line, header -> text); what was wrong is in `unused`, as rows of `tables.Unused`."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    unused: tuple[dict[str, Any], ...]


def unused(
    source: str, what: str, remedy: str, *, row: int | None = None, severity: str = "set aside"
) -> dict[str, Any]:
    """Return a row of `tables.Unused`."""
    return {"source": source, "row": row, "what": what, "remedy": remedy, "severity": severity}


def read_sheet(path: Path, *, required: tuple[str, ...], known: tuple[str, ...]) -> Sheet:
    """Read a CSV file; a missing file is an empty one.

    Headers are matched without regard to case, spaces and dashes. The delimiter is the one that splits the header into
    most columns (comma, semicolon, tab). Empty rows are skipped.

    Args:
        path: the file; its name is the `source` of what is wrong.
        required: without these headers nothing of the file is used.
        known: headers that are read; others are noted.
    """
    name = path.name
    try:
        text = _decode(path.read_bytes())
    except FileNotFoundError:
        return Sheet((), ())
    except OSError as error:
        return Sheet((), (unused(name, f"cannot be read: {error.strerror}", "check its permissions"),))
    if text is None:
        return Sheet((), (unused(name, "not a text file in UTF-8 or UTF-16", "save it as 'CSV UTF-8'"),))
    lines = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=lines.count)
    return _read(name, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), required, known)


def _decode(data: bytes) -> str | None:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding).lstrip("\ufeff")  # some tools write the mark twice
    except UnicodeDecodeError:
        return None


def _read(name: str, lines: Any, required: tuple[str, ...], known: tuple[str, ...]) -> Sheet:
    rows: list[tuple[int, dict[str, str]]] = []
    wrong: list[dict[str, Any]] = []
    try:
        headers = [_header(cell) for cell in next(lines, [])]
        wrong += _check(name, headers, required, known)
        if any(column not in headers for column in required):
            return Sheet((), tuple(wrong))
        for line, cells in _numbered(lines):
            if len(cells) > len(headers) and any(cell.strip() for cell in cells[len(headers) :]):
                wrong.append(unused(name, "more cells than columns", "put text with a delimiter in quotes", row=line))
            elif any(cell.strip() for cell in cells):
                rows.append((line, {key: cell.strip() for key, cell in zip(headers, cells, strict=False) if key}))
    except csv.Error as error:
        wrong.append(unused(name, f"cannot be read on: {error}", "save it again as CSV UTF-8", row=lines.line_num))
    return Sheet(tuple(rows), tuple(wrong))


def _numbered(lines: Any) -> Iterator[tuple[int, list[str]]]:
    before = lines.line_num
    for cells in lines:
        yield before + 1, cells  # a quoted cell may run over several lines: the first one counts
        before = lines.line_num


def _check(name: str, headers: list[str], required: tuple[str, ...], known: tuple[str, ...]) -> list[dict[str, Any]]:
    missing = [column for column in required if column not in headers]
    if missing:
        what = f"the column {' and '.join(missing)} is missing, so no row can be used"
        return [unused(name, what, f"name the columns {', '.join(known)}", row=1)]
    doubled = sorted({column for column in headers if column and headers.count(column) > 1})
    strange = sorted({column for column in headers if column and column not in known})
    notes = [(f"column {one} is there twice; the last is read", "remove one") for one in doubled]
    notes += [(f"column {one} is not read", f"the columns are {', '.join(known)}") for one in strange]
    return [unused(name, what, remedy, row=1, severity="note") for what, remedy in notes]


def _header(cell: str) -> str:
    return "_".join(cell.strip().casefold().replace("-", " ").replace("_", " ").split())
