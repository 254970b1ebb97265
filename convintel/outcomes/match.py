"""Which deal a call belongs to, by a published rule; what the rule cannot tell apart is counted nowhere.

The first step that leads to a deal open at the time of the call decides (Gong's published order of steps):

1. the deal id stated for the call;
2. the customer's e-mail or phone is a contact of the deal;
3. the domain of the customer's e-mail is one of the deal's contacts' (shared mail domains never count);
4. the account's name: the same, else alike by rapidfuzz.

Several deals left: those that the rep on the call owns. Still several: ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from convintel.outcomes.cells import id_key
from convintel.outcomes.free_mail import FREE_MAIL
from convintel.outcomes.owners import plain_name
from convintel.settings import Matching, Settings
from convintel.tables import frame

_LEGAL_FORMS: Final = re.compile(
    r"\b(inc|incorporated|llc|llp|ltd|limited|corp|corporation|co|company|plc|gmbh|ag|kg|sa|sas|sarl|srl|bv|nv|oy|ab|as|aps)\b"
)

Deal = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Index:
    """The deals by everything a call may name."""

    ids: Mapping[str, Deal]
    contacts: Mapping[str, Sequence[Deal]]
    domains: Mapping[str, Sequence[Deal]]
    accounts: Mapping[str, Sequence[Deal]]
    shared: frozenset[str]  # mail domains that say nothing: free mail, and the reps' own


def plain_account(name: str) -> str:
    """Return an account's name without case, accents, punctuation and legal form.

    >>> plain_account("Okemos Lawn & Snow, LLC"), plain_account("Okemos lawn and snow")
    ('okemos lawn and snow', 'okemos lawn and snow')
    """
    words = re.sub(r"[^\w\s]", " ", plain_name(name).replace("&", " and ").replace(".", ""))
    return " ".join(_LEGAL_FORMS.sub(" ", words).split()) or plain_name(name)


def match(calls: pl.DataFrame, deals: pl.DataFrame, *, settings: Settings) -> pl.DataFrame:
    """Return the `matches` frame: one row a call, in the order of `calls`, with the reason and the candidates."""
    index = _index(deals, calls, settings.matching)
    alike = _alike(calls, index, settings.matching.account_similarity)
    rows = [_match_one(call, index, alike, settings.matching) for call in calls.iter_rows(named=True)]
    return frame("matches", rows)


def _index(deals: pl.DataFrame, calls: pl.DataFrame, rules: Matching) -> _Index:
    contacts: dict[str, list[Deal]] = {}
    domains: dict[str, list[Deal]] = {}
    accounts: dict[str, list[Deal]] = {}
    everyone = [*deals["owner"].unique().drop_nulls(), *calls["rep"].unique().drop_nulls()]
    shared = FREE_MAIL | set(rules.free_mail) | {_domain(email) for email in everyone}
    rows = deals.sort("deal_id").to_dicts()
    for deal in rows:
        emails = _split(deal["contact_emails"])
        for contact in {*emails, *_split(deal["contact_phones"])}:
            contacts.setdefault(contact, []).append(deal)
        for domain in {_domain(email) for email in emails} - shared:
            domains.setdefault(domain, []).append(deal)
        if deal["account"]:
            accounts.setdefault(plain_account(deal["account"]), []).append(deal)
    return _Index({id_key(deal["deal_id"]): deal for deal in rows}, contacts, domains, accounts, frozenset(shared))


def _split(cell: str | None) -> list[str]:
    return cell.split(";") if cell else []


def _domain(email: str) -> str:
    return email.rpartition("@")[2].casefold()


def _alike(calls: pl.DataFrame, index: _Index, least: float) -> dict[str, list[str]]:
    """Return, for each account name that no deal has, the deals' names like it: all of them, not only the nearest."""
    from rapidfuzz import fuzz, process

    choices = sorted(index.accounts)
    written = sorted({plain_account(name) for name in calls["account"].drop_nulls().unique()} - set(choices))
    return {
        name: [hit[0] for hit in process.extract(name, choices, scorer=fuzz.ratio, score_cutoff=least, limit=None)]
        for name in written
    }


