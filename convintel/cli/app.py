"""The commands over a workspace; each prints little and says where the result is."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from cyclopts import App, Parameter

from convintel import __version__
from convintel.cli.evaluate import evaluate_app
from convintel.cli.models import models_app
from convintel.errors import ConvintelError, SettingsError

if TYPE_CHECKING:
    from convintel.pipeline import IngestResult, WeeklyResult

app = App(
    name="convintel",
    version=__version__,
    help="Recorded sales calls in a folder become weekly coaching pages, offline, with the evidence behind them.",
)
app.command(models_app)
app.command(evaluate_app)

DEMO_LAST_WEEK = "2026-W43"

Json = Annotated[bool, Parameter("--json", help="Print the answer as JSON.", negative="")]


def main() -> None:
    """Run the command line; what it writes is its user's alone."""
    os.umask(0o077)
    try:
        app()
    except ConvintelError as error:
        print(f"convintel: {error}", file=sys.stderr)  # noqa: T201 - the command line talks to its user
        raise SystemExit(2 if isinstance(error, SettingsError) else 1) from None
    except BrokenPipeError:  # the reader of our output (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("convintel: stopped; run again to go on", file=sys.stderr)  # noqa: T201
        raise SystemExit(130) from None


@app.command
def init(folder: Path) -> None:
    """Make a workspace: a commented convintel.toml, CSV templates and an empty inbox.

    Args:
        folder: where; files that are there stay as they are.
    """
    from convintel.cli.scaffold import make_workspace

    made = make_workspace(folder)
    say(f"Workspace {folder}: {', '.join(made) if made else 'everything was there already'}")
    say(f"Next: put recordings into {folder / 'inbox'}, then: convintel run {folder}")


@app.command
def demo(folder: Path = Path("demo"), *, workers: int | None = None, no_prefect: bool = False) -> None:
    """Make a workspace from the sample company and run it.

    Args:
        folder: where to make it.
        workers: worker processes; default one per core.
        no_prefect: the same plan without the orchestrator.
    """
    from convintel.cli.scaffold import make_demo

    make_demo(folder)
    run(folder, week=DEMO_LAST_WEEK, workers=workers, no_prefect=no_prefect)  # so that the next page can follow it up
    run(folder, workers=workers, no_prefect=no_prefect)


@app.command
def check(folder: Path, *, json: Json = False) -> None:
    """Say what a run would do, whether all is well, what cannot be used, why and what to do. Processes nothing.

    Args:
        folder: the workspace.
        json: print the answer as JSON.
    """
    from convintel.cli.check import inspect

    found = inspect(folder)
    if json:
        say_json(found)
    else:
        for line in found["lines"]:
            say(line)
    if found["models_missing"]:
        raise SystemExit(1)


@app.command
def run(
    folder: Path,
    *,
    since: date | None = None,
    week: str | None = None,
    workers: int | None = None,
    no_prefect: bool = False,
    json: Json = False,
) -> None:
    """Process what is new in the inbox and write the week's report.

    Args:
        folder: the workspace.
        since: leave out calls before this day (YYYY-MM-DD).
        week: ISO week to report on, such as 2026-W44; default: the newest with a call.
        workers: worker processes; default one per core.
        no_prefect: the same plan without the orchestrator.
        json: print the answer as JSON.
    """
    folder = _workspace(folder)
    taken, report = _run_plain(folder, week, since, workers) if no_prefect else _run_flow(folder, week, since, workers)
    if json:
        say_json({"processed": taken.processed, "set_aside": taken.set_aside, "current": taken.current,
                  "week": report.week, "report": str(report.index), "written": report.made})  # fmt: skip
        return
    aside = f", {taken.set_aside} set aside (listed in the report)" if taken.set_aside else ""
    say(f"{taken.processed} calls processed{aside}, {taken.current} up to date.")
    say(f"Report {'written' if report.made else 'is up to date'}: {report.index}")


@app.command
def report(folder: Path, *, week: str | None = None) -> None:
    """Write a week's report again from the store, without looking for new calls.

    Args:
        folder: the workspace.
        week: ISO week such as 2026-W44; default: the newest with a call.
    """
    from convintel.pipeline import make_report

    result = make_report(_workspace(folder), week=week, again=True)
    say(f"Report written: {result.index}")


@app.command
def explain(folder: Path, identity: str, *, week: str | None = None, json: Json = False) -> None:
    """Follow something on a page back: the rows, the quotes with call and second, and the rule behind it.

    Args:
        folder: the workspace.
        identity: the id, as the button at the foot of each page shows it.
        week: ISO week of the report; default: the newest with a report.
        json: print the answer as JSON, with all rows.
    """
    from convintel.cli.lookup import explained

    found, read = explained(_workspace(folder), identity, week=week)
    if json:
        say_json(found.plain())
        return
    for line in read:
        say(line)


