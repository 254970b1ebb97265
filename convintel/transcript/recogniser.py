"""The seam to speech recognition, and the adapter for faster-whisper behind it.

One pack of speech goes in, words with times and probabilities come out. What the guards do not trust (a repetition
loop, words of low probability, more tokens than anyone can say) is read again with beam search in two smaller packs;
what stays bad gives no words. Nothing is sampled, so the same sound always gives the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from convintel import models
from convintel.errors import ModelError
from convintel.values import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convintel.settings import Settings

TOKENS_PER_SECOND: Final = 9.0  # fast speech has about 6; the loops seen have over 15
MOST_TOKENS: Final = 220  # of one pack
PROMPT_WORDS: Final = 100  # Whisper hears the vocabulary in its prompt; long prompts are echoed


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with its span in seconds of the sound given, and the recogniser's probability."""

    span: Span
    text: str
    probability: float


class Recogniser(Protocol):
    """What the transcript stage asks of a speech recogniser."""

    name: str
    """Model, digest and number type: part of the stage's key."""

    def transcribe(
        self,
        samples: NDArray[np.float32],
        *,
        speech_seconds: float,
        vocabulary: Sequence[str] = (),
        careful: bool = False,
    ) -> list[HeardWord] | None:
        """Return the words of at most 29 s of 16 kHz mono sound in time order, or None when they are not to be trusted.

        Args:
            samples: float32 [n].
            speech_seconds: how much of it is speech, to judge whether there are too many words.
            vocabulary: names and terms to expect.
            careful: search wider and forbid repetition; slower.
        """
        ...


def load_recogniser(settings: Settings) -> Recogniser:
    """Load the recogniser of the settings; done once in each worker process.

    Raises:
        ModelError: the model is missing or not the one pinned.
    """
    device = _device(settings.speech.device)
    compute_type = settings.speech.compute_type
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    return FasterWhisper(settings, device=device, compute_type=compute_type)


class FasterWhisper:
    """faster-whisper on one thread (processes use the cores), without its own voice activity detection."""

    def __init__(self, settings: Settings, *, device: str, compute_type: str) -> None:
        name = settings.speech.model
        known = models.find(name) is not None
        path = models.ensure(name, kind="recogniser")
        if known or path.exists():
            models.go_offline()  # must stand before the import: the hub client reads it there

        from faster_whisper import BatchedInferencePipeline, WhisperModel

        try:
            model = WhisperModel(str(path), device=device, compute_type=compute_type, cpu_threads=1, num_workers=1)
        except (ValueError, RuntimeError, OSError) as error:
            remedy = "name one of models.toml, of faster-whisper's, or a folder, in [speech] model"
            raise ModelError(f"cannot be loaded: {error}", where=name, remedy=remedy) from error
        self.name = f"{name} {models.digest(name)} {compute_type}"
        self._pipeline = BatchedInferencePipeline(model)
        self._language = settings.company.language
        self._speech = settings.speech

    def transcribe(
        self,
        samples: NDArray[np.float32],
        *,
        speech_seconds: float,
        vocabulary: Sequence[str] = (),
        careful: bool = False,
    ) -> list[HeardWord] | None:
        """See `Recogniser.transcribe`."""
        seconds = len(samples) / 16000
        segments, _ = self._pipeline.transcribe(
            samples,
            language=self._language,
            clip_timestamps=[{"start": 0.0, "end": seconds}],
            vad_filter=False,
            batch_size=1,
            word_timestamps=True,
            condition_on_previous_text=False,
            temperature=0.0,
            max_new_tokens=MOST_TOKENS,
            hotwords=_prompt(vocabulary) if vocabulary and not careful else None,
            **_search(careful=careful),
        )
        found = list(segments)
        if any(self._suspicious(segment) for segment in found) or _too_many(found, speech_seconds):
            return None
        return [word for segment in found for word in _words(segment, seconds)]

    def _suspicious(self, segment: Any) -> bool:
        looped = segment.compression_ratio > self._speech.max_compression_ratio
        return bool(looped or segment.avg_logprob < self._speech.min_mean_logprob)


def _search(*, careful: bool) -> dict[str, Any]:
    if careful:
        return {"beam_size": 5, "no_repeat_ngram_size": 4, "repetition_penalty": 1.05, "without_timestamps": False}
    return {"beam_size": 1, "without_timestamps": True}


def _prompt(vocabulary: Sequence[str]) -> str:
    words = ", ".join(vocabulary).split()
    return " ".join(words[:PROMPT_WORDS])


def _too_many(segments: Sequence[Any], speech_seconds: float) -> bool:
    tokens = sum(len(segment.tokens) for segment in segments)
    return tokens > 12 and tokens > TOKENS_PER_SECOND * speech_seconds


def _words(segment: Any, seconds: float) -> list[HeardWord]:
    """Bound the words, and join what Whisper cuts but writes together ("high" + "-end", "a" + ".m.")."""
    found: list[HeardWord] = []
    for word in segment.words or ():
        text = word.word.strip()
        start = min(max(float(word.start), 0.0), seconds)
        span = Span(start, min(max(float(word.end), start), seconds))
        probability = min(1.0, max(0.0, float(word.probability)))
        if text and found and not word.word.startswith(" "):
            before = found.pop()
            found.append(HeardWord(before.span | span, before.text + text, min(before.probability, probability)))
        elif text:
            found.append(HeardWord(span, text, probability))
    return found


def _device(wish: str) -> str:
    if wish != "auto":
        return wish
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
