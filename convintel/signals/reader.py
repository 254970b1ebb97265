"""What reads a call: the reader network with its heads and labelled examples, and spaCy; loaded once a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from convintel import models
from convintel.encoder import Encoder, load_encoder
from convintel.errors import ModelError
from convintel.settings import Settings
from convintel.signals.context import Fields, fields_of, merged
from convintel.signals.handling import aftermath
from convintel.signals.heads import Head, load
from convintel.signals.lines import Line
from convintel.signals.network import Examples, Network, Sentence, load_examples
from convintel.signals.trackers import ReadAlone, Trained, read_alone, train

NAME: Final = "reader"
REACH: Final = {"objections": 0.08, "next_steps": 0.12}
"""Scores from which sentences beside the one that fired belong to the finding. Types right on the two labelled sets,
with an earlier reader: F1 0.54 and 0.49 with it, 0.52 and 0.41 without; with this one 0.05 to 0.25 differ by 0.02."""
LEAST: Final = {"handling": {"ignored": 0.4}}
"""How likely a class must be to be said. That a rep ignored an objection is a reproach: of those so called on three
labelled sets (objections from 0.45) 37 of 40 were, and 33 of 34 with 0.5, which finds fewer."""
HEADS: Final = ("objections", "types", "handling", "next_steps", "owners", "kinds", "firm")


@dataclass(frozen=True)
class Reader:
    """The network, its heads by name, labelled examples, and the thresholds in force."""

    network: Network
    heads: Mapping[str, Head]
    examples: Examples
    objection_threshold: float
    next_step_threshold: float
    read_alone: ReadAlone  # what reads sentences for trackers
    trackers: tuple[Trained, ...] = ()

    @cached_property
    def nlp(self) -> Any:
        """The spaCy pipeline (tagger, parser, lemmatizer), loaded when first asked for."""
        import spacy

        return spacy.load(models.ensure("spacy-en", kind="spacy"), exclude=["ner"])

    def read(self, lines: Sequence[Line]) -> Reading:
        """Read the lines of a call, back-channels left out."""
        by_line: dict[int, list[Sentence]] = {}
        for each in self.network.read(lines):
            by_line.setdefault(each.line, []).append(each)
        fields = {line: fields_of(lines, line)[: len(found)] for line, found in by_line.items()}
        return Reading(tuple(lines), {line: tuple(found) for line, found in by_line.items()}, fields, self)


@dataclass(frozen=True)
class Fired:
    """The sentences of a line that a detector fired on: the best one and its neighbours; score of the best."""

    line: int
    score: float
    sentences: tuple[Sentence, ...]
    fields: Fields  # of the sentences taken together
    top: Sentence  # the one with the best score
    top_fields: Fields

    @property
    def start(self) -> int:
        """First character in the line."""
        return self.sentences[0].piece.start

    @property
    def end(self) -> int:
        """End in the line, exclusive."""
        return self.sentences[-1].piece.end

    @property
    def vector(self) -> npt.NDArray[np.float32]:
        """Mean over the sentences, float32 [768]."""
        mean: npt.NDArray[np.float32] = np.stack([each.vector for each in self.sentences]).mean(axis=0)
        return mean


@dataclass(frozen=True)
class Reading:
    """A call as the network sees it: its lines, and the sentences of each that has words."""

    lines: tuple[Line, ...]
    sentences: Mapping[int, tuple[Sentence, ...]]
    fields: Mapping[int, Sequence[Fields]]
    reader: Reader

    def fired(self, head: str, threshold: float, *, keep: Callable[[Line], bool]) -> list[Fired]:
        """Return what a detector finds, at most one a line, in order; `keep` chooses the lines that it looks at.

        How far a finding reaches does not hang on how strict the user is: neighbours count from `REACH`.
        """
        detector = self.reader.heads[head]
        found = []
        for line, sentences in self.sentences.items():
            if not keep(self.lines[line]):
                continue
            fields = self.fields[line]
            scores = detector.scores([each.vector for each in sentences], fields)
            if max(scores) >= threshold:
                first, last = around_best(scores, min(threshold, REACH[head]))
                together = merged(fields[first : last + 1])
                top = scores.index(max(scores))
                found.append(
                    Fired(line, scores[top], sentences[first : last + 1], together, sentences[top], fields[top])
                )
        return sorted(found, key=lambda each: each.line)

    def choose(self, head: str, fired: Fired) -> tuple[str, float]:
        """Return the likeliest class of a finding, and how likely it is."""
        fields = aftermath(self.lines, fired.line, fired.fields) if head == "handling" else fired.fields
        return self.reader.heads[head].choose(fired.vector, fields, least=LEAST.get(head))

    def like(self, fired: Fired, label: str) -> str:
        """Return in words which labelled examples a finding is most like."""
        nearest = self.reader.examples.nearest(fired.vector, label)
        return "; ".join(f"“{text}” ({cosine:.2f})" for text, cosine in nearest)


def around_best(scores: Sequence[float], threshold: float) -> tuple[int, int]:
    """Return the first and last place of the run around the best score whose scores reach the threshold.

    >>> around_best([0.1, 0.6, 0.9, 0.2], 0.5)
    (1, 2)
    """
    first = last = max(range(len(scores)), key=lambda at: (scores[at], -at))
    while first > 0 and scores[first - 1] >= threshold:
        first -= 1
    while last + 1 < len(scores) and scores[last + 1] >= threshold:
        last += 1
    return first, last


def load_reader(settings: Settings, *, trackers: bool = True) -> Reader:
    """Load the reader of models/reader; `signals.heads` may name a folder with heads trained by the user.

    Args:
        settings: of the workspace.
        trackers: whether its custom trackers are to be read too; they are trained here.

    Raises:
        ModelError: a file is missing, broken or not the one pinned.
    """
    folder = models.ensure(NAME, kind="head")
    heads = load(heads_folder(settings))
    missing = [name for name in HEADS if name not in heads]
    if missing:
        raise ModelError(f"heads are missing: {', '.join(missing)}", where=settings.signals.heads, remedy="train again")
    asked = settings.signals
    network, examples = Network(folder), load_examples(folder)
    read: ReadAlone = partial(read_alone, network)
    wanted = settings.trackers if trackers else ()
    if wanted and asked.tracker_encoder:
        read = _other_encoder(asked.tracker_encoder).encode
    return Reader(
        network,
        heads,
        examples,
        heads["objections"].threshold if asked.objection_threshold is None else asked.objection_threshold,
        heads["next_steps"].threshold if asked.next_step_threshold is None else asked.next_step_threshold,
        read,
        tuple(train(tracker, read, examples) for tracker in wanted),
    )


def _other_encoder(name: str) -> Encoder:
    """A hub name is not taken: workers are offline once the recogniser is loaded, and each would fetch it."""
    if models.find(name) is None and not Path(name).expanduser().exists():
        remedy = "give the folder of a sentence-transformers model, or a name of `convintel models list`"
        raise ModelError("no such encoder", where=f"[signals] tracker_encoder = {name}", remedy=remedy)
    return load_encoder(name)


def heads_folder(settings: Settings) -> Path:
    """Return the folder in which the heads in force lie.

    Raises:
        ModelError: there is no such folder.
    """
    return models.ensure(settings.signals.heads, kind="head")


def reader_digest(settings: Settings) -> str:
    """Return what changes when the network, its examples, the heads in force or the trackers' encoder change."""
    encoder = settings.signals.tracker_encoder
    other = models.digest(encoder) if encoder and settings.trackers else ""
    return models.digest(NAME) + models.digest(settings.signals.heads) + other
