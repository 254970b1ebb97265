import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace

import pytest

from convintel import lock
from convintel.errors import WorkspaceError
from convintel.lock import LOCK_FILE, NOTE_FILE, alone, read_owner
from convintel.workspace import Workspace

HOLD = "import sys, time; from pathlib import Path; from convintel.lock import alone\nwith alone(Path(sys.argv[1])):\n"
HOLD += "    print('held', flush=True); time.sleep(60)"


@pytest.fixture
def elsewhere(tmp_path):
    """Return a note of a run of another machine."""
    with alone(tmp_path):
        owner = replace(read_owner(tmp_path), host="other-machine", pid=4711)
    (tmp_path / NOTE_FILE).write_text(json.dumps(asdict(owner)))
    return owner


def test_a_second_run_is_kept_out_of_a_workspace_and_hears_who_is_at_work(tmp_path):
    workspace = Workspace(tmp_path)
    with (
        workspace.locked(),
        pytest.raises(WorkspaceError, match=rf"another run.*process {os.getpid()} on .* since 20"),
        Workspace(tmp_path).locked(),
    ):
        pass
    with workspace.locked():
        assert workspace.hidden.stat().st_mode & 0o077 == 0
    assert not (workspace.hidden / NOTE_FILE).exists()


def test_the_lock_of_a_killed_run_is_taken_over_at_once(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceError, match=f"process {run.pid} "), alone(tmp_path):
            pass
        run.send_signal(signal.SIGKILL)
    assert read_owner(tmp_path).pid == run.pid
    begun = time.monotonic()
    with alone(tmp_path):
        assert read_owner(tmp_path).pid == os.getpid()
    assert time.monotonic() - begun < 5


def test_a_note_of_another_machine_that_stands_still_is_stale(tmp_path, elsewhere):
    with alone(tmp_path, watch_seconds=0.5):
        assert read_owner(tmp_path).pid == os.getpid()
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


def test_a_note_of_another_machine_that_beats_keeps_others_out(tmp_path, elsewhere):
    stop = threading.Event()

    def beat():
        while not stop.wait(0.05):
            os.utime(tmp_path / NOTE_FILE)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(WorkspaceError, match="process 4711 on other-machine"), alone(tmp_path, watch_seconds=1):
            pass
    finally:
        stop.set()
        thread.join()
    assert read_owner(tmp_path) == elsewhere


def test_the_holder_beats(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.05)
    with alone(tmp_path):
        first = (tmp_path / NOTE_FILE).stat().st_mtime_ns
        time.sleep(0.3)
        assert (tmp_path / NOTE_FILE).stat().st_mtime_ns > first


def test_a_share_without_locks_goes_by_the_note(tmp_path, monkeypatch):
    import filelock

    def none(self):
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "_acquire", none)
    with alone(tmp_path), pytest.raises(WorkspaceError, match="another run"), alone(tmp_path):
        pass
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with alone(tmp_path):
        left = replace(read_owner(tmp_path), pid=dead.pid)
    (tmp_path / NOTE_FILE).write_text(json.dumps(asdict(left)))
    with alone(tmp_path):
        assert read_owner(tmp_path).pid == os.getpid()


def test_a_note_that_nobody_can_read_is_watched_like_a_strangers(tmp_path):
    (tmp_path / NOTE_FILE).write_bytes(b"\0\0half a no")
    with alone(tmp_path, watch_seconds=0.3):
        assert read_owner(tmp_path).pid == os.getpid()


def test_waiting_ends_when_the_other_run_does(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as run:
        run.stdout.readline()
        threading.Timer(0.5, run.kill).start()
        with alone(tmp_path, wait_seconds=20):
            assert read_owner(tmp_path).pid == os.getpid()


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path):
    (tmp_path / LOCK_FILE).mkdir()
    with pytest.raises(WorkspaceError, match="cannot write"), alone(tmp_path):
        pass
