"""Labelled calls and pairs as the reader network learns them: windows of sentences, each with what it is.

A sentence is a finding when it lies in the finding's quote. The other sentences of a marked turn count little: they
are neither sure yes nor sure no. What is changed while learning takes short cuts away: marks and capitals are dropped
from half of the calls, and a turn with an objection is cut to the objecting sentences half of the time in the calls of
authors whose customers object at length.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convintel.signals.lines import Line
from convintel.signals.windows import Encode, Encoded, Place, Window, encode, window

HERE = Path(__file__).parent
OPINIONS = HERE / "opinions.npz"
AT_LENGTH = frozenset("abcdef")  # authors whose customers object in longer turns than they else say
OBJECTION_VARIANT, STEP_VARIANT = "objection", "step"
Opinion = NDArray[np.float32]
"""Shares [classes of all heads] of a sentence."""


@dataclass(frozen=True)
class Call:
    """A labelled call, or a few lines of a pair: lines, and findings with the line and quote of each."""

    name: str
    author: str
    lines: tuple[Line, ...]
    objections: tuple[dict[str, Any], ...]
    next_steps: tuple[dict[str, Any], ...]
    bare: bool = False  # without marks and capitals

    @property
    def key(self) -> str:
        """What no other call has."""
        return f"{self.author}/{self.name}{'#bare' if self.bare else ''}"


@dataclass(frozen=True, slots=True)
class Label:
    """What a sentence is: the finding whose quote covers it, and whether its line has one elsewhere."""

    role: str
    text: str
    objection: dict[str, Any] | None
    next_step: dict[str, Any] | None
    beside_objection: bool
    beside_step: bool
    opinion: Opinion | None = None  # what a larger network that never learnt from the author thinks


@dataclass(frozen=True)
class Laid:
    """A call laid out: its lines as tokens, and the labels of their sentences."""

    call: Call
    encoded: tuple[Encoded, ...]
    labels: dict[tuple[int, int], Label]


def read_calls(folder: Path = HERE / "calls") -> list[Call]:
    """Return the labelled calls in the order of authors and files."""
    found = []
    for file in sorted(folder.glob("*/*.json")):
        told = json.loads(file.read_text("utf-8"))
        lines = tuple(Line(turn["role"], turn["text"]) for turn in told["turns"])
        found.append(Call(file.stem, file.parent.name, lines, tuple(told["objections"]), tuple(told["next_steps"])))
    return found


def read_pairs(folder: Path = HERE / "pairs") -> list[Call]:
    """Return every variant of every group of pairs as a little call of its own."""
    found: list[Call] = []
    for file in sorted(folder.glob("*.json")):
        for group in json.loads(file.read_text("utf-8")):
            found += _steps(group, file.stem) if "after" in group else _objections(group, file.stem)
    return found


def read_opinions(file: Path = OPINIONS) -> dict[str, NDArray[np.uint8]]:
    """Return the opinions of `teach.py` [sentences, classes], in 255ths, by `Call.key`."""
    told = np.load(file)
    return dict(zip(told["names"].tolist(), np.split(told["shares"], told["ends"][:-1]), strict=True))


def digest() -> str:
    """Return 16 hex digits over all labelled files and the opinions."""
    found = hashlib.sha256()
    for file in sorted([*(HERE / "calls").glob("*/*.json"), *(HERE / "pairs").glob("*.json"), OPINIONS]):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _objections(group: dict[str, Any], author: str) -> Iterator[Call]:
    for variant, text in group["variants"].items():
        who = "rep" if variant == "rep_said" else "customer"
        lines = [Line("rep", group["before"]), Line(who, text)]
        if variant == "rep_said":
            yield Call(f"{group['id']} {variant}", author, tuple(lines), (), ())
        elif variant == OBJECTION_VARIANT:
            lines += [Line("rep", group["after_objection"]), Line("customer", group["reply"])]
            found = {"turn": 1, "type": group["type"], "quote": text, "handling": group["handling"]}
            yield Call(f"{group['id']} {variant}", author, tuple(lines), (found,), ())
        else:
            yield Call(f"{group['id']} {variant}", author, (*lines, Line("rep", group["after_other"])), (), ())


def _steps(group: dict[str, Any], author: str) -> Iterator[Call]:
    around = [Line(group[side]["role"], group[side]["text"]) for side in ("before", "after")]
    for variant, told in group["variants"].items():
        promised = variant == STEP_VARIANT
        steps = ({"turn": 1, **told},) if promised else ()
        lines = (around[0], Line(group["role"], told["text"] if promised else told), around[1])
        yield Call(f"{group['id']} {variant}", author, lines, (), steps)


def stripped(text: str) -> str:
    """Return a text without marks and capitals, as a plain recogniser writes it."""
    return " ".join(re.sub(r"[^\w\s'’$%£€\-]|(?<!\w)-|-(?!\w)", " ", text).lower().split())


def without_marks(call: Call) -> Call:
    """Return the call as a recogniser without punctuation writes it."""

    def quoted(found: dict[str, Any]) -> dict[str, Any]:
        return found | {"quote": stripped(found["quote"])}

    return replace(
        call,
        lines=tuple(Line(line.role, stripped(line.text) or line.text) for line in call.lines),
        objections=tuple(map(quoted, call.objections)),
        next_steps=tuple(map(quoted, call.next_steps)),
        bare=True,
    )


def lay_out(call: Call, tokens_of: Encode) -> Laid:
    """Return the call as tokens with the labels of its sentences."""
    encoded = tuple(encode(call.lines, tokens_of))
    labels = {}
    for each in encoded:
        line = call.lines[each.line]
        objections = [found for found in call.objections if found["turn"] == each.line]
        steps = [found for found in call.next_steps if found["turn"] == each.line]
        hits = [_hit(objections, line.text, piece.start, piece.end) for piece in each.pieces]
        step_hits = [_hit(steps, line.text, piece.start, piece.end) for piece in each.pieces]
        for number, piece in enumerate(each.pieces):
            labels[each.line, number] = Label(
                line.role,
                piece.text,
                hits[number] or (objections[-1] if objections and not any(hits) else None),
                step_hits[number] or (steps[-1] if steps and not any(step_hits) else None),
                bool(objections),
                bool(steps),
            )
    return Laid(call, encoded, labels)


def with_opinions(laid: Laid, opinions: Mapping[str, NDArray[np.uint8]]) -> Laid:
    """Return the call with the opinion of each sentence in its label; without any opinions the call as it is.

    Raises:
        ValueError: there are opinions, but none of this call, or of another number of sentences: `teach.py` is to run.
    """
    if not opinions:
        return laid
    told = opinions.get(laid.call.key, ())
    if len(told) != len(laid.labels):
        raise ValueError(f"{laid.call.key}: {len(told)} opinions of {len(laid.labels)} sentences; run teach.py again")
    shares = (told / 255).astype(np.float32)
    places = sorted(laid.labels)
    labels = {place: replace(laid.labels[place], opinion=share) for place, share in zip(places, shares, strict=True)}
    return replace(laid, labels=labels)


def sorted_labels(laid: Laid) -> list[tuple[int, Label]]:
    """Return (line, label) of each sentence in order."""
    return [(line, laid.labels[line, sentence]) for line, sentence in sorted(laid.labels)]


def _hit(found: Sequence[dict[str, Any]], text: str, start: int, end: int) -> dict[str, Any] | None:
    return next((each for each in reversed(found) if _covers(text, each["quote"], start, end)), None)


def _covers(text: str, quote: str, start: int, end: int) -> bool:
    """Tell whether a sentence [start, end) is part of a quote; a quote that is not verbatim covers its whole line."""
    at = text.find(quote)
    return at < 0 or min(at + len(quote), end) - max(at, start) > 0.4 * min(end - start, len(quote))


def shortened(laid: Laid, chance: random.Random) -> Laid:
    """Return the call with half of the lines that object cut down to the objecting sentences."""
    encoded, labels = [], dict(laid.labels)
    for each in laid.encoded:
        objecting = [n for n in range(len(each.tokens)) if laid.labels[each.line, n].objection]
        if objecting and len(objecting) < len(each.tokens) and chance.random() < 0.5:
            kept = tuple(each.tokens[n] for n in objecting)
            encoded.append(replace(each, tokens=kept, pieces=tuple(each.pieces[n] for n in objecting)))
            labels |= {(each.line, place): laid.labels[each.line, n] for place, n in enumerate(objecting)}
        else:
            encoded.append(each)
    return Laid(laid.call, tuple(encoded), labels)


def cut(laid: Laid, chance: random.Random, *, limit: int) -> Iterator[tuple[Window, list[tuple[Place, Label]]]]:
    """Cut a call into windows one after the other; the first is shorter by chance, so that cuts fall anew each time."""
    first, size = 0, int(limit * chance.uniform(0.35, 1))
    while first < len(laid.encoded):
        found = window(laid.encoded, first, limit=size)
        yield found, [(place, laid.labels[place.line, place.sentence]) for place in found.places]
        first, size = found.last, limit
