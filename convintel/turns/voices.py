"""Who speaks when on one channel: voices of 1.5 s windows are grouped, and each moment goes to the voice it is
nearest to.

CAM++ embeddings of windows that overlap by half are grouped by spectral clustering into the known number of parties.
Each frame then takes the mean of the windows around it, the nearest counting most; where pyannote's segmentation hears
two people at once, it goes to the two nearest. On the two telephone calls mixed to mono this came to 0.7 % and 2.8 %
diarization error (collar 0.25 s; 4.7 % when overlap went to one of the two). What the segmentation thinks about
speakers inside 10 s made both worse and is not used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from convintel.recordings.track import floats
from convintel.transcript import activity
from convintel.values import Span, merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.recordings.track import Samples

    Floats = NDArray[np.float32]

WINDOW: Final = 150  # feature frames of 10 ms
HOP: Final = 75
SMALLEST: Final = 40  # shorter stretches borrow sound from around them
AT_ONCE: Final = 32
SHARPNESS: Final = 4  # power on the similarity: near voices count more
ONE_VOICE: Final = 0.9
"""Cosine of two groups' centres from which they may be one voice. Measured: two parties 0.51 to 0.87, one voice split
in two 0.83 to 0.96 (over a minute of speech or more)."""
APART: Final = 4.5
"""... when they also stand less far apart than this, in standard deviations of their windows along the line between
them: two parties 5.2 and 11.8, one voice split in two 3.3 to 4.2. Else the call is taken for what it should be, two."""
OVERLAP: Final = 0.7
"""Probability of two people at once from which a frame goes to both: 0.5 to 0.7 leave 2.7 to 3.0 % error of the 4.7 on
a call with 11 % overlap; 0.4 has more false speech."""

ANOTHER_VOICE: Final = 0.85
"""Cosine of centres below which a third voice is one: splitting two voices further gave 0.90 to 0.97 on ten calls."""
MOST_VOICES: Final = 6
LEAST_WINDOWS: Final = 40
"""Half a minute of speech: of less, no third voice is counted (two people in 29 windows fall into three)."""
LEAST_SHARE: Final = 0.05
MIN_TURN: Final = 0.25  # seconds
_STEP, _FEATURE = 160, 400  # samples from one feature frame to the next, and in each
_ROUNDS: Final = 5
_SEED: Final = 0


@dataclass(frozen=True)
class Voices:
    """Speakers "A", "B" ... in order of first speech.

    Attributes:
        spans: where each speaks, in time order; of different speakers they overlap where two speak at once.
        lean: float32 [frames, speakers]: how near each frame (16.875 ms) is to each voice; NaN outside speech.
        centres: float32 [speakers, 192], unit length.
        alike: largest cosine between two centres; high = perhaps one voice.
        apart: least distance of two groups of windows in their standard deviations; low = perhaps one voice.
    """

    spans: dict[str, list[Span]]
    lean: Floats
    centres: Floats
    alike: float
    apart: float

    @property
    def one(self) -> bool:
        """Tell whether two groups are rather one voice split in two."""
        return len(self.spans) > 1 and self.alike > ONE_VOICE and self.apart < APART

    def speaker_of(self, span: Span) -> str | None:
        """Return who speaks most during a span; None when nobody was heard in it."""
        first = activity.frame_at(span.start)
        part = self.lean[first : max(first + 1, activity.frame_at(span.end))]
        part = part[~np.isnan(part[:, 0])] if len(part) else part
        return list(self.spans)[int(part.mean(axis=0).argmax())] if len(part) else None


def diarize(samples: Samples | Floats, speech: Sequence[Span], *, speakers: int | None = 2) -> Voices:
    """Split the speech of 16 kHz mono samples among `speakers` voices; None = two, or more when more are told apart.

    Returns fewer voices than asked when there is too little speech for windows of more than one.
    """
    starts = windows(speech, len(samples))
    embeddings = embed(samples, starts)
    centres = _group(embeddings, speakers)
    nearness = embeddings @ centres.T
    lean = _lean(nearness, starts, speech, activity.count_frames(samples))
    both = activity.segmentation(samples)[:, 2] >= OVERLAP if len(centres) > 1 else np.zeros(len(lean), np.bool_)
    return _voices(lean, both, centres, _apart(embeddings, nearness.argmax(axis=1), centres))


def _features(samples: Floats) -> Floats:
    """80 log mel energies each 10 ms, as CAM++ was trained on."""
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = activity.SAMPLE_RATE
    options.mel_opts.num_bins = 80
    fbank = kaldi_native_fbank.OnlineFbank(options)
    fbank.accept_waveform(activity.SAMPLE_RATE, samples)
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])


def windows(speech: Sequence[Span], samples: int) -> list[int]:
    """First feature frame of each window: inside speech, the last one flush with its end; short stretches centred."""
    frames = max(WINDOW, (samples - _FEATURE + _STEP) // _STEP)
    starts: list[int] = []
    for span in speech:
        first, last = int(span.start * 100), min(int(span.end * 100), frames)
        if last - first < SMALLEST:
            continue
        if last - first <= WINDOW:
            starts.append(min(max(0, (first + last - WINDOW) // 2), frames - WINDOW))
            continue
        inside = list(range(first, last - WINDOW, HOP))
        starts += [*inside, last - WINDOW]
    return sorted(set(starts)) or [min(max(0, int(speech[0].middle * 100) - WINDOW // 2), frames - WINDOW)]


def embed(samples: Samples | Floats, starts: Sequence[int]) -> Floats:
    """Voice of each window of 16 kHz mono samples, float32 [windows, 192], unit length."""
    session = activity.onnx("campplus", "campplus.onnx")
    found = []
    for i in range(0, len(starts), AT_ONCE):
        now = starts[i : i + AT_ONCE]
        batch = np.stack([features[start : start + WINDOW] for features, start in _near(samples, now)])
        batch -= batch.mean(axis=1, keepdims=True)
        found.append(session.run(None, {"features": batch})[0])
    embeddings = np.concatenate(found)
    return np.asarray(embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), dtype=np.float32)


def _near(samples: Samples | Floats, starts: Sequence[int]) -> Iterator[tuple[Floats, int]]:
    """Features around each start, and the start in them: made for stretches, since those of 3 hours take 350 MB."""
    first = last = 0
    features: Floats = np.zeros((0, 80), dtype=np.float32)
    for i, start in enumerate(starts):
        if i == 0 or start + WINDOW > last:
            first = start
            last = max(one for one in starts[i:] if one <= first + 30 * WINDOW) + WINDOW
            sound = floats(samples[first * _STEP : (last - 1) * _STEP + _FEATURE])
            features = _features(np.pad(sound, (0, (last - 1 - first) * _STEP + _FEATURE - len(sound))))
        yield features, start - first


def _group(embeddings: Floats, speakers: int | None) -> Floats:
    """Centres of the voices in windows; uncounted, as many as stay apart and hold a part of the call each."""
    _, centres = _settle(embeddings, _cluster(embeddings, min(speakers or 2, len(embeddings))))
    for count in range(3, 1 + (MOST_VOICES if speakers is None and len(embeddings) > LEAST_WINDOWS else 0)):
        more, theirs = _settle(embeddings, _cluster(embeddings, count))
        likeness = theirs @ theirs.T - 2 * np.eye(len(theirs), dtype=np.float32)
        if float(likeness.max()) > ANOTHER_VOICE or np.bincount(more).min() < LEAST_SHARE * len(more):
            break
        centres = theirs
    return centres


def _cluster(embeddings: Floats, groups: int) -> NDArray[np.int64]:
    if groups < 2:
        return np.zeros(len(embeddings), dtype=np.int64)
    from sklearn.cluster import SpectralClustering

    thinned = _thin(len(embeddings))
    likeness = np.clip((embeddings[thinned] @ embeddings[thinned].T + 1) / 2, 0, 1) ** SHARPNESS
    model: Any = SpectralClustering(groups, affinity="precomputed", random_state=_SEED)
    few = np.asarray(model.fit_predict(likeness.astype(np.float64)))
    centres = _centres(embeddings[thinned], few)
    return np.asarray((embeddings @ centres.T).argmax(axis=1))


def _thin(count: int, *, most: int = 1500) -> NDArray[np.int64]:
    """Indices of at most 1500 windows spread over the call: spectral clustering costs the cube of their number."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _centres(embeddings: Floats, labels: NDArray[np.int64]) -> Floats:
    sums = np.stack([embeddings[labels == label].sum(axis=0) for label in np.unique(labels)])
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)


