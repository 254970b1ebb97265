"""Train the heads of models/heads from models/training/calls and write their model cards.

    python models/training/train_heads.py

Deterministic: the same calls give the same files. Every figure in a card comes from calls of authors that the head did
not see (train on all but one, read that one); threshold and calibration are chosen on those scores too. Labelled sets
on which accuracy is reported are never read here.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from cards import write_card  # noqa: E402

from convintel.evaluate.matching import match_near  # noqa: E402
from convintel.signals.context import Line, merged, utterances  # noqa: E402
from convintel.signals.handling import aftermath  # noqa: E402
from convintel.signals.heads import Block, Head, Vocabulary, save  # noqa: E402
from convintel.signals.next_steps import sentences_with_cues  # noqa: E402

CALLS = Path(__file__).parent / "calls"
HEADS = ROOT / "models" / "heads"
BALANCED = ("g", "h", "i")  # authors who wrote so that length gives nothing away
BALANCED_WEIGHT = 3.0
BESIDE_WEIGHT = 0.3  # sentences of a marked turn outside the quote: neither sure yes nor sure no
SEED = 7

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
DETECT_OBJECTION = (Block("sentence", 1, 3, 1.0), *CONTEXT, *OPENINGS)
TYPES = (
    Block("sentence", 1, 2, 1.0, least=2),
    Block("sentence", 3, 5, 0.8, unit="char", least=3),
    Block("rest", 1, 2, 0.6, least=2),
    Block("before", 1, 2, 0.6, least=2),
    Block("after", 1, 2, 0.7, least=2),
)
HANDLING = (
    Block("answer", 1, 1, 1.0, least=2),
    Block("answer_opening", 1, 3, 0.3, weighting="presence", least=2),
    Block("reply", 1, 1, 0.7, least=2),
    Block("reply_opening", 1, 3, 0.2, weighting="presence", least=2),
    Block("later", 1, 1, 0.7, least=2),
    Block("later_reply", 1, 1, 0.4, least=2),
    Block("sentence", 1, 1, 0.3, least=2),
    Block("cues", 1, 1, 0.5, weighting="presence"),
)
DETECT_STEP = (
    Block("sentence", 1, 3, 1.0),
    Block("spoken", 1, 3, 1.0),
    *CONTEXT,
    Block("before_spoken", 1, 2, 0.4),
    *OPENINGS,
    Block("cues", 1, 1, 0.5, weighting="presence"),
)
ATTRIBUTES = (
    Block("spoken", 1, 3, 1.0, least=2),
    Block("opening", 1, 3, 0.3, weighting="presence", least=2),
    Block("before_spoken", 1, 2, 0.6, least=2),
    Block("after", 1, 2, 0.3, least=2),
    Block("cues", 1, 1, 0.5, weighting="presence"),
)


@dataclass(frozen=True)
class Sample:
    """A row to learn from: fields, label, its author, call, line, and weight."""

    fields: dict[str, str]
    label: str
    author: str
    call: int
    line: int
    weight: float


class Matrix:
    """Counts of the n-grams of all samples, from which each fold takes the vocabulary of its own training rows."""

    def __init__(self, blocks: Sequence[Block], samples: Sequence[Sample]) -> None:
        self.blocks = blocks
        self.parts = [
            self._count(block, [sample.fields.get(block.field, "") for sample in samples]) for block in blocks
        ]

    @staticmethod
    def _count(block: Block, texts: Sequence[str]) -> tuple[list[str], sp.csr_matrix]:
        cache: dict[str, Any] = {}
        index: dict[str, int] = {}
        places, values, ends = [], [], [0]
        for text in texts:
            grams = cache.get(text)
            if grams is None:
                grams = cache[text] = block.grams(text)
            for gram, count in grams.items():
                places.append(index.setdefault(gram, len(index)))
                values.append(float(count))
            ends.append(len(places))
        counts = sp.csr_matrix((values, places, ends), shape=(len(texts), len(index)))
        order = np.argsort(np.array(list(index)))
        frequent = order[np.asarray((counts > 0).sum(axis=0)).ravel()[order] >= block.least]
        words = list(index)
        return [words[at] for at in frequent], counts[:, frequent].tocsr()

    def features(self, rows: np.ndarray) -> tuple[sp.csr_matrix, list[Vocabulary]]:
        """Return features of all samples with what the rows of a mask know, and the vocabularies."""
        built, vocabularies = [], []
        for block, (words, counts) in zip(self.blocks, self.parts, strict=True):
            seen = np.asarray((counts[rows] > 0).sum(axis=0)).ravel()
            kept = np.flatnonzero(seen >= block.least)
            idf = np.log((1 + rows.sum()) / (1 + seen[kept])) + 1
            part = counts[:, kept].tocsr().astype(np.float64)
            part.data = np.ones_like(part.data) if block.weighting == "presence" else 1 + np.log(part.data)
            if block.weighting == "tfidf":
                part = part @ sp.diags(idf)
                lengths = np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel())
                part = sp.diags(1 / np.where(lengths > 0, lengths, 1)) @ part
            built.append(part * block.scale)
            index = {words[at]: place for place, at in enumerate(kept)}
            vocabularies.append(Vocabulary(block, index, idf))
        return sp.hstack(built).tocsr(), vocabularies


def read_calls() -> list[dict[str, Any]]:
    """Return the labelled calls in the order of authors and files, with their author."""
    return [
        json.loads(file.read_text("utf-8")) | {"author": file.parent.name} for file in sorted(CALLS.glob("*/*.json"))
    ]


def digest() -> str:
    """Return a digest over all labelled calls."""
    found = hashlib.sha256()
    for file in sorted(CALLS.glob("*/*.json")):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()[:16]


def weight_of(author: str) -> float:
    """Balanced authors count more: they do not teach the short cut over length."""
    return BALANCED_WEIGHT if author in BALANCED else 1.0


def lines_of(call: dict[str, Any]) -> list[Line]:
    """Return the turns of a labelled call."""
    return [Line(turn["role"], turn["text"]) for turn in call["turns"]]


def covers(text: str, quote: str, start: int, end: int) -> bool:
    """Tell whether a sentence [start, end) is part of a quote; a quote that is not verbatim covers its whole turn."""
    at = text.find(quote)
    if at < 0:
        return True
    return min(at + len(quote), end) - max(at, start) > 0.4 * min(end - start, len(quote))


def detection(calls: Sequence[dict[str, Any]], kind: str) -> list[Sample]:
    """Return one sample a sentence: customers' for objections, everybody's for next steps."""
    read = utterances if kind == "objections" else sentences_with_cues
    samples = []
    for number, call in enumerate(calls):
        lines = lines_of(call)
        for at, line in enumerate(lines):
            if kind == "objections" and line.role != "customer":
                continue
            marked = [each["quote"] for each in call[kind] if each["turn"] == at]
            for each in read(lines, at):
                hit = any(covers(line.text, quote, each.piece.start, each.piece.end) for quote in marked)
                weight = weight_of(call["author"]) * (BESIDE_WEIGHT if marked and not hit else 1.0)
                samples.append(Sample(each.fields, "yes" if hit else "no", call["author"], number, at, weight))
    return samples


def attributes(calls: Sequence[dict[str, Any]], kind: str, label: Callable[[dict[str, Any]], str]) -> list[Sample]:
    """Return one sample a marked finding: the fields of the sentences of its quote."""
    read = utterances if kind == "objections" else sentences_with_cues
    samples = []
    for number, call in enumerate(calls):
        lines = lines_of(call)
        for each in call[kind]:
            found = read(lines, each["turn"])
            text = lines[each["turn"]].text
            inside = [one for one in found if covers(text, each["quote"], one.piece.start, one.piece.end)] or found
            fields = merged(inside)
            if kind == "next_steps":
                fields["cues"] = " ".join(one.fields["cues"] for one in inside)
            if label is handling_label:
                fields = aftermath(lines, each["turn"], fields)
            author = call["author"]
            samples.append(Sample(fields, label(each), author, number, each["turn"], weight_of(author)))
    return samples


def handling_label(objection: dict[str, Any]) -> str:
    """Label of the handling head."""
    return str(objection["handling"])


def fit(features: sp.csr_matrix, labels: np.ndarray, weights: np.ndarray, cost: float) -> LogisticRegression:
    """Return a logistic regression with classes weighted to balance."""
    solver = "liblinear" if len(set(labels)) == 2 else "lbfgs"
    model = LogisticRegression(C=cost, class_weight="balanced", max_iter=500, solver=solver, random_state=SEED)
    return model.fit(features, labels, sample_weight=weights)


def raw_scores(model: LogisticRegression, features: sp.csr_matrix) -> np.ndarray:
    """Return log-odds [rows, classes]; one column for a detector."""
    scores = model.decision_function(features)
    return scores if scores.ndim == 2 else scores[:, None]


def train(name: str, samples: list[Sample], blocks: Sequence[Block], cost: float) -> tuple[Head, np.ndarray, list[str]]:
    """Return the head trained on all authors, each sample's scores by a head that did not see its author, classes."""
    matrix = Matrix(blocks, samples)
    labels = np.array([sample.label for sample in samples])
    authors = np.array([sample.author for sample in samples])
    weights = np.array([sample.weight for sample in samples])
    classes = sorted(set(labels))
    unseen = np.zeros((len(samples), 1 if len(classes) == 2 else len(classes)))
    for author in sorted(set(authors)):
        rows = authors != author
        features, _ = matrix.features(rows)
        unseen[~rows] = raw_scores(fit(features[rows], labels[rows], weights[rows], cost), features[~rows])
    everyone = np.ones(len(samples), dtype=bool)
    features, vocabularies = matrix.features(everyone)
    model = fit(features, labels, weights, cost)
    two = len(classes) == 2
    detector = classes == ["no", "yes"]
    head = Head(
        name,
        ("yes",) if detector else tuple(classes),
        tuple(vocabularies),
        model.coef_ if detector or not two else np.vstack([-model.coef_ / 2, model.coef_ / 2]),
        model.intercept_ if detector or not two else np.hstack([-model.intercept_ / 2, model.intercept_ / 2]),
    )
    return head, unseen, classes


