"""Tables over many calls: themes, deals, outcomes and what the report advises."""

from __future__ import annotations

import dataframely as dy

from convintel.tables.names import ROLE_NAMES


class Embeddings(dy.Schema):
    """One row a concern's text with its unit vector."""

    call_id = dy.String()
    text = dy.String(min_length=1)
    vector = dy.List(dy.Float32())


class Themes(dy.Schema):
    """One row a theme; the id keeps its meaning from week to week."""

    theme_id = dy.String(primary_key=True, regex=r"^T\d{4}$")
    label = dy.String(min_length=1)
    quote = dy.String()  # the most typical member, verbatim
    quote_call_id = dy.String()
    quote_start = dy.Float64()
    quote_end = dy.Float64()
    members = dy.Int32(min=1)
    calls = dy.Int32(min=1)
    deals = dy.Int32(min=0)
    reps = dy.Int32(min=0)
    calls_this_week = dy.Int32(min=0)
    calls_weeks_before = dy.Float64(min=0)  # mean calls a week over the weeks before
    first_week = dy.String(nullable=True)
    last_week = dy.String(nullable=True)


class ThemeMembers(dy.Schema):
    """Which concern belongs to which theme; null theme = left out."""

    concern_id = dy.String(primary_key=True)
    call_id = dy.String()
    theme_id = dy.String(nullable=True)
    similarity = dy.Float64()


class Deals(dy.Schema):
    """One row a usable deal of the CRM export."""

    deal_id = dy.String(primary_key=True)
    name = dy.String(nullable=True)
    account = dy.String(nullable=True)
    stage = dy.String()
    outcome = dy.Enum(["won", "lost", "open"])
    amount = dy.Float64(nullable=True)
    currency = dy.String(nullable=True)
    created = dy.Date(nullable=True)
    closed = dy.Date(nullable=True)  # close date; for open deals the expected one
    owner = dy.String(nullable=True)  # rep's e-mail as in reps.csv
    owner_name = dy.String(nullable=True)
    segment = dy.String(nullable=True)
    contact_emails = dy.String(nullable=True)  # joined by ";"
    contact_phones = dy.String(nullable=True)  # E.164, joined by ";"


class Matches(dy.Schema):
    """One row a call: the deal it belongs to, or why there is none."""

    call_id = dy.String(primary_key=True)
    deal_id = dy.String(nullable=True)
    status = dy.Enum(["matched", "ambiguous", "unmatched"])
    reason = dy.String()
    candidates = dy.String()  # deal ids joined by ";"


class WinRates(dy.Schema):
    """Won / (won + lost) of a rep or the team, with n and interval; estimate null below the stated minimum."""

    scope = dy.Enum(["team", "rep"], primary_key=True)
    name = dy.String(primary_key=True)  # rep e-mail, or "team"
    won = dy.Int32(min=0)
    lost = dy.Int32(min=0)
    open = dy.Int32(min=0)
    estimate = dy.Float64(nullable=True, min=0, max=1)  # partially pooled for reps
    low = dy.Float64(nullable=True, min=0, max=1)  # 90 % interval
    high = dy.Float64(nullable=True, min=0, max=1)
    note = dy.String()


class Associations(dy.Schema):
    """One row a declared behaviour: its association with winning; deal as unit, only calls before the close date."""

    behaviour = dy.String(primary_key=True)
    deals = dy.Int32(min=0)
    won = dy.Int32(min=0)
    difference = dy.Float64(nullable=True)  # mean of won minus mean of lost deals, within reps, in the metric's unit
    low = dy.Float64(nullable=True)  # 90 % interval of the difference
    high = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    q_value = dy.Float64(nullable=True, min=0, max=1)  # Benjamini-Hochberg over the declared family
    note = dy.String()


class Advice(dy.Schema):
    """What one rep's page says in one week: one thing to keep, at most two priorities."""

    advice_id = dy.String(primary_key=True, regex=r"^[0-9a-f]{12}$")
    rep = dy.String()
    week = dy.String()
    slot = dy.Enum(["keep", "priority"])
    rank = dy.Int32(min=1, max=2)
    behaviour = dy.String()
    value = dy.Float64()
    n = dy.Int32(min=1)  # calls behind the value
    own_past = dy.Float64(nullable=True)
    own_past_n = dy.Int32(min=0)
    team_low = dy.Float64(nullable=True)  # team's middle half
    team_high = dy.Float64(nullable=True)
    team_n = dy.Int32(min=0)
    rule = dy.String(min_length=1)  # why this and not another, in numbers
    headline = dy.String()
    happens = dy.String()  # what happens, in numbers
    try_next = dy.String()
    measure = dy.String()  # how next week will show it


class Evidence(dy.Schema):
    """A moment behind an advice: the quote and where to hear it."""

    advice_id = dy.String(primary_key=True)
    rank = dy.Int32(primary_key=True, min=1)
    tone = dy.Enum(["to_try", "good"])
    call_id = dy.String()
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)
    role = dy.Enum(ROLE_NAMES)
    quote = dy.String()
    why = dy.String()
