"""Vectors to groups: a graph of nearest neighbours, cut into communities (Louvain).

Against UMAP with HDBSCAN on short utterances: equal in quality, an order of magnitude faster, no flood of outliers, and
it finds its groups again on other samples. Nothing is chosen by looking at the data: the same constants serve 300 rows
and 200,000. Rows must come in an order that their content alone gives (`canonical_order`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from convintel.encoder import Vectors, unit
from convintel.settings import Themes
from convintel.themes.middle import likeness, middle

Ints = npt.NDArray[np.intp]

RESOLUTION = 2.0  # of 300 to 6,600 short questions: 1 is too coarse, 3 no better and less stable from sample to sample
SMALL = 60  # fewer rows: a neighbour graph says nothing, average linkage does
SMALL_DISTANCE = 0.55  # cosine distance at which average linkage stops joining
GRAPH = 20_000  # rows in the graph at most; more join the groups found
_BLOCK = 1_000  # rows of similarities held at a time
ONE = 0.86  # likeness from which two communities are one group: large groups are cut where they are uneven
LEFT_OUT = -1


def canonical_order(texts: Sequence[str]) -> list[str]:
    """Return the different texts ordered by the SHA-256 of their content: the same whatever order they came in.

    It is a random order too: its first n are a fair sample.
    """
    return sorted(set(texts), key=lambda text: hashlib.sha256(text.encode()).hexdigest())


def cluster(vectors: Vectors, rules: Themes) -> Ints:
    """Return the group of each row, numbered from 0 by size, -1 for rows left out.

    Args:
        vectors: [rows, dimensions], unit length, in canonical order.
        rules: settings of the stage.
    """
    n = len(vectors)
    if n < rules.min_size:
        return np.full(n, LEFT_OUT, dtype=np.intp)
    core = vectors[:GRAPH]
    groups = _average_linkage(core) if n < SMALL else communities(core, rules)
    return _settle(vectors, _merge_alike(core, groups, rules), rules)


def communities(vectors: Vectors, rules: Themes) -> Ints:
    """Return the Louvain community of each row in the graph of its nearest neighbours."""
    return _louvain(len(vectors), _edges(vectors, rules.neighbours), RESOLUTION, rules.seed)


def neighbours(vectors: Vectors, k: int) -> tuple[Ints, Vectors]:
    """Return the k nearest other rows of each row and their similarities, [rows, k] each, a block of rows at a time."""
    places, near = [], []
    for start in range(0, len(vectors), _BLOCK):
        similarity = vectors[start : start + _BLOCK] @ vectors.T
        rows = np.arange(len(similarity))
        similarity[rows, start + rows] = -1
        found = np.argpartition(-similarity, k - 1, axis=1)[:, :k].copy()  # a view would keep the whole block
        places.append(found)
        near.append(np.take_along_axis(similarity, found, axis=1))
    return np.concatenate(places), np.concatenate(near)


def degree(n: int, *, most: int) -> int:
    """Return how many neighbours a row has in the graph: fewer in small sets, whose groups are small.

    sqrt(n) / 4, at least 5, never over `most`: on 300 to 1,600 rows of short utterances V rises by 0.02 to 0.12 over
    15 everywhere, because 15 neighbours of a group of 12 lie partly outside it.

    >>> degree(300, most=15), degree(1_600, most=15), degree(50_000, most=15)
    (5, 10, 15)
    """
    return min(most, max(5, round(float(np.sqrt(n)) / 4)), n - 1)


def _edges(vectors: Vectors, k: int) -> list[tuple[int, int, float]]:
    """Return each pair of neighbours once, in order, weighted by similarity."""
    n = len(vectors)
    places, near = neighbours(vectors, degree(n, most=k))
    left, right = np.repeat(np.arange(n), places.shape[1]), places.ravel()
    pair = np.minimum(left, right) * n + np.maximum(left, right)
    pair, first = np.unique(pair, return_index=True)
    weight = np.clip(near.ravel()[first], 0, 1).astype(float)
    return list(zip((pair // n).tolist(), (pair % n).tolist(), weight.tolist(), strict=True))


def _louvain(n: int, edges: list[tuple[int, int, float]], resolution: float, seed: int) -> Ints:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from(edges)
    groups = np.zeros(n, dtype=np.intp)
    for number, members in enumerate(nx.community.louvain_communities(graph, resolution=resolution, seed=seed)):
        groups[list(members)] = number
    return groups


def _average_linkage(vectors: Vectors) -> Ints:
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(vectors.astype(float), method="average", metric="cosine")
    return np.asarray(fcluster(tree, SMALL_DISTANCE, criterion="distance"), dtype=np.intp) - 1


def _merge_alike(vectors: Vectors, groups: Ints, rules: Themes) -> Ints:
    """Return the groups with those made one that are all but the same: communities cut where a group is uneven."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    _, numbered = np.unique(groups, return_inverse=True)
    if numbered.max() == 0:
        return groups
    middles = [middle(vectors[numbered == group], least=rules.keep_similarity) for group in range(numbered.max() + 1)]
    apart = 1 - likeness(middles, middles).astype(float)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform((apart + apart.T) / 2, checks=False), method="average")
    return np.asarray(fcluster(tree, 1 - ONE, criterion="distance")[numbered], dtype=np.intp) - 1


def _settle(vectors: Vectors, groups: Ints, rules: Themes) -> Ints:
    """Keep groups that are large enough, let the rest and rows outside the graph join the nearest; number by size."""
    size = np.bincount(groups)
    large = np.flatnonzero(size >= rules.min_size)
    settled = np.full(len(vectors), LEFT_OUT, dtype=np.intp)
    if not len(large):
        return settled
    centres = np.stack([centre(vectors[: len(groups)][groups == group]) for group in large])
    similarity = vectors @ centres.T
    settled[: len(groups)] = np.where(np.isin(groups, large), np.searchsorted(large, groups), LEFT_OUT)
    loose = [g for g, group in enumerate(large) if _cohesion(vectors[: len(groups)][groups == group]) < rules.coherence]
    homeless = settled == LEFT_OUT
    nearest = similarity.argmax(axis=1)
    settled[homeless] = np.where(similarity[homeless].max(axis=1) >= rules.join_similarity, nearest[homeless], LEFT_OUT)
    own = similarity[np.arange(len(vectors)), settled]
    settled[own < rules.keep_similarity] = LEFT_OUT
    settled[np.isin(settled, loose)] = LEFT_OUT
    return _by_size(settled, rules.min_size)


def _cohesion(vectors: Vectors) -> float:
    """Return the mean cosine between different rows: unlike that to the centre, it does not rise as groups shrink."""
    n = len(vectors)
    return float((n * np.square(vectors.mean(axis=0)).sum() - 1) / (n - 1)) if n > 1 else 1.0


def _by_size(groups: Ints, least: int) -> Ints:
    """Number groups from the largest; of equals the one that comes first. Those below `least` are left out."""
    numbers, first, size = np.unique(groups[groups >= 0], return_index=True, return_counts=True)
    keep = [i for i in np.lexsort((first, -size)) if size[i] >= least]
    rank = {int(numbers[i]): place for place, i in enumerate(keep)}
    return np.array([rank.get(int(group), LEFT_OUT) for group in groups], dtype=np.intp)


def centre(vectors: Vectors) -> Vectors:
    """Return the unit vector in the middle of the rows, [dimensions]."""
    return unit(vectors.mean(axis=0))