def by_line(samples: Sequence[Sample], scores: np.ndarray) -> dict[tuple[int, int], float]:
    """Return the best score of each line's sentences."""
    best: dict[tuple[int, int], float] = {}
    for sample, score in zip(samples, scores[:, 0], strict=True):
        key = (sample.call, sample.line)
        best[key] = max(best.get(key, -1e9), float(score))
    return best


def detected(
    calls: Sequence[dict[str, Any]], kind: str, best: dict[tuple[int, int], float], least: float, authors: Sequence[str]
) -> dict[str, float]:
    """Return precision, recall and F1 of lines that reach a raw score, on calls of some authors."""
    hits = marked = said = 0
    for number, call in enumerate(calls):
        if call["author"] not in authors:
            continue
        predicted = [line for (where, line), score in best.items() if where == number and score >= least]
        if kind == "next_steps":
            predicted = thinned(predicted, {line: best[number, line] for line in predicted})
        gold = [each["turn"] for each in call[kind]]
        hits += len(match_near(gold, predicted))
        marked += len(gold)
        said += len(predicted)
    return {"precision": hits / max(1, said), "recall": hits / max(1, marked), "f1": 2 * hits / max(1, marked + said)}


def thinned(lines: list[int], scores: dict[int, float]) -> list[int]:
    """Keep the surest of firings on neighbouring lines (at run time only those of the same owner and kind)."""
    kept: list[int] = []
    for line in sorted(lines, key=lambda at: (-scores[at], at)):
        if all(abs(line - other) > 1 for other in kept):
            kept.append(line)
    return kept


