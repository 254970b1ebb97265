"""JSON in the shape of AWS Post-Call Analytics, so that its tools can show a call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

_NAMES: Final = {"rep": "Agent", "customer": "Caller"}


def write_pca(
    call: Mapping[str, Any], turns: pl.DataFrame, words: pl.DataFrame, talk: pl.DataFrame, *, seconds: float
) -> dict[str, Any]:
    """Return a call as plain data (`ConversationAnalytics`, `SpeechSegments`); sentiment is not measured and
    left out.
    """
    speakers = turns["speaker"].unique().sort().to_list()
    labels = {speaker: f"spk_{i}" for i, speaker in enumerate(speakers)}
    roles = dict(turns.select("speaker", "role").iter_rows())
    started = call.get("started_at")
    return {
        "ConversationAnalytics": {
            "Version": "0.1",
            "GUID": call["call_id"],
            "Agent": call.get("rep_name"),
            "Cust": call.get("customer_name"),
            "ConversationTime": started.isoformat() if isinstance(started, datetime) else None,
            "LanguageCode": call.get("language"),
            "Duration": seconds,
            "SpeakerLabels": [{"Speaker": labels[who], "DisplayText": _NAMES.get(roles[who], who)} for who in speakers],
            "SpeakerTime": {labels[who]: {"TotalTimeSecs": _spoken(talk, who)} for who in speakers},
        },
        "SpeechSegments": [_segment(row, labels, words) for row in turns.sort("turn").iter_rows(named=True)],
    }


def _spoken(talk: pl.DataFrame, speaker: str) -> float:
    return round(
        float(talk.filter(pl.col("speaker") == speaker).select((pl.col("end") - pl.col("start")).sum()).item()), 2
    )


def _segment(turn: Mapping[str, Any], labels: Mapping[str, str], words: pl.DataFrame) -> dict[str, Any]:
    inside = words.filter((pl.col("start") >= turn["start"]) & (pl.col("end") <= turn["end"]))
    own = inside.filter(pl.col("track").is_in([turn["speaker"], "mix"]))
    return {
        "SegmentStartTime": turn["start"],
        "SegmentEndTime": turn["end"],
        "SegmentSpeaker": labels[turn["speaker"]],
        "OriginalText": turn["text"],
        "DisplayText": turn["text"],
        "WordConfidence": [
            {"Text": row["text"], "Confidence": row["probability"], "StartTime": row["start"], "EndTime": row["end"]}
            for row in own.iter_rows(named=True)
        ],
    }
