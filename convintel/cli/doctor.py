"""How a workspace is: space, schedule, last report, calls without a deal, gaps in what is known, who may read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import polars as pl

from convintel.pipeline import Survey, left_at, stored_calls
from convintel.settings import Settings
from convintel.store import Store
from convintel.workspace import Workspace

BEATS: Final = ("inbox on schedule", "report on schedule", "inbox", "report")
LEAST_FREE: Final = 2e9  # bytes; an hour of audio leaves about 1 MB, a week's report for 60 reps some 100 MB
_FIELDS: Final = {
    "started_at": "a date",
    "rep": "a rep",
    "customer_name": "a customer's name",
    "account": "an account",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: well, worth a look, or wrong; and what to do about it."""

    about: str
    state: Literal["ok", "look", "wrong"]
    what: str
    remedy: str = ""

    def line(self) -> str:
        """Return the finding as one line."""
        return f"[{self.state}] {self.about}: {self.what}" + (f" → {self.remedy}" if self.remedy else "")


def examine(found: Survey, settings: Settings, beats: Mapping[str, datetime | None]) -> Iterator[Finding]:
    """Yield what was looked at, in order; every line that is not "ok" says what to do.

    Args:
        found: the workspace.
        settings: its settings.
        beats: when the inbox was looked at and a report written, by `BEATS`.
    """
    yield _space(found.workspace)
    yield from _schedule(found.workspace, beats)
    yield _report(found.workspace, beats)
    yield from _deals(found.workspace)
    yield _gaps(found, settings)
    yield from _leftovers(found)
    yield _readers(found.workspace, settings)


def _space(workspace: Workspace) -> Finding:
    free = shutil.disk_usage(workspace.root).free
    what = f"{free / 1e9:.1f} GB free"
    if free >= LEAST_FREE:
        return Finding("space", "ok", what)
    return Finding("space", "wrong", what, "make room; recordings that were processed may move to an archive")


def _schedule(workspace: Workspace, beats: Mapping[str, datetime | None]) -> Iterator[Finding]:
    start = f"convintel serve {workspace.root}, as a service (README, Every week by itself)"
    last = beats["inbox on schedule"]
    if last is None:
        yield Finding("schedule", "look", "none has run here yet", f"start it: {start}")
        return
    alive = _since(last) < timedelta(hours=1)
    remedy = "" if alive else f"see what the service says (systemctl status), start it again: {start}"
    yield Finding("schedule", "ok" if alive else "wrong", f"looked into the inbox {_ago(last)}", remedy)
    weekly = beats["report on schedule"]
    if weekly is not None and _since(weekly) > timedelta(days=8):
        yield Finding(
            "schedule", "wrong", f"wrote a report {_ago(weekly)}", f"convintel run {workspace.root}, and {start}"
        )


def _report(workspace: Workspace, beats: Mapping[str, datetime | None]) -> Finding:
    weeks = workspace.reported_weeks()
    if not weeks:
        return Finding("last report", "look", "none yet", f"convintel run {workspace.root}")
    written = [at for at in (beats["report"], beats["report on schedule"]) if at is not None]
    return Finding("last report", "ok", weeks[-1] + (f", written {_ago(max(written))}" if written else ""))


def _deals(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.deals.is_file():
        remedy = "export your CRM's deals to deals.csv for win rates (README, Reading a report)"
        yield Finding("deals", "look", "no deals.csv", remedy)
        return
    weeks = workspace.reported_weeks()
    files = sorted((workspace.store / "weekly" / weeks[-1]).glob("*/matches.parquet")) if weeks else []
    if files:
        matches = pl.read_parquet(files[-1])
        lacking = matches["deal_id"].null_count()
        remedy = "give deal_id, customer_email or account in sidecars or calls.csv; hygiene.csv names the calls"
        state: Literal["ok", "look"] = "look" if lacking else "ok"
        what = f"{lacking} of {matches.height} calls have no deal"
        yield Finding("deals", state, what, remedy if lacking else "")


def _gaps(found: Survey, settings: Settings) -> Finding:
    calls = found.calls
    missing = [f"{n} without {what}" for name, what in _FIELDS.items() if (n := calls[name].null_count())]
    unknown = (calls["consent"].cast(pl.String) == "unknown").sum()
    missing += [f"{unknown} with unknown consent"] if unknown else []
    if settings.privacy.consent_by_country and (n := calls["country"].null_count()):
        missing.append(f"{n} without a country")
    if not missing:
        return Finding("what is known", "ok", "every call has a date, rep, customer, account and consent")
    remedy = "fill it in in calls.csv or sidecars (README, The folder)"
    return Finding("what is known", "look", f"of {calls.height} calls {', '.join(missing)}", remedy)


def _leftovers(found: Survey) -> Iterator[Finding]:
    if found.forgotten:
        what = (
            f"{len(found.forgotten)} recordings of forgotten calls still lie in the inbox: {', '.join(found.forgotten)}"
        )
        yield Finding("forgotten", "look", what, "delete them; we never write to the inbox")
    if elsewhere := left_at(Store(found.workspace.store)):
        what = f"a run that is at work or was killed has recordings and results in {elsewhere}"
        yield Finding("share", "look", what, "it, or the next run, deletes them there")
    lost = stored_calls(found.workspace) - {*found.described["call_id"]}
    if lost:
        remedy = f"put them back, or delete the results: convintel forget {found.workspace.root} --gone"
        yield Finding("recordings", "look", f"{len(lost)} calls have results, but their recordings are gone", remedy)


def _readers(workspace: Workspace, settings: Settings) -> Finding:
    group = 0o050 if settings.privacy.group_can_read else 0
    allowed = {workspace.hidden: 0, workspace.reports: group, workspace.inbox: 0o070, workspace.settings_file: 0o060}
    wide = [path for path, more in allowed.items() if _mode(path) & 0o077 & ~more]
    if not wide:
        return Finding("permissions", "ok", "nobody else can read what was said")
    names = " ".join(str(path) for path in wide)
    return Finding("permissions", "look", "others on this machine may read it", f"chmod -R go-rwx {names}")


def _mode(path: Path) -> int:
    return path.stat().st_mode if path.exists() else 0


def _since(at: datetime) -> timedelta:
    return datetime.now(UTC) - at


def _ago(at: datetime) -> str:
    minutes = max(0, round(_since(at).total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago" if minutes < 2880 else f"{minutes // 1440} days ago"
