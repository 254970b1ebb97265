"""How often the due date of a labelled next step is exact, its quote given: `python -m tests.signals.due_accuracy DIR`.

DIR holds labelled calls (default: models/training/calls, one folder an author), on which the rules were chosen.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

from convintel.resources import resource
from convintel.signals.due import due
from convintel.signals.lines import Line


def main(folder: Path) -> None:
    """Print a line for each folder of calls, and one for all."""
    right: dict[str, list[bool]] = defaultdict(list)
    for file in sorted(folder.rglob("*.json")):
        call = json.loads(file.read_text("utf-8"))
        lines = [Line(turn["role"], turn["text"]) for turn in call["turns"]]
        today = datetime.fromisoformat(call["started_at"]).date()
        for step in call["next_steps"]:
            found = due(lines, step["turn"], step["quote"], step["kind"], today)
            meant = date.fromisoformat(step["due"][:10]) if step["due"] else None
            right[file.parent.name].append((found.day if found else None) == meant)
    everything = [each for own in right.values() for each in own]
    for name, own in [*right.items(), ("all", everything)]:
        sys.stdout.write(f"{name}: {sum(own)} of {len(own)}, {sum(own) / len(own):.3f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else resource("models") / "training" / "calls")