@app.command
def send(folder: Path, *, week: str | None = None, again: bool = False, dry_run: bool = False) -> None:
    """Send a week's pages to those whom [delivery] names: the team page to managers, to each rep the own one.

    Args:
        folder: the workspace.
        week: ISO week of the report; default: the newest with a report.
        again: also what was sent before.
        dry_run: print the messages and send nothing.
    """
    from convintel.pipeline import deliver, prepare

    if dry_run:
        for message in prepare(_workspace(folder), week=week)[1]:
            say(f"to {message.to} ({message.service}): {message.title}\n{message.body}\n")
        return
    result = deliver(_workspace(folder), week=week, again=again)
    for to, service in result.sent:
        say(f"sent to {to} ({service})")
    say(f"{result.week}: {len(result.sent)} sent, {len(result.before)} had been sent before")


@app.command
def search(folder: Path, query: str, *, limit: int = 20, json: Json = False) -> None:
    """Find turns by their words.

    Args:
        folder: the workspace.
        query: words, "a phrase", AND, OR, NOT, prefix*.
        limit: at most so many turns.
        json: print the answer as JSON.
    """
    from convintel.cli.lookup import find_turns

    hits = find_turns(_workspace(folder), query, limit=limit)
    if json:
        say_json(hits)
        return
    for hit in hits:
        say(f"{hit['call']}  {hit['at']}  {hit['speaker']}: {hit['text']}")
    if not hits:
        say("nothing found")


@app.command
def export(
    folder: Path,
    out: Path,
    *,
    format: Literal["vtt", "srt", "pca"] = "vtt",
    call: str | None = None,
    json: Json = False,
) -> None:
    """Write transcripts for other tools, one file a call: WebVTT, SRT, or JSON as AWS Post-Call Analytics writes it.

    Args:
        folder: the workspace.
        out: folder for the files.
        format: vtt, srt or pca.
        call: only this call id, as pages and `search` print it.
        json: print the files as JSON.
    """
    from convintel.cli.export import export_transcripts

    files = export_transcripts(_workspace(folder), out, kind=format, call=call)
    if json:
        say_json([str(file) for file in files])
        return
    say(f"{len(files)} transcripts written to {out}")


@app.command
def forget(
    folder: Path,
    *,
    call: str | None = None,
    customer: str | None = None,
    rep: str | None = None,
    gone: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Remove a person or call from all results and prove it by a search; files in the inbox are yours to delete.

    Args:
        folder: the workspace.
        call: a call id, as pages and `search` print it.
        customer: a customer's e-mail, phone or name.
        rep: a rep's e-mail.
        gone: all calls whose recording is no longer in the inbox.
    """
    from convintel.cli.lookup import forget_calls

    result = forget_calls(_workspace(folder), call=call, customer=customer, rep=rep, gone=gone)
    for line in (*result.lines, *result.proof.lines()):
        say(line)
    if result.proof.hits:
        raise SystemExit(1)


@app.command
def retry(folder: Path, *, call: str | None = None, json: Json = False) -> None:
    """Have the next run try again what is set aside: after a share came back, memory was added, a setting changed.

    Args:
        folder: the workspace.
        call: only this call id, as `check` prints it.
        json: print the answer as JSON.
    """
    from convintel.cli.retry import clear_aside

    cleared = clear_aside(_workspace(folder), call=call)
    if json:
        say_json(cleared)
        return
    for each in cleared:
        times = "once" if each["attempts"] == 1 else f"{each['attempts']} times"
        say(f"{each['call_id']}  {each['path'] or 'no longer in the inbox'}: {each['reason']} (tried {times})")
    say(f"{len(cleared)} calls will be tried again by the next run." if cleared else "Nothing is set aside.")


@app.command
def serve(folder: Path) -> None:
    """Keep running: take in the inbox every few minutes and write the report every Monday.

    Args:
        folder: the workspace.
    """
    from flows.serve import main as serve_forever

    serve_forever(_workspace(folder))


def say(line: str) -> None:
    """Print one line of the answer."""
    print(line)  # noqa: T201 - the command line talks to its user


def say_json(answer: Any) -> None:
    """Print the answer for a machine."""
    print(json.dumps(answer, indent=2, ensure_ascii=False, default=str))  # noqa: T201


def _workspace(folder: Path) -> Path:
    from convintel.settings import load

    load(folder)  # says at once what is wrong with it
    return folder


def _run_plain(
    folder: Path, week: str | None, since: date | None, workers: int | None
) -> tuple[IngestResult, WeeklyResult]:
    from convintel.pipeline import ingest, make_report

    return ingest(folder, since=since, workers=workers), make_report(folder, week=week)


def _run_flow(
    folder: Path, week: str | None, since: date | None, workers: int | None
) -> tuple[IngestResult, WeeklyResult]:
    from convintel.workspace import Workspace
    from flows.quiet import configure

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")  # errors are told once, by `main`
    configure(Workspace(folder.resolve()).hidden / "prefect")
    from flows.weekly import run_once

    return cast("tuple[IngestResult, WeeklyResult]", run_once(str(folder), week, since, workers))
