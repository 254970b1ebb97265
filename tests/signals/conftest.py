"""Hand-made calls for the tests of signals."""

from datetime import UTC, datetime

import polars as pl
import pytest

from convintel.tables import frame

CALL_ID = "0123456789abcdef"
Said = tuple[str, float, float, str]


def call(started: datetime = datetime(2026, 3, 10, 15, 0, tzinfo=UTC), offset: int = 0) -> dict[str, object]:
    return {"call_id": CALL_ID, "started_at": started, "utc_offset_min": offset}


def tables(
    said: list[Said], *, layout: str = "dual", timing: str = "measured", backchannels: tuple[int, ...] = ()
) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """Return transcript and turns of (role, start, end, text) rows; words spread evenly over each turn."""
    turns, words = [], []
    for number, (role, start, end, text) in enumerate(said):
        tokens = text.split()
        step = (end - start) / max(1, len(tokens))
        place = {"call_id": CALL_ID, "start": start, "end": end, "speaker": role, "role": role}
        turns.append(place | {"turn": number, "text": text, "backchannel": number in backchannels})
        words += [
            {
                "call_id": CALL_ID,
                "start": start + at * step,
                "end": start + (at + 1) * step,
                "text": token,
                "track": role,
            }
            for at, token in enumerate(tokens)
        ]
    audio = {
        "call_id": CALL_ID, "seconds": 300.0, "bad_packets": 0, "gap_seconds": 0.0, "channels": 2, "sample_rate": 8000,
        "codec": "pcm", "layout": layout, "layout_note": "", "word_timing": timing, "dropped_packs": 0, "redactions": 0,
        "model": "test",
    }  # fmt: skip
    roles = {
        "call_id": CALL_ID, "method": "channel map", "confidence": 1.0, "why": "test", "speakers": 2,
        "split": "channels", "split_note": "",
    }  # fmt: skip
    transcript = {"audio": frame("audio", [audio]), "words": frame("words", words)}
    return transcript, {
        "turns": frame("turns", turns),
        "talk": frame("talk", turns),
        "roles": frame("roles", [roles]),
    }


@pytest.fixture(scope="session", name="call")
def _call():
    """A function that gives a row of Calls."""
    return call


@pytest.fixture(scope="session", name="tables")
def _tables():
    """A function that gives transcript and turns of (role, start, end, text) rows."""
    return tables
