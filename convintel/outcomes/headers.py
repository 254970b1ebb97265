"""Which column of a CRM export holds what: one table of header names a CRM, overridable in convintel.toml.

The names are aliases, not a specification: exports are localised and columns can be renamed, so `[crm.aliases]` wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

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
    "contact_email",
    "contact_phone",
)

ALIASES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "salesforce": {
        "deal_id": ("Opportunity ID", "Opportunity ID (18)", "Opportunity: ID", "Id"),
        "name": ("Opportunity Name", "Opportunity: Opportunity Name"),
        "account": ("Account Name", "Account Name: Account Name", "Account"),
        "stage": ("Stage", "StageName"),
        "is_closed": ("Closed", "IsClosed"),
        "is_won": ("Won", "IsWon"),
        "amount": ("Amount",),
        "currency": ("Opportunity Currency", "Amount Currency", "CurrencyIsoCode"),
        "created": ("Created Date", "CreatedDate"),
        "closed": ("Close Date", "CloseDate"),
        "owner_email": ("Opportunity Owner Email", "Owner Email", "Opportunity Owner: Email"),
        "owner_name": ("Opportunity Owner", "Opportunity Owner: Full Name", "Owner"),
        "segment": ("Segment", "Type", "Opportunity Type"),
        "contact_email": ("Contact Email", "Contact: Email", "Email", "Contact Role Email"),
        "contact_phone": ("Contact Phone", "Contact: Phone", "Phone", "Mobile", "Contact Mobile"),
    },
    "hubspot": {
        "deal_id": ("Record ID", "Deal ID", "Record ID - Deal"),
        "name": ("Deal Name",),
        "account": ("Associated Company", "Associated Company (Primary)", "Company name", "Primary associated company"),
        "stage": ("Deal Stage",),
        "is_closed": ("Is Deal Closed?", "Is Closed"),
        "is_won": ("Is Closed Won", "Is closed won"),
        "is_lost": ("Is closed lost",),
        "amount": ("Amount",),
        "currency": ("Currency",),
        "created": ("Create Date",),
        "closed": ("Close Date",),
        "owner_email": ("Deal owner email", "Owner email"),
        "owner_name": ("Deal owner", "Deal Owner"),
        "segment": ("Segment", "Deal Type", "Pipeline"),
        "contact_email": ("Associated Contact Emails", "Contact email", "Email"),
        "contact_phone": ("Contact phone", "Phone Number", "Phone"),
    },
    "pipedrive": {
        "deal_id": ("Deal - ID", "ID"),
        "name": ("Deal - Title", "Title"),
        "account": ("Deal - Organization", "Organization - Name", "Organization"),
        "stage": ("Deal - Stage", "Stage"),
        "status": ("Deal - Status", "Status"),
        "amount": ("Deal - Value", "Value"),
        "currency": ("Deal - Currency of value", "Deal - Currency of Value", "Currency"),
        "created": ("Deal - Deal created", "Deal - Created", "Deal created"),
        "closed": ("Deal - Deal closed on", "Deal - Expected close date", "Expected close date"),
        "won_on": ("Deal - Won time", "Won time"),
        "lost_on": ("Deal - Lost time", "Lost time"),
        "owner_email": ("Deal - Owner email", "Owner email"),
        "owner_name": ("Deal - Owner", "Owner"),
        "segment": ("Deal - Label", "Deal - Pipeline"),
        "contact_email": ("Person - Email - Work", "Person - Email (Work)", "Person - Email"),
        "contact_phone": ("Person - Phone - Work", "Person - Phone (Work)", "Person - Phone"),
    },
    "convintel": {
        "deal_id": ("deal_id",),
        "name": ("name",),
        "account": ("account",),
        "stage": ("stage",),
        "status": ("outcome",),
        "amount": ("amount",),
        "currency": ("currency",),
        "created": ("created",),
        "closed": ("closed",),
        "owner_email": ("owner",),
        "owner_name": ("owner_name",),
        "segment": ("segment",),
        "contact_email": ("contact_emails", "contact_email"),
        "contact_phone": ("contact_phones", "contact_phone"),
    },
}

# Columns of which several may stand side by side (work and home e-mail): all are read.
MANY: Final[frozenset[str]] = frozenset({"contact_email", "contact_phone"})


def plain(header: str) -> str:
    """Return a header as it is compared: case, sort arrows and runs of spaces do not count.

    >>> plain(" Close  Date ↑ ")
    'close date'
    """
    return re.sub(r"\s+", " ", re.sub(r"[↑↓\ufeff*]", "", header)).strip().casefold()


def columns_of(headers: Sequence[str], crm: Crm) -> tuple[str, dict[str, list[int]]]:
    """Return the CRM whose headers fit best and, for each field found, the positions of its columns.

    Raises:
        SettingsError: `[crm.aliases]` names a field that does not exist.
    """
    unknown = sorted(set(crm.aliases) - set(FIELDS))
    if unknown:
        raise SettingsError(f"crm.aliases: no field {', '.join(unknown)}", remedy=f"the fields are {', '.join(FIELDS)}")
    kinds = list(ALIASES) if crm.kind == "auto" else [crm.kind]
    found = {kind: _columns(headers, {**ALIASES[kind], **crm.aliases}) for kind in kinds}
    best = max(kinds, key=lambda kind: len(found[kind]))  # the first of equals: the order of ALIASES
    return best, found[best]


def _columns(headers: Sequence[str], aliases: Mapping[str, tuple[str, ...]]) -> dict[str, list[int]]:
    place: dict[str, int] = {}
    for position, header in enumerate(headers):
        place.setdefault(plain(header), position)  # a header twice: the first column counts
    hits = {field: [place[plain(name)] for name in names if plain(name) in place] for field, names in aliases.items()}
    return {field: (cols if field in MANY else cols[:1]) for field, cols in hits.items() if cols}


def unmet(columns: Mapping[str, Sequence[int]]) -> list[str]:
    """Return what the export lacks before any deal can be read from it, in words."""
    needs = [("deal_id", "deal_id")] if "deal_id" not in columns else []
    if not {"stage", "status", "is_won"} & set(columns):
        needs.append(("stage", "stage (or status, or won)"))
    return [words for _, words in needs]
