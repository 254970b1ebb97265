"""One week's concerns into themes: members stay, newcomers join where they pass the bar, the rest is grouped anew.

Each kind of concern is grouped apart: that customers ask about an integration is another thing than that they miss it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convintel.settings import Themes
from convintel.themes.cluster import ALIKE, canonical_order, centre, cluster
from convintel.themes.encoder import Encoder, Vectors
from convintel.themes.events import merge_alike, split_apart
from convintel.themes.labels import name_themes
from convintel.themes.registry import DIGITS, Event, Registry, Theme, theme_id

BAR_SHARE = 5.0  # per cent of a theme's first members below its bar


@dataclass(frozen=True, slots=True)
class Item:
    """A concern as themes see it: its id, its kind and the text that is embedded."""

    item_id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """The registry after the week, each item's vector and theme (null: left out) and its similarity to the centre."""

    registry: Registry
    vectors: Mapping[str, Vectors]
    theme_of: Mapping[str, str | None]
    similarity: Mapping[str, float]


def group_items(items: Sequence[Item], *, week: str, encoder: Encoder, registry: Registry, rules: Themes) -> Grouped:
    """Return the themes as of `week`; the same items in any order give the same result.

    Args:
        items: all concerns up to the week.
        week: like "2026-W44".
        encoder: embeds texts.
        registry: as the week before left it; one made with another encoder only keeps its numbers taken.
        rules: settings of the stage.
    """
    items = sorted(items, key=lambda item: item.item_id)
    if registry.encoder not in ("", encoder.name):
        registry = Registry(next_number=registry.next_number)
    registry = replace(registry, encoder=encoder.name)
    texts = canonical_order([item.text for item in items])
    matrix = encoder.encode(texts)
    row = {text: i for i, text in enumerate(texts)}
    vectors = {item.item_id: matrix[row[item.text]] for item in items}
    for kind in sorted({item.kind for item in items}):
        of_kind = [item for item in items if item.kind == kind]
        registry = _join(of_kind, vectors, registry, kind, week)
        registry = merge_alike(registry, kind, vectors, week=week)
        registry = split_apart(registry, kind, vectors, week=week, rules=rules)
        registry = _appear(of_kind, vectors, registry, kind, week, rules)
    registry = _named(registry, items, vectors, encoder)
    home = {member: theme.theme_id for theme in registry.themes for member in theme.members}
    theme_of = {item.item_id: home.get(item.item_id) for item in items}
    return Grouped(registry, vectors, theme_of, _similarities(items, vectors, theme_of, registry))


def _homeless(items: Iterable[Item], registry: Registry) -> list[Item]:
    known = {member for theme in registry.themes for member in theme.members}
    return [item for item in items if item.item_id not in known]


def _join(
    items: Sequence[Item], vectors: Mapping[str, Vectors], registry: Registry, kind: str, week: str
) -> Registry:
    """Let newcomers join the theme nearest to them of those whose bar they pass."""
    themes, new = registry.living(kind), _homeless(items, registry)
    if not themes or not new:
        return registry
    bars = np.array([theme.bar for theme in themes], dtype=np.float32)
    cosine = np.stack([vectors[item.item_id] for item in new]) @ np.stack([theme.vector() for theme in themes]).T
    passed = np.where(cosine >= bars, cosine, -2)
    best = passed.argmax(axis=1)
    joined: dict[int, dict[str, str]] = {}
    for item, place, value in zip(new, best.tolist(), passed.max(axis=1).tolist(), strict=True):
        if value > -2:
            joined.setdefault(place, {})[item.item_id] = week
    return registry.changed(*(themes[at].with_members({**themes[at].members, **more}) for at, more in joined.items()))


def _appear(
    items: Sequence[Item], vectors: Mapping[str, Vectors], registry: Registry, kind: str, week: str, rules: Themes
) -> Registry:
    """Group what joined no theme; a group that is an old theme again joins it, the others are new themes."""
    new = _homeless(items, registry)
    by_text: dict[str, list[Item]] = {}
    for item in new:
        by_text.setdefault(item.text, []).append(item)
    texts = canonical_order(list(by_text))
    if not texts:
        return registry
    matrix = np.stack([vectors[by_text[text][0].item_id] for text in texts])
    groups = cluster(matrix, rules)
    for group in range(int(groups.max()) + 1):
        inside = np.flatnonzero(groups == group)
        members = {item.item_id: week for place in inside for item in by_text[texts[place]]}
        middle = np.round(centre(matrix[inside]), DIGITS)
        old = _same(middle, registry, kind)
        if old is not None:
            registry = registry.changed(old.with_members({**old.members, **members}))
            continue
        bar = max(rules.keep_similarity, float(np.percentile(matrix[inside] @ middle, BAR_SHARE)))
        registry = _with_new(registry, kind, middle, bar, week, members)
    return registry


def _same(middle: Vectors, registry: Registry, kind: str) -> Theme | None:
    """Return the old theme that a group is again: the nearest, if their centres are all but the same."""
    themes = registry.living(kind)
    if not themes:
        return None
    cosine = np.stack([theme.vector() for theme in themes]) @ middle
    best = int(cosine.argmax())
    return themes[best] if cosine[best] >= ALIKE else None


