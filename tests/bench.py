"""Speed, side by side in one run: `make bench`. Medians over rounds; on a shared machine only the ratios mean much.

Compares, on the same files with the same model: the whole line of convintel (decode, voice activity, words, turns,
signals) with faster-whisper used as its README shows (beam 5; a dual-channel file channel by channel), which gives only
words. Then what the command line costs when there is nothing to do.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from convintel import models, pipeline
from convintel.recordings import decode
from convintel.resources import resource

ROUNDS = 3
FILES = ("phone/maya-pricing.mp3", "phone/tom-cold.wav")


def main() -> None:
    """Print one line a measurement."""
    for name in FILES:
        seconds = decode(resource("samples") / "inbox" / name).seconds
        ours = _median(lambda name=name: _line(name))
        naive = _median(lambda name=name: _naive(name))
        _say(f"{name}: {seconds:.0f} s of audio; convintel, all stages {ours:.1f} s; faster-whisper {naive:.1f} s; "
             f"ratio {naive / ours:.2f}")  # fmt: skip
    _say(f"convintel --help: {_median(lambda: _cli('--help')):.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        root = _workspace(Path(folder), FILES[1])
        _cli("run", str(root), "--no-prefect")
        _say(f"run with nothing to do, --no-prefect: {_median(lambda: _cli('run', str(root), '--no-prefect')):.2f} s")
        _say(f"run with nothing to do, Prefect: {_median(lambda: _cli('run', str(root))):.2f} s")


def _workspace(folder: Path, name: str) -> Path:
    samples = resource("samples")
    target = folder / "inbox" / name
    target.parent.mkdir(parents=True)
    shutil.copy2(samples / "inbox" / name, target)
    sidecar = (samples / "inbox" / name).with_suffix(".json")
    shutil.copy2(sidecar, target.with_suffix(".json"))
    for other in ("convintel.toml", "reps.csv", "deals.csv"):
        shutil.copy2(samples / other, folder / other)
    return folder


def _line(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pipeline.ingest(_workspace(Path(folder), name), workers=1)


def _naive(name: str) -> None:
    code = (
        "import sys; from faster_whisper import WhisperModel, decode_audio\n"
        "model = WhisperModel(sys.argv[1], device='cpu', compute_type='int8', cpu_threads=1)\n"
        "split = sys.argv[3] == '2'; heard = decode_audio(sys.argv[2], split_stereo=split)\n"
        "for side in (heard if split else [heard]):\n"
        "    segments, _ = model.transcribe(side, beam_size=5); list(segments)\n"
    )
    path = resource("samples") / "inbox" / name
    model = models.ensure("whisper-base", kind="recogniser")
    channels = str(decode(path).channels)
    subprocess.run([sys.executable, "-c", code, str(model), str(path), channels], check=True)


def _cli(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "convintel", *arguments], check=True, capture_output=True)


def _median(work: Callable[[], None]) -> float:
    walls = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        walls.append(time.perf_counter() - start)
    return statistics.median(walls)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
