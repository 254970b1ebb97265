"""One row of a CRM export, read by field; and the list of what could not be used of a file."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from convintel.outcomes.cells import pieces, read_email, read_phone
from convintel.outcomes.export import Export, Line

Severity = Literal["set aside", "partly used", "note"]
CONTACTS: Final = ("contact_emails", "contact_phones")
CONTACT_IDS: Final = "contact_ids"
"""What a deal is read with and its frame does not keep: the CRM's ids of its contacts."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """Collects what could not be used of one file."""

    source: str
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, row: int | None, what: str, remedy: str, severity: Severity) -> None:
        """List a row; None stands for the whole file."""
        self.rows.append({"source": self.source, "row": row, "what": what, "remedy": remedy, "severity": severity})

    def lacks(self, export: Export, needs: str, *, lost: str = "") -> None:
        """List that a file has no columns for what it needs."""
        have = ", ".join(header for header in export.headers if header) or "nothing"
        remedy = "name the columns under [crm.aliases] in convintel.toml"
        self.add(export.header_line, f"{needs} (the file has: {have}){lost}", remedy, "set aside")


TOO_MANY_CELLS: Final = ("more cells than the header has columns", "quote cells that contain the separator")
"""What is wrong with such a row, and what to do."""


def too_long(line: Line, export: Export) -> bool:
    """Tell whether a line has filled cells beyond the header's: nobody knows what belongs where."""
    return any(line.cells[len(export.headers) :])


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an export, read by field."""

    line: Line
    columns: Mapping[str, Sequence[int]]

    def all(self, name: str) -> list[str]:
        """Return the filled cells of a field."""
        cells = self.line.cells
        return [cells[i] for i in self.columns.get(name, ()) if i < len(cells) and cells[i]]

    def get(self, name: str) -> str:
        """Return the first filled cell of a field, or an empty text."""
        return next(iter(self.all(name)), "")


def contacts_of(row: Row, country: str, remarks: Remarks) -> dict[str, str | None]:
    """Return the contacts of a row, each sorted and joined by ";"; what is none is listed."""
    emails: dict[str, None] = {}
    phones: dict[str, None] = {}
    for texts, found, read, what in (
        (row.all("contact_email"), emails, read_email, "e-mail address"),
        (row.all("contact_phone"), phones, lambda text: read_phone(text, country), "phone number"),
    ):
        for text in (part for cell in texts for part in pieces(cell)):
            value = read(text)
            if value is None:
                remarks.add(row.line.number, f"'{text}' is no {what}", "mend the contact in the CRM", "partly used")
            else:
                found[value] = None
    return {"contact_emails": ";".join(sorted(emails)) or None, "contact_phones": ";".join(sorted(phones)) or None}


def ids_of(row: Row, name: str) -> tuple[str, ...]:
    """Return the ids that the cells of a field hold."""
    return tuple(dict.fromkeys(part for cell in row.all(name) for part in pieces(cell)))


def add_contacts(deal: MutableMapping[str, Any], found: Mapping[str, Any]) -> None:
    """Add contacts, as `contacts_of` returns them, to those of a deal."""
    for key in CONTACTS:
        both = {part for value in (deal[key], found[key]) if value for part in value.split(";")}
        deal[key] = ";".join(sorted(both)) or None
