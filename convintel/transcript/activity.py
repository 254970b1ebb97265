"""Voice activity: Silero v6 once per channel, then an energy gate; near-silence, hum and ringing give no speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convintel import models
from convintel.values import Span, merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.settings import Speech

    Floats = NDArray[np.float32]

SAMPLE_RATE = 16000
FRAME = 0.032  # seconds per Silero window of 512 samples
_WINDOW, _CONTEXT, _BLOCK = 512, 64, 10000
MIN_SILENCE = 0.16  # shorter pauses stay inside a stretch of speech
MIN_SPEECH = 0.12
LOUD_ENOUGH = -60.0  # dB full scale; telephone noise floors lie below
BELOW_LOUDEST = 40.0  # dB under the channel's own loud speech: a neighbour's voice, not a party


def probabilities(samples: Floats) -> Floats:
    """Return the probability of speech for each 32 ms of 16 kHz mono samples, float32 [ceil(n / 512)]."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    model = models.ensure("silero-vad", kind="speaker") / "silero_vad_v6.onnx"
    session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
    h = c = np.zeros((1, 1, 128), dtype=np.float32)
    before = np.zeros(_CONTEXT, dtype=np.float32)
    found = []
    for start in range(0, len(samples), _WINDOW * _BLOCK):
        block = samples[start : start + _WINDOW * _BLOCK]
        block = np.pad(block, (0, -len(block) % _WINDOW)).reshape(-1, _WINDOW)
        context = np.vstack([before, block[:-1, -_CONTEXT:]])
        before = block[-1, -_CONTEXT:]
        output, h, c = session.run(None, {"input": np.concatenate([context, block], axis=1), "h": h, "c": c})
        found.append(output.reshape(-1))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def loudness(samples: Floats, *, frame: float = FRAME) -> Floats:
    """Return the level of each frame in dB full scale, float32 [ceil(n / frame)]; digital silence is -100."""
    width = round(frame * SAMPLE_RATE)
    padded = np.pad(samples, (0, -len(samples) % width)).reshape(-1, width)
    power = np.einsum("ij,ij->i", padded, padded) / width
    return np.asarray(10 * np.log10(power + 1e-10), dtype=np.float32)


def active_frames(samples: Floats, speech: Speech) -> NDArray[np.bool_]:
    """Return for each 32 ms whether somebody speaks: Silero with hysteresis, and loud enough to be a party of the call."""
    likely = _hysteresis(probabilities(samples), speech.vad_threshold)
    level = loudness(samples)
    if not likely.any():
        return likely
    gate = max(LOUD_ENOUGH, float(np.percentile(level[likely], 95)) - BELOW_LOUDEST)
    return likely & (_widen(level, 3) > gate)


def spans(active: NDArray[np.bool_], seconds: float) -> list[Span]:
    """Turn 32 ms frames into stretches of speech: short pauses bridged, clicks dropped, cut at the end of the call."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    found = [Span(int(a) * FRAME, min(int(b) * FRAME, seconds)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [span for span in merge(found, gap=MIN_SILENCE) if span.duration >= MIN_SPEECH]


def _hysteresis(probability: Floats, threshold: float) -> NDArray[np.bool_]:
    """Speech starts above the threshold and lasts until the probability falls 0.15 below it."""
    state = np.where(probability >= threshold, 1, np.where(probability < threshold - 0.15, 0, -1))
    known = np.where(state >= 0, np.arange(len(state)), -1)
    last = np.maximum.accumulate(known) if len(known) else known
    return np.asarray((last >= 0) & (state[np.maximum(last, 0)] == 1)) if len(known) else np.zeros(0, dtype=np.bool_)


def _widen(level: Floats, frames: int) -> Floats:
    """Loudest level within `frames` on either side: a gate must not cut quiet consonants off."""
    padded = np.pad(level, frames, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * frames + 1).max(axis=1))
