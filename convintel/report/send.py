"""Pages on their way to people: the team page to managers, to each rep only the own one.

A message says what its page says in a few lines of plain text; what customers and reps said stays out of message and
attachment unless the settings allow it. Apprise carries it (e-mail, Slack, Teams and many more).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from convintel.language import count, say
from convintel.language.formats import number
from convintel.report.render import alone
from convintel.settings import Delivery
from convintel.store import content_key

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address: plain text and, if wanted, the page as one file."""

    to: str  # "managers", or a rep's e-mail
    url: SecretStr
    title: str
    body: str
    name: str
    page: str | None

    @property
    def key(self) -> str:
        """The content of the message and where it goes: what was sent once is not sent again."""
        return content_key(self.to, self.url.get_secret_value(), self.title, self.body, self.page)

    @property
    def service(self) -> str:
        """The kind of address, without its secrets: "mailtos", "slack"."""
        return urlsplit(self.url.get_secret_value()).scheme


def messages(summary: Row, delivery: Delivery) -> Iterator[Message]:
    """Yield the messages of a report: those to managers first, then to reps by name who have a call in the week."""
    week = summary["week"]
    title = _line(say("message.team_subject", title=summary["title"], week=week))
    for url in delivery.managers:
        page = alone(summary, slug=None, quotes=delivery.quotes) if delivery.attach else None
        body = _body(_team_lines(summary), delivery, f"{week}/index.html")
        yield Message("managers", url, title, body, f"team-{week}.html", page)
    for person in summary["people"]:
        for url in _addresses(person, delivery) if person["n"] else ():
            slug = person["slug"]
            page = alone(summary, slug=slug, quotes=delivery.quotes) if delivery.attach else None
            body = _body(_rep_lines(summary, person), delivery, f"{week}/reps/{slug}.html")
            yield Message(
                person["email"], url, say("message.rep_subject", week=week), body, f"{slug}-{week}.html", page
            )


def send(message: Message) -> str | None:
    """Send a message; return None when it went out, else what the service said."""
    import apprise

    target = apprise.Apprise()
    if not target.add(message.url.get_secret_value()):
        return "Apprise does not know this kind of address"
    with (
        tempfile.TemporaryDirectory(prefix="convintel-send-") as folder,
        apprise.LogCapture(level=logging.WARNING) as log,
    ):
        attached = None
        if message.page is not None:
            file = Path(folder) / message.name
            file.write_text(message.page, encoding="utf-8")
            attached = str(file)
        done = target.notify(
            body=message.body, title=message.title, attach=attached, body_format=apprise.NotifyFormat.TEXT
        )
        said = log.getvalue().strip().splitlines()
    return None if done else (said[-1] if said else "it was not delivered")


def _addresses(person: Row, delivery: Delivery) -> Iterator[SecretStr]:
    own = {email.casefold(): urls for email, urls in delivery.rep_urls.items()}.get(person["email"])
    if own is not None:
        yield from own
    elif delivery.reps is not None:
        yield SecretStr(delivery.reps.get_secret_value().replace("{email}", quote(person["email"], safe="@")))


def _body(lines: Iterator[str], delivery: Delivery, path: str) -> str:
    where = []
    if delivery.attach:
        where.append(say("message.page_attached"))
    if delivery.link:
        where.append(say("message.page_at", url=f"{delivery.link.rstrip('/')}/{path}"))
    return "\n".join([*map(_line, lines), "", *where, "", say("page.fair")])


def _team_lines(summary: Row) -> Iterator[str]:
    yield say("message.hello", period=summary["period"])
    yield from (sentence["text"] for sentence in summary["changed"])
    if summary["at_risk"]:
        yield say("message.risk", n=len(summary["at_risk"]))
    for person in summary["people"]:
        yield say("message.rep_line", name=person["name"], calls=count(person["n"], "call"))
        yield from (f"  {line}" for line in _choices(person))


def _rep_lines(summary: Row, person: Row) -> Iterator[str]:
    yield say("message.hello", period=summary["period"])
    yield from (one["say"] for one in person["tried"])
    yield from _choices(person)
    yield from (say("message.next", next=advice["try_next"]) for advice in person["priorities"][:1])
    if person["note"]:
        yield person["note"]


def _choices(person: Row) -> Iterator[str]:
    for advice in filter(None, [person["keep"], *person["priorities"]]):
        key = "message.keep" if advice["slot"] == "keep" else "message.try"
        value = number(advice["value"], advice["unit"])
        yield say(key, headline=advice["headline"], label=advice["label"], value=value)


def _line(text: str) -> str:
    """One line: a name with a line break in it must not look like a line of ours."""
    return " ".join(text.split()) if not text.startswith("  ") else "  " + " ".join(text.split())
