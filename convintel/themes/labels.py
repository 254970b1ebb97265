"""Names for themes without a language model: phrases of the members, and the most typical quote.

Phrases of 2 to 4 words are ranked by c-TF-IDF (how much more of this theme's members use one than those of others;
Grootendorst 2022), the best are ranked again by their similarity to the theme's centre, and the second is chosen to say
something else than the first (maximal marginal relevance).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from convintel.encoder import Encoder, Vectors
from convintel.themes.wording import phrases, shared_topic, split_topic, telling_words, words

WORD_SHARE, ALONE_SHARE = 0.3, 0.6  # of the members must use a single word that names them, or alone does
SHARED = 2  # members that must use a phrase: what one person said once names nothing
CANDIDATES = 25  # phrases that are embedded per theme
NEW_WORDS = 0.7  # weight of fitting the theme against repeating the first phrase
SECOND_FROM = 0.35  # a second phrase is worth printing from this similarity to the centre
_QUOTE_WORDS = range(5, 36)


def name_themes(
    members: Sequence[Sequence[str]], rest: Sequence[str], centres: Vectors, encoder: Encoder, *, taken: Collection[str]
) -> list[str]:
    """Return one label a theme, all different and none in `taken`.

    Args:
        members: texts of each new theme, the most typical first.
        rest: all other texts, what the themes are told apart from.
        centres: [themes, dimensions].
        encoder: embeds the candidate phrases.
        taken: labels in use.
    """
    counts = [_shared(texts) for texts in members]
    telling = frozenset(said for count in counts for said in count)
    background: Counter[str] = Counter()
    for texts in (*members, rest):
        background.update(said for text in texts for said in _said(text) & telling)
    mean = sum(len(texts) for texts in members) / max(len(members), 1)
    used, labels = set(taken), []
    for texts, count, middle in zip(members, counts, centres, strict=True):
        topic = shared_topic(texts)
        label = _label(count, background, mean, middle, encoder, texts)
        label = _unused(f"{topic}: {label}" if topic else label, used)
        used.add(label)
        labels.append(label)
    return labels


def _said(text: str) -> set[str]:
    """Return the phrases and telling words of a text; words only name where no phrase is shared."""
    bare = split_topic(text)[1]
    return phrases(bare) | telling_words(bare)


def _shared(texts: Sequence[str]) -> Counter[str]:
    """Return how many texts use each phrase and each telling word that several use: most are said but once."""
    count = Counter(said for text in texts for said in _said(text))
    return Counter({said: n for said, n in count.items() if n >= SHARED})


def _label(
    count: Counter[str], background: Counter[str], mean: float, middle: Vectors, encoder: Encoder, texts: Sequence[str]
) -> str:
    """Return up to two phrases joined by a dot."""
    score = {p: n * math.log(1 + mean / background[p]) for p, n in count.items()}
    best = sorted((p for p in score if " " in p), key=lambda phrase: (-score[phrase], phrase))[:CANDIDATES]
    if not best:
        return _words_label(count, score, texts)
    vectors = encoder.encode(best)
    fit = vectors @ middle
    weight = np.array([score[phrase] for phrase in best])
    rank = fit * (0.5 + 0.5 * weight / weight.max())  # what fits the centre, if members really say it
    first = int(np.argmax(rank))
    other = NEW_WORDS * fit - (1 - NEW_WORDS) * (vectors @ vectors[first])
    other[[i for i, phrase in enumerate(best) if set(words(phrase)) & set(words(best[first]))]] = -1
    second = int(np.argmax(other))
    return f"{best[first]} · {best[second]}" if other[second] > -1 and fit[second] >= SECOND_FROM else best[first]


def _words_label(count: Mapping[str, int], score: Mapping[str, float], texts: Sequence[str]) -> str:
    """Return the telling words that many members share; else the start of the most typical.

    Words that two of ten happen to use ("head · bucks") name nothing, nor does one alone unless most use it;
    somebody's own words do.
    """
    many = [word for word in score if count[word] >= WORD_SHARE * len(texts)]
    common = sorted(many, key=lambda word: (-score[word], word))[:3]
    if len(common) > 1 or (common and count[common[0]] >= ALONE_SHARE * len(texts)):
        return " · ".join(common)
    return f"‘{' '.join(split_topic(texts[0])[1].split()[:6])} …’"  # pages set labels in double quotes


def _unused(label: str, used: Collection[str]) -> str:
    """Return the label, numbered when another theme has it."""
    number, fresh = 2, label
    while fresh in used:
        fresh, number = f"{label} ({number})", number + 1
    return fresh


def typical(texts: Sequence[str], vectors: Vectors) -> int:
    """Return the position of the member nearest to the middle of all; of readable length if there is one."""
    fit = vectors @ vectors.mean(axis=0)
    readable = np.array([len(words(text)) in _QUOTE_WORDS for text in texts])
    if readable.any():
        fit = np.where(readable, fit, -2)
    return int(np.argmax(fit))
