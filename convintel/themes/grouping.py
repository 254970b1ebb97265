"""One week's concerns into themes: members stay, newcomers join where they pass the bar, the rest is grouped anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convintel.settings import Themes
from convintel.themes.cluster import ALIKE, canonical_order, centre, cluster
from convintel.themes.encoder import Encoder, Vectors
from convintel.themes.labels import name_themes
from convintel.themes.registry import DIGITS, Event, Registry, Theme, theme_id

BAR_SHARE = 5.0  # per cent of a theme's first members below its bar


@dataclass(frozen=True, slots=True)
class Item:
    """A concern as themes see it: its id and the text that is embedded."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """The registry after the week, each item's vector and theme (null: left out) and its similarity to the centre."""

    registry: Registry
    vectors: Mapping[str, Vectors]
    theme_of: Mapping[str, str | None]
    similarity: Mapping[str, float]


def group_items(items: Sequence[Item], *, week: str, encoder: Encoder, registry: Registry, rules: Themes) -> Grouped:
    """Return the themes as of `week`; the same items in any order give the same result."""
    items = sorted(items, key=lambda item: item.item_id)
    start = registry.before(week) if registry.encoder in ("", encoder.name) else Registry()
    texts = canonical_order([item.text for item in items])
    matrix = encoder.encode(texts)
    vectors = {text: matrix[i] for i, text in enumerate(texts)}
    known = _join(items, vectors, start, week)
    fresh = _appear(
        [item for item in items if known.get(item.item_id) is None], items, vectors, week, encoder, start, rules
    )
    themes, home = _with_members(start, fresh, items, known, week)
    events = tuple(Event(week, "appeared", theme.theme_id) for theme in themes[len(start.themes) :])
    after = Registry(encoder.name, start.next_number + len(events), themes, start.events + events)
    by_id = {theme.theme_id: theme.vector() for theme in themes}
    similarity = {item.item_id: _similarity(vectors[item.text], home[item.item_id], by_id) for item in items}
    return Grouped(after, {item.item_id: vectors[item.text] for item in items}, home, similarity)


def _join(items: Sequence[Item], vectors: Mapping[str, Vectors], start: Registry, week: str) -> dict[str, str]:
    """Return item -> theme for members of old and for newcomers that pass a theme's bar (the theme they pass best)."""
    home = {member: theme.theme_id for theme in start.themes for member in theme.members}
    if not start.themes:
        return home
    centres, bars = start.centres(), np.array([theme.bar for theme in start.themes], dtype=np.float32)
    for item in items:
        if item.item_id not in home:
            above = centres @ vectors[item.text] - bars
            best = int(np.argmax(above))
            if above[best] >= 0:
                home[item.item_id] = start.themes[best].theme_id
    return home


def _appear(
    homeless: Sequence[Item],
    items: Sequence[Item],
    vectors: Mapping[str, Vectors],
    week: str,
    encoder: Encoder,
    start: Registry,
    rules: Themes,
) -> dict[str, Theme | str]:
    """Group what joined no theme; return text -> new theme, or the id of the old theme that the group is again."""
    texts = canonical_order([item.text for item in homeless])
    if not texts:
        return {}
    matrix = np.stack([vectors[text] for text in texts])
    groups = cluster(matrix, rules)
    members = [[texts[i] for i in np.flatnonzero(groups == g)] for g in range(int(groups.max()) + 1)]
    centres = [np.round(centre(matrix[groups == g]), DIGITS) for g in range(len(members))]
    members = [_typical_first(texts_of, vectors, middle) for texts_of, middle in zip(members, centres, strict=True)]
    again = _same(centres, start)
    new = [g for g in range(len(members)) if g not in again]
    named = {text for g in new for text in members[g]}
    rest = sorted({item.text for item in items} - named)
    taken = [theme.label for theme in start.themes]
    labels = name_themes([members[g] for g in new], rest, np.array([centres[g] for g in new]), encoder, taken=taken)
    found: dict[str, Theme | str] = {text: old for g, old in again.items() for text in members[g]}
    for number, (g, label) in enumerate(zip(new, labels, strict=True), start.next_number):
        bar = max(rules.keep_similarity, float(np.percentile(matrix[groups == g] @ centres[g], BAR_SHARE)))
        name = theme_id(number)
        theme = Theme(name, label, tuple(round(float(x), DIGITS) for x in centres[g]), round(bar, DIGITS), week, {})
        found.update(dict.fromkeys(members[g], theme))
    return found


def _typical_first(texts: Sequence[str], vectors: Mapping[str, Vectors], middle: Vectors) -> list[str]:
    """Return texts by their similarity to the centre; equals keep their canonical order."""
    return sorted(texts, key=lambda text: -round(float(vectors[text] @ middle), 5))


def _same(centres: Sequence[Vectors], start: Registry) -> dict[int, str]:
    """Return which new groups are old themes: the pairing of the largest summed cosine, pairs below `ALIKE` undone."""
    from scipy.optimize import linear_sum_assignment

    if not centres or not start.themes:
        return {}
    cosine = np.stack(centres) @ start.centres().T
    pairs = zip(*linear_sum_assignment(cosine, maximize=True), strict=True)
    return {int(new): start.themes[old].theme_id for new, old in pairs if cosine[new, old] >= ALIKE}


def _with_members(
    start: Registry, fresh: Mapping[str, Theme | str], items: Sequence[Item], known: Mapping[str, str], week: str
) -> tuple[tuple[Theme, ...], dict[str, str | None]]:
    home: dict[str, str | None] = {}
    joined: dict[str, dict[str, str]] = {theme.theme_id: dict(theme.members) for theme in start.themes}
    for item in items:
        found = known.get(item.item_id) or fresh.get(item.text)
        name = found.theme_id if isinstance(found, Theme) else found
        home[item.item_id] = name
        if name is not None:
            joined.setdefault(name, {}).setdefault(item.item_id, week)
    new = {theme.theme_id: theme for theme in fresh.values() if isinstance(theme, Theme)}
    themes = (*start.themes, *(new[name] for name in sorted(new)))
    return tuple(replace(theme, members=joined[theme.theme_id]) for theme in themes), home


def _similarity(vector: Vectors, home: str | None, centres: Mapping[str, Vectors]) -> float:
    if home is not None:
        return float(vector @ centres[home])
    return max((float(vector @ middle) for middle in centres.values()), default=0.0)
