"""A call without its words: what was said goes, what was counted and measured stays."""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl

from convintel.pipeline.survey import STAGE_TABLES, wordless_keys
from convintel.store import Store
from convintel.tables import SCHEMAS

MARK: Final = "[deleted]"
"""Stands where a text was that a table cannot do without."""
_EMPTIED: Final = frozenset({"words", "concerns"})  # tables that are nothing but words
_NO_WORDS: Final = frozenset(
    {"call_id", "finding_id", "metric", "withheld", "tracker", "codec", "model", "layout_note", "split_note"}
)
"""Columns of text that hold none of what was said. Every other one is blanked, so that a new one is safe."""


def strip(store: Store, call_id: str) -> None:
    """Write what may be kept of a call in place of its results; embeddings of its sentences go."""
    store.forget(call_id, stages=("embeddings",))  # first: `stripped` goes by the rest
    found = {stage: sorted(store.root.glob(f"{stage}/{call_id}/[!.]*")) for stage in STAGE_TABLES}
    if all(found.values()):
        keys = wordless_keys(call_id)
        for stage, names in STAGE_TABLES.items():
            kept = {name: blanked(name, pl.read_parquet(found[stage][-1] / f"{name}.parquet")) for name in names}
            store.write(stage, call_id, getattr(keys, stage), kept)  # the older key goes
    else:  # never finished: there are no numbers to keep
        store.forget(call_id)


def stripped(store: Store, call_id: str) -> bool:
    """Tell whether nothing but numbers is stored of a call."""
    keys = wordless_keys(call_id)
    return all(store.has(stage, call_id, getattr(keys, stage)) for stage in STAGE_TABLES)


def blanked(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """Return a table without what was said."""
    if name in _EMPTIED:
        return table.clear()
    columns = SCHEMAS[name].schema.columns()
    texts = [column for column, kind in columns.items() if isinstance(kind, dy.String) and column not in _NO_WORDS]
    return table.with_columns(_blank(column, columns[column]) for column in texts)


def _blank(name: str, column: dy.Column) -> pl.Expr:
    empty = None if column.nullable else MARK if getattr(column, "min_length", None) else ""
    return pl.lit(empty, pl.String).alias(name)
