"""What `convintel check` says of a workspace; every line that is not well says what to do."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from convintel import pipeline
from convintel.cli import doctor
from convintel.ledger import Ledger
from convintel.settings import load
from convintel.workspace import Workspace

NEVER = dict.fromkeys(doctor.BEATS)


def ago(**units):
    return datetime.now(UTC) - timedelta(**units)


@pytest.fixture
def look(small_workspace):
    """Return a function that gives the findings about the small workspace, by what they are about."""

    def examine(**beats):
        settings, workspace = load(small_workspace), Workspace(small_workspace)
        with Ledger(workspace.ledger) as ledger:
            found = pipeline.survey(workspace, settings, ledger)
        told = list(
            doctor.examine(found, settings, {**NEVER, **{name.replace("_", " "): at for name, at in beats.items()}})
        )
        assert all(one.remedy for one in told if one.state != "ok")
        return {one.about: one for one in told}

    return examine


def test_a_workspace_that_never_ran_is_told_what_to_start(look, small_workspace):
    found = look()
    assert f"convintel serve {small_workspace}" in found["schedule"].remedy
    assert f"convintel run {small_workspace}" in found["last report"].remedy
    assert "unknown consent" in found["what is known"].what


@pytest.mark.parametrize(
    ("last", "state"),
    [({"minutes": 4}, "ok"), ({"minutes": 59}, "ok"), ({"hours": 2}, "wrong"), ({"days": 30}, "wrong")],
)
def test_a_schedule_that_stands_still_is_seen(look, last, state):
    found = look(inbox_on_schedule=ago(**last))["schedule"]
    assert found.state == state


def test_a_monday_that_was_missed_is_seen(look):
    found = look(inbox_on_schedule=ago(minutes=1), report_on_schedule=ago(days=9))["schedule"]
    assert (found.state, "9 days ago" in found.what) == ("wrong", True)


def test_a_full_disk_is_seen(look, monkeypatch):
    assert look()["space"].state == "ok"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert look()["space"].state == "wrong"


def test_files_that_everybody_can_read_are_seen(look, small_workspace):
    (small_workspace / "inbox").chmod(0o755)
    found = look()["permissions"]
    assert str(small_workspace / "inbox") in found.remedy
    for path in ("inbox", "convintel.toml"):
        (small_workspace / path).chmod(0o700)
    (small_workspace / ".convintel").chmod(0o700)
    assert look()["permissions"].state == "ok"


def test_forgotten_recordings_and_results_without_one_are_named(look, small_workspace):
    settings, workspace = load(small_workspace), Workspace(small_workspace)
    with Ledger(workspace.ledger) as ledger:
        call = pipeline.survey(workspace, settings, ledger).calls.row(0, named=True)
    pipeline.remember_forgotten(workspace, [call["call_id"]])
    (workspace.store / "transcript" / ("a" * 16) / "key").mkdir(parents=True)
    found = look()
    assert call["path"] in found["forgotten"].what
    assert "--gone" in found["recordings"].remedy


def test_what_lies_in_an_object_store_is_told(look, small_workspace):
    assert "share" not in look()
    (small_workspace / ".convintel" / "share").write_text("s3://bucket/acme")
    assert "s3://bucket/acme" in look()["share"].what
