"""`convintel evaluate`: accuracy on labelled data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from convintel.evaluate import Evaluation
    from convintel.settings import Settings

evaluate_app = App(name="evaluate", help="Measure accuracy on labelled data.")

Json = Annotated[bool, Parameter("--json", help="Print the metrics as JSON.", negative="")]
Predictions = Annotated[
    Path | None, Parameter("--predictions", help="Write every prediction as JSON Lines to this file.")
]
Workspace = Annotated[
    Path | None, Parameter("--workspace", help="Take the settings of this workspace; default: the defaults.")
]


@evaluate_app.command
def signals(
    gold: Path, *, worst: int = 0, json: Json = False, predictions: Predictions = None, workspace: Workspace = None
) -> None:
    """Objections and next steps against labelled calls.

    Args:
        gold: folder of labelled calls as JSON.
        worst: show so many of the worst errors: sure of what is none, or blind to what is one.
        json: print the metrics as JSON.
        predictions: file for the predictions.
        workspace: whose settings to use.
    """
    from convintel.evaluate.signals import evaluate_signals

    _show(evaluate_signals(gold, _settings(workspace), worst=worst), as_json=json, predictions=predictions)


@evaluate_app.command
def trackers(folder: Path, *, json: Json = False) -> None:
    """How well the custom trackers of a workspace find sentences that they did not see.

    Args:
        folder: the workspace.
        json: print the metrics as JSON.
    """
    from convintel.evaluate.trackers import evaluate_trackers
    from convintel.settings import load

    _show(evaluate_trackers(load(folder)), as_json=json, predictions=None)


@evaluate_app.command
def speech(
    folder: Path,
    *,
    as_mono: bool = False,
    speakers: int | None = None,
    json: Json = False,
    predictions: Predictions = None,
    workspace: Workspace = None,
) -> None:
    """Words, speakers and talk shares against NAME.txt and NAME.rttm beside each recording.

    Args:
        folder: folder of recordings with references.
        as_mono: mix channels down first.
        speakers: number of speakers when known.
        json: print the metrics as JSON.
        predictions: file for the predictions.
        workspace: whose settings to use.
    """
    from convintel.evaluate.speech import evaluate_speech

    found = evaluate_speech(folder, _settings(workspace), as_mono=as_mono, speakers=speakers)
    _show(found, as_json=json, predictions=predictions)


@evaluate_app.command
def themes(csv: Path, *, json: Json = False, predictions: Predictions = None, workspace: Workspace = None) -> None:
    """Groups of utterances against a CSV with columns text, category.

    Args:
        csv: the labelled utterances.
        json: print the metrics as JSON.
        predictions: file for the predictions.
        workspace: whose settings to use.
    """
    from convintel.evaluate.themes import evaluate_themes

    _show(evaluate_themes(csv, _settings(workspace)), as_json=json, predictions=predictions)


def _settings(workspace: Path | None) -> Settings:
    from convintel.settings import Settings, load

    return Settings() if workspace is None else load(workspace)


def _show(found: Evaluation, *, as_json: bool, predictions: Path | None) -> None:
    from convintel.cli.app import say, say_json
    from convintel.store import write_atomically

    if predictions is not None:
        lines = (json.dumps(row, ensure_ascii=False, default=str) for row in found.predictions)
        write_atomically(predictions, "".join(line + "\n" for line in lines))
    if as_json:
        say_json(found.metrics)
        return
    for name, value in _flatten(found.metrics):
        if isinstance(value, list) and value and isinstance(value[0], str):
            for each in value:
                say(f"{name}: {each}")
            continue
        say(f"{name:<44} {value:.3f}" if isinstance(value, float) else f"{name:<44} {value}")


def _flatten(metrics: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in metrics.items():
        rows += _flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows
