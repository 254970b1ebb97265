"""Train the reader of models/reader from the labelled calls and pairs beside this file, and write its model card.

    python -m pip install -r models/training/requirements.txt
    python models/training/train_reader.py

Takes about four hours on two cores; `--networks DIR` takes the networks that an earlier run left there, or leaves them
there. The network learns in four rounds, each from more authors (`learn.ROUNDS`), in the last one also from what
larger networks think (`teach.py`). Nothing is learnt from authors x and z: on their calls mixes, thresholds and
calibration are chosen and the card's figures are counted, before weights are stored as integers. Labelled sets on which
accuracy is reported elsewhere are not read here. The same files on the same kind of CPU give the same reader.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import torch  # noqa: E402
from card import write_card  # noqa: E402
from export import export  # noqa: E402
from labelled import (  # noqa: E402
    AT_LENGTH,
    Call,
    Label,
    digest,
    lay_out,
    read_calls,
    read_opinions,
    read_pairs,
    sorted_labels,
    without_marks,
)
from learn import CLASSES, DEVICE, ROUNDS, Net, Recipe, attribute, learn, sentence_vectors  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from wordmodels import findings, fit, samples, together  # noqa: E402

from convintel import models  # noqa: E402
from convintel.evaluate.matching import match_near  # noqa: E402
from convintel.signals.context import Fields, fields_of  # noqa: E402
from convintel.signals.heads import Head, save  # noqa: E402
from convintel.signals.objections import EXCHANGE  # noqa: E402
from convintel.signals.windows import Encode  # noqa: E402
from convintel.signals.words import Words  # noqa: E402
from convintel.store import file_digest, write_atomically  # noqa: E402

OUT = ROOT / "models" / "reader"
FIRST = frozenset("abcdefjklmnorstu")  # authors of the first round
LAST = frozenset({"wa", "wb", "wc", "wd", "we", "wf", "wg", "wh"})  # authors of the last round alone
UNSEEN = frozenset("xz")
ALONE = {"vector": (1.0, 0.0), "words": (0.0, 1.0)}
MIXES = [(1.0, 0.0), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0), (0.0, 1.0)]  # of heads that choose a class
HARD = 0.15  # sentences that are none, but score this, are kept among the examples: they teach a retraining
LONGEST_EXAMPLE = 200  # characters


@dataclass(frozen=True, eq=False)
class Read:
    """A labelled call as the network reads it: (line, label), vector and fields of each sentence."""

    call: Call
    labels: list[tuple[int, Label]]
    vectors: np.ndarray
    fields: list[Fields]
    sides: dict[str, np.ndarray] = field(default_factory=dict)  # by head: log-odds by vector and by words

    def raw(self, head: Head) -> np.ndarray:
        """Return the log-odds [sentences] of a detector; its two sides are read once."""
        if head.name not in self.sides:
            alone = [replace(head, mix=mix).raw(self.vectors, self.fields)[:, 0] for mix in ALONE.values()]
            self.sides[head.name] = np.stack(alone, axis=1)
        found: np.ndarray = self.sides[head.name] @ np.array(head.mix)
        return found


def main(arguments: Sequence[str]) -> None:
    """Learn, choose thresholds on unseen authors, write everything."""
    torch.set_num_threads(2)
    kept = Path(arguments[1]) if arguments[:1] == ["--networks"] else None
    base = models.ensure("minilm", kind="encoder")
    tokens_of = tokenizer(base)
    calls = read_calls()
    pairs, seen = read_pairs(), [call for call in calls if call.author not in UNSEEN]
    unseen = [call for call in calls if call.author in UNSEEN]
    third = [call for call in seen if call.author not in LAST]
    early = [call for call in third if call.author in FIRST]
    short = [call for call in third if call.author not in AT_LENGTH]
    start = None
    for number, (recipe, some) in enumerate(zip(ROUNDS, (early, short, third, seen), strict=True), start=1):
        file = kept / f"round-{number}.pt" if kept else None
        opinions = read_opinions() if number == len(ROUNDS) else {}
        net = network(file, [*some, *pairs], base, tokens_of, recipe, start, opinions)
        start = net.state_dict()

    def read(some: Iterable[Call]) -> list[Read]:
        return [_read(net, call, tokens_of) for call in some]

    words = word_models([*seen, *pairs], tokens_of)
    heads = finished(net, words, read(unseen), read(without_marks(call) for call in unseen))
    stamp = {
        "data": digest(),
        "calls": len(seen),
        "unseen": len(unseen),
        "pairs": len(pairs),
        "authors": len({call.author for call in [*seen, *pairs]}),
        "rounds": [vars(recipe) for recipe in ROUNDS],
    }
    OUT.mkdir(exist_ok=True)
    shutil.copyfile(base / "tokenizer.json", OUT / "tokenizer.json")
    save([replace(head, facts=dict(head.facts) | stamp) for head in heads], OUT)
    write_examples(read(call for call in seen if call.author not in AT_LENGTH), {head.name: head for head in heads})
    moved = export(net.encoder.cpu(), OUT / "reader.onnx")
    say(f"reader.onnx: states move by at most {moved:.3f} when weights are stored as integers")
    write_card(heads, stamp, OUT / "README.md")
    pin()


def network(
    file: Path | None,
    calls: Sequence[Call],
    base: Path,
    tokens_of: Encode,
    recipe: Recipe,
    start: Mapping[str, torch.Tensor] | None,
    opinions: Mapping[str, np.ndarray],
) -> Net:
    """Return the network that an earlier run kept in the file, else learn and keep it."""
    if file and file.is_file():
        net = Net(base, recipe).to(DEVICE)
        net.load_state_dict(torch.load(file, weights_only=True, map_location=DEVICE))
        return net.eval()
    net = learn(calls, base, tokens_of, recipe, say, start=start, opinions=opinions)
    if file:
        torch.save(net.state_dict(), file)
    return net


def word_models(calls: Sequence[Call], tokens_of: Callable[[str], tuple[int, ...]]) -> dict[str, Words]:
    """Return the word model of each head, learnt from the calls."""
    told = [(call, sorted_labels(lay_out(call, tokens_of))) for call in calls]
    words = {name: fit(name, [row for call, labels in told for row in samples(name, call, labels)]) for name in CLASSES}
    say("word models: " + ", ".join(f"{name} {each.weights.shape[1]}" for name, each in words.items()))
    return words


def linear(net: Net, name: str) -> dict[str, np.ndarray]:
    """Return weights and intercept of the network's layer for a head."""
    layer = net.heads[f"head_{name}"]
    return {"weights": layer.weight.detach().cpu().numpy(), "intercept": layer.bias.detach().cpu().numpy()}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def tokenizer(folder: Path) -> Callable[[str], tuple[int, ...]]:
    """Return a function from a text to its token ids."""
    from tokenizers import Tokenizer

    tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokens.no_padding()
    tokens.no_truncation()
    return lru_cache(maxsize=None)(lambda text: tuple(tokens.encode(text, add_special_tokens=False).ids))


