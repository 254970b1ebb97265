"""One field of a call from text to value, or a reason why not: times, phone numbers, directions, roles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from convintel.settings import Settings
from convintel.tables import names
from convintel.weeks import week_of

_DAY_ONLY: Final = re.compile(r"\d{4}-?\d{2}-?\d{2}$")
_NOON: Final = time(12)
_DIRECTIONS: Final = {"incoming": "inbound", "outgoing": "outbound", "conference": "meeting"}
_CHANNELS: Final = {"left": 0, "right": 1, "0": 0, "1": 1}
_YES: Final = frozenset({"yes", "y", "true", "1", "x"})
_NO: Final = frozenset({"no", "n", "false", "0"})
_LANGUAGES: Final = {
    "eng": "en",
    "spa": "es",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "por": "pt",
    "ita": "it",
}


class FieldError(Exception):
    """A value that cannot be used: what is wrong with it and what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Moment:
    """When a call began: `at` in UTC, minutes its people's clock is ahead of UTC, whether only the day is known."""

    at: datetime
    offset_min: int
    day_only: bool = False

    @property
    def week(self) -> str:
        """ISO week of the local date, e.g. "2026-W44"."""
        return week_of((self.at + timedelta(minutes=self.offset_min)).date())


def moment(raw: str, settings: Settings) -> Moment:
    """Read a time in ISO 8601, or else in `recordings.date_format`.

    A time without zone is in the company's zone; of a time in UTC the company's zone gives the local date. A day
    without an hour stands at noon, so that the week is right; `day_only` says so.

    Raises:
        FieldError: neither format fits, or the year is not one of recorded calls.
    """
    zone = settings.company.zone
    day_only = bool(_DAY_ONLY.match(raw))
    try:
        read = datetime.fromisoformat(raw)
    except ValueError:
        read = _declared(raw, settings)
    if not 1990 <= read.year <= 2100:
        raise FieldError(f"'{raw}' is not a believable time of a call", "write it like 2026-10-28T15:00:00+01:00")
    if day_only:
        read = datetime.combine(read.date(), _NOON)
    given = read.utcoffset()
    local = read if given else (read.astimezone(zone) if given is not None else read.replace(tzinfo=zone))
    offset = local.utcoffset() or timedelta()
    return Moment(local.astimezone(UTC), round(offset.total_seconds() / 60), day_only)


def _declared(raw: str, settings: Settings) -> datetime:
    pattern = settings.recordings.date_format
    try:
        return datetime.strptime(raw, pattern)  # noqa: DTZ007 - the caller gives it the company's zone
    except ValueError as error:
        remedy = "write it like 2026-10-28T15:00:00+01:00, or set recordings.date_format"
        raise FieldError(f"'{raw}' is neither an ISO 8601 time nor like {pattern}", remedy) from error


def stamp(day: str, hour: str | None, *, utc: bool) -> str:
    """Return digits of a file name, year first, as an ISO 8601 time.

    >>> stamp("20261028", "150000", utc=True), stamp("2026_10_28", "15.00", utc=False)
    ('2026-10-28T15:00:00Z', '2026-10-28T15:00:00')
    >>> stamp("2026-10-28", None, utc=False)
    '2026-10-28'

    Raises:
        FieldError: these are not a date and a time.
    """
    days, hours = re.sub(r"\D", "", day), re.sub(r"\D", "", hour or "")
    try:
        date.fromisoformat(days)
        if not hours:
            return f"{days[:4]}-{days[4:6]}-{days[6:]}"
        at = datetime.strptime(f"{days} {hours[:6]:0<6}", "%Y%m%d %H%M%S")  # noqa: DTZ007 - see `moment`
    except ValueError as error:
        raise FieldError(f"'{day} {hour or ''}' is not a date and time, year first", "mend the name pattern") from error
    return at.isoformat() + ("Z" if utc else "")


