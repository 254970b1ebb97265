"""Text to speech with Kokoro, one turn at a time, each spoken once and kept in a cache."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

RATE = 24_000
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
#: Longer turns are spoken sentence by sentence: the model takes 509 phonemes at most.
LONGEST = 380
#: Words that the phoneme lexicon does not know or reads wrongly.
PRONUNCIATIONS = {
    "Tallyroute": "tˈæliɹˌut",
    "Okafor": "ˌOkəfˈɔɹ",
    "Reyes": "ɹˈAəs",
    "Mm-hm": "əmhˈʌm",
    "no.": "nˈO.",  # not "number"
}
_KNOWN = re.compile(r"\b(" + "|".join(map(re.escape, PRONUNCIATIONS)) + ")")
_SENTENCE_END = re.compile(r"(?<=[.?!]) ")


class Speaker:
    """Speaks text in any of Kokoro's voices and remembers what it has spoken.

    The model is loaded when the first turn is missing from the cache, so that mixing and encoding
    can be repeated without it.
    """

    def __init__(self, model: Path, voices: Path, cache: Path) -> None:
        """Take the joined model file, the folder of voices and the folder of spoken turns."""
        self.model = model
        self.voices = voices
        self.cache = cache
        self._session: Any = None
        self._phonemes: dict[bool, Any] = {}
        self._vocabulary: dict[str, int] = {}

    def say(self, text: str, voice: str, speed: float) -> Audio:
        """Speak a turn; the sound is mono at 24 kHz without silence at its ends."""
        key = hashlib.sha256(f"{voice}\x1f{speed:.2f}\x1f{mark_up(text)}".encode()).hexdigest()[:24]
        path = self.cache / f"{key}.npy"
        if not path.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            np.save(path, np.round(self._speak(text, voice, speed) * 32767).astype(np.int16))
        kept: NDArray[np.int16] = np.load(path)
        return trim(kept.astype(np.float32) / np.float32(32767))

    def _speak(self, text: str, voice: str, speed: float) -> Audio:
        self._load()
        british = voice.startswith("b")
        parts = [self._phonemes[british](mark_up(part)) for part in self._parts(text, british)]
        sound: Audio = np.concatenate([self._sound(part, voice, speed) for part in parts])
        return sound.clip(-1.0, 1.0)

    def _parts(self, text: str, british: bool) -> list[str]:
        if len(self._phonemes[british](mark_up(text))) <= LONGEST:
            return [text]
        sentences = _SENTENCE_END.split(text)
        middle = max(1, len(sentences) // 2)
        halves = (" ".join(sentences[:middle]), " ".join(sentences[middle:]))
        if len(sentences) == 1:
            raise ValueError(f"a sentence too long to be spoken: {text!r}")
        return [part for half in halves for part in self._parts(half, british)]

    def _sound(self, phonemes: str, voice: str, speed: float) -> Audio:
        ids = [self._vocabulary[sign] for sign in phonemes if sign in self._vocabulary]
        styles = np.fromfile(self.voices / f"{voice}.bin", np.float32).reshape(-1, 1, 256)
        inputs = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": styles[len(ids)],
            "speed": np.array([speed], np.float32),
        }
        sound: Audio = self._session.run(None, inputs)[0].reshape(-1)
        return sound

    def _load(self) -> None:
        """Load the speaking packages; they are needed here and nowhere else."""
        if self._session is not None:
            return
        if hashlib.sha256(self.model.read_bytes()).hexdigest() != MODEL_SHA256:
            raise ValueError(f"{self.model} is not the joined Kokoro model that README.md describes")
        runtime, hibari = import_module("onnxruntime"), import_module("hibari.g2p")
        self._phonemes = {british: hibari.G2P(british=british) for british in (False, True)}
        vocabulary = json.loads((Path(hibari.ASSETS) / "vocab.json").read_text(encoding="utf-8"))
        self._vocabulary = vocabulary.get("vocab", vocabulary)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = runtime.InferenceSession(str(self.model), options, providers=["CPUExecutionProvider"])


def mark_up(text: str) -> str:
    """Write the phonemes of the words in PRONUNCIATIONS into a text."""
    return _KNOWN.sub(lambda word: f"[{word[0]}](/{PRONUNCIATIONS[word[0]]}/)", text)


def trim(sound: Audio, below_peak: float = 40.0) -> Audio:
    """Cut the silence at both ends, 10 ms at a time."""
    hop = RATE // 100
    frames = sound[: len(sound) // hop * hop].reshape(-1, hop)
    level = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(level > level.max() * 10 ** (-below_peak / 20))
    return sound[loud[0] * hop : (loud[-1] + 1) * hop]
