"""Is the rep known by voice on one channel, and nobody where it is somebody else? `python -m tests.bench_reps`.

Only one rep of the sample company has three calls with a channel of their own: the voice is learnt from two of them,
and must be found in the third, mixed to one channel. On every other recording, mixed too, it must be nobody's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convintel.evaluate.speech import read_rttm
from convintel.recordings import decode
from convintel.recordings.track import RATE, mix
from convintel.resources import resource
from convintel.settings import Settings
from convintel.transcript import activity
from convintel.turns import diarize, learn, recurring
from convintel.turns.reps import Teacher, recognise
from convintel.values import Span, overlap, total

REP = "daniel"
TAUGHT = {"daniel-discovery.ogg": 0, "rec_000483.mp3": 0, "daniel-cold.mp3": 0}  # file, channel of the rep


def main() -> None:
    """Print a line a recording, and how many were right."""
    folder = resource("samples") / "inbox"
    files = [path for path in sorted(folder.rglob("*")) if path.with_suffix(".rttm").is_file() and _is_audio(path)]
    voices = {path.name: _learnt(path) for path in files if path.name in TAUGHT}
    right = 0
    for path in files:
        others = [voice for name, voice in voices.items() if name != path.name][:2]
        found = _who(path, {REP: others})
        wanted = "rep" if path.name in TAUGHT else "nobody"
        right += found == wanted
        sys.stdout.write(f"{path.name[:48]:48} {found:9} should be {wanted}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{right} of {len(files)} right\n")


def _is_audio(path: Path) -> bool:
    return path.suffix not in (".rttm", ".txt", ".json")


def _learnt(path: Path) -> NDArray[np.float32]:
    rows = learn(Teacher("0" * 16, path, REP, TAUGHT[path.name]), decode(path), Settings())
    voice: NDArray[np.float32] = rows["vector"][0].to_numpy()
    return voice


def _who(path: Path, voices: Mapping[str, Sequence[NDArray[np.float32]]]) -> str:
    """Return whose the recognised voice is by the reference: rep, customer or nobody."""
    samples = mix(decode(path).samples)
    seconds = samples.size / RATE
    speech = activity.spans(activity.active_frames(samples, Settings().speech), seconds)
    found = diarize(samples, speech)
    named = recognise(dict(zip(found.spans, found.centres, strict=True)), recurring(voices))
    return "nobody" if named is None else _nearest(found.spans[named[0]], read_rttm(path.with_suffix(".rttm")))


def _nearest(spans: Sequence[Span], reference: Mapping[str, Sequence[Span]]) -> str:
    return max(reference, key=lambda who: total(overlap(list(spans), list(reference[who]))))


if __name__ == "__main__":
    main()
