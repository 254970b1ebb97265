"""Fixtures: the sample company, whole or in part, as a workspace of its own for each test."""

import json
import os
import shutil
from pathlib import Path

import pytest

from convintel.resources import resource

os.environ.setdefault("HF_HUB_OFFLINE", "1")

RECORDING = "phone/tom-cold.wav"
TRANSCRIPTS = 8  # of the earlier calls: two reps, three formats


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the sample company."""
    return resource("samples")


@pytest.fixture
def small_workspace(tmp_path: Path, samples: Path) -> Path:
    """One recording, eight ready-made transcripts, all deals; the small recogniser."""
    return make_small_workspace(tmp_path / "acme", samples)


def make_small_workspace(root: Path, samples: Path) -> Path:
    """Make a workspace as `small_workspace` has it."""
    (root / "inbox" / "earlier").mkdir(parents=True)
    (root / "inbox" / "phone").mkdir()
    for name in ("calls.csv", "reps.csv", "deals.csv"):
        shutil.copy2(samples / name, root / name)
    settings = (samples / "convintel.toml").read_text()
    (root / "convintel.toml").write_text(settings + '\n[speech]\nmodel = "whisper-tiny.en"\n\n[run]\nworkers = 1\n')
    earlier = sorted((samples / "inbox" / "earlier").iterdir())
    chosen = [path for path in earlier if path.name.startswith(("tom-", "maya-"))][:TRANSCRIPTS]
    for path in chosen:
        shutil.copy2(path, root / "inbox" / "earlier" / path.name)
    for suffix in (".wav", ".json"):
        shutil.copy2((samples / "inbox" / RECORDING).with_suffix(suffix), root / "inbox" / "phone")
    return root


@pytest.fixture
def tables_of():
    """Return a function that gives the bytes of every table and report file of a workspace, by path.

    What a killed process had begun to write (`.new-*`) is no table yet; the store sweeps it away.
    """

    def read(root: Path) -> dict[str, bytes]:
        kept = [*(root / ".convintel" / "store").rglob("*.parquet"), *(root / "reports").rglob("*")]
        kept += (root / ".convintel" / "themes").rglob("*.json")
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in kept
            if path.is_file() and not path.parent.name.startswith(".new-")
        }

    return read


@pytest.fixture
def read_json():
    """Return a function that reads a JSON file."""
    return lambda path: json.loads(Path(path).read_text(encoding="utf-8"))
