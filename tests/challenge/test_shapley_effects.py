"""Shapley effects of correlated inputs: closed forms, the axioms, intervals, bias."""

import functools
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raison.challenge.jackknife import Status
from raison.challenge.shapley_effects import shapley_effects
from raison.run.designs import make_design


def linear_effects(weights, covariance):
    """Effects of y = w'x for normal x, from its conditional variances (Owen and Prieur 2017)."""
    inputs = len(weights)

    def remaining(known):
        rest = [i for i in range(inputs) if i not in known]
        known = list(known)
        within = covariance[np.ix_(rest, rest)]
        if known and rest:
            across = covariance[np.ix_(rest, known)]
            within = within - across @ np.linalg.solve(covariance[np.ix_(known, known)], across.T)
        return weights[rest] @ within @ weights[rest]

    effects = np.zeros(inputs)
    for i in range(inputs):
        others = [j for j in range(inputs) if j != i]
        for size in range(inputs):
            for known in combinations(others, size):
                effects[i] += (remaining(known) - remaining((*known, i))) / comb(inputs - 1, size)
    return effects / inputs / (weights @ covariance @ weights)


def normal(covariance, draws, seed, kind="random"):
    points = make_design(kind, len(covariance), seed, draws).points(0, draws)
    return np.linalg.cholesky(covariance) @ stats.norm.ppf(points)


def test_two_correlated_inputs_by_hand():
    """Iooss and Prieur (2019): of each variance 1 - r^2 / 2 and r^2 / 2, and half of what both add."""
    b, s, rho = np.array([2.0, 1.0]), np.array([1.0, 3.0]), -0.5
    covariance = np.outer(s, s) * [[1, rho], [rho, 1]]
    own, cross = (b * s) ** 2, rho * np.prod(b * s)
    exact = (own * (1 - rho**2 / 2) + own[::-1] * rho**2 / 2 + cross) / (own.sum() + 2 * cross)
    np.testing.assert_allclose(linear_effects(b, covariance), exact, rtol=1e-12)
    x = normal(covariance, 8_192, 0)
    found = shapley_effects(x, b @ x, seed=0, rows=8_192)
    assert found.exact
    assert np.all(np.abs(found.effect.value - exact) <= 4 * found.effect.standard_error)
    assert found.effect.standard_error.max() < 0.01


@functools.cache
def covariance_of_three():
    """An input alone, and two that are correlated."""
    return np.array([[1, 0, 0], [0, 1, 0.9], [0, 0.9, 1]])


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_intervals_hold_the_effects_of_three_inputs(kind):
    weights = np.array([1.0, 1.0, 0.2])
    exact = linear_effects(weights, covariance_of_three())
    hits, values, errors = np.zeros(3), [], []
    for seed in range(60):
        x = normal(covariance_of_three(), 1_024, seed, kind)
        effect = shapley_effects(x, weights @ x, seed=seed).effect
        hits += (effect.low <= exact) & (exact <= effect.high)
        values.append(effect.value)
        errors.append(effect.standard_error)
    assert hits.min() >= stats.binom.ppf(0.001, 60, 0.93)
    spread = np.std(values, axis=0)
    # no bias beyond the error of a mean of 60, which knows the spread to 9%
    assert np.all(np.abs(np.mean(values, axis=0) - exact) <= 4 * spread / 60**0.5 + 0.002)
    # even points are better than the error of independent draws that is stated for them
    assert np.all(np.mean(errors, axis=0) < (1.4 if kind == "random" else 4) * spread)


def test_many_inputs_take_random_orders():
    inputs = 10
    weights = np.arange(inputs, 0, -1.0)
    covariance = np.eye(inputs) + 0.5 * np.eye(inputs)[[1, 0, *range(2, inputs)]] * (np.arange(inputs) < 2)
    x = normal(covariance, 2_048, 1)
    found = shapley_effects(x, weights @ x, seed=1, rows=1_024, orders=16)
    exact = linear_effects(weights, covariance)
    assert not found.exact
    assert np.all(np.abs(found.effect.value - exact) <= np.maximum(5 * found.effect.standard_error, 0.01))
    assert found.effect.value.sum() == pytest.approx(1, abs=1e-12)


def test_an_interaction_of_independent_inputs_is_halved():
    """Ishigami: the first input and the third share their interaction (Owen 2014, theorem 1)."""
    one, two, both = 0.5 * (1 + np.pi**4 / 50) ** 2, 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    exact = np.array([one + both / 2, two, both / 2]) / (one + two + both)
    values = []
    for seed in range(8):
        x = np.pi * (2 * make_design("sobol", 3, seed, 8_192).points(0, 8_192) - 1)
        y = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
        found = shapley_effects(x, y, seed=seed, rows=8_192)
        assert np.all((found.effect.low <= exact + 0.01) & (exact - 0.01 <= found.effect.high))
        values.append(found.effect.value)
    # the bias that neighbours leave in three dimensions is below a hundredth
    np.testing.assert_allclose(np.mean(values, axis=0), exact, atol=0.012)


