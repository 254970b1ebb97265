"""What is in the workspace, and the content key of every result it should lead to. Processes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from convintel import recordings, signals, transcript, turns
from convintel.corrections import Corrections, read_corrections
from convintel.errors import WorkspaceError
from convintel.ledger import Ledger, SetAside
from convintel.pipeline.forgotten import read_forgotten, read_persons, still_known, without_mentions
from convintel.pipeline.gate import gate
from convintel.pipeline.inbox import look
from convintel.recordings import Found, Rep
from convintel.settings import Settings
from convintel.store import Store, content_key, file_digest
from convintel.tables import SCHEMAS, frame
from convintel.workspace import Workspace

STAGE_TABLES: Final = {
    "transcript": ("audio", "words", "speech"),
    "turns": ("turns", "talk", "roles"),
    "signals": ("metrics", "objections", "next_steps", "questions", "mentions", "concerns"),
}


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
    described: pl.DataFrame  # also the calls that privacy keeps out
    calls: pl.DataFrame
    unused: pl.DataFrame
    reps: tuple[Rep, ...]  # whom pages may name
    corrections: Corrections
    keys: Mapping[str, Keys]
    aside: Mapping[str, SetAside]
    unsettled: frozenset[str]
    teachers: tuple[turns.Teacher, ...]
    roster: tuple[Rep, ...]  # reps.csv as it stands: what results hang on
    forgotten: tuple[str, ...] = ()  # files of forgotten calls that still lie in the inbox
    wordless: frozenset[str] = frozenset()  # calls of which numbers may still be kept, but no words

    def recording(self, call: Mapping[str, Any]) -> Path:
        """Return the file of a call."""
        return self.workspace.inbox / str(call["path"])

    def trouble(self, call_id: str) -> SetAside | None:
        """Return why the call was set aside under its present key; None if it was not, or if its key has changed."""
        aside = self.aside.get(call_id)
        return aside if aside is not None and aside.key == self.keys[call_id].signals else None

    @property
    def kept_out(self) -> frozenset[str]:
        """The calls of the inbox that privacy does not let in."""
        return frozenset(self.described["call_id"]) - self.keys.keys()

    @property
    def set_aside(self) -> list[SetAside]:
        """The calls of this survey that are set aside: for good, or until the next try."""
        known = (self.trouble(call_id) for call_id in sorted(self.aside.keys() & self.keys.keys()))
        return [aside for aside in known if aside is not None]


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


def survey(workspace: Workspace, settings: Settings, ledger: Ledger, *, settle_seconds: float = 0.0) -> Survey:
    """Return what is in the workspace. Files seen before with the same size and time of change are not read again.

    Files changed less than `settle_seconds` ago are marked: they may still be copied.

    Raises:
        WorkspaceError: there is no inbox.
    """
    if not workspace.inbox.is_dir():
        raise WorkspaceError(
            "no inbox folder", where=workspace.inbox, remedy=f"make it, or run: convintel init {workspace.root}"
        )
    forgotten = read_forgotten(workspace)
    listing = look(workspace, ledger, settle_seconds=settle_seconds)
    sheets = (workspace.root / recordings.CALLS_FILE, workspace.root / recordings.REPS_FILE, workspace.corrections)
    known = _derive(
        _Inputs(
            workspace=workspace,
            calls=tuple(pair for pair in listing.calls if pair[1] not in forgotten),
            marks=listing.scan.marks,
            notes=listing.scan.notes,
            silent=tuple(file for file, call_id in listing.calls if call_id in forgotten),
            people=read_persons(workspace),
            today=datetime.now(settings.company.zone).date(),
            sheets=tuple(file_digest(path) if path.is_file() else "" for path in sheets),
            settings_text=settings.model_dump_json(),
            settings=settings,
        )
    )
    return Survey(
        workspace=workspace,
        described=known.described,
        calls=known.calls,
        unused=pl.concat([known.unused, frame("unused", list(listing.unread))]),
        reps=known.reps,
        roster=known.roster,
        forgotten=tuple(file.relative for file, call_id in listing.calls if call_id in forgotten),
        wordless=known.wordless,
        corrections=known.corrections,
        keys=known.keys,
        aside=ledger.aside(),
        teachers=known.teachers,
        unsettled=listing.unsettled,
    )


@dataclass(frozen=True)
class _Inputs:
    """All that the description of the calls is made of; `told` of a file changes only with its mark."""

    workspace: Workspace
    calls: tuple[tuple[Found, str], ...]
    marks: tuple[tuple[str, int, int], ...]
    notes: tuple[recordings.Note, ...]
    silent: tuple[Found, ...]
    people: frozenset[str]
    today: date
    sheets: tuple[str, ...]
    settings_text: str
    settings: Settings = field(compare=False)


@dataclass(frozen=True)
class _Known:
    described: pl.DataFrame
    calls: pl.DataFrame
    unused: pl.DataFrame
    reps: tuple[Rep, ...]
    roster: tuple[Rep, ...]
    wordless: frozenset[str]
    corrections: Corrections
    keys: Mapping[str, Keys]
    teachers: tuple[turns.Teacher, ...]


@lru_cache(maxsize=1)  # a flow looks at the same inbox two or three times, and 100,000 calls take half a minute
def _derive(inputs: _Inputs) -> _Known:
    settings, workspace = inputs.settings, inputs.workspace
    described = recordings.describe(
        inputs.calls, workspace=workspace.root, settings=settings, notes=list(inputs.notes), silent=inputs.silent
    )
    zone = settings.company.zone
    dated = inputs.calls if settings.privacy.limited else ()
    written = {call_id: datetime.fromtimestamp(file.mtime_ns / 1e9, zone).date() for file, call_id in dated}
    let_in = gate(described.calls, written, settings.privacy, today=inputs.today)
    allowed, roster = let_in.calls, described.reps
    corrections = read_corrections(workspace.corrections)
    known = turns.teachers(
        allowed, inbox=workspace.inbox, reps=roster, corrections=corrections.calls, settings=settings
    )
    return _Known(
        described=described.calls,
        calls=allowed,
        unused=pl.concat(
            [
                without_mentions(recordings.without(described.unused, let_in.closed), inputs.people),
                *(frame("unused", list(rows)) for rows in (let_in.unused, corrections.unused)),
            ]
        ),
        reps=still_known(roster, inputs.people),
        roster=roster,
        wordless=let_in.wordless,
        corrections=corrections,
        keys={
            row["call_id"]: wordless_keys(row["call_id"])
            if row["call_id"] in let_in.wordless
            else _keys(row, roster, corrections, settings, known)
            for row in allowed.iter_rows(named=True)
        },
        teachers=known,
    )


def pending_jobs(found: Survey, store: Store, *, since: date | None = None, scheduled: bool = False) -> list[Job]:
    """Return the calls whose results are missing, longest first.

    Left out are calls set aside for good, calls that may still be copied, and calls before `since` by the clock of
    their people; calls that nobody dated stay. A scheduled run gives what failed in passing some time.
    """
    now = time.time()

    def wanted(call: Mapping[str, Any]) -> bool:
        call_id, trouble = call["call_id"], found.trouble(call["call_id"])
        return (
            call_id not in found.unsettled
            and call_id not in found.wordless
            and not (trouble and (trouble.for_good or (scheduled and not trouble.due(now))))
            and not store.has("signals", call_id, found.keys[call_id].signals)
            and (since is None or (signals.local_date(call) or since) >= since)
        )

    jobs = [_job(found, call) for call in found.calls.iter_rows(named=True) if wanted(call)]
    return sorted(jobs, key=lambda job: (-job.seconds, job.call["call_id"]))


def wordless_keys(call_id: str) -> Keys:
    """Return the keys under which what is left of a call without its words is kept; no run can make it again."""
    key = content_key("wordless", call_id, [SCHEMAS[name].version for names in STAGE_TABLES.values() for name in names])
    return Keys(key, key, key)


def _keys(
    call: dict[str, Any],
    reps: tuple[Rep, ...],
    corrections: Corrections,
    settings: Settings,
    known: tuple[turns.Teacher, ...],
) -> Keys:
    call_id = call["call_id"]
    words = _versioned("transcript", transcript.transcript_key(call_id, call["kind"], settings))
    voices = turns.teachers_of(call, known)
    said = _versioned("turns", turns.turns_key(call, words, reps, corrections.of_call(call_id), settings, voices))
    found = signals.signals_key(call, said, settings, corrections.of_findings(call_id))
    return Keys(words, said, _versioned("signals", found))


def _versioned(stage: str, key: str) -> str:
    """Return the key with the versions of the stage's tables: what an older version wrote is made again."""
    return content_key(key, [SCHEMAS[name].version for name in STAGE_TABLES[stage]])


def _job(found: Survey, call: dict[str, Any]) -> Job:
    call_id = call["call_id"]
    path = found.recording(call)
    seconds = recordings.header_seconds(path) if call["kind"] == "recording" else 0.0
    corrections = found.corrections
    return Job(
        call,
        path,
        found.keys[call_id],
        found.roster,
        corrections.of_call(call_id),
        corrections.of_findings(call_id),
        seconds,
        turns.teachers_of(call, found.teachers),
    )
