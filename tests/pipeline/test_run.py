"""The whole line on part of the sample company: real models, real files, real Prefect."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from convintel import pipeline, search
from convintel.errors import SettingsError, WorkspaceError
from convintel.ledger import Ledger
from convintel.pipeline import process
from convintel.pipeline.weeks import last_day
from convintel.report import explain
from convintel.report.lineage import nodes
from convintel.settings import load
from convintel.store import Store
from convintel.workspace import Workspace
from tests.pipeline.crash import DiesOn

CLI = [sys.executable, "-m", "convintel"]


def run(root, **options):
    return pipeline.ingest(root, **options), pipeline.make_report(root)


def test_a_second_run_finds_nothing_to_do_and_changes_no_byte(small_workspace, tables_of):
    first, report = run(small_workspace)
    assert first.processed == 9
    assert first.set_aside == 0
    assert report.made
    before = tables_of(small_workspace)
    second, again = run(small_workspace)
    assert (second.processed, second.set_aside, second.current) == (0, 0, 9)
    assert not again.made
    assert tables_of(small_workspace) == before


def test_a_report_is_read_back_from_the_store_and_everything_in_it_explained(small_workspace, read_json):
    _, report = run(small_workspace)
    week, summary, tables = pipeline.read_report(small_workspace)
    assert week == report.week
    assert summary == read_json(report.index.parent / "summary.json")
    ids = [node["id"] for node in nodes(summary)]
    assert len(ids) > 100
    for identity in ids[::40]:
        assert explain(summary, tables, identity).rows
    told = subprocess.run([*CLI, "explain", str(small_workspace), ids[0]], capture_output=True, text=True, check=True)
    assert told.stdout.startswith(ids[0])
    with pytest.raises(WorkspaceError, match="no current report of 2026-W01"):
        pipeline.read_report(small_workspace, week="2026-W01")


def test_the_order_of_work_and_the_number_of_workers_change_no_byte(small_workspace, tmp_path, tables_of):
    other = tmp_path / "other"
    shutil.copytree(small_workspace, other)
    run(small_workspace, workers=1)
    run(other, workers=2)
    assert tables_of(other) == tables_of(small_workspace)


def test_a_new_recording_is_the_only_one_processed_and_a_bad_one_stops_nothing(small_workspace, samples, read_json):
    recording = small_workspace / "inbox" / "phone" / "tom-cold.wav"
    recording.rename(small_workspace / "late.wav")
    run(small_workspace)
    (small_workspace / "late.wav").rename(recording)
    (small_workspace / "inbox" / "notes.mp3").write_text("this is no audio")
    second, report = run(small_workspace)
    assert (second.processed, second.set_aside, second.current) == (1, 1, 8)
    listed = read_json(report.index.parent / "summary.json")
    assert "inbox/notes.mp3" in str(listed)
    third, _ = run(small_workspace)
    assert (third.processed, third.set_aside) == (0, 0)  # what can only fail again is not tried again


def test_a_run_that_was_killed_goes_on_where_it_stopped(small_workspace, tmp_path, tables_of):
    whole = tmp_path / "whole"
    shutil.copytree(small_workspace, whole)
    run(whole)
    store = Workspace(small_workspace).store
    process = subprocess.Popen([*CLI, "run", str(small_workspace), "--no-prefect"], start_new_session=True)
    deadline = time.monotonic() + 120
    while len(_done(store)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)  # the run alone, as the system would: its workers must end by themselves
    process.wait()
    assert _ends(process.pid)
    assert 3 <= len(_done(store)) < 9
    left = 9 - len(_done(store))
    result, _ = run(small_workspace)
    assert (result.processed, result.set_aside, result.current) == (left, 0, 9 - left)
    assert tables_of(small_workspace) == tables_of(whole)


def _ends(group):
    """Tell whether every process of the group is gone within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def _done(store):
    """Results that are there; what was being written when the run was killed begins with a dot."""
    return [path for path in store.glob("signals/*/*") if not path.name.startswith(".")]


