"""One way of writing, so that a word error is a wrong word and not another spelling of the right one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_UNITS: Final = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS: Final = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_FILLERS: Final = frozenset({"uh", "um", "hmm", "hm", "mm", "mhm", "mmhm", "uhhuh", "ah", "er"})
_SPELT: Final = {
    "okay": "ok",
    "alright": "all right",
    "mister": "mr",
    "gonna": "going to",
    "wanna": "want to",
    "yep": "yes",
}


def normalise(text: str) -> str:
    """Lower case, no punctuation, no fillers, numbers in digits, common spellings made one.

    Numbers said one after the other are written as one, since "eight thirty" and "8:30" are the same words.

    >>> normalise("Okay, twenty-five dollars, um... it's $25!")
    "ok 25 dollars it's 25 dollars"
    >>> normalise("Three hundred and ten at 8:30 is 10%; five thirty-nine or $5.39, and a hundred")
    '310 at 830 is 10 percent 539 or 539 dollars and 100'
    """
    plain = re.sub(r"[‘’]", "'", text.lower())
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", plain)
    plain = re.sub(r"\$\s?(\d[\d.]*\d|\d)", r"\1 dollars", plain).replace("%", " percent")
    plain = re.sub(r"[^\w\s']", " ", plain.replace("-", " "))
    words = [_SPELT.get(word, word) for word in plain.split() if word.strip("'") and word not in _FILLERS]
    return " ".join(_numbers(" ".join(words).split()))


def _numbers(words: Sequence[str]) -> list[str]:
    out: list[str] = []
    number = False  # the word before was one
    i = 0
    while i < len(words):
        value, after = _cardinal(words, i)
        if after == i:
            out.append(words[i])
            number, i = False, i + 1
            continue
        if number:
            out[-1] += value
        else:
            out.append(value)
        number, i = True, after
    return out


def _cardinal(words: Sequence[str], first: int) -> tuple[str, int]:
    """The number that begins at `first`, in digits, and the index after it; ("", first) where none begins."""
    if words[first] == "a" and words[first + 1 : first + 2] in (["hundred"], ["thousand"]):
        value, after = 1, first + 1
    else:
        digits, after = _below_hundred(words, first)
        if not digits:
            return "", first
        if after == len(words) or words[after] not in _SCALES:
            return digits, after
        value = int(digits)
    whole = 0
    while after < len(words) and (scale := _SCALES.get(words[after])):
        value *= scale
        if scale > 100:
            whole, value = whole + value, 0
        rest = after + 1 + (words[after + 1 : after + 2] == ["and"])
        digits, end = _below_hundred(words, rest)
        after += 1
        if digits and int(digits) < scale and (value + whole) % 100 == 0:
            value, after = value + int(digits), end
    return str(whole + value), after


def _below_hundred(words: Sequence[str], first: int) -> tuple[str, int]:
    """Digits as written, or "twenty five" and the like."""
    word = words[first] if first < len(words) else ""
    if word.isascii() and word.isdigit():
        return word, first + 1
    if word in _TENS:
        unit = _UNITS.get(words[first + 1], 0) if first + 1 < len(words) else 0
        return str(_TENS[word] + (unit if 0 < unit < 10 else 0)), first + 1 + (0 < unit < 10)
    return (str(_UNITS[word]), first + 1) if word in _UNITS else ("", first)
