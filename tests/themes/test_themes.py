from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from convintel.encoder import unit
from convintel.errors import WorkspaceError
from convintel.settings import Settings
from convintel.tables import frame
from convintel.themes import Registry, free_number, group
from convintel.themes.grouping import Item, group_items
from convintel.themes.wording import STOP, words
from convintel.weeks import monday

SETTINGS = Settings()
TOPICS = {
    "price": "price budget expensive cost money seats discount afford annual invoice",
    "quickbooks": "quickbooks integration sync invoices accounting export ledger bookkeeper import connector",
    "crew": "technicians crew phones tablets training drivers learn older resist gloves",
    "contract": "contract term lockin cancel clause lawyer renewal signature months notice",
    "support": "support helpline answer ticket response weekend outage phone engineer urgent",
    "maps": "maps routing traffic bridge truck height detour gps satellite depot",
}


class WordEncoder:
    """A real but tiny encoder: each content word is a fixed random direction, a text their mean."""

    name = "words"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = [sum((self._word(word) for word in words(text) if word not in STOP), np.zeros(96)) for text in texts]
        return unit(np.array(rows, dtype=np.float32).reshape(len(texts), 96))

    @staticmethod
    def _word(word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=96)


def sentence(topic, number):
    rng = np.random.default_rng(number)
    picked = rng.choice(TOPICS[topic].split(), size=5, replace=False)
    return f"We worry about {topic}, {topic} and the {picked[0]} {picked[1]}, {picked[2]} or {picked[3]}, {topic}."


def some_weeks(plan):
    """Calls, concerns and matches from a plan: week -> topic -> how many concerns, two a call."""
    calls, concerns, matches = [], [], []
    for week, topics in plan.items():
        when = datetime.combine(monday(week), datetime.min.time(), UTC) + timedelta(hours=10)
        for topic, count in topics.items():
            for i in range(count):
                call_id = hashlib.sha256(f"{week}{topic}{i // 2}".encode()).hexdigest()[:16]
                if i % 2 == 0:
                    rep = f"r{i % 3}@s.example"
                    row = {"call_id": call_id, "path": "x", "kind": "recording", "started_at": when, "week": week}
                    calls.append({**row, "rep": rep, "consent": "unknown", "origins": "{}"})
                    status = "ambiguous" if i == 0 else "matched"
                    deal = None if i == 0 else f"D{i % 8}"
                    matches.append(
                        {"call_id": call_id, "deal_id": deal, "status": status, "reason": "", "candidates": ""}
                    )
                quote = sentence(topic, int(call_id[:8], 16) + i)
                concern = {"concern_id": hashlib.sha256(f"{call_id}{i}".encode()).hexdigest()[:12], "call_id": call_id}
                concerns.append({**concern, "turn": i, "kind": "objection", "quote": quote, "start": 1.0, "end": 4.0})
    return frame("concerns", concerns), frame("calls", calls), frame("matches", matches)


def run(tables, week, registry=None, **more):
    concerns, calls, matches = tables
    themed = group(
        concerns,
        calls,
        matches,
        week=week,
        encoder=WordEncoder(),
        registry=registry or Registry(),
        settings=SETTINGS,
        **more,
    )
    return themed.tables, themed.registry


def topic_of(themes, tables, result):
    """Return theme id -> the topic most of its members are about."""
    members = result[0]["theme_members"].join(tables[0], on="concern_id").drop_nulls("theme_id")
    about = members.with_columns(topic=pl.col("quote").str.extract(r"about (\w+)"))
    return {name: about.filter(pl.col("theme_id") == name)["topic"].mode()[0] for name in themes["theme_id"]}


FIRST = {
    "2026-W40": {"price": 16, "quickbooks": 14, "crew": 12},
    "2026-W41": {"price": 8, "quickbooks": 10, "crew": 12},
}


def test_topics_become_themes_with_names_quotes_and_sizes():
    tables = some_weeks(FIRST)
    result = run(tables, "2026-W41")
    themes = result[0]["themes"]
    meaning = topic_of(themes, tables, result)
    assert set(meaning.values()) == {"crew", "price", "quickbooks"}
    assert themes["theme_id"].to_list() == [f"T{i:04d}" for i in range(1, len(themes) + 1)]
    assert themes["label"].n_unique() == len(themes)
    assert all(topic in label for topic, label in zip(meaning.values(), themes["label"], strict=True))
    quotes = set(tables[0]["quote"])
    for row in themes.iter_rows(named=True):
        assert row["quote"] in quotes
        assert row["calls_this_week"] + row["calls_weeks_before"] == row["calls"]  # one week before
        assert row["calls"] <= row["members"]
        assert row["reps"] <= 3
        assert row["of_calls_this_week"] == tables[1].filter(pl.col("week") == "2026-W41").height
        assert row["change_low"] < row["change"] < row["change_high"]
        assert (row["kind"], row["given_label"]) == ("objection", row["label"])
    assert themes["members"].sum() == result[0]["theme_members"]["theme_id"].drop_nulls().len()


