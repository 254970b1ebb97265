"""From a CRM export to deals: every row becomes a deal or is listed with file, row, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from convintel.outcomes.cells import amount_currency, id_key, read_amount, read_date, read_email, read_flag
from convintel.outcomes.contacts import attach
from convintel.outcomes.export import Export, read_export
from convintel.outcomes.headers import unmet
from convintel.outcomes.owners import Roster, find_owner, roster, suggestion
from convintel.outcomes.rows import (
    CONTACT_IDS,
    CONTACTS,
    TOO_MANY_CELLS,
    Remarks,
    Row,
    add_contacts,
    contacts_of,
    ids_of,
    too_long,
)
from convintel.settings import Crm, Settings
from convintel.tables import frame

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep

Outcome = Literal["won", "lost", "open"]
_OPEN = frozenset(("open", "offen", "abierto", "abierta", "ouvert", "ouverte", "aperta", "aberto"))


class _UnusableRowError(Exception):
    """The row cannot be used: (what, remedy)."""


def read_deals(
    path: Path, *, reps: Sequence[Rep], settings: Settings, contacts: Path | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read a CRM export (Salesforce, HubSpot, Pipedrive or our own columns).

    Args:
        path: the deals.
        reps: the roster, to know owners by.
        settings: of the workspace.
        contacts: the CRM's contacts, where the deals name them by id alone; a file that is not there gives none.

    Returns:
        The `deals` frame sorted by deal_id, and the `unused` frame: rows set aside, cells left out, owners to check.

    Raises:
        WorkspaceError: the file cannot be read.
        SettingsError: `[crm.aliases]` names an unknown field.
    """
    remarks = Remarks(path.name)
    export = read_export(path, settings.crm)
    lacks = unmet(export.columns)
    if lacks:
        remarks.lacks(export, f"no column for {' and '.join(lacks)}", lost="; no deal was read")
        return frame("deals", []), frame("unused", remarks.rows)
    deals = _read_rows(export, roster(reps), settings, remarks)
    of_contacts = attach(deals, contacts, remarks, settings)
    currencies = sorted({deal["currency"] for deal in deals.values() if deal["currency"]})
    if len(currencies) > 1:
        remarks.add(None, f"amounts are in {' and '.join(currencies)}: never added up", "nothing to do", "note")
    if export.footers:
        remarks.add(None, f"{export.footers} footer lines are not deals", "nothing to do", "note")
    table = frame("deals", [{k: v for k, v in deals[key].items() if k != CONTACT_IDS} for key in sorted(deals)])
    return table, frame("unused", [*remarks.rows, *of_contacts])


def _read_rows(export: Export, known: Roster, settings: Settings, remarks: Remarks) -> dict[str, dict[str, Any]]:
    deals: dict[str, dict[str, Any]] = {}
    first_line: dict[str, int] = {}
    strangers: dict[tuple[str | None, str | None], list[int]] = {}
    for line in export.lines:
        try:
            if too_long(line, export):
                raise _UnusableRowError(*TOO_MANY_CELLS)
            deal = _read_row(Row(line, export.columns), known, settings, remarks)
        except _UnusableRowError as unusable:
            what, remedy = unusable.args
            remarks.add(line.number, what, remedy, "set aside")
            continue
        key = id_key(deal["deal_id"])
        if key in deals:
            _merge_or_remark(deals[key], deal, first_line[key], line.number, remarks)
            continue
        deals[key], first_line[key] = deal, line.number
        email = deal["owner"] if deal["owner"] and deal["owner"] not in known.emails.values() else None
        if email or (deal["owner"] is None and deal["owner_name"]):
            strangers.setdefault((email, deal["owner_name"]), []).append(line.number)
    _remark_strangers(strangers, known, remarks)
    return deals


def _read_row(row: Row, known: Roster, settings: Settings, remarks: Remarks) -> dict[str, Any]:
    deal_id = row.get("deal_id")
    if not deal_id:
        raise _UnusableRowError("no deal id", "export the id column for every deal")
    outcome = _outcome(row, settings.crm)
    created, closed = _dates(row, outcome, settings.crm, remarks)
    email = read_email(row.get("owner_email"))
    if email is None and row.get("owner_email"):
        remarks.add(
            row.line.number, f"owner e-mail '{row.get('owner_email')}' is none", "mend it in the CRM", "partly used"
        )
    if email is None and not row.get("owner_name"):
        remarks.add(
            row.line.number, "no owner: counts for the team only", "give the deal an owner in the CRM", "partly used"
        )
    return {
        "deal_id": deal_id,
        "name": row.get("name") or None,
        "account": row.get("account") or None,
        "stage": row.get("stage") or row.get("status") or outcome,
        "outcome": outcome,
        **_amount(row, settings.crm, remarks),
        "created": created,
        "closed": closed,
        "owner": find_owner(email, row.get("owner_name"), known),
        "owner_name": row.get("owner_name") or None,
        "segment": row.get("segment") or None,
        CONTACT_IDS: ids_of(row, "contact_id"),
        **contacts_of(row, settings.company.country, remarks),
    }


