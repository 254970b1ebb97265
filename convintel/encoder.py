"""Sentences to vectors: the seam behind which the embedding model stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from convintel.errors import ModelError

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors whose scalar product is their similarity in meaning."""

    name: str

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [texts, dimensions], rows of length 1; the same text gives the same row in any order."""
        ...


class SentenceTransformerEncoder:
    """A sentence-transformers model: a local folder, or a hub name of the user's choice."""

    def __init__(self, folder: Path, *, name: str, device: str = "cpu") -> None:
        """Load the model; the network is touched only for a hub name that the user chose.

        Raises:
            ModelError: the folder holds no model that sentence-transformers can load.
        """
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        self.name = name
        torch.set_num_threads(1)  # with more, a busy machine uses fewer now and then, and last bits differ
        try:
            disable_progress_bar()  # type: ignore[no-untyped-call]  # its bar would break into ours
            self._model: Any = SentenceTransformer(str(folder), device=device, local_files_only=folder.is_dir())
        except (OSError, ValueError) as error:
            raise ModelError(
                f"encoder {name} cannot be loaded: {error}", where=folder, remedy="convintel models verify"
            ) from error

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; each different text is read once, and alone: in a batch its last bits would differ."""
        different = sorted(set(texts), key=lambda text: (len(text), text))
        width = self._model.get_embedding_dimension()
        if not different:
            return np.zeros((0, width), dtype=np.float32)
        rows = self._model.encode(
            different, batch_size=1, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        place = {text: i for i, text in enumerate(different)}
        return np.asarray(rows, dtype=np.float32)[[place[text] for text in texts]]


def load_encoder(name: str) -> Encoder:
    """Load an encoder by its name in models.toml, from a folder of the user's, or by a hub name.

    Raises:
        ModelError: the model is missing or not the one that models.toml pins.
    """
    from convintel.models import ensure

    return SentenceTransformerEncoder(ensure(name, kind="encoder"), name=name)


def unit(vectors: Vectors) -> Vectors:
    """Return the rows scaled to length 1; rows of zeros stay."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Vectors = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return result
