"""One section per rep: what to keep, what to try, promises, numbers, win rate, calls."""

from __future__ import annotations

from convintel.coaching.plan import Tried, observations_of_reps, tried
from convintel.coaching.words import shown
from convintel.language import count, say
from convintel.language.formats import number
from convintel.report import deals, team, upkeep
from convintel.report.book import Book, grouped
from convintel.report.facts import fact_id, rests
from convintel.report.sources import sources
from convintel.report.talk import Row


def people(book: Book) -> list[Row]:
    """Return the reps who have a call in the window or an open page by roster, by name (never by a number)."""
    active = {book.calls[call_id]["rep"] for call_id in book.ids(*book.window)} - {None}
    listed = {person["email"] for person in book.facts.get("reps", ())}
    told = book.tables["advice"].sort("rep", "slot", "rank").to_dicts()
    advice = grouped([row for row in told if row["week"] == book.week], "rep")
    evidence = grouped(book.tables["evidence"].sort("advice_id", "rank").to_dicts(), "advice_id")
    rates = {row["name"]: row for row in deals.win_rates(book) if row["scope"] == "rep"}
    last = grouped([_tried(book, one) for one in _followed(book)], "rep")
    emails = sorted(active | listed, key=lambda email: (book.people[email].casefold(), email))
    return [
        {
            **_person(book, email, advice.get(email, []), evidence, rates.get(email)),
            "tried": last.get(email, []),
        }
        for email in emails
    ]


def _followed(book: Book) -> list[Tried]:
    observations = observations_of_reps(book.tables["calls"], book.tables["metrics"])
    return tried(observations, book.tables["advice"], week=book.week)


def _tried(book: Book, one: Tried) -> Row:
    """The priority of last week's page and where its number stands now."""
    unit = one.behaviour.unit
    then = number(one.then, unit)
    if one.now is None:
        said = say("rep.tried_nothing", label=one.behaviour.yours, then=then)
    else:
        how = say("rep.tried_better" if one.moved else "rep.tried_same" if one.now == one.then else "rep.tried_worse")
        now, heard = number(one.now, unit), count(one.now_n, "call")
        said = say("rep.tried", label=one.behaviour.yours, then=then, now=now, calls=heard, how=how)
    return {
        "id": fact_id("tried", one.advice_id),
        "rests": [
            rests("advice", advice_id=one.advice_id),
            rests("metrics", weeks=[book.week], rep=one.rep, metric=one.behaviour.name, side=one.behaviour.side),
        ],
        "rep": one.rep,
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
    told = [_advice(book, row, evidence.get(row["advice_id"], [])) for row in advice]
    ids = book.ids(book.week, rep=email)
    keep = next((row for row in told if row["slot"] == "keep"), None)
    priorities = [row for row in told if row["slot"] == "priority"]
    objections = team.objections(book, rep=email)
    return {
        "id": fact_id("person", email),
        "rests": [rests("calls", weeks=book.window, rep=email)],
        "email": email,
        "name": book.people[email],
        "slug": book.slugs[email],
        "calls": ids,
        "n": len(ids),
        "past_n": len(book.ids(*book.before, rep=email)),
        "seconds": sum(book.calls[call_id]["seconds"] or 0.0 for call_id in ids),
        "keep": keep,
        "keep_note": "" if keep or not ids else say("rep.note_no_keep", calls=count(len(ids), "call")),
        "priorities": priorities,
        "note": "" if priorities else _note(book, email, len(ids)),
        "sources": sources(book, rep=email),
        "talk": book.talk(rep=email),
        "objections": objections,
        "handled": _best_handled(objections["rows"], _quoted(told)),
        "promises": team.promises(book, rep=email),
        "follow_through": upkeep.follow_through(book, rep=email),
        "hygiene": upkeep.hygiene(book, rep=email),
        "ramp": upkeep.ramp(book, rep=email),
        "win_rate": rate,
    }


def _note(book: Book, email: str, this_week: int) -> str:
    if not this_week:
        return say("rep.no_calls")
    settings = book.settings.coaching
    usable = len(book.ids(*book.window, rep=email))
    if usable < settings.min_calls:
        heard = count(usable, "call")
        return say("rep.note_few", usable=heard, weeks=settings.past_weeks, least=settings.min_calls)
    return say("rep.note_none")


def _advice(book: Book, row: Row, evidence: list[Row]) -> Row:
    measure = next((each for each in book.measures if each.name == row["behaviour"]), None)
    moments = [_moment(book, row["rep"], one) for one in evidence if one["call_id"] in book.calls]
    chosen = {"metric": row["behaviour"], "side": measure.side if measure else "rep"}
    return {
        **row,
        "id": row["advice_id"],
        "rests": [
            rests("advice", advice_id=row["advice_id"]),
            rests("evidence", advice_id=row["advice_id"]),
            rests("metrics", weeks=book.window, rep=row["rep"], **chosen),
        ],
        "label": measure.label if measure else row["behaviour"],
        "yours": measure.yours if measure else row["behaviour"],
        "unit": measure.unit if measure else "count",
        "shown": "" if row["slot"] == "keep" else _shown(book, row),
        "weak": [one for one in moments if one["tone"] == "to_try"],
        "good": [one for one in moments if one["tone"] == "good"],
    }


def _moment(book: Book, rep: str, one: Row) -> Row:
    more = {"tone": one["tone"], "why": one["why"], "borrowed": book.calls[one["call_id"]]["rep"] != rep}
    at = (one["start"], one["end"])
    objected = (row for row in book.by_call["objections"](one["call_id"]) if (row["start"], row["end"]) == at)
    if (objection := next(objected, None)) is not None:
        more["until"] = book.reply_end(one["call_id"], objection["turn"], one["end"])
    return book.quote(one["call_id"], one["start"], one["end"], one["role"], one["quote"], **more)


def _shown(book: Book, row: Row) -> str:
    """In how many calls it was on the wrong side: the sentence of the advice, told from its own numbers."""
    measure = next((each for each in book.measures if each.name == row["behaviour"]), None)
    if measure is None:
        return ""
    edge = row["team_high"] if measure.better == "lower" else row["team_low"]
    against = row["own_past"] if edge is None else edge
    own = next(each for each in book.spoken if each.measure.name == row["behaviour"]).of(row["rep"])
    wrong = [week for week, value in own if against is not None and measure.worse(value, against) > 0]
    now = sum(week == book.week for week in wrong)
    return shown(now, row["n"], len(wrong) - now, row["own_past_n"])


def _quoted(told: list[Row]) -> set[tuple[str, str]]:
    return {(one["call_id"], one["text"]) for row in told for one in (*row["weak"], *row["good"])}


def _best_handled(rows: list[Row], quoted: set[tuple[str, str]]) -> Row | None:
    """The week's best-met objection: resolved before addressed, a question first before other moves, then by score.

    One that the page quotes already is not shown twice.
    """
    fresh = [row for row in rows if (row["call_id"], row["text"]) not in quoted]
    handled = [row for row in fresh if row["handling"] in ("resolved", "addressed")]
    return max(
        handled,
        key=lambda row: (row["handling"] == "resolved", row["first_move"] == "question", row["score"], row["id"]),
        default=None,
    )
