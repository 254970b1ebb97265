"""The model card of the reader: what it reads, what it learnt from, how it did on authors that it did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convintel.signals.heads import Head
from convintel.store import write_atomically

WHAT = {
    "objections": "a sentence of a customer is an objection",
    "next_steps": "a sentence promises a next step or settles a meeting",
    "types": "the type of an objection",
    "handling": "whether an objection was resolved, addressed or ignored",
    "owners": "whose next step it is",
    "kinds": "whether a next step is a meeting or a task",
    "firm": "whether a next step is firm or vague",
}


def write_card(heads: Sequence[Head], stamp: Mapping[str, Any], path: Path) -> None:
    """Write the card."""
    detectors = [head for head in heads if head.classes == ("yes",)]
    choosers = [head for head in heads if head.classes != ("yes",)]
    first, *later = (dict(sorted(recipe.items())) for recipe in stamp["rounds"])
    trust = first.pop("trust")  # counts in the last round alone: only there are opinions
    rounds = [", ".join(f"{name} {value}" for name, value in first.items())]
    rounds += [
        ", ".join(f"{name} {value}" for name, value in one.items() if value != first.get(name, value)) for one in later
    ]
    parts = [
        "# The reader\n\nA small sentence encoder (all-MiniLM-L6-v2, 6 layers) trained further to read sales calls: it "
        "sees 256 tokens of a call at a time, both sides, and gives each sentence a vector; linear heads tell what the "
        "sentence is. Written by `python models/training/train_reader.py`; nothing tells it length or position.\n",
        f"| | |\n|---|---|\n| learnt from | {stamp['calls']} labelled calls and {stamp['pairs']} lines of minimal "
        f"pairs by {stamp['authors']} authors (models/training), digest `{stamp['data']}` |\n"
        f"| thresholds, calibration, figures | {stamp['unseen']} calls of authors x and z; none was learnt from |\n"
        f"| first round | authors a to u but g, h, i: {rounds[0]} |\n"
        f"| second round | with v to z, without a to f: {rounds[1]} |\n"
        f"| third round | with a to f: {rounds[2]} |\n"
        f"| fourth round | with wa to wh, and with opinions of three larger networks (trust {trust}): {rounds[3]} |\n"
        "| base | sentence-transformers/all-MiniLM-L6-v2, Apache-2.0 |\n"
        "| licence | Apache-2.0 |\n| files | `reader.onnx` (encoder, weights as integers), `tokenizer.json`, "
        "`heads.*`, `examples.*` (labelled sentences that findings are likened to) |\n",
        *(_detector(head) for head in detectors),
        "## Choices\n\nOn marked findings of the unseen authors:\n",
        "| head | tells | right | n |\n|---|---|---|---|\n"
        + "".join(
            f"| {head.name} | {WHAT[head.name]} | {head.facts['right']:.2f} | {head.facts['n']} |\n"
            for head in choosers
        ),
        *(
            f"{head.name}, recall by class: "
            + ", ".join(
                f"{name.replace('_', ' ')} {share:.2f}" for name, share in head.facts["recall by class"].items()
            )
            + ".\n"
            for head in choosers
        ),
        "## Limits\n\nTrained on written calls in English, as a good recogniser would have put them; people object in "
        "ways that no author thought of. Figures on other labelled sets: `convintel evaluate signals DIR`.\n",
    ]
    write_atomically(path, "\n".join(parts))


def _detector(head: Head) -> str:
    rows = "".join(
        f"| {name} | {each['precision']:.2f} | {each['recall']:.2f} | {each['f1']:.3f} |\n"
        for name, each in {
            **dict(sorted(head.facts["unseen authors"].items())),
            "all, without marks and capitals": head.facts["without marks"],
        }.items()
    )
    bins = "".join(
        f"| {each['score']:.2f} | {each['right']:.2f} | {each['n']} | {'#' * round(20 * each['right'])} |\n"
        for each in head.facts["reliability"]
    )
    return (
        f"## {head.name.replace('_', ' ').capitalize()}\n\nTells whether {WHAT[head.name]}. "
        f"Threshold {head.threshold:.2f}: best F1 on the unseen authors (turns found, at most two turns apart); "
        "the settings have their own.\n\n"
        f"| author | precision | recall | F1 |\n|---|---|---|---|\n{rows}\n"
        "Reliability of the calibrated score, turn by turn (exact turn):\n\n"
        f"| mean score | share right | turns | |\n|---|---|---|---|\n{bins}"
    )
