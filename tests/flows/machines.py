"""A Prefect server and a Dask cluster of real processes on the loopback address, for tests and measurements."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
PATIENCE = 180.0


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a process of ours starts with: its own Prefect home, this checkout's code, one thread a library."""
    own = {
        "PREFECT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    return {**os.environ, **own, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], *, env: dict[str, str], log: Path, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Have a process group run for the block; ended with all its children."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=out, cwd=cwd, start_new_session=True)
    try:
        yield process
    finally:
        end(process, signal.SIGTERM)


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End a process with its group: gently, and after ten seconds not."""
    for each in (how, signal.SIGKILL):
        try:
            os.killpg(process.pid, each)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def prefect_server(folder: Path, **more: str) -> Iterator[str]:
    """Have a Prefect server for the block; give its API's address."""
    port = free_port()
    env = environment(folder / "prefect", **more)
    (folder / "prefect").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    with running(command, env=env, log=folder / "server.log"):
        api = f"http://{HOST}:{port}/api"
        wait_until(lambda: answers(f"{api}/health"), "the Prefect server answers")
        yield api


@dataclass(frozen=True)
class Cluster:
    scheduler: str
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def dask_cluster(
    folder: Path, api: str, *, workers: int = 2, preload: Path | None = None, **more: str
) -> Iterator[Cluster]:
    """Have a scheduler and workers for the block, each worker in a folder of its own; nothing listens elsewhere."""
    port = free_port()
    env = environment(folder / "prefect", PREFECT_API_URL=api, **more)
    dask = [sys.executable, "-m", "distributed.cli"]
    with ExitStack() as stack:

        def start(kind: str, name: str, *arguments: str) -> subprocess.Popen[bytes]:
            own = folder / name
            own.mkdir(parents=True)
            command = [f"{dask[2]}.dask_{kind}", *arguments, "--host", HOST, "--dashboard-address", f"{HOST}:0"]
            return stack.enter_context(running([*dask[:2], *command], env=env, log=folder / f"{name}.log", cwd=own))

        start("scheduler", "scheduler", "--port", str(port))
        address = f"tcp://{HOST}:{port}"
        wait_until(lambda: listens(port), "the Dask scheduler listens")
        loaded = ("--preload", str(preload)) if preload else ()
        one = ("--nworkers", "1", "--nthreads", "1")
        yield Cluster(address, [start("worker", f"worker{n}", address, *one, *loaded) for n in range(workers)])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def wait_until(holds: object, what: str, *, seconds: float = PATIENCE, every: float = 0.05) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
