"""`convintel check`: what a run would do, how the workspace is, and what cannot be used and why."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from convintel import models, outcomes
from convintel.cli.doctor import BEATS, Finding, examine
from convintel.ledger import Ledger
from convintel.pipeline import Survey, pending_jobs, survey, used_models
from convintel.settings import Settings, load
from convintel.store import Store
from convintel.workspace import Workspace


def inspect(root: Path) -> dict[str, Any]:
    """Return counts, models, checks, everything that cannot be used (as rows) and the same as lines for people."""
    settings, workspace = load(root), Workspace(root)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
        beats = {what: ledger.last_beat(what) for what in BEATS}
    waiting = pending_jobs(found, Store(workspace.store))
    unused = _unused(found, settings)
    missing = [
        model.name
        for model in models.catalogue()
        if model.name in used_models(settings) and models.status(model) != "ready"
    ]
    counts = {
        "calls": found.calls.height,
        "new": len(waiting),
        "new_minutes": round(sum(job.seconds for job in waiting) / 60, 1),
        "set_aside": len(found.set_aside),
    }
    checks = list(examine(found, settings, beats))
    lines = _lines(counts, missing, checks, unused)
    return {**counts, "models_missing": missing, "checks": [asdict(one) for one in checks], "unused": unused,
            "lines": lines}  # fmt: skip


def _unused(found: Survey, settings: Settings) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = found.unused.to_dicts()
    paths = dict(found.calls.select("call_id", "path").iter_rows())
    rows += [
        {
            "source": f"inbox/{paths[aside.call_id]}",
            "row": None,
            "what": f"{aside.reason} (call {aside.call_id}, tries: {aside.attempts})",
            "remedy": aside.remedy,
            "severity": "set aside",
        }
        for aside in found.set_aside
    ]
    if found.workspace.deals.is_file():
        _, bad = outcomes.read_deals(
            found.workspace.deals, reps=found.reps, settings=settings, contacts=found.workspace.contacts
        )
        rows += bad.to_dicts()
    return rows


def _lines(
    counts: dict[str, Any], missing: list[str], checks: list[Finding], unused: list[dict[str, Any]]
) -> list[str]:
    lines = [
        f"{counts['calls']} calls, {counts['new']} new ({counts['new_minutes']} minutes of audio), "
        f"{counts['set_aside']} set aside.",
        f"Models missing: {', '.join(missing)} → convintel models pull" if missing else "Models: all there.",
        *(one.line() for one in checks),
    ]
    if not unused:
        return [*lines, "Nothing is left out."]
    order = pl.Series([row["severity"] for row in unused]).value_counts().sort("count")
    lines.append(f"{len(unused)} notes ({', '.join(f'{count} {name}' for name, count in order.iter_rows())}):")
    for row in unused:
        place = row["source"] + (f", row {row['row']}" if row["row"] is not None else "")
        lines.append(f"  [{row['severity']}] {place}: {row['what']} → {row['remedy']}")
    return lines