def _with_new(
    registry: Registry, kind: str, middle: Vectors, bar: float, week: str, members: Mapping[str, str]
) -> Registry:
    name = theme_id(registry.next_number)
    place = tuple(round(float(x), DIGITS) for x in middle)
    theme = Theme(name, kind, "", place, round(bar, DIGITS), week, dict(sorted(members.items())))
    return replace(
        registry,
        next_number=registry.next_number + 1,
        themes=(*registry.themes, theme),
        events=(*registry.events, Event(week, "appeared", name, members=len(members))),
    )


def _named(registry: Registry, items: Sequence[Item], vectors: Mapping[str, Vectors], encoder: Encoder) -> Registry:
    """Give themes without a name one, told apart from everything else that is said."""
    text_of = {item.item_id: item.text for item in items}
    nameless = [theme for theme in registry.themes if not theme.label]
    if not nameless:
        return registry
    members = [_typical_first(theme, text_of, vectors) for theme in nameless]
    named = {text for texts in members for text in texts}
    rest = sorted({item.text for item in items} - named)
    taken = [theme.label for theme in registry.themes if theme.label]
    centres = np.stack([theme.vector() for theme in nameless])
    labels = name_themes(members, rest, centres, encoder, taken=taken)
    return registry.changed(
        *(replace(theme, label=label) for theme, label in zip(nameless, labels, strict=True))
    )


def _typical_first(theme: Theme, text_of: Mapping[str, str], vectors: Mapping[str, Vectors]) -> list[str]:
    """Return the different texts of a theme by their similarity to the centre; equals in canonical order."""
    middle = theme.vector()
    fit = {text_of[one]: round(float(vectors[one] @ middle), 5) for one in theme.members if one in text_of}
    return sorted(canonical_order(list(fit)), key=lambda text: -fit[text])


def _similarities(
    items: Sequence[Item], vectors: Mapping[str, Vectors], theme_of: Mapping[str, str | None], registry: Registry
) -> dict[str, float]:
    """Return the cosine of each item to the centre of its theme, or to the nearest of its kind when left out."""
    centres = {theme.theme_id: theme.vector() for theme in registry.themes}
    by_kind = {kind: [theme.vector() for theme in registry.living(kind)] for kind in {item.kind for item in items}}
    found = {}
    for item in items:
        home = theme_of[item.item_id]
        around = [centres[home]] if home is not None else by_kind[item.kind]
        found[item.item_id] = max((float(vectors[item.item_id] @ middle) for middle in around), default=0.0)
    return found


def keep_ids(grouped: Grouped, *, start: Registry, previous: Registry) -> Grouped:
    """Return a week made again with the ids and names that it gave before to the themes that are the same.

    Args:
        grouped: the week as made now.
        start: the registry that it was made from.
        previous: the registry that an earlier run made of the same week, or of the next one after it; its
            `next_number` is the first that no run has given.
    """
    known = {theme.theme_id for theme in start.themes}
    new = [theme for theme in grouped.registry.themes if theme.theme_id not in known]
    again = _pairs(new, [theme for theme in previous.themes if theme.theme_id not in known])
    number = max(previous.next_number, start.next_number)
    ids = {theme.theme_id: theme.theme_id for theme in grouped.registry.themes}
    for theme in new:
        if theme.theme_id in again:
            ids[theme.theme_id] = again[theme.theme_id].theme_id
        else:
            ids[theme.theme_id], number = theme_id(number), number + 1
    labels = {theme.theme_id: theme.label for theme in again.values() if theme.label}
    return _renumbered(grouped, ids, labels, number)


def _pairs(new: Sequence[Theme], old: Sequence[Theme]) -> dict[str, Theme]:
    """Return which new themes are old ones, one to one: the pairing of the largest summed cosine, if `ALIKE`."""
    from scipy.optimize import linear_sum_assignment

    if not new or not old or len(new[0].centre) != len(old[0].centre):
        return {}
    cosine = np.stack([theme.vector() for theme in new]) @ np.stack([theme.vector() for theme in old]).T
    cosine[np.array([[one.kind != other.kind for other in old] for one in new])] = -2
    pairs = zip(*linear_sum_assignment(cosine, maximize=True), strict=True)
    return {new[i].theme_id: old[j] for i, j in pairs if cosine[i, j] >= ALIKE}


def _renumbered(grouped: Grouped, ids: Mapping[str, str], labels: Mapping[str, str], number: int) -> Grouped:
    registry = grouped.registry
    themes = [
        replace(
            theme,
            theme_id=ids[theme.theme_id],
            into=ids.get(theme.into, ""),
            label=labels.get(ids[theme.theme_id], theme.label),
        )
        for theme in registry.themes
    ]
    events = tuple(
        replace(event, theme_id=ids[event.theme_id], other_id=ids.get(event.other_id, "")) for event in registry.events
    )
    registry = replace(
        registry, next_number=number, themes=tuple(sorted(themes, key=lambda theme: int(theme.theme_id[1:]))), events=events
    )
    theme_of = {item: None if home is None else ids[home] for item, home in grouped.theme_of.items()}
    return replace(grouped, registry=registry, theme_of=theme_of)
