"""Deals on the pages: open ones at risk, win rates, and which behaviours go with winning."""

from __future__ import annotations

from typing import Any, Final

from convintel.coaching.behaviours import DATED
from convintel.language import count, entry, listed, say
from convintel.language.formats import day
from convintel.report.book import Book, grouped, local
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row
from convintel.tables.names import SCOPES

_ORDER: Final = {scope: place for place, scope in enumerate(SCOPES)}


def at_risk(book: Book) -> list[Row]:
    """Return open deals whose last call ended without a dated next step, largest first."""
    deals = {row["deal_id"]: row for row in book.tables["deals"].to_dicts() if row["outcome"] == "open"}
    upto = set(book.ids(*book.window))
    matched = [row for row in book.tables["matches"].to_dicts() if row["deal_id"] in deals and row["call_id"] in upto]
    found = [
        _risk(book, deals[deal], [row["call_id"] for row in rows]) for deal, rows in grouped(matched, "deal_id").items()
    ]
    return sorted((row for row in found if row), key=lambda row: (-(row["amount"] or 0.0), row["deal_id"]))


def _risk(book: Book, deal: Row, call_ids: list[str]) -> Row | None:
    last = max(call_ids, key=lambda call_id: (str(book.calls[call_id]["started_at"]), call_id))
    steps = book.by_call["next_steps"](last)
    if any(step["level"] in DATED for step in steps):
        return None
    call = book.calls[last]
    moment = local(call)
    reasons = [say("risk.reason", when=day(moment.date()) if moment else "")]
    if deal["closed"] is not None and deal["closed"] <= book.last_day:
        reasons.append(say("risk.overdue", date=day(deal["closed"])))
    return {
        "id": fact_id("risk", deal["deal_id"]),
        "rests": [
            rests("deals", deal_id=deal["deal_id"]),
            rests("matches", deal_id=deal["deal_id"]),
            rests("next_steps", call_id=last),
        ],
        "deal_id": deal["deal_id"],
        "name": deal["name"] or deal["account"] or deal["deal_id"],
        "stage": deal["stage"],
        "amount": deal["amount"],
        "currency": deal["currency"],
        "expected": None if deal["closed"] is None else deal["closed"].isoformat(),
        "owner": deal["owner"],
        "owner_name": book.people.get(deal["owner"] or "", deal["owner_name"] or ""),
        "calls": len(call_ids),
        "call_id": last,
        "when": call["when"],
        "reasons": reasons,
        "said": book.quote(last, steps[-1]["start"], steps[-1]["end"], steps[-1]["role"], steps[-1]["quote"])
        if steps
        else None,
    }


def win_rates(book: Book) -> list[Row]:
    """Return the win rates of team, groups, reps, segments and quarters, each in order of name, never of rate."""
    found = [_win_rate(book, row) for row in book.tables["win_rates"].to_dicts()]
    return sorted(found, key=lambda row: (_ORDER[row["scope"]], row["label"].casefold(), row["name"]))


def _win_rate(book: Book, row: Row) -> Row:
    closed, least = row["won"] + row["lost"], book.settings.outcomes.min_closed_deals
    labels = {"team": say("win.team"), "rep": book.people.get(row["name"], row["name"])}
    return {
        **row,
        "id": fact_id("win rate", row["scope"], row["name"]),
        "rests": [rests("win_rates", scope=row["scope"], name=row["name"]), rests("deals", **_of(book, row))],
        "label": labels.get(row["scope"], row["name"]),
        "closed": closed,
        "share": row["won"] / closed if row["estimate"] is not None and closed else None,
        "say": "" if row["estimate"] is not None else say("win.few", closed=closed, least=least),
    }


def _of(book: Book, row: Row) -> dict[str, Any]:
    """Select the deals that a win rate counts."""
    if row["scope"] == "group":
        group = [person["email"] for person in book.facts.get("reps", ()) if person.get("team") == row["name"]]
        return {"owners": sorted(group)}
    columns = {"rep": "owner", "segment": "segment", "quarter": "quarter"}
    return {columns[row["scope"]]: row["name"]} if row["scope"] in columns else {}


def associations(book: Book) -> list[Row]:
    """Return what was compared with outcomes, smallest q first, those that could not be compared last."""
    known = {measure.name: measure for measure in book.measures}
    rows = [
        {
            **row,
            "id": fact_id("association", row["behaviour"]),
            "rests": [rests("associations", behaviour=row["behaviour"])],
            "label": known[row["behaviour"]].label if row["behaviour"] in known else row["behaviour"],
            "unit": known[row["behaviour"]].unit if row["behaviour"] in known else "count",
            "reading": entry("verdicts")[row["verdict"]],
        }
        for row in book.tables["associations"].to_dicts()
    ]
    return sorted(rows, key=lambda row: (row["q_value"] is None, row["q_value"] or 0.0, row["behaviour"]))


def associated(book: Book, rows: list[Row]) -> Row:
    """Return, in one sentence, what the deals say of the behaviours."""
    return {
        "id": fact_id("associated"),
        "rests": [rests("associations")],
        "n": sum(row["q_value"] is not None for row in rows),
        "text": _associated(book, rows) if rows else "",
    }


def _associated(book: Book, rows: list[Row]) -> str:
    deals = max(row["deals"] for row in rows)
    tested = [row for row in rows if row["q_value"] is not None]
    if not tested:
        least = book.settings.outcomes.min_deals_association
        return say("associated.too_few", have=count(deals, "closed_deal"), least=least)
    stand = [row for row in tested if row["verdict"] == "associated"]
    if not stand:
        needed = max(row["deals_needed"] or 0 for row in tested)
        return say("associated.none", n=len(tested), have=count(deals, "closed_deal"), needed=f"{needed:,}")
    return say("associated.some", what=listed([_effect(row) for row in stand]))


def _effect(row: Row) -> str:
    low, high = sorted((abs(row["points_low"]), abs(row["points_high"])))
    points, low, high = (f"{value * 100:.0f}" for value in (abs(row["points"]), low, high))
    key = "associated.more" if row["points"] > 0 else "associated.less"
    return say(key, label=row["label"], points=points, low=low, high=high)
