"""Names that are safe: file names of pages, links to recordings, text without control characters."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

# C0 and C1 controls (but tab and newline) and the bidirectional overrides and isolates that can turn a line around.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_RESERVED: Final = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
_LONGEST: Final = 60
_BARE: Final = frozenset({float, int, bool, type(None)})


def slug(name: str, fallback: str) -> str:
    """Return a file name of a-z, 0-9 and hyphens.

    >>> slug("Zoë Müller-Łoś", "zoe"), slug("../../etc/passwd", "x"), slug("מאיה", "maya.l@firm.example")
    ('zoe-muller-os', 'etc-passwd', 'maya-l')
    """
    for text in (name, fallback.split("@", maxsplit=1)[0]):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        clean = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
        if clean:
            return f"rep-{clean}" if clean in _RESERVED else clean
    return "rep"


def slugs(people: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return {e-mail: slug}, unique, for (e-mail, name) pairs; the order of e-mails decides who gets a number."""
    given: dict[str, str] = {}
    used: set[str] = set()
    for email, name in sorted(people):
        base = slug(name, email)
        free = next(
            each for number in range(1, 10_000) if (each := base if number == 1 else f"{base}-{number}") not in used
        )
        used.add(free)
        given[email] = free
    return given


def clean(value: Any) -> Any:
    """Return plain data with hidden characters taken out of every string (and key order kept)."""
    if isinstance(value, str):  # most have none: `isprintable` says so of most, and is quick
        return value if value.isprintable() else _HIDDEN.sub("", value)
    if isinstance(value, dict):
        return {key: each if type(each) in _BARE else clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [each if type(each) in _BARE else clean(each) for each in value]
    return value


def link_to(out: Path, folder: Path | None) -> str | None:
    """Return the relative, URL-quoted path from the report folder to another one, or None without links."""
    if folder is None:
        return None
    relative = Path(os.path.relpath(folder.absolute(), out.absolute())).as_posix()
    return quote(relative)


def audio_source(
    base: str | None, path: str | None, *, depth: int, start: float | None = None, end: float | None = None
) -> str | None:
    """Return the `src` of an audio element on a page `depth` folders below the report, or None without a recording.

    >>> audio_source("../../inbox", "a b/#1.mp3", depth=1, start=61.24, end=70)
    '../../../inbox/a%20b/%231.mp3#t=61.2,70.0'
    """
    if base is None or path is None:
        return None
    stretch = "" if start is None or end is None else f"#t={start:.1f},{end:.1f}"
    return f"{'../' * depth}{base}/{quote(path)}{stretch}"


def cell(value: Any) -> Any:
    """Return a value for a CSV cell: text that a spreadsheet would run as a formula gets an apostrophe in front.

    >>> cell("=1+1"), cell("+1 312"), cell(-0.5), cell("Tom")
    ("'=1+1", "'+1 312", -0.5, 'Tom')
    """
    if isinstance(value, str) and value.lstrip(" \t\r\n")[:1] in {
        "=",
        "+",
        "-",
        "@",
        "\uff1d",
        "\uff0b",
        "\uff0d",
        "\uff20",
    }:
        return f"'{value}"
    if isinstance(value, str) and value[:1] in {"\t", "\r", "\n"}:
        return f"'{value}"
    return value


def markdown(text: object) -> str:
    r"""Return text that Markdown shows as it is, on one line.

    >>> markdown("<b>*x*</b> | # [a](http://b)")
    '&lt;b&gt;\\*x\\*&lt;/b&gt; \\| # \\[a\\](http&#58;//b)'
    """
    plain = " ".join(str(text).split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = re.sub(r"([\\`*_\[\]|~])", r"\\\1", plain).replace("://", "&#58;//")
    return re.sub(r"^(\d*)([-+#]|(?<=\d)[.)](?=\s|$))", r"\1\\\2", plain)