def test_a_verdict_of_two_inputs():
    """y = [x1 + x2 > 0] for independent normals: the two share it equally."""
    x = normal(np.eye(2), 8_192, 3)
    found = shapley_effects(x, (x.sum(axis=0) > 0).astype(float), seed=3)
    assert np.all((found.effect.low <= 0.5) & (found.effect.high >= 0.5))
    assert found.effect.standard_error.max() < 0.02


def test_the_polynomial_takes_the_bias_off():
    """Without it the first of six inputs of a linear answer comes out 0.023 too small."""
    weights = np.array([3, 0.5, 0.5, 0.5, 0.5, 0.5])
    samples = [normal(np.eye(6), 1_024, seed) for seed in range(6)]
    found = [shapley_effects(x, weights @ x, seed=seed).effect.value[0] for seed, x in enumerate(samples)]
    # a mean of six with a spread of 0.013
    assert np.mean(found) == pytest.approx(9 / 10.25, abs=0.012)


def test_the_interval_allows_for_the_bias_that_is_left():
    """A wave along one of five inputs: neighbours are too far apart for it, and no parabola fits."""
    x = make_design("random", 5, 0, 4_096).points(0, 4_096)
    found = shapley_effects(x, np.cos(6 * np.pi * x[0]), seed=0)
    exact = np.array([1.0, 0, 0, 0, 0])
    assert np.all((found.effect.low <= exact) & (exact <= found.effect.high))
    assert np.all(np.abs(found.effect.value - exact) > 3 * found.effect.standard_error)


@given(st.integers(0, 100), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
@settings(max_examples=15, deadline=None)
def test_effects_sum_to_one_whatever_the_unit_and_origin(seed, scale, origin):
    x = normal(covariance_of_three(), 512, seed)
    answer = np.sin(2 * x[0]) + x[1] * x[2]
    plain = shapley_effects(x, answer, seed=seed)
    moved = shapley_effects(2 * x + 5, -scale * answer + origin, seed=seed)
    assert plain.effect.value.sum() == pytest.approx(1, abs=1e-12)
    # draws whose distances tie but for rounding may change places
    np.testing.assert_allclose(moved.effect.value, plain.effect.value, atol=1e-6)
    np.testing.assert_allclose(moved.effect.low, plain.effect.low, atol=1e-6)


def test_inputs_in_another_order_have_the_same_effects():
    x = normal(covariance_of_three(), 4_096, 0)
    answer = np.sin(2 * x[0]) + x[1] * x[2]
    plain = shapley_effects(x, answer, seed=0).effect
    order = [2, 0, 1]
    moved = shapley_effects(x[order], answer, seed=0).effect
    # only what deals out equal values depends on the order
    np.testing.assert_allclose(moved.value, plain.value[order], atol=1e-6)


def test_a_group_is_one_player():
    x = normal(covariance_of_three(), 8_192, 0)
    found = shapley_effects(x, x.sum(axis=0), seed=0, rows=8_192, groups=[[0], [1, 2]])
    exact = np.array([1, 3.8]) / 4.8  # independent of each other
    assert np.all(np.abs(found.effect.value - exact) <= 4 * found.effect.standard_error + 1e-3)
    assert len(found.effect.value) == 2


def test_discrete_inputs_with_many_equal_values():
    """y = d + e with variances 2/3 and 1/4; neighbours among equals are dealt out at random."""
    random = np.random.default_rng(0)
    x = random.integers(0, [[3], [2]], (2, 4_096)).astype(float)
    found = shapley_effects(x, x.sum(axis=0), seed=0)
    exact = np.array([2 / 3, 1 / 4]) / (2 / 3 + 1 / 4)
    assert np.all(np.abs(found.effect.value - exact) <= 4 * found.effect.standard_error)
    assert found.effect.standard_error.max() < 0.02


def test_failed_draws_are_left_out_and_a_constant_has_no_effects():
    x = normal(covariance_of_three(), 2_048, 0)
    answer = np.where(np.arange(2_048) % 4 == 0, np.nan, x.sum(axis=0))
    found = shapley_effects(x, answer, seed=0)
    assert (found.rows, found.failed) == (1_536, 512)
    assert np.isfinite(found.effect.value).all()
    nothing = shapley_effects(x, np.full(2_048, 0.3), seed=0)
    assert nothing.status == Status.CONSTANT
    assert np.isnan(nothing.effect.value).all()


def test_seed_0_is_a_seed():
    x = normal(covariance_of_three(), 2_048, 0)
    first, again, other = (
        shapley_effects(x, x.sum(axis=0), seed=seed, rows=512).effect.value for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize(
    ("inputs", "answer", "groups", "words"),
    [
        pytest.param((2, 600), 599, None, r"answer \[N\]; got \[2, 600\] and \[599\]", id="shapes"),
        pytest.param((2, 100), 100, None, "at least 512 draws that succeed; got 100", id="few"),
        pytest.param((2, 600), 600, [[0]], "inputs 0 to 1 once", id="an input without a player"),
    ],
)
def test_what_does_not_fit_is_refused(inputs, answer, groups, words):
    with pytest.raises(ValueError, match=words):
        shapley_effects(np.zeros(inputs), np.arange(answer, dtype=float), seed=0, groups=groups)
