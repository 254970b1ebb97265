"""What customers keep coming back to: concerns grouped into themes that keep their identity from week to week."""

from __future__ import annotations

import polars as pl

from convintel.settings import Settings
from convintel.tables import frame
from convintel.themes.encoder import Encoder, load_encoder
from convintel.themes.grouping import Grouped, Item, group_items
from convintel.themes.registry import Registry
from convintel.themes.sizes import theme_rows, weeks_before
from convintel.themes.wording import concern_text

__all__ = ["Encoder", "Registry", "concern_text", "group", "load_encoder"]


def group(
    concerns: pl.DataFrame,
    calls: pl.DataFrame,
    matches: pl.DataFrame,
    *,
    week: str,
    encoder: Encoder,
    registry: Registry,
    settings: Settings,
) -> tuple[dict[str, pl.DataFrame], Registry]:
    """Group the concerns of all calls up to `week` into themes.

    Calls of later weeks are not looked at; calls without a week count as members, not in the weeks. The registry is
    wound back to before `week` first, so that the same input gives the same themes however often a week is run.

    Args:
        concerns: the `concerns` frame.
        calls: the `calls` frame.
        matches: the `matches` frame; only matched calls count towards deals.
        week: like "2026-W44".
        encoder: embeds texts.
        registry: the themes so far.
        settings: all settings; the stage reads `themes`.

    Returns:
        The `themes` and `theme_members` frames, and the registry after the week.
    """
    deals = matches.filter(pl.col("status").cast(pl.String) == "matched").select("call_id", "deal_id")
    known = calls.select("call_id", "rep", call_week="week").join(deals, on="call_id", how="left")
    past = pl.col("call_week").is_null() | (pl.col("call_week") <= week)
    rows = concerns.join(known, on="call_id").filter(past).sort("concern_id")
    texts = {key: concern_text(*said) for key, *said in rows.select("concern_id", "quote", "topic").iter_rows()}
    items = [Item(key, text) for key, text in texts.items() if text is not None]
    grouped = group_items(items, week=week, encoder=encoder, registry=registry, rules=settings.themes)
    members = _member_rows(rows, grouped)
    first = calls["week"].min()
    before = weeks_before(week, first=first if isinstance(first, str) else None, most=settings.themes.past_weeks)
    inside = rows.join(members.select("concern_id", "theme_id"), on="concern_id").filter(
        pl.col("theme_id").is_not_null()
    )
    sizes = theme_rows(inside, grouped.vectors, grouped.registry, week=week, before=before)
    return {"themes": frame("themes", sizes), "theme_members": members}, grouped.registry


def _member_rows(rows: pl.DataFrame, grouped: Grouped) -> pl.DataFrame:
    return frame(
        "theme_members",
        [
            {
                "concern_id": concern_id,
                "call_id": call_id,
                "theme_id": grouped.theme_of.get(concern_id),
                "similarity": grouped.similarity.get(concern_id, 0.0),
            }
            for concern_id, call_id in rows.select("concern_id", "call_id").iter_rows()
        ],
    )
