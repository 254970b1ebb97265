"""No network at run time, no telemetry, and nobody else may read what is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convintel.resources import resource
from flows import quiet


def isolated():
    """Return the command that runs another one in a network with nothing but a loopback; None if not allowed."""
    base = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    try:
        done = subprocess.run([*base, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return base if done.returncode == 0 else None


def test_the_whole_line_runs_with_prefect_where_there_is_no_network(small_workspace, tmp_path):
    command = isolated()
    if command is None:
        pytest.skip("this machine lets nobody make a network namespace (unshare, ip)")
    for path in sorted((small_workspace / "inbox" / "earlier").iterdir())[2:]:
        path.unlink()  # a few calls go the same way as many
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PREFECT_"))}
    script = f"ip link set lo up && exec {sys.executable} -m convintel run {small_workspace}"
    reach = subprocess.run(
        [*command, sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 2)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "unreachable" in reach.stderr  # the test would notice a network
    done = subprocess.run(
        [*command, "sh", "-c", script],
        env={**environment, "PREFECT_HOME": str(tmp_path / "prefect")},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "3 calls processed" in done.stdout
    written = [path for part in (".convintel", "reports") for path in (small_workspace / part).rglob("*")]
    inner = [path for path in written if "store" in path.parts or "reports" in path.parts or path.suffix == ".db"]
    assert len(inner) > 50
    assert not [path for path in inner if path.stat().st_mode & 0o077]


def test_telemetry_is_off_unless_the_user_turns_it_on(monkeypatch, tmp_path):
    for name in (*quiet._DEFAULTS, "PREFECT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    quiet.configure(tmp_path)
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["PREFECT_CLIENT_METRICS_ENABLED"] == "false"
    assert os.environ["DO_NOT_TRACK"] == "0"


def test_onnx_runtime_reports_to_nobody(tmp_path):
    """Left alone it can make an id of this machine and a queue of events (not on every machine: CI saw none)."""
    model = resource("models") / "reader" / "reader.onnx"
    home = {**os.environ, "HOME": str(tmp_path)}
    home.pop("XDG_CACHE_HOME", None)
    home.pop("ORT_DISABLE_TELEMETRY", None)
    load = f"import convintel, os, onnxruntime; onnxruntime.InferenceSession('{model}'); "
    told = "print(os.environ['ORT_DISABLE_TELEMETRY'])"
    seen = subprocess.run([sys.executable, "-c", load + told], check=True, env=home, capture_output=True, text=True)
    assert seen.stdout.strip() == "1"
    assert not list(tmp_path.rglob("*"))
