"""A turn as the readers see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """Who said what: all that the readers need of a turn."""

    role: str
    text: str
