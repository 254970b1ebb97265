"""`convintel serve` against a real Prefect server, minute by minute: `make bench-serve`.

    python -m tests.bench_serve [DATABASE_URL]

Without a database URL the server keeps SQLite; postgresql+asyncpg://... shows the same with PostgreSQL. Prints a line a
fact and ends with exit code 1 when one does not hold.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx

from convintel.resources import resource
from tests.flows.machines import end, environment, free_port, prefect_server, running, wait_until

SETTINGS = """[recordings]
settle_seconds = 0

[delivery]
failures = ["json://127.0.0.1:{port}/"]

[run]
workers = 1
schedule_inbox = "* * * * *"
"""
INTERVAL = 60
SERVE = [sys.executable, "-m", "flows.serve"]


class Show:
    """A workspace, the files still to be dropped into it, and whether everything held."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.root, self.held = folder, folder / "acme", True
        (self.root / "inbox").mkdir(parents=True)
        (self.root / "convintel.toml").write_text(SETTINGS.format(port=port))
        self.files = iter(sorted((resource("samples") / "inbox" / "earlier").glob("*.json")))

    def fact(self, what: str, holds: bool) -> None:
        self.held = self.held and holds
        sys.stdout.write(f"{'yes' if holds else 'NO '}  {what}\n")
        sys.stdout.flush()

    @contextmanager
    def serving(self, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        env = environment(self.folder / "home", PREFECT_LOGGING_LEVEL="INFO", **more)
        with running([*SERVE, str(self.root)], env=env, log=self.folder / "serve.log", cwd=self.folder) as process:
            yield process

    def dropped_and_taken(self) -> float:
        """Drop a call into the inbox; return after how many seconds its results were there."""
        before, begun = self.results(), time.monotonic()
        shutil.copy2(next(self.files), self.root / "inbox")
        wait_until(lambda: self.results() > before, "the call is taken in", seconds=4 * INTERVAL)
        return time.monotonic() - begun

    def results(self) -> int:
        return len(list((self.root / ".convintel" / "store").glob("signals/*/[!.]*")))

    def starts(self) -> int:
        """How often `serve` said that it serves."""
        return (self.folder / "serve.log").read_bytes().count(b"serving /")

    def stop(self, process: subprocess.Popen[bytes]) -> tuple[int, float]:
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)  # as systemd does
        return process.wait(timeout=60), time.monotonic() - begun


def main(database: str | None) -> None:
    """Print one line a fact."""
    notices: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name, _listener(notices) as port:
        show = Show(Path(name), port)
        more = {"PREFECT_API_DATABASE_CONNECTION_URL": database} if database else {}
        with prefect_server(show.folder / "server", **more) as api:
            _restarts(show, api)
            _kill(show, api)
            _missed(show, api)
            _failures(show, api, notices)
        if not database:
            _own_server(show)
    if not show.held:
        raise SystemExit(1)


def _restarts(show: Show, api: str) -> None:
    with show.serving(PREFECT_API_URL=api) as process:
        wait_until(lambda: _deployments(api), "the schedules are registered")
        took = show.dropped_and_taken()
        show.fact(
            f"a call dropped into the inbox is taken in after {took:.0f} s (interval {INTERVAL} s)", took < 2 * INTERVAL
        )
        code, seconds = show.stop(process)
        show.fact(f"SIGTERM: exit code {code} after {seconds:.1f} s", code == 0)
    show.fact("the schedules are not paused", all(_active(each) for each in _deployments(api)))
    with show.serving(PREFECT_API_URL=api):
        show.fact(f"after a restart a call is taken in after {show.dropped_and_taken():.0f} s", True)
        again = subprocess.run([*SERVE, str(show.root)], env=environment(show.folder / "home", PREFECT_API_URL=api),
                               capture_output=True, text=True, timeout=120, cwd=show.folder)  # fmt: skip
        show.fact(f"a second `serve` is refused: {again.stderr.strip()[-60:]}", again.returncode == 1)


def _kill(show: Show, api: str) -> None:
    with show.serving(PREFECT_API_URL=api) as process:
        wait_until(lambda: _runs(api, "RUNNING"), "a run is at work", seconds=3 * INTERVAL)
        end(process, signal.SIGKILL)
    show.fact(f"serve killed in the middle of a run; still shown as running: {len(_runs(api, 'RUNNING'))}", True)
    with show.serving(PREFECT_API_URL=api):
        took = show.dropped_and_taken()
        show.fact(f"started again, a call is taken in after {took:.0f} s", took < 3 * INTERVAL)
        stale = [run for run in _runs(api, "RUNNING") if _age(run) > 2 * INTERVAL]
        show.fact(f"runs that the server takes for running since then: {len(stale)}", not stale)


