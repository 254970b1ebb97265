"""The tables of the newest week as Parquet and CSV with their dictionary, for spreadsheets, DuckDB and BI tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import polars as pl

from convintel.report.files import replacing
from convintel.tables import SCHEMAS, Table
from convintel.tables.dictionary import entries

INSIDE: Final = frozenset({"words", "speech", "turns", "talk", "voices", "embeddings"})
"""Tables that stay in the store: large, or of no use outside."""
_FORMULA: Final = "^[ \\t\\r\\n]*[=+@＝＋－＠-]|^[\\t\\r\\n]"  # what spreadsheets run


def write_tables(tables: Mapping[str, pl.DataFrame], folder: Path, *, week: str) -> None:
    """Write the tables to `folder`, which is replaced as a whole.

    Raises:
        WorkspaceError: the folder cannot be written or the disk is full.
    """
    with replacing(folder) as building:
        for name, table in exported(tables).items():
            metadata = {"convintel.schema": f"{name}/{table.version}", "convintel.week": week}
            with (building / f"{name}.parquet").open("wb") as stream:  # ours: polars hides that a disk is full
                tables[name].write_parquet(stream, metadata=metadata)
            with (building / f"{name}.csv").open("wb") as stream:
                _safe(tables[name]).write_csv(stream, include_bom=True)
        listed = pl.DataFrame([asdict(entry) for entry in entries() if entry.table in exported(tables)])
        listed.write_csv(building / "dictionary.csv", include_bom=True)
        for path in building.iterdir():
            path.chmod(0o600)


def exported(tables: Mapping[str, pl.DataFrame]) -> dict[str, Table]:
    """Return the schemas of the tables that are written."""
    return {name: table for name, table in SCHEMAS.items() if name in tables and name not in INSIDE}


def _safe(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with texts that a spreadsheet would take for a formula put behind an apostrophe."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    return table.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then(pl.format("'{}", name)).otherwise(name).alias(name)
        for name in texts
    )
