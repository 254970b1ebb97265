"""Known weaknesses of what is installed, by pip-audit: `python -m tests.audit`, part of `make check`.

pip-audit calls a package that its database does not answer for "skipped" and ends well when it reached nothing at all.
Here that is said plainly. Exit code 1 only for a known weakness.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

OURS = {"convintel"}


def main() -> int:
    """Ask, and print one line, or one a weakness."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        say("pip-audit: NOT CHECKED, its database did not answer within 5 minutes")
        return 0
    lines, bad = told(done.stdout, done.stderr)
    say(*lines)
    return int(bad)


def told(answer: str, trouble: str) -> tuple[list[str], bool]:
    """Return what to say of pip-audit's answer, and whether a weakness is known."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        reason = (trouble.strip().splitlines() or ["no answer"])[-1]
        return [f"pip-audit: NOT CHECKED, its database cannot be reached from here: {reason}"], False
    packages = [one for one in packages if one["name"] not in OURS]
    checked = [one for one in packages if "skip_reason" not in one]
    if not checked:
        return [f"pip-audit: NOT CHECKED, its database answered for none of {len(packages)} packages"], False
    weak = [(one, weakness) for one in checked for weakness in one.get("vulns", ())]
    lines = [f"pip-audit: {len(checked)} of {len(packages)} packages checked, {len(weak)} known weaknesses"]
    for one, weakness in weak:
        mended = ", ".join(weakness.get("fix_versions", ())) or "no version yet"
        lines.append(f"  {one['name']} {one['version']}: {weakness['id']} → {mended}")
    return lines, bool(weak)


def say(*lines: str) -> None:
    """Print lines."""
    print(*lines, sep="\n", flush=True)  # noqa: T201 - a script talks to its user


if __name__ == "__main__":
    raise SystemExit(main())
