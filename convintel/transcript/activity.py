"""Voice activity, once per channel: where somebody speaks, to be recognised and counted as talk time.

Two networks look at each channel. pyannote's segmentation decides frame by frame, because on real 8 kHz telephone
speech Silero missed up to half of one party at its usual threshold (48 of 96 s in one test call, where segmentation
missed 7). Silero then has to confirm each stretch as a whole, so that music, ringing and noise give none; and a
stretch must be loud enough to be a party of the call. Both together cost about 0.01 CPU-seconds a second of sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convintel import models
from convintel.recordings.track import floats
from convintel.values import Span, merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.recordings.track import Samples
    from convintel.settings import Speech

    Floats = NDArray[np.float32]
    Frames = NDArray[np.bool_]

SAMPLE_RATE = 16000
FRAME_SAMPLES = 270  # hop of the segmentation network
FRAME = FRAME_SAMPLES / SAMPLE_RATE  # 16.875 ms
_FIRST = 360  # sample at which its first frame begins: half of the receptive field less half a hop
_FRAMES_PER_WINDOW = 589
_WINDOW = 160000  # 10 s, as trained
_HOP_FRAMES = 444  # about 7.5 s: edges are seen twice; 5 s cost 35 % more and found 0.1 % more of the speech
_WINDOWS_AT_ONCE = 8
_FRAMES_AT_ONCE = 10000
_SILERO_WINDOW, _SILERO_CONTEXT = 512, 64
_SILERO_BLOCK = 250  # 8 s, then its memory is wiped: over minutes of telephone speech it sinks into "silence"
MIN_SILENCE = 0.25  # shorter pauses stay inside a stretch of speech
MIN_SPEECH = 0.12
LOUD_ENOUGH = -60.0  # dB full scale; telephone noise floors lie below
BELOW_LOUDEST = 40.0  # dB under the channel's own loud speech: a neighbour's voice, not a party


def active_frames(samples: Samples | Floats, speech: Speech) -> Frames:
    """Return for each frame of 16.875 ms of 16 kHz mono samples whether a party of the call speaks."""
    powerset = segmentation(samples)
    likely = np.asarray(1 - powerset[:, 0] >= speech.vad_threshold)
    if not likely.any():
        return likely
    level = loudness(samples)[: len(likely)]
    gate = max(LOUD_ENOUGH, float(np.percentile(level[likely], 95)) - BELOW_LOUDEST)
    likely &= _widen(level, 3) > gate
    return _confirmed(likely, probabilities(samples, where=likely), speech)


def spans(active: Frames, seconds: float) -> list[Span]:
    """Turn frames into stretches of speech: short pauses bridged, clicks dropped, cut at the end of the call."""
    found = [Span(frame_time(a), min(frame_time(b), seconds)) for a, b in runs(active)]
    return [span for span in merge(found, gap=MIN_SILENCE) if span.duration >= MIN_SPEECH]


def runs(active: Frames) -> list[tuple[int, int]]:
    """Return [first, last) of each run of true frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def frame_time(frame: int) -> float:
    """Return the second at which a frame begins."""
    return (_FIRST + frame * FRAME_SAMPLES) / SAMPLE_RATE


def frame_at(second: float) -> int:
    """Return the frame that begins nearest to a second; never negative."""
    return max(0, round((second * SAMPLE_RATE - _FIRST) / FRAME_SAMPLES))


