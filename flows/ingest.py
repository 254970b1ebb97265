"""Take in what is new in the inbox: one task, with the worker pool inside it.

One task for all new calls, not one a call: a task run costs Prefect about as much as a second of recognition, and the
ledger and the store already know what is done, so that a run that was killed goes on where it stopped.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from convintel import pipeline


@task(name="take in new calls", cache_policy=NO_CACHE)
def take_in(workspace: str, since: date | None, workers: int | None, scheduled: bool) -> pipeline.IngestResult:
    """Process every new call of the inbox."""
    return pipeline.ingest(Path(workspace), since=since, workers=workers, scheduled=scheduled)


@flow(name="ingest")
def ingest(workspace: str, since: date | None = None, workers: int | None = None, scheduled: bool = False) -> Any:
    """Process every new call of the inbox; returns a `pipeline.IngestResult`."""
    return take_in(workspace, since, workers, scheduled)