def test_order_of_the_rows_changes_nothing():
    tables = some_weeks(FIRST)
    shuffled = tuple(table.sample(fraction=1.0, shuffle=True, seed=4) for table in tables)
    one, two = run(tables, "2026-W41"), run(shuffled, "2026-W41")
    assert one[0]["themes"].equals(two[0]["themes"])
    assert one[0]["theme_members"].equals(two[0]["theme_members"])
    assert one[1].text() == two[1].text()


def test_ids_keep_their_meaning_and_new_topics_get_new_ids():
    plan, registry, meaning = dict(FIRST), Registry(), {}
    weeks = ["2026-W41", "2026-W42", "2026-W43", "2026-W44"]
    plan["2026-W42"] = {"price": 6, "contract": 14, "crew": 4}
    plan["2026-W43"] = {"quickbooks": 8, "contract": 6}
    plan["2026-W44"] = {"support": 18, "price": 9}
    tables = some_weeks(plan)
    for week in weeks:
        result = run(tables, week, registry)
        registry = result[1]
        now = topic_of(result[0]["themes"], tables, result)
        assert all(now.get(name, topic) == topic for name, topic in meaning.items())
        meaning.update(now)
    assert set(meaning.values()) == {"contract", "crew", "price", "quickbooks", "support"}
    new = {(event.week, meaning[event.theme_id]) for event in registry.events if event.week > "2026-W41"}
    assert {("2026-W42", "contract"), ("2026-W44", "support")} <= new
    assert all(topic in ("contract", "support") for _, topic in new)
    told = result[0]["theme_events"].filter(pl.col("week") == "2026-W44")
    assert told["kind"].cast(pl.String).to_list() == ["appeared"] * told.height
    assert "support" in told["note"][0]


def test_a_week_run_again_gives_the_same_themes():
    tables = some_weeks({**FIRST, "2026-W42": {"price": 6, "maps": 14}})
    _, start = run(tables, "2026-W41")
    once = run(tables, "2026-W42", start)
    again = run(tables, "2026-W42", start, previous=once[1])
    assert once[0]["themes"].equals(again[0]["themes"])
    assert once[1].text() == again[1].text()


def test_a_week_made_again_without_some_calls_keeps_ids_and_names():
    tables = some_weeks({**FIRST, "2026-W41": {"price": 8, "quickbooks": 10, "crew": 12, "maps": 14}})
    once = run(tables, "2026-W41")
    gone = tables[0].filter(pl.col("quote").str.contains("about crew"))["call_id"].unique().sort()[:3].to_list()
    less = tuple(table.filter(~pl.col("call_id").is_in(gone)) for table in tables)
    dropped = tables[0].filter(pl.col("call_id").is_in(gone))["concern_id"].to_list()
    again = run(less, "2026-W41", previous=once[1].without(dropped))
    before, after = topic_of(once[0]["themes"], tables, once), topic_of(again[0]["themes"], less, again)
    assert after.items() <= before.items()
    assert set(after.values()) == set(before.values())
    kept = {theme.theme_id: theme.label for theme in again[1].themes}
    assert all(kept[theme.theme_id] == theme.label for theme in once[1].themes if before[theme.theme_id] != "crew")


def test_a_number_is_never_given_twice():
    tables = some_weeks({**FIRST, "2026-W42": {"maps": 14}})
    _, start = run(tables, "2026-W41")
    late = run(tables, "2026-W42", start, previous=Registry(next_number=40))
    assert late[1].themes[-1].theme_id == "T0040"
    assert late[1].next_number == 41


def test_later_weeks_are_not_looked_at():
    tables = some_weeks({**FIRST, "2026-W42": {"maps": 14}})
    early = run(some_weeks(FIRST), "2026-W41")
    assert run(tables, "2026-W41")[1].text() == early[1].text()


def test_the_registry_is_the_same_after_its_file(tmp_path):
    _, registry = run(some_weeks(FIRST), "2026-W41")
    registry.dump(tmp_path / "themes.json")
    assert Registry.load(tmp_path / "themes.json") == registry
    assert Registry.load(tmp_path / "none.json") == Registry()


def test_numbers_of_older_registries_are_not_given_again(tmp_path):
    (tmp_path / "a.json").write_text(
        '{"format": "convintel.themes/1", "encoder": "x", "next_number": 12,\n"themes": []}'
    )
    Registry(next_number=7).dump(tmp_path / "b.json")
    assert Registry.load(tmp_path / "a.json") == Registry(next_number=12)
    assert free_number(sorted(tmp_path.glob("*.json"))) == 12
    assert free_number([]) == 1


