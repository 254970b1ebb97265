"""Monday morning: take in what is left in the inbox, then write the report of the week that ended."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.states import Completed

from convintel import pipeline, worker
from convintel.errors import ConvintelError
from convintel.settings import load
from convintel.weeks import week_back, week_of
from convintel.workspace import Workspace
from flows.ingest import ingest
from flows.notice import tell
from flows.timetable import note_weekly, only_one, was_caught_up


@task(name="write the report", cache_policy=NO_CACHE)
def write_report(workspace: str, week: str | None, scheduled: bool = False) -> pipeline.WeeklyResult:
    """Themes, outcomes, coaching and pages of a week; the newest with a call if none is named."""
    return pipeline.make_report(Path(workspace), week=week, scheduled=scheduled)


@task(name="send the pages", retries=2, retry_delay_seconds=300, cache_policy=NO_CACHE)
def send_pages(workspace: str, week: str) -> pipeline.Delivered:
    """Each message once, also when a retry follows a failure half-way."""
    return pipeline.deliver(Path(workspace), week=week)


@flow(name="run once")
def run_once(workspace: str, week: str | None = None, since: date | None = None, workers: int | None = None) -> Any:
    """What `convintel run` does: returns (`IngestResult`, `WeeklyResult`)."""
    return ingest(workspace, since, workers), write_report(workspace, week)


@flow(name="weekly", on_failure=[tell], on_crashed=[tell])
def weekly(workspace: str, week: str | None = None) -> Any:
    """Report on the given ISO week, or on the one before today in the company's time zone.

    One at a time; a run that was due before another one began, which went through, has nothing left to do.
    """
    worker.end_with(os.getppid())  # of `serve`, as in `inbox`
    folder, begun = Workspace(Path(workspace)), datetime.now(UTC)
    with only_one(folder, "weekly", wait_seconds=pipeline.PATIENCE) as mine:
        if not mine:
            raise ConvintelError(
                "another weekly run has been at work for hours", where=folder.root, remedy="stop it, or wait for it"
            )
        if week is None and was_caught_up(folder, _due()):
            return Completed(message="a later run has reported on this week")
        result = _report(folder, week)
        if week is None:
            note_weekly(folder, begun)
    return result


def _report(folder: Workspace, week: str | None) -> pipeline.WeeklyResult:
    settings, workspace = load(folder.root), str(folder.root)
    today = datetime.now(settings.company.zone).date()
    ingest(workspace, scheduled=True)
    result = write_report(workspace, week or week_back(week_of(today), 1), scheduled=True)
    if settings.delivery.scheduled and settings.delivery.wanted:
        send_pages(workspace, result.week)
    return result


def _due() -> datetime:
    """Return when the running flow run should have begun."""
    context = FlowRunContext.get()
    due = context.flow_run.expected_start_time if context is not None and context.flow_run is not None else None
    return due or datetime.now(UTC)
