"""Train the reader network, an encoder with a linear layer for each question, on labelled calls laid out as windows.

A label's `opinion`, where it has one, is what larger networks that never learnt from its author think of the sentence;
the network learns from a mean of label and opinion. Learns on a GPU where torch finds one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from labelled import AT_LENGTH, Call, Label, Laid, cut, lay_out, shortened, with_opinions, without_marks
from numpy.typing import NDArray
from torch.nn import functional
from transformers import AutoModel

from convintel.signals.windows import BEGIN, END, Encode, Place, Window, overlapping
from convintel.tables.names import HANDLINGS, OBJECTION_TYPES, OWNERS, STEP_KINDS

CLASSES: dict[str, tuple[str, ...]] = {
    "objections": ("yes",),
    "next_steps": ("yes",),
    "types": tuple(sorted(OBJECTION_TYPES)),
    "handling": tuple(sorted(HANDLINGS)),
    "owners": tuple(sorted(OWNERS)),
    "kinds": tuple(sorted(STEP_KINDS)),
    "firm": ("firm", "vague"),
}
ATTRIBUTE_LOSS = {"types": 0.15, "handling": 0.1, "owners": 0.1, "kinds": 0.05, "firm": 0.1}
MASK, FIRST_WORD = 103, 999  # [MASK]; ids below are marks of the BERT vocabulary
BRIEF = (40, 110)  # tokens of a few lines
BESIDE = 0.3  # weight of a sentence beside a finding in the same line
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
PARTS = dict(zip(CLASSES, np.cumsum([0, *map(len, CLASSES.values())])[:-1].tolist(), strict=True))
"""Where each question's classes begin in a row of opinions."""
Item = tuple[Window, list[tuple[Place, Label]], float]


@dataclass(frozen=True)
class Shift:
    """How ids of the BERT vocabulary become another's: by so much, but for the special ones."""

    words: int
    special: Mapping[int, int]


MPNET_SHIFT = Shift(4, {0: 1, BEGIN: 0, END: 2, MASK: 30526})


@dataclass(frozen=True)
class Recipe:
    """How the network learns; chosen on calls of authors that it did not see (see the model card)."""

    epochs: int = 6  # over which the rate falls to nothing
    learnt: int = 4  # of them; more brought nothing on unseen authors
    averaged: int = 2  # the last so many epochs' weights are averaged
    rate: float = 2e-4  # of the top layer; each layer below learns a tenth slower
    head_rate: float = 1e-3
    frozen: int = 3  # embeddings and the first two layers stay as they are
    tokens: int = 1536  # in a batch
    limit: int = 256
    masked: float = 0.06  # share of words hidden while learning
    dropped: float = 0.1  # share of a vector's values hidden while learning
    rare: float = 2.0  # weight of a sentence that is a finding: one in fifteen is
    bare: float = 0.5  # share of calls read without marks and capitals
    brief: float = 0.0  # share of calls read a few lines at a time: an objection is one without the answer, too
    light: float = 0.5  # weight of authors whose customers object at length
    inner: float = 0.0  # dropout within the encoder; on a CPU it costs a third more time
    trust: float = 0.5  # share of a label's opinion, where it has one, in what is learnt
    seed: int = 7


ROUNDS = (
    Recipe(),
    Recipe(epochs=3, learnt=3, averaged=1, rate=1.5e-4, head_rate=5e-4, brief=0.15),
    Recipe(epochs=1, learnt=1, averaged=1, rate=7e-5, head_rate=3e-4, brief=0.15),
    Recipe(epochs=3, learnt=3, averaged=1, rate=1.5e-4, head_rate=5e-4, brief=0.15),
)
"""Authors a to u but g, h, i; then v to z beside them, but not those who object at length (a to f); then all of
these; then wa to wh too, with opinions."""


