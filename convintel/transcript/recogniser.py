"""The seam to speech recognition, and the adapter for faster-whisper behind it.

Packs of speech go in, words with times and probabilities come out. What the guards do not trust (a repetition loop,
words of low probability, more tokens than anyone can say) gives no words, so that the caller can read it again.
Nothing is sampled, so the same sounds always give the same words.

The networks are called one by one and not through faster-whisper's own loops, since those lose speech without a sign:
CTranslate2 stops at half of `max_length`, so that "220 new tokens" ends a pack of fast speech after 112; and what
follows the last pair of time stamps in a window is left for a next window that packs do not have.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from convintel import models
from convintel.errors import ModelError
from convintel.transcript.activity import SAMPLE_RATE
from convintel.values import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convintel.settings import Settings

TOKENS_PER_SECOND: Final = 9.0  # fast speech has about 6; the loops seen have over 15
LONGEST: Final = 448  # Whisper's context; CTranslate2 gives half of it to the words of one pack
PROMPT_WORDS: Final = 100  # Whisper hears the vocabulary in its prompt; long prompts are echoed
WINDOW: Final = 3000  # frames of 10 ms that Whisper looks at
SHORT_WINDOW, SPARE = 1500, 100
"""Frames that the first reading looks at: the pack and a second, not 30 s of mostly nothing. The encoder's cost grows
with the square: packs of 20 s in 21 s cost 23 % less than 29 s in 30 s at the same word errors (samples: 4.2 and 4.0 %
on two channels, 3.9 and 4.0 % on one). Windows under 15 s loop; the second reading has all 30 s."""
AT_ONCE: Final = {"cpu": 4, "cuda": 16}
"""Packs decoded together: on one core 4 cost 18 % less than one by one, 8 no less than 4 and more memory. On a GPU:
not measured."""
BEAM_OF_SEVERAL: Final = 3
"""Beam where the parties share a channel: 3.6 % of the samples' words wrong instead of 4.0, at no measurable cost."""
LONG_WORD: Final = 1.4  # seconds; beside a pause the aligner stretches words over the silence


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
        sounds: Sequence[NDArray[np.float32]],
        *,
        speech_seconds: Sequence[float],
        vocabulary: Sequence[str] = (),
        several: bool = False,
        careful: bool = False,
    ) -> list[list[HeardWord] | None]:
        """Return for each sound its words in time order, or None when they are not to be trusted.

        Args:
            sounds: each float32 [n], at most 29 s of 16 kHz mono.
            speech_seconds: how much of each is speech, to judge whether there are too many words.
            vocabulary: names and terms to expect.
            several: more than one person may speak.
            careful: search wider and forbid repetition; slower.
        """
        ...


def load_recogniser(settings: Settings, *, together: bool = False, gpu: int = 0) -> Recogniser:
    """Load the recogniser of the settings; done once in each process that recognises.

    Args:
        settings: speech and company are read.
        together: packs of several calls will come in one batch. All are then looked at in windows of one length: words
            change with the window, and must not change with the longest pack beside them. On a GPU it is always so.
        gpu: which GPU, where there are several.

    Raises:
        ModelError: the model is missing or not the one pinned.
    """
    device = "cuda" if gpus(settings) else "cpu"
    compute_type = settings.speech.compute_type
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    steady = together or device == "cuda"
    return FasterWhisper(settings, device=device, gpu=gpu, compute_type=compute_type, steady=steady)


def gpus(settings: Settings) -> int:
    """Return how many GPUs can recognise; 0 = the CPU is to do it. Loads CTranslate2 unless the settings say "cpu"."""
    if settings.speech.device == "cpu":
        return 0
    import ctranslate2

    found: int = ctranslate2.get_cuda_device_count()
    return found or int(settings.speech.device == "cuda")


