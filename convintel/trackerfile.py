"""trackers.csv: custom trackers as a table, one row a sentence, for people who would rather not edit convintel.toml.

Columns: `tracker`, `text`, `meaning` ("example" or "counter-example"), and on any row of a tracker `said_by`
("customer", "rep" or "anyone") and `questions_only` ("yes" or "no").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from convintel.errors import SettingsError

FILE_NAME: Final = "trackers.csv"
MEANINGS: Final = {"example": "examples", "counter-example": "counter_examples"}
_YES: Final = frozenset(("yes", "true", "1"))


def read_trackers(file: Path) -> list[dict[str, Any]]:
    """Return the trackers of the file as settings write them; none when there is no file.

    Raises:
        SettingsError: a row has no tracker or text, or another meaning, or the file is no table.
    """
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    separator = max((",", ";", "\t"), key=text.partition("\n")[0].count)
    found: dict[str, dict[str, Any]] = {}
    for number, raw in enumerate(_rows(text, separator, file), start=2):
        row = {str(key).strip().lower(): (value or "").strip() for key, value in raw.items() if isinstance(value, str)}
        name, sentence, meaning = row.get("tracker", ""), row.get("text", ""), row.get("meaning", "example").lower()
        if not name or not sentence or meaning not in MEANINGS:
            raise SettingsError(
                "needs a tracker, a text and the meaning example or counter-example",
                where=f"{file}, row {number}",
                remedy="fill in the columns tracker, text, meaning",
            )
        tracker = found.setdefault(name, {"name": name, "examples": [], "counter_examples": []})
        tracker[MEANINGS[meaning]].append(sentence)
        if row.get("said_by"):
            tracker["said_by"] = row["said_by"].lower()
        if row.get("questions_only"):
            tracker["questions_only"] = row["questions_only"].lower() in _YES
    return list(found.values())


def _rows(text: str, separator: str, file: Path) -> Iterator[dict[str, Any]]:
    lines = csv.DictReader(io.StringIO(text), delimiter=separator)
    try:
        yield from lines
    except csv.Error as error:
        where = f"{file}, line {lines.line_num}"
        raise SettingsError(f"cannot be read: {error}", where=where, remedy="save it again as CSV UTF-8") from error
