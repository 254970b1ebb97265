"""From spoken turns to recordings: levels, telephone lines, meeting rooms, encoding and damage."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt
from speech import RATE, Audio

PHONE_RATE = 8_000
ROOM_RATE = 16_000
MU = 255.0

#: File ending -> encoder, bits a second, further options of the encoder.
ENCODERS: dict[str, tuple[str, int, dict[str, str]]] = {
    ".mp3": ("libmp3lame", 48_000, {"compression_level": "2"}),
    ".m4a": ("aac", 48_000, {"aac_coder": "twoloop"}),
    ".mp4": ("aac", 48_000, {"aac_coder": "twoloop"}),
    ".ogg": ("libopus", 32_000, {"application": "voip", "vbr": "on"}),
    ".opus": ("libopus", 32_000, {"application": "voip", "vbr": "on"}),
    ".flac": ("flac", 0, {"compression_level": "8"}),
    ".wav": ("pcm_mulaw", 0, {}),
}
SAMPLE_FORMATS = {"libmp3lame": "s16p", "aac": "fltp"}


def track(sounds: Sequence[tuple[float, Audio]], seconds: float, rate: int, level: float) -> Audio:
    """Put spoken turns on one track, each at the same loudness (dB below full scale)."""
    out = np.zeros(round(seconds * rate), np.float32)
    for start, sound in sounds:
        at_rate = resample_poly(sound, rate, RATE).astype(np.float32)
        loudness = np.sqrt((at_rate**2).mean())
        first = round(start * rate)
        piece = at_rate[: len(out) - first] * (10 ** (level / 20) / loudness)
        out[first : first + len(piece)] += piece
    return soften(out)


def soften(sound: Audio, knee: float = 0.6) -> Audio:
    """Bend peaks above the knee so that none reaches full scale."""
    size = np.abs(sound)
    bent = knee + (1 - knee) * np.tanh((size - knee) / (1 - knee))
    return np.where(size > knee, np.sign(sound) * bent * 0.99, sound).astype(np.float32)


def telephone(sound: Audio, noise: float, seed: int) -> Audio:
    """Send a track over one leg of a call: noise, the band from 300 to 3400 Hz, mu-law and back."""
    hiss = np.random.default_rng(seed).standard_normal(len(sound)) * 10 ** (noise / 20)
    band = butter(6, (300, 3400), "bandpass", fs=PHONE_RATE, output="sos")
    heard: Audio = sosfilt(band, sound + hiss).astype(np.float32)
    return mu_law_and_back(soften(heard))


def mu_law_and_back(sound: Audio) -> Audio:
    """Round a track to the 256 steps of G.711 mu-law."""
    size = np.log1p(MU * np.minimum(np.abs(sound), 1.0)) / np.log1p(MU)
    steps = np.round(size * 127) / 127
    back: Audio = (np.sign(sound) * np.expm1(steps * np.log1p(MU)) / MU).astype(np.float32)
    return back


def room(tracks: Sequence[Audio], noise: float, seed: int) -> Audio:
    """Mix the sides of a meeting and lay the low hum of a room under them."""
    mix = np.sum(tracks, axis=0)
    hum = np.random.default_rng(seed).standard_normal(len(mix))
    shaped = sosfilt(butter(1, (60, 900), "bandpass", fs=ROOM_RATE, output="sos"), hum)
    return soften((mix + shaped / shaped.std() * 10 ** (noise / 20)).astype(np.float32))


def encode(path: Path, channels: Sequence[Audio], rate: int) -> None:
    """Write one or two tracks to a file in the format that its ending asks for.

    The same tracks give the same bytes: no time stamps, versions or random stream numbers.
    """
    codec, bits, options = ENCODERS[path.suffix]
    layout = "stereo" if len(channels) == 2 else "mono"
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout, options=options)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.format = SAMPLE_FORMATS.get(codec, "s16")
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        if bits:
            stream.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(interleave(channels), format="s16", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        frame.time_base = Fraction(1, rate)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def interleave(channels: Sequence[Audio]) -> NDArray[np.int16]:
    """Give tracks as one row of 16-bit samples, the channels taking turns."""
    stacked = np.stack(channels, axis=1)
    return np.round(np.clip(stacked, -1, 1) * 32767).astype(np.int16).reshape(1, -1)


def damage(path: Path, size: int, chance: random.Random) -> None:
    """Overwrite some bytes in the middle of a file with noise."""
    data = bytearray(path.read_bytes())
    middle = (len(data) - size) // 2
    data[middle : middle + size] = chance.randbytes(size)
    path.write_bytes(data)
