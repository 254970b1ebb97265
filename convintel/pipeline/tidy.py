"""What the holder of the workspace's lock clears away before anything else: traces of kills and of forgotten calls."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from convintel import search
from convintel.errors import WorkspaceError
from convintel.ledger import Ledger
from convintel.pipeline.embeddings import PHRASES
from convintel.pipeline.gather import PACKS
from convintel.pipeline.survey import read_forgotten
from convintel.store import Store
from convintel.themes import Registry
from convintel.workspace import Workspace


def clean_up(workspace: Workspace, ledger: Ledger) -> None:
    """Delete half-written results, and what a `forget` that was killed had left to do."""
    Store(workspace.store).sweep()
    left = [call_id for call_id in sorted(read_forgotten(workspace)) if any(workspace.store.glob(f"*/{call_id}"))]
    if left:
        erase(workspace, ledger, left)


def erase(workspace: Workspace, ledger: Ledger, call_ids: Iterable[str]) -> dict[str, list[Path]]:
    """Remove calls from every place but the inbox; reports go whole and are made again without them.

    Themes lose their concerns and keep their ids: what people wrote into themes.csv goes on being about the same.

    Returns the folders removed from the store, by call.
    """
    ids = sorted(call_ids)
    for stage in ("weekly", PACKS, PHRASES):  # they hold words of many calls
        shutil.rmtree(workspace.store / stage, ignore_errors=True)
    shutil.rmtree(workspace.tables, ignore_errors=True)
    _leave_themes(workspace, ids)
    for folder in workspace.reports.glob("*"):
        if folder.name in workspace.reported_weeks() or folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True)
    search.forget(workspace.search_index, ids)
    ledger.forget(ids)
    # last, because it is what `clean_up` goes by
    return {call_id: Store(workspace.store).forget(call_id) for call_id in ids}


def _leave_themes(workspace: Workspace, call_ids: Iterable[str]) -> None:
    concerns = [path for call_id in call_ids for path in workspace.store.glob(f"signals/{call_id}/*/concerns.parquet")]
    gone = {concern for path in concerns for concern in pl.read_parquet(path)["concern_id"]}
    for snapshot in sorted(workspace.theme_snapshots.glob("*.json")):
        try:
            Registry.load(snapshot).without(gone).dump(snapshot)
        except WorkspaceError:  # what cannot be read cannot be cleaned
            snapshot.unlink(missing_ok=True)
