"""Which column of a CRM export holds what: header names by CRM and language, overridable in convintel.toml.

The names (`headers.toml`) are aliases, not a specification: exports are localised and columns can be renamed, so
`[crm.aliases]` wins.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from convintel.errors import SettingsError
from convintel.settings import Crm

FIELDS: Final[tuple[str, ...]] = (
    "deal_id",
    "name",
    "account",
    "stage",
    "status",
    "is_closed",
    "is_won",
    "is_lost",
    "amount",
    "currency",
    "created",
    "closed",
    "won_on",
    "lost_on",
    "owner_email",
    "owner_name",
    "segment",
    "contact_id",
    "contact_email",
    "contact_phone",
    "deal_ids",
)


What = Literal["deals", "contacts"]
_FILES: Final[dict[What, str]] = {"deals": "headers.toml", "contacts": "contact_headers.toml"}


@cache
def aliases(what: What = "deals") -> dict[str, dict[str, tuple[str, ...]]]:
    """Return, by CRM and field, the headers that mean it in any language, English first (`headers.toml`)."""
    text = files("convintel.outcomes").joinpath(_FILES[what]).read_text(encoding="utf-8")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind, languages in tomllib.loads(text).items():
        fields = found.setdefault(kind, {})
        for columns in languages.values():
            for field, headers in columns.items():
                fields[field] = (*fields.get(field, ()), *headers)
    return found


# Columns of which several may stand side by side (work and home e-mail): all are read.
MANY: Final[frozenset[str]] = frozenset({"contact_id", "contact_email", "contact_phone", "deal_ids"})


def plain(header: str) -> str:
    """Return a header as it is compared: case, accents, sort arrows and runs of spaces do not count.

    >>> plain(" Close  Date ↑ "), plain("ID de l’opportunité")
    ('close date', "id de l'opportunite")
    """
    letters = unicodedata.normalize("NFKD", re.sub(r"[↑↓\ufeff*]", "", header).replace("’", "'"))
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return re.sub(r"\s+", " ", bare).strip().casefold()


def columns_of(headers: Sequence[str], crm: Crm, what: What = "deals") -> tuple[str, dict[str, list[int]]]:
    """Return the CRM whose headers fit best and, for each field found, the positions of its columns.

    Raises:
        SettingsError: `[crm.aliases]` names a field that does not exist.
    """
    unknown = sorted(set(crm.aliases) - set(FIELDS))
    if unknown:
        raise SettingsError(f"crm.aliases: no field {', '.join(unknown)}", remedy=f"the fields are {', '.join(FIELDS)}")
    kinds = list(aliases(what)) if crm.kind == "auto" else [crm.kind]
    found = {kind: _columns(headers, {**aliases(what)[kind], **crm.aliases}) for kind in kinds}
    best = max(kinds, key=lambda kind: len(found[kind]))  # the first of equals: the order of the file
    return best, found[best]


def _columns(headers: Sequence[str], names_of: Mapping[str, tuple[str, ...]]) -> dict[str, list[int]]:
    place: dict[str, int] = {}
    for position, header in enumerate(headers):
        place.setdefault(plain(header), position)  # a header twice: the first column counts
    hits = {field: [place[plain(name)] for name in names if plain(name) in place] for field, names in names_of.items()}
    return {field: (cols if field in MANY else cols[:1]) for field, cols in hits.items() if cols}


def unmet(columns: Mapping[str, Sequence[int]]) -> list[str]:
    """Return what the export lacks before any deal can be read from it, in words."""
    needs = [("deal_id", "deal_id")] if "deal_id" not in columns else []
    if not {"stage", "status", "is_won"} & set(columns):
        needs.append(("stage", "stage (or status, or won)"))
    return [words for _, words in needs]