class FasterWhisper:
    """faster-whisper's model on one thread (processes use the cores) or on a GPU."""

    def __init__(self, settings: Settings, *, device: str, gpu: int, compute_type: str, steady: bool) -> None:
        name = settings.speech.model
        known = models.find(name) is not None
        path = models.ensure(name, kind="recogniser")
        if known or path.exists():
            models.go_offline()  # must stand before the import: the hub client reads it there

        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        try:
            self._model = WhisperModel(
                str(path), device=device, device_index=gpu, compute_type=compute_type, cpu_threads=1, num_workers=1
            )
        except (ValueError, RuntimeError, OSError) as error:
            remedy = "name one of models.toml, of faster-whisper's, or a folder, in [speech] model"
            remedy += ', or set [speech] device = "cpu"' if device == "cuda" else ""
            raise ModelError(f"cannot be loaded: {error}", where=name, remedy=remedy) from error
        self.name = f"{name} {models.digest(name)} {compute_type}"
        several = self._model.model.is_multilingual
        language = settings.company.language if several else "en"
        self._tokens = Tokenizer(self._model.hf_tokenizer, several, task="transcribe", language=language)
        self._unspoken = get_suppressed_tokens(self._tokens, [-1])
        self._device = device
        self._speech = settings.speech
        self._narrowest = max(SHORT_WINDOW, round(settings.speech.pack_seconds * 100) + SPARE if steady else 0)

    def transcribe(
        self,
        sounds: Sequence[NDArray[np.float32]],
        *,
        speech_seconds: Sequence[float],
        vocabulary: Sequence[str] = (),
        several: bool = False,
        careful: bool = False,
    ) -> list[list[HeardWord] | None]:
        """See `Recogniser.transcribe`."""
        hotwords = _prompt(vocabulary) if vocabulary and not careful else None
        # with one speaker time stamps cost tokens and words (5.2 % wrong instead of 4.5 on the samples); with
        # several, Whisper without them skips what the next speaker says (6.0 instead of 5.2)
        prompt = self._model.get_prompt(
            self._tokens, [], without_timestamps=not (several or careful), hotwords=hotwords
        )
        size = AT_ONCE[self._device]
        found: list[list[HeardWord] | None] = []
        for i in range(0, len(sounds), size):
            found += self._read(
                sounds[i : i + size], speech_seconds[i : i + size], prompt, several=several, careful=careful
            )
        return found

    def _read(
        self,
        sounds: Sequence[NDArray[np.float32]],
        speech: Sequence[float],
        prompt: list[int],
        *,
        several: bool,
        careful: bool,
    ) -> list[list[HeardWord] | None]:
        encoded = self._encode(sounds, whole=careful)
        results = self._model.model.generate(
            encoded,
            [prompt] * len(sounds),
            max_length=LONGEST,
            return_scores=True,
            sampling_temperature=0.0,
            suppress_blank=True,
            suppress_tokens=self._unspoken,
            max_initial_timestamp_index=50,
            **_search(several=several, careful=careful),
        )
        texts = [[token for token in one.sequences_ids[0] if token < self._tokens.eot] for one in results]
        seconds = [len(sound) / SAMPLE_RATE for sound in sounds]
        trusted = [self._trusted(one, text, spoken) for one, text, spoken in zip(results, texts, speech, strict=True)]
        # the aligner must not see an empty text (it once ended the process): a full stop stands for it, and for texts
        # that nobody will see, since a loop of 400 tokens costs it hundreds of megabytes
        shown = [text if text and good else self._tokens.encode(".") for text, good in zip(texts, trusted, strict=True)]
        frames = [min(WINDOW, max(2, round(second * 100))) for second in seconds]
        aligned = self._model.find_alignment(self._tokens, shown, encoded, frames)
        return [
            (_words(words, second) if text else []) if good else None
            for words, text, second, good in zip(aligned, texts, seconds, trusted, strict=True)
        ]

    def _encode(self, sounds: Sequence[NDArray[np.float32]], *, whole: bool) -> Any:
        """Encode together on a GPU, and one by one on a CPU, where a batch costs more than its parts."""
        import ctranslate2
        from faster_whisper.audio import pad_or_trim

        longest = max(len(sound) for sound in sounds) * 100 // SAMPLE_RATE
        width = WINDOW if whole else min(WINDOW, max(self._narrowest, longest + SPARE))
        features = [pad_or_trim(self._model.feature_extractor(sound)[..., :-1], width + width % 2) for sound in sounds]
        if self._device == "cuda":
            return self._model.encode(np.stack(features))
        encoded = [np.asarray(self._model.encode(one)) for one in features]
        return ctranslate2.StorageView.from_array(np.concatenate(encoded))

    def _trusted(self, result: Any, text: Sequence[int], speech_seconds: float) -> bool:
        length = len(result.sequences_ids[0])
        mean = result.scores[0] * length / (length + 1)
        looped = _compression(self._tokens.decode(text)) > self._speech.max_compression_ratio
        too_many = len(text) > 12 and len(text) > TOKENS_PER_SECOND * speech_seconds
        return not (looped or too_many or mean < self._speech.min_mean_logprob)


def _search(*, several: bool, careful: bool) -> dict[str, Any]:
    if careful:
        return {"beam_size": 5, "no_repeat_ngram_size": 4, "repetition_penalty": 1.05}
    return {"beam_size": BEAM_OF_SEVERAL if several else 1}


def _prompt(vocabulary: Sequence[str]) -> str:
    words = ", ".join(vocabulary).split()
    return " ".join(words[:PROMPT_WORDS])


def _compression(text: str) -> float:
    data = text.encode("utf-8")
    return len(data) / len(zlib.compress(data))


def _words(aligned: Sequence[Mapping[str, Any]], seconds: float) -> list[HeardWord]:
    """Bound the words, and join what Whisper cuts but writes together ("high" + "-end", "a" + ".m.", "so" + ",")."""
    found: list[HeardWord] = []
    for part in aligned:
        text = part["word"].strip()
        start = min(max(float(part["start"]), 0.0), seconds)
        span = Span(start, min(max(float(part["end"]), start), seconds))
        probability = min(1.0, max(0.0, float(part["probability"])))
        if text and found and not part["word"].startswith(" "):
            before = found.pop()
            spoken = any(letter.isalnum() for letter in text)
            found.append(
                HeardWord(before.span | span, before.text + text, min(before.probability, probability))
                if spoken
                else HeardWord(before.span, before.text + text, before.probability)
            )
        elif text:
            found.append(HeardWord(span, text, probability))
    return _shortened(found)


def _shortened(words: Sequence[HeardWord]) -> list[HeardWord]:
    """Cut words that the aligner stretched over a pause: the silence lies before a sentence or after its end."""
    out: list[HeardWord] = []
    for word in words:
        span = word.span
        if span.duration > LONG_WORD and (not out or out[-1].text.endswith((".", "?", "!"))):
            span = Span(span.end - LONG_WORD / 2, span.end)
        elif span.duration > LONG_WORD:
            span = Span(span.start, span.start + LONG_WORD / 2)
        out.append(HeardWord(span, word.text, word.probability))
    return out
