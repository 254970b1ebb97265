"""Where the files beside the code lie: `models/` and `samples/`, in a checkout or inside the installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


@cache
def resource(name: Literal["models", "samples"]) -> Path:
    """Return the folder of a resource; a checkout's own wins over the packaged copy."""
    checkout = _PACKAGE.parent / name
    return checkout if (_PACKAGE.parent / "pyproject.toml").is_file() else _PACKAGE / "_resources" / name