def windows(samples: Samples | Floats) -> NDArray[np.float32]:
    """Return segmentation-3.0's probabilities, float32 [windows, 589, 7], of windows that begin 296 frames apart.

    The classes are nobody, speaker 1, 2, 3 of the window, and pairs of them; numbering differs from window to window.
    """
    session = onnx("segmentation", "segmentation-3.0.onnx")
    hop = _HOP_FRAMES * FRAME_SAMPLES
    count = max(1, -(-(len(samples) - _WINDOW) // hop) + 1)
    scores = []
    for first in range(0, count, _WINDOWS_AT_ONCE):
        last = min(first + _WINDOWS_AT_ONCE, count)
        part = floats(samples[first * hop : (last - 1) * hop + _WINDOW])
        part = np.pad(part, (0, (last - 1 - first) * hop + _WINDOW - len(part)))
        cut = np.lib.stride_tricks.sliding_window_view(part, _WINDOW)[::hop, None, :]
        scores.append(session.run(None, {"samples": np.ascontiguousarray(cut)})[0])
    return np.asarray(np.exp(np.concatenate(scores)), dtype=np.float32)


def join(seen: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Average what windows say about the same frame, the middle of a window counting most: [frames, classes]."""
    weight = np.bartlett(_FRAMES_PER_WINDOW + 2)[1:-1].astype(np.float32)
    length = (len(seen) - 1) * _HOP_FRAMES + _FRAMES_PER_WINDOW
    summed = np.zeros((length, seen.shape[2]), dtype=np.float32)
    weights = np.zeros(length, dtype=np.float32)
    for i, window in enumerate(seen):
        here = slice(i * _HOP_FRAMES, i * _HOP_FRAMES + _FRAMES_PER_WINDOW)
        summed[here] += window * weight[:, None]
        weights[here] += weight
    mean = (summed / weights[:, None])[:frames]
    # the last two or three frames of a window have no output of their own
    return np.asarray(np.pad(mean, ((0, frames - len(mean)), (0, 0)), mode="edge"))


def segmentation(samples: Samples | Floats) -> NDArray[np.float32]:
    """Return per frame the probability that nobody, one, or two people speak, float32 [frames, 3]."""
    seen = windows(samples)
    counted = np.stack([seen[..., 0], seen[..., 1:4].sum(axis=-1), seen[..., 4:].sum(axis=-1)], axis=-1)
    return join(counted, count_frames(samples))


def count_frames(samples: Samples | Floats) -> int:
    """Return how many whole or begun frames the samples have."""
    return max(1, -(-(len(samples) - _FIRST) // FRAME_SAMPLES))


def loudness(samples: Samples | Floats) -> Floats:
    """Return the level of each frame in dB full scale; digital silence is -100."""
    count = count_frames(samples)
    power = np.zeros(count)
    for first in range(0, count, _FRAMES_AT_ONCE):
        last = min(first + _FRAMES_AT_ONCE, count)
        kept = floats(samples[_FIRST + first * FRAME_SAMPLES : _FIRST + last * FRAME_SAMPLES])
        framed = np.pad(kept, (0, (last - first) * FRAME_SAMPLES - len(kept))).reshape(-1, FRAME_SAMPLES)
        power[first:last] = np.einsum("ij,ij->i", framed, framed) / FRAME_SAMPLES
    return np.asarray(10 * np.log10(power + 1e-10), dtype=np.float32)


def probabilities(samples: Samples | Floats, *, where: Frames | None = None) -> Floats:
    """Return Silero's probability of speech for each 32 ms, float32 [ceil(n / 512)]; 0 in blocks of 8 s without any
    frame of `where`, which are not listened to.
    """
    session = onnx("silero-vad", "silero_vad_v6.onnx")
    fresh = np.zeros((1, 1, 128), dtype=np.float32)
    found = []
    for start in range(0, len(samples), _SILERO_WINDOW * _SILERO_BLOCK):
        block = floats(samples[start : start + _SILERO_WINDOW * _SILERO_BLOCK])
        last = start + len(block)
        if where is not None and not where[frame_at(start / SAMPLE_RATE) : frame_at(last / SAMPLE_RATE) + 1].any():
            found.append(np.zeros(-(-len(block) // _SILERO_WINDOW), dtype=np.float32))
            continue
        block = np.pad(block, (0, -len(block) % _SILERO_WINDOW)).reshape(-1, _SILERO_WINDOW)
        context = np.pad(block[:-1, -_SILERO_CONTEXT:], ((1, 0), (0, 0)))
        output = session.run(None, {"input": np.concatenate([context, block], axis=1), "h": fresh, "c": fresh})[0]
        found.append(output.reshape(-1))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def onnx(name: str, file: str) -> Any:
    """Open a speaker model with onnxruntime on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    path = models.ensure(name, kind="speaker") / file
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


def _confirmed(likely: Frames, silero: Floats, speech: Speech) -> Frames:
    """Keep the stretches in or near which Silero is sure at least once."""
    kept = np.zeros_like(likely)
    for span in merge((Span(frame_time(a), frame_time(b)) for a, b in runs(likely)), gap=MIN_SILENCE):
        heard = silero[
            int(span.start * SAMPLE_RATE) // _SILERO_WINDOW : int(span.end * SAMPLE_RATE) // _SILERO_WINDOW + 1
        ]
        if heard.size and float(heard.max()) >= speech.confirm_threshold:
            first, last = frame_at(span.start), frame_at(span.end)
            kept[first:last] = likely[first:last]
    return kept


def _widen(level: Floats, frames: int) -> Floats:
    """Loudest level within `frames` on either side: a gate must not cut quiet consonants off."""
    padded = np.pad(level, frames, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * frames + 1).max(axis=1))
