"""Model cards of the heads: what it reads, on what it was trained, how it did on authors it did not see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convintel.signals.heads import Head
from convintel.store import write_atomically

WHAT = {
    "objections": "Tells whether a sentence of a customer, with the turns around it, is an objection.",
    "objection_types": "Tells the type of an objection.",
    "objection_handling": "Tells whether an objection was resolved, addressed or ignored, from the next six turns.",
    "next_steps": "Tells whether a sentence promises a next step or settles a meeting.",
    "next_step_owners": "Tells whose next step it is: rep, customer or both.",
    "next_step_kinds": "Tells whether a next step is a meeting or a task.",
    "next_step_firm": "Tells whether a next step is firm or vague.",
}


def write_card(head: Head, folder: Path) -> None:
    """Write NAME.md beside the head."""
    facts = dict(head.facts or {})
    blocks = "\n".join(
        f"| {each.block.field} | {each.block.unit} {each.block.low} to {each.block.high} | {each.block.weighting} "
        f"| {each.block.scale} | {len(each.index):,} |"
        for each in head.vocabularies
    )
    parts = [
        f"# {head.name}\n\n{WHAT[head.name]}\n",
        "Logistic regression over n-grams, written by `python models/training/train_heads.py`. Nothing in its features "
        "tells how long a turn is or where it stands in the call.\n",
        f"| | |\n|---|---|\n| classes | {', '.join(head.classes)} |\n| trained on "
        f"| {facts.get('calls')} labelled calls by nine authors (models/training/calls, written for this project), "
        f"digest `{facts.get('data')}` |\n"
        f"| rows | {facts.get('sentences') or facts.get('examples'):,} |\n| seed | {facts.get('seed')} |\n"
        f"| licence | as the project |\n",
        f"| field | n-grams | weighting | scale | known |\n|---|---|---|---|---|\n{blocks}\n",
    ]
    if "reliability" in facts:
        parts += [_detection(head, facts)]
    else:
        parts += [_choice(facts)]
    parts.append(
        "Limits: trained on written calls in English; people object in ways that no author thought of. "
        "Figures on other labelled sets: `convintel evaluate signals DIR`.\n"
    )
    write_atomically(folder / f"{head.name}.md", "\n".join(parts))


def _detection(head: Head, facts: Mapping[str, Any]) -> str:
    rows = {**facts["unseen authors"], "g, h, i": facts["unseen balanced authors"], "all": facts["unseen authors, all"]}
    table = "\n".join(
        f"| {name} | {each['precision']:.2f} | {each['recall']:.2f} | {each['f1']:.3f} |" for name, each in rows.items()
    )
    bins = "\n".join(f"| {each['score']:.2f} | {each['right']:.2f} | {each['n']} |" for each in facts["reliability"])
    return (
        f"Threshold {head.threshold:.3f} on the calibrated score, best F1 on unseen g, h, i.\n\n"
        "Found turns, each author read by a head trained on the others (match within two turns):\n\n"
        f"| author | precision | recall | F1 |\n|---|---|---|---|\n{table}\n\n"
        "Reliability of the calibrated score on unseen authors, turn by turn (exact turn):\n\n"
        f"| mean score | share right | turns |\n|---|---|---|\n{bins}\n"
    )


def _choice(facts: Mapping[str, Any]) -> str:
    authors = "\n".join(f"| {name} | {value:.3f} |" for name, value in facts["accuracy on unseen authors"].items())
    classes = "\n".join(f"| {name} | {value:.3f} |" for name, value in facts["recall by class"].items())
    return (
        "Accuracy on marked findings, each author read by a head trained on the others:\n\n"
        f"| author | accuracy |\n|---|---|\n{authors}\n"
        f"| g, h, i | {facts['accuracy on unseen balanced authors']:.3f} |\n"
        f"| all | {facts['accuracy on unseen authors, all']:.3f} |\n\n| class | recall |\n|---|---|\n{classes}\n"
    )
