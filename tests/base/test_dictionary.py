from __future__ import annotations

from pathlib import Path

from convintel.tables import SCHEMAS
from convintel.tables.dictionary import about, entries, markdown

PLAIN = {
    "name", "account", "created", "won", "lost", "title", "customer_name", "customer_email", "direction",
    "call_type", "consent", "language", "rep_name", "path", "kind", "label", "text", "speaker", "channels", "codec",
    "model", "bad_packets", "gap_seconds", "seconds", "expected_seconds", "sample_rate", "redactions", "handling",
    "action", "due", "firm", "confirmed", "level", "open", "turn", "score", "threshold", "rule", "type", "owner",
    "step_kind", "due_text", "due_granularity", "what", "remedy", "severity", "measure", "value", "n", "month",
}  # fmt: skip
"""Columns whose name and table say enough."""


def test_every_table_says_what_a_row_is():
    assert all(about(table) for table in SCHEMAS.values())


def test_columns_of_themes_and_outcomes_have_a_meaning():
    mine = {"themes", "theme_members", "theme_events", "theme_outcomes", "win_rates", "associations", "hygiene",
            "follow_through", "ramp", "matches", "deals"}  # fmt: skip
    silent = [(one.table, one.column) for one in entries() if one.table in mine and not one.meaning and not one.values]
    assert [each for each in silent if each[1] not in PLAIN and not each[1].endswith(("low", "high"))] == []


def test_what_an_enumeration_holds_and_what_may_be_null():
    found = {(one.table, one.column): one for one in entries()}
    assert found["matches", "status"].values == "matched, ambiguous, unmatched"
    assert found["deals", "closed"].null == "yes"
    assert found["deals", "deal_id"].key == "yes"
    assert found["objections", "quote"].meaning == "verbatim part of the turn's text"  # inherited


def test_the_document_is_current():
    assert (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8") == markdown()
