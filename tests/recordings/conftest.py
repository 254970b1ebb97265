"""Recordings made on the spot: tones with a slow swell, encoded with the library that decodes them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest


def tones(seconds, rate, channels, seed=0):
    """Return float32 [channels, n]: each channel a tone of its own that swells at random, to line up by loudness."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    slow = np.interp(time, np.arange(0, seconds + 1, 0.05), rng.uniform(0.05, 1, len(np.arange(0, seconds + 1, 0.05))))
    rows = [0.4 * slow * np.sin(2 * np.pi * (200 + 170 * channel) * time) for channel in range(channels)]
    return np.stack(rows).astype(np.float32)


def encode(
    path, streams, rate, codec, sample_format, layout, *, bit_rate=None, container=None, options=None, tags=None
):
    """Write each array of `streams` as an audio stream of its own."""
    import av

    with av.open(str(path), "w", format=container, options=options or {}) as file:
        file.metadata.update(tags or {})
        outs = []
        for _ in streams:
            out = file.add_stream(codec, rate=rate)
            out.layout, out.format = layout, sample_format
            if bit_rate:
                out.bit_rate = bit_rate
            outs.append(out)
        for out, samples in zip(outs, streams, strict=True):
            resampler = av.AudioResampler(sample_format, layout, rate)
            for start in range(0, samples.shape[1], rate):
                piece = np.ascontiguousarray(samples[:, start : start + rate].T.reshape(1, -1))
                frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=layout)
                frame.rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
                file.mux([packet for ready in resampler.resample(frame) for packet in out.encode(ready)])
            rest = [ready for ready in resampler.resample(None) if ready is not None]
            file.mux([packet for ready in [*rest, None] for packet in out.encode(ready)])
    return path


FORMATS = {
    "pcm.wav": {"rate": 16000, "codec": "pcm_s16le", "sample_format": "s16"},
    "g711.wav": {"rate": 8000, "codec": "pcm_mulaw", "sample_format": "s16"},
    "lossless.flac": {"rate": 16000, "codec": "flac", "sample_format": "s16"},
    "speech.mp3": {"rate": 16000, "codec": "libmp3lame", "sample_format": "fltp", "bit_rate": 24_000},
    "apple.m4a": {"rate": 16000, "codec": "aac", "sample_format": "fltp", "bit_rate": 48_000},
    "fast.m4a": {
        "rate": 16000,
        "codec": "aac",
        "sample_format": "fltp",
        "bit_rate": 48_000,
        "options": {"movflags": "faststart"},
    },
    "voice.ogg": {"rate": 48000, "codec": "libopus", "sample_format": "flt", "bit_rate": 32_000},
    "video.webm": {"rate": 48000, "codec": "libopus", "sample_format": "flt", "bit_rate": 32_000},
}


@pytest.fixture(scope="session")
def make(tmp_path_factory):
    """Return a function that gives a minute of tones as a file of `FORMATS`, made once."""
    folder = tmp_path_factory.mktemp("tones")
    made = {}

    def one(name, *, layout="mono", seconds=60.0) -> Path:
        key = (name, layout, seconds)
        if key not in made:
            how = dict(FORMATS[name])
            rate = how.pop("rate")
            path = folder / f"{layout}-{seconds:g}-{name}"
            streams = [tones(seconds, rate, {"mono": 1, "stereo": 2}[layout])]
            made[key] = encode(path, streams, rate, how.pop("codec"), how.pop("sample_format"), layout, **how)
        return made[key]

    return one


@pytest.fixture(scope="session")
def write():
    """Return `encode`."""
    return encode


@pytest.fixture(scope="session")
def sound():
    """Return `tones`."""
    return tones