def _match_one(
    call: Mapping[str, Any], index: _Index, alike: Mapping[str, Sequence[str]], rules: Matching
) -> dict[str, object]:
    if call["deal_id"]:
        return _by_id(call, index)
    seen: dict[str, None] = {}
    for why, found in _steps(call, index, alike):
        seen.update((deal["deal_id"], None) for deal in found)
        if call["started_at"] is None:
            return _row(call, "unmatched", f"{why}; but the time of the call is not known", seen)
        running = [deal for deal in found if _running(deal, _day(call), rules)]
        if running:
            return _decide(call, why, running)
    if seen:
        return _row(call, "unmatched", f"{why}; but no such deal was open on {_day(call)}", seen)
    return _row(call, "unmatched", _nothing(call), ())


def _by_id(call: Mapping[str, Any], index: _Index) -> dict[str, object]:
    deal = index.ids.get(id_key(call["deal_id"]))
    if deal is None:
        return _row(call, "unmatched", f"deal {call['deal_id']} is stated, but not among the deals", ())
    return _row(call, "matched", "deal id stated for the call", [deal["deal_id"]])


def _steps(
    call: Mapping[str, Any], index: _Index, alike: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Sequence[Deal]]]:
    """Yield the deals each step leads to, empty steps left out."""
    email = (call["customer_email"] or "").casefold()
    phone = call["customer_phone"] or ""
    by_contact = _unique([*index.contacts.get(email, ()), *index.contacts.get(phone, ())])
    if by_contact:
        yield "contact's e-mail or phone", by_contact
    domain = _domain(email) if email else ""
    if domain and domain not in index.shared and domain in index.domains:
        yield f"e-mail domain {domain}", index.domains[domain]
    name = plain_account(call["account"]) if call["account"] else ""
    if name in index.accounts:
        yield "account name", index.accounts[name]
    elif alike.get(name):
        yield (
            f"account name like {alike[name][0]}",
            _unique(deal for other in alike[name] for deal in index.accounts[other]),
        )


def _unique(deals: Iterable[Deal]) -> list[Deal]:
    return list({deal["deal_id"]: deal for deal in deals}.values())


def _day(call: Mapping[str, Any]) -> date:
    """Return the call's date on the clock of the people in it."""
    local = call["started_at"] + timedelta(minutes=call["utc_offset_min"] or 0)
    return date(local.year, local.month, local.day)


def _running(deal: Deal, day: date, rules: Matching) -> bool:
    """Tell whether the deal was open on the day, margins included; an open deal's close date is only expected."""
    if deal["created"] is not None and day < deal["created"] - timedelta(days=rules.days_before_created):
        return False
    over = deal["outcome"] != "open" and deal["closed"] is not None
    return not (over and day > deal["closed"] + timedelta(days=rules.days_after_closed))


def _decide(call: Mapping[str, Any], why: str, running: Sequence[Deal]) -> dict[str, object]:
    if len(running) > 1 and call["rep"]:
        owned = [deal for deal in running if deal["owner"] == call["rep"]]
        if owned:
            running, why = owned, f"{why}; owner is the rep"
    ids = [deal["deal_id"] for deal in running]
    if len(ids) > 1:
        return _row(call, "ambiguous", f"{why}: {len(ids)} deals were open at the time", ids)
    return _row(call, "matched", why, ids)


def _nothing(call: Mapping[str, Any]) -> str:
    known = [field for field in ("customer_email", "customer_phone", "account") if call[field]]
    if not known:
        return "nothing is known that could name a deal (deal id, customer's e-mail or phone, account)"
    return "no deal has the call's " + ", ".join(field.replace("_", "'s ") for field in known)


def _row(call: Mapping[str, Any], status: str, reason: str, candidates: Iterable[str]) -> dict[str, object]:
    ids = sorted(candidates)
    deal_id = ids[0] if status == "matched" else None
    return {
        "call_id": call["call_id"],
        "deal_id": deal_id,
        "status": status,
        "reason": reason,
        "candidates": ";".join(ids),
    }
