"""Speak the scripts in scripts/recordings and write the recordings with their exact references.

Needs requirements.txt and the speaking model and voices that README.md names. The same cache of
spoken turns gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sound
from company import INBOX, SAMPLES, Call, Contact, Turn, contact_of, dice, read_calls, read_contacts
from pacing import lay_out
from speech import RATE, Audio, Speaker
from tables import recording_file, write_tables

#: Seconds of line noise after the last word.
TAIL = 0.8
#: Bytes of the damaged recording that are overwritten.
DAMAGED_BYTES = 4096


@dataclass(frozen=True)
class Voice:
    """A Kokoro voice and its speed."""

    name: str
    speed: float


REP_VOICES = {
    "Maya Lindqvist": Voice("af_heart", 0.84),
    "Tom Okafor": Voice("am_onyx", 1.02),
    "Priya Raman": Voice("bf_emma", 0.87),
    "Daniel Reyes": Voice("am_michael", 0.97),
}


@dataclass(frozen=True)
class Plan:
    """How one script becomes a recording."""

    voice: Voice
    #: phone (a leg a channel), mono phone, or meeting (one room).
    line: str = "phone"
    #: Which side is heard on the left.
    left: str = "rep"
    #: native, gong, or none: what stands beside the recording.
    sidecar: str = "none"
    #: What the native sidecar says beyond the script's header.
    extra: tuple[tuple[str, str], ...] = ()
    #: Fields that the native sidecar does not know.
    unknown: tuple[str, ...] = ()
    damaged: bool = False


PLANS = {
    "maya-pricing": Plan(
        Voice("am_fenrir", 0.92),
        sidecar="native",
        extra=(
            ("call_id", "dl-20261026-0417"),
            ("source", "dialer"),
            ("title", "Prices for eleven technicians"),
        ),
    ),
    "maya-demo": Plan(Voice("af_alloy", 0.88), line="meeting", sidecar="gong"),
    "tom-demo": Plan(Voice("am_puck", 0.86)),
    "tom-cold": Plan(
        Voice("af_sky", 0.97),
        line="mono phone",
        sidecar="native",
        extra=(("call_id", "dl-20261029-0112"), ("source", "desk phone")),
    ),
    "tom-renewal": Plan(Voice("bf_isabella", 0.82)),
    "priya-closing": Plan(
        Voice("bm_george", 0.95),
        left="customer",
        sidecar="native",
        extra=(("source", "softphone"), ("title", "Harrowgate: order form")),
    ),
    "priya-discovery": Plan(Voice("af_kore", 0.98), line="meeting"),
    "daniel-cold": Plan(Voice("af_aoede", 0.93), sidecar="native", extra=(("source", "dialer"),), damaged=True),
    "daniel-discovery": Plan(
        Voice("af_nova", 0.86),
        sidecar="native",
        extra=(("source", "softphone"), ("title", "First talk with Loretta")),
        unknown=("deal_id",),
    ),
    "daniel-followup": Plan(Voice("af_sarah", 0.92)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every recording, the two extra files and the tables."""
    options = parse(arguments)
    speaker = Speaker(options.model, options.voices, options.cache)
    contacts = read_contacts()
    for call in read_calls("recordings"):
        if not options.only or call.name in options.only:
            path = make(call, speaker, contact_of(call, contacts), INBOX)
            sys.stdout.write(f"{path.relative_to(SAMPLES)}  {path.stat().st_size / 1e6:.2f} MB\n")
    if not options.only:
        make_extras(INBOX)
    write_tables(SAMPLES)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the joined Kokoro model, an ONNX file")
    parser.add_argument(
        "--voices",
        type=Path,
        required=True,
        help="the folder with af_heart.bin and the other voices",
    )
    parser.add_argument("--cache", type=Path, required=True, help="a folder that keeps what has been spoken")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="make only these scripts")
    return parser.parse_args(arguments)


def make(call: Call, speaker: Speaker, contact: Contact, inbox: Path) -> Path:
    """Speak, mix and encode one call, and write its reference and sidecar beside it."""
    plan, path = PLANS[call.name], inbox / recording_file(call)
    voices = {"rep": REP_VOICES[call.rep.name], "customer": plan.voice}
    spoken = [speaker.say(line.text, voices[line.role].name, voices[line.role].speed) for line in call.lines]
    turns = lay_out(call, [len(piece) / RATE for piece in spoken])
    seconds = max(turn.end for turn in turns) + TAIL
    rate = sound.ROOM_RATE if plan.line == "meeting" else sound.PHONE_RATE
    sound.encode(path, mix(call.name, plan, turns, spoken, seconds), rate)
    if plan.damaged:
        sound.damage(path, DAMAGED_BYTES, dice("damage", call.name))
    write_reference(path, turns)
    write_sidecar(path, call, plan, contact, seconds)
    return path


