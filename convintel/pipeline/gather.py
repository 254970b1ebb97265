"""Results of many calls as one table each, in time and memory that a history of years allows.

A call's results are small files of their own: 100,000 calls are a million files, which take minutes to open. So each
week's are put together once into a pack, kept in the store under the keys of all that is in it, and read from there as
long as none of them changes. What was said (`turns`, `talk`) is nine tenths of it all and only read for the calls that
a report looks into.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from convintel.pipeline.survey import STAGE_TABLES, Keys
from convintel.store import Store, content_key
from convintel.tables import SCHEMAS

PACKS: Final = "packs"
UNDATED: Final = "undated"
SPOKEN: Final = ("turns", "talk")
OVERVIEW: Final = {
    "transcript": ("audio",),
    "turns": ("roles",),
    "signals": STAGE_TABLES["signals"],
}
EMBEDDINGS: Final = ("embeddings",)
_VERSION: Final = 1


def overview(store: Store, calls: pl.DataFrame, keys: Mapping[str, Keys]) -> dict[str, pl.DataFrame]:
    """Return every table of `OVERVIEW` over all calls, in their order; `calls` must be sorted by week."""
    tables: dict[str, pl.DataFrame] = {}
    for stage, names in OVERVIEW.items():
        places = {call_id: getattr(keys[call_id], stage) for call_id in calls["call_id"]}
        tables |= read_packed(store, stage, names, calls, places)
    return tables


def spoken(store: Store, calls: pl.DataFrame, keys: Mapping[str, Keys]) -> dict[str, pl.DataFrame]:
    """Return what was said in some calls, whole weeks of which are read from packs."""
    places = {call_id: keys[call_id].turns for call_id in calls["call_id"]}
    return read_packed(store, "turns", SPOKEN, calls, places)


def spoken_in(store: Store, call_ids: Iterable[str], keys: Mapping[str, Keys]) -> dict[str, pl.DataFrame]:
    """Return what was said in a few calls."""
    places = [(call_id, keys[call_id].turns) for call_id in call_ids]
    return {name: store.read_many("turns", name, places) for name in SPOKEN}


def read_packed(
    store: Store, stage: str, names: Sequence[str], calls: pl.DataFrame, places: Mapping[str, str]
) -> dict[str, pl.DataFrame]:
    """Return tables of a stage over all calls.

    Args:
        store: where both the results and the packs are.
        stage: the stage.
        names: its tables.
        calls: `call_id` and `week`, sorted by week.
        places: key of the stage's result, by call.
    """
    packs: list[tuple[str, str]] = []
    for week, ids in calls.group_by("week", maintain_order=True).agg("call_id").iter_rows():
        pairs = [(call_id, places[call_id]) for call_id in ids]
        scope, key = pack(stage, names, week, pairs)
        if not store.has(PACKS, scope, key):
            store.write(PACKS, scope, key, {name: store.read_many(stage, name, pairs) for name in names})
        packs.append((scope, key))
    return {name: store.read_many(PACKS, name, packs) for name in names}


def pack(stage: str, names: Sequence[str], week: str | None, pairs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return scope and key of a week's pack; `pairs` are the calls in it with the keys of their results."""
    versions = [SCHEMAS[name].version for name in names]
    return f"{stage}-{names[0]}-{week or UNDATED}", content_key(_VERSION, names, versions, pairs)


def drop_packs(store: Store, weeks: Iterable[str | None], *, spoken_from: str) -> None:
    """Delete the packs of weeks that have no call any more, and what was said before the week `spoken_from`."""
    names = [week or UNDATED for week in weeks]
    kept = [
        f"{stage}-{tables[0]}-{week}"
        for stage, tables in (*OVERVIEW.items(), ("embeddings", EMBEDDINGS))
        for week in names
    ]
    kept += [f"turns-{SPOKEN[0]}-{week}" for week in names if week >= spoken_from]
    store.drop(PACKS, keep=kept)
