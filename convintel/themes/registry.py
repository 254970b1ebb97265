"""What every theme means, kept from week to week in one JSON file.

A theme's id, centre and bar are fixed when it appears: T0007 means next year what it meant in its first week. New
concerns join a theme whose bar they pass; only what joins none is grouped anew. `before` winds the registry back to the
weeks before one, so running a week again gives the same themes as the first time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from convintel.errors import WorkspaceError
from convintel.store import write_atomically
from convintel.themes.encoder import Vectors

FORMAT = "convintel.themes/1"
DIGITS = 6  # of a centre's coordinates in the file: the same bytes on every machine that rounds alike

EventKind = Literal["appeared"]


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: its fixed meaning and who belongs to it (concern id -> week in which it joined, "" unknown)."""

    theme_id: str
    label: str
    centre: tuple[float, ...]
    bar: float  # cosine to the centre from which a concern joins
    appeared: str  # week
    members: Mapping[str, str]

    def vector(self) -> Vectors:
        """Return the centre, [dimensions]."""
        return np.array(self.centre, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a theme and that the report tells."""

    week: str
    kind: EventKind
    theme_id: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All themes so far. `encoder` names the model their centres were made with."""

    encoder: str = ""
    next_number: int = 1
    themes: tuple[Theme, ...] = ()
    events: tuple[Event, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Registry:
        """Read a registry; an empty one when there is no file.

        Raises:
            WorkspaceError: the file is not a registry.
        """
        if not path.is_file():
            return cls()
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["format"] != FORMAT:
                raise ValueError(f"format {raw['format']} instead of {FORMAT}")
            return cls._from(raw)
        except (ValueError, KeyError, TypeError) as error:
            remedy = "restore the file, or move it away to start themes anew"
            raise WorkspaceError(f"not a registry of themes: {error}", where=path, remedy=remedy) from error

    @classmethod
    def _from(cls, raw: Mapping[str, Any]) -> Registry:
        themes = tuple(Theme(**{**theme, "centre": tuple(theme["centre"])}) for theme in raw["themes"])
        return cls(raw["encoder"], raw["next_number"], themes, tuple(Event(**event) for event in raw["events"]))

    def dump(self, path: Path) -> None:
        """Write the registry; the same registry gives the same bytes."""
        write_atomically(path, self.text())

    def text(self) -> str:
        """Return the registry as JSON, one theme a line."""
        themes = ",\n".join(json.dumps(_theme_dict(theme), sort_keys=True, ensure_ascii=False) for theme in self.themes)
        events = ",\n".join(json.dumps(_event_dict(event), sort_keys=True) for event in self.events)
        head = f'"format": "{FORMAT}", "encoder": {json.dumps(self.encoder)}, "next_number": {self.next_number}'
        return f'{{{head},\n"themes": [\n{themes}\n],\n"events": [\n{events}\n]}}\n'

    def before(self, week: str) -> Registry:
        """Return the registry as it stood before a week: later themes gone, later members out, numbers free again.

        Themes are numbered in order of appearance, so no number is given twice among those that stay.
        """
        kept = tuple(
            replace(theme, members={member: since for member, since in theme.members.items() if since < week})
            for theme in self.themes
            if theme.appeared < week
        )
        number = max((int(theme.theme_id[1:]) for theme in kept), default=0) + 1
        return replace(self, themes=kept, next_number=number, events=tuple(e for e in self.events if e.week < week))

    def centres(self) -> Vectors:
        """Return the centres, [themes, dimensions]."""
        return np.array([theme.centre for theme in self.themes], dtype=np.float32)


def theme_id(number: int) -> str:
    """Return a theme's id.

    >>> theme_id(7)
    'T0007'
    """
    return f"T{number:04d}"


def _theme_dict(theme: Theme) -> dict[str, object]:
    return {
        "theme_id": theme.theme_id,
        "label": theme.label,
        "bar": round(theme.bar, DIGITS),
        "appeared": theme.appeared,
        "members": dict(sorted(theme.members.items())),
        "centre": [round(float(x), DIGITS) for x in theme.centre],
    }


def _event_dict(event: Event) -> dict[str, str]:
    return {"week": event.week, "kind": event.kind, "theme_id": event.theme_id}
