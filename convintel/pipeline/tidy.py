"""What the holder of the workspace's lock clears away before anything else: traces of kills and of forgotten calls."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from convintel import search
from convintel.ledger import Ledger
from convintel.pipeline.survey import read_forgotten
from convintel.store import Store
from convintel.workspace import Workspace


def clean_up(workspace: Workspace, ledger: Ledger) -> None:
    """Delete half-written results, and what a `forget` that was killed had left to do."""
    Store(workspace.store).sweep()
    left = [call_id for call_id in sorted(read_forgotten(workspace)) if any(workspace.store.glob(f"*/{call_id}"))]
    if left:
        erase(workspace, ledger, left)


def erase(workspace: Workspace, ledger: Ledger, call_ids: Iterable[str]) -> dict[str, list[Path]]:
    """Remove calls from every place but the inbox; reports and themes go whole and are made again without them.

    Returns the folders removed from the store, by call.
    """
    ids = sorted(call_ids)
    shutil.rmtree(workspace.store / "weekly", ignore_errors=True)
    shutil.rmtree(workspace.theme_snapshots, ignore_errors=True)
    for folder in workspace.reports.glob("*"):
        if folder.name in workspace.reported_weeks() or folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True)
    search.forget(workspace.search_index, ids)
    ledger.forget(ids)
    # last, because it is what `clean_up` goes by
    return {call_id: Store(workspace.store).forget(call_id) for call_id in ids}