def test_with_and_without_prefect_the_bytes_are_the_same(small_workspace, tmp_path, tables_of):
    other = tmp_path / "other"
    shutil.copytree(small_workspace, other)
    run(small_workspace)
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "prefect")}
    done = subprocess.run(
        [*CLI, "run", str(other)], env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr
    assert tables_of(other) == tables_of(small_workspace)


def test_a_worker_that_dies_costs_its_call_and_nothing_else(small_workspace, monkeypatch):
    workspace = Workspace(small_workspace)
    settings = load(small_workspace)
    with Ledger(workspace.ledger) as ledger:
        found = pipeline.survey(workspace, settings, ledger)
    jobs = pipeline.pending_jobs(found, Store(workspace.store))
    victim = jobs[0].call["call_id"]
    outcomes = {}
    monkeypatch.setattr(process, "_in_worker", DiesOn(victim))
    process.process_calls(
        jobs[:3],
        store=Store(workspace.store),
        settings=settings,
        workers=2,
        on_outcome=lambda outcome: outcomes.__setitem__(outcome.call_id, outcome),
    )
    assert outcomes.pop(victim).reason == "the worker process died 2 times while at this call"
    assert {outcome.status for outcome in outcomes.values()} == {"done"}


def test_a_scheduled_run_leaves_files_that_may_still_be_copied(small_workspace):
    for path in small_workspace.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    (small_workspace / "inbox" / "phone" / "tom-cold.wav").touch()
    assert pipeline.ingest(small_workspace, scheduled=True).processed == 8
    assert pipeline.ingest(small_workspace).processed == 1


@pytest.mark.parametrize(("week", "day"), [("2026-W44", "2026-11-01"), ("2026-W53", "2027-01-03")])
def test_the_last_day_of_a_week_is_its_sunday(week, day):
    assert last_day(week).isoformat() == day


@pytest.mark.parametrize("week", ["2026-W99", "../../x", "2026-w44", "2026-W4", "", "2026-W44\n"])
def test_what_is_no_week_is_refused(week):
    with pytest.raises(SettingsError, match="2026-W44"):
        last_day(week)


def test_bad_files_are_listed_and_stop_nothing(small_workspace, read_json):
    inbox = small_workspace / "inbox"
    (inbox / "loop.wav").symlink_to("loop.wav")
    (inbox / "phone" / "tom-cold.wav").unlink()
    turns = [{"role": "rep", "start": 0, "end": 1e300, "text": "for ever"}]
    (inbox / "endless.json").write_text(json.dumps({"started_at": "2026-10-20T10:00:00Z", "turns": turns}))
    turns = [{"role": "customer", "start": 0, "end": 3, "text": "half a \ud800 letter, and that is all of it"}]
    (inbox / "half.json").write_text(json.dumps({"started_at": "2062-10-20T10:00:00Z", "turns": turns}))
    (small_workspace / "deals.csv").write_text(
        "Opportunity ID,Opportunity Name,Stage,Amount,Close Date\n006Tr00000Zz001,Big,"
        + f"Closed Won,{'9' * 400},1/2/2026\n"
    )
    result, report = run(small_workspace)
    assert (result.processed, result.set_aside) == (9, 1)
    assert report.week.startswith("2026-")  # a mistyped year does not hide the week
    listed = str(read_json(report.index.parent / "summary.json")["unused"])
    assert "inbox/loop.wav" in listed
    assert "inbox/endless.json" in listed


def test_leaving_out_older_calls_does_not_take_them_out_of_the_search(small_workspace):
    run(small_workspace)
    index = Workspace(small_workspace).search_index
    before = search.find(index, "the", limit=1000)
    pipeline.ingest(small_workspace, since=date(2026, 10, 1))
    assert search.find(index, "the", limit=1000) == before
