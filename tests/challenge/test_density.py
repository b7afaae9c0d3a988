"""PAWN indices: an integral done by quadrature, SciPy's distance, SALib, invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raison.challenge.methods.density import CLASSES, pawn
from raison.challenge.methods.jackknife import Status
from raison.run.designs import make_design


def ishigami(points):
    x = np.pi * (2 * points - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def linear_index(weight, slices=10):
    """The mean distance for y = w x + sqrt(1 - w^2) z, standard normals, and slices of x, by quadrature."""
    fine = 400  # points in a slice
    x = stats.norm.ppf((np.arange(slices * fine) + 0.5) / (slices * fine)).reshape(slices, fine)
    y = np.linspace(-4.5, 4.5, 2_001)
    rest = (1 - weight**2) ** 0.5
    inside = [stats.norm.cdf((y[:, None] - weight * row) / rest).mean(axis=1) for row in x]
    return np.mean([np.abs(f - stats.norm.cdf(y)).max() for f in inside])


def test_a_linear_answer_has_the_index_of_quadrature():
    weights = np.array([0.8, 0.5, (1 - 0.64 - 0.25) ** 0.5])
    points = stats.norm.ppf(make_design("sobol", 3, 0, 65_536).points(0, 65_536))
    found = pawn(points, weights @ points, seed=0)
    exact = np.array([linear_index(w) for w in weights])
    # distances are taken at 512 quantiles; noise of 6,554 draws in a slice adds less than 0.004
    np.testing.assert_allclose(found.index.value, exact, atol=1 / CLASSES + 0.004)


def test_scipy_finds_the_same_distances():
    points = np.random.default_rng(0).random((3, 4_000))
    answer = ishigami(points)
    found = pawn(points, answer, seed=0)
    for p, row in enumerate(points):
        parts = answer[np.argsort(row)].reshape(10, 400)
        distances = [stats.ks_2samp(answer, part, method="asymp").statistic for part in parts]
        assert 0 <= np.mean(distances) - found.index.value[p] <= 1 / CLASSES
        assert 0 <= max(distances) - found.largest[p] <= 1 / CLASSES


def test_an_answer_with_few_values_is_compared_exactly():
    points = np.random.default_rng(0).random((2, 4_000))
    answer = (ishigami(np.vstack([points, points[:1]])) > 4).astype(float)
    found = pawn(points, answer, seed=0)
    for p, row in enumerate(points):
        shares = answer[np.argsort(row)].reshape(10, 400).mean(axis=1)
        assert found.index.value[p] == pytest.approx(np.abs(shares - answer.mean()).mean(), abs=1e-12)


def test_salib_agrees():
    analysis = pytest.importorskip("SALib.analyze.pawn")
    points = np.random.default_rng(0).random((3, 4_096))
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    other = analysis.analyze(problem, points.T, ishigami(points), S=10, seed=1)
    found = pawn(points, ishigami(points), seed=0)
    # SALib's slices differ from ours by a draw at each end: 1 / 409
    np.testing.assert_allclose(found.index.value, other["mean"], atol=1 / CLASSES + 1 / 409)


def test_an_input_that_tells_nothing_passes_its_null_in_five_of_a_hundred_runs():
    beyond = 0
    for seed in range(200):
        points = np.random.default_rng(seed).random((3, 1_024))
        found = pawn(points[:1], ishigami(np.vstack([points[1:], points[1:2]])), seed=seed)
        beyond += found.index.value[0] > found.null[0]
    assert stats.binom.ppf(0.001, 200, 0.05) <= beyond <= stats.binom.ppf(0.999, 200, 0.05)


def test_it_sees_an_input_that_widens_the_answer_only():
    points = make_design("sobol", 2, 0, 8_192).points(0, 8_192)
    found = pawn(points, points[0] * (points[1] - 0.5), seed=0)
    assert found.index.value[0] > 3 * found.null[0]


def test_the_stated_error_is_the_spread_over_seeds():
    found = []
    for seed in range(40):
        points = np.random.default_rng(seed).random((3, 4_096))
        found.append(pawn(points, ishigami(points), seed=seed, shuffles=19).index)
    spread = np.std([e.value for e in found], axis=0)
    stated = np.mean([e.standard_error for e in found], axis=0)
    # a spread of 40 is known to 11%
    np.testing.assert_allclose(stated / spread, 1, atol=0.4)


@given(st.integers(0, 100), st.permutations(range(3)))
@settings(max_examples=20, deadline=None)
def test_an_increasing_map_of_the_answer_and_the_order_of_inputs_do_not_matter(seed, order):
    points = np.random.default_rng(seed).random((3, 512))
    answer = ishigami(points)
    plain = pawn(points, answer, seed=seed, shuffles=19)
    moved = pawn(-1 / (1 + points[list(order)]), np.exp(answer / 5), seed=seed, shuffles=19)
    np.testing.assert_array_equal(moved.index.value, plain.index.value[list(order)])
    np.testing.assert_array_equal(moved.index.low, plain.index.low[list(order)])


def test_failed_draws_are_left_out_and_a_constant_has_no_index():
    points = np.random.default_rng(0).random((2, 1_000))
    answer = np.where(points[0] > 0.9, np.nan, points[1])
    found = pawn(points, answer, seed=0)
    kept = pawn(points[:, points[0] <= 0.9], answer[points[0] <= 0.9], seed=0)
    np.testing.assert_array_equal(found.index.value, kept.index.value)
    assert (found.rows, found.failed) == ((points[0] <= 0.9).sum(), (points[0] > 0.9).sum())
    nothing = pawn(points, np.full(1_000, 3.0), seed=0)
    assert nothing.status == Status.CONSTANT
    assert np.isnan(nothing.index.value).all()
    assert pawn(points, np.full(1_000, np.nan), seed=0).status == Status.TOO_FEW


def test_seed_0_is_a_seed():
    points = np.random.default_rng(0).random((2, 1_000))
    first, again, other = (pawn(points, points[1], seed=seed, shuffles=19).null[0] for seed in (0, 0, 1))
    assert first == again != other


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"answer \[N\]; got \[2, 100\] and \[99\]"):
        pawn(np.zeros((2, 100)), np.zeros(99), seed=0)
    with pytest.raises(ValueError, match="at least 2 slices and 19 shuffles; got 1 slices"):
        pawn(np.zeros((2, 100)), np.zeros(100), seed=0, slices=1)
