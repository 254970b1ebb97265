"""Whose deal it is: the CRM's owner as a rep of the roster, by e-mail, else by exact name; never by likeness."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

SUGGEST_FROM = 80.0  # rapidfuzz ratio from which another spelling is worth showing to a person


@dataclass(frozen=True, slots=True)
class Roster:
    """The reps by e-mail and by plain name (aliases too); a name that two reps share stands for neither."""

    emails: Mapping[str, str]
    names: Mapping[str, str]


def plain_name(name: str) -> str:
    """Return a name without accents, case and extra spaces.

    >>> plain_name("  José  GARCÍA ")
    'jose garcia'
    """
    letters = unicodedata.normalize("NFKD", name)
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).casefold().split())


def roster(reps: Sequence[Rep]) -> Roster:
    """Index the reps of reps.csv."""
    owners: dict[str, set[str]] = {}
    for rep in reps:
        for name in (rep.name, *rep.aliases):
            owners.setdefault(plain_name(name), set()).add(rep.email)
    names = {name: next(iter(emails)) for name, emails in owners.items() if name and len(emails) == 1}
    return Roster({rep.email.casefold(): rep.email for rep in reps}, names)


def find_owner(email: str | None, name: str | None, known: Roster) -> str | None:
    """Return the rep's e-mail as in the roster; an e-mail the roster lacks stands for itself; null when unknown."""
    if email is not None:
        return known.emails.get(email, email)
    return known.names.get(plain_name(name)) if name else None


def suggestion(email: str | None, name: str | None, known: Roster) -> str | None:
    """Return the rep who might be meant by an owner the roster lacks, for a person to confirm; null: none is near."""
    from rapidfuzz import fuzz, process

    for written, choices in ((plain_name(name) if name else None, known.names), (email, known.emails)):
        if written and choices:
            near = process.extractOne(written, sorted(choices), scorer=fuzz.ratio, score_cutoff=SUGGEST_FROM)
            if near is not None:
                return choices[near[0]]
    return None
