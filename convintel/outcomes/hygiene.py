"""What in the pipeline wants a look: quiet deals, promises no recording shows, gaps between calls and deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from convintel.outcomes.follow_through import with_day
from convintel.settings import Outcomes, Settings
from convintel.tables import frame
from convintel.tables.names import HYGIENE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convintel.recordings.roster import Rep

Row = dict[str, Any]


def hygiene(
    calls: pl.DataFrame,
    matches: pl.DataFrame,
    deals: pl.DataFrame,
    promises: pl.DataFrame,
    *,
    reps: Sequence[Rep],
    as_of: date,
    settings: Settings,
) -> pl.DataFrame:
    """Return the `hygiene` frame as of a day, by kind, oldest first.

    Args:
        calls: the `calls` frame.
        matches: the `matches` frame.
        deals: the `deals` frame as known on `as_of`.
        promises: the `follow_through` frame.
        reps: the roster.
        as_of: the last day that counts.
        settings: all settings; `outcomes` and `matching` are read.
    """
    rules = settings.outcomes
    known = with_day(calls, matches).filter(pl.col("day") <= as_of)
    state = _deal_state(deals, known, matches, promises, as_of)
    rows = [
        *_quiet(state, as_of, rules),
        *_not_kept(promises),
        *_overdue(state, as_of),
        *_impossible(deals, known, reps, as_of, settings),
        *_uncalled(state, as_of, rules),
        *(_dealless(known, matches, as_of, rules) if deals.height else ()),
    ]
    order = {kind: place for place, kind in enumerate(HYGIENE)}
    rows.sort(key=lambda row: (order[row["kind"]], str(row.get("day")), row["deal_id"], row["call_id"]))
    return frame("hygiene", rows)


def _item(kind: str, what: str, remedy: str, *, deal: str = "", call: str = "", **more: object) -> Row:
    return {"kind": kind, "deal_id": deal, "call_id": call, "what": what, "remedy": remedy, **more}


def _deal_state(
    deals: pl.DataFrame, known: pl.DataFrame, matches: pl.DataFrame, promises: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """Return the deals with their last call, how many there are, and whether a dated step is still to come."""
    called = known.drop_nulls("deal_id").group_by("deal_id").agg(last=pl.col("day").max(), calls=pl.len())
    doubtful = matches.filter(pl.col("status").cast(pl.String) == "ambiguous")["candidates"].str.split(";").explode()
    coming = promises.filter(pl.col("status").cast(pl.String) == "open")["deal_id"].drop_nulls()
    return (
        deals.filter(pl.col("created").is_null() | (pl.col("created") <= as_of))
        .join(called, on="deal_id", how="left")
        .with_columns(
            outcome=pl.col("outcome").cast(pl.String),
            coming=pl.col("deal_id").is_in(coming.to_list()),
            doubtful=pl.col("deal_id").is_in(doubtful.drop_nulls().to_list()),
        )
        .sort("deal_id")
    )


def _quiet(state: pl.DataFrame, as_of: date, rules: Outcomes) -> Iterator[Row]:
    limit = as_of - timedelta(days=rules.quiet_days)
    found = state.filter((pl.col("outcome") == "open") & (pl.col("last") < limit) & ~pl.col("coming"))
    for deal in found.iter_rows(named=True):
        days = (as_of - deal["last"]).days
        yield _item(
            "gone quiet",
            f"{_name(deal)}: the last call was {days} days ago and no dated step is to come",
            "agree a next step with a date, or close the deal",
            deal=deal["deal_id"],
            rep=deal["owner"],
            day=deal["last"],
            days=days,
        )


def _not_kept(promises: pl.DataFrame) -> Iterator[Row]:
    """Yield one row a call: the promise of it that is longest overdue."""
    found = promises.filter(pl.col("status").cast(pl.String) == "not seen").sort("due", "finding_id")
    for step in found.unique("call_id", keep="first", maintain_order=True).iter_rows(named=True):
        yield _item(
            "step not kept",
            f"promised for {step['due']}: {step['action']}; {step['note']}",
            "do it or say so to the customer; if it was done, nothing is missing",
            deal=step["deal_id"] or "",
            call=step["call_id"],
            rep=step["rep"],
            day=step["due"],
            days=step["days_late"],
        )


def _overdue(state: pl.DataFrame, as_of: date) -> Iterator[Row]:
    for deal in state.filter((pl.col("outcome") == "open") & (pl.col("closed") < as_of)).iter_rows(named=True):
        yield _item(
            "close date passed",
            f"{_name(deal)}: still open, expected to close on {deal['closed']}",
            "set a new close date in the CRM, or close the deal",
            deal=deal["deal_id"],
            rep=deal["owner"],
            day=deal["closed"],
            days=(as_of - deal["closed"]).days,
        )


def _impossible(
    deals: pl.DataFrame, known: pl.DataFrame, reps: Sequence[Rep], as_of: date, settings: Settings
) -> Iterator[Row]:
    before = timedelta(days=settings.matching.days_before_created)
    after = timedelta(days=settings.matching.days_after_closed)
    started = {rep.email: rep.started_at for rep in reps if rep.started_at}
    first = as_of - timedelta(days=settings.outcomes.look_back_days)
    facts = deals.select("deal_id", "created", "closed", over=pl.col("outcome").cast(pl.String) != "open")
    for call in known.filter(pl.col("day") >= first).join(facts, on="deal_id", how="left").iter_rows(named=True):
        for what, remedy in _contradictions(call, started, before, after):
            yield _item(
                "impossible date", what, remedy, deal=call["deal_id"] or "", call=call["call_id"], rep=call["rep"],
                day=call["day"],
            )  # fmt: skip


def _contradictions(
    call: Row, started: Mapping[str, date], before: timedelta, after: timedelta
) -> list[tuple[str, str]]:
    """Return at most one thing that cannot be: the first of the list."""
    day, found = call["day"], []
    if call["created"] and day < call["created"] - before:
        found.append(
            (f"call on {day}, but deal {call['deal_id']} was created on {call['created']}", "check deal id and dates")
        )
    if call["over"] and call["closed"] and day > call["closed"] + after:
        found.append(
            (f"call on {day}, but deal {call['deal_id']} closed on {call['closed']}", "check deal id and dates")
        )
    if call["rep"] in started and day < started[call["rep"]]:
        found.append(
            (f"call on {day}, but {call['rep']} started on {started[call['rep']]}", "check the rep and reps.csv")
        )
    return found[:1]


def _uncalled(state: pl.DataFrame, as_of: date, rules: Outcomes) -> Iterator[Row]:
    """Yield deals without a call: open ones older than `quiet_days`, closed ones of the look-back."""
    young = as_of - timedelta(days=rules.quiet_days)
    first = as_of - timedelta(days=rules.look_back_days)
    waiting = (pl.col("outcome") == "open") & (pl.col("created") < young)
    closed = (pl.col("outcome") != "open") & (pl.col("closed") >= first)
    found = state.filter(pl.col("calls").is_null() & ~pl.col("doubtful") & (waiting | closed))
    for deal in found.iter_rows(named=True):
        state_of = "open" if deal["outcome"] == "open" else f"{deal['outcome']} on {deal['closed']}"
        yield _item(
            "deal without calls",
            f"{_name(deal)}: {state_of}, and no recorded call belongs to it",
            "record the calls, or state the deal id with them",
            deal=deal["deal_id"],
            rep=deal["owner"],
            day=deal["created"],
            days=None if deal["created"] is None else (as_of - deal["created"]).days,
        )


def _dealless(known: pl.DataFrame, matches: pl.DataFrame, as_of: date, rules: Outcomes) -> Iterator[Row]:
    first = as_of - timedelta(days=rules.look_back_days)
    open_calls = matches.filter(pl.col("status").cast(pl.String) != "matched").select("call_id", "reason")
    for call in known.filter(pl.col("day") >= first).join(open_calls, on="call_id").iter_rows(named=True):
        yield _item(
            "call without deal",
            f"call on {call['day']}: {call['reason']}",
            "state the deal id in the sidecar or calls.csv, or add the contact to the deal",
            call=call["call_id"],
            rep=call["rep"],
            day=call["day"],
        )


def _name(deal: Row) -> str:
    return str(deal["name"] or deal["account"] or deal["deal_id"])
