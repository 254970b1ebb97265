import sqlite3

import pytest

from convintel.errors import WorkspaceError
from convintel.ledger import MOST_TRIES, VERSION, Ledger, nameless

CALL = "0123456789abcdef"
OLD_TABLES = """
create table files (path text primary key, size integer, mtime_ns integer, sha256 text);
create table aside (call_id text primary key, key text, reason text, remedy text, attempts integer);
create table reports (week text primary key, key text);
create table sent (key text primary key);
insert into files values ('a.mp3', 10, 99, 'ff');
insert into aside values ('0123456789abcdef', 'k1', 'no audio', 'look', 1);
insert into aside values ('1123456789abcdef', '', 'share away', 'wait', 3);
insert into sent values ('mail');
"""


def test_the_ledger_knows_files_by_size_and_time_and_drops_those_that_are_gone(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.remember_digests([("a.mp3", 10, 99, "ff"), ("b.mp3", 1, 2, "ee")], present=["a.mp3", "b.mp3"])
        assert ledger.digests() == {nameless("a.mp3"): (10, 99, "ff"), nameless("b.mp3"): (1, 2, "ee")}
        ledger.remember_digests([("a.mp3", 11, 99, "dd")], present=["a.mp3"])
        assert ledger.digests() == {nameless("a.mp3"): (11, 99, "dd")}


def test_the_ledger_counts_tries_under_the_same_key_only(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        for key in ("k1", "k1", "k2"):
            ledger.set_aside(CALL, key, "no audio", "look")
        assert ledger.aside()[CALL].attempts == 1
        assert ledger.aside()[CALL].for_good
        ledger.clear_aside(CALL)
        assert not ledger.aside()


def test_what_may_pass_is_tried_again_with_growing_pauses_and_not_for_ever(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        pauses = []
        for _ in range(MOST_TRIES):
            ledger.set_aside(CALL, "k", "the share is away", "wait", passing=True)
            aside = ledger.aside()[CALL]
            waits = [seconds for seconds in (0, 600, 900, 3600, 6 * 3600, 10**9) if aside.due(aside.tried + seconds)]
            pauses.append(waits[0] if waits else None)
        assert pauses == [0, 900, 3600, 6 * 3600, None]
        assert aside.for_good


def test_a_clock_that_goes_back_makes_nobody_wait(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        for _ in range(3):
            ledger.set_aside(CALL, "k", "the share is away", "wait", passing=True)
        aside = ledger.aside()[CALL]
        assert not aside.due(aside.tried + 1)
        assert aside.due(aside.tried - 86_400)


def test_a_ledger_of_the_version_before_is_brought_up_to_date(tmp_path):
    path = tmp_path / "ledger.db"
    db = sqlite3.connect(path)
    db.executescript(OLD_TABLES)
    db.close()
    for _ in range(2):
        with Ledger(path) as ledger:
            assert ledger.digests() == {}  # it held names: files are read once more
            assert list(ledger.aside()) == [CALL]  # what had no key was to be tried again
            assert ledger.was_sent("mail")
            ledger.set_aside(CALL, "k1", "no audio", "look")
    with Ledger(path) as ledger:
        assert ledger.aside()[CALL].attempts == 3


def test_a_ledger_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "ledger.db"
    db = sqlite3.connect(path)
    db.execute(f"pragma user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(WorkspaceError, match="newer version"):
        Ledger(path)


@pytest.mark.parametrize("where", [0, 4096])
def test_a_damaged_ledger_is_put_aside_and_begun_anew(tmp_path, where):
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.remember_digests([("a.mp3", 10, 99, "ff")], present=["a.mp3"])
    data = bytearray(path.read_bytes())
    data[where : where + 3000] = b"\xa7" * 3000
    path.write_bytes(data)
    with Ledger(path) as ledger:
        assert ledger.digests() == {}
    assert path.with_name("ledger.db.damaged").read_bytes() == data


def test_a_full_disk_is_told_plainly_and_leaves_the_ledger_as_it_was(tmp_path):
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.remember_digests([("a.mp3", 10, 99, "ff")], present=["a.mp3"])
        pages = ledger._db.execute("pragma page_count").fetchone()[0]
        ledger._db.execute(f"pragma max_page_count = {pages}")
        many = [(f"{number:0200d}", 1, 1, "ee") for number in range(1000)]
        with pytest.raises(WorkspaceError, match=r"disk is full.*check space"):
            ledger.remember_digests(many, present=[path for path, *_ in many])
        assert ledger.digests() == {nameless("a.mp3"): (10, 99, "ff")}
    with Ledger(path) as ledger:
        assert ledger.digests() == {nameless("a.mp3"): (10, 99, "ff")}
