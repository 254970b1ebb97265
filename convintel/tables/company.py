"""Tables of what the report advises, and the evidence behind it."""

from __future__ import annotations

import dataframely as dy

from convintel.tables.names import ROLE_NAMES


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
