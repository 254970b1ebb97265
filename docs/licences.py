"""Write docs/licences.md: the licence of everything that is shipped or fetched.

    python docs/licences.py > docs/licences.md

Versions come from requirements.lock, licences from the installed packages' own metadata, models from models.toml.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
EXTRAS: Final = {"": "runs", "models": "models", "evaluate": "evaluate", "cluster": "cluster", "dev": "development"}
READ: Final = {  # the metadata says nothing: what the package's LICENSE file says
    "dataframely": "BSD-3-Clause",
    "pyannote-core": "MIT",
    "pyannote-database": "MIT",
    "pyannote-metrics": "MIT",
    "soundfile": "BSD-3-Clause",
    "syrupy": "Apache-2.0",
}
NOTES: Final = {
    "av": "the wheel brings FFmpeg (LGPL-3.0-or-later) with x264 and x265 (GPL-2.0-or-later), encoders, not used",
    "soundfile": "the wheel brings libsndfile (LGPL-2.1-or-later)",
    "text-unidecode": "either of the two; we take the Artistic License",
    "torch": "on Linux the registry's build brings NVIDIA's CUDA packages (NVIDIA's licence), the CPU build none",
    "playwright": "drives a Chromium of the system; downloads none",
}
SHORT: Final = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: GNU General Public License (GPL)": "GPL",
    "License :: OSI Approved :: Artistic License": "Artistic-1.0",
    "License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
}
_HEAD = """# Licences of what is shipped and fetched

Written by `python docs/licences.py > docs/licences.md`; a test keeps it current. The code of this repository, the
samples and the models made for it are Apache-2.0 ([LICENSE](../LICENSE)). Nothing of what follows is changed; packages
are fetched from your package registry by `make setup` at the versions of requirements.lock. This table is no legal
advice.
"""


def main() -> None:
    """Print the page."""
    sys.stdout.write(page())


def page() -> str:
    """Return docs/licences.md."""
    named = dict(direct())
    versions = locked()
    parts = [_HEAD, "## Models\n", "| model | what | version | licence | from |", "|---|---|---|---|---|", *models()]
    parts += [
        "\n## Packages that this project names\n",
        "| package | version | licence | for | note |",
        "|---|---|---|---|---|",
    ]
    parts += [line(name, versions, named[name]) for name in sorted(named)]
    parts += [
        "\n## Packages that those bring along\n",
        "| package | version | licence | for | note |",
        "|---|---|---|---|---|",
    ]
    parts += [line(name, versions, "") for name in sorted(versions) if name not in named]
    parts += ["\n## Fetched for tests only\n", "| what | version | licence | from |", "|---|---|---|---|", vendored()]
    return "\n".join(parts) + "\n"


def direct() -> Iterator[tuple[str, str]]:
    """Yield (package, what it is for) of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = {**project["optional-dependencies"], "": project["dependencies"]}  # what runs is said last and wins
    for group, needs in groups.items():
        for need in needs:
            name = plain(re.split(r"[\[<>=!~ ;]", need)[0])
            if name != "convintel":
                yield name, EXTRAS[group]


def locked() -> dict[str, str]:
    """Return package -> version of requirements.lock."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").split()
    return {plain(name): version for name, version in (one.split("==") for one in lines)}


def models() -> Iterator[str]:
    """Yield a row a model."""
    for model in tomllib.loads((ROOT / "models" / "models.toml").read_text("utf-8"))["model"]:
        source = ", ".join(model["packages"]) or "this repository"
        yield f"| {model['name']} | {model['what']} | {model['version']} | {model['licence']} | {source} |"


def line(name: str, versions: dict[str, str], use: str) -> str:
    """Return a package's row."""
    return f"| {name} | {versions.get(name, 'not locked')} | {licence(name)} | {use} | {NOTES.get(name, '')} |"


def licence(name: str) -> str:
    """Return what the installed package says of its licence, in short."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return READ.get(name, "not installed here")
    classes = [one for one in told.get_all("Classifier") or [] if one.startswith("License")]
    short = " or ".join(
        SHORT.get(one, one.rsplit(" :: ", 1)[-1]) for one in classes if one != "License :: OSI Approved"
    )
    free = (told.get("License") or "").strip().split("\n")[0].replace("|", "/")
    return told.get("License-Expression") or READ.get(name) or short or free[:60] or "see the package"


def vendored() -> str:
    """Return the row of axe-core, which tests/vendor.sh names."""
    version = re.search(r"^version=(.+)$", (ROOT / "tests" / "vendor.sh").read_text("utf-8"), re.MULTILINE)
    return f"| axe-core | {version[1] if version else ''} | MPL-2.0 | the npm registry, by digest |"


def plain(name: str) -> str:
    """Return a package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
