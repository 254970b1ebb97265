"""Are two channels one party each? Copied, mixed and silent channels are found and said, cross-talk is taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from convintel.recordings.track import floats, mix
from convintel.transcript import activity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.recordings.track import Samples
    from convintel.settings import Settings

    Floats = NDArray[np.float32]
    Frames = NDArray[np.bool_]

QUIETER = 12.0  # dB (each channel against its own loud speech) from which a copy of the other side is cross-talk
MIXED = 0.77
"""Correlation of the channels' levels while somebody speaks from which both are taken to carry both parties: copies
have 0.98, channels of their own -0.7 to -0.5; with the other side at a third 0.67 to 0.74 (which can be taken out), at
a half 0.78 (which cannot)."""
STEADY = 3.0  # dB around a gain within which levels differ by "the same"
CONSTANT = 0.45  # share of frames with speech on both channels that differ by the same from which it is cross-talk
VALLEY = 2.0  # so many times as many as differ by less: two people at once differ by anything
_SMOOTH = 21  # frames: pauses between syllables hold the channel's own noise
_LEAST_FRAMES = 60  # a second
ALIKE = 0.6  # envelope correlation from which the quiet channel copies the loud one
FLOOR = -70.0  # dB full scale: digital silence must not weigh more than a quiet line
_LAGS = 15  # frames: echoes come up to 250 ms late
_AT_ONCE = 1_000_000  # samples
_AROUND = 18  # frames of the correlation window, about 300 ms


@dataclass(frozen=True)
class Layout:
    """What the checks found: the tracks to listen to, where somebody speaks on each, and why channels were not
    trusted.
    """

    kind: Literal["dual", "mono"]
    note: str
    tracks: dict[str, Samples]
    active: dict[str, Frames]  # per track, one flag for each frame


def examine(samples: Samples, settings: Settings) -> Layout:
    """Check the channels of a call, int16 [channels, n] at 16 kHz, and find the speech on each track."""
    if len(samples) != 2:
        note = f"{len(samples)} channels mixed to one" if len(samples) > 2 else ""
        return _mono(mix(samples), note, settings)
    likeness = _correlation(samples[0], samples[1])
    if likeness >= settings.turns.duplicate_correlation:
        return _mono(
            samples[0], f"both channels carry the same sound (correlation {likeness:.2f}): taken as one", settings
        )
    active = [activity.active_frames(channel, settings.speech) for channel in samples]
    for channel in (0, 1):
        if not active[channel].any() and active[1 - channel].any():
            tracks = {"mix": samples[1 - channel]}
            return Layout("mono", f"channel {channel} is silent: taken as one", tracks, {"mix": active[1 - channel]})
    if (together := _together(samples, active)) >= MIXED:
        return _mono(
            mix(samples), f"both channels carry both voices (levels {together:.2f} alike): mixed to one", settings
        )
    clean, dropped = suppress(samples, active)
    tracks = {"0": samples[0], "1": samples[1]}
    note = f"cross-talk taken out: {dropped:.0f} s" if dropped >= 1 else ""
    return Layout("dual", note, tracks, {"0": clean[0], "1": clean[1]})


def suppress(samples: Samples, active: list[Frames]) -> tuple[list[Frames], float]:
    """Take out frames where a channel only carries the other side's voice; also return the seconds taken out.

    Cross-talk is the other channel at a constant gain: where the levels differ by the same amount most of the time,
    frames that are no louder than that go. Else a frame goes when the other channel is much louder (each against its
    own loud speech, so that gains do not matter) and its envelope runs alike within 250 ms. Real overlap stays.
    """
    level = [activity.loudness(channel) for channel in samples]
    loud = [float(np.percentile(one[on], 95)) if on.any() else 0.0 for one, on in zip(level, active, strict=True)]
    relative = [one - top for one, top in zip(level, loud, strict=True)]
    clean = []
    for mine in (0, 1):
        other = 1 - mine
        bled = _constant(relative[mine], relative[other], active[mine], active[other])
        if bled is None:
            alike = _envelope_likeness(level[mine], level[other]) > ALIKE
            bled = active[mine] & (relative[other] - relative[mine] > QUIETER) & alike
        clean.append(active[mine] & ~bled)
    lost = sum(int(before.sum() - after.sum()) for before, after in zip(active, clean, strict=True))
    return clean, lost * activity.FRAME


def _constant(mine: Floats, other: Floats, active: Frames, active_other: Frames) -> Frames | None:
    """Frames of a channel that hold no more than the other channel at a constant gain; None where no gain is constant.

    Args:
        mine: level of each frame in dB against the channel's own loud speech.
        other: the same of the other channel.
        active: where the channel has speech, its own or the other's.
        active_other: where the other channel has speech.
    """
    mine, other = _smooth(mine), _smooth(other)
    best, found = CONSTANT, None
    for lag in range(_LAGS + 1):
        above, speaking = np.roll(other, lag) - mine, active & np.roll(active_other, lag)
        seen = np.sort(above[speaking])
        steps = np.searchsorted(seen, [seen + width for width in (-2 * STEADY, 2 * STEADY)])
        own = int(np.searchsorted(seen, STEADY))  # below that the channel's own party speaks
        if len(seen) - own < _LEAST_FRAMES:
            continue
        here = np.arange(len(seen))
        near, below = steps[1] - here, here - steps[0]
        peak = own + int(near[own:].argmax())
        share = float(near[peak]) / (len(seen) - own)
        if share > best and near[peak] > VALLEY * below[peak]:
            best, found = share, speaking & (above > max(STEADY, float(seen[peak]) - STEADY))
    return found


def _smooth(level: Floats) -> Floats:
    """Mean power over a third of a second, in dB."""
    power = np.convolve(10 ** (level.astype(np.float64) / 10), np.ones(_SMOOTH) / _SMOOTH, mode="same")
    return np.asarray(10 * np.log10(power + 1e-12), dtype=np.float32)


def _mono(samples: Samples, note: str, settings: Settings) -> Layout:
    return Layout("mono", note, {"mix": samples}, {"mix": activity.active_frames(samples, settings.speech)})


def _together(samples: Samples, active: list[Frames]) -> float:
    """Correlation of the two channels' levels in dB while somebody speaks, at the best lag to 250 ms.

    Who speaks is loud on the own channel and quiet on the other: such channels come out below zero.
    """
    level = [np.maximum(activity.loudness(channel), FLOOR) for channel in samples]
    speaking = active[0] | active[1]
    best = -1.0
    if speaking.sum() < 2:  # nobody speaks: nothing to compare
        return best
    for lag in range(-_LAGS, _LAGS + 1):
        moved = np.roll(level[1], lag)
        if level[0][speaking].std() and moved[speaking].std():
            best = max(best, float(np.corrcoef(level[0][speaking], moved[speaking])[0, 1]))
    return best


def _correlation(left: Samples, right: Samples) -> float:
    """Normalised correlation of two channels at lag zero; 0 when one is silent."""
    own, others, shared = 0.0, 0.0, 0.0
    for at in range(0, left.size, _AT_ONCE):
        one, other = floats(left[at : at + _AT_ONCE]), floats(right[at : at + _AT_ONCE])
        own, others = own + float(np.dot(one, one)), others + float(np.dot(other, other))
        shared += float(np.dot(one, other))
    return abs(shared) / (own * others) ** 0.5 if own * others > 0 else 0.0


def _envelope_likeness(mine: Floats, other: Floats) -> Floats:
    """Best correlation of the level around each frame with the other channel's, when that came 0 to 250 ms earlier."""
    best = np.full(len(mine), -1.0, dtype=np.float32)
    for lag in range(_LAGS + 1):
        moved = np.concatenate([np.repeat(other[:1], lag), other[: len(other) - lag]])
        best = np.maximum(best, _local_correlation(mine, moved))
    return best


def _local_correlation(left: Floats, right: Floats) -> Floats:
    kernel = np.ones(_AROUND) / _AROUND

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.convolve(values, kernel, mode="same")

    a, b = left.astype(np.float64), right.astype(np.float64)
    covariance = mean(a * b) - mean(a) * mean(b)
    spread = (mean(a * a) - mean(a) ** 2) * (mean(b * b) - mean(b) ** 2)
    return np.asarray(covariance / np.sqrt(np.maximum(spread, 1e-6)), dtype=np.float32)
