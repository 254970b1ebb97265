"""Every sentence that a page or a message shows, in one catalogue a language: `en.toml` is the English one.

`say` fills in a sentence, `entry` gives a list or table of them, `count` puts a number to its noun. A translation is a
second file with the same keys (the tests compare keys and fields). Other languages' plurals come in with `plural`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGE: Final = "en"


@cache
def catalogue(language: str = LANGUAGE) -> Mapping[str, Any]:
    """Return all strings of a language, nested by page."""
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))


def entry(key: str) -> Any:
    """Return what stands under a dotted key; KeyError names the key that is missing.

    >>> entry("roles.customer")
    'customer'
    """
    found: Any = catalogue()
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise KeyError(f"no '{key}' in {LANGUAGE}.toml")
        found = found[part]
    return found


def say(key: str, **values: object) -> str:
    """Return a sentence with its values filled in.

    >>> say("coaching.no_past")
    'no earlier calls'
    """
    return str(entry(key)).format(**values)


def pick(key: str, *seed: str, **values: object) -> str:
    """Return one of the variants of a sentence: it varies with the seed and is the same for the same seed anywhere."""
    variants = entry(key)
    digest = hashlib.sha256("|".join(seed).encode()).digest()
    return str(variants[digest[0] % len(variants)]).format(**values)


def plural(number: float) -> int:
    """Return which form of a noun goes with a number: 0 for one, 1 for more (English)."""
    return 0 if number == 1 else 1


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "call"), count(3, "call"), count(1200, "minute")
    ('1 call', '3 calls', '1,200 minutes')
    """
    return f"{number:,} {entry(f'nouns.{noun}')[plural(number)]}"


def listed(names: list[str]) -> str:
    """Return names as a list is read aloud.

    >>> listed(["price"]), listed(["price", "trust", "need"])
    ('price', 'price, trust and need')
    """
    if len(names) < 2:
        return "".join(names)
    return say("list.last", first=", ".join(names[:-1]), last=names[-1])
