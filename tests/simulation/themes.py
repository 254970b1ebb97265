"""Twelve weeks of concerns whose themes are known: eight from the start, one falls into two, two are new."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convintel.encoder import unit
from convintel.settings import Themes
from convintel.themes.grouping import Item, group_items
from convintel.themes.registry import Registry
from convintel.themes.wording import STOP, words

TOPICS = {
    "price": "budget expensive cheaper seats discount afford annual invoice monthly quote",
    "integration": "quickbooks sync accounting export ledger bookkeeper import connector xero mapping",
    "crew": "technicians tablets training drivers older resist gloves field supervisor roster",
    "contract": "lockin cancel clause lawyer renewal signature notice liability terms exit",
    "security": "passwords audit encryption servers breach certificate backups insurance compliance login",
    "routing": "maps traffic bridge truck height detour satellite depot miles fuel",
    "timing": "season harvest winter january busy later quarter postponed rush holidays",
    "support helpline": "helpline hold ring answer weekend engineer urgent queue callback hours",
    "support portal": "portal ticket form screenshot upload status browser attachment update page",
    # new in week 4 and week 9
    "warranty": "warranty repair replacement parts broken defect return shipping spare swap",
    "language": "spanish polish translate bilingual accent german voices subtitles wording english",
}
WEEKS = tuple(f"2026-W{number:02d}" for number in range(30, 42))
FIRST_SEVEN = tuple(TOPICS)[:7]
NEW = {"warranty": 3, "language": 8}  # from which week on
SPLIT = 6  # until then support is about both its halves at once


class WordEncoder:
    """A real but tiny encoder: each content word is a fixed random direction, a text their mean."""

    name = "words"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = [sum((_word(word) for word in words(text) if word not in STOP), np.zeros(96)) for text in texts]
        return unit(np.array(rows, dtype=np.float32).reshape(len(texts), 96))


def _word(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=96)


@dataclass(frozen=True)
class Said:
    """A concern and what it is truly about."""

    item: Item
    topic: str


def a_week(number: int, rng: np.random.Generator) -> list[Said]:
    """Return a week's concerns: 6 to 12 a topic, its name and five words of its vocabulary in any order."""
    topics = {topic: TOPICS[topic] for topic in FIRST_SEVEN}
    topics |= {topic: TOPICS[topic] for topic, since in NEW.items() if number >= since}
    halves = {topic: vocabulary for topic, vocabulary in TOPICS.items() if topic.startswith("support")}
    topics |= halves if number >= SPLIT else {"support": " ".join(halves.values())}
    said = []
    for topic, vocabulary in topics.items():
        for i in range(int(rng.integers(6, 13))):
            picked = rng.choice(vocabulary.split(), size=5, replace=False)
            text = " ".join(rng.permutation([*picked, topic.split()[0]]))
            key = hashlib.sha256(f"{number} {topic} {i}".encode()).hexdigest()[:12]
            said.append(Said(Item(key, "objection", text), topic))
    return said


@dataclass(frozen=True)
class Kept:
    """What came of the twelve weeks."""

    kept: int  # ids that are about the same topic in every week
    ids: int
    found: int  # of the ten topics, those that have an id
    appeared: tuple[tuple[str, str], ...]  # week and topic of themes that appeared after the first week
    split: tuple[str, ...]  # weeks in which a theme fell into two
    apart: bool  # the halves of support have ids of their own in the end
    purity: float  # concerns that stand in a theme of their own topic, of those in any
    left_out: float


def twelve_weeks(seed: int) -> Kept:
    """Run the weeks one after the other, the registry handed on, and compare each id's topic from week to week."""
    rng, registry = np.random.default_rng(seed), Registry()
    everything: list[Said] = []
    meaning: dict[str, str] = {}
    broken: set[str] = set()
    for number, week in enumerate(WEEKS):
        everything += a_week(number, rng)
        topic_of = {said.item.item_id: said.topic for said in everything}
        items = [said.item for said in everything]
        grouped = group_items(items, week=week, encoder=WordEncoder(), registry=registry, rules=Themes())
        registry = grouped.registry
        for theme in registry.living("objection"):
            topic = _most([topic_of[member].split()[0] for member in theme.members])
            broken |= {theme.theme_id} if meaning.setdefault(theme.theme_id, topic) != topic else set()
    homes = [(topic_of[item], home) for item, home in grouped.theme_of.items() if home is not None]
    halves = [{home for topic, home in homes if topic == half and _share(homes, home, half)} for half in HALVES]
    return Kept(
        kept=len(meaning) - len(broken),
        ids=len(meaning),
        found=len({topic.split()[0] for topic in TOPICS} & set(meaning.values())),
        appeared=tuple(
            (event.week, meaning[event.theme_id])
            for event in registry.events
            if event.kind == "appeared" and event.week != WEEKS[0]
        ),
        split=tuple(event.week for event in registry.events if event.kind == "split"),
        apart=bool(halves[0] and halves[1] and not halves[0] & halves[1]),
        purity=float(np.mean([topic.split()[0] == meaning[home] for topic, home in homes])),
        left_out=1 - len(homes) / len(everything),
    )


HALVES = ("support helpline", "support portal")


def _share(homes: list[tuple[str, str]], home: str, half: str) -> bool:
    """Tell whether a half holds more of a theme than the other half does."""
    mine = sum(topic == half for topic, where in homes if where == home)
    return mine > sum(topic in HALVES and topic != half for topic, where in homes if where == home)


def _most(topics: list[str]) -> str:
    return max(sorted(set(topics)), key=topics.count)
