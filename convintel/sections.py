"""The sections of convintel.toml: what each setting means, its default, and the measurement that chose it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, SecretStr, field_validator, model_validator

from convintel.section import Section

PATTERN_GROUPS = frozenset({"date", "time", "utc", "rep", "customer", "account", "deal_id", "direction", "title"})
"""Groups that a file name pattern may have; `utc` (whatever it matches) says that the time is in UTC."""


ChannelMap = tuple[Literal["rep", "customer"], Literal["rep", "customer"]]


class Company(Section):
    """Whose calls these are."""

    name: str = Field("", description="Your company's name as reps say it; helps to tell rep from customer.")
    timezone: str = Field(
        "UTC", description="Where the clocks of your files and of the weekly schedule stand, e.g. Europe/Madrid."
    )
    language: str = Field(
        "en", description="Language of the calls (objections and next steps are read in English only)."
    )
    vocabulary: tuple[str, ...] = Field(
        (), description="Names and terms the recogniser should know, at most 40.", max_length=40
    )
    country: str = Field(
        "US", description="Default region of phone numbers without a country code.", min_length=2, max_length=2
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"'{value}' is not an IANA time zone such as Europe/Madrid") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


class Recordings(Section):
    """How files in the inbox are found and described."""

    date_format: str = Field("%Y-%m-%d %H:%M", description="How calls.csv writes times that are not ISO 8601.")
    name_patterns: tuple[str, ...] = Field(
        (),
        description="Regular expressions with named groups (date, time, rep, customer, account, deal_id, direction), "
        "tried before the built-in ones.",
    )
    channels: ChannelMap | None = Field(
        None, description='Who is on the left and right channel, e.g. ["rep", "customer"]; unset: found from the words.'
    )
    channel_maps: dict[str, ChannelMap] = Field(
        default_factory=dict,
        description='The same for a folder of the inbox, which one recorder fills: {"dialer" = ["customer", "rep"]}.',
    )
    settle_seconds: float = Field(
        30.0,
        ge=0,
        description="A file is taken when it has not changed for so long, or has a .done beside it (schedules only).",
    )

    @field_validator("name_patterns")
    @classmethod
    def _usable_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                groups = set(re.compile(pattern).groupindex)
            except re.error as error:
                raise ValueError(f"'{pattern}' is not a regular expression: {error}") from error
            if not groups or groups - PATTERN_GROUPS:
                raise ValueError(f"'{pattern}' must have named groups, only of {', '.join(sorted(PATTERN_GROUPS))}")
        return value


class Speech(Section):
    """Recognition and voice activity."""

    model: str = Field("whisper-base", description="A name in models.toml, or any faster-whisper model name or folder.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="Where words are recognised: on the GPUs that CTranslate2 finds, else on the CPU. One process a "
        "GPU does it for all workers, in batches across calls; not measured on a GPU.",
    )
    compute_type: str = Field("auto", description="CTranslate2 type; auto = int8 on a CPU, float16 on a GPU.")
    vad_threshold: float = Field(
        0.4,
        gt=0,
        lt=1,
        description="Probability of speech from which a frame counts; on two telephone calls 0.2 to 0.4 keep "
        "talk share within 1 point, 0.5 within 2; with noise 15 dB below 0.3 has 10 % false speech, 0.4 4 %.",
    )
    confirm_threshold: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="A second detector must reach this within a stretch, else it is music, ringing or noise.",
    )
    pack_seconds: float = Field(
        20.0,
        gt=5,
        le=29.5,
        description="Speech is packed to windows below Whisper's 30 s; 20 costs a quarter less than 29, errors alike.",
    )
    max_compression_ratio: float = Field(2.4, description="Above: a repetition loop (Whisper paper, section 4.5).")
    min_mean_logprob: float = Field(
        -1.0, description="Below: the words are not to be trusted (Whisper paper, section 4.5)."
    )


class Turns(Section):
    """From words to turns and roles."""

    turn_gap: float = Field(
        3.0, gt=0, description="Seconds of silence after which the same speaker starts a new turn (AWS PCA: 3.0)."
    )
    backchannel_seconds: float = Field(
        1.0, ge=0, description="Utterances up to this length inside the other's floor are back-channels."
    )
    min_role_confidence: float = Field(
        0.65, ge=0.5, le=1, description="Below: nobody is called the rep and role metrics are withheld."
    )
    duplicate_correlation: float = Field(
        0.95, gt=0, le=1, description="Channels that correlate more than this are one channel copied."
    )


class Signals(Section):
    """Objections, next steps and the metrics of talk."""

    heads: str = Field(
        "reader", description="Trained heads: `reader`, or a folder written by `convintel models train`."
    )
    objection_threshold: float | None = Field(
        0.5,
        ge=0,
        le=1,
        description="Score from which a turn counts. 0.5: on three labelled sets 85, 80 and 91 % of what it shows is "
        "right and 65, 74 and 74 % is found; 0.33: 81, 67, 87 % right, 70, 85, 83 % found; unset: the head's own.",
    )
    concern_threshold: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Objections from this score feed themes, where several calls must agree before anything is shown.",
    )
    next_step_threshold: float | None = Field(
        0.25,
        ge=0,
        le=1,
        description="As above, for next steps: 93, 93 and 87 % right, 82, 88 and 91 % found.",
    )
    tracker_encoder: str = Field(
        "",
        description="What reads sentences for custom trackers: empty = the reader itself; or the folder of a "
        "sentence-transformers model, or a name of `convintel models list`. On five concepts all-mpnet-base-v2 is more "
        "precise (docs/signals.md), and slower: 20 sentences a second and core.",
    )
    interruption_seconds: float = Field(
        0.5, gt=0, description="Overlap from which taking the floor counts as an interruption."
    )


class Tracker(Section):
    """A concept of your own, found in every call."""

    name: str = Field(min_length=1, max_length=60, description="What it is called on the pages.")
    examples: tuple[str, ...] = Field(
        min_length=4, max_length=64, description="Sentences that mean it, 8 to 16 are best, in different words."
    )
    counter_examples: tuple[str, ...] = Field(
        (), max_length=64, description="Sentences on the same words that do not mean it."
    )
    said_by: Literal["customer", "rep", "anyone"] = Field("anyone", description="Whose sentences count.")
    questions_only: bool = Field(False, description="Count only sentences that ask.")
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Score from which a sentence counts; see `convintel evaluate trackers`."
    )


class Themes(Section):
    """Groups of customer concerns."""

    encoder: str = Field(
        "minilm", description="A name in models.toml, or any sentence-transformers model name or folder."
    )
    neighbours: int = Field(
        15, ge=2, description="Edges per utterance in the similarity graph at most; small sets use fewer."
    )
    min_size: int = Field(4, ge=2, description="Smaller groups stay unnamed.")
    join_similarity: float = Field(
        0.6, gt=0, lt=1, description="Cosine to a theme's centre from which a new utterance joins it."
    )
    keep_similarity: float = Field(
        0.35,
        ge=0,
        lt=1,
        description="Cosine to its own group's centre below which an utterance is left out (1 % of labelled ones).",
    )
    coherence: float = Field(
        0.22,
        ge=0,
        lt=1,
        description="Mean cosine between members below which a group is none: labelled groups of short utterances have "
        "0.28 to 0.8; of ten groups of objections in the samples those that made sense had 0.23 to 0.37.",
    )
    min_calls: int = Field(3, ge=1, description="A theme is shown from so many calls: what one customer says is none.")
    past_weeks: int = Field(8, ge=1, description="The weeks before that this week is compared with.")
    seed: int = 7


class Crm(Section):
    """Where deals come from."""

    kind: Literal["auto", "salesforce", "hubspot", "pipedrive", "convintel"] = "auto"
    date_format: str = Field(
        "%m/%d/%Y", description="How the export writes dates; declared, never guessed (ISO is always read)."
    )
    decimal: Literal[".", ","] = Field(".", description="The decimal mark of amounts.")
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Own column names: field -> headers.")
    won_stages: tuple[str, ...] = (
        *("Closed Won", "closedwon", "Won", "Geschlossen und gewonnen", "Abgeschlossen und gewonnen", "Gewonnen"),
        *("Cerrada ganada", "Cerrado ganado", "Ganada", "Ganado", "Fermée gagnée", "Fermé gagné", "Gagnée", "Gagné"),
        *("Chiusa acquisita", "Vinto", "Fechado ganho", "Ganho"),
    )
    lost_stages: tuple[str, ...] = (
        *("Closed Lost", "closedlost", "Lost", "Geschlossen und verloren", "Abgeschlossen und verloren", "Verloren"),
        *(
            "Cerrada perdida",
            "Cerrado perdido",
            "Perdida",
            "Perdido",
            "Fermée perdue",
            "Fermé perdu",
            "Perdue",
            "Perdu",
        ),
        *("Chiusa persa", "Perso", "Fechado perdido"),
    )


class Matching(Section):
    """Which deal a call belongs to."""

    days_before_created: int = Field(14, ge=0, description="A call may be so many days older than its deal.")
    days_after_closed: int = Field(14, ge=0, description="... or so many days younger than the deal's close.")
    account_similarity: float = Field(
        92.0, ge=50, le=100, description="rapidfuzz ratio from which account names are the same."
    )
    free_mail: tuple[str, ...] = Field(
        (), description="Mail domains beyond the built-in list that many companies share."
    )


class Outcomes(Section):
    """Honest statistics."""

    interval: float = Field(0.90, gt=0.5, lt=1, description="Width of every interval.")
    min_closed_deals: int = Field(5, ge=1, description="Fewer closed deals: no win rate for a rep.")
    min_deals_association: int = Field(
        20, ge=4, description="Fewer closed deals with calls: behaviours are not compared with outcomes."
    )
    landmark_calls: int = Field(
        3, ge=1, description="Behaviours are read from a deal's first calls only, so that long deals do not weigh more."
    )
    lag_days: int = Field(
        0, ge=0, description="Calls so few days before the close date are not read either; 7 shows if it matters."
    )
    min_deals_mixed: int = Field(
        300, ge=60, description="From so many closed deals with calls a mixed model stands beside the comparison ..."
    )
    min_reps_mixed: int = Field(10, ge=3, description="... if they are of so many reps.")
    promise: float = Field(
        0.10, gt=0, lt=1, description="Share of false ones among behaviours called associated (Benjamini-Hochberg)."
    )
    permutations: int = Field(4999, ge=99)
    quiet_days: int = Field(
        21, ge=1, description="An open deal without a call or a dated step to come for so many days has gone quiet."
    )
    grace_days: int = Field(3, ge=0, description="A promised step may be so many days late before it is listed.")
    look_back_days: int = Field(90, ge=1, description="How old calls, promises and closed deals may be to be listed.")
    ramp_months: int = Field(6, ge=1, le=24, description="So long a rep is new and compared with earlier ones.")
    min_earlier_reps: int = Field(3, ge=2, description="Fewer earlier reps: a new one is not compared with them.")
    seed: int = 7


class Coaching(Section):
    """What a rep's page says."""

    past_weeks: int = Field(8, ge=1, description="How far back a rep's own past reaches.")
    min_calls: int = Field(3, ge=1, description="Fewer usable calls (this week and past together): no priorities.")
    max_priorities: int = Field(2, ge=1, le=2, description="Fewer is better (Luo et al. 2021).")
    min_gap: float = Field(
        0.25, ge=0, description="Smaller gaps, in standard deviations between calls, are no priority."
    )


