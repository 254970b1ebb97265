"""corrections.csv: a manager's verdicts on findings and roles. They win over every rule and model, for ever.

Columns: `call_id`, `finding_id` (empty = the whole call), `verdict`, `note`. Verdicts on a call: "swap" (rep and
customer are the wrong way round), "keep" (they are right, whatever speaks against it). Verdicts on a finding: "wrong"
(it is none) and "right" (it is one: changes no page, teaches `convintel models train`).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CALL_VERDICTS: Final = ("swap", "keep")
FINDING_VERDICTS: Final = ("wrong", "right")


@dataclass(frozen=True)
class Corrections:
    """Verdicts by call, and by call and finding; `unused` lists rows that say nothing we know (`tables.Unused`)."""

    calls: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unused: tuple[dict[str, object], ...] = ()

    def of_call(self, call_id: str) -> dict[str, str]:
        """Return {call_id: verdict} if there is one for the whole call."""
        return {call_id: self.calls[call_id]} if call_id in self.calls else {}

    def of_findings(self, call_id: str) -> dict[str, str]:
        """Return {finding_id: verdict} of a call."""
        return dict(self.findings.get(call_id, {}))


def read_corrections(path: Path) -> Corrections:
    """Read corrections.csv; a file that is not there corrects nothing. The last row on the same thing wins."""
    if not path.is_file():
        return Corrections()
    calls: dict[str, str] = {}
    findings: dict[str, dict[str, str]] = defaultdict(dict)
    unused: list[dict[str, object]] = []
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    head = text.partition("\n")[0]
    separator = max((",", ";", "\t"), key=head.count)  # spreadsheets of many countries write semicolons
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=separator), start=2):
        call_id, finding_id, verdict = (
            (row.get(name) or "").strip().lower() for name in ("call_id", "finding_id", "verdict")
        )
        if finding_id and call_id and verdict in FINDING_VERDICTS:
            findings[call_id][finding_id] = verdict
        elif call_id and not finding_id and verdict in CALL_VERDICTS:
            calls[call_id] = verdict
        else:
            unused.append(_unknown(path, number, verdict))
    return Corrections(calls, dict(findings), tuple(unused))


def _unknown(path: Path, number: int, verdict: str) -> dict[str, object]:
    calls = " or ".join(f'"{each}"' for each in CALL_VERDICTS)
    judged = " or ".join(f'"{each}"' for each in FINDING_VERDICTS)
    known = f"{calls} for a call, {judged} with a finding_id"
    return {
        "source": path.name,
        "row": number,
        "what": f"verdict '{verdict}' is not known here, or call_id is empty",
        "remedy": f"write {known}",
        "severity": "note",
    }
