"""Write requirements.hashed: the lock with the SHA-256 of the file that pip takes on this kind of machine.

    python docs/hashes.py > requirements.hashed

For Linux on x86-64 with Python 3.11. torch is left out: which build it is, for a CPU or a GPU, is the user's choice,
and they come from different places under the same version.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
CHOSEN: Final = "torch"


def main() -> None:
    """Ask pip what it would install, and print names, versions and digests."""
    lock = (ROOT / "requirements.lock").read_text("utf-8").split()
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder) / "wanted.txt", Path(folder) / "report.json"
        wanted.write_text("\n".join(one for one in lock if not one.startswith(f"{CHOSEN}==")), "utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed"]
        subprocess.run([*command, "--report", str(report), "-r", str(wanted)], check=True)
        found = json.loads(report.read_text("utf-8"))["install"]
    rows = {
        f"{one['metadata']['name']}=={one['metadata']['version']}": one["download_info"]["archive_info"]["hashes"][
            "sha256"
        ]
        for one in found
    }
    sys.stdout.write("# Written by docs/hashes.py: Linux, x86-64, Python 3.11; torch is chosen by hand.\n")
    for name in sorted(rows, key=str.lower):
        sys.stdout.write(f"{name} --hash=sha256:{rows[name]}\n")


if __name__ == "__main__":
    main()