class Net(torch.nn.Module):
    """The encoder and its linear layers.

    Windows come as ids of the BERT vocabulary; an encoder with a vocabulary of its own (MPNet) has them translated.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        dropped = {"hidden_dropout_prob": recipe.inner, "attention_probs_dropout_prob": recipe.inner}
        self.encoder = AutoModel.from_pretrained(str(folder), **dropped)
        width = 2 * self.encoder.config.hidden_size
        self.heads = torch.nn.ModuleDict(
            {f"head_{name}": torch.nn.Linear(width, len(classes)) for name, classes in CLASSES.items()}
        )
        for head in self.heads.values():
            torch.nn.init.normal_(head.weight, std=0.02)
            torch.nn.init.zeros_(head.bias)
        frozen = [self.encoder.embeddings, *self.encoder.encoder.layer[: recipe.frozen - 1]] if recipe.frozen else []
        for part in frozen:
            part.requires_grad_(False)
        self.shift = MPNET_SHIFT if self.encoder.config.model_type == "mpnet" else None

    def vectors(self, windows: Sequence[Window]) -> torch.Tensor:
        """Return one row [2 x width] a sentence of the windows: the mean of its tokens beside its line's mark."""
        length = max(len(window.ids) for window in windows)
        ids = torch.zeros(len(windows), length, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window.ids)] = torch.tensor(window.ids)
            mask[row, : len(window.ids)] = 1
        if self.training:
            hidden = (torch.rand(ids.shape) < self.recipe.masked) & (ids >= FIRST_WORD)
            ids = torch.where(hidden, torch.tensor(MASK), ids)
        if self.shift:
            special = torch.full_like(ids, -1)
            for bert, own in self.shift.special.items():
                special[ids == bert] = own
            ids = torch.where(special >= 0, special, ids + self.shift.words)
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=DEVICE.type == "cuda" and self.training):
            states = self.encoder(input_ids=ids.to(DEVICE), attention_mask=mask.to(DEVICE)).last_hidden_state.float()
        places = [(row, p.start, p.end, p.mark) for row, window in enumerate(windows) for p in window.places]
        row, start, end, mark = torch.tensor(places, device=DEVICE).T
        summed = functional.pad(states, (0, 0, 1, 0)).cumsum(1)
        means = (summed[row, end] - summed[row, start]) / (end - start)[:, None]
        return functional.dropout(torch.cat([means, states[row, mark]], 1), self.recipe.dropped, self.training)

    def opinions(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return shares [n, classes of all heads] for rows [n, 2 x width]; classes are in the order of CLASSES."""
        found = []
        for name, classes in CLASSES.items():
            raw = self.heads[f"head_{name}"](vectors)
            found.append(torch.sigmoid(raw) if classes == ("yes",) else torch.softmax(raw, 1))
        return torch.cat(found, 1)


def learn(
    calls: Sequence[Call],
    folder: Path,
    tokens_of: Encode,
    recipe: Recipe,
    told: Callable[[str], None],
    *,
    start: Mapping[str, torch.Tensor] | None = None,
    opinions: Mapping[str, NDArray[np.uint8]] | None = None,
) -> Net:
    """Return the network trained on the calls (and opinions of them), from the base or from the weights `start`.

    On a CPU the same calls, recipe and number of threads give the same network; `told` hears a line an epoch.
    """
    torch.manual_seed(recipe.seed)
    chance = random.Random(recipe.seed)
    net = Net(folder, recipe).to(DEVICE)
    if start is not None:
        net.load_state_dict(start)
    ways = [(call, without_marks(call)) for call in calls]
    laid = [tuple(with_opinions(lay_out(way, tokens_of), opinions or {}) for way in both) for both in ways]
    steps = recipe.epochs * len(_batches(_items(laid, random.Random(0), recipe), random.Random(0), recipe))
    optimiser = torch.optim.AdamW(_groups(net, recipe), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, 10 * (step + 1) / steps) * max(0.02, 1 - step / steps)
    )
    began = time.monotonic()
    kept: list[dict[str, torch.Tensor]] = []
    for epoch in range(recipe.learnt):
        net.train()
        sums, batches = torch.zeros((), device=DEVICE), _batches(_items(laid, chance, recipe), chance, recipe)
        for batch in batches:
            loss = _loss(net, batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            sums += loss.detach()
        mean, seconds = float(sums) / len(batches), time.monotonic() - began
        told(f"epoch {epoch + 1} of {recipe.epochs}: loss {mean:.3f}, {seconds:.0f} s")
        kept = [*kept, {name: each.clone() for name, each in net.state_dict().items()}][-recipe.averaged :]
    net.load_state_dict({name: _mean([state[name] for state in kept]) for name in kept[0]})
    return net.eval()


def _mean(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the mean of numbers; whole numbers (token positions) are the same in all."""
    return torch.stack(list(tensors)).mean(dim=0) if tensors[0].is_floating_point() else tensors[0]


def sentence_vectors(net: Net, call: Call, tokens_of: Encode) -> tuple[list[tuple[int, Label]], np.ndarray]:
    """Return (line, label) of each sentence of a call and vectors [sentences, 768], read as the product reads it."""
    laid = lay_out(call, tokens_of)
    windows = overlapping(laid.encoded)
    with torch.no_grad():
        rows = net.vectors([window for window, _ in windows]).cpu().numpy()
    places = [(place, place.line in inside) for window, inside in windows for place in window.places]
    kept = [(place, row) for (place, inside), row in zip(places, rows, strict=True) if inside]
    kept.sort(key=lambda pair: (pair[0].line, pair[0].sentence))
    labels = [(place.line, laid.labels[place.line, place.sentence]) for place, _ in kept]
    return labels, np.array([row for _, row in kept])


def _groups(net: Net, recipe: Recipe) -> list[dict[str, object]]:
    groups: list[dict[str, object]] = [{"params": list(net.heads.parameters()), "lr": recipe.head_rate}]
    for depth, layer in enumerate(reversed(net.encoder.encoder.layer)):
        learning = [each for each in layer.parameters() if each.requires_grad]
        if learning:
            groups.append({"params": learning, "lr": recipe.rate * 0.9**depth})
    return groups


def _items(laid: Sequence[tuple[Laid, ...]], chance: random.Random, recipe: Recipe) -> list[Item]:
    found = []
    for whole, bare in laid:
        each = bare if chance.random() < recipe.bare else whole
        long = each.call.author in AT_LENGTH
        if long:
            each = shortened(each, chance)
        weight = recipe.light if long else 1.0
        limit = chance.randint(*BRIEF) if recipe.brief and chance.random() < recipe.brief else recipe.limit
        found += [(window, labels, weight) for window, labels in cut(each, chance, limit=limit)]
    return [item for item in found if item[1]]


def _batches(items: list[Item], chance: random.Random, recipe: Recipe) -> list[list[Item]]:
    """Windows of about the same length together, at most so many tokens in a batch; order by chance."""
    chance.shuffle(items)
    items.sort(key=lambda item: len(item[0].ids) // 24)
    batches: list[list[Item]] = [[]]
    for item in items:
        longest = max([len(item[0].ids), *(len(other[0].ids) for other in batches[-1])])
        if batches[-1] and longest * (len(batches[-1]) + 1) > recipe.tokens:
            batches.append([])
        batches[-1].append(item)
    chance.shuffle(batches)
    return batches


def _loss(net: Net, batch: Sequence[Item]) -> torch.Tensor:
    vectors = net.vectors([window for window, _, _ in batch])
    labels = [label for _, found, _ in batch for _, label in found]
    weights = torch.tensor([weight for _, found, weight in batch for _ in found])
    customers = torch.tensor([float(label.role == "customer") for label in labels])
    objecting = torch.tensor([float(bool(label.objection)) for label in labels])
    beside = torch.tensor([BESIDE if one.beside_objection and not one.objection else 1.0 for one in labels])
    goal = _goal("objections", labels, objecting[:, None], net.recipe.trust)
    loss = _detect(net, "objections", vectors, objecting, goal, weights * beside * customers, weights * customers)
    stepping = torch.tensor([float(bool(label.next_step)) for label in labels])
    beside = torch.tensor([BESIDE if one.beside_step and not one.next_step else 1.0 for one in labels])
    goal = _goal("next_steps", labels, stepping[:, None], net.recipe.trust)
    loss = loss + _detect(net, "next_steps", vectors, stepping, goal, weights * beside, weights)
    for name, share in ATTRIBUTE_LOSS.items():
        known = [(row, value) for row, label in enumerate(labels) if (value := attribute(label, name)) is not None]
        if known:
            raw = net.heads[f"head_{name}"](vectors[[row for row, _ in known]])
            told = functional.one_hot(
                torch.tensor([CLASSES[name].index(value) for _, value in known]), len(CLASSES[name])
            ).float()
            goal = _goal(name, [labels[row] for row, _ in known], told, net.recipe.trust)
            loss = loss + share * functional.cross_entropy(raw, goal.to(DEVICE), label_smoothing=0.05)
    return loss


def _goal(name: str, labels: Sequence[Label], told: torch.Tensor, trust: float) -> torch.Tensor:
    """Return what is to be learnt [labels, classes]: what was told, mixed with the opinions of labels that have one."""
    begin = PARTS[name]
    rows = [row for row, label in enumerate(labels) if label.opinion is not None]
    if not rows:
        return told
    goal = told.clone()
    opinions = np.stack([labels[row].opinion[begin : begin + told.shape[1]] for row in rows])
    goal[rows] = (1 - trust) * told[rows] + trust * torch.from_numpy(opinions).float()
    return goal


def _detect(
    net: Net,
    name: str,
    vectors: torch.Tensor,
    truth: torch.Tensor,
    goal: torch.Tensor,
    weights: torch.Tensor,
    share: torch.Tensor,
) -> torch.Tensor:
    raw = net.heads[f"head_{name}"](vectors)[:, 0]
    weights = weights * (1 + (net.recipe.rare - 1) * truth)
    summed = functional.binary_cross_entropy_with_logits(
        raw, goal[:, 0].to(DEVICE), weight=weights.to(DEVICE), reduction="sum"
    )
    return summed / max(1.0, float(share.sum()))


def attribute(label: Label, name: str) -> str | None:
    """Return what a sentence's finding is in one respect, or None when it has no such finding."""
    if name in ("types", "handling"):
        return label.objection[{"types": "type", "handling": "handling"}[name]] if label.objection else None
    if label.next_step is None:
        return None
    if name == "firm":
        return "firm" if label.next_step["firm"] else "vague"
    return str(label.next_step[{"owners": "owner", "kinds": "kind"}[name]])
