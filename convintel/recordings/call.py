"""One call from what its sources say to a row of `Calls`: field by field, the most trusted good value wins."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from convintel.recordings import fields
from convintel.recordings.csvfile import unused
from convintel.recordings.discover import Found
from convintel.recordings.fields import FieldError, Moment
from convintel.recordings.roster import Rep, Roster
from convintel.recordings.sources import Source
from convintel.recordings.tags import creation_time
from convintel.settings import ChannelMap, Settings

_TEXT_FIELDS: Final[dict[str, Callable[[str, Settings], str | bool | None]]] = {
    "customer_name": fields.text,
    "customer_email": fields.email,
    "customer_phone": fields.phone,
    "account": fields.text,
    "deal_id": fields.text,
    "direction": fields.direction,
    "call_type": fields.call_type,
    "consent": fields.consent,
    "country": fields.country,
    "private": fields.flag,
    "language": fields.language,
    "title": fields.text,
}


@dataclass(slots=True)
class Draft:
    """A call on its way into the table: the row so far, each field's origin, and what could not be used.

    `place` is the file's path from the workspace; `day_only` says that the hour of the call is not known.
    """

    found: Found
    place: str
    said: list[Source]
    row: dict[str, Any]
    origins: dict[str, str] = field(default_factory=dict)
    unused: list[dict[str, Any]] = field(default_factory=list)
    day_only: bool = False

    def complain(self, what: str, remedy: str, *, at: Source | None = None, severity: str = "partly used") -> None:
        """List something that could not be used, at its source or at the file itself."""
        place, row = (at.place, at.row) if at else (self.place, None)
        self.unused.append(unused(place, what, remedy, row=row, severity=severity))


def fill(draft: Draft, roster: Roster, settings: Settings) -> Draft:
    """Fill the row from the sources; returns the same draft."""
    for name, parse in _TEXT_FIELDS.items():
        _take(draft, name, parse, settings)
    draft.row["consent"] = draft.row.get("consent") or "unknown"
    _take_country_of_phone(draft)
    if draft.found.kind == "recording":
        _take_channels(draft, settings)
    _take_time(draft, settings)
    _take_rep(draft, roster)
    draft.row["origins"] = json.dumps(draft.origins, sort_keys=True)
    return draft


def _take(draft: Draft, name: str, parse: Callable[[str, Settings], Any], settings: Settings) -> Any:
    """Put the first good value into the row and return it; list every bad one, also of lesser sources."""
    for source in draft.said:
        raw = source.told.get(name)
        if raw is None or raw == "":
            continue
        try:
            value = parse(_text(raw), settings)
        except FieldError as error:
            draft.complain(error.what, error.remedy, at=source)
            continue
        if value is not None and name not in draft.origins:
            draft.row[name], draft.origins[name] = value, source.origin
    return draft.row.get(name)


def _take_country_of_phone(draft: Draft) -> None:
    """Where nobody says the customer's country, the country code of the number does."""
    number = draft.row.get("customer_phone")
    told = fields.country_of_phone(number) if number and "country" not in draft.origins else None
    if told:
        draft.row["country"], draft.origins["country"] = told, "phone"


def _take_channels(draft: Draft, settings: Settings) -> None:
    for source in draft.said:
        if source.told.get("channels") is None or "channel_roles" in draft.origins:
            continue
        try:
            draft.row["channel_roles"] = fields.channel_roles(source.told["channels"])
            draft.origins["channel_roles"] = source.origin
        except FieldError as error:
            draft.complain(error.what, error.remedy, at=source)
    told = _channels_of(draft.found.relative, settings)
    if "channel_roles" not in draft.origins and told is not None:
        draft.row["channel_roles"] = ",".join(told)
        draft.origins["channel_roles"] = "settings"


def _channels_of(relative: str, settings: Settings) -> ChannelMap | None:
    """The map of the innermost folder that has one, else of all recordings."""
    maps = {folder.strip("/"): told for folder, told in settings.recordings.channel_maps.items()}
    fits = [folder for folder in maps if relative.startswith(f"{folder}/")]
    return maps[max(fits, key=len)] if fits else settings.recordings.channels


def _take_time(draft: Draft, settings: Settings) -> None:
    moment: Moment | None = _take(draft, "started_at", fields.moment, settings)
    if moment is None and draft.found.kind == "recording":
        moment = _time_of_tags(draft, settings)
    if moment is None:
        draft.complain("nobody says when the call was, so it belongs to no week", _remedy(draft, "started_at"))
        return
    if moment.day_only:
        draft.day_only = True
        remedy = _remedy(draft, "started_at with the time of day")
        draft.complain("only the day of the call is known; noon is written", remedy, severity="note")
    draft.row |= {"started_at": moment.at, "utc_offset_min": moment.offset_min, "week": moment.week}


def _time_of_tags(draft: Draft, settings: Settings) -> Moment | None:
    tag = creation_time(draft.found.path)
    if tag is None:
        return None
    draft.said.append(Source("tags", draft.place, {"started_at": tag}))
    moment: Moment | None = _take(draft, "started_at", fields.moment, settings)
    if moment is not None:
        what = f"the time of the call is only the file's own tag ({tag}), which may be that of a conversion"
        draft.complain(what, _remedy(draft, "started_at"), severity="note")
    return moment


def _take_rep(draft: Draft, roster: Roster) -> None:
    """Take the rep whom the most trusted source names; no lesser source stands in for a name the roster lacks."""
    source = next((source for source in draft.said if source.told.get("rep")), None)
    if source is None:
        draft.complain("nobody says who the rep is, so the call is on no rep's page", _remedy(draft, "rep_email"))
        return
    raw = str(source.told["rep"]).strip()
    rep = roster.find(raw) if roster.exists else _stranger(raw)
    if rep is None:
        why = "not one rep of reps.csv" if roster.exists else "without reps.csv it must be an e-mail address"
        remedy = "add the rep, or this name as an alias of one rep, to reps.csv"
        draft.complain(f"rep '{raw}' is unknown: {why}", remedy, at=source)
        return
    draft.row["rep"], draft.row["rep_name"], draft.origins["rep"] = rep.email, rep.name, source.origin


def _stranger(raw: str) -> Rep | None:
    """Without a roster an e-mail address is taken at its word."""
    return Rep(email=raw.casefold(), name=raw.casefold()) if "@" in raw and " " not in raw else None


def _text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return str(raw)
    raise FieldError(f"{json.dumps(raw)[:60]} is not text", "write one value in quotes")


def _remedy(draft: Draft, what: str) -> str:
    return f"give {what} in calls.csv or in {draft.found.path.stem}.json beside it"
