"""Reading the cells of a CRM export: dates as declared, amounts, flags, ids, phones; null when one cannot be read."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, Literal

# as spreadsheets and CRMs write them in English, German, Spanish, French, Italian, Dutch and Portuguese
_YES: Final = frozenset(
    {"1", "true", "yes", "y", "x", "wahr", "ja", "verdadero", "sí", "si", "vrai", "oui", "vero", "sì", "waar"}
    | {"verdadeiro", "sim"}
)
_NO: Final = frozenset(
    {"", "0", "false", "no", "n", "falsch", "nein", "falso", "faux", "non", "onwaar", "nee", "não", "nao"}
)
_SALESFORCE_18: Final = re.compile(r"006[0-9A-Za-z]{12}[A-Z0-5]{3}")


def id_key(deal_id: str) -> str:
    """Return a deal id as it is compared: exactly, but Salesforce's 18 characters by their first 15.

    The last three characters are only a checksum for programs that lose the case of letters; reports give 15.

    >>> id_key("006Tr00000Da001IAB"), id_key("006tr00000da001")
    ('006Tr00000Da001', '006tr00000da001')
    """
    text = deal_id.strip()
    return text[:15] if _SALESFORCE_18.fullmatch(text) else text


def read_date(text: str, form: str) -> date | None:
    """Return a date written as declared or in ISO 8601 (a time of day is dropped); null when neither fits."""
    for shape in (form, "%Y-%m-%d"):
        for suffix in ("", " %H:%M", " %H:%M:%S", " %I:%M %p"):
            try:
                return datetime.strptime(text, shape + suffix).date()  # noqa: DTZ007 - only its date is used
            except ValueError:
                continue
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def read_amount(text: str, decimal: Literal[".", ","]) -> float | None:
    """Return an amount without its currency sign or code; null when it is not a number or below zero.

    >>> read_amount("USD 1,392.00", "."), read_amount("1.392,50 €", ","), read_amount("n/a", ".")
    (1392.0, 1392.5, None)
    """
    digits = re.sub(r"^[A-Z]{3}\s|\s[A-Z]{3}$|[$€£¥\s\u00a0\u202f']", "", text.strip())
    thousands = "," if decimal == "." else "."
    number = digits.replace(thousands, "").replace(decimal, ".")
    # 15 digits: more than any deal, and no number that a float cannot hold
    return float(number) if re.fullmatch(r"\d{1,15}(\.\d+)?", number) else None


def amount_currency(text: str) -> str | None:
    """Return the ISO code that stands in an amount ("USD 1,392.00"); a bare sign such as $ is not taken for one."""
    code = re.search(r"^([A-Z]{3})\s|\s([A-Z]{3})$", text.strip())
    return (code.group(1) or code.group(2)) if code else None


def read_flag(text: str) -> bool | None:
    """Return yes or no; null when the cell says neither."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def read_email(text: str) -> str | None:
    """Return an e-mail address in lower case; null when it is none."""
    address = text.strip().casefold()
    return address if re.fullmatch(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,]+", address) else None


def read_phone(text: str, country: str) -> str | None:
    """Return a phone number in E.164; null when it is none. `country` is the region of numbers without a code."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def pieces(text: str) -> list[str]:
    """Return the parts of a cell that may hold several values."""
    return [part.strip() for part in re.split(r"[;,\n]", text) if part.strip()]
