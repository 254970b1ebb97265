"""Monday morning: take in what is left in the inbox, then write the report of the week that ended."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from convintel import pipeline
from convintel.settings import load
from flows.ingest import ingest


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


@flow(name="weekly")
def weekly(workspace: str, week: str | None = None) -> Any:
    """Report on the given ISO week, or on the one before today in the company's time zone."""
    settings = load(Path(workspace))
    today = datetime.now(settings.company.zone).date()
    ingest(workspace, scheduled=True)
    result = write_report(workspace, week or pipeline.week_before(today), scheduled=True)
    if settings.delivery.scheduled and settings.delivery.wanted:
        send_pages(workspace, result.week)
    return result
