"""One section per rep: what to keep, what to try, promises, numbers, win rate, calls."""

from __future__ import annotations

from convintel.coaching.phrases import calls as calls_phrase
from convintel.coaching.phrases import number, yours
from convintel.coaching.plan import Tried, observations_of_reps, tried
from convintel.report import phrases, team
from convintel.report.book import Book, grouped
from convintel.report.talk import Row


def people(book: Book) -> list[Row]:
    """Return the reps who have a call in the window or an open page by roster, by name (never by a number)."""
    active = {book.calls[call_id]["rep"] for call_id in book.ids(*book.window)} - {None}
    listed = {person["email"] for person in book.facts.get("reps", ())}
    advice = grouped(book.tables["advice"].sort("rep", "slot", "rank").to_dicts(), "rep")
    evidence = grouped(book.tables["evidence"].sort("advice_id", "rank").to_dicts(), "advice_id")
    rates = {row["name"]: row for row in team.win_rates(book) if row["scope"] == "rep"}
    observations = observations_of_reps(book.tables["calls"], book.tables["metrics"])
    last = tried(observations, week=book.week, settings=book.settings.coaching)
    emails = sorted(active | listed, key=lambda email: (book.people[email].casefold(), email))
    return [
        {
            **_person(book, email, advice.get(email, []), evidence, rates.get(email)),
            "tried": [_tried(one) for one in last if one.rep == email],
        }
        for email in emails
    ]


def _tried(one: Tried) -> Row:
    """Last week's priority and where its number stands now."""
    unit = one.behaviour.unit
    then = number(one.then, unit)
    if one.now is None:
        said = phrases.TRIED_NOTHING.format(label=yours(one.behaviour.label), then=then)
    else:
        how = phrases.TRIED_BETTER if one.moved else phrases.TRIED_SAME if one.now == one.then else phrases.TRIED_WORSE
        now = number(one.now, unit)
        heard = calls_phrase(one.now_n)
        said = phrases.TRIED.format(label=yours(one.behaviour.label), then=then, now=now, calls=heard, how=how)
    return {
        "behaviour": one.behaviour.name,
        "label": one.behaviour.label,
        "unit": unit,
        "then": one.then,
        "then_n": one.then_n,
        "now": one.now,
        "now_n": one.now_n,
        "moved": one.moved,
        "say": said,
    }


def _person(book: Book, email: str, advice: list[Row], evidence: dict[str, list[Row]], rate: Row | None) -> Row:
    told = [_advice(book, row, evidence.get(row["advice_id"], [])) for row in advice if row["week"] == book.week]
    ids = book.ids(book.week, rep=email)
    keep = next((row for row in told if row["slot"] == "keep"), None)
    priorities = [row for row in told if row["slot"] == "priority"]
    objections = team.objections(book, rep=email)
    return {
        "email": email,
        "name": book.people[email],
        "slug": book.slugs[email],
        "calls": ids,
        "n": len(ids),
        "past_n": len(book.ids(*book.before, rep=email)),
        "seconds": sum(book.calls[call_id]["seconds"] or 0.0 for call_id in ids),
        "keep": keep,
        "keep_note": "" if keep or not ids else phrases.NOTE_NO_KEEP.format(calls=phrases.count(len(ids), "call")),
        "priorities": priorities,
        "note": "" if priorities else _note(book, email, len(ids)),
        "talk": book.talk(rep=email),
        "objections": objections,
        "handled": _best_handled(objections["rows"]),
        "promises": team.promises(book, rep=email),
        "win_rate": rate,
    }


def _note(book: Book, email: str, this_week: int) -> str:
    if not this_week:
        return phrases.NOTE_NO_CALLS
    settings = book.settings.coaching
    usable = len(book.ids(*book.window, rep=email))
    if usable < settings.min_calls:
        return phrases.NOTE_FEW_CALLS.format(
            usable=phrases.count(usable, "call"), weeks=settings.past_weeks, least=settings.min_calls
        )
    return phrases.NOTE_NONE


def _advice(book: Book, row: Row, evidence: list[Row]) -> Row:
    measure = next((each for each in book.measures if each.name == row["behaviour"]), None)
    moments = [
        book.quote(
            one["call_id"], one["start"], one["end"], one["role"], one["quote"], tone=one["tone"], why=one["why"]
        )
        for one in evidence
        if one["call_id"] in book.calls
    ]
    return {
        **row,
        "label": measure.label if measure else row["behaviour"],
        "unit": measure.unit if measure else "count",
        "weak": [one for one in moments if one["tone"] == "to_try"],
        "good": [one for one in moments if one["tone"] == "good"],
        "no_weak": phrases.NO_WEAK,
        "no_good": phrases.NO_GOOD,
    }


def _best_handled(rows: list[Row]) -> Row | None:
    """The week's best-met objection: resolved before addressed, a question first before other moves, then by score."""
    handled = [row for row in rows if row["handling"] in ("resolved", "addressed")]
    return max(
        handled,
        key=lambda row: (row["handling"] == "resolved", row["first_move"] == "question", row["score"], row["id"]),
        default=None,
    )
