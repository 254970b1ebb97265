"""Rows by call: a table is taken apart once, and its rows become Python values only when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

import polars as pl

Row = dict[str, Any]
_ORDER: Final = ("turn", "start", "end", "metric", "side")


class ByCall:
    """A table looked up by call, the rows of a call in a fixed order."""

    def __init__(self, table: pl.DataFrame) -> None:
        self._unsorted = table
        self._rows: dict[str, list[Row]] = {}

    def __call__(self, call_id: str) -> list[Row]:
        """Return the rows of a call: a new list of the same rows each time."""
        if call_id not in self._rows:
            part = self._parts.get(call_id)
            self._rows[call_id] = [] if part is None else self._table[part[0] : part[0] + part[1]].to_dicts()
        return list(self._rows[call_id])

    def of(self, call_ids: Iterable[str]) -> list[Row]:
        """Return the rows of some calls, by call."""
        return [row for call_id in sorted(call_ids) for row in self(call_id)]

    @cached_property
    def _table(self) -> pl.DataFrame:
        """The table by call; findings by time, turns by number."""
        names = ("start", "finding_id") if "finding_id" in self._unsorted.columns else _ORDER
        return self._unsorted.sort("call_id", *(name for name in names if name in self._unsorted.columns))

    @cached_property
    def _parts(self) -> dict[str, tuple[int, int]]:
        """First row and number of rows of each call."""
        found = self._table.with_row_index("first").group_by("call_id").agg(pl.col("first").min(), pl.len())
        return {call_id: (first, n) for call_id, first, n in found.iter_rows()}


class Starts:
    """Where turns begin, by call, to find the turn of a second."""

    def __init__(self, turns: pl.DataFrame) -> None:
        self._turns = turns.select("call_id", "turn", "start").group_by("call_id").agg("turn", "start")

    def at(self, call_id: str, second: float) -> int | None:
        """Return the last turn that has begun at a second; None without one."""
        return max((turn for turn, start in self._of.get(call_id, ()) if start <= second + 0.01), default=None)

    @cached_property
    def _of(self) -> dict[str, list[tuple[int, float]]]:
        return {call_id: list(zip(turns, starts, strict=True)) for call_id, turns, starts in self._turns.iter_rows()}
