"""What happens to themes as their members change: two become one, or one falls into two.

A person may call one theme what another calls two: no figure of the vectors tells. So both thresholds are wide apart,
and a theme is only taken for two when its halves are as far from each other as different themes are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from convintel.encoder import Vectors
from convintel.settings import Themes
from convintel.themes.cluster import ONE, centre
from convintel.themes.middle import Middle, likeness, middle
from convintel.themes.registry import Event, Registry, Theme, theme_id

ALIKE = ONE  # likeness from which two themes are one: what one week would have taken for one group
APART = 0.6  # likeness of the halves below which a theme is two: of 39 single kinds of short questions 4 fall apart so
LEAST = 40  # members: of fewer, chance makes halves
LEAST_SHARE = 0.2  # of the members in the smaller half
GROWN = 1.5  # members now over members when it appeared: what a theme was made of was looked at then
_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class _Half:
    members: dict[str, str]
    middle: Middle


def merge_alike(registry: Registry, kind: str, vectors: Mapping[str, Vectors], *, week: str, rules: Themes) -> Registry:
    """Let a younger theme end in an older one where the centres of their present members are all but the same."""
    present = {theme.theme_id: _present(theme, vectors, rules) for theme in registry.living(kind)}
    for name in [theme.theme_id for theme in reversed(registry.living(kind))]:
        living = {theme.theme_id: theme for theme in registry.living(kind)}
        young = living[name]
        for old in living.values():
            if old.theme_id == name:
                break
            one, other = present[old.theme_id], present[young.theme_id]
            if one is None or other is None or likeness([one], [other])[0, 0] < ALIKE:
                continue
            registry = registry.changed(
                old.with_members({**old.members, **young.members}), replace(young, members={}, into=old.theme_id)
            )
            event = Event(week, "merged", old.theme_id, young.theme_id, len(young.members))
            registry = replace(registry, events=(*registry.events, event))
            break
    return registry


def split_apart(registry: Registry, kind: str, vectors: Mapping[str, Vectors], *, week: str, rules: Themes) -> Registry:
    """Give the part of a theme that has become something else an id of its own; the rest keeps id, name and meaning."""
    for theme in registry.living(kind):
        halves = _halves(theme, vectors, rules) if _has_grown(theme) else None
        if halves is None:
            continue
        stays, leaves = sorted(halves, key=lambda half: -_founders(half, theme))
        name = theme_id(registry.next_number)
        kept = replace(theme.around(stays.middle), members=stays.members)
        at = leaves.middle
        new = Theme(name, kind, "", at.centre, at.bar, at.factor, week, leaves.members)
        event = Event(week, "split", theme.theme_id, name, len(leaves.members))
        registry = replace(
            registry.changed(kept),
            next_number=registry.next_number + 1,
            events=(*registry.events, event),
        )
        registry = replace(registry, themes=(*registry.themes, new))
    return registry


def _present(theme: Theme, vectors: Mapping[str, Vectors], rules: Themes) -> Middle | None:
    rows = [vectors[member] for member in theme.members if member in vectors]
    return middle(np.stack(rows), least=rules.keep_similarity) if rows else None


def _has_grown(theme: Theme) -> bool:
    since = Counter(theme.members.values())
    return len(theme.members) >= GROWN * max(since[theme.appeared], 1)


def _founders(half: _Half, theme: Theme) -> int:
    """Return how many of the members with which the theme appeared are in the half: they are what the id means."""
    return sum(since == theme.appeared for since in half.members.values())


def _halves(theme: Theme, vectors: Mapping[str, Vectors], rules: Themes) -> tuple[_Half, _Half] | None:
    """Return a theme's two halves when they are apart; 2-means from the sign of the first principal axis."""
    names = [member for member in sorted(theme.members) if member in vectors]
    if len(names) < LEAST:
        return None
    rows = np.stack([vectors[name] for name in names])
    side = _two_means(rows)
    small = min(int(side.sum()), int((~side).sum()))
    if small < LEAST_SHARE * len(names):
        return None
    one, other = (_half(theme, names, rows, part, rules) for part in (side, ~side))
    return (one, other) if likeness([one.middle], [other.middle])[0, 0] < APART else None


def _two_means(rows: Vectors) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    centred = (rows - rows.mean(axis=0)).astype(np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    side: np.ndarray[tuple[int], np.dtype[np.bool_]] = centred @ axes[:, -1] > 0
    for _ in range(_ROUNDS):
        if side.all() or not side.any():
            break
        nearer = rows @ centre(rows[side]) > rows @ centre(rows[~side])
        if (nearer == side).all():
            break
        side = nearer
    return side


def _half(
    theme: Theme, names: list[str], rows: Vectors, part: np.ndarray[tuple[int], np.dtype[np.bool_]], rules: Themes
) -> _Half:
    members = {name: theme.members[name] for name, inside in zip(names, part, strict=True) if inside}
    return _Half(members, middle(rows[part], least=rules.keep_similarity))
