"""A Prefect server, a Dask cluster and an S3 server, real processes on the loopback address, for tests and figures."""

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
from typing import Any

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
    folder: Path,
    api: str,
    *,
    workers: int = 2,
    preload: Path | None = None,
    without: Path | None = None,
    **more: str,
) -> Iterator[Cluster]:
    """Have a scheduler and workers for the block, each worker in a folder of its own; nothing listens elsewhere.

    Workers do not see the folder `without`, if this machine lets us hide it.
    """
    port = free_port()
    env = environment(folder / "prefect", PREFECT_API_URL=api, **more)
    dask = [sys.executable, "-m", "distributed.cli"]
    with ExitStack() as stack:

        def start(kind: str, name: str, *arguments: str) -> subprocess.Popen[bytes]:
            own = folder / name
            own.mkdir(parents=True)
            command = [f"{dask[2]}.dask_{kind}", *arguments, "--host", HOST, "--dashboard-address", f"{HOST}:0"]
            hidden = hiding(without) if without and kind == "worker" else ()
            return stack.enter_context(
                running([*hidden, *dask[:2], *command], env=env, log=folder / f"{name}.log", cwd=own)
            )

        start("scheduler", "scheduler", "--port", str(port))
        address = f"tcp://{HOST}:{port}"
        wait_until(lambda: listens(port), "the Dask scheduler listens")
        loaded = ("--preload", str(preload)) if preload else ()
        one = ("--nworkers", "1", "--nthreads", "1")
        started = [
            start("worker", f"worker{n}", address, *one, *loaded, "--local-directory", str(folder / f"worker{n}"))
            for n in range(workers)
        ]
        yield Cluster(address, started)


def hiding(folder: Path) -> Sequence[str]:
    """Return what stands before a command that is not to see a folder; nothing where the system does not let us."""
    base = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(folder))
    try:
        allowed = subprocess.run([*base, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return ()
    return base if allowed else ()


@dataclass(frozen=True)
class Bucket:
    """A bucket of an S3 server; `env` is what a process needs to use it."""

    url: str
    env: dict[str, str]
    log: Path

    @property
    def files(self) -> Any:
        import fsspec

        own = {"endpoint_url": self.env["FSSPEC_S3_ENDPOINT_URL"], "key": "any", "secret": "any"}
        return fsspec.filesystem("s3", use_listings_cache=False, **own)

    def objects(self, part: str = "") -> list[str]:
        return [path for path in self.files.find(self.url) if part in path]


@contextmanager
def object_store(folder: Path) -> Iterator[Bucket]:
    """Have an S3 server (moto's) with a bucket for the block."""
    port, log = free_port(), folder / "s3.log"
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    with running(command, env=dict(os.environ), log=log):
        wait_until(lambda: listens(port), "the S3 server listens")
        env = {
            "FSSPEC_S3_ENDPOINT_URL": f"http://{HOST}:{port}",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
        }
        bucket = Bucket("s3://calls/acme", env, log)
        bucket.files.mkdir("s3://calls")
        yield bucket


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
