"""Shapley effects of correlated inputs: closed forms, the axioms, intervals, failures."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raison.challenge.methods.jackknife import Status
from raison.challenge.methods.shapley_effects import shapley_effects


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


def of_scores(function, lower):
    """An answer to coordinates of the unit cube from a function of correlated normal scores."""
    return lambda cube: np.atleast_2d(function(lower @ stats.norm.ppf(cube)))


def test_two_correlated_inputs_by_hand():
    """Iooss and Prieur (2019): of each variance 1 - r^2 / 2 and r^2 / 2, and half of what both add."""
    b, s, rho = np.array([2.0, 1.0]), np.array([1.0, 3.0]), -0.5
    correlation = np.array([[1, rho], [rho, 1]])
    own, cross = (b * s) ** 2, rho * np.prod(b * s)
    exact = (own * (1 - rho**2 / 2) + own[::-1] * rho**2 / 2 + cross) / (own.sum() + 2 * cross)
    np.testing.assert_allclose(linear_effects(b * s, correlation), exact, rtol=1e-12)
    lower = np.linalg.cholesky(correlation)
    found = shapley_effects(of_scores(lambda z: (b * s) @ z, lower), lower, seed=0)
    assert np.all(np.abs(found.effect.value[0] - exact) <= 4 * found.effect.standard_error[0] + 1e-9)
    assert found.effect.standard_error.max() < 0.01


def test_intervals_hold_the_effects_of_three_inputs():
    weights = np.array([1.0, 1.0, 0.2])
    lower = np.linalg.cholesky(np.array([[1, 0, 0], [0, 1, 0.9], [0, 0.9, 1]]))
    exact = linear_effects(weights, lower @ lower.T)
    hits, values = np.zeros(3), []
    for seed in range(100):
        effect = shapley_effects(of_scores(lambda z: weights @ z, lower), lower, seed=seed, rows=1_024).effect
        hits += (effect.low[0] <= exact) & (exact <= effect.high[0])
        values.append(effect.value[0])
    assert hits.min() >= stats.binom.ppf(0.001, 100, 0.93)
    spread = np.std(values, axis=0)
    assert np.all(np.abs(np.mean(values, axis=0) - exact) <= 4 * spread / 10)


def test_many_correlated_inputs():
    inputs = 30
    weights = np.arange(inputs, 0, -1.0)
    correlation = 0.4 * np.ones((inputs, inputs)) + 0.6 * np.eye(inputs)
    correlation[5:, :5] = correlation[:5, 5:] = 0.0
    lower = np.linalg.cholesky(correlation)
    answer = of_scores(lambda z: (weights @ z)[None], lower)
    found = shapley_effects(answer, lower, seed=1, rows=8_192).effect
    # the same by many orders of conditional variances, which share no code with the walk
    random, whole = np.random.default_rng(0), weights @ correlation @ weights
    gains = np.zeros((400, inputs))
    for row in gains:
        order = random.permutation(inputs)
        factor = np.linalg.cholesky(correlation[np.ix_(order, order)])
        row[order] = (weights[order] @ factor) ** 2 / whole
    error = np.hypot(found.standard_error[0], gains.std(axis=0) / 20)
    assert np.all(np.abs(found.value[0] - gains.mean(axis=0)) <= 5 * error)
    assert found.standard_error.max() < 0.01


def test_an_interaction_of_independent_inputs_is_halved():
    """Ishigami: the first input and the third share their interaction (Owen 2014, theorem 1)."""
    one, two, both = 0.5 * (1 + np.pi**4 / 50) ** 2, 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    exact = np.array([one + both / 2, two, both / 2]) / (one + two + both)

    def answer(cube):
        x = np.pi * (2 * cube - 1)
        return (np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))[None]

    found = shapley_effects(answer, np.eye(3), seed=0, rows=32_768).effect
    assert np.all(np.abs(found.value[0] - exact) <= 4 * found.standard_error[0])
    assert found.standard_error.max() < 0.006


def test_a_verdict_beside_its_margin():
    """y = [x1 + x2 > 0] for independent normals: the two share it equally; so they do the margin."""
    answer = of_scores(lambda z: np.stack([z.sum(axis=0) > 0, z.sum(axis=0)]).astype(float), np.eye(2))
    found = shapley_effects(answer, np.eye(2), seed=3).effect
    assert np.all(np.abs(found.value - 0.5) <= 4 * found.standard_error + 1e-9)
    assert found.standard_error.max() < 0.02


@given(st.integers(0, 100), st.floats(1e-3, 1e3), st.floats(-1e6, 1e6))
@settings(max_examples=15, deadline=None)
def test_effects_sum_to_one_whatever_the_unit_and_origin(seed, scale, origin):
    lower = np.linalg.cholesky(np.array([[1, 0, 0], [0, 1, 0.9], [0, 0.9, 1]]))
    one = of_scores(lambda z: np.sin(2 * z[0]) + z[1] * z[2], lower)
    plain = shapley_effects(one, lower, seed=seed, rows=256).effect
    moved = shapley_effects(lambda u: origin - scale * one(u), lower, seed=seed, rows=256).effect
    assert plain.value.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(moved.value, plain.value, atol=1e-5 * max(1.0, abs(origin) / scale / 1e3))


def test_an_input_that_does_nothing_alone_or_by_others_has_none():
    answer = of_scores(lambda z: z[0] ** 3, np.eye(2))
    effect = shapley_effects(answer, np.eye(2), seed=0, rows=512).effect
    np.testing.assert_allclose(effect.value, [[1, 0]], atol=1e-12)


def test_failed_walks_are_counted_and_left_out():
    def answer(cube):
        x = stats.norm.ppf(cube)
        return np.stack([np.where(cube[1] < 0.05, np.nan, x[0]), x[0]])

    found = shapley_effects(answer, np.eye(2), seed=0, rows=2_048)
    assert found.failed[1] == 0
    assert found.rows[1] == 2_048
    # a walk of two steps passes both values of the second input
    assert found.failed[0] / 2_048 == pytest.approx(1 - 0.95**2, abs=0.02)
    np.testing.assert_allclose(found.effect.value, [[1, 0], [1, 0]], atol=0.02)


def test_an_answer_that_never_varies_has_no_effects():
    found = shapley_effects(lambda u: np.ones((1, u.shape[1])), np.eye(2), seed=0, rows=256)
    assert found.status[0] == Status.CONSTANT
    assert np.isnan(found.effect.value).all()


def test_a_factor_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="square factor"):
        shapley_effects(lambda u: u, np.ones((2, 3)), seed=0)
