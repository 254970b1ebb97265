"""The data dictionary: every column of every table with its type and meaning, read from the schemas.

What a column means stands as a comment beside it in `convintel/tables/`, so that schema and dictionary cannot differ.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import dataframely as dy

from convintel.tables import SCHEMAS, Table

_COMMENT: Final = re.compile(r"^    (\w+) = dy\.\w+\(.*?\)?(?:  # (?!noqa)(.+))?$", re.MULTILINE)
_OWN_WORDS: Final = {
    "call_id": "first 16 hex digits of the SHA-256 of the recording's bytes",
    "deal_id": "as the CRM writes it, case kept",
    "rep": "rep's e-mail as in reps.csv",
    "quote": "verbatim",
    "start": "second of the recording",
    "end": "second of the recording",
    "role": "who said it",
    "week": "ISO week, like 2026-W44",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One column of the dictionary."""

    table: str
    version: int
    column: str
    type: str
    null: str  # "yes" when the column may be empty
    key: str  # "yes" when it is part of the primary key
    values: str  # what an enumeration holds
    meaning: str


def about(table: Table) -> str:
    """Return what a row of the table is: the first paragraph of the schema's docstring."""
    return " ".join((inspect.getdoc(table.schema) or "").split("\n\n")[0].split())


def entries() -> list[Entry]:
    """Return all columns, table by table, in the order of the schemas."""
    return [entry for table in SCHEMAS.values() for entry in entries_of(table)]


def entries_of(table: Table) -> list[Entry]:
    """Return the columns of one table."""
    comments = _comments(table.schema)
    return [_entry(table, name, column, comments) for name, column in table.schema.columns().items()]


def _entry(table: Table, name: str, column: Any, comments: Mapping[str, str]) -> Entry:
    values = ", ".join(column.categories) if isinstance(column, dy.Enum) else ""
    kind = "Enum" if values else str(column.dtype)
    meaning = comments.get(name) or _OWN_WORDS.get(name, "")
    key = "yes" if column.primary_key else ""
    return Entry(table.name, table.version, name, kind, "yes" if column.nullable else "", key, values, meaning)


def _comments(schema: type[dy.Schema]) -> dict[str, str]:
    """Return the comment beside each column, inherited ones too."""
    found: dict[str, str] = {}
    for base in reversed(schema.__mro__):
        if base.__module__.startswith("convintel.tables"):
            found.update((name, comment) for name, comment in _COMMENT.findall(inspect.getsource(base)) if comment)
    return found


def markdown() -> str:
    """Return the dictionary as docs/data.md."""
    parts = [_HEAD]
    for table in SCHEMAS.values():
        parts.append(f"## {table.name}\n\n{about(table)} Version {table.version}.\n")
        parts += ["| column | type | | meaning |", "|---|---|---|---|", *(_line(entry) for entry in entries_of(table))]
        parts.append("")
    return "\n".join(parts)


def _line(entry: Entry) -> str:
    flags = ", ".join(word for word, on in (("key", entry.key), ("may be null", entry.null)) if on)
    values = f"one of: {entry.values}" if entry.values else ""
    meaning = "; ".join(part for part in (entry.meaning, values) if part).replace("|", "\\|")
    return f"| {entry.column} | {entry.type} | {flags} | {meaning} |"


_HEAD = """# Data dictionary

Written by `python -m convintel.tables.dictionary` from the schemas in `convintel/tables/`; a test keeps it current.

`reports/tables/` of a workspace holds the tables of the newest reported week, each as Parquet and CSV, with
`dictionary.csv`. Every run that writes that week's report writes them anew. DuckDB, spreadsheets and BI tools read
them:

```sql
select d.segment, avg(m.value) as talk_share, count(*) as calls
from 'acme/reports/tables/metrics.parquet' m
join 'acme/reports/tables/matches.parquet' using (call_id)
join 'acme/reports/tables/deals.parquet' d using (deal_id)
where m.metric = 'talk_share' group by all;
```

Times are seconds from the start of the recording, shares and probabilities lie in [0, 1], dates are local to the call.
A null says that nobody told us, or that there was too little to tell.
"""

if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201 - `make dictionary` redirects it
