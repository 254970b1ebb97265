"""`convintel search` and `convintel forget`: find what was said, and remove whom one must."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from convintel import search
from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline import (
    Survey,
    erase,
    make_report,
    read_forgotten,
    read_report,
    recover,
    remember_forgotten,
    stored_calls,
    survey,
)
from convintel.pipeline.proof import Proof, search_workspace, traces
from convintel.recordings import Rep
from convintel.recordings.fields import FieldError, phone
from convintel.report import Lineage, explain, lines
from convintel.settings import Settings, load
from convintel.store import Store
from convintel.values import clock
from convintel.workspace import Workspace


def find_turns(root: Path, query: str, *, limit: int) -> list[dict[str, Any]]:
    """Return matching turns, best first: call, file, position, speaker, marked text."""
    workspace = Workspace(root)
    with Ledger(workspace.ledger) as ledger:
        calls = survey(workspace, load(root), ledger).calls
    known = {call["call_id"]: call for call in calls.iter_rows(named=True)}
    return [
        {
            "call_id": hit.call_id,
            "call": known[hit.call_id]["path"],
            "seconds": hit.start,
            "at": clock(hit.start),
            "speaker": _speaker(known[hit.call_id], hit.role),
            "text": hit.snippet,
        }
        for hit in search.find(workspace.search_index, query, limit=min(max(limit, 1), 10_000))
        if hit.call_id in known
    ]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, in lines, and the search that shows it."""

    lines: tuple[str, ...]
    proof: Proof


def forget_calls(
    root: Path, *, call: str | None = None, customer: str | None = None, rep: str | None = None, gone: bool = False
) -> Forgotten:
    """Remove the named calls and people from all results, make the reports without them, and prove it by a search.

    Calls whose recording is gone from the inbox, or whose consent was withdrawn, are found as long as results of them
    are stored; `gone`: all calls whose recording is no longer there. Naming a call that was forgotten before finishes
    what a kill interrupted.

    Raises:
        ConvintelError: nobody or more than one thing was named, or nothing matches.
    """
    workspace, settings = Workspace(root), load(root)
    began = time.time()
    named = _named(call, customer, rep, settings, gone=gone)
    with workspace.locked(), Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
        if gone and found.described.is_empty():  # a share that is not there looks the same
            raise ConvintelError("the inbox is empty", where=workspace.inbox, remedy="see whether its disk is there")
        known = _known_calls(workspace, found)
        lost = stored_calls(workspace) - {*found.described["call_id"]} if gone else set()
        theirs = known.filter(named | pl.col("call_id").is_in(list(lost))).sort("path")
        ids = sorted({*theirs["call_id"], *lost, *({call} & read_forgotten(workspace) if call else ())})
        if not ids:
            raise ConvintelError(
                "no call matches", where=root, remedy="names must match but for case; `search` prints calls"
            )
        people = _people(theirs, found.reps, rep) if customer or rep else ()
        stay = known.filter(~pl.col("call_id").is_in(ids))
        shared = {name for column in _CUSTOMER for name in stay[column].drop_nulls()}
        wanted = traces(workspace, _rows(theirs, ids), people=sorted({*people} - shared))
        # first the promise never to take them again, then the data: after a kill in between the next run finishes
        remember_forgotten(workspace, ids, {*people} - shared)
        removed = erase(workspace, ledger, ids)
        recover(Store(workspace.store), {}, (), settings)  # keeps nothing of what a run that was killed left elsewhere
        weeks = [week for week in ledger.stale_reports() if week in set(stay["week"])]
    lines = [f"removed {call_id}: {_stages(folders)}" for call_id, folders in removed.items()]
    lines.append("removed from search, themes and reports")
    if weeks:
        make_report(root, week=weeks[-1])  # and with it the others that were taken away
        lines += [f"rebuilt without the calls: {workspace.reports / week / 'index.html'}" for week in weeks]
    lines += _left(workspace, theirs["path"].to_list(), [*wanted.names, *wanted.ids])
    return Forgotten(tuple(lines), search_workspace(workspace, wanted, since=began))


