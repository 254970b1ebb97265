"""Which week to report on, and the calls that are ready for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from convintel.errors import SettingsError, WorkspaceError
from convintel.pipeline.survey import Survey
from convintel.store import Store, content_key
from convintel.weeks import monday, week_of


def newest_week(found: Survey) -> str:
    """Return the newest ISO week that has a call and is not in the future (a mistyped year must not hide the week).

    Raises:
        WorkspaceError: no call has a time.
    """
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # somewhere it is already
    weeks = found.calls["week"].drop_nulls()
    weeks = weeks.filter(weeks <= week_of(tomorrow))
    if weeks.is_empty():
        raise WorkspaceError(
            "no call has a date, so there is no week to report on",
            where=found.workspace.inbox,
            remedy="give started_at in sidecars or calls.csv; `convintel check` lists the calls",
        )
    return str(weeks.max())


def last_day(week: str) -> date:
    """Return the Sunday of an ISO week.

    >>> last_day("2026-W44")
    datetime.date(2026, 11, 1)

    Raises:
        SettingsError: this is no week.
    """
    try:
        if not re.fullmatch(r"[0-9]{4}-W[0-9]{2}", week):
            raise ValueError(week)
        return monday(week) + timedelta(days=6)
    except ValueError as error:
        raise SettingsError(f"'{week}' is not an ISO week", remedy="write it like 2026-W44") from error


@dataclass(frozen=True)
class Ready:
    """The calls whose signals are there, in a fixed order, and what each week's report of them depends on.

    Attributes:
        calls: those without a date first, then by week and time.
        marks: week -> digest of its calls and their keys.
        unused: digest of what cannot be used.
    """

    calls: pl.DataFrame
    marks: Mapping[str | None, str]
    unused: str

    def until(self, week: str) -> pl.DataFrame:
        """Return the calls up to the week; calls without a date come along."""
        return self.calls.filter(pl.col("week").is_null() | (pl.col("week") <= week))


def ready_calls(found: Survey, store: Store) -> Ready:
    """Return the calls that are ready to be reported on: one look into the store for each."""
    ready = [
        call_id for call_id in found.calls["call_id"] if store.has("signals", call_id, found.keys[call_id].signals)
    ]
    calls = found.calls.filter(pl.col("call_id").is_in(ready)).sort("week", "started_at", "call_id")
    marks = {
        key[0]: content_key(part.write_json(), [found.keys[call_id].signals for call_id in part["call_id"]])
        for key, part in calls.partition_by("week", as_dict=True).items()
    }
    aside = [(each.call_id, each.reason, each.remedy) for each in found.set_aside]
    return Ready(calls, marks, content_key(found.unused.write_json(), aside))
