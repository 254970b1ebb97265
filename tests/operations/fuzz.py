"""Damaged and hostile inputs, from a seed: recordings, transcripts, sidecars, tables and settings.

Each is made from a good one by a way of going wrong that files really have (cut off, a hole of zeros, bytes swapped,
two halves of different files, an encoding of another century, a number as long as a line), or is hostile by design.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

STRANGE = (
    *("", " ", "\0", "\ud800", "💥" * 40, "a" * 70_000, "=cmd|' /C calc'!A0", "<script>alert(1)</script>"),
    *(
        "../../etc/passwd",
        "${jndi:ldap://x}",
        "%s%n%x",
        "\u202egnp.exe",
        "NaN",
        "-Infinity",
        "1e400",
        "9" * 400,
        "0x1F",
    ),
    *("2026-02-30", "0000-00-00", "99999-12-31T99:99:99+99:99", "2026-10-20T10:00:00+26:00", "-1", "null", "[]", "{}"),
    *("\r\n\r\n", "'; drop table calls; --"),
)
NUMBERS = (-1, 0, 1e308, -1e308, 10**30, 2**63, -(2**63), 0.1, True, None)


@dataclass(frozen=True)
class Input:
    """A file of a workspace: where it goes and what is in it; `kind` says what it pretends to be."""

    kind: str
    name: str
    content: bytes


def recordings(good: dict[str, bytes], count: int, chance: random.Random) -> Iterator[Input]:
    """Yield damaged recordings; `good` has whole ones by suffix."""
    for number in range(count):
        suffix, whole = chance.choice(sorted(good.items()))
        content = chance.choice(_DAMAGES)(bytearray(whole), chance)
        if chance.random() < 0.1:
            suffix = chance.choice(sorted(good))  # named as another kind
        yield Input("recording", f"inbox/r{number:05d}{suffix}", bytes(content))


def transcripts(good: dict[str, str], count: int, chance: random.Random) -> Iterator[Input]:
    """Yield hostile transcripts; `good` has whole ones by suffix."""
    for number in range(count):
        suffix, whole = chance.choice(sorted(good.items()))
        if suffix == ".json" and chance.random() < 0.7:
            text = _json(_twisted(json.loads(whole), chance), chance)
        else:
            text = chance.choice(_TEXT_DAMAGES)(whole, chance)
        yield Input("transcript", f"inbox/t{number:05d}{suffix}", _encoded(text, chance))


def sidecars(good: str, count: int, chance: random.Random) -> Iterator[Input]:
    """Yield hostile sidecars, each beside a small transcript of its own."""
    for number in range(count):
        damage = chance.random()
        text = (
            _json(_twisted(json.loads(good), chance), chance)
            if damage < 0.8
            else chance.choice(_TEXT_DAMAGES)(good, chance)
        )
        said = f"WEBVTT\n\n00:00.000 --> 00:04.000\n<v Rep>This is the call with the number {number} of today.\n"
        yield Input("transcript", f"inbox/s{number:05d}.vtt", said.encode())
        yield Input("sidecar", f"inbox/s{number:05d}.json", _encoded(text, chance))


def tables(good: dict[str, str], count: int, chance: random.Random) -> Iterator[Input]:
    """Yield hostile versions of calls.csv, reps.csv, deals.csv and the others; `good` has whole ones by name."""
    for _ in range(count):
        name, whole = chance.choice(sorted(good.items()))
        text = chance.choice((_cells, _cells, *_TEXT_DAMAGES))(whole, chance)
        yield Input("table", name, _encoded(text, chance))


def settings(good: str, count: int, chance: random.Random) -> Iterator[Input]:
    """Yield hostile versions of convintel.toml."""
    for _ in range(count):
        text = chance.choice((_values, _values, *_TEXT_DAMAGES))(good, chance)
        yield Input("settings", "convintel.toml", _encoded(text, chance))


def put(root: Path, one: Input) -> None:
    """Write an input into a workspace."""
    path = root / one.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(one.content)


# bytes


def _cut(data: bytearray, chance: random.Random) -> bytes:
    return bytes(data[: chance.randrange(len(data) + 1)])


def _beheaded(data: bytearray, chance: random.Random) -> bytes:
    return bytes(data[chance.randrange(min(len(data), 4_000)) :])


def _flipped(data: bytearray, chance: random.Random) -> bytes:
    first = chance.random() < 0.5  # where the headers are
    for _ in range(chance.choice((1, 8, 200))):
        data[chance.randrange(min(len(data), 300) if first else len(data))] = chance.randrange(256)
    return bytes(data)


def _hole(data: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    size = chance.randrange(1, 40_000)
    data[start : start + size] = bytes(min(size, len(data) - start))
    return bytes(data)


def _doubled(data: bytearray, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return bytes(data[:at] + data[chance.randrange(len(data)) :] + data[:at])


def _noise(_: bytearray, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 11, 400, 20_000)))


def _headed(data: bytearray, chance: random.Random) -> bytes:
    return bytes(data[: chance.choice((4, 12, 44, 128))]) + chance.randbytes(5_000)


def _lying(data: bytearray, chance: random.Random) -> bytes:
    """Put huge or tiny numbers over the sizes and rates that headers hold."""
    at = 4 * chance.randrange(1, 12)
    value = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000))
    data[at : at + 4] = value.to_bytes(4, "little")
    return bytes(data)


_DAMAGES = (_cut, _cut, _beheaded, _flipped, _flipped, _hole, _doubled, _noise, _headed, _lying)


# text


def _cut_text(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _strewn(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 3, 20))):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(STRANGE) + text[at + chance.randrange(4) :]
    return text


def _swapped_lines(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    chance.shuffle(lines)
    return chance.choice(("\n", "\r", "\r\n", "\n\n")).join(lines)


def _repeated(text: str, chance: random.Random) -> str:
    return text * chance.choice((2, 3, 50))


def _deep(_: str, chance: random.Random) -> str:
    return chance.choice(("[", '{"a":', "(", '"')) * 100_000


_TEXT_DAMAGES: tuple[Callable[[str, random.Random], str], ...] = (
    _cut_text,
    _strewn,
    _strewn,
    _swapped_lines,
    _repeated,
    _deep,
)


def _encoded(text: str, chance: random.Random) -> bytes:
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"))
    data = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
    return chance.choice(_DAMAGES[:5])(bytearray(data), chance) if data and chance.random() < 0.1 else data


def _twisted(value: object, chance: random.Random) -> object:
    """Return JSON data with some of it replaced by what nobody expects there."""
    if chance.random() < 0.06:
        return chance.choice((*STRANGE, *NUMBERS, [], {}, [[]], {"": {}}))
    if isinstance(value, dict):
        kept = {key: _twisted(each, chance) for key, each in value.items() if chance.random() > 0.03}
        return {chance.choice(STRANGE): 1, **kept} if chance.random() < 0.05 else kept
    if isinstance(value, list):
        return [_twisted(each, chance) for each in value]
    return value


def _json(value: object, chance: random.Random) -> str:
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def _cells(text: str, chance: random.Random) -> str:
    """Return CSV text with some cells replaced, rows cut short or made long, or another delimiter."""
    lines = text.splitlines() or [""]
    for _ in range(chance.choice((1, 5, 40))):
        row = chance.randrange(len(lines))
        cells = lines[row].split(",")
        cells[chance.randrange(len(cells))] = chance.choice(STRANGE)
        lines[row] = ",".join(cells[: chance.choice((1, 99, 99, 99))])
    return "\n".join(lines).replace(",", chance.choice((",", ",", ",", ";", "\t")))


def _values(text: str, chance: random.Random) -> str:
    """Return TOML text with some values replaced, or keys that do not exist."""
    lines = text.splitlines()
    for _ in range(chance.choice((1, 3))):
        at = chance.randrange(len(lines))
        key = lines[at].partition("=")[0].strip("# ") or "x"
        value = chance.choice(
            ("-1", "nan", "inf", "1e400", '"x"', "[]", "{}", "true", "[[1]]", "1979-05-27", '"\\u0000"', "9" * 30)
        )
        lines[at] = f"{key} = {value}"
    return "\n".join(lines)
