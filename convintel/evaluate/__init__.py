"""Accuracy on labelled data: what `convintel evaluate` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Evaluation:
    """Metrics (nested plain dicts) and every prediction behind them as rows for JSON Lines."""

    metrics: dict[str, Any]
    predictions: list[dict[str, Any]] = field(default_factory=list)
