"""`convintel retry`: what is set aside is tried again by the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline import survey
from convintel.settings import load
from convintel.workspace import Workspace


def clear_aside(root: Path, *, call: str | None) -> list[dict[str, Any]]:
    """Clear what is set aside (of one call or of all) and return it: call, file, reason, how often it was tried.

    Raises:
        ConvintelError: the call named is not set aside.
    """
    workspace, settings = Workspace(root), load(root)
    with workspace.locked(), Ledger(workspace.ledger) as ledger:
        aside = ledger.aside()
        if call is not None and call not in aside:
            raise ConvintelError(
                f"no call '{call}' is set aside", where=root, remedy="`convintel check` lists what is, and why"
            )
        found = survey(workspace, settings, ledger)
        paths = dict(found.calls.select("call_id", "path").iter_rows())
        cleared = [aside[each] for each in sorted(aside) if call in (None, each)]
        for each in cleared:
            ledger.clear_aside(each.call_id)
    return [
        {
            "call_id": each.call_id,
            "path": paths.get(each.call_id),
            "reason": each.reason,
            "attempts": each.attempts,
        }
        for each in cleared
    ]
