"""Have larger networks say what they think of calls whose authors they never learnt from: `opinions.npz`.

    python models/training/teach.py MPNET_DIR

MPNET_DIR holds all-mpnet-base-v2. Three of it learn, each from two thirds of the authors, and read the other third,
with marks and capitals and without. `train_reader.py` learns from labels and from these opinions: a small network is
told how doubtful a sentence is, not only what its author called it. About two minutes a network on a large GPU; on two
cores, days. The opinions committed were learnt on one GPU from base weights that had been rounded to 8 bits.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import torch  # noqa: E402
from labelled import OPINIONS, Call, read_calls, read_pairs, without_marks  # noqa: E402
from learn import DEVICE, Net, Recipe, learn, sentence_vectors  # noqa: E402
from train_reader import UNSEEN, say, tokenizer  # noqa: E402

from convintel import models  # noqa: E402
from convintel.signals.windows import Encode  # noqa: E402

TEACHERS = 3
RECIPE = Recipe(epochs=4, learnt=4, averaged=2, rate=7e-5, head_rate=1e-3, frozen=0, tokens=4096, inner=0.1, brief=0.15)


def main(folder: Path) -> None:
    """Learn and write the opinions."""
    tokens_of = tokenizer(models.ensure("minilm", kind="encoder"))  # MPNet has the same words under other numbers
    calls = [call for call in [*read_calls(), *read_pairs()] if call.author not in UNSEEN]
    third = {author: place % TEACHERS for place, author in enumerate(sorted({call.author for call in calls}))}
    found: dict[str, np.ndarray] = {}
    for number in range(TEACHERS):
        net = learn([call for call in calls if third[call.author] != number], folder, tokens_of, RECIPE, say)
        for call in calls:
            if third[call.author] == number:
                found |= {way.key: opinions(net, way, tokens_of) for way in (call, without_marks(call))}
        say(f"teacher {number + 1} of {TEACHERS}: {len(found)} readings")
    names = sorted(found)
    table = np.concatenate([found[name] for name in names])
    ends = np.cumsum([len(found[name]) for name in names], dtype=np.int32)
    np.savez_compressed(OPINIONS, names=np.array(names), ends=ends, shares=np.rint(table * 255).astype(np.uint8))


def opinions(net: Net, call: Call, tokens_of: Encode) -> np.ndarray:
    """Return shares [sentences, classes of all heads] of a call, as it is laid out."""
    _, rows = sentence_vectors(net, call, tokens_of)
    with torch.no_grad():
        found: np.ndarray = net.opinions(torch.from_numpy(rows).to(DEVICE)).cpu().numpy()
    return found


def arguments(told: Sequence[str]) -> Path:
    """Return the folder named."""
    if len(told) != 1:
        sys.exit(__doc__)
    return Path(told[0])


if __name__ == "__main__":
    main(arguments(sys.argv[1:]))