def _missed(show: Show, api: str) -> None:
    now = datetime.now(UTC)
    state = {"served_since": now - timedelta(weeks=40), "weekly_begun": now - timedelta(weeks=5)}
    file = show.root / ".convintel" / "schedule.json"
    file.write_text(json.dumps({key: value.isoformat() for key, value in state.items()}))
    weekly = next(each["id"] for each in _deployments(api) if each["name"].startswith("weekly"))
    for weeks in (1, 2, 3):  # Mondays for which the server has a run waiting
        due = (now - timedelta(weeks=weeks)).isoformat()
        late = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": due}}, "name": f"late {weeks}"}
        httpx.post(f"{api}/deployments/{weekly}/create_flow_run", json=late).raise_for_status()
    with show.serving(PREFECT_API_URL=api):
        wait_until(lambda: len(_runs(api, "COMPLETED", weekly)) >= 4, "all weekly runs ended", seconds=600, every=1)
    ended = _runs(api, "COMPLETED", weekly)
    messages = [run["state"]["message"] for run in ended]
    idle = sum(message == "a later run has reported on this week" for message in messages)
    show.fact(f"five Mondays missed: {len(ended)} weekly runs, of which {len(ended) - idle} made a report", idle == 3)
    with show.serving(PREFECT_API_URL=api):
        time.sleep(45)
        more = len(_runs(api, "COMPLETED", weekly)) - len(ended)
    show.fact(f"another restart: {more} more", more == 0)


def _failures(show: Show, api: str, notices: list[dict[str, Any]]) -> None:
    failed = len(_runs(api, "FAILED"))
    settings = (show.root / "convintel.toml").read_text()
    with show.serving(PREFECT_API_URL=api):
        time.sleep(10)
        (show.root / "convintel.toml").write_text(settings.replace("settle_seconds", "setle_seconds"))
        wait_until(lambda: len(_runs(api, "FAILED")) >= failed + 2, "two runs failed", seconds=6 * INTERVAL, every=1)
        (show.root / "convintel.toml").write_text(settings)
    time.sleep(2)
    told = [notice for notice in notices if "setle_seconds" in notice["message"]]
    show.fact(f"settings spoilt: {len(_runs(api, 'FAILED')) - failed} runs failed, {len(told)} notice", len(told) == 1)
    for notice in notices:
        sys.stdout.write(f"       {notice['title']} | {' '.join(notice['message'].split())}\n")


def _own_server(show: Show) -> None:
    with show.serving(PREFECT_API_URL="") as process:
        show.fact(f"with its own server: a call is taken in after {show.dropped_and_taken():.0f} s of the start", True)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_until(
            lambda: not any(Path(f"/proc/{child}").exists() for child in children), "its children end", seconds=30
        )
        show.fact(f"killed, none of its {len(children)} children outlives it", True)
    with show.serving(PREFECT_API_URL="") as process:
        show.fact(f"started again, a call is taken in after {show.dropped_and_taken():.0f} s of the start", True)
        server = subprocess.run(
            ["pgrep", "-P", str(process.pid), "-f", "server"], capture_output=True, text=True
        ).stdout
        os.kill(int(server.split()[0]), signal.SIGKILL)
        begun = time.monotonic()
        code = process.wait(timeout=120)
        show.fact(f"its server killed: it ends after {time.monotonic() - begun:.0f} s with exit code {code}", code == 1)
    starts = show.starts()
    with show.serving(PREFECT_API_URL="") as process:
        wait_until(lambda: show.starts() > starts, "it serves")
        code, seconds = show.stop(process)
        show.fact(f"SIGTERM: exit code {code} after {seconds:.1f} s", code == 0)


@contextmanager
def _listener(notices: list[dict[str, Any]]) -> Iterator[int]:
    class Listen(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notices.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", free_port()), Listen)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def _deployments(api: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.post(f"{api}/deployments/filter", json={}).json()
    return found


def _active(deployment: dict[str, Any]) -> bool:
    return not deployment["paused"] and all(schedule["active"] for schedule in deployment["schedules"])


def _runs(api: str, kind: str, deployment: str | None = None) -> list[dict[str, Any]]:
    chosen: dict[str, Any] = {"state": {"type": {"any_": [kind]}}, "deployment_id": {"is_null_": False}}
    if deployment:
        chosen["deployment_id"] = {"any_": [deployment]}
    found: list[dict[str, Any]] = httpx.post(f"{api}/flow_runs/filter", json={"flow_runs": chosen}).json()
    return found


def _age(run: dict[str, Any]) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(run["start_time"])).total_seconds()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
