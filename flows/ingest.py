"""Take in what is new in the inbox: one task, with the worker pool inside it; on a cluster one task a shard of calls.

Not one task a call: a task run costs Prefect about as much as a second of recognition, and the ledger and the store
already know what is done, so that a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Cancelled

from convintel import pipeline, worker
from convintel.settings import load
from convintel.workspace import Workspace
from flows.notice import tell
from flows.timetable import only_one


@task(name="take in new calls", cache_policy=NO_CACHE)
def take_in(workspace: str, since: date | None, workers: int | None, scheduled: bool) -> pipeline.IngestResult:
    """Process every new call of the inbox."""
    return pipeline.ingest(Path(workspace), since=since, workers=workers, scheduled=scheduled)


@flow(name="ingest")
def ingest(workspace: str, since: date | None = None, workers: int | None = None, scheduled: bool = False) -> Any:
    """Process every new call of the inbox; returns a `pipeline.IngestResult`."""
    settings = load(Path(workspace))
    if settings.run.runner == "local":
        return take_in(workspace, since, workers, scheduled)
    from flows.cluster import take_in as take_in_on_cluster

    return take_in_on_cluster(workspace, since, workers, scheduled, settings)


@flow(name="inbox", on_failure=[tell], on_crashed=[tell])
def inbox(workspace: str) -> Any:
    """Take in the inbox as the schedule does: a trigger that comes while another one is at work is dropped."""
    worker.end_with(os.getppid())  # of `serve`: a run that outlives it would hold the locks and report to nobody
    with only_one(Workspace(Path(workspace)), "inbox", wait_seconds=0) as mine:
        if not mine:
            return Cancelled(message="the inbox run before this one is still at work")
        return ingest(workspace, scheduled=True)