def phone(raw: str, settings: Settings) -> str:
    """Return a phone number as E.164; without a country code it is one of `company.country`.

    Raises:
        FieldError: it cannot be a phone number.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(raw, settings.company.country.upper())
    except phonenumbers.NumberParseException as error:
        raise FieldError(f"'{raw}' is not a phone number", "write it like +13125550142") from error
    if not phonenumbers.is_possible_number(number):
        raise FieldError(f"'{raw}' is not a possible phone number", "write it like +13125550142")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email(raw: str, _: Settings) -> str:
    """Return an e-mail address in lower case.

    Raises:
        FieldError: it is none.
    """
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", raw):
        raise FieldError(f"'{raw}' is not an e-mail address", "write it like name@company.example")
    return raw.lower()


def direction(raw: str, _: Settings) -> str | None:
    """Return inbound, outbound or meeting; None for "unknown".

    Raises:
        FieldError: it is another word.
    """
    word = _DIRECTIONS.get(raw.casefold(), raw.casefold())
    return None if word == "unknown" else _choice(word, raw, "direction", names.DIRECTIONS)


def consent(raw: str, _: Settings) -> str:
    """Return a consent state.

    Raises:
        FieldError: it is another word.
    """
    return _choice(raw.casefold(), raw, "consent", names.CONSENTS)


def country(raw: str, _: Settings) -> str:
    """Return a country as ISO 3166 writes it, with its region if one is given: "DE", "US-CA".

    Raises:
        FieldError: it is not written so.
    """
    code = raw.upper().replace("_", "-")
    code = "GB" if code == "UK" else code
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        raise FieldError(f"'{raw}' is not a country", "write two letters, like DE, or with the region, like US-CA")
    return code


def country_of_phone(number: str) -> str | None:
    """Return the country of an E.164 number, None where the number does not tell.

    >>> country_of_phone("+493012345678"), country_of_phone("+80012345678")
    ('DE', None)
    """
    import phonenumbers

    parsed = phonenumbers.parse(number)
    sharing = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    known = phonenumbers.region_code_for_number(parsed) or (sharing[0] if len(sharing) == 1 else None)
    return None if known in (None, "001") else str(known)


def flag(raw: str, _: Settings) -> bool:
    """Return yes or no.

    Raises:
        FieldError: it is neither.
    """
    word = raw.casefold()
    if word not in _YES | _NO:
        raise FieldError(f"'{raw}' is neither yes nor no", "write yes or no")
    return word in _YES


def call_type(raw: str, _: Settings) -> str:
    """Return a call type; "Follow-up" is follow_up.

    Raises:
        FieldError: it is another word.
    """
    return _choice(re.sub(r"[\s-]+", "_", raw.casefold()), raw, "call type", names.CALL_TYPES)


def language(raw: str, _: Settings) -> str:
    """Return a language as two letters where it is a common three-letter code, else in lower case as given."""
    return _LANGUAGES.get(raw.casefold(), raw.casefold())


def text(raw: str, _: Settings) -> str:
    """Return text with single spaces."""
    return " ".join(raw.split())


def channel_roles(raw: Any) -> str:
    """Return "rep,customer" or "customer,rep" from {"left": ..., "right": ...} or a list of two.

    Raises:
        FieldError: it does not give one channel to each.
    """
    sides = dict(enumerate(raw)) if isinstance(raw, list) else raw
    if isinstance(sides, Mapping):
        roles = {_CHANNELS.get(str(side).casefold()): str(role).casefold() for side, role in sides.items()}
        if sorted(roles.values()) == ["customer", "rep"] and set(roles) == {0, 1}:
            return f"{roles[0]},{roles[1]}"
    raise FieldError(
        "channels does not give one side to the rep and one to the customer", '{"left": "rep", "right": "customer"}'
    )


def _choice(word: str, raw: str, name: str, words: list[str]) -> str:
    if word in words:
        return word
    raise FieldError(f"'{raw}' is not a {name}", f"write one of {', '.join(words)}")
