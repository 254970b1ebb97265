"""Tables of what customers come back to: themes, their members, what happened to them, how they stand to outcomes."""

from __future__ import annotations

import dataframely as dy

from convintel.tables.names import CONCERN_KINDS, THEME_EVENTS


class Embeddings(dy.Schema):
    """One row a concern's text with its unit vector."""

    call_id = dy.String()
    text = dy.String(min_length=1)  # what is embedded: topic and quote without fillers
    vector = dy.List(dy.Float32())  # unit length


class Themes(dy.Schema):
    """One row a theme; the id keeps its meaning from week to week."""

    theme_id = dy.String(primary_key=True, regex=r"^T\d{4,}$")  # T0001, T0002 ... in order of appearance
    kind = dy.Enum(CONCERN_KINDS)  # of all members: objections, questions, needs and praise are grouped apart
    label = dy.String(min_length=1)  # the user's name for it, else the one it was given
    given_label = dy.String(min_length=1)  # the name it was given when it appeared; what themes.csv repeats
    shown = dy.Enum(["pinned", "shown", "small", "hidden"])  # small: fewer calls than themes.min_calls
    quote = dy.String()  # the most typical member, verbatim
    quote_call_id = dy.String()  # where it was said
    quote_start = dy.Float64()  # second
    quote_end = dy.Float64()  # second
    members = dy.Int32(min=1)  # utterances
    calls = dy.Int32(min=1)  # calls with a member
    deals = dy.Int32(min=0)  # matched deals with a member
    reps = dy.Int32(min=0)  # reps on whose calls it came up
    calls_this_week = dy.Int32(min=0)  # calls of the week with a member
    of_calls_this_week = dy.Int32(min=0)  # all calls of the week
    calls_weeks_before = dy.Float64(min=0)  # mean calls a week with a member over the weeks before
    calls_before = dy.Int32(min=0)  # calls of the weeks before with a member
    of_calls_before = dy.Int32(min=0)  # all calls of the weeks before
    change = dy.Float64(nullable=True)  # share of calls this week minus share in the weeks before
    change_low = dy.Float64(nullable=True)  # interval of the change (Newcombe's)
    change_high = dy.Float64(nullable=True)  # width as outcomes.interval says
    first_week = dy.String(nullable=True)  # of the oldest member's call
    last_week = dy.String(nullable=True)  # of the newest


class ThemeMembers(dy.Schema):
    """Which concern belongs to which theme; null theme = left out."""

    concern_id = dy.String(primary_key=True)  # in concerns
    call_id = dy.String()
    theme_id = dy.String(nullable=True)  # the one it counts for, merges of themes.csv followed
    similarity = dy.Float64()  # cosine to the theme's centre; to the nearest one when left out


class ThemeEvents(dy.Schema):
    """What happened to a theme in which week; the report tells those of its week."""

    week = dy.String(primary_key=True)
    kind = dy.Enum(THEME_EVENTS, primary_key=True)
    theme_id = dy.String(primary_key=True)  # the one that keeps its id: appeared, split from, merged into
    other_id = dy.String(primary_key=True)  # the part that got a new id, or the theme that ended; "" when it appeared
    members = dy.Int32(min=0)  # utterances of the new theme, of the part that left, or of the theme that ended
    note = dy.String()  # in words


class ThemeOutcomes(dy.Schema):
    """One row a theme: how often it came up in deals won and lost; first calls before the close date only."""

    theme_id = dy.String(primary_key=True)  # in themes
    won = dy.Int32(min=0)  # won deals with the theme
    of_won = dy.Int32(min=0)  # won deals with calls that count
    lost = dy.Int32(min=0)  # lost deals with the theme
    of_lost = dy.Int32(min=0)  # lost deals with calls that count
    won_share = dy.Float64(nullable=True, min=0, max=1)  # won / of_won; null with too few deals
    won_low = dy.Float64(nullable=True, min=0, max=1)  # interval (Jeffreys')
    won_high = dy.Float64(nullable=True, min=0, max=1)
    lost_share = dy.Float64(nullable=True, min=0, max=1)  # lost / of_lost
    lost_low = dy.Float64(nullable=True, min=0, max=1)
    lost_high = dy.Float64(nullable=True, min=0, max=1)
    difference = dy.Float64(nullable=True)  # share in won minus share in lost deals, within reps and segments
    low = dy.Float64(nullable=True)  # interval of the difference
    high = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)  # permutation within reps and segments
    q_value = dy.Float64(nullable=True, min=0, max=1)  # Benjamini-Hochberg over the themes tested
    note = dy.String()  # in words
