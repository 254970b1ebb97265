"""What is in the workspace, and the content key of every result it should lead to. Processes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from convintel import recordings, signals, transcript, turns
from convintel.corrections import Corrections, read_corrections
from convintel.errors import WorkspaceError
from convintel.ledger import Ledger, SetAside
from convintel.recordings import Found, Rep
from convintel.settings import Settings
from convintel.store import Store, file_digest
from convintel.tables import frame
from convintel.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Keys:
    """Content keys of one call's results, stage by stage."""

    transcript: str
    turns: str
    signals: str


@dataclass(frozen=True)
class Survey:
    """The calls of a workspace (schema Calls), what cannot be used and why (Unused), and the keys of all results."""

    workspace: Workspace
    calls: pl.DataFrame
    unused: pl.DataFrame
    reps: tuple[Rep, ...]
    corrections: Corrections
    keys: Mapping[str, Keys]
    aside: Mapping[str, SetAside]
    teachers: tuple[turns.Teacher, ...]

    def recording(self, call: Mapping[str, Any]) -> Path:
        """Return the file of a call."""
        return self.workspace.inbox / str(call["path"])

    def is_aside(self, call_id: str) -> bool:
        """Tell whether the call failed before under the same key, so that trying again would only fail again."""
        return call_id in self.aside and self.aside[call_id].key == self.keys[call_id].signals

    @property
    def set_aside(self) -> list[SetAside]:
        """The calls of this survey that are set aside under their present key, by id."""
        return [self.aside[call_id] for call_id in sorted(self.keys) if self.is_aside(call_id)]


@dataclass(frozen=True)
class Job:
    """One call to take through the per-call stages; all that a worker process needs."""

    call: Mapping[str, Any]
    path: Path
    keys: Keys
    reps: tuple[Rep, ...]
    call_corrections: Mapping[str, str]
    finding_corrections: Mapping[str, str]
    seconds: float  # as the file's header says; 0 when it does not
    teachers: tuple[turns.Teacher, ...] = ()  # calls from which the rep's voice can be learnt


def survey(
    workspace: Workspace, settings: Settings, ledger: Ledger, *, since: date | None = None, settle_seconds: float = 0.0
) -> Survey:
    """Return what is in the workspace. Files seen before with the same size and time of change are not read again.

    Files changed less than `settle_seconds` ago are left for the next time: they may still be copied.

    Raises:
        WorkspaceError: there is no inbox.
    """
    if not workspace.inbox.is_dir():
        raise WorkspaceError(
            "no inbox folder", where=workspace.inbox, remedy=f"make it, or run: convintel init {workspace.root}"
        )
    forgotten = read_forgotten(workspace)
    found = [
        (file, call_id) for file, call_id in _identify(workspace, ledger, settle_seconds) if call_id not in forgotten
    ]
    described = recordings.describe(found, workspace=workspace.root, settings=settings)
    allowed, refused = _gate_consent(_since(described.calls, since), settings)
    corrections = read_corrections(workspace.corrections)
    known = turns.teachers(
        allowed, inbox=workspace.inbox, reps=described.reps, corrections=corrections.calls, settings=settings
    )
    keys = {
        call["call_id"]: _keys(call, described.reps, corrections, settings, known)
        for call in allowed.iter_rows(named=True)
    }
    unused = pl.concat([described.unused, frame("unused", refused), frame("unused", list(corrections.unused))])
    return Survey(workspace, allowed, unused, described.reps, corrections, keys, ledger.aside(), known)


def pending_jobs(found: Survey, store: Store) -> list[Job]:
    """Return the calls whose results are missing, longest first, without those set aside for good."""
    jobs = [
        _job(found, call)
        for call in found.calls.iter_rows(named=True)
        if not found.is_aside(call["call_id"])
        and not store.has("signals", call["call_id"], found.keys[call["call_id"]].signals)
    ]
    return sorted(jobs, key=lambda job: (-job.seconds, job.call["call_id"]))


def read_forgotten(workspace: Workspace) -> frozenset[str]:
    """Return the ids of calls that no run may take again."""
    if not workspace.forgotten.is_file():
        return frozenset()
    lines = workspace.forgotten.read_text(encoding="utf-8").split()
    return frozenset(lines[1:])


def _identify(workspace: Workspace, ledger: Ledger, settle_seconds: float) -> list[tuple[Found, str]]:
    identified: list[tuple[Found, str]] = []
    fresh: list[tuple[str, int, int, str]] = []
    settled = time.time_ns() - int(settle_seconds * 1e9)
    for file in recordings.discover(workspace.inbox):
        if settle_seconds and file.mtime_ns > settled:
            continue
        digest = ledger.known_digest(file.relative, file.size, file.mtime_ns)
        if digest is None:
            try:
                digest = file_digest(file.path)
            except OSError:  # vanished or unreadable since it was listed: the next run sees it again
                continue
            fresh.append((file.relative, file.size, file.mtime_ns, digest))
        identified.append((file, digest[:16]))
    if fresh:
        ledger.remember_digests(fresh)
    return identified


def _since(calls: pl.DataFrame, since: date | None) -> pl.DataFrame:
    return calls if since is None else calls.filter(pl.col("started_at").dt.date() >= since)


def _gate_consent(calls: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    allowed = pl.col("consent").cast(pl.String).is_in(list(settings.privacy.process_consent))
    refused: list[dict[str, object]] = [
        {
            "source": f"inbox/{call['path']}",
            "row": None,
            "what": f"consent is '{call['consent']}', which the settings do not allow to process",
            "remedy": "record the consent in the sidecar or calls.csv, or change [privacy] process_consent",
            "severity": "set aside",
        }
        for call in calls.filter(~allowed).iter_rows(named=True)
    ]
    return calls.filter(allowed), refused


def _keys(
    call: dict[str, Any],
    reps: tuple[Rep, ...],
    corrections: Corrections,
    settings: Settings,
    known: tuple[turns.Teacher, ...],
) -> Keys:
    call_id = call["call_id"]
    words = transcript.transcript_key(call_id, call["kind"], settings)
    voices = turns.teachers_of(call, known)
    said = turns.turns_key(call, words, reps, corrections.of_call(call_id), settings, voices)
    return Keys(words, said, signals.signals_key(call, said, settings, corrections.of_findings(call_id)))


def _job(found: Survey, call: dict[str, Any]) -> Job:
    call_id = call["call_id"]
    path = found.recording(call)
    seconds = recordings.header_seconds(path) if call["kind"] == "recording" else 0.0
    corrections = found.corrections
    return Job(
        call,
        path,
        found.keys[call_id],
        found.reps,
        corrections.of_call(call_id),
        corrections.of_findings(call_id),
        seconds,
        turns.teachers_of(call, found.teachers),
    )
