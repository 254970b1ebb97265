"""Tables of what is in a call: metrics and findings, each with its evidence."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from convintel.tables.names import CONCERN_KINDS, HANDLINGS, OBJECTION_TYPES, OWNERS, ROLE_NAMES, STEP_KINDS


class Metrics(dy.Schema):
    """One row a metric, call and side; `value` is null exactly when `withheld` says why."""

    call_id = dy.String(primary_key=True)
    metric = dy.String(primary_key=True)  # name in signals.catalogue.METRICS
    side = dy.Enum(["rep", "customer", "call"], primary_key=True)
    value = dy.Float64(nullable=True)
    n = dy.Int32(min=0)  # how many things were counted or averaged
    start = dy.Float64(nullable=True)  # the stretch that shows it best, if there is one
    end = dy.Float64(nullable=True)
    withheld = dy.String(nullable=True)

    @dy.rule()
    def value_or_reason(cls) -> pl.Expr:  # noqa: N805 - dataframely rules are class-level
        """A value is there, or the reason why it is not."""
        return pl.col("value").is_null() == pl.col("withheld").is_not_null()


class Finding(dy.Schema):
    """What every finding carries: the quote, who said it, when, the rule, the score and its threshold."""

    finding_id = dy.String(primary_key=True, regex=r"^[0-9a-f]{12}$")
    call_id = dy.String()
    turn = dy.Int32(min=0)
    role = dy.Enum(ROLE_NAMES)
    quote = dy.String(min_length=1)  # verbatim part of the turn's text
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)
    score = dy.Float64(min=0, max=1)
    threshold = dy.Float64(min=0, max=1)
    rule = dy.String(min_length=1)  # which rule or nearest examples, in words


class Objections(Finding):
    """The customer voices resistance to going forward with this seller, offer, price or time."""

    type = dy.Enum(OBJECTION_TYPES)
    type_score = dy.Float64(min=0, max=1)
    handling = dy.Enum(HANDLINGS, nullable=True)  # null: the call ends before one can tell
    first_move = dy.Enum(["question", "acknowledgement", "rebuttal", "concession", "change_of_subject"], nullable=True)
    pause_before_reply = dy.Float64(nullable=True)  # seconds; negative = cut in; null when not measurable
    reply_seconds = dy.Float64(nullable=True)
    came_back = dy.Bool()  # another objection of the type follows in the call


class NextSteps(Finding):
    """What a named side will do after the call, or a meeting to be held."""

    owner = dy.Enum(OWNERS)
    step_kind = dy.Enum(STEP_KINDS)
    action = dy.String()
    due_text = dy.String(nullable=True)
    due = dy.Date(nullable=True)
    due_granularity = dy.Enum(["day", "week", "month", "quarter"], nullable=True)
    firm = dy.Bool()
    confirmed = dy.Bool()
    confirmation = dy.String(nullable=True)  # quote of the other side's yes
    level = dy.Enum(["intent", "owned", "dated", "accepted", "calendar"])


class Questions(Finding):
    """A question that wants an answer."""

    open = dy.Bool()


class Mentions(Finding):
    """A sentence that a custom tracker means."""

    tracker = dy.String(min_length=1)


class Concerns(dy.Schema):
    """One row a customer utterance that themes are made of."""

    concern_id = dy.String(primary_key=True, regex=r"^[0-9a-f]{12}$")
    call_id = dy.String()
    turn = dy.Int32(min=0)
    kind = dy.Enum(CONCERN_KINDS)
    topic = dy.String(nullable=True)  # what an objection is about, as the reader names it (signals.concerns.TOPICS)
    quote = dy.String(min_length=1)
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)
