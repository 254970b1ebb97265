"""A report sent to those whom the settings name, each message once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline.run import read_report
from convintel.report.send import Message, messages, send
from convintel.settings import load
from convintel.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was sent now, what had been sent before, by (to, service)."""

    week: str
    sent: tuple[tuple[str, str], ...]
    before: tuple[tuple[str, str], ...]


def prepare(root: Path, *, week: str | None = None) -> tuple[str, list[Message]]:
    """Return (week, messages) of a report; sends nothing."""
    wanted, summary, _ = read_report(root, week=week)
    return wanted, list(messages(summary, load(root).delivery))


def deliver(root: Path, *, week: str | None = None, again: bool = False) -> Delivered:
    """Send the messages of a report that were not sent yet (`again`: all of them).

    Raises:
        ConvintelError: some could not be delivered; the rest went out, and the next try sends only what is missing.
    """
    wanted, waiting = prepare(root, week=week)
    sent: list[tuple[str, str]] = []
    before: list[tuple[str, str]] = []
    failed: list[str] = []
    with Ledger(Workspace(root).ledger) as ledger:
        for message in waiting:
            about = (message.to, message.service)
            if ledger.was_sent(message.key) and not again:
                before.append(about)
                continue
            trouble = send(message)
            if trouble is None:
                ledger.remember_sent(message.key)
                sent.append(about)
            else:
                failed.append(f"{message.to} ({message.service}): {trouble}")
    if failed:
        raise ConvintelError(
            f"{len(failed)} of {len(waiting)} messages were not delivered: {'; '.join(failed)}",
            where=root,
            remedy="check [delivery] in convintel.toml, then: convintel send (it sends what is missing)",
        )
    return Delivered(wanted, tuple(sent), tuple(before))