def _read(net: Net, call: Call, tokens_of: Callable[[str], tuple[int, ...]]) -> Read:
    labels, vectors = sentence_vectors(net, call, tokens_of)
    found: dict[int, list[Fields]] = {}
    for line in sorted({line for line, _ in labels}):
        found[line] = fields_of(call.lines, line)[: sum(other == line for other, _ in labels)]
    return Read(call, labels, vectors, [each for line in sorted(found) for each in found[line]])


def finished(net: Net, words: dict[str, Words], unseen: Sequence[Read], bare: Sequence[Read]) -> list[Head]:
    """Return the heads with mix, threshold, calibration and figures of the unseen authors' calls."""
    heads = []
    for name, classes in CLASSES.items():
        head = Head(name, classes, **linear(net, name), words=words[name])
        if classes == ("yes",):
            head = tuned(mixed(head, unseen), unseen)
            alone = {side: figures(tuned(replace(head, mix=mix), unseen), unseen)["all"] for side, mix in ALONE.items()}
            facts = {
                "unseen authors": figures(head, unseen),
                "without marks": figures(head, bare)["all"],
                "alone": alone,
            }
            heads.append(replace(head, facts={**head.facts, **facts}))
        else:
            head = max((replace(head, mix=mix) for mix in MIXES), key=lambda each: chosen(each, unseen)["right"])
            heads.append(replace(head, facts=chosen(head, unseen)))
        say(f"{name}: mix {heads[-1].mix}, {summary(heads[-1])}")
    return heads


