"""What we know about each call, and what could not be used."""

from __future__ import annotations

import dataframely as dy

from convintel.tables.names import CALL_TYPES, CONSENTS, DIRECTIONS


class Calls(dy.Schema):
    """One row a call: what we know about it and where each field came from."""

    call_id = dy.String(primary_key=True, regex=r"^[0-9a-f]{16}$")
    path = dy.String()  # relative to the inbox, with forward slashes
    kind = dy.Enum(["recording", "transcript"])  # transcript: ready-made, no audio
    started_at = dy.Datetime(time_zone="UTC", nullable=True)
    utc_offset_min = dy.Int32(nullable=True)  # the zone in which the people of the call read the clock
    week = dy.String(nullable=True, regex=r"^\d{4}-W\d{2}$")  # ISO week of the local date
    rep = dy.String(nullable=True)  # e-mail of the rep as in reps.csv
    rep_name = dy.String(nullable=True)
    customer_name = dy.String(nullable=True)
    customer_email = dy.String(nullable=True)
    customer_phone = dy.String(nullable=True)  # E.164
    account = dy.String(nullable=True)
    deal_id = dy.String(nullable=True)
    direction = dy.Enum(DIRECTIONS, nullable=True)
    call_type = dy.Enum(CALL_TYPES, nullable=True)
    consent = dy.Enum(CONSENTS)
    country = dy.String(nullable=True)  # of the customer, ISO 3166: "DE", or with a region "US-CA"
    private = dy.Bool(nullable=True)  # true: left out of everything
    language = dy.String(nullable=True)
    title = dy.String(nullable=True)
    channel_roles = dy.String(nullable=True)  # roles of channels 0, 1 ... joined by commas, e.g. "rep,customer"
    origins = dy.String()  # JSON: field -> sidecar | calls.csv | file name | folder | tags | transcript | phone


class Unused(dy.Schema):
    """Something that could not be used: file, row, what is wrong, what to do. Listed in the report and in `check`."""

    source = dy.String()  # file, relative to the workspace
    row = dy.Int32(nullable=True)  # line in the file, 1 = header
    what = dy.String()
    remedy = dy.String()
    severity = dy.Enum(["set aside", "partly used", "note"])
