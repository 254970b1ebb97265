"""Which calls may be processed, and which of their data may still be there: private calls, consent, time limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from convintel.settings import Privacy
from convintel.signals import local_date

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """What became of the calls: those that may be processed, rows of `Unused` for the rest, and calls without words.

    `closed` are the paths of calls that nothing may tell of but their number: private ones and those past their time.
    """

    calls: pl.DataFrame
    unused: list[Row]
    wordless: frozenset[str]  # call ids among `calls` whose words may no longer be kept
    closed: frozenset[str]


def gate(calls: pl.DataFrame, written: Mapping[str, date], privacy: Privacy, *, today: date) -> Gate:
    """Return the calls that the settings let in on a day.

    Args:
        calls: schema Calls.
        written: when each file was last changed: the age of a call that nobody dated.
        privacy: consent by country, and how many days things are kept.
        today: the day on which it is asked.
    """
    private = {*calls.filter(pl.col("private").fill_null(value=False))["call_id"]}
    old = _older(calls, written, privacy.keep_audio_derived_days, today) - private
    closed = private | old
    refused = {
        call_id
        for call_id, consent, country in calls.select("call_id", "consent", "country").iter_rows()
        if call_id not in closed and consent not in allowed_consent(country, privacy)
    }
    kept = calls.filter(~pl.col("call_id").is_in([*closed, *refused]))
    wordless = _older(kept, written, privacy.keep_text_days, today)
    notes = [
        _count(len(private), "private calls are left out of everything", "private = no takes one in"),
        _count(len(old), "calls are older than keep_audio_derived_days: nothing of them is kept", _BY_SETTINGS),
        _count(len(wordless), "calls are older than keep_text_days: what was said is deleted", _BY_SETTINGS),
    ]
    said = [_refusal(row) for row in calls.filter(pl.col("call_id").is_in(list(refused))).iter_rows(named=True)]
    paths = calls.filter(pl.col("call_id").is_in(list(closed)))["path"]
    return Gate(kept, [*said, *(note for note in notes if note)], wordless, frozenset(paths))


def allowed_consent(country: str | None, privacy: Privacy) -> tuple[str, ...]:
    """Return the states of consent that may be processed: of the region, else of its country, else everywhere.

    >>> allowed_consent("US-CA", Privacy(consent_by_country={"US-CA": ("written",)}))
    ('written',)
    >>> allowed_consent(None, Privacy(consent_by_country={"DE": ("verbal",)}, unknown_country="DE"))
    ('verbal',)
    """
    where = country or privacy.unknown_country
    rules = privacy.consent_by_country
    return rules.get(where, rules.get(where[:2], privacy.process_consent))


_BY_SETTINGS = "nothing to do; [privacy] in convintel.toml sets it"


def _older(calls: pl.DataFrame, written: Mapping[str, date], days: int, today: date) -> frozenset[str]:
    """Return the calls older than so many days; 0 days: none ever is."""
    limit = today - timedelta(days=days)
    rows = calls.iter_rows(named=True) if days else iter(())
    return frozenset(row["call_id"] for row in rows if (local_date(row) or written.get(row["call_id"], today)) < limit)


def _count(n: int, what: str, remedy: str) -> Row | None:
    """A note that counts and names nobody."""
    if not n:
        return None
    return {"source": "inbox", "row": None, "what": f"{n} {what}", "remedy": remedy, "severity": "note"}


def _refusal(call: Mapping[str, Any]) -> Row:
    where = f" for {call['country']}" if call["country"] else ""
    return {
        "source": f"inbox/{call['path']}",
        "row": None,
        "what": f"consent is '{call['consent']}', which the settings{where} do not allow to process",
        "remedy": "record the consent in the sidecar or calls.csv, or change [privacy] in convintel.toml",
        "severity": "set aside",
    }
