"""`convintel search` and `convintel forget`: find what was said, and remove whom one must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from convintel import search
from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline import erase, make_report, read_forgotten, read_report, survey
from convintel.report import Lineage, explain, lines
from convintel.settings import load
from convintel.store import write_atomically
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


def forget_calls(root: Path, *, call: str | None, customer: str | None, rep: str | None) -> list[str]:
    """Remove the named calls from store, search index, themes and reports; return what was removed, in lines.

    Calls whose recording is gone from the inbox, or whose consent was withdrawn, are found as long as results of them
    are stored. Naming a call that was forgotten before finishes what a kill interrupted.

    Raises:
        ConvintelError: nobody or more than one thing was named, or nothing matches.
    """
    workspace, settings = Workspace(root), load(root)
    named = _named(call, customer, rep)
    with workspace.locked(), Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
        known = [found.described, *(pl.read_parquet(path) for path in workspace.store.glob("weekly/*/*/calls.parquet"))]
        gone = pl.concat([frame.select(_FIELDS) for frame in known]).filter(named).unique("call_id").sort("path")
        before = read_forgotten(workspace)
        ids = sorted({*gone["call_id"], *({call} & before if call else ())})
        if not ids:
            raise ConvintelError(
                "no call matches", where=root, remedy="names must match exactly; `search` prints calls"
            )
        weeks = workspace.reported_weeks()
        # first the promise never to take them again, then the data: after a kill in between the next run finishes
        write_atomically(workspace.forgotten, "\n".join(["call_id", *sorted({*before, *ids})]) + "\n")
        removed = erase(workspace, ledger, ids)
    lines = [f"removed {call_id}: {_stages(folders)}" for call_id, folders in removed.items()]
    lines.append("removed from search, themes and reports")
    lines += _left(workspace, gone["path"].to_list(), customer or rep)
    for week in weeks:
        lines.append(f"rebuilt without the calls: {make_report(root, week=week).index}")
    return lines


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


_FIELDS = ("call_id", "path", "customer_email", "customer_phone", "customer_name", "rep")


def _named(call: str | None, customer: str | None, rep: str | None) -> pl.Expr:
    if sum(asked is not None for asked in (call, customer, rep)) != 1:
        raise ConvintelError(
            "say whom to forget", remedy="one of --call ID, --customer E-MAIL|PHONE|NAME, --rep E-MAIL"
        )
    if call is not None:
        return pl.col("call_id") == call
    if rep is not None:
        return (pl.col("rep") == rep.lower()).fill_null(value=False)
    fields = ("customer_email", "customer_phone", "customer_name")
    same = [(pl.col(name).str.to_lowercase() == str(customer).lower()).fill_null(value=False) for name in fields]
    return pl.any_horizontal(same)


def _stages(folders: list[Path]) -> str:
    return ", ".join(folder.parent.name for folder in folders) or "nothing was stored"


def _left(workspace: Workspace, paths: list[str], person: str | None) -> list[str]:
    """Return where the user still has the person: we never write to these files."""
    lines = [f"still in your inbox, delete it there: {path}" for path in paths if (workspace.inbox / path).exists()]
    for name in ("calls.csv", "reps.csv", "deals.csv", "corrections.csv", "themes.csv"):
        file = workspace.root / name
        if person and file.is_file() and person.lower().encode() in file.read_bytes().lower():
            lines.append(f"still in {name} (and so on the pages made from it): take it out there, then run again")
    return lines


def _speaker(call: dict[str, Any], role: str) -> str:
    name = {"rep": call["rep_name"], "customer": call["customer_name"]}.get(role)
    return f"{name} ({role})" if name else role
