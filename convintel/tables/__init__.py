"""The tables that stages hand on: columns, types, rules and versions.

Times are seconds from the start of the recording, probabilities and shares lie in [0, 1]. A null says "nobody told us".
Raise a table's version when its columns change meaning: results stored under the old version are then recomputed.
"""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import polars as pl

from convintel.tables.calls import Calls, Unused
from convintel.tables.company import Advice, Evidence
from convintel.tables.names import OBJECTION_TYPES
from convintel.tables.outcomes import Associations, Deals, FollowThrough, Hygiene, Matches, Ramp, WinRates
from convintel.tables.signals import Concerns, Mentions, Metrics, NextSteps, Objections, Questions
from convintel.tables.speech import Audio, Roles, Speech, Talk, Turns, Voices, Words
from convintel.tables.themes import Embeddings, ThemeEvents, ThemeMembers, ThemeOutcomes, Themes

__all__ = ["OBJECTION_TYPES", "SCHEMAS", "Table", "frame"]


@dataclass(frozen=True, slots=True)
class Table:
    """A schema with its name and version as written into Parquet metadata."""

    name: str
    version: int
    schema: type[dy.Schema]


SCHEMAS: dict[str, Table] = {
    table.name: table
    for table in (
        Table("calls", 2, Calls),
        Table("audio", 1, Audio),
        Table("words", 1, Words),
        Table("speech", 1, Speech),
        Table("turns", 1, Turns),
        Table("talk", 1, Talk),
        Table("roles", 1, Roles),
        Table("voices", 1, Voices),
        Table("metrics", 1, Metrics),
        Table("objections", 2, Objections),
        Table("next_steps", 1, NextSteps),
        Table("questions", 1, Questions),
        Table("mentions", 1, Mentions),
        Table("concerns", 3, Concerns),
        Table("embeddings", 1, Embeddings),
        Table("themes", 2, Themes),
        Table("theme_members", 1, ThemeMembers),
        Table("theme_events", 1, ThemeEvents),
        Table("theme_outcomes", 1, ThemeOutcomes),
        Table("deals", 1, Deals),
        Table("matches", 1, Matches),
        Table("win_rates", 2, WinRates),
        Table("associations", 2, Associations),
        Table("follow_through", 1, FollowThrough),
        Table("hygiene", 1, Hygiene),
        Table("ramp", 1, Ramp),
        Table("advice", 1, Advice),
        Table("evidence", 1, Evidence),
        Table("unused", 1, Unused),
    )
}


def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Build a table from rows and validate it; missing optional columns become null.

    Raises:
        dataframely.exc.ValidationError: a row breaks a rule of the schema.
    """
    schema = SCHEMAS[name].schema
    if not rows:
        return schema.create_empty()
    columns = {column: [row.get(column) for row in rows] for column in schema.column_names()}
    return schema.validate(pl.DataFrame(columns, strict=False, infer_schema_length=None), cast=True)