def _settle(embeddings: Floats, labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """Move windows to the nearest centre until nothing moves."""
    centres = _centres(embeddings, labels)
    for _ in range(_ROUNDS):
        nearest = np.asarray((embeddings @ centres.T).argmax(axis=1))
        if len(np.unique(nearest)) < len(centres) or np.array_equal(nearest, labels):
            break
        labels, centres = nearest, _centres(embeddings, nearest)
    return labels, centres


def _lean(nearness: Floats, starts: Sequence[int], speech: Sequence[Span], frames: int) -> Floats:
    """Mean nearness of the windows over each frame, their middle counting most; NaN outside speech."""
    width = round(WINDOW / 100 / activity.FRAME)
    weight = np.bartlett(width + 2)[1:-1].astype(np.float32)
    summed = np.zeros((frames + width, nearness.shape[1]), dtype=np.float32)
    weights = np.zeros(frames + width, dtype=np.float32)
    for start, near in zip(starts, nearness, strict=True):
        first = activity.frame_at(start / 100)
        summed[first : first + width] += weight[:, None] * near
        weights[first : first + width] += weight
    seen = np.flatnonzero(weights[:frames] > 0)
    nearest = seen[np.abs(np.searchsorted(seen, np.arange(frames)).clip(0, len(seen) - 1))]
    lean = summed[nearest] / weights[nearest, None]
    outside = np.ones(frames, dtype=np.bool_)
    for span in speech:
        outside[activity.frame_at(span.start) : activity.frame_at(span.end)] = False
    lean[outside] = np.nan
    return np.asarray(lean, dtype=np.float32)


def _apart(embeddings: Floats, labels: NDArray[np.int64], centres: Floats) -> float:
    """Least distance of two groups of windows along the line between their centres, in pooled standard deviations."""
    found = [math.inf]
    for one, other in combinations(range(len(centres)), 2):
        along = embeddings @ (centres[one] - centres[other])
        here, there = along[labels == one], along[labels == other]
        if len(here) and len(there):
            spread = (here.var() * len(here) + there.var() * len(there)) / (len(here) + len(there))
            found.append(float((here.mean() - there.mean()) / np.sqrt(spread + 1e-9)))
    return min(found)


def _voices(lean: Floats, both: NDArray[np.bool_], centres: Floats, apart: float) -> Voices:
    """Name the voices by who speaks first, and cut the frames into spans."""
    heard = ~np.isnan(lean[:, 0])
    ranked = np.argsort(-np.nan_to_num(lean), axis=1, kind="stable")
    winner = np.where(heard, ranked[:, 0], -1)
    second = np.where(heard & both, ranked[:, min(1, len(centres) - 1)], -1)
    first = [
        int(np.argmax(winner == label)) if (winner == label).any() else len(winner) for label in range(len(centres))
    ]
    order = [label for label in np.argsort(first, kind="stable") if (winner == label).any()]
    spans = {}
    for name, label in zip("ABCDEFGHIJ", order, strict=False):
        runs = [
            Span(activity.frame_time(a), activity.frame_time(b))
            for a, b in activity.runs((winner == label) | (second == label))
        ]
        spans[name] = [span for span in merge(runs, gap=0.0) if span.duration >= MIN_TURN] or runs[:1]
    centres = centres[order]
    likeness = centres @ centres.T - np.eye(len(centres), dtype=np.float32) * 2
    return Voices(spans, lean[:, order], centres, float(likeness.max()) if len(centres) > 1 else 1.0, apart)
