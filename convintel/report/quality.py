"""What could not be used, and how good the data of the week is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from convintel.language import entry
from convintel.report.book import Book
from convintel.report.doubts import lost_audio
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row

Check = tuple[str, str, int, int | None]  # key of the catalogue, table, how many, of how many


def unused(book: Book) -> list[Row]:
    """Return what could not be used, by file and line."""
    return [
        {
            **row,
            "id": fact_id("unused", row["source"], row["row"], row["what"]),
            "rests": [rests("unused", source=row["source"], row=row["row"], what=row["what"])],
        }
        for row in book.tables["unused"].sort("source", "row", "what", nulls_last=True).to_dicts()
    ]


def quality(book: Book) -> list[dict[str, Any]]:
    """Return counts of what the week's calls lacked, as (what, n, of) rows; only those above zero."""
    return [
        {
            "id": fact_id("quality", key),
            "rests": [rests(table) if key == "no_date" else rests(table, weeks=[book.week])],
            "key": key,
            "what": entry("quality")[key],
            "n": int(n),
            "of": of,
        }
        for key, table, n, of in (*_of_calls(book), *_of_audio(book), *_of_roles(book))
        if n
    ]


def _of_calls(book: Book) -> Iterator[Check]:
    ids = book.ids(book.week)
    calls = [book.calls[call_id] for call_id in ids]
    matches = {row["call_id"]: row for row in book.tables["matches"].to_dicts()}
    metrics = book.tables["metrics"].filter(pl.col("call_id").is_in(ids))
    undated = sum(call["week"] is None for call in book.calls.values())
    yield "no_rep", "calls", sum(call["rep"] is None for call in calls), len(calls)
    yield "no_deal", "matches", sum(matches.get(i, {}).get("deal_id") is None for i in ids), len(ids)
    yield "no_consent", "calls", sum(call["consent"] == "unknown" for call in calls), len(calls)
    yield "withheld", "metrics", metrics["withheld"].drop_nulls().len(), metrics.height
    yield "no_date", "calls", undated, len(book.calls)


def _of_audio(book: Book) -> Iterator[Check]:
    audio = book.rows("audio", book.week)
    yield "lost_audio", "audio", sum(bool(lost_audio(row)) for row in audio), len(audio)
    yield "dropped", "audio", sum(row["dropped_packs"] > 0 for row in audio), len(audio)
    yield "no_times", "audio", sum(row["word_timing"] == "interpolated" for row in audio), len(audio)
    yield "masked", "audio", sum(row["redactions"] for row in audio), None


def _of_roles(book: Book) -> Iterator[Check]:
    roles = book.rows("roles", book.week)
    least = book.settings.turns.min_role_confidence
    yield "unsure_role", "roles", sum(row["confidence"] < least for row in roles), len(roles)
    yield "by_voice", "roles", sum(row["split"] == "diarization" for row in roles), len(roles)
    doubtful = sum(row["split"] == "diarization" and bool(row["split_note"]) for row in roles)
    yield "doubtful_split", "roles", doubtful, len(roles)
