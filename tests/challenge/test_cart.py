"""The tree: by hand, beside scikit-learn, beside every possible cut, invariants."""

from __future__ import annotations

import math
import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raison.challenge.methods.cart import Tree, grow_tree

REAL = "continuous"


def spread(y: np.ndarray) -> float:
    return float(((y - y.mean()) ** 2).sum()) if len(y) else 0.0


def leaf_of(tree: Tree, x: np.ndarray) -> np.ndarray:
    """Which leaf each draw lies in; each lies in one."""
    inside = np.array([leaf.box.holds(x) for leaf in tree.leaves])
    np.testing.assert_array_equal(inside.sum(0), 1)
    return inside.argmax(0)


def test_a_step_is_cut_where_it_is():
    x = np.array([[1.0, 2.0, 3.0, 10.0, 11.0, 12.0], [5.0, 1.0, 4.0, 2.0, 6.0, 3.0]])
    tree = grow_tree(x, np.array([0.0, 0, 0, 1, 1, 1]), (REAL, REAL))
    root = tree.nodes[0].cut
    assert root is not None
    assert (root.column, root.at, root.gain) == (0, 6.5, 1.0)
    assert [(leaf.density, leaf.coverage, leaf.mass) for leaf in tree.leaves] == [(1, 1, 0.5), (0, 0, 0.5)]


def peer_densities(x: np.ndarray, y: np.ndarray, least: int, name: str, **options: Any) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = pytest.importorskip("sklearn.tree", reason="needs scikit-learn")
    tree = getattr(peer, name)(max_depth=3, min_samples_leaf=least, **options).fit(x.T, y)
    return tree.predict_proba(x.T)[:, 1] if name == "DecisionTreeClassifier" else tree.predict(x.T)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["DecisionTreeClassifier", "DecisionTreeRegressor"])
def test_leaves_are_those_of_scikit_learn(name: str, seed: int):
    rng = np.random.default_rng(seed)
    x = rng.random((4, 2_000)).astype(np.float32).astype(np.float64)  # which is what the peer computes with
    chance = np.where((x[0] > 0.4) & (x[1] < 0.7), 0.8, 0.1 + 0.3 * x[2])
    y = (rng.random(2_000) < chance).astype(float)
    if name == "DecisionTreeRegressor":
        y = 0.5 * y + 0.5 * rng.random(2_000)
    tree = grow_tree(x, y, (REAL,) * 4, min_leaf=0.05, min_gain=0.0)
    ours = np.array([leaf.density for leaf in tree.leaves])[leaf_of(tree, x)]
    np.testing.assert_allclose(ours, peer_densities(x, y, 100, name, random_state=0), rtol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_a_cut_is_the_best_of_all_also_of_categories_and_equal_numbers(seed: int):
    rng = np.random.default_rng(seed)
    x = np.stack([rng.random(80), rng.integers(0, 4, 80), rng.integers(0, 5, 80)])
    y = (rng.random(80) < np.array([0.9, 0.2, 0.8, 0.1, 0.5])[x[2].astype(int)]).astype(float)
    tree = grow_tree(x, y, (REAL, "integer", "categorical"), max_depth=1, min_leaf=0.1, min_gain=0.0)
    sides = [x[j] <= at for j in (0, 1) for at in np.unique(x[j])]
    values = np.unique(x[2])
    sides += [np.isin(x[2], some) for n in range(1, len(values)) for some in combinations(values, n)]
    allowed = [side for side in sides if 8 <= side.sum() <= 72]
    least = min(spread(y[side]) + spread(y[~side]) for side in allowed)
    ours = sum(spread(y[leaf.box.holds(x)]) for leaf in tree.leaves)
    assert len(tree.leaves) == 2
    assert ours == pytest.approx(least, rel=1e-12)
    assert tree.nodes[0].cut.gain == pytest.approx(1 - least / spread(y), rel=1e-9)


@given(
    seed=st.integers(0, 2**32 - 1),
    draws=st.integers(1, 300),
    depth=st.integers(0, 3),
    least=st.sampled_from([0.0, 0.05, 0.3]),
)
@example(seed=851914, draws=7, depth=2, least=0.0)  # the second cut has no draw of one value
@settings(max_examples=50, deadline=None)
def test_leaves_share_out_all_draws(seed: int, draws: int, depth: int, least: float):
    rng = np.random.default_rng(seed)
    x = np.stack([rng.random(draws), rng.integers(0, 3, draws), rng.integers(0, 4, draws)])
    y = rng.random(draws) * (x[0] > 0.5)
    tree = grow_tree(x, y, (REAL, "integer", "categorical"), max_depth=depth, min_leaf=least)
    assert len(tree.leaves) <= 2**depth
    leaf = leaf_of(tree, x)
    for k, node in enumerate(tree.leaves):
        assert node.mass * draws == pytest.approx((leaf == k).sum())
        assert node.density == pytest.approx(y[leaf == k].mean())
        assert node.mass >= least or len(tree.leaves) == 1
    elsewhere = np.stack([rng.normal(size=50), rng.normal(size=50), x[2, rng.integers(0, draws, 50)]])
    leaf_of(tree, elsewhere)  # draws that were not in the sample lie in one leaf, too
    if y.any():
        assert sum(node.coverage for node in tree.leaves) == pytest.approx(1)


@given(seed=st.integers(0, 2**32 - 1), up=st.lists(st.booleans(), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_monotone_functions_change_no_leaf(seed: int, up: list[bool]):
    rng = np.random.default_rng(seed)
    x = rng.random((3, 200))
    y = rng.random(200) * (x[0] + x[1] > 1)
    changed = np.stack([np.exp(x[j]) if up[j] else -(x[j] ** 3) for j in range(3)])
    ours, theirs = (grow_tree(z, y, (REAL,) * 3) for z in (x, changed))
    one = {leaf.box.holds(x).tobytes() for leaf in ours.leaves}
    assert one == {leaf.box.holds(changed).tobytes() for leaf in theirs.leaves}


@pytest.mark.parametrize("answer", [0.0, 1.0, 0.3])
def test_answers_without_a_difference_are_not_cut(answer: float):
    x = np.random.default_rng(1).random((2, 1000))
    (node,) = grow_tree(x, np.full(1000, answer), (REAL, REAL)).nodes
    assert node.cut is None
    assert node.density == pytest.approx(answer)
    assert math.isnan(node.coverage) == (answer == 0)


def test_noise_is_not_cut():
    rng = np.random.default_rng(2)
    x, y = rng.random((5, 20_000)), (rng.random(20_000) < 0.4).astype(float)
    assert len(grow_tree(x, y, (REAL,) * 5).nodes) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_depth": -1}, "at least 0; got -1"),
        ({"min_leaf": 1.0}, "min_leaf must lie"),
        ({"y": [2.0]}, "0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(change: Any, words: str):
    with pytest.raises(ValueError, match=words):
        grow_tree(**{"x": np.ones((1, 1)), "y": np.ones(1), "kinds": (REAL,), **change})