def explained(root: Path, identity: str, *, week: str | None) -> tuple[Lineage, list[str]]:
    """Return what stands behind an id of a page, as data and as lines.

    Raises:
        ConvintelError: the week's pages show no such id.
    """
    wanted, summary, tables = read_report(root, week=week)
    found = explain(summary, tables, identity)
    if found is None:
        raise ConvintelError(
            f"no page of {wanted} shows '{identity}'",
            where=root,
            remedy="the button at the foot of a page shows its ids; --week names another week",
        )
    return found, list(lines(found, tables["calls"]))


_CUSTOMER: Final = ("customer_email", "customer_phone", "customer_name")
_FIELDS: Final = ("call_id", "path", "week", "rep", "rep_name", *_CUSTOMER)


def _known_calls(workspace: Workspace, found: Survey) -> pl.DataFrame:
    """Return the calls of the inbox, and those that only reports still tell of."""
    told = [pl.read_parquet(path) for path in workspace.store.glob("weekly/*/*/calls.parquet")]
    return pl.concat([frame.select(_FIELDS) for frame in (found.described, *told)]).unique("call_id", keep="first")


def _rows(theirs: pl.DataFrame, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the calls with their paths; of a call that nothing tells of any more the id is known."""
    told = theirs.to_dicts()
    return [*told, *({"call_id": one, "path": one} for one in ids if one not in {row["call_id"] for row in told})]


def _named(
    call: str | None, customer: str | None, rep: str | None, settings: Settings, *, gone: bool = False
) -> pl.Expr:
    if sum(asked is not None for asked in (call, customer, rep)) + gone != 1:
        raise ConvintelError(
            "say whom to forget", remedy="one of --call ID, --customer E-MAIL|PHONE|NAME, --rep E-MAIL, --gone"
        )
    if gone:
        return pl.lit(value=False)
    if call is not None:
        return pl.col("call_id") == call
    if rep is not None:
        return (pl.col("rep") == rep.lower()).fill_null(value=False)
    written = [" ".join(str(customer).casefold().split())]
    with suppress(FieldError):
        written.append(phone(str(customer), settings))
    same = [pl.col(name).str.to_lowercase().is_in(written).fill_null(value=False) for name in _CUSTOMER]
    return pl.any_horizontal(same)


def _people(gone: pl.DataFrame, reps: Sequence[Rep], rep: str | None) -> tuple[str, ...]:
    """Return the names of whoever is forgotten: a customer by name, e-mail and phone, a rep with all aliases."""
    columns = _CUSTOMER if rep is None else ("rep", "rep_name")
    names = {str(name) for column in columns for name in gone[column].drop_nulls()}
    known = [one for one in reps if rep is not None and one.email == rep.lower()]
    return tuple(sorted({*names, *(name for one in known for name in (one.email, one.name, *one.aliases))}))


def _stages(folders: list[Path]) -> str:
    return ", ".join(folder.parent.name for folder in folders) or "nothing was stored"


def _left(workspace: Workspace, paths: list[str], names: Sequence[str]) -> list[str]:
    """Return where the user still has the person: we never write to these files."""
    lines = [f"still in your inbox, delete it there: {path}" for path in paths if (workspace.inbox / path).exists()]
    wanted = [name.casefold() for name in names]
    for file in sorted(path for pattern in ("*.csv", "*.toml") for path in workspace.root.glob(pattern)):
        text = file.read_bytes().decode("utf-8", "ignore").casefold() if file != workspace.forgotten else ""
        rows = [at for at, line in enumerate(text.splitlines(), 1) if any(name in line for name in wanted)]
        if rows:
            lines.append(f"still in {file.name}, row {', '.join(map(str, rows))}: take it out there; no page shows it")
    lines.append("beyond reach: what `convintel export` wrote, what was sent, copies and backups: delete them yourself")
    return lines


def _speaker(call: dict[str, Any], role: str) -> str:
    name = {"rep": call["rep_name"], "customer": call["customer_name"]}.get(role)
    return f"{name} ({role})" if name else role
