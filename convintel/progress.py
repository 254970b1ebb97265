"""What a person sees while work goes on: a bar on a terminal, plain lines otherwise. Always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Hears how far the work is."""

    def call_done(self, path: str, minutes: float, trouble: str) -> None:
        """One call ended; `trouble` is empty or says why it was set aside."""

    def step(self, name: str) -> None:
        """A stage over all calls begins."""


class _Lines:
    def __init__(self, calls: int, minutes: float) -> None:
        self._calls, self._done = calls, 0
        if calls:
            self._say(f"{calls} new calls, {minutes:.0f} minutes of audio")

    def call_done(self, path: str, minutes: float, trouble: str) -> None:
        self._done += 1
        self._say(f"{self._done}/{self._calls} {path}" + (f": set aside, {trouble}" if trouble else ""))

    def step(self, name: str) -> None:
        self._say(name)

    @staticmethod
    def _say(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def show_progress(calls: int, minutes: float) -> Iterator[Progress]:
    """Show progress over `calls` calls with `minutes` of audio until the block ends."""
    if not sys.stderr.isatty():
        yield _Lines(calls, minutes)
        return
    with _bar(calls, minutes) as progress:
        yield progress


@contextmanager
def _bar(calls: int, minutes: float) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[calls]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=not calls) as bar:
        # a ready-made transcript has no audio: it counts as six seconds of work
        task = bar.add_task("calls" if calls else "reading", total=(minutes + 0.1 * calls) or None, calls="")

        class _Terminal:
            done = 0
            heard = 0.0

            def call_done(self, path: str, minutes_done: float, trouble: str) -> None:
                self.done, self.heard = self.done + 1, self.heard + minutes_done
                bar.update(
                    task,
                    advance=minutes_done + 0.1,
                    calls=f"{self.done}/{calls} calls, {self.heard:.0f}/{minutes:.0f} audio min",
                )
                if trouble:
                    bar.console.print(f"[yellow]set aside[/] {path}: {trouble}", highlight=False)

            def step(self, name: str) -> None:
                bar.update(task, description=name)

        yield _Terminal()