class Report(Section):
    """The pages."""

    title: str = "Sales conversations"
    audio: bool = Field(True, description="Link the recordings from the pages (relative paths).")
    pdf: bool = Field(False, description="Print each rep's page as PDF too, with a Chromium that is on the machine.")
    browser: str = Field("", description="That Chromium: a command or path; empty: the first that is found.")
    redo_weeks: int = Field(
        8, ge=0, description="A run writes stale reports of so many past weeks anew; older ones only with --week."
    )


class Delivery(Section):
    """Who gets which page, by Apprise URLs (mailtos://, slack://, msteams:// ...); empty: nothing is sent."""

    managers: tuple[SecretStr, ...] = Field((), description="Apprise URLs that get the team page.")
    reps: SecretStr | None = Field(
        None,
        description="Apprise URL with {email} in it; each rep gets the own page only, and only in weeks with calls.",
    )
    rep_urls: dict[str, tuple[SecretStr, ...]] = Field(
        default_factory=dict, description="Other addresses of single reps: e-mail -> Apprise URLs, instead of `reps`."
    )
    attach: bool = Field(True, description="Attach the page as one HTML file.")
    quotes: bool = Field(False, description="Whether attached pages show what was said; messages never do.")
    link: str = Field(
        "", description="Where reports/ is served, for a link in the message, e.g. https://intranet/calls."
    )
    failures: tuple[SecretStr, ...] = Field(
        (), description="Apprise URLs that hear when a scheduled run fails; never with what was said or by whom."
    )
    scheduled: bool = Field(True, description="Send after the weekly schedule; otherwise only `convintel send` does.")

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to send to."""
        return bool(self.managers or self.reps or self.rep_urls)


class Run(Section):
    """How work is done."""

    workers: int = Field(0, ge=0, description="Worker processes, so calls in hand at once; 0 = one per core.")
    call_minutes: float = Field(
        30.0, gt=0, description="A call is given up after so many minutes and 30 times its own length."
    )
    runner: Literal["local", "dask"] = Field(
        "local", description="Where new calls are processed: on this machine, or on a Dask cluster (docs/cluster.md)."
    )
    scheduler: str = Field("", description="Address of the cluster's scheduler, e.g. tcp://10.0.0.5:8786.")
    shard_calls: int = Field(
        16, ge=1, description="A machine of the cluster takes so many calls at once; it works `workers` at a time."
    )
    share: str = Field(
        "",
        description="Address of an object store, e.g. s3://bucket/acme, by which the cluster's machines get recordings "
        "and give results; empty: they share the workspace's folder. Credentials stand in the environment.",
    )
    schedule_inbox: str = Field("*/5 * * * *", description="Cron of the inbox flow.")
    schedule_weekly: str = Field("0 6 * * 1", description="Cron of the weekly flow, in the company's time zone.")

    @field_validator("schedule_inbox", "schedule_weekly")
    @classmethod
    def _is_cron(cls, value: str) -> str:
        try:
            CronSim(value, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(f"'{value}' is not a cron line such as 0 6 * * 1: {error}") from error
        return value

    @field_validator("share")
    @classmethod
    def _is_address(cls, value: str) -> str:
        told = urlsplit(value)
        if value and not (told.scheme and "://" in value):
            raise ValueError(f"'{value}' is no address such as s3://bucket/acme")
        if "@" in told.netloc:
            raise ValueError("credentials belong into the environment (docs/cluster.md), not into an address")
        return value

    @model_validator(mode="after")
    def _has_scheduler(self) -> Run:
        if self.runner == "dask" and not self.scheduler:
            raise ValueError('runner = "dask" needs scheduler, such as tcp://10.0.0.5:8786')
        return self
