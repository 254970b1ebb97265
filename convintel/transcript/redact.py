"""Personal numbers and addresses are masked in the words before anything leaves the stage.

Card, bank and identity numbers, phone numbers and e-mail addresses go, written or spoken digit by digit ("four one one
one ..."); amounts, dates, times, years, percentages and short references stay, since coaching needs them. The words
of a masked stretch keep their times: the first becomes "[phone number]" and the like, the rest go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

DIGITS: Final = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13",
    "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
    "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90",
}  # fmt: skip
_REPEATS: Final = {"double": 2, "triple": 3}
_FILLERS: Final = frozenset(
    {"um", "uh", "and", "dash", "hyphen", "then", "space", "area", "code", "extension", "plus", "so"}
)
_MAGNITUDES: Final = frozenset(
    {"hundred", "thousand", "million", "billion", "grand", "k", "percent", "dollars", "euros", "pounds"}
)
_LEAST_DIGITS: Final = 7  # a local telephone number; dates, years, amounts and prices are shorter or read otherwise
_LEAST_SINGLE: Final = 5  # of a spoken number; "nineteen ninety five" has one
_MOST_FILLERS: Final = 2
_CARD_LENGTHS: Final = range(13, 20)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w", re.IGNORECASE)
_IBAN: Final = re.compile(r"^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$")
_TOP_DOMAINS: Final = frozenset(
    {"com", "org", "net", "io", "co", "edu", "gov", "biz", "info", "us", "uk", "de", "es", "fr", "ca", "eu"}
)
_NO_NAMES: Final = frozenset(
    [
        "look",
        "looking",
        "looked",
        "us",
        "me",
        "you",
        "it",
        "them",
        "up",
        "here",
        "there",
        "out",
        "is",
        "are",
        "was",
        "were",
        "be",
        "find",
        "found",
        "work",
        "works",
        "working",
        "worked",
        "people",
        "team",
        "guys",
        "over",
        "back",
        "online",
        "meeting",
        "meet",
        "site",
        "page",
        "start",
        "starting",
        "everyone",
        "somebody",
        "someone",
        "arrive",
        "shop",
    ]
)
_IDENTITY_CUES: Final = (
    "social",
    "ssn",
    "passport",
    "license",
    "licence",
    "routing",
    "account number",
    "card number",
    "iban",
    "sort code",
    "tax id",
    "security number",
)
_WRITTEN_DATE: Final = re.compile(r"^(\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2})$")
_AMOUNT: Final = re.compile(r"^[$€£]|[%€£$]$|^\d{1,3}(,\d{3})+(\.\d+)?$|^\d+\.\d{1,2}$")


@dataclass(frozen=True, slots=True)
class Mask:
    """Words first .. last - 1 are replaced by a label such as "[card number]"."""

    first: int
    last: int
    label: str


def redact(words: list[dict[str, Any]]) -> int:
    """Mask in place, track by track, and return how many stretches were masked.

    Args:
        words: rows with `text`, `start`, `end` and `track`, in time order within each track.
    """
    count = 0
    for track in sorted({str(word["track"]) for word in words}):
        rows = [word for word in words if word["track"] == track]
        masks = find([str(row["text"]) for row in rows])
        for mask in masks:
            _apply(rows[mask.first : mask.last], mask.label)
        count += len(masks)
    words[:] = [word for word in words if word["text"]]
    return count


def redact_text(text: str) -> tuple[str, int]:
    """Return running text with everything masked that `redact` would, and how many stretches that were."""
    words: list[dict[str, Any]] = [{"text": word, "track": "", "start": 0.0, "end": 0.0} for word in text.split()]
    count = redact(words)
    return " ".join(word["text"] for word in words), count


def find(texts: Sequence[str]) -> list[Mask]:
    """Return the stretches to mask, in order and without overlap."""
    bare = [_bare(text) for text in texts]
    masks = [*_emails(texts, bare), *_numbers(texts, bare)]
    kept: list[Mask] = []
    for mask in sorted(masks, key=lambda mask: (mask.first, -mask.last)):
        if not kept or mask.first >= kept[-1].last:
            kept.append(mask)
    return kept


def _apply(rows: Sequence[dict[str, Any]], label: str) -> None:
    """The first word carries the label, the whole time, and the last word's closing punctuation; the rest are
    emptied.
    """
    closing = re.search(r"[.?!,;:]+$", str(rows[-1]["text"]))
    rows[0]["text"] = f"[{label}]" + (closing.group() if closing else "")
    rows[0]["end"] = rows[-1]["end"]
    for row in rows[1:]:
        row["text"] = ""


def _bare(text: str) -> str:
    return text.strip(" .,;:?!\"'()[]“”‘’").lower()


def _emails(texts: Sequence[str], bare: Sequence[str]) -> list[Mask]:
    """Addresses as written, and as spoken: "anna dot berg at example dot com"."""
    masks = [Mask(i, i + 1, "e-mail") for i, text in enumerate(texts) if _EMAIL.search(text)]
    for at, word in enumerate(bare):
        if word != "at" or at == 0 or bare[at - 1] in _NO_NAMES:
            continue
        last = _domain_end(bare, at + 1)
        if last:
            masks.append(Mask(_local_start(bare, at), last, "e-mail"))
    return masks


def _domain_end(bare: Sequence[str], first: int) -> int:
    """Index after "example dot com" or "example.com"; 0 when no domain begins here (names may be two words)."""
    for i in range(first, min(first + 4, len(bare))):
        name, _, top = bare[i].rpartition(".")
        if name and top in _TOP_DOMAINS:
            return i + 1
        if bare[i] in ("dot", ".") and i > first and i + 1 < len(bare) and bare[i + 1] in _TOP_DOMAINS:
            return i + 2
    return 0


def _local_start(bare: Sequence[str], at: int) -> int:
    """Index of the first word of what stands before "at": joined by dot, underscore or dash, or spelt in letters."""
    first = at - 1
    while first > 0 and (
        bare[first] in ("dot", "underscore", "dash", "hyphen")
        or bare[first - 1] in ("dot", "underscore", "dash", "hyphen")
        or (len(bare[first]) == 1 and len(bare[first - 1]) == 1)
    ):
        first -= 1
    return first


def _numbers(texts: Sequence[str], bare: Sequence[str]) -> list[Mask]:
    masks = []
    i = 0
    while i < len(bare):
        if _IBAN.match(re.sub(r"[\s-]", "", texts[i].strip(".,"))):
            masks.append(Mask(i, i + 1, "bank account"))
            i += 1
            continue
        last, digits = _run(texts, bare, i)
        if (len(digits) >= _LEAST_DIGITS and _one_number(bare[i:last])) or _identity(bare, i, digits):
            masks.append(Mask(i, last, _label(digits, bare, i)))
        i = max(i + 1, last)
    return masks


def _run(texts: Sequence[str], bare: Sequence[str], first: int) -> tuple[int, str]:
    """Digits said or written one after the other from `first` on: index after the last, and the digits."""
    digits, last, fillers, repeat = "", first, 0, 1
    for i in range(first, len(bare)):
        word = bare[i]
        if word in _REPEATS:
            repeat = _REPEATS[word]
            continue
        said = _digits(texts[i], word)
        if said is None:
            fillers += 1
            if not digits or word not in _FILLERS or fillers > _MOST_FILLERS:
                break
            continue
        if i + 1 < len(bare) and (bare[i + 1] in _MAGNITUDES or word in _MAGNITUDES):
            break  # "five hundred", "forty percent": an amount
        digits += said * repeat
        last, fillers, repeat = i + 1, 0, 1
        if (
            re.search(r"[?!]$", texts[i])
            or (texts[i].endswith(".") and len(digits) >= _LEAST_DIGITS)
            or _listed(texts[i])
        ):
            break
    return last, digits


def _digits(text: str, bare: str) -> str | None:
    """The digits of one word, or None when it is no digit word, an amount, a date or a time."""
    if bare in DIGITS:
        return DIGITS[bare]
    parts = bare.split("-")
    if len(parts) > 1 and all(part in DIGITS for part in parts):
        return "".join(DIGITS[part] for part in parts)
    plain = text.strip(" .,;:?!\"'()")
    if not plain or _WRITTEN_DATE.match(plain) or _AMOUNT.search(plain) or ":" in plain:
        return None
    joined = re.sub(r"[\s().+-]", "", plain)
    return joined if joined.isascii() and joined.isdigit() else None


def _listed(text: str) -> bool:
    """A round number or a year before a comma ("10, 20, 30", "2023, 2024") is one of a list, not part of a
    longer number.
    """
    number = text[:-1] if text.endswith(",") else ""
    if not number.isdigit() or len(number) == 1:
        return False
    return len(number) == 2 or int(number) % 100 == 0 or (len(number) == 4 and number[:2] in ("19", "20"))


def _one_number(bare: Sequence[str]) -> bool:
    """Written in digits, or spoken mostly digit by digit: "fifteen, twenty, twenty five" and years are other things."""
    spoken = [part for word in bare for part in word.split("-") if part in DIGITS]
    written = sum(1 for word in bare if any(letter.isdigit() for letter in word))
    return written > 0 or sum(1 for word in spoken if len(DIGITS[word]) == 1) >= _LEAST_SINGLE


def _identity(bare: Sequence[str], first: int, digits: str) -> bool:
    """Four to six digits count too right after words such as "social security number is"."""
    return len(digits) >= 4 and any(cue in " ".join(bare[max(0, first - 8) : first]) for cue in _IDENTITY_CUES)


def _label(digits: str, bare: Sequence[str], first: int) -> str:
    before = " ".join(bare[max(0, first - 10) : first])
    if "routing" in before or "account" in before or "iban" in before or "sort code" in before:
        return "bank account"
    if "social" in before or "ssn" in before or "passport" in before or "licen" in before or "tax id" in before:
        return "identity number"
    if len(digits) in _CARD_LENGTHS and (_luhn(digits) or "card" in before or len(digits) == 16):
        return "card number"
    return "phone number" if len(digits) <= 15 else "number"


def _luhn(digits: str) -> bool:
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0
