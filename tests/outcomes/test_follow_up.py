"""Promises kept or not, pipeline hygiene, and how new reps come in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pytest

from convintel.outcomes import follow_through, hygiene, ramp
from convintel.recordings.roster import Rep
from convintel.settings import Outcomes, Settings
from convintel.tables import frame

ANA = Rep("ana@seller.example", "Ana", started_at=date(2025, 1, 1))
TODAY = date(2026, 11, 1)
SETTINGS = Settings()


def calls_on(*days, deal="D1", **known):
    rows = [
        {
            "call_id": f"{number:016x}",
            "path": "x",
            "kind": "recording",
            "started_at": datetime.combine(day, time(15), UTC),
            "rep": ANA.email,
            "consent": "unknown",
            "origins": "{}",
            **known,
        }
        for number, day in enumerate(days)
    ]
    status = "unmatched" if deal is None else "matched"
    matches = [
        {"call_id": row["call_id"], "deal_id": deal, "status": status, "reason": "no deal has it", "candidates": ""}
        for row in rows
    ]
    return frame("calls", rows), frame("matches", matches)


def a_step(due, *, call=0, kind="meeting", granularity="day", owner="rep", **more):
    return {
        "finding_id": f"{call:012x}",
        "call_id": f"{call:016x}",
        "turn": 1,
        "role": "rep",
        "quote": "I'll call you Thursday.",
        "start": 1.0,
        "end": 2.0,
        "score": 0.9,
        "threshold": 0.5,
        "rule": "x",
        "owner": owner,
        "step_kind": kind,
        "action": "call back",
        "due": due,
        "due_granularity": granularity,
        "firm": True,
        "confirmed": True,
        "level": "accepted",
        **more,
    }


def status(calls, *steps, as_of=TODAY):
    table = follow_through(*calls, frame("next_steps", list(steps)), as_of=as_of, settings=SETTINGS)
    return table.row(0, named=True) if table.height else None


MADE = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("held", "due", "found", "late"),
    [
        (date(2026, 10, 8), date(2026, 10, 8), "kept", 0),
        (date(2026, 10, 10), date(2026, 10, 8), "kept", 2),
        (date(2026, 10, 6), date(2026, 10, 8), "kept", 0),
        (date(2026, 10, 20), date(2026, 10, 8), "late", 12),
        (date(2026, 10, 2), date(2026, 10, 8), "not seen", 24),  # a call in between is another one
        (None, date(2026, 10, 8), "not seen", 24),
        (None, date(2026, 10, 30), "open", None),
        (None, date(2026, 11, 9), "open", None),
    ],
)
def test_a_meeting_is_kept_when_a_call_is_held_about_its_day(held, due, found, late):
    row = status(calls_on(MADE, *([held] if held else [])), a_step(due))
    assert (row["status"], row["days_late"]) == (found, late)
    assert (row["kept_call_id"] is not None) == (found in ("kept", "late"))


def test_what_is_done_outside_calls_cannot_be_told():
    task = a_step(date(2026, 10, 8), kind="task")
    assert status(calls_on(MADE, date(2026, 10, 12)), task)["status"] == "cannot tell"
    alone = status(calls_on(MADE), task)
    assert alone["status"] == "not seen"
    assert "an e-mail would not show here" in alone["note"]


def test_a_week_or_month_is_over_on_its_last_day():
    assert status(calls_on(MADE), a_step(date(2026, 10, 26), granularity="week"))["due"] == date(2026, 11, 1)
    assert status(calls_on(MADE), a_step(date(2026, 12, 10), granularity="month"))["due"] == date(2026, 12, 31)
    assert status(calls_on(MADE), a_step(date(2026, 10, 3), granularity="quarter"))["due"] == date(2026, 12, 31)


def test_without_a_deal_the_customer_tells_which_calls_belong_together():
    one = calls_on(MADE, date(2026, 10, 8), deal=None, customer_email="Pat@acme.example")
    assert status(one, a_step(date(2026, 10, 8)))["status"] == "kept"
    nobody = calls_on(MADE, date(2026, 10, 8), deal=None)
    assert status(nobody, a_step(date(2026, 10, 8)))["status"] == "cannot tell"


def test_the_customers_promises_undated_and_old_ones_are_not_followed():
    calls = calls_on(MADE, date(2026, 6, 1))
    assert status(calls, a_step(date(2026, 10, 8), owner="customer")) is None
    assert status(calls, a_step(None, granularity=None)) is None
    assert status(calls, a_step(date(2026, 6, 8), call=1)) is None


def a_deal(deal_id="D1", **known):
    row = {"deal_id": deal_id, "name": f"Deal {deal_id}", "stage": "Demo", "outcome": "open", "owner": ANA.email}
    return {**row, "created": date(2026, 9, 1), "closed": date(2026, 12, 1), **known}


def found(calls, *deals, steps=(), reps=(ANA,)):
    promises = follow_through(*calls, frame("next_steps", list(steps)), as_of=TODAY, settings=SETTINGS)
    table = hygiene(*calls, frame("deals", list(deals)), promises, reps=reps, as_of=TODAY, settings=SETTINGS)
    return {row["kind"]: row for row in table.to_dicts()}


def test_an_open_deal_goes_quiet_after_three_weeks():
    row = found(calls_on(date(2026, 10, 2)), a_deal())["gone quiet"]
    assert (row["deal_id"], row["days"], row["rep"]) == ("D1", 30, ANA.email)
    assert "gone quiet" not in found(calls_on(date(2026, 10, 20)), a_deal())
    assert "gone quiet" not in found(calls_on(date(2026, 10, 2)), a_deal(outcome="lost", closed=date(2026, 10, 9)))


def test_a_dated_step_to_come_keeps_a_deal_alive():
    step = a_step(date(2026, 11, 4))
    assert "gone quiet" not in found(calls_on(date(2026, 10, 2)), a_deal(), steps=[step])


def test_promises_without_a_trace_are_listed_once_a_call():
    steps = [a_step(date(2026, 10, 8)), a_step(date(2026, 10, 9), finding_id="a" * 12, action="send the offer")]
    table = found(calls_on(date(2026, 10, 2)), a_deal(), steps=steps)
    assert table["step not kept"]["day"] == date(2026, 10, 8)
    assert table["step not kept"]["days"] == 24


def test_gaps_between_calls_and_deals():
    table = found(calls_on(date(2026, 10, 20), deal=None), a_deal(), a_deal("D2", created=date(2026, 10, 20)))
    assert table["call without deal"]["call_id"] == "0" * 16
    assert table["deal without calls"]["deal_id"] == "D1"  # D2 is too young to be missed


def test_a_close_date_in_the_past():
    row = found(calls_on(date(2026, 10, 20)), a_deal(closed=date(2026, 10, 25)))["close date passed"]
    assert row["days"] == 7


@pytest.mark.parametrize(
    ("deal", "what"),
    [
        (a_deal(created=date(2026, 10, 30)), None),  # within the margin of matching
        (a_deal(created=date(2026, 11, 30)), "was created on"),
        (a_deal(outcome="won", closed=date(2026, 9, 10)), "closed on"),
    ],
)
def test_dates_that_cannot_be(deal, what):
    row = found(calls_on(date(2026, 10, 20)), deal).get("impossible date")
    assert (row is None) if what is None else what in row["what"]


def test_a_call_before_the_reps_first_day():
    late = Rep(ANA.email, "Ana", started_at=date(2026, 10, 25))
    assert (
        "started on 2026-10-25"
        in found(calls_on(date(2026, 10, 20)), a_deal(), reps=(late,))["impossible date"]["what"]
    )


def test_order_changes_nothing():
    calls = calls_on(*(date(2026, 8, 1) + timedelta(days=9 * i) for i in range(9)))
    deals = [a_deal(f"D{i}") for i in range(5)]
    one = hygiene_of(calls, deals)
    shuffled = tuple(table.sample(fraction=1.0, shuffle=True, seed=3) for table in calls)
    assert one.equals(hygiene_of(shuffled, deals[::-1]))


def hygiene_of(calls, deals):
    none = frame("follow_through", [])
    return hygiene(*calls, frame("deals", list(deals)), none, reps=(ANA,), as_of=TODAY, settings=SETTINGS)


def test_new_reps_stand_beside_what_earlier_ones_did_in_the_same_month():
    earlier = [Rep(f"old{i}@s.example", f"Old {i}", started_at=date(2026, 1, 1 + i)) for i in range(4)]
    new = Rep("new@s.example", "New", started_at=date(2026, 9, 1))
    rows, matches = [], []
    for rep, count in (*((rep, 10 + i) for i, rep in enumerate(earlier)), (new, 3)):
        for k in range(count):
            when = datetime.combine(rep.started_at + timedelta(days=2 * k), time(12), UTC)
            call_id = f"{len(rows):016x}"
            rows.append({"call_id": call_id, "path": "x", "kind": "recording", "started_at": when, "rep": rep.email,
                         "consent": "unknown", "origins": "{}"})  # fmt: skip
            matches.append({"call_id": call_id, "status": "unmatched", "reason": "", "candidates": ""})
    tables = frame("calls", rows), frame("matches", matches), frame("deals", [])
    settings = Settings(outcomes=Outcomes(ramp_months=6))
    table = ramp(*tables, reps=(*earlier, new), as_of=TODAY, settings=settings).filter(pl.col("measure") == "calls")
    assert table.select("rep", "month", "value").rows() == [(new.email, 1, 3), (new.email, 2, 0)]
    first = table.row(0, named=True)
    assert (first["earlier_reps"], first["earlier_median"]) == (4, 11.5)
    assert first["note"] == "below the middle half of 4 earlier reps in their month 1"
    few = ramp(*tables, reps=(earlier[0], new), as_of=TODAY, settings=settings)
    assert few["earlier_median"].is_null().all()
    assert "too few earlier reps" in few["note"][0]


def test_without_an_export_no_call_lacks_a_deal():
    assert found(calls_on(date(2026, 10, 20), deal=None)) == {}
