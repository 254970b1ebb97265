"""The sample company: its reps, its call scripts and its deals, read from `scripts/`."""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent
SCRIPTS = SAMPLES / "scripts"
INBOX = SAMPLES / "inbox"

#: Script labels; CUSTOMER2 is a second person on the customer's side.
LABEL = re.compile(r"^(REP|CUSTOMER2?): (.+)$")


@dataclass(frozen=True)
class Rep:
    """One seller of the sample company, and how fast and how soon they speak."""

    name: str
    email: str
    team: str
    aliases: str
    started_at: str
    voice_consent: str
    #: Whether colleagues may see this rep's good moments as an example.
    share_examples: str
    #: Words a minute, used where times are laid out without sound.
    words_per_minute: int
    #: Seconds of silence before the rep answers an objection.
    patience: tuple[float, float]
    #: Seconds of silence before any other answer.
    pause: tuple[float, float]
    #: How often the rep begins before the customer has ended.
    cuts_in: float


REPS = {
    rep.name: rep
    for rep in (
        Rep(
            name="Maya Lindqvist",
            email="maya.lindqvist@tallyroute.example",
            team="North",
            aliases="",
            started_at="2024-03-04",
            voice_consent="yes",
            share_examples="no",
            words_per_minute=166,
            patience=(0.8, 1.5),
            pause=(0.45, 0.9),
            cuts_in=0.0,
        ),
        Rep(
            name="Tom Okafor",
            email="tom.okafor@tallyroute.example",
            team="North",
            aliases="TomO",
            started_at="2022-06-13",
            voice_consent="no",
            share_examples="no",
            words_per_minute=190,
            patience=(0.12, 0.3),
            pause=(0.2, 0.45),
            cuts_in=0.14,
        ),
        Rep(
            name="Priya Raman",
            email="priya.raman@tallyroute.example",
            team="South",
            aliases="",
            started_at="2023-01-16",
            voice_consent="yes",
            share_examples="yes",
            words_per_minute=182,
            patience=(0.7, 1.2),
            pause=(0.3, 0.8),
            cuts_in=0.02,
        ),
        Rep(
            name="Daniel Reyes",
            email="daniel.reyes@tallyroute.example",
            team="South",
            aliases="",
            started_at="2026-09-01",
            voice_consent="yes",
            share_examples="no",
            words_per_minute=178,
            patience=(0.3, 0.8),
            pause=(0.25, 0.75),
            cuts_in=0.06,
        ),
    )
}


@dataclass(frozen=True)
class Line:
    """One turn of a script: who says what, not yet when."""

    role: str
    speaker: str
    text: str


@dataclass(frozen=True)
class Turn:
    """One turn in time, in seconds from the start of the call."""

    role: str
    speaker: str
    start: float
    end: float
    text: str

    def as_json(self) -> dict[str, str | float]:
        """Give the turn with its times rounded to milliseconds."""
        return {
            "role": self.role,
            "speaker": self.speaker,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "text": self.text,
        }


@dataclass(frozen=True)
class Contact:
    """How a customer is reached, as the deal's row says."""

    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Call:
    """One written call: its header and its lines."""

    name: str
    started_at: datetime
    rep: Rep
    customer: str
    account: str
    deal_id: str
    call_type: str
    direction: str
    consent: str
    lines: tuple[Line, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Name everybody who speaks, in the order of their first words."""
        return tuple(dict.fromkeys(line.speaker for line in self.lines))


def read_calls(kind: str, scripts: Path = SCRIPTS) -> list[Call]:
    """Read every script of a kind (`recordings` or `earlier`), sorted by name."""
    return [read_call(path) for path in sorted((scripts / kind).glob("*.txt"))]


def read_call(path: Path) -> Call:
    """Read one script; anything unexpected in it is an error that names the file."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    header = dict(_header_lines(path, head))
    rep = REPS[header["rep"]]
    names = {
        "REP": rep.name,
        "CUSTOMER": header["customer"],
        "CUSTOMER2": header.get("customer2", ""),
    }
    return Call(
        name=path.stem,
        started_at=datetime.fromisoformat(header["started_at"]),
        rep=rep,
        customer=header["customer"],
        account=header["account"],
        deal_id=header.get("deal_id", ""),
        call_type=header["type"],
        direction=header["direction"],
        consent=header["consent"],
        lines=tuple(_script_lines(path, body, names)),
    )


def _header_lines(path: Path, head: str) -> Iterator[tuple[str, str]]:
    for text in head.strip().splitlines():
        key, colon, value = text.partition(":")
        if not colon:
            raise ValueError(f"{path.name}: header line without a colon: {text!r}")
        yield key.strip(), value.strip()


def _script_lines(path: Path, body: str, names: Mapping[str, str]) -> Iterator[Line]:
    for text in filter(None, (line.strip() for line in body.splitlines())):
        match = LABEL.match(text)
        if match is None or not names[match[1]]:
            raise ValueError(f"{path.name}: not a turn: {text!r}")
        yield Line("rep" if match[1] == "REP" else "customer", names[match[1]], match[2])


def read_contacts(scripts: Path = SCRIPTS) -> dict[str, tuple[str, Contact]]:
    """Look up the contact's name, e-mail and phone of every deal."""
    contacts = {}
    for path in sorted((scripts / "deals").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                contact = Contact(row["Contact Email"], row["Contact Phone"])
                contacts[row["Opportunity ID"]] = (row["Contact Name"], contact)
    return contacts


def contact_of(call: Call, contacts: Mapping[str, tuple[str, Contact]]) -> Contact:
    """Give the deal's contact, if the person on the call is that contact."""
    name, contact = contacts.get(call.deal_id, ("", Contact()))
    return contact if name == call.customer else Contact()


def dice(*key: str) -> random.Random:
    """Give a random generator that depends on the words given and on nothing else."""
    digest = hashlib.sha256("\x1f".join(key).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))
