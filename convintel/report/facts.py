"""Where a sentence or number of a page comes from: its id, and the rows of the tables that it rests on.

A node of the summary that carries `id` and `rests` can be followed back (`convintel explain ID`, `lineage`).
"""

from __future__ import annotations

import hashlib
from typing import Any

Row = dict[str, Any]


def fact_id(*parts: object) -> str:
    """Return the id of something that a page shows: the same for the same thing in every run.

    >>> fact_id("talk", "team", "talk_share")
    '28ac089f67c2'
    """
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:12]


def rests(table: str, **where: Any) -> Row:
    """Return a selection of rows: columns with their values; `weeks` and `rep` select by the call of a row."""
    return {"table": table, "where": where}
