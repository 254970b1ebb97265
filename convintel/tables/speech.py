"""Tables of one call up to its turns: what was decoded, which words, who spoke when."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from convintel.tables.names import ROLE_NAMES


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
