"""One week's concerns into themes: members stay, newcomers join where they pass the bar, the rest is grouped anew.

Each kind of concern is grouped apart: that customers ask about an integration is another thing than that they miss it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convintel.encoder import Encoder, Vectors
from convintel.settings import Themes
from convintel.themes.cluster import canonical_order, cluster
from convintel.themes.events import ALIKE, merge_alike, split_apart
from convintel.themes.labels import name_themes
from convintel.themes.middle import Middle, likeness, middle
from convintel.themes.registry import Event, Registry, Theme, theme_id

AGAIN = 0.75  # likeness from which a new group is an old theme again: the tail of a theme is no new one
RIPE = 50  # members from which a theme's centre and bar are fixed


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
        registry = _join(of_kind, vectors, registry, kind, week, rules)
        registry = merge_alike(registry, kind, vectors, week=week, rules=rules)
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
    items: Sequence[Item], vectors: Mapping[str, Vectors], registry: Registry, kind: str, week: str, rules: Themes
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
    return registry.changed(*(_with_more(themes[at], more, vectors, rules) for at, more in joined.items()))


def _with_more(theme: Theme, more: Mapping[str, str], vectors: Mapping[str, Vectors], rules: Themes) -> Theme:
    """Return the theme with new members; a young one gets to know its own middle better."""
    grown = theme.with_members({**theme.members, **more})
    rows = [vectors[member] for member in grown.members if member in vectors]
    if len(theme.members) >= RIPE or not rows:
        return grown
    return grown.around(middle(np.stack(rows), least=rules.keep_similarity))


def _appear(
    items: Sequence[Item], vectors: Mapping[str, Vectors], registry: Registry, kind: str, week: str, rules: Themes
) -> Registry:
    """Group what joined no theme; a group that is an old theme again joins it, the others are new themes."""
    old = registry.living(kind)
    by_text: dict[str, list[Item]] = {}
    for item in _homeless(items, registry):
        by_text.setdefault(item.text, []).append(item)
    texts = canonical_order(list(by_text))
    if not texts:
        return registry
    matrix = np.stack([vectors[by_text[text][0].item_id] for text in texts])
    groups = cluster(matrix, rules)
    for group in range(int(groups.max()) + 1):
        inside = np.flatnonzero(groups == group)
        members = {item.item_id: week for place in inside for item in by_text[texts[place]]}
        found = middle(matrix[inside], least=rules.keep_similarity)
        again = _same(found, old)
        if again is None:
            registry = _with_new(registry, kind, found, week, members)
        elif (known := registry.of(again)) is not None:
            registry = registry.changed(_with_more(known, members, vectors, rules))
    return registry


def _same(found: Middle, old: Sequence[Theme]) -> str | None:
    """Return the id of the old theme that a group is again: the one most like it, if it is like enough."""
    if not old:
        return None
    alike = likeness([found], [theme.middle() for theme in old])[0]
    best = int(alike.argmax())
    return old[best].theme_id if alike[best] >= AGAIN else None


def _with_new(registry: Registry, kind: str, found: Middle, week: str, members: Mapping[str, str]) -> Registry:
    name = theme_id(registry.next_number)
    theme = Theme(name, kind, "", found.centre, found.bar, found.factor, week, dict(sorted(members.items())))
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
    return registry.changed(*(replace(theme, label=label) for theme, label in zip(nameless, labels, strict=True)))


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
    alike = likeness([theme.middle() for theme in new], [theme.middle() for theme in old])
    alike[np.array([[one.kind != other.kind for other in old] for one in new])] = -2
    pairs = zip(*linear_sum_assignment(alike, maximize=True), strict=True)
    return {new[i].theme_id: old[j] for i, j in pairs if alike[i, j] >= ALIKE}


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
        registry,
        next_number=number,
        themes=tuple(sorted(themes, key=lambda theme: int(theme.theme_id[1:]))),
        events=events,
    )
    theme_of = {item: None if home is None else ids[home] for item, home in grouped.theme_of.items()}
    return replace(grouped, registry=registry, theme_of=theme_of)
