"""What the holder of the workspace's lock clears away: traces of kills, forgotten calls, and what is past its time."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from convintel import search
from convintel.errors import WorkspaceError
from convintel.ledger import Ledger
from convintel.pipeline.forgotten import read_forgotten
from convintel.pipeline.survey import STAGE_TABLES, Survey
from convintel.pipeline.weeks import last_day
from convintel.pipeline.wordless import strip, stripped
from convintel.settings import Settings
from convintel.store import Store
from convintel.themes import Registry
from convintel.workspace import Workspace

_OF_CALLS: Final = frozenset({*STAGE_TABLES, "embeddings", "voices"})
"""Stages whose results are of one call each; whatever else is in the store is of several."""


def clean_up(workspace: Workspace, ledger: Ledger) -> None:
    """Delete half-written results, and what a `forget` that was killed had left to do."""
    Store(workspace.store).sweep()
    left = [call_id for call_id in sorted(read_forgotten(workspace)) if any(workspace.store.glob(f"*/{call_id}"))]
    if left:
        erase(workspace, ledger, left)


def purge(found: Survey, ledger: Ledger, settings: Settings) -> int:
    """Delete what may no longer be kept of calls: consent withdrawn, made private, or past the days of [privacy].

    Of calls whose words are past their time the numbers stay; of all others nothing. Reports that told of them are to
    be made again (`Ledger.stale_reports`), but the pages of weeks past their time go for good. Recordings in the inbox
    are the user's.

    Returns how many calls were touched.
    """
    workspace, store = found.workspace, Store(found.workspace.store)
    stored, out, days = stored_calls(workspace), found.kept_out, settings.privacy.limited
    strangers = sorted(stored - found.keys.keys())
    gone = [one for one in strangers if one in out or _too_old(one, workspace, days)]
    bare = [one for one in sorted(found.wordless & stored) if not stripped(store, one)]
    if not gone and not bare:
        return 0
    erase(workspace, ledger, gone, also_themes_of=bare)
    for call_id in bare:
        strip(store, call_id)
    touched = found.described.filter(pl.col("call_id").is_in([*gone, *bare]))
    for week in touched["week"].drop_nulls().unique().sort():
        if _past(week, settings):
            shutil.rmtree(workspace.reports / week, ignore_errors=True)
            ledger.drop_report(week)
    return len(gone) + len(bare)


def erase(
    workspace: Workspace, ledger: Ledger, call_ids: Iterable[str], *, also_themes_of: Iterable[str] = ()
) -> dict[str, list[Path]]:
    """Remove calls from every place but the inbox; reports go whole and are to be made again without them.

    Themes lose their concerns and keep their ids: what people wrote into themes.csv goes on being about the same.

    Returns the folders removed from the store, by call.
    """
    ids = sorted(call_ids)
    touched = [*ids, *also_themes_of]
    weeks = workspace.reported_weeks()
    ledger.outdate_reports(weeks)  # first: after a kill the next report finishes
    for stage in workspace.store.glob("*"):
        if stage.name not in _OF_CALLS:
            shutil.rmtree(stage, ignore_errors=True)  # of all calls together: made anew from what is left
    shutil.rmtree(workspace.tables, ignore_errors=True)
    _leave_themes(workspace, touched)
    for folder in workspace.reports.glob("*"):
        if folder.name in weeks or folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True)
    search.forget(workspace.search_index, touched)
    ledger.forget(ids)
    _drop_logs(workspace)
    # last, because it is what `clean_up` goes by
    return {call_id: Store(workspace.store).forget(call_id) for call_id in ids}


def _too_old(call_id: str, workspace: Workspace, days: int) -> bool:
    """Tell whether a call whose recording is gone was processed more than so many days ago; 0: never."""
    if not days:
        return False
    made = max(path.stat().st_mtime for path in workspace.store.glob(f"*/{call_id}/*"))
    return datetime.fromtimestamp(made, UTC) < datetime.now(UTC) - timedelta(days=days)


def _past(week: str, settings: Settings) -> bool:
    """Tell whether the first day of a week is older than words may be."""
    monday, days = last_day(week) - timedelta(days=6), settings.privacy.limited
    return bool(days) and monday < datetime.now(settings.company.zone).date() - timedelta(days=days)


def stored_calls(workspace: Workspace) -> set[str]:
    """Return the calls of which something is stored; whatever is stored of a call began with its transcript."""
    folder = workspace.store / "transcript"
    return {entry.name for entry in os.scandir(folder) if _is_call(entry.name)} if folder.is_dir() else set()


def _is_call(name: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{16}", name) is not None


def _drop_logs(workspace: Workspace) -> None:
    """Delete what Prefect logged on this machine: a message may name a file, and a file may bear a person's name."""
    for path in (workspace.hidden / "prefect").rglob("*.log"):
        path.unlink(missing_ok=True)


def _leave_themes(workspace: Workspace, call_ids: Iterable[str]) -> None:
    concerns = [path for call_id in call_ids for path in workspace.store.glob(f"signals/{call_id}/*/concerns.parquet")]
    gone = {concern for path in concerns for concern in pl.read_parquet(path)["concern_id"]}
    for snapshot in sorted(workspace.theme_snapshots.glob("*.json")):
        try:
            Registry.load(snapshot).without(gone).dump(snapshot)
        except WorkspaceError:  # what cannot be read cannot be cleaned
            snapshot.unlink(missing_ok=True)
