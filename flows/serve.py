"""Start the schedules and keep running: the inbox every few minutes, the report on Monday morning.

    python -m flows.serve WORKSPACE

Uses the Prefect server named by PREFECT_API_URL; without one it starts a server of its own on this machine, which lives
as long as this process. Stopping it does not pause the schedules.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convintel.errors import ConvintelError, WorkspaceError
from convintel.settings import load
from convintel.workspace import Workspace
from flows.quiet import configure
from flows.timetable import only_one

_START_SECONDS = 180


def main(root: Path) -> None:
    """Serve both schedules of a workspace until stopped.

    Raises:
        WorkspaceError: another process serves it.
    """
    os.umask(0o077)  # what it writes is its user's alone
    workspace = Workspace(root.resolve())
    settings = load(workspace.root)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
    configure(workspace.hidden / "prefect")
    signal.signal(signal.SIGTERM, _stop)  # until the runner takes it over: the server must end with us
    with only_one(workspace, "serve", wait_seconds=0) as mine:
        if not mine:
            raise WorkspaceError("this workspace is served already", where=workspace.root, remedy="stop that process")
        with _server():
            from flows.schedules import serve_schedules  # Prefect reads its settings as it is imported

            serve_schedules(workspace, settings)


def _stop(*_: object) -> None:
    raise SystemExit(0)


@contextmanager
def _server() -> Iterator[None]:
    """Have a Prefect server for the block: the configured one, else one of our own on the loopback address."""
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    host = "127.0.0.1"
    port = _free_port(host)
    os.environ["PREFECT_API_URL"] = f"http://{host}:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    ending = threading.Event()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=_end_with_parent)
    try:
        _wait_for(f"http://{host}:{port}/api/health", process)
        threading.Thread(target=_stop_without, args=(process, ending), daemon=True).start()
        yield
    finally:
        ending.set()  # from here it is we who end the server
        alone = process.poll() is not None
        process.terminate()
        process.wait(timeout=30)
        if alone:
            raise ConvintelError("the Prefect server of this process ended", remedy="start it again, as a service does")


def _stop_without(server: subprocess.Popen[bytes], ending: threading.Event) -> None:
    """Stop serving when the server has ended by itself: nothing would run any more, and nobody would notice."""
    server.wait()
    if not ending.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _end_with_parent() -> None:
    """Have the system end this new process when its parent is killed: two servers must not share a database."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ConvintelError("the Prefect server ended at once", remedy="set PREFECT_API_URL to a running server")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise ConvintelError(
        f"the Prefect server did not start in {_START_SECONDS} s", remedy="set PREFECT_API_URL to a running one"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m flows.serve WORKSPACE")
    try:
        main(Path(sys.argv[1]))
    except ConvintelError as problem:
        raise SystemExit(f"convintel: {problem}") from None
