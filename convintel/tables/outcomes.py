"""Tables of deals and what conversations have to do with them."""

from __future__ import annotations

import dataframely as dy

from convintel.tables.names import FOLLOW_UPS, HYGIENE, OUTCOMES, OWNERS, SCOPES, STEP_KINDS, VERDICTS


class Deals(dy.Schema):
    """One row a usable deal of the CRM export."""

    deal_id = dy.String(primary_key=True)  # as the CRM writes it, case kept
    name = dy.String(nullable=True)
    account = dy.String(nullable=True)
    stage = dy.String()  # as the CRM writes it
    outcome = dy.Enum(OUTCOMES)  # as known at the end of the week
    amount = dy.Float64(nullable=True)  # in `currency`; amounts of different currencies are never added
    currency = dy.String(nullable=True)  # ISO code
    created = dy.Date(nullable=True)
    closed = dy.Date(nullable=True)  # close date; for open deals the expected one
    owner = dy.String(nullable=True)  # rep's e-mail as in reps.csv
    owner_name = dy.String(nullable=True)  # as the CRM writes it
    segment = dy.String(nullable=True)  # whatever column the export or crm.aliases gives
    contact_emails = dy.String(nullable=True)  # joined by ";"
    contact_phones = dy.String(nullable=True)  # E.164, joined by ";"


class Matches(dy.Schema):
    """One row a call: the deal it belongs to, or why there is none."""

    call_id = dy.String(primary_key=True)
    deal_id = dy.String(nullable=True)  # only when matched
    status = dy.Enum(["matched", "ambiguous", "unmatched"])  # ambiguous ones are counted nowhere
    reason = dy.String()  # the step of the rule that decided, in words
    candidates = dy.String()  # deal ids joined by ";"


class WinRates(dy.Schema):
    """Won / (won + lost) with n and interval; estimate null below the stated minimum. Never in order of rate."""

    scope = dy.Enum(SCOPES, primary_key=True)  # team: everybody; group: a team of reps.csv; quarter: of the close date
    name = dy.String(primary_key=True)  # "team", group, rep's e-mail, segment, or quarter like 2026-Q3
    won = dy.Int32(min=0)
    lost = dy.Int32(min=0)
    open = dy.Int32(min=0)  # 0 for quarters: an open deal has none
    estimate = dy.Float64(nullable=True, min=0, max=1)  # the team's plain rate; all others partially pooled
    low = dy.Float64(nullable=True, min=0, max=1)  # interval, width as outcomes.interval says
    high = dy.Float64(nullable=True, min=0, max=1)
    above = dy.Float64(nullable=True, min=0, max=1)  # probability that it lies above the mean of its scope
    note = dy.String()  # in words


class Associations(dy.Schema):
    """One row a declared behaviour: its association with winning; deal as unit, only calls before the close date."""

    behaviour = dy.String(primary_key=True)  # of the declared family
    verdict = dy.Enum(VERDICTS)
    deals = dy.Int32(min=0)  # won or lost, with calls on which it was measured
    won = dy.Int32(min=0)
    difference = dy.Float64(nullable=True)  # mean of won minus mean of lost deals, within reps, in the metric's unit
    low = dy.Float64(nullable=True)  # interval of the difference
    high = dy.Float64(nullable=True)
    deviation = dy.Float64(nullable=True, min=0)  # standard deviation between a rep's deals, in the metric's unit
    points = dy.Float64(nullable=True)  # win rate higher by so much (1 = 100 points) per standard deviation
    points_low = dy.Float64(nullable=True)  # interval of points
    points_high = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)  # permutation within reps and segments
    q_value = dy.Float64(nullable=True, min=0, max=1)  # Benjamini-Hochberg over the declared family
    e_value = dy.Float64(nullable=True, min=1)  # risk ratio a hidden factor needs with both to explain points away
    e_value_limit = dy.Float64(nullable=True, min=1)  # the same for the interval's end nearest to none
    deals_needed = dy.Int32(nullable=True, min=0)  # closed deals that show an odds ratio of 1.5 with 80 % power
    mixed_points = dy.Float64(nullable=True)  # points by a logistic mixed model, when there are enough deals
    mixed_low = dy.Float64(nullable=True)  # interval of mixed_points
    mixed_high = dy.Float64(nullable=True)
    note = dy.String()  # in words


class FollowThrough(dy.Schema):
    """One row a step that our side promised with a date: whether a recorded call shows that it was kept."""

    finding_id = dy.String(primary_key=True)  # in next_steps
    call_id = dy.String()  # where it was promised
    deal_id = dy.String(nullable=True)
    rep = dy.String(nullable=True)
    owner = dy.Enum(OWNERS)
    step_kind = dy.Enum(STEP_KINDS)
    action = dy.String()
    made = dy.Date()  # day of the promise
    due = dy.Date()  # last day of the stretch that was named
    status = dy.Enum(FOLLOW_UPS)
    days_late = dy.Int32(nullable=True, min=0)  # after due until it was held, or until the end of the week
    kept_call_id = dy.String(nullable=True)  # the call that shows it
    note = dy.String()  # in words


class Hygiene(dy.Schema):
    """One row something in the pipeline that wants a person's look."""

    kind = dy.Enum(HYGIENE, primary_key=True)
    deal_id = dy.String(primary_key=True)  # "" when the thing has none
    call_id = dy.String(primary_key=True)  # "" when the thing has none
    rep = dy.String(nullable=True)
    day = dy.Date(nullable=True)  # since when, or on which day
    days = dy.Int32(nullable=True, min=0)  # how long, until the end of the week
    what = dy.String(min_length=1)  # in words
    remedy = dy.String(min_length=1)


class Ramp(dy.Schema):
    """One row a new rep, month since the start and measure, beside what earlier reps did in the same month."""

    rep = dy.String(primary_key=True)
    month = dy.Int32(primary_key=True, min=1)  # 1 = first month at work, complete months only
    measure = dy.Enum(["calls", "deals closed", "deals won"], primary_key=True)
    value = dy.Int32(min=0)
    earlier_reps = dy.Int32(min=0)  # whose same month lies within the data
    earlier_low = dy.Float64(nullable=True)  # their middle half; null with too few of them
    earlier_median = dy.Float64(nullable=True)  # what the one in their middle did
    earlier_high = dy.Float64(nullable=True)
    note = dy.String()  # in words
