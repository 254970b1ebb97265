"""What every theme means, kept from week to week in one JSON file.

A theme's id and kind are fixed when it appears, its centre and bar as soon as it has enough members to know them: T0007
means next year what it meant at first. New concerns join a theme whose bar they pass; only what joins none is grouped
anew. When a theme falls into two, the part
with most of its first members keeps the id; when two become one, the older id goes on and the younger ends. No number
is ever given twice. A week starts from the registry as the week before left it, so running it again gives the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from convintel.encoder import Vectors
from convintel.errors import WorkspaceError
from convintel.store import write_atomically
from convintel.themes.middle import DIGITS, Middle

FORMAT = "convintel.themes/2"
OLDER = "convintel.themes/1"

EventKind = Literal["appeared", "split", "merged"]


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: its fixed meaning and who belongs to it (concern id -> week in which it joined)."""

    theme_id: str
    kind: str  # of its concerns: objection, question, need ...
    label: str
    centre: tuple[float, ...]
    bar: float  # cosine to the centre from which a concern joins
    factor: float  # of likeness to others: how much few members have to do with the centre
    appeared: str  # week
    members: Mapping[str, str]
    into: str = ""  # the older theme that it became part of; "" while it lives

    def vector(self) -> Vectors:
        """Return the centre, [dimensions]."""
        return np.array(self.centre, dtype=np.float32)

    def middle(self) -> Middle:
        """Return what other themes are compared with."""
        return Middle(self.centre, self.bar, self.factor)

    def around(self, middle: Middle) -> Theme:
        """Return the theme with another centre and bar."""
        return replace(self, centre=middle.centre, bar=middle.bar, factor=middle.factor)

    def with_members(self, members: Mapping[str, str]) -> Theme:
        """Return the theme with these members."""
        return replace(self, members=dict(sorted(members.items())))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a theme and that the report tells.

    split: `other_id` is the part that left; merged: `other_id` is the theme that ended. `members` counts them.
    """

    week: str
    kind: EventKind
    theme_id: str
    other_id: str = ""
    members: int = 0


@dataclass(frozen=True, slots=True)
class Registry:
    """All themes so far, in order of appearance. `encoder` names the model their centres were made with."""

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
            if raw["format"] == OLDER:  # themes were not grouped by kind: anew, but no number twice
                return cls(next_number=raw["next_number"])
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
        events = ",\n".join(json.dumps(asdict(event), sort_keys=True) for event in self.events)
        head = f'"format": "{FORMAT}", "encoder": {json.dumps(self.encoder)}, "next_number": {self.next_number}'
        return f'{{{head},\n"themes": [\n{themes}\n],\n"events": [\n{events}\n]}}\n'

    def living(self, kind: str) -> tuple[Theme, ...]:
        """Return the themes of a kind that have not ended."""
        return tuple(theme for theme in self.themes if theme.kind == kind and not theme.into)

    def of(self, theme_id: str) -> Theme | None:
        """Return a theme by its id."""
        return next((theme for theme in self.themes if theme.theme_id == theme_id), None)

    def changed(self, *themes: Theme) -> Registry:
        """Return the registry with these themes in place of those of the same id."""
        new = {theme.theme_id: theme for theme in themes}
        return replace(self, themes=tuple(new.get(theme.theme_id, theme) for theme in self.themes))

    def without(self, concern_ids: Collection[str]) -> Registry:
        """Return the registry as if these concerns had never joined; ids stay, and so does what they mean.

        A theme that had one of them as member loses its name too, which may hold their words: it gets a new one when a
        week is made. A theme without any other member goes.
        """
        gone = frozenset(concern_ids)
        kept = []
        for theme in self.themes:
            members = {member: since for member, since in theme.members.items() if member not in gone}
            if len(members) == len(theme.members):
                kept.append(theme)
            elif members:
                kept.append(replace(theme, label="", members=members))
        ids = {theme.theme_id for theme in kept}
        events = tuple(event for event in self.events if event.theme_id in ids and event.other_id in (*ids, ""))
        return replace(self, themes=tuple(kept), events=events)


def free_number(paths: Iterable[Path]) -> int:
    """Return the first number that none of some registries has given; their first lines are read, no more."""
    numbers = [1]
    for path in paths:
        with path.open(encoding="utf-8") as stream:
            numbers += [int(number) for number in re.findall(r'"next_number": (\d+)', stream.readline())]
    return max(numbers)


def theme_id(number: int) -> str:
    """Return a theme's id.

    >>> theme_id(7)
    'T0007'
    """
    return f"T{number:04d}"


def _theme_dict(theme: Theme) -> dict[str, object]:
    return {
        **asdict(theme),
        "members": dict(sorted(theme.members.items())),
        "centre": [round(float(x), DIGITS) for x in theme.centre],
    }
