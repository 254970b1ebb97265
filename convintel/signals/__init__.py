"""What is in a call: metrics of talk, objections, next steps, questions and concerns, each with its evidence.

One small file a signal; `catalogue` says what each metric is and needs, `reader` holds the trained heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from convintel import models
from convintel.settings import Settings
from convintel.signals.concerns import concern_rows
from convintel.signals.habits import habit_metrics
from convintel.signals.lines import Line
from convintel.signals.next_steps import next_step_rows
from convintel.signals.objections import objection_rows
from convintel.signals.pace import pace_metrics
from convintel.signals.questions import question_metrics, question_rows
from convintel.signals.reader import Reader, load_reader, reader_digest
from convintel.signals.said import read
from convintel.signals.talk import talk_metrics
from convintel.signals.trackers import mention_rows
from convintel.store import content_key
from convintel.tables import frame

__all__ = ["Reader", "load_reader", "local_date", "measure", "signals_key"]

VERSION: Final = 8


def measure(
    call: Mapping[str, Any],
    transcript: Mapping[str, pl.DataFrame],
    turns: Mapping[str, pl.DataFrame],
    *,
    reader: Reader,
    corrections: Mapping[str, str],
    settings: Settings,
) -> dict[str, pl.DataFrame]:
    """Read one call.

    Args:
        call: a row of `tables.Calls`.
        transcript: the tables `audio` and `words`.
        turns: the tables `turns`, `talk` and `roles`.
        reader: the heads, from `load_reader`.
        corrections: {finding_id: verdict} of this call; "wrong" ones are left out.
        settings: signals and turns are read.

    Returns:
        The tables `metrics`, `objections`, `next_steps`, `questions`, `mentions` and `concerns`. Without known roles
        there are no objections, next steps or concerns, and the metrics that need them say so.
    """
    said = read(transcript, turns, call_id=call["call_id"])
    known = said.roles_known
    questions = frame("questions", question_rows(said, corrections))
    reading = reader.read([Line(turn.role, turn.text) for turn in said.floor] if known else [])
    sure = reader.objection_threshold
    objections = frame("objections", objection_rows(said, reading, corrections, threshold=sure))
    next_steps = frame("next_steps", next_step_rows(said, reading, local_date(call), corrections))
    doubtful = min(sure, settings.signals.concern_threshold)
    concerns = frame("objections", objection_rows(said, reading, corrections, threshold=doubtful))
    metrics = [
        *talk_metrics(said, settings),
        *pace_metrics(said, questions, settings),
        *question_metrics(said, questions),
        *habit_metrics(said, objections, next_steps),
    ]
    return {
        "metrics": frame("metrics", metrics),
        "objections": objections,
        "next_steps": next_steps,
        "questions": questions,
        "mentions": frame("mentions", mention_rows(said, reader.trackers, reader.read_alone, corrections)),
        "concerns": frame("concerns", concern_rows(said, concerns, questions) if known else []),
    }


def local_date(call: Mapping[str, Any]) -> date | None:
    """Return the day of the call where its people read the clock; None when nobody told us when it was."""
    started = call["started_at"]
    return None if started is None else (started + timedelta(minutes=call["utc_offset_min"] or 0)).date()


def signals_key(call: Mapping[str, Any], turns_key: str, settings: Settings, corrections: Mapping[str, str]) -> str:
    """Return the key of a call's signals: version, turns, local date, settings, corrections and the heads' content."""
    trackers = [each.model_dump() for each in settings.trackers]
    own = settings.signals.model_dump(exclude={"tracker_encoder"})  # its content is part of the reader's digest
    read_settings = [own, trackers, settings.turns.turn_gap]
    return content_key(
        [VERSION, turns_key, str(local_date(call)), read_settings, sorted(corrections.items())],
        [reader_digest(settings), models.digest("spacy-en")],
    )
