"""The tables that stages hand on: columns, types, rules and versions.

Times are seconds from the start of the recording, probabilities and shares lie in [0, 1]. A null says "nobody told us".
Raise a table's version when its columns change meaning: results stored under the old version are then recomputed.
"""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import polars as pl

ROLE_NAMES = ["rep", "customer", "unknown"]
DIRECTIONS = ["inbound", "outbound", "meeting"]
CONSENTS = ["announced", "verbal", "written", "none", "unknown"]
CALL_TYPES = ["cold", "discovery", "demo", "pricing", "follow_up", "closing", "renewal"]
OBJECTION_TYPES = ["price", "timing", "authority", "need", "competitor", "trust", "product", "contract", "brush_off"]
HANDLINGS = ["resolved", "addressed", "ignored"]
STEP_KINDS = ["meeting", "task"]
OWNERS = ["rep", "customer", "both"]


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
    language = dy.String(nullable=True)
    title = dy.String(nullable=True)
    channel_roles = dy.String(nullable=True)  # roles of channels 0, 1 ... joined by commas, e.g. "rep,customer"
    origins = dy.String()  # JSON: field -> sidecar | calls.csv | file name | folder | tags | transcript


class Audio(dy.Schema):
    """One row a call: what was decoded and what was lost."""

    call_id = dy.String(primary_key=True)
    seconds = dy.Float64(min=0)
    expected_seconds = dy.Float64(nullable=True)
    bad_packets = dy.Int32(min=0)
    gap_seconds = dy.Float64(min=0)
    channels = dy.Int32(min=0)  # as recorded; 0 for a ready-made transcript
    sample_rate = dy.Int32(min=0)
    codec = dy.String()
    layout = dy.Enum(["dual", "mono", "transcript"])  # what the checks found: dual = one party a channel
    layout_note = dy.String()  # why two channels were not taken for truth, or empty
    word_timing = dy.Enum(["measured", "interpolated"])  # interpolated: ready-made transcript without word times
    mean_probability = dy.Float64(nullable=True, min=0, max=1)
    dropped_packs = dy.Int32(min=0)  # pieces of speech whose words were not to be trusted
    redactions = dy.Int32(min=0)
    model = dy.String()  # recogniser and digest, or the transcript's format


class Words(dy.Schema):
    """One row a word in time order. `track` is a channel ("0", "1"), a speaker label of a transcript, or "mix"."""

    call_id = dy.String()
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)
    text = dy.String(min_length=1)
    probability = dy.Float64(nullable=True, min=0, max=1)
    track = dy.String()

    @dy.rule()
    def ends_after_start(cls) -> pl.Expr:  # noqa: N805 - dataframely rules are class-level
        """No word ends before it starts."""
        return pl.col("end") >= pl.col("start")


class Speech(dy.Schema):
    """One row a stretch of speech on a track, from voice activity (or the segments of a ready-made transcript)."""

    call_id = dy.String()
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)
    track = dy.String()


class Turns(dy.Schema):
    """One row a turn in time order: what one speaker said until the other took the floor."""

    call_id = dy.String(primary_key=True)
    turn = dy.Int32(primary_key=True, min=0)
    speaker = dy.String()  # track or diarization label
    role = dy.Enum(ROLE_NAMES)
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)
    text = dy.String()
    backchannel = dy.Bool()  # a short "mm-hm" inside the other's floor: not a turn in the metrics
    probability = dy.Float64(nullable=True, min=0, max=1)  # mean over its words


class Talk(dy.Schema):
    """One row a stretch of speech of a speaker, cross-talk removed: what talk time is counted from."""

    call_id = dy.String()
    speaker = dy.String()
    role = dy.Enum(ROLE_NAMES)
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)


class Roles(dy.Schema):
    """One row a call: how the rep was found and how sure that is."""

    call_id = dy.String(primary_key=True)
    method = dy.Enum(["correction", "channel map", "transcript", "voice", "wording", "none"])
    confidence = dy.Float64(min=0, max=1)
    why = dy.String()
    speakers = dy.Int32(min=0)
    split = dy.Enum(["channels", "transcript", "diarization"])
    split_note = dy.String()  # doubts about who said what, or empty


class Voices(dy.Schema):
    """The voice of the rep on a dual-channel call, learnt with the rep's consent; at most one row a call."""

    call_id = dy.String(primary_key=True)
    seconds = dy.Float64(min=0)  # of speech it was learnt from
    vector = dy.List(dy.Float32())  # unit length


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


class Concerns(dy.Schema):
    """One row a customer utterance that themes are made of."""

    concern_id = dy.String(primary_key=True, regex=r"^[0-9a-f]{12}$")
    call_id = dy.String()
    turn = dy.Int32(min=0)
    kind = dy.Enum(["objection", "question", "need"])
    topic = dy.String(nullable=True)  # what an objection is about, as the reader names it (signals.concerns.TOPICS)
    quote = dy.String(min_length=1)
    start = dy.Float64(min=0)
    end = dy.Float64(min=0)


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


class Unused(dy.Schema):
    """Something that could not be used: file, row, what is wrong, what to do. Listed in the report and in `check`."""

    source = dy.String()  # file, relative to the workspace
    row = dy.Int32(nullable=True)  # line in the file, 1 = header
    what = dy.String()
    remedy = dy.String()
    severity = dy.Enum(["set aside", "partly used", "note"])


@dataclass(frozen=True, slots=True)
class Table:
    """A schema with its name and version as written into Parquet metadata."""

    name: str
    version: int
    schema: type[dy.Schema]


SCHEMAS: dict[str, Table] = {
    table.name: table
    for table in (
        Table("calls", 1, Calls),
        Table("audio", 1, Audio),
        Table("words", 1, Words),
        Table("speech", 1, Speech),
        Table("turns", 1, Turns),
        Table("talk", 1, Talk),
        Table("roles", 1, Roles),
        Table("voices", 1, Voices),
        Table("metrics", 1, Metrics),
        Table("objections", 1, Objections),
        Table("next_steps", 1, NextSteps),
        Table("questions", 1, Questions),
        Table("concerns", 2, Concerns),
        Table("embeddings", 1, Embeddings),
        Table("themes", 1, Themes),
        Table("theme_members", 1, ThemeMembers),
        Table("deals", 1, Deals),
        Table("matches", 1, Matches),
        Table("win_rates", 1, WinRates),
        Table("associations", 1, Associations),
        Table("advice", 1, Advice),
        Table("evidence", 1, Evidence),
        Table("unused", 1, Unused),
    )
}


def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Build a table from rows and validate it; missing optional columns become null.

    Raises:
        dataframely.exc.ValidationError: a row breaks a rule of the schema.
    """
    schema = SCHEMAS[name].schema
    if not rows:
        return schema.create_empty()
    columns = {column: [row.get(column) for row in rows] for column in schema.column_names()}
    return schema.validate(pl.DataFrame(columns, strict=False, infer_schema_length=None), cast=True)
