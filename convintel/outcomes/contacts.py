"""The CRM's export of contacts: who belongs to a deal, where the deals name them by id alone as HubSpot's do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convintel.outcomes.cells import id_key
from convintel.outcomes.export import read_export
from convintel.outcomes.rows import (
    CONTACT_IDS,
    TOO_MANY_CELLS,
    Remarks,
    Row,
    add_contacts,
    contacts_of,
    ids_of,
    too_long,
)
from convintel.settings import Settings

Deals = Mapping[str, dict[str, Any]]  # by `id_key`


def attach(deals: Deals, path: Path | None, remarks: Remarks, settings: Settings) -> list[dict[str, object]]:
    """Add e-mail addresses and phone numbers of contacts to the deals that name them, or that they name.

    Args:
        deals: as read, changed in place.
        path: the contacts; None or not there: the deals keep what their own columns say.
        remarks: of the deals' file; hears of ids that nobody explains.
        settings: of the workspace.

    Returns:
        What could not be used of the contacts' file, as rows of `unused`.

    Raises:
        WorkspaceError: the file cannot be read.
    """
    wanted = {one for deal in deals.values() for one in deal[CONTACT_IDS]}
    if path is None or not path.is_file():
        if wanted and not any(deal["contact_emails"] or deal["contact_phones"] for deal in deals.values()):
            what = f"the deals name {len(wanted)} contacts by id, without e-mail or phone, so no call matches by them"
            remarks.add(None, what, "export the CRM's contacts, too, as contacts.csv beside it", "note")
        return []
    found = Remarks(path.name)
    known = _attach(deals, path, found, settings)
    if wanted - known:
        what = f"{len(wanted - known)} of {len(wanted)} contacts of deals are not in {path.name}"
        remarks.add(None, what, "export all contacts", "note")
    return found.rows


def _attach(deals: Deals, path: Path, remarks: Remarks, settings: Settings) -> set[str]:
    """Do so; return the ids of the contacts in the file."""
    export = read_export(path, settings.crm, what="contacts")
    if not (
        {"contact_id", "deal_ids"} & set(export.columns) and {"contact_email", "contact_phone"} & set(export.columns)
    ):
        remarks.lacks(export, "no columns for id (or deal ids) and e-mail or phone of contacts")
        return set()
    of_contact: dict[str, list[dict[str, Any]]] = {}
    for deal in deals.values():
        for one in deal[CONTACT_IDS]:
            of_contact.setdefault(one, []).append(deal)
    seen: set[str] = set()
    for line in export.lines:
        if too_long(line, export):
            remarks.add(line.number, *TOO_MANY_CELLS, "set aside")
            continue
        row = Row(line, export.columns)
        ids = ids_of(row, "contact_id")
        seen |= set(ids)
        theirs = [deals[key] for one in ids_of(row, "deal_ids") if (key := id_key(one)) in deals]
        concerned = [*theirs, *(deal for one in ids for deal in of_contact.get(one, ()))]
        if concerned:  # nobody need mend the contacts of no deal
            details = contacts_of(row, settings.company.country, remarks)
            for deal in concerned:
                add_contacts(deal, details)
    return seen
