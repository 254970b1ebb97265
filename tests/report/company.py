"""Tables of the invented sample company, made from its call scripts by rough rules: believable, not measured.

The stages before coaching are tested elsewhere; here their tables only have to be valid and lifelike.
"""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from convintel import outcomes
from convintel.recordings.roster import Rep
from convintel.settings import Settings
from convintel.tables import frame

SCRIPTS = Path(__file__).parents[2] / "samples" / "scripts"
WEEK = "2026-W44"
WORDS_A_SECOND = 2.7
OBJECTION_WORDS = {
    "price": r"too much|expensive|truck payment|costs? us nothing|budget|cheaper|price",
    "authority": r"can't sign|can't say|both partners|have to ask|my (wife|husband|boss|brother)|not my call",
    "competitor": r"JobHive|FieldLark|Dispatchly|whiteboard",
    "timing": r"not (right )?now|after the season|next (year|spring)|busy season|too busy",
    "trust": r"burned|gone by|got into|burglar|hear it from",
    "product": r"Sage|doesn't (do|work)|no signal|retype",
    "brush_off": r"send (me )?(something|an email|some)|chew on it|call me (back )?(in|next)",
}
GROUPS = {
    f"{name}@tallyroute.example": team
    for name, team in {
        "maya.lindqvist": "North", "tom.okafor": "North", "priya.raman": "South", "daniel.reyes": "South"
    }.items()
}  # fmt: skip
ROSTER = [
    Rep(
        email,
        email.split("@")[0].replace(".", " ").title(),
        team,
        started_at=date(2026, 9, 1) if "daniel" in email else date(2026, 1, 5),
    )
    for email, team in GROUPS.items()
]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def digest(*parts: object, size: int = 16) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:size]


def build(files: list[Path] | None = None) -> dict[str, pl.DataFrame]:
    """Return all tables that a report reads, but `advice` and `evidence`, which coaching makes."""
    rows: dict[str, list[dict[str, object]]] = {
        name: []
        for name in (
            "calls",
            "audio",
            "roles",
            "turns",
            "talk",
            "metrics",
            "objections",
            "next_steps",
            "questions",
            "mentions",
            "concerns",
            "matches",
        )
    }
    for file in files if files is not None else sorted(SCRIPTS.glob("*/*.txt")):
        add_call(rows, file.stem, file.parent.name == "recordings", file.read_text(encoding="utf-8"))
    tables = {name: frame(name, part) for name, part in rows.items()}
    tables["deals"] = deals()
    tables["win_rates"] = win_rates(tables["deals"])
    tables["associations"] = frame(
        "associations",
        [
            {
                "behaviour": "talk_share",
                "deals": 26,
                "won": 11,
                "difference": -0.06,
                "p_value": 0.09,
                "q_value": 0.27,
                "points": -0.06,
                "points_low": -0.19,
                "points_high": 0.07,
                "e_value": 1.6,
                "e_value_limit": 1.0,
                "deals_needed": 191,
                "verdict": "not told apart",
                "note": "no association could be shown",
            },
            {
                "behaviour": "questions_per_10_min",
                "deals": 26,
                "won": 11,
                "difference": 1.4,
                "p_value": 0.31,
                "q_value": 0.04,
                "points": 0.11,
                "points_low": 0.02,
                "points_high": 0.2,
                "e_value": 2.1,
                "e_value_limit": 1.3,
                "deals_needed": 191,
                "verdict": "associated",
                "note": "higher in won deals",
            },
            {"behaviour": "open_question_share", "deals": 9, "won": 4, "verdict": "too few", "note": "too few deals"},
        ],
    )
    tables |= themes(tables)
    tables |= upkeep(tables)
    tables["unused"] = frame(
        "unused",
        [
            {
                "source": "inbox/broken-upload.mp3",
                "what": "no audio could be decoded",
                "remedy": "export it again",
                "severity": "set aside",
            },
            {
                "source": "deals.csv",
                "row": 17,
                "what": "close date 31/12/2026 does not fit %m/%d/%Y",
                "remedy": "set crm.date_format",
                "severity": "set aside",
            },
        ],
    )
    return tables


