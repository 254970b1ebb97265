"""Who speaks when, under strain: `python -m tests.bench_voices DIR [vad_threshold]`.

For each dual-channel recording with NAME.rttm in DIR, as it is and made worse (noise, cross-talk, one party quieter):
diarization error (collar 0.25 s, overlap scored) and error of talk share, channel by channel and mixed to one. Words
are not recognised.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convintel.evaluate.speech import read_rttm, voice_errors
from convintel.recordings import decode
from convintel.recordings.track import RATE, Samples, mix
from convintel.settings import Settings
from convintel.transcript import activity
from convintel.transcript.channels import examine
from convintel.turns import diarize
from convintel.values import Span

Talk = Mapping[str, Sequence[Span]]


def main(folder: Path, settings: Settings) -> None:
    """Print a line for each recording and strain."""
    for path in sorted(folder.glob("*.flac")) + sorted(folder.glob("*.wav")):
        reference = path.with_name(path.name.partition(".")[0] + ".rttm")
        audio = decode(path)
        if not reference.is_file() or len(audio.samples) != 2:
            continue
        truth = read_rttm(reference)
        for strain, samples in _strained(audio.samples):
            seconds = samples.shape[1] / RATE
            found = examine(samples, settings)
            talk = {track: activity.spans(active, seconds) for track, active in found.active.items()}
            dual = _errors(truth, talk) if found.kind == "dual" else found.note
            mixed = mix(samples)
            speech = activity.spans(activity.active_frames(mixed, settings.speech), seconds)
            mono = _errors(truth, diarize(mixed, speech).spans)
            sys.stdout.write(f"{path.name[:24]:24} {strain:24} channels: {dual:24} mixed: {mono}\n")
            sys.stdout.flush()


def _errors(truth: Talk, found: Talk) -> str:
    scores = voice_errors(truth, found)
    counts = scores["der"]["0.25"]
    wrong = counts["missed"] + counts["false_alarm"] + counts["confusion"]
    return f"{100 * wrong / counts['speech']:.1f} %, {100 * scores['talk_share_error']:.1f} points"


def _strained(samples: Samples) -> Iterator[tuple[str, Samples]]:
    yield "as it is", samples
    for decibels in (20, 15, 10):
        yield f"noise {decibels} dB below", _noisy(samples, decibels)
    for share, late in ((0.05, 0.02), (0.1, 0.02), (0.2, 0.02), (0.35, 0.02), (0.2, 0.15)):
        yield f"cross-talk {share:.0%}, {late:.2f} s", _bled(samples, share, late)
    yield "right 12 dB quieter", _int16(samples * np.array([[1.0], [10 ** (-12 / 20)]]))


def _noisy(samples: Samples, decibels: float) -> Samples:
    """Add noise falling with frequency, of its own on each channel, against the level of its loudest fifth."""
    random = np.random.default_rng(1)
    out = samples.astype(np.float64)
    for channel in out:
        spectrum = np.fft.rfft(random.normal(size=len(channel)))
        pitch = np.fft.rfftfreq(len(channel), 1 / RATE)
        noise = np.fft.irfft(np.where(pitch > 3600, 0, spectrum / np.sqrt(np.maximum(pitch, 50))), len(channel))
        frames = channel[: len(channel) // 320 * 320].reshape(-1, 320)
        power = np.square(frames).mean(axis=1)
        loud = np.sqrt(power[power >= np.percentile(power, 80)].mean())
        channel += noise / noise.std() * loud * 10 ** (-decibels / 20)
    return _int16(out)


def _bled(samples: Samples, share: float, late: float) -> Samples:
    return _int16(samples + share * np.roll(samples[::-1].astype(np.float64), int(late * RATE), axis=1))


def _int16(samples: NDArray[np.float64]) -> Samples:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


if __name__ == "__main__":
    threshold = {"vad_threshold": float(sys.argv[2])} if len(sys.argv) > 2 else {}
    main(Path(sys.argv[1]), Settings.model_validate({"speech": threshold}))
