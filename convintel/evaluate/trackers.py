"""What custom trackers are worth: each of a user's sentences read by a tracker that did not see it."""

from __future__ import annotations

from typing import Any

from convintel.errors import SettingsError
from convintel.evaluate import Evaluation
from convintel.settings import Settings
from convintel.signals import load_reader
from convintel.signals.trackers import held_out


def evaluate_trackers(settings: Settings) -> Evaluation:
    """Return, for each tracker, precision and recall over its own examples and counter-examples, left out one by one.

    `background` is the share of other sentences of sales calls that it would find.

    Raises:
        SettingsError: there are no trackers.
    """
    if not settings.trackers:
        raise SettingsError("there are no trackers", remedy="write [[trackers]] into convintel.toml, or trackers.csv")
    reader = load_reader(settings)
    metrics: dict[str, Any] = {
        tracker.name: held_out(tracker, reader.read_alone, reader.examples) for tracker in settings.trackers
    }
    return Evaluation(metrics)
