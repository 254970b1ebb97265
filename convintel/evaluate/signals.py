"""Accuracy of objections and next steps on labelled calls: one JSON a call, as the gold folder's README describes.

Turns have no times there: they are laid out at 170 words a minute with 0.3 s between turns, and go through the same
`signals.measure` as any call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from convintel.errors import WorkspaceError
from convintel.evaluate import Evaluation
from convintel.evaluate.matching import match_near
from convintel.settings import Settings
from convintel.signals import load_reader, measure
from convintel.tables import frame

WORDS_A_SECOND: Final = 170 / 60
PAUSE: Final = 0.3
RESAMPLES: Final = 1000
SEED: Final = 7

Counts = dict[str, tuple[int, int]]  # name -> (right, of); f1 names count (2 x matches, gold + predicted)


@dataclass(frozen=True)
class Judged:
    """A labelled call with what was predicted for it and what was right."""

    counts: Counts
    confusion: tuple[tuple[str, str], ...]
    predictions: tuple[dict[str, Any], ...]
    errors: tuple[tuple[float, str], ...] = ()  # how bad (a missed one: 0.5), and in words


def evaluate_signals(gold: Path, settings: Settings, *, worst: int = 0) -> Evaluation:
    """Measure objections and next steps against labelled calls.

    Args:
        gold: folder of labelled calls.
        settings: model and thresholds to use.
        worst: how many of the worst errors to list under `worst`.

    Returns:
        Metrics `objections` (precision, recall, f1, typed_f1, handling_accuracy, confusion) and `next_steps`
        (precision, recall, f1, firm_f1, owner_accuracy, kind_accuracy, due_accuracy), micro-averaged over calls;
        `f1_interval` and the like are 95 % bootstrap intervals over calls. One prediction a finding.

    Raises:
        WorkspaceError: the folder holds no labelled calls, or one cannot be read.
    """
    files = sorted(gold.rglob("*.json"))
    if not files:
        raise WorkspaceError("no labelled calls (*.json) here", where=gold, remedy="give the folder that holds them")
    reader = load_reader(settings, trackers=False)

    def find(call: dict[str, Any], file: Path) -> dict[str, pl.DataFrame]:
        row, transcript, turns = laid_out(call, file)
        return measure(row, transcript, turns, reader=reader, corrections={}, settings=settings)

    judged = [_judge(file, find) for file in files]
    metrics: dict[str, Any] = {
        "calls": len(judged),
        "objections": _summary(judged, OBJECTION_FIGURES) | {"confusion": _confusion(judged)},
        "next_steps": _summary(judged, STEP_FIGURES),
    }
    if worst:
        errors = sorted((error for each in judged for error in each.errors), key=lambda error: (-error[0], error[1]))
        metrics["worst"] = [text for _, text in errors[:worst]]
    return Evaluation(metrics, [row for each in judged for row in each.predictions])


OBJECTION_FIGURES: Final = {
    "precision": "objection_precision",
    "recall": "objection_recall",
    "f1": "objection_f1",
    "typed_f1": "objection_typed",
    "handling_accuracy": "objection_handling",
}
STEP_FIGURES: Final = {
    "precision": "step_precision",
    "recall": "step_recall",
    "f1": "step_f1",
    "firm_f1": "step_firm",
    "owner_accuracy": "step_owner",
    "kind_accuracy": "step_kind",
    "due_accuracy": "step_due",
}


def _judge(file: Path, find: Callable[[dict[str, Any], Path], dict[str, pl.DataFrame]]) -> Judged:
    try:
        call = json.loads(file.read_text("utf-8"))
        gold_objections, gold_steps = call["objections"], call["next_steps"]
        tables = find(call, file)
    except (KeyError, TypeError, ValueError) as error:
        raise WorkspaceError(
            f"not a labelled call: {error!r}", where=file, remedy="see the gold folder's README"
        ) from error
    objections = list(tables["objections"].iter_rows(named=True))
    steps = list(tables["next_steps"].iter_rows(named=True))
    objection_counts, pairs = _objections(gold_objections, objections)
    name = call["call_id"]
    return Judged(
        objection_counts | _steps(gold_steps, steps),
        pairs,
        tuple([_said_objection(name, row) for row in objections] + [_said_step(name, row) for row in steps]),
        (*_errors(name, "objection", gold_objections, objections), *_errors(name, "next step", gold_steps, steps)),
    )


def _errors(
    call_id: str, what: str, gold: list[dict[str, Any]], predicted: list[dict[str, Any]]
) -> list[tuple[float, str]]:
    matched = match_near([each["turn"] for each in gold], [each["turn"] for each in predicted])
    right, found = {j for _, j in matched}, {i for i, _ in matched}
    false = [
        (row["score"], f"{call_id} turn {row['turn']}: no {what}, score {row['score']:.2f}: “{row['quote']}”")
        for j, row in enumerate(predicted)
        if j not in right
    ]
    missed = [
        (0.5, f"{call_id} turn {row['turn']}: {what} not found: “{row['quote']}”")
        for i, row in enumerate(gold)
        if i not in found
    ]
    return [*false, *missed]


def _objections(
    gold: list[dict[str, Any]], predicted: list[dict[str, Any]]
) -> tuple[Counts, tuple[tuple[str, str], ...]]:
    pairs = _pairs(gold, predicted)
    typed = sum(left["type"] == right["type"] for left, right in pairs)
    handled = [left["handling"] == right["handling"] for left, right in pairs]
    counts = _detection("objection", len(pairs), gold, predicted)
    counts |= {
        "objection_typed": (2 * typed, len(gold) + len(predicted)),
        "objection_handling": (sum(handled), len(handled)),
    }
    return counts, tuple((left["type"], right["type"]) for left, right in pairs)


def _steps(gold: list[dict[str, Any]], predicted: list[dict[str, Any]]) -> Counts:
    pairs = _pairs(gold, predicted)
    firm = _pairs([each for each in gold if each["firm"]], [each for each in predicted if each["firm"]])
    n_firm = sum(each["firm"] for each in gold) + sum(each["firm"] for each in predicted)
    return _detection("step", len(pairs), gold, predicted) | {
        "step_firm": (2 * len(firm), n_firm),
        "step_owner": (sum(left["owner"] == right["owner"] for left, right in pairs), len(pairs)),
        "step_kind": (sum(left["kind"] == right["step_kind"] for left, right in pairs), len(pairs)),
        "step_due": (sum(_day(left["due"]) == right["due"] for left, right in pairs), len(pairs)),
    }


def _pairs(gold: list[dict[str, Any]], predicted: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    matched = match_near([each["turn"] for each in gold], [each["turn"] for each in predicted])
    return [(gold[i], predicted[j]) for i, j in matched]


def _detection(kind: str, matched: int, gold: Sequence[object], predicted: Sequence[object]) -> Counts:
    return {
        f"{kind}_precision": (matched, len(predicted)),
        f"{kind}_recall": (matched, len(gold)),
        f"{kind}_f1": (2 * matched, len(gold) + len(predicted)),
    }


def _day(due: str | None) -> date | None:
    return date.fromisoformat(due[:10]) if due else None


def _summary(judged: Sequence[Judged], figures: dict[str, str]) -> dict[str, Any]:
    import numpy as np

    rng = np.random.default_rng(SEED)
    draws = rng.integers(0, len(judged), size=(RESAMPLES, len(judged)))
    out: dict[str, Any] = {}
    for name, key in figures.items():
        pairs = np.array([each.counts[key] for each in judged], dtype=float)
        right, of = pairs.sum(axis=0)
        out[name] = float(right / of) if of else None
        sums = pairs[draws].sum(axis=1)
        usable = sums[sums[:, 1] > 0]
        ratios = usable[:, 0] / usable[:, 1]
        out[f"{name}_interval"] = [float(edge) for edge in np.quantile(ratios, [0.025, 0.975])] if len(ratios) else None
        out[f"{name}_n"] = int(of)
    return out


def _confusion(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for gold, predicted in sorted(pair for each in judged for pair in each.confusion):
        row = table.setdefault(gold, {})
        row[predicted] = row.get(predicted, 0) + 1
    return table


def _said_objection(call_id: str, row: dict[str, Any]) -> dict[str, Any]:
    keys = ("turn", "type", "quote", "handling", "score")
    return {"call_id": call_id, "kind": "objection"} | {key: row[key] for key in keys}


def _said_step(call_id: str, row: dict[str, Any]) -> dict[str, Any]:
    keys = ("turn", "quote", "owner", "step_kind", "action", "due", "firm", "score")
    said = {key: row[key] for key in keys}
    return {"call_id": call_id, "kind": "next_step", **said, "due": row["due"].isoformat() if row["due"] else None}


def laid_out(
    call: dict[str, Any], file: Path
) -> tuple[dict[str, Any], dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """Return a labelled call as a row of Calls and the tables of transcript and turns, times laid out from words."""
    call_id = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    started = datetime.fromisoformat(call["started_at"])
    offset = started.utcoffset()
    row = {
        "call_id": call_id,
        "started_at": started.astimezone(UTC),
        "utc_offset_min": int(offset.total_seconds() // 60) if offset else 0,
    }
    turns: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    clock = 0.0
    for number, turn in enumerate(call["turns"]):
        tokens = turn["text"].split()
        place: dict[str, Any] = {"call_id": call_id, "start": clock, "end": clock + len(tokens) / WORDS_A_SECOND}
        turns.append(
            {
                **place,
                "turn": number,
                "speaker": turn["role"],
                "role": turn["role"],
                "text": turn["text"],
                "backchannel": False,
            }
        )
        for at, token in enumerate(tokens):
            start = clock + at / WORDS_A_SECOND
            words.append(
                {
                    "call_id": call_id,
                    "start": start,
                    "end": start + 1 / WORDS_A_SECOND,
                    "text": token,
                    "track": turn["role"],
                }
            )
        clock = place["end"] + PAUSE
    audio = {
        "call_id": call_id, "seconds": clock, "bad_packets": 0, "gap_seconds": 0.0, "channels": 0, "sample_rate": 0,
        "codec": "labelled call", "layout": "transcript", "layout_note": "", "word_timing": "interpolated",
        "dropped_packs": 0, "redactions": 0, "model": "labelled call",
    }  # fmt: skip
    roles = {
        "call_id": call_id, "method": "transcript", "confidence": 1.0, "why": "labelled", "speakers": 2,
        "split": "transcript", "split_note": "",
    }  # fmt: skip
    talk = [{key: turn[key] for key in ("call_id", "speaker", "role", "start", "end")} for turn in turns]
    return (
        row,
        {"audio": frame("audio", [audio]), "words": frame("words", words)},
        {"turns": frame("turns", turns), "talk": frame("talk", talk), "roles": frame("roles", [roles])},
    )