def tune(head: Head, calls: Sequence[dict[str, Any]], kind: str, samples: Sequence[Sample], unseen: np.ndarray) -> Head:
    """Return the head with threshold and calibration from unseen authors' scores, balanced authors counting most."""
    best = by_line(samples, unseen)
    grid = np.quantile(list(best.values()), np.linspace(0.5, 0.995, 100))
    least = max(grid, key=lambda at: detected(calls, kind, best, at, BALANCED)["f1"])
    keys = sorted(best)
    gold = [{each["turn"] for each in call[kind]} for call in calls]
    labels = np.array([line in gold[number] for number, line in keys])
    scores = np.array([[best[key]] for key in keys])
    weights = np.array([weight_of(calls[number]["author"]) for number, _ in keys])
    curve = LogisticRegression(C=1e6).fit(scores, labels, sample_weight=weights)
    slope, offset = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    authors = sorted({call["author"] for call in calls})
    facts = {
        "unseen authors": {author: detected(calls, kind, best, least, (author,)) for author in authors},
        "unseen balanced authors": detected(calls, kind, best, least, BALANCED),
        "unseen authors, all": detected(calls, kind, best, least, authors),
        "reliability": reliability(1 / (1 + np.exp(-(slope * scores[:, 0] + offset))), labels),
    }
    tuned = replace(head, slope=slope, offset=offset, facts=facts)
    return replace(tuned, threshold=round(tuned.score(float(least)), 4))


