"""Who was forgotten: ids of calls that no run may take again, and digests of people whose names no page may show.

`forgotten.csv` holds no name. A digest tells, without saying who it is, that a cell of the CRM export or a row of
reps.csv, which are the user's files and may still name the person, must not reach the pages.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from convintel.recordings import Rep
from convintel.store import write_atomically
from convintel.workspace import Workspace

_PERSONAL: Final = ("name", "account", "owner", "owner_name", "contact_emails", "contact_phones")  # of deals


def read_forgotten(workspace: Workspace) -> frozenset[str]:
    """Return the ids of calls that no run may take again."""
    return frozenset(re.findall(r"\b[0-9a-f]{16}\b", _text(workspace)))


def read_persons(workspace: Workspace) -> frozenset[str]:
    """Return the digests of people who were forgotten."""
    return frozenset(re.findall(r"\b[0-9a-f]{64}\b", _text(workspace)))


def remember_forgotten(workspace: Workspace, call_ids: Iterable[str], people: Iterable[str] = ()) -> None:
    """Add calls, by id, and people, by e-mail, phone or name, to those that are forgotten.

    Raises:
        WorkspaceError: the file cannot be written.
    """
    ids = sorted({*read_forgotten(workspace), *call_ids})
    digests = sorted({*read_persons(workspace), *(person_digest(one) for one in people)})
    lines = ["call_id,person_sha256", *(f"{one}," for one in ids), *(f",{one}" for one in digests)]
    write_atomically(workspace.forgotten, "\n".join(lines) + "\n")


def person_digest(name: str) -> str:
    """Return the SHA-256 of an e-mail address, phone number or name, whatever its case and spaces."""
    return hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()


def still_known(reps: Sequence[Rep], forgotten: Collection[str]) -> tuple[Rep, ...]:
    """Return the roster without the reps who were forgotten."""
    return tuple(rep for rep in reps if not forgotten or person_digest(rep.email) not in forgotten)


def without_people(deals: pl.DataFrame, forgotten: Collection[str]) -> pl.DataFrame:
    """Return deals without the cells, or parts of cells, that name somebody who was forgotten."""
    if not forgotten:
        return deals

    def cleaned(cell: str | None) -> str | None:
        parts = cell.split(";") if cell else []
        return ";".join(part for part in parts if person_digest(part) not in forgotten) or None

    columns = [name for name in _PERSONAL if name in deals.columns]
    return deals.with_columns(pl.Series(name, [cleaned(cell) for cell in deals[name]], pl.String) for name in columns)


def without_mentions(unused: pl.DataFrame, forgotten: Collection[str]) -> pl.DataFrame:
    """Return rows of `Unused` without those that name somebody who was forgotten."""
    if not forgotten:
        return unused
    told = [
        any(person_digest(name) in forgotten for name in _possible_names(f"{source} {what} {remedy}"))
        for source, what, remedy in unused.select("source", "what", "remedy").iter_rows()
    ]
    return unused.filter(~pl.Series(told, dtype=pl.Boolean))


def _possible_names(text: str) -> Iterator[str]:
    """Yield whatever in a text may be a name or address: what is quoted, addresses, up to four words in a row."""
    yield from re.findall(r"'([^']+)'", text)
    yield from re.findall(r"[\w.+-]+@[\w.-]+\w|\+\d+", text)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text)
    yield from (" ".join(words[at : at + length]) for length in range(1, 5) for at in range(len(words) - length + 1))


def _text(workspace: Workspace) -> str:
    """What a spreadsheet may have made of the file: ids and digests are plain ASCII."""
    return workspace.forgotten.read_bytes().decode("latin-1") if workspace.forgotten.is_file() else ""
