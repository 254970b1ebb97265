"""Lay the scripts in scripts/earlier out in time and write them as ready-made transcripts.

A third each becomes WebVTT (what else is known stands in calls.csv), Gong's JSON and plain JSON.
calls.csv, reps.csv and deals.csv are written too. Nothing beyond the standard library is needed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from company import INBOX, SAMPLES, Call, Contact, Turn, contact_of, dice, read_calls, read_contacts
from pacing import lay_out
from tables import formats, write_tables

#: A cue of a WebVTT file ends with the sentence that passes this many letters.
CUE_LETTERS = 90
SENTENCE = re.compile(r"\S.*?(?<!\bMr)(?<!\bMrs)(?<!\bDr)[.?!](?= |$)|\S.*$")
GONG_DIRECTIONS = {"inbound": "Inbound", "outbound": "Outbound", "meeting": "Conference"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every transcript and the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=INBOX / "earlier", help="folder of the transcripts")
    folder: Path = parser.parse_args(arguments).out
    folder.mkdir(parents=True, exist_ok=True)
    calls, contacts = read_calls("earlier"), read_contacts()
    chosen = formats(calls)
    for stale in (*folder.glob("*.vtt"), *folder.glob("*.json")):
        stale.unlink()
    for call in calls:
        write_transcript(folder, call, contact_of(call, contacts), chosen[call.name])
    write_tables(SAMPLES)
    sys.stdout.write(f"{len(calls)} transcripts in {folder.name}/, and the tables\n")
    return 0


def write_transcript(folder: Path, call: Call, contact: Contact, kind: str) -> None:
    """Write one call in one of the three formats."""
    turns = lay_out(call, speaking_times(call))
    if kind == "vtt":
        (folder / f"{call.name}.vtt").write_text(webvtt(turns), encoding="utf-8")
        return
    content = gong(call, contact, turns) if kind == "gong" else plain(call, contact, turns)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{call.name}.json").write_text(text, encoding="utf-8")


def speaking_times(call: Call) -> list[float]:
    """Give the seconds that each line takes, at its speaker's own rate with small swings."""
    rates = {name: rate(call, name) for name in call.speakers}
    chance = dice("swing", call.name)
    return [0.1 + len(line.text.split()) * 60 / rates[line.speaker] * chance.uniform(0.93, 1.07) for line in call.lines]


def rate(call: Call, name: str) -> float:
    """Give a person's words a minute: the reps' are known, a customer's is drawn once and kept."""
    if name == call.rep.name:
        return call.rep.words_per_minute
    return dice("rate", name).uniform(155, 190)


def sentences(turn: Turn) -> Iterator[tuple[float, float, str]]:
    """Split a turn into its sentences, each with a share of the time by its length."""
    parts = SENTENCE.findall(turn.text)
    letters = sum(map(len, parts))
    said = 0
    for part in parts:
        start = turn.start + (turn.end - turn.start) * said / letters
        said += len(part)
        yield start, turn.start + (turn.end - turn.start) * said / letters, part


def webvtt(turns: Sequence[Turn]) -> str:
    """Give a call as WebVTT with a voice on each cue."""
    blocks = ["WEBVTT"]
    for turn in turns:
        voice = turn.speaker.replace("&", "&amp;")
        for start, end, text in cues(turn):
            escaped = text.replace("&", "&amp;").replace("<", "&lt;")
            blocks.append(f"{clock(start)} --> {clock(end)}\n<v {voice}>{escaped}</v>")
    return "\n\n".join(blocks) + "\n"


def cues(turn: Turn) -> Iterator[tuple[float, float, str]]:
    """Gather a turn's sentences into cues of a readable length."""
    gathered: list[str] = []
    begun = turn.start
    for _, end, text in sentences(turn):
        gathered.append(text)
        if sum(map(len, gathered)) >= CUE_LETTERS:
            yield begun, end, " ".join(gathered)
            gathered, begun = [], end
    if gathered:
        yield begun, turn.end, " ".join(gathered)


def clock(seconds: float) -> str:
    """Write seconds as WebVTT does.

    >>> clock(3661.5)
    '01:01:01.500'
    """
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest / 1000:06.3f}"


def gong(call: Call, contact: Contact, turns: Sequence[Turn]) -> dict[str, Any]:
    """Give a call as Gong exports it, times in milliseconds."""
    ids = {name: str(dice("speaker", call.name, name).randrange(10**17, 10**18)) for name in call.speakers}
    return {
        "metaData": {
            "id": str(dice("gong", call.name).randrange(10**18, 10**19)),
            "started": call.started_at.isoformat(),
            "duration": round(max(turn.end for turn in turns) + 0.5),
            "direction": GONG_DIRECTIONS[call.direction],
            "title": f"{call.account}: {call.call_type.replace('_', ' ')}",
            "primaryUserId": ids[call.rep.name],
            "scope": "External",
            "system": "Dialer",
            "language": "eng",
        },
        "parties": [party(call, contact, name, ids[name]) for name in sorted(ids, key=lambda n: n != call.rep.name)],
        "transcript": [
            {
                "speakerId": ids[turn.speaker],
                "topic": None,
                "sentences": [
                    {"start": round(start * 1000), "end": round(end * 1000), "text": text}
                    for start, end, text in sentences(turn)
                ],
            }
            for turn in turns
        ],
    }


def party(call: Call, contact: Contact, name: str, speaker_id: str) -> dict[str, str]:
    """Give one person of a call as Gong lists it; addresses that nobody knows are left out."""
    known = {call.rep.name: Contact(call.rep.email), call.customer: contact}.get(name, Contact())
    fields = {
        "name": name,
        "emailAddress": known.email,
        "phoneNumber": known.phone,
        "affiliation": "Internal" if name == call.rep.name else "External",
        "speakerId": speaker_id,
    }
    return {key: value for key, value in fields.items() if value}


def plain(call: Call, contact: Contact, turns: Sequence[Turn]) -> dict[str, Any]:
    """Give a call as plain JSON, times in seconds; what is not known is left out."""
    fields = {
        "started_at": call.started_at.isoformat(),
        "rep_email": call.rep.email,
        "customer_name": call.customer,
        "customer_email": contact.email,
        "customer_phone": contact.phone,
        "account": call.account,
        "deal_id": call.deal_id,
        "direction": call.direction,
        "consent": call.consent,
        "call_type": call.call_type,
    }
    known: dict[str, Any] = {key: value for key, value in fields.items() if value}
    return known | {"turns": [turn.as_json() for turn in turns]}


if __name__ == "__main__":
    raise SystemExit(main())