def mix(name: str, plan: Plan, turns: Sequence[Turn], spoken: Sequence[Audio], seconds: float) -> list[Audio]:
    """Give the recording's channels."""
    chance = dice("line", name)
    rate = sound.ROOM_RATE if plan.line == "meeting" else sound.PHONE_RATE
    tracks = {
        role: sound.track(
            [(turn.start, piece) for turn, piece in zip(turns, spoken, strict=True) if turn.role == role],
            seconds,
            rate,
            level + chance.uniform(-1.5, 1.5),
        )
        for role, level in (("rep", -20.0), ("customer", -23.0))
    }
    if plan.line == "meeting":
        return [sound.room(list(tracks.values()), chance.uniform(-62, -58), chance.getrandbits(32))]
    legs = {
        role: sound.telephone(tracks[role], floor + chance.uniform(-2, 2), chance.getrandbits(32))
        for role, floor in (("rep", -64.0), ("customer", -56.0))
    }
    if plan.line == "mono phone":
        return [sound.soften(legs["rep"] + legs["customer"])]
    return [legs["rep"], legs["customer"]] if plan.left == "rep" else [legs["customer"], legs["rep"]]


def write_reference(path: Path, turns: Sequence[Turn]) -> None:
    """Write who speaks when (RTTM), the words in their order (text), and both (JSON)."""
    label = path.stem.replace(" ", "_")
    spans = "".join(
        f"SPEAKER {label} 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> {turn.role} <NA> <NA>\n"
        for turn in turns
    )
    path.with_suffix(".rttm").write_text(spans, encoding="utf-8")
    path.with_suffix(".txt").write_text(" ".join(turn.text for turn in turns) + "\n", encoding="utf-8")
    write_json(path.with_suffix(".reference.json"), {"turns": [turn.as_json() for turn in turns]})


def write_sidecar(path: Path, call: Call, plan: Plan, contact: Contact, seconds: float) -> None:
    """Write the metadata beside the recording, in the plan's format."""
    if plan.sidecar == "native":
        write_json(path.with_suffix(".json"), native_sidecar(call, plan, contact))
    elif plan.sidecar == "gong":
        write_json(path.with_suffix(".json"), gong_sidecar(call, contact, seconds))


def native_sidecar(call: Call, plan: Plan, contact: Contact) -> dict[str, Any]:
    """Give what the dialer knows about a call; what it does not know is left out."""
    extra = dict(plan.extra)
    other = "customer" if plan.left == "rep" else "rep"
    fields = {
        "call_id": extra.get("call_id"),
        "started_at": call.started_at.isoformat(),
        "direction": call.direction,
        "rep_email": call.rep.email,
        "customer_name": call.customer,
        "customer_email": contact.email,
        "customer_phone": contact.phone,
        "account": call.account,
        "deal_id": call.deal_id,
        "channels": {"left": plan.left, "right": other} if plan.line == "phone" else None,
        "language": "en",
        "consent": call.consent,
        "source": extra.get("source"),
        "title": extra.get("title"),
    }
    return {key: value for key, value in fields.items() if value and key not in plan.unknown}


def gong_sidecar(call: Call, contact: Contact, seconds: float) -> dict[str, Any]:
    """Give a meeting's metadata as Gong exports it."""
    return {
        "metaData": {
            "id": str(dice("gong", call.name).randrange(10**18, 10**19)),
            "started": call.started_at.isoformat(),
            "duration": round(seconds),
            "direction": "Conference",
            "title": f"{call.account}: demo",
            "primaryUserId": "48120",
            "scope": "External",
            "system": "Zoom",
            "language": "eng",
        },
        "parties": [
            {
                "name": call.rep.name,
                "emailAddress": call.rep.email,
                "affiliation": "Internal",
                "speakerId": "1",
            },
            {
                "name": call.customer,
                "emailAddress": contact.email,
                "affiliation": "External",
                "speakerId": "2",
            },
        ],
    }


def make_extras(inbox: Path) -> None:
    """Add a call that nobody answered and a second copy of a recording."""
    phone = inbox / "phone"
    silent = np.random.default_rng(25).uniform(-0.9, 0.9, (2, 25 * sound.PHONE_RATE)) / 32767
    sound.encode(phone / "no-answer.mp3", list(silent.astype(np.float32)), sound.PHONE_RATE)
    write_json(
        phone / "no-answer.json",
        {
            "call_id": "dl-20261029-0233",
            "started_at": "2026-10-29T16:20:00-05:00",
            "direction": "outbound",
            "rep_email": "maya.lindqvist@tallyroute.example",
            "consent": "unknown",
            "source": "dialer",
        },
    )
    shutil.copyfile(phone / "maya-pricing.mp3", phone / "copy of maya-pricing.mp3")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON for people: indented, in the order given."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