def summary(head: Head) -> str:
    """Return the figure that matters most in a few words."""
    facts = head.facts
    if "right" in facts:
        return f"right {facts['right']:.3f} of {facts['n']}"
    sides = {side: round(each["f1"], 3) for side, each in facts["alone"].items()}
    return f"F1 {facts['unseen authors']['all']['f1']:.3f}, alone {sides}, threshold {head.threshold}"


def mixed(head: Head, unseen: Sequence[Read]) -> Head:
    """Return a detector with the weights of vector and words that tell unseen authors' sentences best."""
    rows, right = [], []
    for read in unseen:
        read.raw(head)
        for each, (_, label) in zip(read.sides[head.name], read.labels, strict=True):
            one, beside = (
                (label.objection, label.beside_objection)
                if head.name == "objections"
                else (label.next_step, label.beside_step)
            )
            if (head.name == "next_steps" or label.role == "customer") and (one or not beside):
                rows.append(each)
                right.append(bool(one))
    curve = LogisticRegression(C=1e3).fit(np.array(rows), right)
    return replace(head, mix=(round(float(curve.coef_[0, 0]), 3), round(float(curve.coef_[0, 1]), 3)))


def best_lines(head: Head, read: Read) -> dict[int, float]:
    """Return the best raw score of each line that the head looks at."""
    raw = read.raw(head)
    best: dict[int, float] = {}
    for score, (line, label) in zip(raw, read.labels, strict=True):
        if head.name == "next_steps" or label.role == "customer":
            best[line] = max(best.get(line, -1e9), float(score))
    return best


def counts(head: Head, read: Read, least: float) -> tuple[int, int, int]:
    """Return lines found right, lines marked and lines found in a call at a raw threshold."""
    scores = best_lines(head, read)
    said = sorted(line for line, score in scores.items() if score >= least)
    said = thinned(said, scores, within=EXCHANGE if head.name == "objections" else 1)
    marked = [each["turn"] for each in getattr(read.call, head.name)]
    return len(match_near(marked, said)), len(marked), len(said)


def thinned(lines: Sequence[int], scores: dict[int, float], *, within: int) -> list[int]:
    """Keep the surest of firings so near to one another (next steps when read: only those of one owner and kind)."""
    kept: list[int] = []
    for line in sorted(lines, key=lambda at: (-scores[at], at)):
        if all(abs(line - other) > within for other in kept):
            kept.append(line)
    return kept


def ratio(rows: Sequence[tuple[int, int, int]]) -> dict[str, float]:
    """Return precision, recall and F1 of summed counts."""
    hits, marked, said = (sum(row[at] for row in rows) for at in range(3))
    return {"precision": hits / max(1, said), "recall": hits / max(1, marked), "f1": 2 * hits / max(1, marked + said)}


def tuned(head: Head, unseen: Sequence[Read]) -> Head:
    """Return the head with the threshold of best F1, and calibrated so that scores are shares."""
    scores = [best_lines(head, read) for read in unseen]
    grid = np.quantile([score for each in scores for score in each.values()], np.linspace(0.5, 0.995, 120))
    f1 = [ratio([counts(head, read, least) for read in unseen])["f1"] for least in grid]
    least = float(grid[int(np.argmax(np.convolve(f1, np.ones(5) / 5, mode="same")))])  # a broad top, not a lucky one
    gold = [{each["turn"] for each in getattr(read.call, head.name)} for read in unseen]
    rows = [(score, line in gold[number]) for number, each in enumerate(scores) for line, score in each.items()]
    raw, right = np.array([score for score, _ in rows]), np.array([hit for _, hit in rows])
    curve = LogisticRegression(C=1e6).fit(raw[:, None], right)
    head = replace(head, slope=float(curve.coef_[0, 0]), offset=float(curve.intercept_[0]))
    shares = np.array([head.calibrated(float(score)) for score in raw])
    return replace(head, threshold=round(head.calibrated(least), 4), facts={"reliability": reliability(shares, right)})


