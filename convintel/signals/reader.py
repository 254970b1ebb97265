"""What reads a call: the trained heads and spaCy, loaded once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from convintel import models
from convintel.resources import resource
from convintel.settings import Settings
from convintel.signals.heads import Head, load

HEADS: Final = (
    "objections",
    "objection_types",
    "objection_handling",
    "next_steps",
    "next_step_owners",
    "next_step_kinds",
    "next_step_firm",
)


@dataclass(frozen=True)
class Reader:
    """Heads by name; `objections` may be a user's own. spaCy is loaded when first asked for."""

    heads: dict[str, Head]
    objection_threshold: float
    next_step_threshold: float

    @cached_property
    def nlp(self) -> Any:
        """The spaCy pipeline (tagger, parser, lemmatizer)."""
        import spacy

        return spacy.load(models.ensure("spacy-en", kind="spacy"), exclude=["ner"])


def load_reader(settings: Settings) -> Reader:
    """Load the heads of models/heads.

    `signals.objection_model` may name another detector: the path of its NAME.json and NAME.npz without the ending.

    Raises:
        ModelError: a head is missing or broken.
    """
    heads = {name: load(folder_of(name, settings), stem_of(name, settings)) for name in HEADS}
    asked = settings.signals
    return Reader(
        heads,
        heads["objections"].threshold if asked.objection_threshold is None else asked.objection_threshold,
        heads["next_steps"].threshold if asked.next_step_threshold is None else asked.next_step_threshold,
    )


def folder_of(name: str, settings: Settings) -> Path:
    """Return the folder in which a head lies."""
    own = settings.signals.objection_model
    if name == "objections" and own != "objections":
        return Path(own).expanduser().parent
    return resource("models") / "heads"


def stem_of(name: str, settings: Settings) -> str:
    """Return the name of a head's files without their endings."""
    own = settings.signals.objection_model
    return Path(own).name if name == "objections" and own != "objections" else name
