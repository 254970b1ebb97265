"""Hostile inputs through the product's own line: each must be used or listed with a reason, and nothing may crash."""

from __future__ import annotations

import itertools
import random
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from convintel import outcomes, pipeline, themes
from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline import run as running
from convintel.resources import resource
from convintel.settings import load
from convintel.store import Store
from convintel.workspace import Workspace
from tests.operations.disturb import clip, workspace
from tests.operations.fuzz import Input, put, recordings, settings, sidecars, tables, transcripts

MOST_SECONDS = 60.0
LOADING_SECONDS = 60.0  # the first call of a worker waits for its models
BATCH = 250
SHARES = {"recordings": 0.3, "transcripts": 0.25, "sidecars": 0.2, "tables": 0.2, "settings": 0.05}
MORE_TABLES = {
    "corrections.csv": "call_id,finding_id,verdict,note\n"
    "0123456789abcdef,,swap,\n0123456789abcdef,aaaaaaaaaaaa,wrong,no\n",
    "themes.csv": "theme_id,label,name,merge_into,show\nT0001,price,Price,,pin\nT0002,crew,Crews,T0001,\n",
    "trackers.csv": "tracker,text,meaning\n" + "".join(f"rain,it may rain on day {day},yes\n" for day in range(9)),
    "forgotten.csv": "call_id\n0123456789abcdef\n",
}


def fuzz(folder: Path, count: int, seed: int) -> list[str]:
    """Put hostile inputs into workspaces and run them; return what went wrong."""
    chance = random.Random(seed)
    shares = {name: round(count * share) for name, share in SHARES.items()}
    sound, said, samples = _sounds(folder), _said(), resource("samples")
    whole = {name: (samples / name).read_text("utf-8-sig") for name in ("calls.csv", "reps.csv", "deals.csv")}
    head = (samples / "inbox" / "phone" / "tom-cold.json").read_text("utf-8")
    toml = _all_settings()
    troubles = _one_by_one(folder, settings(toml, shares["settings"], chance), _load)
    troubles += _one_by_one(folder, tables({**whole, **MORE_TABLES}, shares["tables"], chance), _read)
    calls = itertools.chain(
        recordings(sound, shares["recordings"], chance),
        transcripts(said, shares["transcripts"], chance),
        sidecars(head, shares["sidecars"], chance),
    )
    for batch in _batches(calls):
        troubles += process(folder / "batch", batch)
    return troubles


def process(root: Path, batch: Sequence[Input], *, most_seconds: float = MOST_SECONDS) -> list[str]:
    """Take a batch through all stages; return which inputs are neither used nor listed, and what took too long."""
    workspace(root, transcripts=1, recording=False)
    for one in batch:
        put(root, one)
    slow: list[str] = []
    clock, allowed = [time.monotonic()], [most_seconds + LOADING_SECONDS]

    class Watch:
        def call_done(self, path: str, minutes: float, trouble: str) -> None:
            took, clock[0] = time.monotonic() - clock[0], time.monotonic()
            limit, allowed[0] = allowed[0], most_seconds
            if took > limit:
                slow.append(f"{path}: {took:.0f} s ({trouble or 'used'})")

        def step(self, name: str) -> None:
            """Not heard."""

        def __enter__(self) -> Watch:
            clock[0] = time.monotonic()
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing to close."""

    shown, running.show_progress = running.show_progress, lambda *_: Watch()  # type: ignore[assignment,return-value]
    try:
        taken = pipeline.ingest(root, workers=1)
        pipeline.make_report(root)
    except ConvintelError as error:
        return [f"a run was stopped by {error}"]
    finally:
        running.show_progress = shown
    troubles = [*slow, *_unexplained(root, batch), *_faults(root)]
    used = f"{taken.processed} calls used, {taken.set_aside} set aside"
    print(f"fuzz: {len(batch)} files: {used}, {len(troubles)} failures", flush=True)  # noqa: T201
    shutil.rmtree(root)
    return troubles


def _unexplained(root: Path, batch: Sequence[Input]) -> list[str]:
    """Return inputs that are neither used nor listed; a sidecar counts as used when its call is."""
    place, chosen = Workspace(root), load(root)
    store = Store(place.store)
    with Ledger(place.ledger) as ledger:
        found = pipeline.survey(place, chosen, ledger)
    listed = {row["source"] for row in found.unused.to_dicts()}
    paths = dict(found.calls.select("call_id", "path").iter_rows())
    listed |= {f"inbox/{paths[aside.call_id]}" for aside in found.set_aside}
    used = {f"inbox/{path}" for one, path in paths.items() if store.has("signals", one, found.keys[one].signals)}
    known = listed | used | {path.removesuffix(".vtt") + ".json" for path in listed | used}
    return [f"{one.name} ({one.kind}) is neither used nor listed" for one in batch if one.name not in known]


def _faults(root: Path) -> list[str]:
    """Return what was set aside only because something of ours failed on it."""
    with Ledger(Workspace(root).ledger) as ledger:
        aside = ledger.aside().values()
    return [f"{one.call_id}: {one.reason}" for one in aside if one.reason.startswith(("unexpected", "the worker"))]


def _one_by_one(folder: Path, inputs: Iterable[Input], read: Any) -> list[str]:
    """Put each input into a small workspace, read it, and put back what was there."""
    root = workspace(folder / "single", transcripts=3, recording=False)
    troubles = []
    for number, one in enumerate(inputs):
        before = (root / one.name).read_bytes() if (root / one.name).is_file() else None
        put(root, one)
        begun = time.monotonic()
        try:
            read(root)
        except ConvintelError:
            pass  # told in our own words
        except Exception as error:  # that is what is looked for
            troubles.append(f"{one.name} number {number}: {type(error).__name__}: {str(error)[:200]}")
        if time.monotonic() - begun > MOST_SECONDS:
            troubles.append(f"{one.name} number {number}: {time.monotonic() - begun:.0f} s")
        if before is None:
            (root / one.name).unlink()
        else:
            (root / one.name).write_bytes(before)
    shutil.rmtree(root)
    return troubles


def _load(root: Path) -> None:
    load(root)


def _read(root: Path) -> None:
    place, chosen = Workspace(root), load(root)
    with Ledger(place.ledger) as ledger:
        found = pipeline.survey(place, chosen, ledger)
    outcomes.read_deals(place.deals, reps=found.reps, settings=chosen)
    themes.read_edits(place.themes_file)


def _all_settings() -> str:
    from convintel.cli.scaffold import commented_settings

    lines = commented_settings().splitlines()
    return "\n".join(line.removeprefix("# ") if " = " in line else line for line in lines)


def _sounds(folder: Path) -> dict[str, bytes]:
    source = resource("samples") / "inbox" / "phone" / "tom-cold.wav"
    made = {}
    for suffix in (".wav", ".mp3", ".flac", ".ogg", ".m4a"):
        clip(source, folder / f"clip{suffix}", seconds=4)
        made[suffix] = (folder / f"clip{suffix}").read_bytes()
    return made


def _said() -> dict[str, str]:
    earlier = resource("samples") / "inbox" / "earlier"
    found = {}
    for suffix in (".vtt", ".json", ".srt"):
        file = next((path for path in sorted(earlier.iterdir()) if path.suffix == suffix), None)
        if file is not None:
            found[suffix] = file.read_text("utf-8-sig")[:6_000] if suffix != ".json" else file.read_text("utf-8-sig")
    return found


def _batches(inputs: Iterable[Input]) -> Iterable[list[Input]]:
    waiting = list(inputs)
    yield from (waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH))
