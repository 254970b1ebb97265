"""Runs that are killed at random moments, and runs that meet another one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from convintel.resources import resource

TRANSCRIPTS = ("tom-", "maya-")
_CODECS = {
    ".wav": ("pcm_s16le", "s16"),
    ".mp3": ("libmp3lame", "fltp"),
    ".flac": ("flac", "s16"),
    ".ogg": ("libopus", "flt"),
    ".m4a": ("aac", "fltp"),
}
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def workspace(root: Path, *, transcripts: int = 4, recording: bool = True) -> Path:
    """Make a workspace with a few ready-made transcripts and ten seconds of a recording for the small recogniser."""
    samples = resource("samples")
    (root / "inbox").mkdir(parents=True)
    for name in ("calls.csv", "reps.csv", "deals.csv"):
        shutil.copy2(samples / name, root / name)
    settings = (samples / "convintel.toml").read_text(encoding="utf-8")
    small = '\n[speech]\nmodel = "whisper-tiny.en"\n\n[run]\nworkers = 1\n'
    (root / "convintel.toml").write_text(settings + small, encoding="utf-8")
    earlier = [path for path in sorted((samples / "inbox" / "earlier").iterdir()) if path.name.startswith(TRANSCRIPTS)]
    for path in earlier[:transcripts]:
        (root / "inbox" / "earlier").mkdir(exist_ok=True)
        shutil.copy2(path, root / "inbox" / "earlier" / path.name)
    if recording:
        clip(samples / "inbox" / "phone" / "tom-cold.wav", root / "inbox" / "tom-cold.wav", seconds=10)
        shutil.copy2(samples / "inbox" / "phone" / "tom-cold.json", root / "inbox" / "tom-cold.json")
    return root


def clip(source: Path, target: Path, *, seconds: float) -> None:
    """Copy the beginning of a recording, as FFmpeg understands the ending of `target`."""
    import av

    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        stream = given.streams.audio[0]
        codec, sample_format = _CODECS[target.suffix]
        layout = "mono" if stream.channels == 1 else "stereo"
        rate = 48_000 if codec == "libopus" else 16_000
        out = made.add_stream(codec, rate=rate)
        out.layout, out.format, out.bit_rate = layout, sample_format, 32_000
        resampler = av.AudioResampler(sample_format, layout, rate)
        for frame in given.decode(stream):
            if frame.time > seconds:
                break
            for ready in resampler.resample(frame):
                made.mux(out.encode(ready))
        for rest in [*resampler.resample(None), None]:
            made.mux(out.encode(rest))


def run(root: Path) -> subprocess.Popen[str]:
    """Start a run in a process group of its own."""
    command = [sys.executable, "-m", "convintel", "run", str(root), "--no-prefect"]
    return subprocess.Popen(
        command,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def results(root: Path) -> dict[str, bytes]:
    """Return the bytes of every table, report and theme snapshot, by path."""
    kept = [*(root / ".convintel" / "store").rglob("*"), *(root / "reports").rglob("*")]
    kept += (root / ".convintel" / "themes").rglob("*")
    return {str(path.relative_to(root)): path.read_bytes() for path in kept if path.is_file()}


def different(left: dict[str, bytes], right: dict[str, bytes]) -> list[str]:
    """Return the paths that are not the same in both; locks of single results are no results."""
    paths = {path for path in left.keys() | right.keys() if not path.endswith(".lock")}
    return sorted(path for path in paths if left.get(path) != right.get(path))


Whole = tuple[Path, dict[str, bytes], float]


def undisturbed(folder: Path, *, transcripts: int = 4, recording: bool = True) -> Whole:
    """Return a fresh workspace, what a run makes of a copy of it, and how long that takes."""
    fresh = workspace(folder / "fresh", transcripts=transcripts, recording=recording)
    whole = folder / "whole"
    shutil.copytree(fresh, whole)
    begun = time.monotonic()
    with run(whole) as process:
        _, told = process.communicate(timeout=600)
    assert process.returncode == 0, told
    return fresh, results(whole), time.monotonic() - begun


def kill(folder: Path, count: int, seed: int, *, whole: Whole | None = None) -> list[str]:
    """Kill runs at random moments (the group, or the parent alone), let the next one finish, and say what broke."""
    fresh, expected, seconds = whole or undisturbed(folder)
    chance, troubles, began = random.Random(seed), [], 0
    for number in range(count):
        root, after = folder / "killed", chance.uniform(0, seconds)
        shutil.copytree(fresh, root)
        with run(root) as process:
            time.sleep(after)
            began += (root / ".convintel" / "store").exists()
            (os.killpg if chance.random() < 0.5 else os.kill)(process.pid, signal.SIGKILL)
            process.communicate()
        with run(root) as process:
            _, told = process.communicate(timeout=600)
        broken = [told.strip()] if process.returncode else different(results(root), expected)
        if broken:
            troubles.append(f"number {number}, after {after:.2f} s: {'; '.join(broken[:5])}")
        shutil.rmtree(root)
    print(f"kill: a run takes {seconds:.1f} s; {began} of {count} were killed after the store was begun")  # noqa: T201
    return troubles


def twice(folder: Path, count: int, seed: int, *, whole: Whole | None = None) -> list[str]:
    """Start two runs at once; one may be refused, and says by whom, and the result is that of one run."""
    fresh, expected, seconds = whole or undisturbed(folder)
    chance, troubles, refused = random.Random(seed), [], 0
    for number in range(count):
        root = folder / "twice"
        shutil.copytree(fresh, root)
        first = run(root)
        time.sleep(chance.choice((0.0, chance.uniform(0, seconds / 2))))
        second = run(root)
        told = [process.communicate(timeout=600)[1] for process in (first, second)]
        broken = different(results(root), expected)
        for process, text in zip((first, second), told, strict=True):
            if process.returncode:
                refused += 1
                if "another run is at work here" not in text:
                    broken.append(text.strip())
        if first.returncode and second.returncode:
            broken.append("both were refused")
        if broken:
            troubles.append(f"number {number}: {'; '.join(broken[:5])}")
        shutil.rmtree(root)
    print(f"twice: one of two was refused {refused} times of {count}, else it found all done")  # noqa: T201
    return troubles
