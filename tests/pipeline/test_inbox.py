"""Which files of the inbox are taken, and when."""

import os
import time

import pytest

from convintel.ledger import Ledger, nameless
from convintel.pipeline import inbox as looking
from convintel.pipeline.inbox import look
from convintel.workspace import Workspace

SETTLE = 30.0


@pytest.fixture
def inbox(tmp_path):
    """Return the inbox of an empty workspace."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def listed(inbox, *, settle=SETTLE):
    with Ledger(Workspace(inbox.parent).ledger) as ledger:
        found = look(Workspace(inbox.parent), ledger, settle_seconds=settle)
    return [file.relative for file, _ in found.calls], found


def put(path, content=b"sound", *, age=0.0):
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)


def test_a_file_is_taken_when_it_has_stood_still_or_is_said_to_be_complete(inbox):
    put(inbox / "old.wav", age=60)
    put(inbox / "new.wav")
    put(inbox / "done.wav")
    put(inbox / "done.wav.done")
    assert listed(inbox)[0] == ["done.wav", "old.wav"]
    assert listed(inbox, settle=0)[0] == ["done.wav", "new.wav", "old.wav"]  # somebody started this run


def test_where_the_clock_of_the_share_is_wrong_two_looks_decide(inbox, monkeypatch):
    put(inbox / "a.wav", age=-7200)  # two hours ahead
    assert listed(inbox)[0] == []
    clock = time.time()
    monkeypatch.setattr(looking.time, "time", lambda: clock + 20)
    assert listed(inbox)[0] == []
    monkeypatch.setattr(looking.time, "time", lambda: clock + 40)
    assert listed(inbox)[0] == ["a.wav"]


def test_a_file_that_grows_between_looks_begins_its_wait_anew(inbox, monkeypatch):
    clock = time.time()
    for seconds in (0, 20, 40, 60):
        put(inbox / "a.wav", b"x" * (seconds + 1), age=-7200)
        monkeypatch.setattr(looking.time, "time", lambda seconds=seconds: clock + seconds)
        assert listed(inbox)[0] == []
    monkeypatch.setattr(looking.time, "time", lambda: clock + 95)
    assert listed(inbox)[0] == ["a.wav"]


def test_a_clock_that_goes_back_delays_a_file_and_no_more(inbox, monkeypatch):
    put(inbox / "a.wav", age=-90_000)
    clock = time.time()
    for seconds, expected in ((0, []), (-86_400, []), (-86_400 + 31, ["a.wav"])):
        monkeypatch.setattr(looking.time, "time", lambda seconds=seconds: clock + seconds)
        assert listed(inbox)[0] == expected


def test_a_call_that_is_known_stays_while_its_file_is_copied_anew(inbox):
    put(inbox / "a.wav", age=60)
    listed(inbox)
    put(inbox / "a.wav", b"another")
    names, found = listed(inbox)
    assert names == ["a.wav"]
    assert found.unsettled == {found.calls[0][1]}


def test_what_was_seen_is_not_read_again_and_what_has_just_changed_is(inbox, monkeypatch):
    put(inbox / "a.wav", age=60)
    put(inbox / "b.wav")
    listed(inbox, settle=0)
    read = []
    digest = looking.file_digest
    monkeypatch.setattr(looking, "file_digest", lambda path: read.append(path.name) or digest(path))
    listed(inbox, settle=0)
    assert read == ["b.wav"]  # it may change again within the tick of the file system's clock


def test_a_file_that_is_written_to_while_it_is_read_is_left_for_the_next_run(inbox, monkeypatch):
    put(inbox / "a.wav", age=60)
    digest = looking.file_digest

    def slowly(path):
        value = digest(path)
        put(path, b"sound and more")
        return value

    monkeypatch.setattr(looking, "file_digest", slowly)
    names, found = listed(inbox)
    assert names == []
    assert "being written to" in found.unread[0]["what"]


def test_a_share_that_is_not_mounted_does_not_empty_the_ledger(inbox):
    put(inbox / "a.wav", age=60)
    listed(inbox)
    inbox.rename(inbox.with_name("away"))
    inbox.mkdir()
    assert listed(inbox)[0] == []
    with Ledger(Workspace(inbox.parent).ledger) as ledger:
        assert list(ledger.digests()) == [nameless("a.wav")]
