"""Train the word models: logistic regression over n-grams of a sentence and the turns around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from labelled import AT_LENGTH, Call, Label
from learn import BESIDE, CLASSES, attribute
from sklearn.linear_model import LogisticRegression

from convintel.signals.context import Fields, fields_of, merged
from convintel.signals.handling import aftermath
from convintel.signals.words import Block, Vocabulary, Words

SEED = 7
LIGHT = 1 / 3  # weight of authors whose customers object at length
CONTEXT = (
    Block("rest", 1, 2, 0.7),
    Block("before", 1, 2, 0.5),
    Block("before_that", 1, 2, 0.3),
    Block("after", 1, 2, 0.7),
)
OPENINGS = (
    Block("opening", 1, 3, 0.3, weighting="presence"),
    Block("reply_opening", 1, 3, 0.3, weighting="presence"),
)
CUES = Block("cues", 1, 1, 0.5, weighting="presence")
ATTRIBUTES = (
    Block("spoken", 1, 3, 1.0, least=2),
    Block("opening", 1, 3, 0.3, weighting="presence", least=2),
    Block("before_spoken", 1, 2, 0.6, least=2),
    Block("after", 1, 2, 0.3, least=2),
    CUES,
)
BLOCKS: dict[str, tuple[Block, ...]] = {
    "objections": (Block("sentence", 1, 3, 1.0), *CONTEXT, *OPENINGS),
    "types": (
        Block("sentence", 1, 2, 1.0, least=2),
        Block("sentence", 3, 5, 0.8, unit="char", least=3),
        Block("rest", 1, 2, 0.6, least=2),
        Block("before", 1, 2, 0.6, least=2),
        Block("after", 1, 2, 0.7, least=2),
    ),
    "handling": (
        Block("answer", 1, 1, 1.0, least=2),
        Block("answer_opening", 1, 3, 0.3, weighting="presence", least=2),
        Block("reply", 1, 1, 0.7, least=2),
        Block("reply_opening", 1, 3, 0.2, weighting="presence", least=2),
        Block("later", 1, 1, 0.7, least=2),
        Block("later_reply", 1, 1, 0.4, least=2),
        Block("sentence", 1, 1, 0.3, least=2),
        CUES,
    ),
    "next_steps": (
        Block("sentence", 1, 3, 1.0),
        Block("spoken", 1, 3, 1.0),
        *CONTEXT,
        Block("before_spoken", 1, 2, 0.4),
        *OPENINGS,
        CUES,
    ),
    "owners": ATTRIBUTES,
    "kinds": ATTRIBUTES,
    "firm": ATTRIBUTES,
}
COST = {"objections": 4.0, "next_steps": 4.0, "types": 4.0, "handling": 1.0, "owners": 4.0, "kinds": 4.0, "firm": 2.0}


@dataclass(frozen=True)
class Sample:
    """A row to learn from."""

    fields: Fields
    label: str
    weight: float


def samples(name: str, call: Call, labels: Sequence[tuple[int, Label]]) -> list[Sample]:
    """Return the rows of a call for a head: one a sentence for detectors, one a marked finding for the others."""
    fields = {line: fields_of(call.lines, line) for line in {line for line, _ in labels}}
    counted: dict[int, int] = {}
    placed = []
    for line, label in labels:
        placed.append((line, label, fields[line][counted.get(line, 0)]))
        counted[line] = counted.get(line, 0) + 1
    weight = LIGHT if call.author in AT_LENGTH else 1.0
    if CLASSES[name] == ("yes",):
        return [_sentence(name, label, own, weight) for _, label, own in placed if _looks_at(name, label)]
    return [
        Sample(together(name, call, rows), attribute(rows[0][1], name) or "", weight) for rows in findings(name, placed)
    ]


def findings(name: str, placed: Sequence[tuple[int, Label, Fields]]) -> list[list[tuple[int, Label, Fields]]]:
    """Return the sentences of each marked finding that a head tells something about."""
    found: dict[int, list[tuple[int, Label, Fields]]] = {}
    for row in placed:
        one = row[1].objection if name in ("types", "handling") else row[1].next_step
        if one is not None and attribute(row[1], name) is not None:
            found.setdefault(id(one), []).append(row)
    return list(found.values())


def together(name: str, call: Call, rows: Sequence[tuple[int, Label, Fields]]) -> Fields:
    """Return the fields of a finding's sentences taken together, as the reader does."""
    fields = merged([own for _, _, own in rows])
    return aftermath(call.lines, rows[0][0], fields) if name == "handling" else fields


def _looks_at(name: str, label: Label) -> bool:
    return name == "next_steps" or label.role == "customer"


def _sentence(name: str, label: Label, fields: Fields, weight: float) -> Sample:
    one, beside = (
        (label.objection, label.beside_objection) if name == "objections" else (label.next_step, label.beside_step)
    )
    return Sample(fields, "yes" if one else "no", weight * (BESIDE if beside and not one else 1.0))


def fit(name: str, rows: Sequence[Sample]) -> Words:
    """Return the word model of a head, classes weighted to balance."""
    vocabularies, parts = [], []
    for block in BLOCKS[name]:
        vocabulary, part = _features(block, [row.fields.get(block.field, "") for row in rows])
        vocabularies.append(vocabulary)
        parts.append(part)
    labels = np.array([row.label for row in rows])
    two = len(set(labels)) == 2
    model = LogisticRegression(
        C=COST[name], class_weight="balanced", max_iter=500, solver="liblinear" if two else "lbfgs", random_state=SEED
    ).fit(sp.hstack(parts).tocsr(), labels, sample_weight=[row.weight for row in rows])
    weights, intercept = model.coef_, model.intercept_
    if two and CLASSES[name] != ("yes",):  # as many rows as classes
        weights, intercept = np.vstack([-weights / 2, weights / 2]), np.hstack([-intercept / 2, intercept / 2])
    return Words(tuple(vocabularies), weights, intercept)


def _features(block: Block, texts: Sequence[str]) -> tuple[Vocabulary, sp.csr_matrix]:
    """Return what a block knows and its features of the texts; the same numbers as `Vocabulary.vector` gives."""
    index: dict[str, int] = {}
    places, values, ends = [], [], [0]
    grams_of: dict[str, list[tuple[str, int]]] = {}
    for text in texts:
        if text not in grams_of:
            grams_of[text] = list(block.grams(text).items())
        for gram, count in grams_of[text]:
            places.append(index.setdefault(gram, len(index)))
            values.append(float(count))
        ends.append(len(places))
    counts = sp.csr_matrix((values, places, ends), shape=(len(texts), len(index)))
    grams = list(index)
    seen = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = [at for at in np.argsort(np.array(grams)) if seen[at] >= block.least]
    idf = np.log((1 + len(texts)) / (1 + seen[kept])) + 1
    part = counts[:, kept].tocsr()
    part.data = np.ones_like(part.data) if block.weighting == "presence" else 1 + np.log(part.data)
    if block.weighting == "tfidf":
        part = part @ sp.diags(idf)
        lengths = np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel())
        part = sp.diags(1 / np.where(lengths > 0, lengths, 1)) @ part
    return Vocabulary(block, {grams[at]: place for place, at in enumerate(kept)}, idf), part * block.scale
