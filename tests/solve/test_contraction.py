"""Sums of products of factors, against one large product."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.solve.contraction import Pick, contract, dense, log_scaled

SIZES = (3, 2, 4)


@st.composite
def factors(draw):
    """Arrays that differ along some of three axes, two draws last."""
    count = draw(st.integers(1, 4))
    seeds = draw(st.lists(st.integers(0, 10_000), min_size=count, max_size=count))
    made = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        shape = [size if random.random() < 0.5 else 1 for size in SIZES]
        made.append(random.random((*shape, 2)))
    return made


@given(factors(), st.sets(st.integers(0, 2)))
@settings(max_examples=60, deadline=None)
def test_summing_axis_by_axis_gives_the_sum_of_the_product(made, over):
    whole = np.ones((1, 1, 1, 2))
    for factor in made:
        whole = whole * factor
    # an axis along which nothing differs counts once, so only those that differ are summed
    summed = whole.sum(axis=tuple(over), keepdims=True) if over else whole
    np.testing.assert_allclose(contract(made, over), summed, rtol=1e-13)


@given(factors(), st.integers(0, 2), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_a_pick_is_looked_up_as_if_it_were_summed(made, axis, seed):
    random = np.random.default_rng(seed)
    shape = [1, 1, 1, 2]
    pick = Pick(axis, SIZES[axis], random.integers(0, SIZES[axis], shape))
    expected = contract([*made, dense(pick)], [0, 1, 2])
    np.testing.assert_allclose(contract([*made, pick], [0, 1, 2]), expected, rtol=1e-13)


def test_scaled_factors_keep_what_is_too_small_for_a_number():
    logarithms = [jnp.array([-2000.0, -2001.0]).reshape(2, 1), jnp.array([[-900.0]])]
    found, scale = log_scaled(logarithms, [0])
    total = contract(found, [0])
    np.testing.assert_allclose(total, [[1 + np.exp(-1)]], rtol=1e-15)
    np.testing.assert_allclose(scale, [[-2900.0]], rtol=1e-15)
