"""From an id on a page back to what it rests on: the numbers, the rows of the tables, the quotes and the rule.

`explain` finds the node of the summary with the id and selects the rows that it names. The rows are enough to compute
the node's numbers again; the tests do so for every node of every page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from convintel.signals.catalogue import METRICS
from convintel.tables import SCHEMAS
from convintel.values import clock

Row = dict[str, Any]
_LARGE = frozenset(
    {"id", "rests", "rule", "rows", "turns", "spans", "calls", "talk", "weeks"}
)  # shown elsewhere or by their own ids


@dataclass(frozen=True)
class Lineage:
    """What stands behind one id: what the page says, the rule, and the rows by table."""

    identity: str
    says: Row
    rule: str
    rows: Mapping[str, pl.DataFrame]

    def plain(self) -> Row:
        """Return the lineage as data that JSON can hold."""
        rows = {name: [_plain_row(row) for row in table.to_dicts()] for name, table in self.rows.items()}
        return {"id": self.identity, "says": self.says, "rule": self.rule, "rows": rows}


def explain(summary: Row, tables: Mapping[str, pl.DataFrame], identity: str) -> Lineage | None:
    """Return what stands behind an id of a page, or None when no page of the summary shows it.

    Args:
        summary: From `summarise`.
        tables: The tables that it was made from.
        identity: As the page shows it; the case does not matter.
    """
    node = next((node for node in nodes(summary) if node["id"].lower() == identity.strip().lower()), None)
    if node is None:
        return None
    rows: dict[str, pl.DataFrame] = {}
    for selection in node["rests"]:
        rows[selection["table"]] = select(tables, selection["table"], selection["where"])
    return Lineage(node["id"], _says(node), _rule(node), rows)


def nodes(value: Any) -> Iterator[Row]:
    """Yield everything of a summary that has an id and rests on rows."""
    if isinstance(value, dict):
        if "id" in value and "rests" in value:
            yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def select(tables: Mapping[str, pl.DataFrame], name: str, where: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows of a table.

    `weeks` and `rep` select by the row's call, `rep` by the table's own column where there is one; `theme_id` also by
    membership; of deals, `owners` takes several and `quarter` those that closed in it.
    """
    table = tables.get(name, SCHEMAS[name].schema.create_empty())
    for column, value in where.items():
        if value is not None or (column in table.columns and column != "rep"):
            table = table.filter(_condition(tables, table, column, value))
    return table.sort([column for column in ("call_id", "start", "turn") if column in table.columns])


def _condition(tables: Mapping[str, pl.DataFrame], table: pl.DataFrame, column: str, value: Any) -> pl.Expr:
    calls = tables.get("calls", SCHEMAS["calls"].schema.create_empty())
    if column == "weeks":
        return pl.col("call_id").is_in(calls.filter(pl.col("week").is_in(list(value)))["call_id"].implode())
    if column == "owners":
        return pl.col("owner").is_in(list(value))
    if column == "quarter":
        quarter = pl.format("{}-Q{}", pl.col("closed").dt.year(), pl.col("closed").dt.quarter())
        closed_in: pl.Expr = (quarter == value) & (pl.col("outcome").cast(pl.String) != "open")
        return closed_in
    if column in table.columns:
        return pl.col(column).cast(table.schema[column]).eq_missing(pl.lit(value))
    if column == "rep":
        return pl.col("call_id").is_in(calls.filter(pl.col("rep") == value)["call_id"].implode())
    if column == "theme_id":
        members = tables["theme_members"].filter(pl.col("theme_id") == value)
        return pl.col("concern_id").is_in(members["concern_id"].implode())
    return pl.lit(value=True)


def lines(found: Lineage, calls: pl.DataFrame, *, most: int = 20) -> Iterator[str]:
    """Yield a lineage as lines to read; calls are named by file, positions by the clock."""
    paths = dict(calls.select("call_id", "path").iter_rows())
    yield f"{found.identity}"
    yield from (f"  {name}: {_shown(value)}" for name, value in found.says.items())
    if found.rule:
        yield f"rule: {found.rule}"
    for name, table in found.rows.items():
        yield f"{name}: {table.height} rows"
        yield from (f"  {_line(row, paths)}" for row in table.head(most).to_dicts())
        if table.height > most:
            yield f"  ... and {table.height - most} more (--json lists all)"


def _line(row: Row, paths: Mapping[str, str]) -> str:
    place = ""
    if row.get("call_id") in paths:
        place = paths[row["call_id"]]
        if row.get("start") is not None:
            place += f" at {clock(row['start'])} ({row['start']:.1f} s)"
    skipped = {"call_id", "start", "end", "vector", "origins"}
    cells = [f"{name}={_shown(value)}" for name, value in row.items() if name not in skipped and value is not None]
    return "; ".join([*([place] if place else []), *cells])


def _says(node: Row) -> Row:
    return {
        name: value
        for name, value in node.items()
        if name not in _LARGE and not isinstance(value, dict | list) and value is not None
    }


def _rule(node: Row) -> str:
    if node.get("rule"):
        return str(node["rule"])
    wanted = {where.get("metric") for where in (selection["where"] for selection in node["rests"])} - {None}
    return "; ".join(f"{metric.name} = {metric.formula}" for metric in METRICS if metric.name in wanted)


def _plain_row(row: Row) -> Row:
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in row.items()
        if not isinstance(value, Sequence) or isinstance(value, str)
    }


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
