"""What custom trackers are worth on unseen sentences: `python -m tests.signals.tracker_accuracy [ENCODER]`.

Five concepts (data/trackers.json), each with 12 examples and 8 counter-examples; of 90 sentences to tell apart half of
the false ones are near misses. ENCODER is what [signals] tracker_encoder may be; without it the reader reads.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convintel.encoder import load_encoder
from convintel.settings import Settings, Tracker
from convintel.signals import load_reader
from convintel.signals.network import Examples
from convintel.signals.trackers import ReadAlone, train

CONCEPTS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "trackers.json").read_text("utf-8"))


@dataclass(frozen=True)
class ToldApart:
    """Sentences found right, found, and meant."""

    hits: int
    said: int
    meant: int

    @property
    def precision(self) -> float:
        """Share of those found that are meant."""
        return self.hits / max(1, self.said)

    @property
    def recall(self) -> float:
        """Share of those meant that are found."""
        return self.hits / self.meant


def tracker(told: dict[str, Any], **changes: Any) -> Tracker:
    """Return a concept as a user writes it."""
    kept = {key: told[key] for key in ("name", "said_by", "examples", "counter_examples")}
    return Tracker.model_validate(kept | changes)


def told_apart(read: ReadAlone, examples: Examples) -> ToldApart:
    """Return counts over all concepts, at the default threshold."""
    hits = said = meant = 0
    for told in CONCEPTS:
        trained = train(tracker(told), read, examples)
        scores = trained.scores(read([each["text"] for each in told["held_out"]]))
        found = [score >= trained.tracker.threshold for score in scores]
        hits += sum(one and each["match"] for one, each in zip(found, told["held_out"], strict=True))
        said += sum(found)
        meant += sum(each["match"] for each in told["held_out"])
    return ToldApart(hits, said, meant)


if __name__ == "__main__":
    reader = load_reader(Settings())
    found = told_apart(load_encoder(sys.argv[1]).encode if sys.argv[1:] else reader.read_alone, reader.examples)
    sys.stdout.write(
        f"precision {found.precision:.3f} of {found.said} found, recall {found.recall:.3f} of {found.meant}\n"
    )