def reliability(scores: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """Return mean score and share of right ones in bins of the calibrated score."""
    edges = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01]
    bins = [(scores >= low) & (scores < high) for low, high in pairwise(edges)]
    return [
        {"n": int(inside.sum()), "score": float(scores[inside].mean()), "right": float(labels[inside].mean())}
        for inside in bins
        if inside.any()
    ]


def chosen_right(samples: Sequence[Sample], unseen: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Return accuracy of a multi-class head on unseen authors."""
    if unseen.shape[1] == 1:
        said = [classes[int(score > 0)] for score in unseen[:, 0]]
    else:
        said = [classes[at] for at in unseen.argmax(axis=1)]
    right = np.array([label == sample.label for label, sample in zip(said, samples, strict=True)])
    authors = np.array([sample.author for sample in samples])
    labels = np.array([sample.label for sample in samples])
    return {
        "accuracy on unseen authors": {
            author: float(right[authors == author].mean()) for author in sorted(set(authors))
        },
        "accuracy on unseen authors, all": float(right.mean()),
        "accuracy on unseen balanced authors": float(right[np.isin(authors, BALANCED)].mean()),
        "recall by class": {label: float(right[labels == label].mean()) for label in classes},
    }


def main() -> None:
    """Train every head, write files and cards."""
    calls = read_calls()
    stamp = {"data": digest(), "calls": len(calls), "seed": SEED}
    for name, blocks in (("objections", DETECT_OBJECTION), ("next_steps", DETECT_STEP)):
        samples = detection(calls, name)
        head, unseen, _ = train(name, samples, blocks, cost=4.0)
        head = tune(head, calls, name, samples, unseen)
        finish(head, stamp | {"sentences": len(samples)})
    for name, kind, blocks, cost, label in (
        ("objection_types", "objections", TYPES, 4.0, lambda each: each["type"]),
        ("objection_handling", "objections", HANDLING, 1.0, handling_label),
        ("next_step_owners", "next_steps", ATTRIBUTES, 4.0, lambda each: each["owner"]),
        ("next_step_kinds", "next_steps", ATTRIBUTES, 4.0, lambda each: each["kind"]),
        ("next_step_firm", "next_steps", ATTRIBUTES, 2.0, lambda each: "firm" if each["firm"] else "vague"),
    ):
        samples = attributes(calls, kind, label)
        head, unseen, classes = train(name, samples, blocks, cost)
        finish(replace(head, facts=chosen_right(samples, unseen, classes)), stamp | {"examples": len(samples)})


def finish(head: Head, stamp: dict[str, Any]) -> None:
    """Write a head with its card and say how it did."""
    head = replace(head, facts=dict(head.facts or {}) | stamp)
    save(head, HEADS)
    write_card(head, HEADS)
    print(
        head.name,
        json.dumps({key: value for key, value in (head.facts or {}).items() if "all" in key or "balanced" in key}),
    )


if __name__ == "__main__":
    main()
