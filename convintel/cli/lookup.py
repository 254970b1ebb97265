"""`convintel search` and `convintel forget`: find what was said, and remove whom one must."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl

from convintel import search
from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline import make_report, read_forgotten, survey
from convintel.settings import load
from convintel.store import Store, write_atomically
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
        for hit in search.find(workspace.search_index, query, limit=limit)
        if hit.call_id in known
    ]


def forget_calls(root: Path, *, call: str | None, customer: str | None, rep: str | None) -> list[str]:
    """Remove the named calls from store, search index, themes and reports; return what was removed, in lines.

    Raises:
        ConvintelError: nobody was named, or nothing matches.
    """
    workspace, settings = Workspace(root), load(root)
    with workspace.locked(), Ledger(workspace.ledger) as ledger:
        calls = survey(workspace, settings, ledger).calls
        gone = calls.filter(_named(call, customer, rep))
        if gone.is_empty():
            raise ConvintelError(
                "no call matches", where=root, remedy="`convintel search` prints calls; names must match exactly"
            )
        lines = _remove(workspace, gone["call_id"].to_list())
        lines += [f"still in your inbox, delete it there: {path}" for path in gone["path"]]
    weeks = _drop_reports(workspace)
    return lines + [f"rebuilt without the person: {make_report(root, week=week).index}" for week in weeks]


def _named(call: str | None, customer: str | None, rep: str | None) -> pl.Expr:
    tests = []
    if call:
        tests.append(pl.col("call_id") == call)
    if customer:
        tests += [
            pl.col(name).str.to_lowercase() == customer.lower()
            for name in ("customer_email", "customer_phone", "customer_name")
        ]
    if rep:
        tests.append(pl.col("rep") == rep.lower())
    if not tests:
        raise ConvintelError("say whom to forget", remedy="--call ID, --customer E-MAIL|PHONE|NAME or --rep E-MAIL")
    return pl.any_horizontal([test.fill_null(False) for test in tests])


def _remove(workspace: Workspace, call_ids: list[str]) -> list[str]:
    # first the promise never to take them again, then the data: a kill in between leaves nothing to come back
    everyone = sorted(read_forgotten(workspace) | set(call_ids))
    write_atomically(workspace.forgotten, "\n".join(["call_id", *everyone]) + "\n")
    store = Store(workspace.store)
    lines = []
    for call_id in sorted(call_ids):
        folders = store.forget(call_id)
        lines.append(
            f"removed {call_id}: {', '.join(folder.parent.name for folder in folders) or 'nothing was stored'}"
        )
    search.forget(workspace.search_index, call_ids)
    shutil.rmtree(workspace.store / "weekly", ignore_errors=True)
    shutil.rmtree(workspace.theme_snapshots, ignore_errors=True)  # labels and quotes of themes are made again
    return [*lines, "removed from the search index and from the themes"]


def _drop_reports(workspace: Workspace) -> list[str]:
    weeks = sorted(folder.name for folder in workspace.reports.glob("*-W*") if folder.is_dir())
    for week in weeks:
        shutil.rmtree(workspace.reports / week)
    return weeks


def _speaker(call: dict[str, Any], role: str) -> str:
    name = {"rep": call["rep_name"], "customer": call["customer_name"]}.get(role)
    return f"{name} ({role})" if name else role
