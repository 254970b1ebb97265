"""What customers keep coming back to: concerns grouped into themes that keep their identity from week to week."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from convintel.encoder import Encoder, load_encoder
from convintel.settings import Settings
from convintel.tables import frame
from convintel.themes.edits import Edits, Wishes, read_edits, wishes
from convintel.themes.grouping import Grouped, Item, group_items, keep_ids
from convintel.themes.registry import Event, Registry, free_number
from convintel.themes.sizes import Frame, theme_rows
from convintel.themes.wording import concern_text
from convintel.weeks import weeks_before

__all__ = [
    "Edits",
    "Encoder",
    "Registry",
    "Themed",
    "concern_text",
    "free_number",
    "group",
    "load_encoder",
    "read_edits",
]


@dataclass(frozen=True, slots=True)
class Themed:
    """The `themes`, `theme_members`, `theme_events` and `unused` frames of a week, and the registry after it."""

    tables: dict[str, pl.DataFrame]
    registry: Registry


def group(
    concerns: pl.DataFrame,
    calls: pl.DataFrame,
    matches: pl.DataFrame,
    *,
    week: str,
    encoder: Encoder,
    registry: Registry,
    settings: Settings,
    previous: Registry | None = None,
    edits: Edits | None = None,
) -> Themed:
    """Group the concerns of all calls up to `week` into themes.

    Calls of later weeks are not looked at; calls without a week count as members, not in the weeks.

    Args:
        concerns: the `concerns` frame.
        calls: the `calls` frame.
        matches: the `matches` frame; only matched calls count towards deals.
        week: like "2026-W44".
        encoder: embeds texts.
        registry: the themes as the week before left them.
        settings: all settings; the stage reads `themes` and the width of intervals.
        previous: what an earlier run made of the same week (else of the next): themes that are the same again keep its
            ids and names.
        edits: what people wrote into themes.csv.
    """
    past = pl.col("week").is_null() | (pl.col("week") <= week)
    calls = calls.filter(past)
    deals = matches.filter(pl.col("status").cast(pl.String) == "matched").select("call_id", "deal_id")
    known = calls.select("call_id", "rep", call_week="week").join(deals, on="call_id", how="left")
    rows = concerns.with_columns(pl.col("kind").cast(pl.String)).join(known, on="call_id").sort("concern_id")
    columns = rows.select("concern_id", "kind", "quote", "topic")
    texts = ((key, kind, concern_text(quote, topic)) for key, kind, quote, topic in columns.iter_rows())
    items = [Item(key, kind, text) for key, kind, text in texts if text is not None]
    grouped = group_items(items, week=week, encoder=encoder, registry=registry, rules=settings.themes)
    if previous is not None:
        grouped = keep_ids(grouped, start=registry, previous=previous)
    wished = wishes(edits, grouped.registry) if edits is not None else Wishes()
    members = _member_rows(rows, grouped, wished)
    inside = rows.join(members.select("concern_id", "theme_id"), on="concern_id").drop_nulls("theme_id")
    sizes = theme_rows(inside, grouped.vectors, grouped.registry, wished, _counted(calls, week, settings))
    wrong = [*(edits.unused if edits is not None else ()), *wished.unused]
    tables = {
        "themes": frame("themes", sizes),
        "theme_members": members,
        "theme_events": frame(
            "theme_events", [_event_row(event, grouped.registry) for event in grouped.registry.events]
        ),
        "unused": frame("unused", list(wrong)),
    }
    return Themed(tables, grouped.registry)


def _counted(calls: pl.DataFrame, week: str, settings: Settings) -> Frame:
    weeks = calls["week"].drop_nulls()
    first = weeks.min()
    before = [one for one in weeks_before(week, settings.themes.past_weeks) if isinstance(first, str) and one >= first]
    counts = dict(weeks.value_counts().iter_rows())
    return Frame(week, tuple(before), counts, settings.outcomes.interval, settings.themes.min_calls)


def _member_rows(rows: pl.DataFrame, grouped: Grouped, wished: Wishes) -> pl.DataFrame:
    """Return who belongs where; members of a theme that people merged count for the other."""
    homes = {key: None if home is None else wished.into.get(home, home) for key, home in grouped.theme_of.items()}
    return frame(
        "theme_members",
        [
            {
                "concern_id": concern_id,
                "call_id": call_id,
                "theme_id": homes.get(concern_id),
                "similarity": grouped.similarity.get(concern_id, 0.0),
            }
            for concern_id, call_id in rows.select("concern_id", "call_id").iter_rows()
        ],
    )


def _event_row(event: Event, registry: Registry) -> dict[str, object]:
    def called(theme_id: str) -> str:
        theme = registry.of(theme_id)
        return f"“{theme.label}” ({theme_id})" if theme is not None else theme_id

    notes = {
        "appeared": f"{called(event.theme_id)} appeared",
        "split": f"{called(event.other_id)} left {called(event.theme_id)}, which goes on without it",
        "merged": f"{called(event.other_id)} has become part of {called(event.theme_id)}",
    }
    return {
        "week": event.week,
        "kind": event.kind,
        "theme_id": event.theme_id,
        "other_id": event.other_id,
        "members": event.members,
        "note": notes[event.kind],
    }
