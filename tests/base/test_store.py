import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", None])
def test_a_damaged_result_is_removed_and_told_and_the_others_stay(tmp_path, content):
    store = Store(tmp_path)
    for scope in ("w1", "w2"):
        store.write("weekly", scope, "k", {"unused": frame("unused", [ROW])})
    damaged = store.path("weekly", "w1", "k") / "unused.parquet"
    damaged.unlink() if content is None else damaged.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"1 stored results were damaged.*run again"):
        store.read_many("weekly", "unused", [("w1", "k"), ("w2", "k")])
    assert not store.has("weekly", "w1", "k")
    assert store.read("weekly", "w2", "k", "unused").height == 1


def test_columns_of_another_version_are_never_taken_for_todays(tmp_path):
    store = Store(tmp_path)
    for scope in ("w1", "w2"):
        store.write("weekly", scope, "k", {"unused": frame("unused", [ROW])})
    old = store.path("weekly", "w1", "k") / "unused.parquet"
    frame("unused", [ROW]).rename({"remedy": "cure"}).write_parquet(old)
    with pytest.raises(WorkspaceError, match="removed"):
        store.read_many("weekly", "unused", [("w1", "k"), ("w2", "k")])
    assert not store.has("weekly", "w1", "k")


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_or_read_only_disk_is_told_and_leaves_nothing_half_written(tmp_path, monkeypatch, fault):
    store = Store(tmp_path)
    store.write("weekly", "w", "k1", {"unused": frame("unused", [ROW])})

    def full(path, data):
        with path.open("wb") as stream:
            stream.write(bytes(data)[:100])
        raise OSError(fault, os.strerror(fault))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(WorkspaceError, match=r"cannot write: .* check space and permissions"):
            store.write("weekly", "w", "k2", {"unused": frame("unused", [ROW])})
    assert store.has("weekly", "w", "k1")
    assert [path.name for path in (tmp_path / "weekly" / "w").iterdir()] == ["k1"]
    store.write("weekly", "w", "k2", {"unused": frame("unused", [ROW])})
    assert store.has("weekly", "w", "k2")


def test_a_limit_of_the_system_on_the_size_of_files_is_told_as_such(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from convintel.store import Store; from convintel.tables import frame\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n"
        f"Store(Path(sys.argv[1])).write('weekly', 'w', 'k', {{'unused': frame('unused', [{ROW!r}])}})"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "WorkspaceError" in done.stderr
    assert "File too large" in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


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
