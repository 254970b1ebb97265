"""What privacy lets in: consent by country, private calls, and the days after which words and numbers go."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from convintel.pipeline.gate import gate
from convintel.settings import Privacy
from convintel.tables import frame

TODAY = date(2026, 11, 2)
EUROPE = {"DE": ("verbal", "written"), "US-CA": ("written",), "US": ("announced", "written")}


def calls(*rows):
    return frame(
        "calls",
        [
            {"call_id": f"{at:016x}", "path": f"{at}.wav", "kind": "recording", "consent": "unknown", "origins": "{}"}
            | row
            for at, row in enumerate(rows)
        ],
    )


def let_in(*rows, written=None, **settings):
    found = gate(calls(*rows), written or {}, Privacy(**settings), today=TODAY)
    return [int(call_id, 16) for call_id in found.calls["call_id"]], found


@pytest.mark.parametrize(
    ("row", "allowed"),
    [
        ({"consent": "announced"}, True),  # nowhere: as process_consent says
        ({"consent": "none"}, False),
        ({"consent": "announced", "country": "DE"}, False),
        ({"consent": "verbal", "country": "DE"}, True),
        ({"consent": "announced", "country": "US-CA"}, False),  # the region wins over its country
        ({"consent": "announced", "country": "US-TX"}, True),  # a region without a rule is as its country
        ({"consent": "none", "country": "FR"}, False),
    ],
)
def test_consent_is_judged_by_the_customers_country(row, allowed):
    kept, found = let_in(row, consent_by_country=EUROPE)
    assert bool(kept) == allowed
    assert [one["severity"] for one in found.unused] == ([] if allowed else ["set aside"])


def test_a_call_from_nobody_knows_where_counts_as_the_settings_say():
    row = {"consent": "announced", "country": None}
    assert let_in(row, consent_by_country=EUROPE)[0] == [0]
    assert let_in(row, consent_by_country=EUROPE, unknown_country="DE")[0] == []


def test_by_default_unknown_consent_is_processed():
    assert let_in({"consent": "unknown"})[0] == [0]


def test_private_calls_are_counted_and_not_named():
    kept, found = let_in({"private": True, "path": "anna-at-the-doctor.wav"}, {"private": False}, {})
    assert kept == [1, 2]
    assert [one["what"] for one in found.unused] == ["1 private calls are left out of everything"]
    assert found.closed == {"anna-at-the-doctor.wav"}
    assert "anna" not in str(found.unused)


def test_words_go_first_and_numbers_later():
    days = [datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]
    rows = [{"started_at": day, "utc_offset_min": 0} for day in days]
    kept, found = let_in(*rows, keep_text_days=30, keep_audio_derived_days=365)
    assert kept == [0, 1]
    assert found.wordless == {f"{1:016x}"}
    assert found.closed == {"2.wav"}
    assert let_in(*rows)[0] == [0, 1, 2]  # by default nothing goes


def test_the_last_day_still_counts_and_a_call_without_a_date_is_as_old_as_its_file():
    row = {"started_at": datetime(2026, 10, 3, 12, tzinfo=UTC), "utc_offset_min": 0}
    assert not let_in(row, keep_text_days=30)[1].wordless
    assert let_in(row, keep_text_days=29)[1].wordless
    written = {f"{0:016x}": date(2026, 1, 1)}
    assert let_in({}, written=written, keep_text_days=30)[1].wordless


def test_a_rule_for_something_that_is_no_country_is_refused():
    with pytest.raises(ValueError, match="'Germany' is not a country"):
        Privacy(consent_by_country={"Germany": ("written",)})
