"""Train the heads again with the verdicts of a workspace's corrections.csv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from convintel import signals
from convintel.errors import WorkspaceError
from convintel.ledger import Ledger
from convintel.pipeline.survey import survey
from convintel.settings import load
from convintel.signals.heads import save
from convintel.signals.retrain import retrain, verdicts_of
from convintel.signals.said import read
from convintel.store import Store
from convintel.workspace import Workspace

FOLDER: Final = "heads"


@dataclass(frozen=True, slots=True)
class Taught:
    """Where the new heads lie, and how many verdicts taught them."""

    folder: Path
    wrong: int
    right: int
    lost: int  # verdicts on findings that are no longer there


def train_heads(root: Path) -> Taught:
    """Write heads that have learnt from the workspace's verdicts to `heads/` in the workspace.

    Raises:
        WorkspaceError: there is no verdict on a finding, or a call with one is to be processed anew first.
    """
    workspace, settings = Workspace(root), load(root)
    store, reader = Store(workspace.store), signals.load_reader(settings, trackers=False)
    with workspace.locked(), Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
        told = {call_id: found.corrections.of_findings(call_id) for call_id in found.keys}
        told = {call_id: verdicts for call_id, verdicts in told.items() if verdicts}
        if not told:
            raise WorkspaceError(
                "no verdicts on findings", where=workspace.corrections, remedy="copy correction lines from the pages"
            )
        stale = [call_id for call_id in told if not store.has("signals", call_id, found.keys[call_id].signals)]
        if stale:
            raise WorkspaceError(
                f"{len(stale)} calls with verdicts are not processed under the present settings, such as {stale[0]}",
                where=root,
                remedy=f"first: convintel run {root}",
            )
        verdicts = []
        for call_id, by_finding in sorted(told.items()):
            keys = found.keys[call_id]
            transcript = {name: store.read("transcript", call_id, keys.transcript, name) for name in ("audio", "words")}
            turns = {name: store.read("turns", call_id, keys.turns, name) for name in ("turns", "talk", "roles")}
            verdicts += verdicts_of(read(transcript, turns, call_id=call_id), reader, by_finding)
        folder = root / FOLDER
        save(list(retrain(reader.heads, reader.examples, verdicts).values()), folder)
    right = sum(verdict.right for verdict in verdicts)
    return Taught(folder, len(verdicts) - right, right, sum(map(len, told.values())) - len(verdicts))