def add_call(rows: dict[str, list[dict[str, object]]], stem: str, recording: bool, text: str) -> str:
    head, _, body = text.partition("\n\n")
    told = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    call_id = digest(stem)
    started = datetime.fromisoformat(told["started_at"])
    year, week, _ = started.isocalendar()
    email = told["rep"].lower().replace(" ", ".") + "@tallyroute.example"
    rows["calls"].append(
        {
            "call_id": call_id,
            "path": f"{stem}.mp3" if recording else f"earlier/{stem}.vtt",
            "kind": "recording" if recording else "transcript",
            "started_at": started.astimezone(UTC),
            "utc_offset_min": int(started.utcoffset().total_seconds() // 60),
            "week": f"{year}-W{week:02d}",
            "rep": email,
            "rep_name": told["rep"],
            "customer_name": told.get("customer"),
            "account": told.get("account"),
            "deal_id": told.get("deal_id"),
            "direction": told.get("direction"),
            "call_type": told.get("type"),
            "consent": told.get("consent", "unknown"),
            "origins": "{}",
        }
    )
    turns = spoken(call_id, body)
    rows["turns"] += turns
    rows["talk"] += [{key: turn[key] for key in ("call_id", "speaker", "role", "start", "end")} for turn in turns]
    rows["audio"].append(
        {
            "call_id": call_id,
            "seconds": turns[-1]["end"] + 1,
            "bad_packets": 0,
            "gap_seconds": 0,
            "channels": 2 if recording else 0,
            "sample_rate": 8000 if recording else 0,
            "codec": "mp3" if recording else "webvtt",
            "layout": "dual" if recording else "transcript",
            "layout_note": "",
            "word_timing": "measured" if recording else "interpolated",
            "dropped_packs": 0,
            "redactions": 0,
            "model": "whisper-base" if recording else "webvtt",
        }
    )
    rows["roles"].append(
        {
            "call_id": call_id,
            "method": "channel map" if recording else "transcript",
            "confidence": 1.0,
            "why": "given",
            "speakers": 2,
            "split": "channels" if recording else "transcript",
            "split_note": "",
        }
    )
    objections, steps = find_objections(turns), find_steps(turns, started.date())
    rows["objections"] += objections
    rows["next_steps"] += steps
    rows["concerns"] += [
        {
            "concern_id": one["finding_id"],
            "call_id": call_id,
            "turn": one["turn"],
            "kind": "objection",
            "quote": one["quote"],
            "start": one["start"],
            "end": one["end"],
        }
        for one in objections
    ]
    rows["metrics"] += measure(call_id, turns, objections, steps, recording)
    rows["matches"].append(
        {
            "call_id": call_id,
            "deal_id": told.get("deal_id"),
            "status": "matched" if told.get("deal_id") else "unmatched",
            "reason": "deal id in the sidecar" if told.get("deal_id") else "no deal id, account or phone fits",
            "candidates": "",
        }
    )
    return call_id


def spoken(call_id: str, body: str) -> list[dict[str, object]]:
    turns, clock = [], 0.8
    for number, line in enumerate(line for line in body.splitlines() if ": " in line):
        label, text = line.split(": ", 1)
        end = clock + max(0.5, len(text.split()) / WORDS_A_SECOND)
        turns.append(
            {
                "call_id": call_id,
                "turn": number,
                "speaker": label.lower(),
                "role": "rep" if label == "REP" else "customer",
                "start": round(clock, 2),
                "end": round(end, 2),
                "text": text,
                "backchannel": text in ("Right.", "Mm-hm.", "Sure."),
            }
        )
        clock = end + (0.9 if "?" in text else 0.35)
    return turns


def finding(turn: dict[str, object], kind: str, **more: object) -> dict[str, object]:
    return {
        "finding_id": digest(turn["call_id"], turn["turn"], kind, size=12),
        "call_id": turn["call_id"],
        "turn": turn["turn"],
        "role": turn["role"],
        "quote": turn["text"],
        "start": turn["start"],
        "end": turn["end"],
        "score": 0.81,
        "threshold": 0.5,
        "rule": f"{kind} head",
        **more,
    }


def find_objections(turns: list[dict[str, object]]) -> list[dict[str, object]]:
    found = []
    for index, turn in enumerate(turns):
        kind = next((name for name, words in OBJECTION_WORDS.items() if re.search(words, turn["text"])), None)
        if turn["role"] != "customer" or kind is None or len(turn["text"].split()) < 6:
            continue
        reply = next((each for each in turns[index + 1 :] if each["role"] == "rep"), None)
        after = [each for each in turns[index + 2 : index + 6] if each["role"] == "customer"]
        question = reply is not None and "?" in reply["text"]
        resolved = any(
            re.search(r"settle|fits|perfect|works|sounds good|huh\. okay", each["text"], re.I) for each in after
        )
        daniel = reply is not None and reply["text"].startswith(("Yeah", "Sure", "Okay", "Got it"))
        handling = None if reply is None else "resolved" if resolved else "ignored" if daniel else "addressed"
        move = "question" if question else "change_of_subject" if handling == "ignored" else "rebuttal"
        found.append(
            finding(
                turn,
                "objection",
                type=kind,
                type_score=0.7,
                handling=handling,
                first_move=None if reply is None else move,
                came_back=False,
                pause_before_reply=0.4,
                reply_seconds=5.0,
            )
        )
    return found


def find_steps(turns: list[dict[str, object]], day: date) -> list[dict[str, object]]:
    found = []
    for index, turn in enumerate(turns[len(turns) // 2 :], start=len(turns) // 2):
        if turn["role"] != "rep" or not re.search(r"I'll|I will|[Ww]ould .+ work|let's|we'll|may I call", turn["text"]):
            continue
        named = next((number for number, name in enumerate(DAYS) if name in turn["text"].lower()), None)
        due = None if named is None else day + timedelta(days=(named - day.weekday()) % 7 or 7)
        answer = turns[index + 1]["text"] if index + 1 < len(turns) else ""
        yes = due is not None and re.search(r"[Yy]es|works|good|[Aa]greed|fine", answer) is not None
        found.append(
            finding(
                turn,
                "next_step",
                owner="rep",
                step_kind="meeting" if due else "task",
                action=turn["text"][:60],
                due=due,
                due_text=None if named is None else DAYS[named],
                due_granularity="day" if due else None,
                firm=due is not None,
                confirmed=yes,
                confirmation=answer if yes else None,
                level="accepted" if yes else "dated" if due else "owned",
            )
        )
    return found


def measure(call_id, turns, objections, steps, recording) -> list[dict[str, object]]:
    rep = [turn for turn in turns if turn["role"] == "rep"]
    length = {role: sum(t["end"] - t["start"] for t in turns if t["role"] == role) for role in ("rep", "customer")}
    longest = max(rep, key=lambda turn: turn["end"] - turn["start"])
    asked = [turn for turn in rep if "?" in turn["text"]]
    openly = [turn for turn in asked if re.search(r"\b(how|what|which|tell me|why|who)\b", turn["text"], re.I)]
    minutes = turns[-1]["end"] / 60
    told = [one for one in objections if one["handling"]]
    rows = [
        ("talk_share", "rep", length["rep"] / (length["rep"] + length["customer"]), len(turns), None),
        ("longest_monologue", "rep", longest["end"] - longest["start"], 1, longest),
        ("questions_per_10_min", "rep", len(asked) / minutes * 10, len(asked), None),
        (
            "open_question_share",
            "rep",
            len(openly) / len(asked) if asked else None,
            len(asked),
            openly[0] if openly else None,
        ),
        ("objections", "customer", float(len(objections)), len(objections), None),
        (
            "objections_answered",
            "rep",
            sum(o["handling"] != "ignored" for o in told) / len(told) if told else None,
            len(told),
            None,
        ),
        (
            "objection_question_first_share",
            "rep",
            sum(o["first_move"] == "question" for o in told) / len(told) if told else None,
            len(told),
            None,
        ),
        ("dated_next_step", "rep", float(any(s["due"] for s in steps)), 1, None),
        ("dated_accepted_next_step", "rep", float(any(s["confirmed"] for s in steps)), 1, None),
        ("response_gap", "rep", 0.35 if recording else None, 9, rep[1]),
        ("interruptions_per_10_min", "rep", 0.6 if recording else None, 1, None),
    ]
    return [
        {
            "call_id": call_id,
            "metric": name,
            "side": side,
            "value": value,
            "n": n,
            "start": span["start"] if span else None,
            "end": span["end"] if span else None,
            "withheld": None if value is not None else "nothing to measure in this call",
        }
        for name, side, value, n, span in rows
    ]


def deals() -> pl.DataFrame:
    rows = []
    for file in sorted((SCRIPTS / "deals").glob("*.csv")):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            try:
                created, closed = (
                    datetime.strptime(row[name], "%m/%d/%Y").replace(tzinfo=UTC).date()
                    for name in ("Created Date", "Close Date")
                )
                outcome = "open" if row["Closed"] == "0" else "won" if row["Won"] == "1" else "lost"
                rows.append(
                    {
                        "deal_id": row["Opportunity ID"],
                        "name": row["Opportunity Name"],
                        "account": row["Account Name"],
                        "stage": row["Stage"],
                        "outcome": outcome,
                        "amount": float(row["Amount"]),
                        "currency": row["Opportunity Currency"],
                        "created": created,
                        "closed": closed,
                        "owner": row["Opportunity Owner Email"],
                        "owner_name": row["Opportunity Owner"],
                        "segment": row["Type"],
                    }
                )
            except (ValueError, KeyError):
                continue  # the samples hold rows that cannot be used
    return frame("deals", list({row["deal_id"]: row for row in rows}.values()))


def win_rates(deals: pl.DataFrame) -> pl.DataFrame:
    closed = deals.filter(pl.col("outcome").cast(pl.String) != "open")
    quarters = pl.format("{}-Q{}", pl.col("closed").dt.year(), pl.col("closed").dt.quarter())
    parts = {("team", "team"): deals}
    for scope, table, key in (
        ("group", deals, pl.col("owner").replace_strict(GROUPS)),
        ("rep", deals, pl.col("owner")),
        ("segment", deals, pl.col("segment")),
        ("quarter", closed, quarters),
    ):
        parts |= {(scope, name[0]): part for name, part in sorted(table.group_by(key, maintain_order=True))}
    return frame("win_rates", [win_rate(scope, name, part) for (scope, name), part in parts.items()])


def win_rate(scope: str, name: str, part: pl.DataFrame) -> dict[str, object]:
    won, lost, still = ((part["outcome"] == outcome).sum() for outcome in ("won", "lost", "open"))
    n = won + lost
    rate = (won + 2) / (n + 5) if n >= 5 else None
    half = None if rate is None else 1.645 * (rate * (1 - rate) / (n + 5)) ** 0.5
    return {
        "scope": scope,
        "name": name,
        "won": won,
        "lost": lost,
        "open": still,
        "estimate": rate,
        "low": None if rate is None else max(0.0, rate - half),
        "high": None if rate is None else min(1.0, rate + half),
        "note": "",
    }


def upkeep(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Promises, pipeline and new reps as the product finds them: their tables are told on the pages as they are."""
    day, settings = date(2026, 11, 1), Settings()
    calls, matches, deals = tables["calls"], tables["matches"], tables["deals"]
    promises = outcomes.follow_through(calls, matches, tables["next_steps"], as_of=day, settings=settings)
    return {
        "follow_through": promises,
        "hygiene": outcomes.hygiene(calls, matches, deals, promises, reps=ROSTER, as_of=day, settings=settings),
        "ramp": outcomes.ramp(calls, matches, deals, reps=ROSTER, as_of=day, settings=settings),
    }


THEMES = {
    "Price and the monthly bill": ("price", "objection"),
    "Who signs": ("authority", "question"),
    "Already using something else": ("competitor", "need"),
    "Trust with data": ("trust", "praise"),
}


def themes(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    weeks = dict(tables["calls"].select("call_id", "week").iter_rows())
    found, members = [], []
    for number, (label, (kind, shown_as)) in enumerate(THEMES.items(), start=1):
        mine = tables["objections"].filter(pl.col("type") == kind).sort("call_id").to_dicts()
        if not mine:
            continue
        calls = {row["call_id"] for row in mine}
        now = {call for call in calls if weeks[call] == WEEK}
        found.append(
            {
                "theme_id": f"T{number:04d}",
                "kind": shown_as,
                "label": label,
                "given_label": label,
                "shown": "shown" if len(calls) >= 3 else "small",
                "quote": mine[0]["quote"],
                "quote_call_id": mine[0]["call_id"],
                "quote_start": mine[0]["start"],
                "quote_end": mine[0]["end"],
                "members": len(mine),
                "calls": len(calls),
                "deals": len(calls),
                "reps": 3,
                "calls_this_week": len(now),
                "of_calls_this_week": len(set(weeks.values())),
                "calls_weeks_before": (len(calls) - len(now)) / 8,
                "calls_before": len(calls) - len(now),
                "of_calls_before": len(weeks),
                **({"change": 0.2, "change_low": 0.04, "change_high": 0.36} if number < 3 else {}),
                "first_week": min(weeks[call] for call in calls),
                "last_week": max(weeks[call] for call in calls),
            }
        )
        members += [
            {
                "concern_id": row["finding_id"],
                "call_id": row["call_id"],
                "theme_id": f"T{number:04d}",
                "similarity": 0.8,
            }
            for row in mine
        ]
    happened = [
        {"week": "2026-W35", "kind": "appeared", "theme_id": "T0001", "other_id": ""},
        {"week": WEEK, "kind": "appeared", "theme_id": "T0002", "other_id": ""},
        {"week": WEEK, "kind": "split", "theme_id": "T0001", "other_id": "T0003"},
        {"week": WEEK, "kind": "merged", "theme_id": "T0001", "other_id": "T0099"},
    ]
    counted = [
        {"theme_id": row["theme_id"], "won": 3, "of_won": 11, "lost": 2, "of_lost": 15, "note": ""} for row in found
    ]
    counted[0] |= {"won_share": 3 / 11, "lost_share": 2 / 15, "difference": 0.14, "low": 0.02, "high": 0.3}
    counted[0] |= {"p_value": 0.01, "q_value": 0.04}
    return {
        "themes": frame("themes", found),
        "theme_members": frame("theme_members", members),
        "theme_events": frame("theme_events", [{**row, "members": 6, "note": "told by the stage"} for row in happened]),
        "theme_outcomes": frame("theme_outcomes", counted),
    }
