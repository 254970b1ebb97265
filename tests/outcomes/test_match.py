from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from convintel.outcomes import match
from convintel.settings import Matching, Settings
from convintel.tables import frame

REP, OTHER = "ana@seller.example", "ben@seller.example"


def a_call(**known):
    row = {
        "call_id": "0" * 16,
        "path": "a.wav",
        "kind": "recording",
        "started_at": datetime(2026, 6, 15, 12, tzinfo=UTC),
        "rep": REP,
        "consent": "unknown",
        "origins": "{}",
    }
    return {**row, **known}


def a_deal(deal_id, **known):
    row = {
        "deal_id": deal_id,
        "stage": "Demo",
        "outcome": "open",
        "created": date(2026, 6, 1),
        "closed": date(2026, 7, 1),
        "owner": REP,
    }
    return {**row, **known}


def outcome(call, *deals, **matching):
    settings = Settings(matching=Matching(**matching))
    row = match(frame("calls", [a_call(**call)]), frame("deals", list(deals)), settings=settings).row(0, named=True)
    return row["status"], row["deal_id"], row["reason"], row["candidates"]


def test_a_stated_id_wins_over_everything_and_reads_eighteen_characters():
    deals = (a_deal("006Tr00000AbCdE"), a_deal("D2", contact_emails="pat@acme.example"))
    status, deal_id, reason, _ = outcome(
        {"deal_id": "006Tr00000AbCdEIAB", "customer_email": "pat@acme.example"}, *deals
    )
    assert (status, deal_id, reason) == ("matched", "006Tr00000AbCdE", "deal id stated for the call")
    assert outcome({"deal_id": "006TR00000ABCDE"}, *deals)[0] == "unmatched"  # case counts


def test_a_stated_id_that_is_not_there_is_not_replaced_by_a_guess():
    status, deal_id, reason, _ = outcome({"deal_id": "D9", "account": "Acme"}, a_deal("D1", account="Acme"))
    assert (status, deal_id) == ("unmatched", None)
    assert "D9" in reason


@pytest.mark.parametrize(
    ("call", "deal", "why"),
    [
        ({"customer_email": "Pat@Acme.example"}, {"contact_emails": "pat@acme.example"}, "contact's e-mail or phone"),
        ({"customer_phone": "+19195550101"}, {"contact_phones": "+19195550101"}, "contact's e-mail or phone"),
        ({"customer_email": "sam@acme.example"}, {"contact_emails": "pat@acme.example"}, "e-mail domain acme.example"),
        ({"account": "ACME Pumps, Inc."}, {"account": "Acme Pumps"}, "account name"),
        (
            {"account": "Acme Pumpz Services"},
            {"account": "Acme Pumps Services"},
            "account name like acme pumps services",
        ),
    ],
)
def test_the_steps_of_the_rule(call, deal, why):
    assert outcome(call, a_deal("D1", **deal)) == ("matched", "D1", why, "D1")


@pytest.mark.parametrize("domain", ["gmail.com", "seller.example"])
def test_mail_domains_that_many_share_say_nothing(domain):
    assert outcome({"customer_email": f"x@{domain}"}, a_deal("D1", contact_emails=f"y@{domain}"))[0] == "unmatched"


def test_own_free_mail_domains_can_be_added():
    call, deal = {"customer_email": "x@isp.example"}, a_deal("D1", contact_emails="y@isp.example")
    assert outcome(call, deal)[0] == "matched"
    assert outcome(call, deal, free_mail=("isp.example",))[0] == "unmatched"


@pytest.mark.parametrize(
    ("day", "status"),
    [((5, 17), "unmatched"), ((5, 18), "matched"), ((7, 15), "matched"), ((7, 16), "unmatched")],
)
def test_the_deal_was_open_at_the_time_with_margins(day, status):
    deal = a_deal("D1", account="Acme", outcome="won")
    call = {"account": "Acme", "started_at": datetime(2026, *day, 12, tzinfo=UTC)}
    assert outcome(call, deal)[0] == status


def test_the_day_is_that_of_the_people_in_the_call():
    deal = a_deal("D1", account="Acme", outcome="won", closed=date(2026, 6, 1))
    call = {"account": "Acme", "started_at": datetime(2026, 6, 16, 3, tzinfo=UTC)}
    assert outcome(call, deal)[0] == "unmatched"
    assert outcome({**call, "utc_offset_min": -300}, deal)[0] == "matched"  # 22:00 on the 15th


def test_an_old_deal_of_the_contact_leaves_the_way_to_the_accounts_new_one():
    old = a_deal(
        "D1", contact_emails="pat@acme.example", outcome="lost", created=date(2025, 1, 1), closed=date(2025, 2, 1)
    )
    assert (
        outcome({"customer_email": "pat@acme.example", "account": "Acme"}, old, a_deal("D2", account="Acme"))[1] == "D2"
    )


def test_the_rep_breaks_ties_and_what_stays_tied_is_counted_nowhere():
    mine, theirs = a_deal("D1", account="Acme"), a_deal("D2", account="Acme", owner=OTHER)
    assert outcome({"account": "Acme"}, mine, theirs) == ("matched", "D1", "account name; owner is the rep", "D1")
    status, deal_id, reason, candidates = outcome({"account": "Acme"}, mine, a_deal("D3", account="Acme"))
    assert (status, deal_id, candidates) == ("ambiguous", None, "D1;D3")
    assert "2 deals were open" in reason


def test_without_a_time_nothing_but_the_id_decides():
    status, _, reason, candidates = outcome({"account": "Acme", "started_at": None}, a_deal("D1", account="Acme"))
    assert (status, candidates) == ("unmatched", "D1")
    assert "time of the call is not known" in reason


def test_no_deals_and_nothing_known():
    assert outcome({})[2].startswith("nothing is known")
    assert match(frame("calls", []), frame("deals", []), settings=Settings()).is_empty()


def test_order_of_the_deals_changes_nothing():
    deals = [a_deal(f"D{i}", account=f"Acme {i % 3}", contact_emails=f"p{i}@a{i % 4}.example") for i in range(12)]
    calls = frame(
        "calls",
        [a_call(call_id=f"{i:016x}", account=f"Acme {i}", customer_email=f"q@a{i}.example") for i in range(6)],
    )
    one = match(calls, frame("deals", deals), settings=Settings())
    two = match(calls, frame("deals", deals[::-1]), settings=Settings())
    assert one.equals(two)
    assert one["status"].cast(pl.String).value_counts().height >= 1
