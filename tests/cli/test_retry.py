"""`convintel retry`, and what runs try again by themselves."""

import json

import pytest

from convintel.cli.app import app
from convintel.cli.retry import clear_aside
from convintel.errors import ConvintelError
from convintel.ledger import MOST_TRIES, Ledger
from convintel.pipeline import pending_jobs, survey
from convintel.settings import load
from convintel.store import Store, file_digest
from convintel.workspace import Workspace

SAID = "WEBVTT\n\n00:00.000 --> 00:04.000\n<v Rep>Call number {number}.\n"


@pytest.fixture
def acme(tmp_path):
    """Return a workspace with three short transcripts, and their call ids by name."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "convintel.toml").write_text("")
    for number in range(3):
        (tmp_path / "inbox" / f"{number}.vtt").write_text(SAID.format(number=number))
    return tmp_path, [file_digest(tmp_path / "inbox" / f"{number}.vtt")[:16] for number in range(3)]


def pending(root, *, scheduled=False):
    workspace = Workspace(root)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, load(root), ledger)
    jobs = pending_jobs(found, Store(workspace.store), scheduled=scheduled)
    return sorted(job.call["path"] for job in jobs), found


def put_aside(root, call_id, *, times=1, **options):
    _, found = pending(root)
    with Ledger(Workspace(root).ledger) as ledger:
        for _ in range(times):
            ledger.set_aside(call_id, found.keys[call_id].signals, "the share was away", "wait", **options)


def test_what_can_never_pass_is_tried_again_only_when_somebody_asks(acme):
    root, ids = acme
    put_aside(root, ids[0])
    assert pending(root)[0] == ["1.vtt", "2.vtt"]
    assert [each["path"] for each in clear_aside(root, call=ids[0])] == ["0.vtt"]
    assert pending(root)[0] == ["0.vtt", "1.vtt", "2.vtt"]


def test_what_may_pass_is_tried_by_every_run_at_hand_and_by_scheduled_ones_in_time(acme):
    root, ids = acme
    put_aside(root, ids[0], times=2, passing=True)
    assert "0.vtt" in pending(root)[0]
    assert "0.vtt" not in pending(root, scheduled=True)[0]
    put_aside(root, ids[0], times=MOST_TRIES, passing=True)
    assert "0.vtt" not in pending(root)[0]


def test_a_changed_key_makes_earlier_tries_void(acme):
    root, ids = acme
    with Ledger(Workspace(root).ledger) as ledger:
        ledger.set_aside(ids[0], "another key", "no words", "export it again")
    names, found = pending(root)
    assert "0.vtt" in names
    assert found.set_aside == []


def test_retry_without_a_call_clears_all_and_says_what(acme, capsys):
    root, ids = acme
    for call_id in ids[:2]:
        put_aside(root, call_id)
    with pytest.raises(SystemExit, match="0"):
        app(["retry", str(root)])
    told = capsys.readouterr().out
    assert told.count("the share was away (tried once)") == 2
    assert "2 calls will be tried again" in told
    with pytest.raises(SystemExit, match="0"):
        app(["retry", str(root), "--json"])
    assert json.loads(capsys.readouterr().out) == []


def test_a_call_that_is_not_set_aside_is_told(acme):
    with pytest.raises(ConvintelError, match="convintel check"):
        clear_aside(acme[0], call="0" * 16)
