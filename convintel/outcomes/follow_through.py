"""Whether what our side promised on a call was done, as far as recorded calls can show it.

A meeting is kept when a call of the same deal (or, without a deal, the same customer) is held about its day. A task
such as "I'll send the offer" leaves no trace in recordings: with a later call nobody can tell whether it was done,
without one nothing of it is to be seen. Neither is called broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from convintel.settings import Outcomes, Settings
from convintel.tables import frame

Row = dict[str, Any]


def follow_through(
    calls: pl.DataFrame, matches: pl.DataFrame, next_steps: pl.DataFrame, *, as_of: date, settings: Settings
) -> pl.DataFrame:
    """Return the `follow_through` frame: dated promises of our side made up to `look_back_days` before `as_of`."""
    rules = settings.outcomes
    known = with_day(calls, matches)
    first = as_of - timedelta(days=rules.look_back_days)
    by_customer = _by_customer(known)
    promised = (
        next_steps.filter(pl.col("owner").cast(pl.String).is_in(["rep", "both"]) & pl.col("due").is_not_null())
        .join(known, on="call_id")
        .filter(pl.col("day").is_between(first, as_of))
        .unique(["call_id", "step_kind", "action", "due"], keep="first", maintain_order=True)
        .sort("day", "call_id", "start")
    )
    rows = [_row(step, by_customer, as_of, rules) for step in promised.iter_rows(named=True)]
    return frame("follow_through", rows)


def with_day(calls: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Return dated calls with their local day, their matched deal and `customer`: what tells whose call it is."""
    local = pl.col("started_at").dt.replace_time_zone(None) + pl.duration(minutes=pl.col("utc_offset_min").fill_null(0))
    deal = matches.filter(pl.col("status").cast(pl.String) == "matched").select("call_id", matched="deal_id")
    return (
        calls.join(deal, on="call_id", how="left")
        .select(
            "call_id",
            "rep",
            pl.col("matched").alias("deal_id"),
            day=local.dt.date(),
            started_at="started_at",
            customer=pl.coalesce(
                pl.format("deal {}", "matched"),
                pl.col("customer_email").str.to_lowercase(),
                "customer_phone",
                pl.col("account").str.to_lowercase(),
            ),
        )
        .drop_nulls("day")
        .sort("started_at", "call_id")
    )


def _by_customer(known: pl.DataFrame) -> dict[str, list[tuple[date, str]]]:
    found: dict[str, list[tuple[date, str]]] = {}
    for customer, day, call_id in known.drop_nulls("customer").select("customer", "day", "call_id").iter_rows():
        found.setdefault(customer, []).append((day, call_id))
    return found


def last_due(step: Row) -> date:
    """Return the last day of the stretch a step names: its day, or the end of its week, month or quarter."""
    due: date = step["due"]
    if step["due_granularity"] == "week":
        return due + timedelta(days=6 - due.weekday())
    if step["due_granularity"] in ("month", "quarter"):
        month = due.month if step["due_granularity"] == "month" else (due.month + 2) // 3 * 3
        following = date(due.year + month // 12, month % 12 + 1, 1)
        return following - timedelta(days=1)
    return due


def _row(step: Row, by_customer: Mapping[str, Sequence[tuple[date, str]]], as_of: date, rules: Outcomes) -> Row:
    due = last_due(step)
    later = [
        (day, call_id)
        for day, call_id in by_customer.get(step["customer"] or "", ())
        if step["day"] < day <= as_of and call_id != step["call_id"]
    ]
    return {
        **{name: step[name] for name in ("finding_id", "call_id", "deal_id", "rep", "owner", "step_kind", "action")},
        "made": step["day"],
        "due": due,
        **(_meeting if step["step_kind"] == "meeting" else _task)(step, due, later, as_of, rules),
    }


def _meeting(step: Row, due: date, later: Sequence[tuple[date, str]], as_of: date, rules: Outcomes) -> Row:
    grace = timedelta(days=rules.grace_days)
    if not step["customer"]:
        return {"status": "cannot tell", "note": "nothing says whose call it was, so no later one can be found"}
    held = next(((day, call_id) for day, call_id in later if day >= step["due"] - grace), None)
    if held is not None and held[0] <= due + grace:
        late = max((held[0] - due).days, 0)
        return {"status": "kept", "kept_call_id": held[1], "days_late": late, "note": f"a call was held on {held[0]}"}
    if held is not None:
        late = (held[0] - due).days
        return {
            **{"status": "late", "kept_call_id": held[1], "days_late": late},
            "note": f"the next call was held on {held[0]}, {late} days later",
        }
    return _unseen(due, as_of, rules, "no call with the customer is recorded since")


def _task(step: Row, due: date, later: Sequence[tuple[date, str]], as_of: date, rules: Outcomes) -> Row:
    if not step["customer"]:
        return {"status": "cannot tell", "note": "nothing says whose call it was, so no later one can be found"}
    if later:
        return {"status": "cannot tell", "note": f"what is done outside calls is not recorded; next call {later[0][0]}"}
    return _unseen(due, as_of, rules, "no call with the customer is recorded since; an e-mail would not show here")


def _unseen(due: date, as_of: date, rules: Outcomes, note: str) -> Row:
    if as_of <= due + timedelta(days=rules.grace_days):
        return {"status": "open", "note": "not due yet" if as_of <= due else f"due {due}; a few days' grace"}
    return {"status": "not seen", "days_late": (as_of - due).days, "note": note}
