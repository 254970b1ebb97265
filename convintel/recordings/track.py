"""One audio stream on its way to 16 kHz: resampling, and silence where the file's clock says something is missing."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
"""Samples per second of everything downstream (Whisper and Silero take nothing else)."""
MAX_CHANNELS: Final = 8
GAP_SECONDS: Final = 0.1
"""From here a jump of the clock is a gap; below it is the jitter of a container's time stamps."""
LOSS_SECONDS: Final = 0.005
"""... but right after a bad packet a jump is what that packet held."""
BACK_SECONDS: Final = 1.0
"""A clock that runs back this far was set anew (files joined together); smaller steps are jitter."""
BLIND_GAP_SECONDS: Final = 600.0
"""Longest jump that is believed when the file does not say how long it should be."""

Samples = NDArray[np.int16]

_FULL_SCALE: Final = 32768
_GROWTH: Final = 60 * RATE


def floats(samples: Samples | NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples as float32 from -1 to 1; of a piece at a time, since recordings are kept in half of the memory."""
    scale = np.float32(1 / _FULL_SCALE) if samples.dtype == np.int16 else np.float32(1)
    return np.multiply(samples, scale, dtype=np.float32)


def mix(samples: Samples) -> Samples:
    """Return the mean of the channels [channels, n] as one, int16 [n], made minute by minute to spare memory."""
    if len(samples) == 1:
        only: Samples = samples[0]
        return only
    out: Samples = np.empty(samples.shape[1], dtype=np.int16)
    for at in range(0, out.size, _GROWTH):
        out[at : at + _GROWTH] = np.rint(samples[:, at : at + _GROWTH].mean(axis=0, dtype=np.float32))
    return out


class Track:
    """Samples of one stream at 16 kHz, int16 [n, channels], growing at the end.

    `seconds` is the position on the time line, `gap_seconds` how much of it is silence put in for lost audio.
    """

    def __init__(self, channels: int, *, expected_seconds: float | None, limit_seconds: float) -> None:
        self.channels = channels
        self.bad_packets = 0
        self.gap_seconds = 0.0
        self.full = False
        self._kept = min(channels, MAX_CHANNELS)
        self._expected = expected_seconds
        self._limit = int(limit_seconds * RATE)
        # np.empty costs memory only where it is written, so a generous guess is free
        guess = int((min(expected_seconds or 60.0, limit_seconds) + 2.0) * RATE)
        self._samples: Samples = np.empty((guess, self._kept), dtype=np.int16)
        self._length = 0
        self._clock = 0.0  # where the input stands on the time line, in seconds
        self._shift = 0.0  # what is taken off the file's clock after it was set anew
        self._after_loss = False
        self._hidden = 0.0  # lost seconds that the file's clock did not count
        self._started = False
        self._resampler: Any = None
        self._shape: tuple[Any, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the time line so far."""
        return self._length / RATE

    def samples(self) -> Samples:
        """Return what was written, [kept channels, n], without a copy."""
        return self._samples[: self._length].T

    def take(self, frame: Any, time: float | None) -> None:
        """Append a decoded frame that the file's clock puts at `time` seconds from the start of the recording."""
        if self._hidden:
            self._skip_hidden()
        if time is not None:
            self._keep_time(time - self._shift)
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:  # also after damage, and where files were joined together
            self.flush()
            self._resampler = _resampler(frame)
        frame.pts = None  # the resampler must not act on the clock: that is done here
        resampler, self._resampler, self._shape = self._resampler, None, ()  # stays so if a damaged frame fails
        for out in resampler.resample(frame):
            self._append(_planes(out))
        self._resampler, self._shape = resampler, shape
        self._clock += frame.samples / frame.sample_rate

    def flush(self) -> None:
        """Write what the resampler still holds; the next frame starts a new one."""
        resampler, self._resampler, self._shape = self._resampler, None, ()
        if resampler is not None:
            for out in resampler.resample(None):
                if out is not None:
                    self._append(_planes(out))

    def lose(self, seconds: float) -> None:
        """Note that audio was lost that the file's clock did not count; silence stands for it if more audio follows."""
        self._hidden += seconds
        self._after_loss = True

    def _skip_hidden(self) -> None:
        if self._believable(self._hidden):
            self._silence(self._clock + self._hidden)
            self.gap_seconds += self._hidden
            self._shift -= self._hidden
        self._hidden = 0.0

    def _keep_time(self, time: float) -> None:
        ahead = time - self._clock
        jitter = LOSS_SECONDS if self._after_loss else GAP_SECONDS
        self._after_loss = False
        if not self._started:
            self._started = True
            if ahead > 0.0 and self._believable(ahead):  # joined the recording later: silence, but nothing was lost
                self._silence(time)
        elif ahead > jitter and self._believable(ahead):
            self._silence(time)
            self.gap_seconds += ahead
        elif ahead > jitter or ahead < -BACK_SECONDS:
            self._shift += ahead

    def _believable(self, gap: float) -> bool:
        if self._expected is None:
            return gap <= BLIND_GAP_SECONDS
        return self._clock + gap <= self._expected + 1.0

    def _silence(self, until: float) -> None:
        self.flush()
        missing = round(until * RATE) - self._length
        if missing > 0:
            self._append(np.zeros((missing, 1), dtype=np.int16))
        self._clock = until

    def _append(self, piece: Samples) -> None:
        width = min(len(piece), self._limit - self._length)
        self.full = self.full or width < len(piece)
        end = self._length + width
        if end > len(self._samples):  # in place: a copy would hold everything twice
            self._samples.resize((end + _GROWTH, self._kept), refcheck=False)
        # a frame with fewer channels than the stream (joined files) repeats its last one
        for channel in range(self._kept):
            self._samples[self._length : end, channel] = piece[:width, min(channel, piece.shape[1] - 1)]
        self._length = end


def _resampler(frame: Any) -> Any:
    import av

    # packed, not planar: PyAV 18.1 crashes (SIGSEGV) on reading planar frames of more than 8 channels
    return av.AudioResampler(format="s16", layout=frame.layout.name, rate=RATE)


def _planes(frame: Any) -> Samples:
    packed: Samples = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    return packed
