from __future__ import annotations

import random

import numpy as np
import pytest

from convintel.encoder import unit
from convintel.settings import Themes
from convintel.themes.cluster import (
    GRAPH,
    LEFT_OUT,
    canonical_order,
    centre,
    cluster,
    degree,
    neighbours,
)

RULES = Themes(min_size=5)


def blobs(groups, size, *, noise=0.35, seed=0, dimensions=24):
    """Points around random directions: vectors and the group of each."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(groups, dimensions)).astype(np.float32))
    truth = np.repeat(np.arange(groups), size)
    order = rng.permutation(len(truth))
    spread = noise * rng.normal(size=(len(truth), dimensions)).astype(np.float32) / np.sqrt(dimensions) * 2
    return unit(centres[truth] + spread)[order], truth[order]


def agreement(truth, found):
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(truth, found)


@pytest.mark.parametrize(("groups", "size"), [(4, 9), (6, 40), (12, 60)])
def test_clear_groups_are_found_from_thirty_rows_up(groups, size):
    vectors, truth = blobs(groups, size)
    assert agreement(truth, cluster(vectors, RULES)) > 0.9


def test_groups_are_numbered_by_size():
    vectors, _ = blobs(5, 30)
    more = np.concatenate([vectors, vectors[:60]])
    sizes = np.bincount(cluster(more, RULES)[cluster(more, RULES) >= 0])
    assert list(sizes) == sorted(sizes, reverse=True)


def test_rows_without_company_are_left_out():
    vectors, _ = blobs(3, 30, dimensions=64)
    rng = np.random.default_rng(5)
    strangers = unit(rng.normal(size=(4, 64)).astype(np.float32))
    found = cluster(np.concatenate([vectors, strangers]), RULES)
    assert (found[:90] != LEFT_OUT).mean() > 0.95
    assert (found[90:] == LEFT_OUT).all()


@pytest.mark.parametrize("n", [0, 1, 4])
def test_fewer_rows_than_a_theme_needs(n):
    assert (cluster(blobs(1, 4)[0][:n], RULES) == LEFT_OUT).all()


def test_fewer_members_than_the_minimum_make_no_theme():
    vectors, _ = blobs(3, 4)
    assert (cluster(vectors, RULES) == LEFT_OUT).all()
    assert (cluster(vectors, Themes(min_size=4)) != LEFT_OUT).any()


def test_rows_beyond_the_graph_join_the_groups_found(monkeypatch):
    monkeypatch.setattr("convintel.themes.cluster.GRAPH", 200)
    vectors, truth = blobs(4, 100)
    found = cluster(vectors, RULES)
    assert agreement(truth, found) > 0.9
    assert (found[200:] != LEFT_OUT).mean() > 0.9
    assert GRAPH > 10_000


def test_canonical_order_does_not_depend_on_the_order_given():
    texts = [f"text {i}" for i in range(50)]
    shuffled = random.Random(1).sample(texts, 50)
    assert canonical_order(texts) == canonical_order([*shuffled, *texts[:5]])
    assert canonical_order(texts) != texts


def test_neighbours_in_blocks_are_those_of_one_piece(monkeypatch):
    vectors, _ = blobs(5, 20)
    whole = neighbours(vectors, 6)
    monkeypatch.setattr("convintel.themes.cluster._BLOCK", 7)
    pieces = neighbours(vectors, 6)
    assert [set(row) for row in whole[0]] == [set(row) for row in pieces[0]]
    assert not any(i in row for i, row in enumerate(whole[0]))


def test_degree_is_below_the_number_of_rows():
    assert degree(4, most=15) == 3


def test_the_centre_of_opposites_is_no_direction():
    assert np.allclose(centre(np.array([[1, 0], [-1, 0]], dtype=np.float32)), 0)
