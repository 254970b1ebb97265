"""What the speech stages do at their limits: `make bench-limits`.

Prints the seconds kept of recordings damaged in eight ways, the words heard in half an hour each of silence, noise,
ringing and music (none should be), and the memory of a process that takes a stereo call of three hours to words.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from convintel import transcript, worker
from convintel.errors import NoSpeechError, RecordingError
from convintel.recordings import Audio, decode
from convintel.recordings.track import RATE, Samples
from convintel.resources import resource as shipped
from convintel.settings import Settings
from tests.recordings.conftest import FORMATS, encode, tones
from tests.recordings.test_audio import cut, damaged
from tests.transcript.test_activity import hold_music, noise, ringing

HALF_HOUR = 1800
HOURS = 3


def main() -> None:
    """Print one line a case."""
    with tempfile.TemporaryDirectory() as folder:
        for name, path in _broken(Path(folder)):
            say(f"{name}: {_kept(path)}")
    recogniser = transcript.load_recogniser(Settings())
    for name, make in _sounds().items():
        say(f"30 min of {name}: {_words(_int16(make()), recogniser)} words")
    with tempfile.TemporaryDirectory() as folder:
        _write_long(Path(folder) / "long.wav")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_alone) as pool:
            words, gigabytes = pool.submit(_three_hours, Path(folder) / "long.wav").result()
    say(f"{HOURS} h in stereo: {words} words, at most {gigabytes:.2f} GB in the process")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _broken(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield a minute of sound damaged as in practice, and files that hold none."""
    whole = {}
    for name, told in FORMATS.items():
        how = dict(told)
        rate = how.pop("rate")
        streams = [tones(60.0, rate, 1)]
        codec, sample_format = how.pop("codec"), how.pop("sample_format")
        whole[name] = encode(folder / name, streams, rate, codec, sample_format, "mono", **how)
    for name, size in (("speech.mp3", 3600), ("apple.m4a", 8000), ("lossless.flac", 9000), ("voice.ogg", 13_000),
                       ("g711.wav", 5000)):  # fmt: skip
        yield f"{name}, {size} bytes of damage in the middle", damaged(whole[name], folder / f"bad-{name}", size=size)
    yield "fast.m4a, cut at 60 % (36 s are there)", cut(whole["fast.m4a"], folder / "cut.m4a")
    yield "apple.m4a, cut at 60 %", cut(whole["apple.m4a"], folder / "cut-apple.m4a")
    sounds = [tones(60.0, RATE, 1), tones(60.0, RATE, 1, seed=3)]
    yield "two streams of one party each", encode(folder / "two.mka", sounds, RATE, "flac", "s16", "mono")
    (folder / "empty.wav").write_bytes(b"")
    yield "an empty file", folder / "empty.wav"
    (folder / "text.mp3").write_text("this is no recording\n" * 50, "utf-8")
    yield "text renamed .mp3", folder / "text.mp3"
    yield "0.2 s", encode(folder / "short.wav", [tones(0.2, RATE, 1)], RATE, "pcm_s16le", "s16", "mono")


def _kept(path: Path) -> str:
    try:
        audio = decode(path)
    except RecordingError as error:
        return f"set aside: {error.what}"
    return f"{audio.seconds - audio.gap_seconds:.1f} of {audio.seconds:.1f} s, {audio.bad_packets} bad packets"


def _sounds() -> dict[str, Callable[[], np.ndarray]]:
    return {
        "silence": lambda: np.zeros(HALF_HOUR * RATE, np.float32),
        "noise": lambda: noise(HALF_HOUR, 0.03),
        "quiet noise": lambda: noise(HALF_HOUR, 0.003),
        "ringing": lambda: ringing(HALF_HOUR),
        "music": lambda: hold_music(HALF_HOUR),
    }


def _int16(samples: np.ndarray) -> Samples:
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)[None, :]


def _words(samples: Samples, recogniser: transcript.Recogniser) -> int:
    seconds = samples.shape[1] / RATE
    audio = Audio(samples, seconds, seconds, 0, 0.0, len(samples), RATE, "pcm_s16le")
    try:
        return transcript.transcribe("0" * 16, audio, recogniser, Settings())["words"].height
    except NoSpeechError:
        return 0


def _alone() -> None:
    worker.begin(multiprocessing.parent_process().pid)  # type: ignore[union-attr] - a child has a parent


def _three_hours(path: Path) -> tuple[int, float]:
    """Words of a recording, and the most memory that this process ever had in GB."""
    words = transcript.transcribe("0" * 16, decode(path), transcript.load_recogniser(Settings()), Settings())["words"]
    return words.height, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _write_long(path: Path) -> None:
    """Write hours of stereo in which a sample call of two minutes comes every ten minutes."""
    sample = decode(shipped("samples") / "inbox" / "phone" / "daniel-discovery.ogg").samples[:, : 120 * RATE]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for _ in range(6 * HOURS):
            file.writeframes(np.ascontiguousarray(sample.T).tobytes())
            file.writeframes(bytes(4 * (600 * RATE - sample.shape[1])))


if __name__ == "__main__":
    main()
