"""The two halves of a run, each safe to repeat: take in what is new, and write a week's report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from convintel import search
from convintel.ledger import Ledger
from convintel.pipeline.away import recover
from convintel.pipeline.process import CallOutcome, Processing, process_calls
from convintel.pipeline.survey import Survey, pending_jobs, survey
from convintel.pipeline.tidy import clean_up, purge
from convintel.pipeline.weekly import WeeklyResult, reported, weekly
from convintel.pipeline.weeks import last_day, newest_week, ready_calls
from convintel.progress import show_progress
from convintel.settings import load
from convintel.store import Store
from convintel.weeks import week_back
from convintel.workspace import Workspace

PATIENCE: Final = 6 * 3600.0  # seconds that a scheduled run waits for another one


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How many calls were processed now, set aside now, and were up to date before."""

    processed: int
    set_aside: int
    current: int


def ingest(
    root: Path,
    *,
    since: date | None = None,
    workers: int | None = None,
    scheduled: bool = False,
    process: Processing = process_calls,
) -> IngestResult:
    """Take every new call of the inbox through the per-call stages; one bad recording never stops the rest.

    Args:
        root: the workspace.
        since: leave out calls before this day.
        workers: worker processes; None = the settings'.
        scheduled: nobody watches: wait for another run to end, and leave files that may still be copied for next time.
        process: where the work is done; this process alone writes the ledger.
    """
    workspace = Workspace(root)
    settings, store = load(root), Store(workspace.store)
    settle = settings.recordings.settle_seconds if scheduled else 0.0
    with workspace.locked(wait_seconds=PATIENCE if scheduled else 0), Ledger(workspace.ledger) as ledger:
        clean_up(workspace, ledger)
        found = survey(workspace, settings, ledger, settle_seconds=settle)
        recover(store, found.keys, found.teachers, settings)
        store.drop("voices", keep=(one.call_id for one in found.teachers))  # consent may have been taken back
        jobs = pending_jobs(found, store, since=since, scheduled=scheduled)
        current = sum(store.has("signals", call_id, keys.signals) for call_id, keys in found.keys.items())
        outcomes: list[CallOutcome] = []
        if jobs:
            with show_progress(len(jobs), sum(job.seconds for job in jobs) / 60) as progress:

                def note(outcome: CallOutcome) -> None:
                    outcomes.append(outcome)
                    _record(ledger, outcome)
                    progress.call_done(outcome.path, outcome.seconds / 60, outcome.reason)

                process(jobs, store=store, settings=settings, workers=workers, on_outcome=note)
        spoken = {call_id: keys.turns for call_id, keys in found.keys.items() if call_id not in found.wordless}
        search.update(workspace.search_index, store, spoken)
        ledger.beat("inbox on schedule" if scheduled else "inbox", datetime.now(UTC))
    bad = sum(outcome.status == "set aside" for outcome in outcomes)
    return IngestResult(len(outcomes) - bad, bad, current)


def make_report(root: Path, *, week: str | None = None, scheduled: bool = False, again: bool = False) -> WeeklyResult:
    """Write a week's report (default: the newest with a call) from the store; `again`: also when it is current.

    Without a week, those of the last `[report] redo_weeks` that a correction, a late call or a changed deal has made
    stale are written anew.
    First goes what [privacy] no longer lets be kept; reports that told of it are written anew in any case.

    Raises:
        WorkspaceError: the week is not written like 2026-W44, or no call has a date.
    """
    workspace = Workspace(root)
    settings, store = load(root), Store(workspace.store)
    if week is not None:
        last_day(week)  # says what is wrong with it
    with workspace.locked(wait_seconds=PATIENCE if scheduled else 0), Ledger(workspace.ledger) as ledger:
        clean_up(workspace, ledger)
        found = survey(workspace, settings, ledger)
        purge(found, ledger, settings)
        wanted, ready = week or newest_week(found), ready_calls(found, store)
        first = week_back(wanted, settings.report.redo_weeks)
        earlier = [] if week else [each for each in workspace.reported_weeks() if each >= first]
        stale = _stale(found, ledger)
        with show_progress(0, 0.0) as progress:
            results = [
                weekly(
                    found,
                    week=each,
                    store=store,
                    ledger=ledger,
                    settings=settings,
                    step=progress.step,
                    again=again and each == wanted,
                    ready=ready,
                )
                for each in sorted({wanted, *stale, *earlier})  # themes grow week by week
            ]
        ledger.beat("report on schedule" if scheduled else "report", datetime.now(UTC))
    return next(result for result in results if result.week == wanted)


def read_report(root: Path, *, week: str | None = None) -> tuple[str, dict[str, Any], dict[str, pl.DataFrame]]:
    """Return (week, summary, tables) of a report as it stands, by default of the newest week that has one.

    Raises:
        WorkspaceError: there is no current report.
    """
    workspace = Workspace(root)
    settings, store = load(root), Store(workspace.store)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
        weeks = workspace.reported_weeks()
        wanted = week or (weeks[-1] if weeks else newest_week(found))
        last_day(wanted)
        summary, tables = reported(found, week=wanted, store=store, ledger=ledger, settings=settings)
    return wanted, summary, tables


def _stale(found: Survey, ledger: Ledger) -> list[str]:
    """Return weeks whose report was taken away and is to be made again; not those of which no call is left."""
    left, stale = set(found.calls["week"].drop_nulls()), ledger.stale_reports()
    for week in stale:
        if week not in left:
            ledger.drop_report(week)
    return [week for week in stale if week in left]


def _record(ledger: Ledger, outcome: CallOutcome) -> None:
    if outcome.status == "done":
        ledger.clear_aside(outcome.call_id)
    else:
        ledger.set_aside(outcome.call_id, outcome.key, outcome.reason, outcome.remedy, passing=outcome.transient)