def _outcome(row: Row, crm: Crm) -> Outcome:
    """Return what the flags, the status and the stage say; the row is unusable when they contradict each other."""
    stage, status = _by_name(row.get("stage"), crm), _by_name(row.get("status"), crm)
    said = {outcome for outcome in (_by_flags(row), status, stage) if outcome}
    if len(said) > 1:
        raise _UnusableRowError(
            f"stage '{row.get('stage')}' and the won or closed column disagree ({' or '.join(sorted(said))})",
            "mend the deal in the CRM, or name your stages under [crm] won_stages and lost_stages",
        )
    if said:
        return said.pop()
    if not row.get("stage") or "status" in row.columns:  # with a status column, the stage alone decides nothing
        raise _UnusableRowError("no stage or status that can be read", "give the deal one in the CRM")
    return "open"


def _by_flags(row: Row) -> Outcome | None:
    flags: dict[str, bool | None] = {}
    for name in ("is_won", "is_lost", "is_closed"):
        if name in row.columns:
            flags[name] = read_flag(row.get(name))
            if flags[name] is None:
                raise _UnusableRowError(
                    f"'{row.get(name)}' in the {name} column is neither yes nor no", "mend the cell"
                )
    won, lost, closed = flags.get("is_won"), flags.get("is_lost"), flags.get("is_closed")
    if won and (lost or closed is False):
        raise _UnusableRowError("won, but also lost or not closed", "mend the deal in the CRM")
    if won:
        return "won"
    if lost or (closed and won is False):
        return "lost"
    return "open" if closed is False else None


def _by_name(name: str, crm: Crm) -> Outcome | None:
    """Return the outcome a stage or status stands for; HubSpot adds the pipeline in brackets."""
    word = name.split(" (")[0].strip().casefold()
    if word in {stage.casefold() for stage in crm.won_stages}:
        return "won"
    if word in {stage.casefold() for stage in crm.lost_stages}:
        return "lost"
    return "open" if word in _OPEN else None


def _dates(row: Row, outcome: Outcome, crm: Crm, remarks: Remarks) -> tuple[date | None, date | None]:
    remedy = f"dates are read as {crm.date_format} (crm.date_format) or ISO 8601"
    written = row.get("won_on" if outcome == "won" else "lost_on") if outcome != "open" else ""
    written = written or row.get("closed")
    created, closed = read_date(row.get("created"), crm.date_format), read_date(written, crm.date_format)
    if outcome != "open" and closed is None:
        what = f"close date '{written}' cannot be read" if written else f"{outcome}, but without a close date"
        raise _UnusableRowError(what, remedy if written else "fill in the close date")
    if outcome != "open" and created is not None and closed is not None and closed < created:
        raise _UnusableRowError(f"closed {closed} before it was created {created}", "mend the dates in the CRM")
    for text, value, name in ((row.get("created"), created, "created"), (written, closed, "close")):
        if text and value is None:
            remarks.add(row.line.number, f"{name} date '{text}' cannot be read", remedy, "partly used")
    return created, closed


def _amount(row: Row, crm: Crm, remarks: Remarks) -> dict[str, object]:
    text = row.get("amount")
    amount = read_amount(text, crm.decimal) if text else None
    if text and amount is None:
        remarks.add(
            row.line.number,
            f"amount '{text}' cannot be read",
            f"amounts are read with '{crm.decimal}' as decimal mark (crm.decimal)",
            "partly used",
        )
    return {"amount": amount, "currency": row.get("currency") or amount_currency(text)}


def _merge_or_remark(deal: dict[str, Any], again: Mapping[str, Any], first: int, line: int, remarks: Remarks) -> None:
    """Take the contacts of a row that repeats a deal (one row a contact role); list a row that says something else."""
    differs = sorted(key for key in deal if key not in (*CONTACTS, CONTACT_IDS, "deal_id") and deal[key] != again[key])
    if differs:
        remarks.add(
            line,
            f"deal {deal['deal_id']} is on line {first} with another {', '.join(differs)}; the first row counts",
            "export each deal once",
            "set aside",
        )
        return
    new_ids = not set(again[CONTACT_IDS]) <= set(deal[CONTACT_IDS])
    if not new_ids and all(again[key] is None or again[key] == deal[key] for key in CONTACTS):
        remarks.add(
            line, f"deal {deal['deal_id']} stands on line {first} already", "export each deal once", "set aside"
        )
        return
    deal[CONTACT_IDS] = (*deal[CONTACT_IDS], *again[CONTACT_IDS])
    add_contacts(deal, again)


def _remark_strangers(
    strangers: Mapping[tuple[str | None, str | None], Sequence[int]], known: Roster, remarks: Remarks
) -> None:
    for (email, name), lines in sorted(strangers.items(), key=lambda item: item[1][0]):
        if not known.emails:
            continue  # no reps.csv: nobody to compare with
        near = suggestion(email, name, known)
        remedy = (
            f"if {near} is meant, add the spelling to the aliases in reps.csv" if near else "add the rep to reps.csv"
        )
        count = f"{len(lines)} deals" if len(lines) > 1 else "1 deal"
        remarks.add(lines[0], f"owner '{name or email}' of {count} is not in reps.csv", remedy, "note")
