"""JSON that others wrote."""

from __future__ import annotations

import json
from typing import Any


def loads(text: str) -> Any:
    r"""Return what a JSON text says; half characters, which no file can hold, are made question marks.

    >>> loads(r'{"rep": "Ana \ud800"}')
    {'rep': 'Ana ?'}

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is too deep.
    """
    return _whole(json.loads(text))


def _whole(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode("utf-8")
    if isinstance(data, list):
        return [_whole(item) for item in data]
    if isinstance(data, dict):
        return {_whole(key): _whole(value) for key, value in data.items()}
    return data