@pytest.mark.parametrize("content", ["{", '{"format": "other"}', '{"format": "convintel.themes/2", "themes": [{}]}'])
def test_a_broken_registry_is_named(tmp_path, content):
    path = tmp_path / "themes.json"
    path.write_text(content)
    with pytest.raises(WorkspaceError, match="not a registry of themes"):
        Registry.load(path)


def test_another_encoder_starts_anew():
    tables = some_weeks(FIRST)
    _, registry = run(tables, "2026-W41")
    other = Registry(encoder="other", themes=registry.themes, next_number=99)
    anew = run(tables, "2026-W41", other)[1]
    assert [theme.centre for theme in anew.themes] == [theme.centre for theme in registry.themes]
    assert anew.themes[0].theme_id == "T0099"  # numbers are never given twice


def test_nothing_to_group():
    empty = (frame("concerns", []), frame("calls", []), frame("matches", []))
    tables, registry = run(empty, "2026-W41")
    assert tables["themes"].is_empty()
    assert registry.themes == ()


def test_a_few_concerns_and_short_ones_are_left_out_and_listed():
    concerns, calls, matches = some_weeks({"2026-W41": {"price": 3}})
    short = concerns.with_columns(quote=pl.when(pl.col("turn") == 0).then(pl.lit("Yeah, um.")).otherwise("quote"))
    tables, _ = run((short, calls, matches), "2026-W41")
    assert tables["theme_members"].height == 3
    assert tables["theme_members"]["theme_id"].is_null().all()


def test_kinds_are_grouped_apart():
    concerns, calls, matches = some_weeks(FIRST)
    kinds = pl.when(pl.col("turn") % 2 == 0).then(pl.lit("question")).otherwise(pl.lit("objection"))
    both = concerns.with_columns(kind=kinds.cast(concerns.schema["kind"]))
    tables, _ = run((both, calls, matches), "2026-W41")
    members = tables["theme_members"].join(both, on="concern_id").drop_nulls("theme_id")
    assert (
        members.group_by("theme_id").agg(pl.col("kind").n_unique())["kind"].to_list() == [1] * tables["themes"].height
    )
    assert set(tables["themes"]["kind"].cast(pl.String)) == {"question", "objection"}


def in_words(registry):
    return [(event.kind, event.theme_id, event.other_id) for event in registry.events]


def test_a_theme_that_falls_into_two_keeps_its_id_for_what_it_meant():
    """Support first means the helpline; then people come with an outage of the portal, and say support too."""
    items = [Item(f"a{i:03d}", "objection", said) for i, said in enumerate(of("helpline hold phone answer", 30, 1))]
    grouped = group_items(items, week="2026-W40", encoder=WordEncoder(), registry=Registry(), rules=SETTINGS.themes)
    (theme,) = grouped.registry.themes
    wide = Registry("words", 2, (replace(theme, bar=-1.0),), grouped.registry.events)  # lets everything in
    more = [Item(f"b{i:03d}", "objection", said) for i, said in enumerate(of("portal login ticket form", 30, 2))]
    after = group_items([*items, *more], week="2026-W41", encoder=WordEncoder(), registry=wide, rules=SETTINGS.themes)
    assert in_words(after.registry)[1:] == [("split", "T0001", "T0002")]
    assert {after.theme_of[item.item_id] for item in items} == {"T0001"}
    assert {after.theme_of[item.item_id] for item in more} == {"T0002"}
    labels = {theme.theme_id: theme.label for theme in after.registry.themes}
    assert labels["T0001"] == theme.label
    assert set(words(labels["T0002"])) & {"portal", "login", "ticket", "form"}


def test_themes_that_become_the_same_go_on_as_the_older():
    items = [Item(f"a{i:03d}", "objection", said) for i, said in enumerate(of("helpline hold phone answer", 40, 1))]
    grouped = group_items(items, week="2026-W40", encoder=WordEncoder(), registry=Registry(), rules=SETTINGS.themes)
    (theme,) = grouped.registry.themes
    old, young = (dict(list(theme.members.items())[part]) for part in (slice(0, 25), slice(25, 40)))
    two = (replace(theme, members=old), replace(theme, theme_id="T0002", label="b", members=young))
    after = group_items(
        items, week="2026-W41", encoder=WordEncoder(), registry=Registry("words", 3, two), rules=SETTINGS.themes
    )
    assert in_words(after.registry) == [("merged", "T0001", "T0002")]
    assert set(after.theme_of.values()) == {"T0001"}
    assert after.registry.of("T0002").into == "T0001"


def of(vocabulary, count, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.permutation(vocabulary.split())) + f" {i}" for i in range(count)]
