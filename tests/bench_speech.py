"""Speed and word errors of speech recognition, side by side in one run: `make bench-speech`.

Compares, on the sample recordings with the same model: convintel from file to words (decode, voice activity, words;
one worker process per core, as the product does) with faster-whisper used as its README shows (beam 5, its default
threads, no voice activity detection; a dual-channel file channel by channel). The two take turns file set by file set,
so that both see the same load; on a shared machine only the ratios mean much. Word errors are counted per party on
dual-channel files, numbers and spellings written alike on both sides.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from convintel import models, transcript
from convintel.evaluate.speech import word_errors
from convintel.recordings import decode
from convintel.resources import resource
from convintel.settings import Settings
from convintel.worker import one_thread

ROUNDS = int(os.environ.get("ROUNDS", "2"))
Heard = tuple[str, dict[str, str]]  # file, and the text of each track


def main() -> None:
    """Print one line a set of files."""
    files = recordings()
    mono = [path for path in files if decode(path).channels == 1]
    workers = len(os.sched_getaffinity(0))
    with (
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=one_thread) as pool,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone,
    ):
        list(pool.map(_ours, map(str, files[:workers])))  # load the models
        list(alone.map(_theirs, map(str, mono[:1])))
        for name, chosen in (("mono", mono), ("dual", [path for path in files if path not in mono])):
            longest_first = sorted(map(str, chosen), key=lambda path: -Path(path).stat().st_size)
            walls: dict[str, list[float]] = {"ours": [], "theirs": []}
            texts: dict[str, list[Heard]] = {}
            for _ in range(ROUNDS):
                texts["ours"] = _timed(lambda jobs=longest_first: list(pool.map(_ours, jobs)), walls["ours"])
                texts["theirs"] = _timed(lambda jobs=longest_first: list(alone.map(_theirs, jobs)), walls["theirs"])
            ours, theirs = statistics.median(walls["ours"]), statistics.median(walls["theirs"])
            seconds = sum(decode(path).seconds for path in chosen)
            errors = [100 * rate(texts[who]) for who in ("ours", "theirs")]
            sys.stdout.write(
                f"{name}: {len(chosen)} files, {seconds:.0f} s; convintel {ours:.1f} s on {workers} processes, "
                f"faster-whisper {theirs:.1f} s: {theirs / ours:.2f} times; "
                f"word errors {errors[0]:.2f} % and {errors[1]:.2f} %\n"
            )


def recordings() -> list[Path]:
    """Return the sample recordings that have a reference."""
    references = (resource("samples") / "inbox").rglob("*.reference.json")
    names = [path.with_name(path.name.removesuffix(".reference.json")) for path in references]
    return sorted(next(path.parent.glob(f"{path.name}.[!jrt]*")) for path in names)


def _timed(work: Callable[[], list[Heard]], walls: list[float]) -> list[Heard]:
    start = time.perf_counter()
    found = work()
    walls.append(time.perf_counter() - start)
    return found


def heard(path: str, recogniser: transcript.Recogniser, settings: Settings) -> Heard:
    """Take a recording from file to words."""
    tables = transcript.transcribe("0" * 16, decode(Path(path)), recogniser, settings)
    rows = tables["words"].select("track", "text").rows()
    return path, {track: " ".join(text for on, text in rows if on == track) for track in {on for on, _ in rows}}


def _ours(path: str) -> Heard:
    return heard(path, _recogniser(), Settings())


@cache
def _recogniser() -> transcript.Recogniser:
    return transcript.load_recogniser(Settings())


def _theirs(path: str) -> Heard:
    from faster_whisper import decode_audio

    dual = decode(Path(path)).channels == 2
    sound: Any = decode_audio(path, split_stereo=dual)
    texts = {}
    for track, samples in enumerate(sound if dual else [sound]):
        segments, _ = _model().transcribe(samples, beam_size=5)
        texts[str(track)] = " ".join(segment.text for segment in segments)
    return path, texts


@cache
def _model() -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(str(models.ensure("whisper-base", kind="recogniser")), device="cpu", compute_type="int8")


def rate(found: list[Heard]) -> float:
    """Return the share of words that are wrong."""
    counts = [_errors(path, texts) for path, texts in found]
    return sum(errors for errors, _ in counts) / sum(words for _, words in counts)


def _errors(path: str, texts: dict[str, str]) -> tuple[int, int]:
    """Wrong words and words of the reference; two tracks are the two parties, whichever way round fits better."""
    file = Path(path)
    turns = json.loads(file.with_name(file.stem + ".reference.json").read_text("utf-8"))["turns"]
    if len(texts) == 1:
        pairs = [[(" ".join(turn["text"] for turn in turns), next(iter(texts.values())))]]
    else:
        rep, customer = (" ".join(t["text"] for t in turns if t["role"] == role) for role in ("rep", "customer"))
        left, right = (texts[track] for track in sorted(texts))
        pairs = [[(rep, left), (customer, right)], [(rep, right), (customer, left)]]
    counted = [[word_errors(said, found) for said, found in way] for way in pairs]
    return min(
        (sum(one["substitutions"] + one["deletions"] + one["insertions"] for one in way), sum(o["words"] for o in way))
        for way in counted
    )


if __name__ == "__main__":
    main()
