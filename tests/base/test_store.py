import hashlib

import polars as pl
import pytest
from dataframely.exc import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from convintel.corrections import read_corrections
from convintel.errors import ConvintelError, WorkspaceError
from convintel.store import Store, content_key, file_digest, write_atomically
from convintel.tables import SCHEMAS, frame

CALL = "0123456789abcdef"
ROW = {"source": "deals.csv", "row": 3, "what": "no id", "remedy": "add one", "severity": "note"}


def test_a_result_is_read_back_with_its_schema_and_version(tmp_path):
    store = Store(tmp_path)
    store.write("weekly", "2026-W44", "k1", {"unused": frame("unused", [ROW])})
    assert store.has("weekly", "2026-W44", "k1")
    assert store.read("weekly", "2026-W44", "k1", "unused").to_dicts() == [ROW]
    written = pl.read_parquet_metadata(store.path("weekly", "2026-W44", "k1") / "unused.parquet")
    assert written["convintel.schema"] == "unused/1"


def test_a_new_key_replaces_the_old_result_of_the_same_scope(tmp_path):
    store = Store(tmp_path)
    for key in ("k1", "k2"):
        store.write("weekly", "w", key, {"unused": frame("unused", [ROW])})
    assert not store.has("weekly", "w", "k1")
    assert store.has("weekly", "w", "k2")


def test_rows_that_break_the_schema_leave_nothing_behind(tmp_path):
    bad = frame("unused", [ROW]).with_columns(severity=pl.lit("catastrophe"))
    with pytest.raises(ValidationError, match="severity"):
        Store(tmp_path).write("weekly", "w", "k", {"unused": bad})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_same_table_gives_the_same_bytes(tmp_path):
    digests = set()
    for folder in ("a", "b"):
        Store(tmp_path / folder).write("s", "w", "k", {"unused": frame("unused", [ROW])})
        digests.add(file_digest(tmp_path / folder / "s" / "w" / "k" / "unused.parquet"))
    assert len(digests) == 1


def test_forgetting_a_call_removes_it_from_every_stage(tmp_path):
    store = Store(tmp_path)
    for stage in ("turns", "signals"):
        store.write(stage, CALL, "k", {"unused": frame("unused", [ROW])})
    assert len(store.forget(CALL)) == 2
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_table_has_an_empty_form(name):
    assert frame(name, []).is_empty()


@given(st.dictionaries(st.text(max_size=5), st.integers()))
def test_the_content_key_ignores_the_order_of_keys(mapping):
    assert content_key(mapping) == content_key(dict(reversed(mapping.items())))


def test_writing_to_a_folder_that_is_a_file_is_told_plainly(tmp_path):
    (tmp_path / "reports").write_text("not a folder")
    with pytest.raises(WorkspaceError, match="check space and permissions"):
        write_atomically(tmp_path / "reports" / "x.txt", "text")


def test_file_digest_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_corrections_are_read_and_unknown_verdicts_listed(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text(
        "\ufeffcall_id,finding_id,verdict,note\n"
        f"{CALL},,swap,\n{CALL},aaaaaaaaaaaa,wrong,he was joking\n{CALL},,maybe,\n"
    )
    found = read_corrections(path)
    assert found.of_call(CALL) == {CALL: "swap"}
    assert found.of_findings(CALL) == {"aaaaaaaaaaaa": "wrong"}
    assert [row["row"] for row in found.unused] == [4]


def test_an_error_says_where_what_and_what_to_do():
    error = ConvintelError("is empty", where="a.mp3", remedy="export it again")
    assert str(error) == "a.mp3: is empty → export it again"