def figures(head: Head, unseen: Sequence[Read]) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 at the threshold, by author and in all."""
    least = (np.log(head.threshold / (1 - head.threshold)) - head.offset) / head.slope
    authors = sorted({read.call.author for read in unseen})
    by = {author: [counts(head, read, least) for read in unseen if read.call.author == author] for author in authors}
    return {author: ratio(rows) for author, rows in by.items()} | {
        "all": ratio([row for own in by.values() for row in own])
    }


def reliability(scores: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """Return mean score and share of right ones in bins of the calibrated score."""
    bins = [(scores >= low) & (scores < high) for low, high in pairwise([*np.arange(0, 1, 0.1), 1.01])]
    return [
        {"n": int(inside.sum()), "score": float(scores[inside].mean()), "right": float(right[inside].mean())}
        for inside in bins
        if inside.any()
    ]


def chosen(head: Head, unseen: Sequence[Read]) -> dict[str, Any]:
    """Return how often the likeliest class is right on marked findings of unseen authors, and recall by class."""
    hits: list[tuple[str, bool]] = []
    for read in unseen:
        placed = [(line, label, own) for (line, label), own in zip(read.labels, read.fields, strict=True)]
        vector_of = {id(own): vector for own, vector in zip(read.fields, read.vectors, strict=True)}
        for rows in findings(head.name, placed):
            vector = np.mean([vector_of[id(own)] for _, _, own in rows], axis=0)
            truth = str(attribute(rows[0][1], head.name))
            hits.append((truth, head.choose(vector, together(head.name, read.call, rows))[0] == truth))
    by = {name: [hit for truth, hit in hits if truth == name] for name in head.classes}
    return {
        "right": sum(hit for _, hit in hits) / max(1, len(hits)),
        "n": len(hits),
        "recall by class": {name: sum(own) / len(own) for name, own in by.items() if own},
    }


def write_examples(read: Sequence[Read], heads: dict[str, Head]) -> None:
    """Write findings, and sentences that score high but are none, with their vectors as int8 rows."""
    texts, labels, rows, by_words = [], [], [], []
    for each in read:
        doubtful = {
            name: [heads[name].calibrated(float(raw)) for raw in each.raw(heads[name])]
            for name in ("objections", "next_steps")
        }
        for place, (_, label) in enumerate(each.labels):
            for is_one, name in ((label.objection, "objections"), (label.next_step, "next_steps")):
                kind = str(label.objection["type"]) if label.objection and name == "objections" else "next step"
                near = doubtful[name][place] >= HARD and not (label.beside_objection or label.beside_step)
                if is_one or (near and (name == "next_steps" or label.role == "customer")):
                    texts.append(label.text[:LONGEST_EXAMPLE])
                    labels.append(kind if is_one else f"no {name}")
                    rows.append(each.vectors[place])
                    by_words.append(float(each.sides[name][place, 1]))
    table = np.array(rows)
    scales = np.abs(table).max(axis=1) / 127
    np.savez_compressed(
        OUT / "examples.npz",
        rows=np.rint(table / scales[:, None]).astype(np.int8),
        scales=scales.astype(np.float16),
        by_words=np.array(by_words, dtype=np.float16),
    )
    write_atomically(OUT / "examples.json", json.dumps({"texts": texts, "labels": labels}, ensure_ascii=False) + "\n")
    say(f"{len(texts)} examples")


def pin() -> None:
    """Write sizes and digests of the reader's files into models.toml."""
    file = ROOT / "models" / "models.toml"
    text = file.read_text("utf-8")
    for name in ("reader.onnx", "tokenizer.json", "heads.json", "heads.npz", "examples.json", "examples.npz"):
        path = OUT / name
        line = f'{{ name = "{name}", bytes = {path.stat().st_size}, sha256 = "{file_digest(path)}" }}'
        begin = text.index('name = "reader"')
        part = re.sub(rf'\{{ name = "{re.escape(name)}"[^}}]*\}}', line, text[begin:], count=1)
        text = text[:begin] + part
    write_atomically(file, text)


if __name__ == "__main__":
    main(sys.argv[1:])
