"""How well utterances are grouped, against groups that people made."""

from __future__ import annotations

import csv
from pathlib import Path

from convintel.errors import WorkspaceError
from convintel.evaluate import Evaluation
from convintel.settings import Settings
from convintel.themes import Encoder, load_encoder
from convintel.themes.cluster import LEFT_OUT, canonical_order, cluster
from convintel.themes.registry import theme_id
from convintel.themes.wording import topic_text


def evaluate_themes(gold: Path, settings: Settings, *, encoder: Encoder | None = None) -> Evaluation:
    """Group the texts of a CSV (`text,category`) as a first week would and compare with its categories.

    Args:
        gold: the CSV file, UTF-8.
        settings: all settings; `themes` is read.
        encoder: one that is loaded already; else the settings'.

    Returns:
        Metrics `v_measure` and `ari` (all rows; those left out are one group of their own), `n_themes`, `noise_share`
        and `n_texts`; predictions `{"text", "theme"}` in the order of the file, theme null when left out.

    Raises:
        WorkspaceError: the file cannot be read or lacks a column.
    """
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    texts, categories = _read(gold)
    groups = group_texts(texts, encoder or load_encoder(settings.themes.encoder), settings)
    left_out = sum(group == LEFT_OUT for group in groups)
    metrics = {
        "v_measure": float(v_measure_score(categories, groups)),
        "ari": float(adjusted_rand_score(categories, groups)),
        "n_themes": len(set(groups) - {LEFT_OUT}),
        "noise_share": left_out / len(groups),
        "n_texts": len(groups),
    }
    names = [None if group == LEFT_OUT else theme_id(group + 1) for group in groups]
    return Evaluation(metrics, [{"text": text, "theme": name} for text, name in zip(texts, names, strict=True)])


def group_texts(texts: list[str], encoder: Encoder, settings: Settings) -> list[int]:
    """Return the group of each text, numbered from 0 by size; `LEFT_OUT` for texts in none."""
    topics = [topic_text(text) for text in texts]
    order = canonical_order([topic for topic in topics if topic is not None])
    groups = cluster(encoder.encode(order), settings.themes).tolist()
    group_of = dict(zip(order, groups, strict=True))
    return [LEFT_OUT if topic is None else group_of[topic] for topic in topics]


def _read(gold: Path) -> tuple[list[str], list[str]]:
    try:
        with gold.open(encoding="utf-8-sig", newline="") as stream:
            rows = [(row["text"], row["category"]) for row in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, KeyError) as error:
        what = f"no column {error}" if isinstance(error, KeyError) else f"cannot read: {error}"
        raise WorkspaceError(what, where=gold, remedy="a CSV file with the columns text,category") from error
    if not rows:
        raise WorkspaceError("no rows", where=gold, remedy="a CSV file with the columns text,category")
    return [text for text, _ in rows], [category for _, category in rows]
