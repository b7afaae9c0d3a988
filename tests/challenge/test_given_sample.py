"""First-order indices from a given sample, and what predicts failures."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raison.challenge.methods.given_sample import failure_predictors, first_order, sliced
from raison.challenge.methods.jackknife import Status
from raison.run.designs import make_design


def ishigami(points):
    x = np.pi * (2 * points - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


# Ishigami and Homma (1990) with a = 7, b = 0.1, and an input that does nothing
ONE, TWO, BOTH = 0.5 * (1 + np.pi**4 / 50) ** 2, 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
ISHIGAMI = np.array([ONE, TWO, 0, 0]) / (ONE + TWO + BOTH)


@functools.cache
def repeated(kind, draws, seeds):
    found = []
    for seed in range(seeds):
        points = make_design(kind, 4, seed, draws).points(0, draws)
        found.append(first_order(points, ishigami(points)[None]).first)
    return tuple(found)


@pytest.mark.parametrize("kind", ["sobol", "latin", "random"])
def test_ishigami_is_found_within_its_error_and_an_inert_input_at_zero(kind):
    found = repeated(kind, 16_384, 20)
    values = np.array([e.value[0] for e in found])
    errors = np.array([e.standard_error[0] for e in found])
    # 128 slices hide at most a thousandth of a smooth answer; the mean of 20 has a fifth of the error
    assert np.all(np.abs(values.mean(axis=0) - ISHIGAMI) <= 5 * values.std(axis=0) / 20**0.5 + 1e-3)
    assert np.all(errors.mean(axis=0) < 0.01)
    # the stated error is the true one within the error of a standard deviation from 20, 16%, and its own bias
    ratio = errors.mean(axis=0) / values.std(axis=0)
    assert np.all((ratio > 0.5) & (ratio < 2.5))


def test_intervals_hold_the_index_in_95_of_100_runs():
    found = repeated("random", 4_096, 100)
    hits = sum((e.low[0] <= ISHIGAMI) & (e.high[0] >= ISHIGAMI) for e in found)
    assert hits.min() >= stats.binom.ppf(0.001, 100, 0.93)


def test_even_points_earn_a_smaller_error():
    even, independent = (
        np.mean([e.standard_error[0] for e in repeated(kind, 16_384, 20)], axis=0)
        for kind in ("sobol", "random")
    )
    assert np.all(even[:2] < independent[:2] / 3)


def test_correlated_inputs_share_what_they_know():
    """For standard normals with correlation r, y = x1 + x2: Var E[y | x1] = (1 + r)^2 of 2 (1 + r)."""
    rho = 0.6
    z = np.random.default_rng(0).standard_normal((2, 65_536))
    x = np.stack([z[0], rho * z[0] + (1 - rho**2) ** 0.5 * z[1]])
    found = first_order(x, x.sum(axis=0)[None]).first
    np.testing.assert_allclose(found.value[0], (1 + rho) / 2, atol=5 * found.standard_error.max() + 1e-3)
    assert found.standard_error.max() < 0.005


def test_a_discrete_input_has_the_correlation_ratio_by_hand():
    """y = d + e with d on 0, 1, 2 and e on 0, 1: variances 2/3 and 1/4."""
    d, e = np.random.default_rng(1).integers(0, [[3], [2]], (2, 50_000)).astype(float)
    found = first_order(np.stack([d, e]), np.stack([d + e, d])).first
    exact = np.array([2 / 3, 1 / 4]) / (2 / 3 + 1 / 4)
    assert np.all(np.abs(found.value[0] - exact) <= 5 * found.standard_error[0])
    assert found.value[1, 0] == pytest.approx(1, abs=1e-12)


def test_the_error_falls_with_the_root_of_independent_draws():
    few, many = (
        np.mean([e.standard_error[0, :2] for e in repeated("random", n, 20)]) for n in (1_024, 16_384)
    )
    # an error from 16 replicates is known to 18%, a mean of 40 to 3%; slices add a little to small samples
    assert np.log2(few / many) / 4 == pytest.approx(0.5, abs=0.07)


@given(st.integers(0, 100), st.floats(1e-3, 1e3), st.floats(-1e2, 1e2), st.permutations(range(4)))
@settings(max_examples=30, deadline=None)
def test_units_and_the_order_of_inputs_do_not_matter(seed, scale, origin, order):
    points = np.random.default_rng(seed).random((4, 512))
    answer = ishigami(points)
    plain = first_order(points, answer[None]).first
    moved = first_order(np.exp(points[list(order)]), -scale * (answer[None] + origin)).first
    np.testing.assert_allclose(moved.value[0], plain.value[0, order], atol=1e-9)
    np.testing.assert_allclose(moved.high[0], plain.high[0, order], atol=1e-9)


def test_failed_draws_are_left_out_and_counted():
    points = make_design("random", 4, 0, 16_384).points(0, 16_384)
    answer = ishigami(points)
    some = np.where(np.random.default_rng(0).random(16_384) < 0.3, np.nan, answer)
    found = first_order(
        points, np.stack([answer, some, np.full_like(answer, 2.0), np.full_like(answer, np.nan)])
    )
    assert found.failed.tolist() == [0, np.isnan(some).sum(), 0, 16_384]
    assert found.rows.tolist() == [16_384, np.isfinite(some).sum(), 16_384, 0]
    assert np.all(np.abs(found.first.value[1] - ISHIGAMI) <= 5 * found.first.standard_error[1] + 1e-3)
    assert found.status.tolist() == [Status.FOUND, Status.FOUND, Status.CONSTANT, Status.TOO_FEW]
    assert np.isnan(found.first.value[2:]).all()


def test_slices_have_equal_counts_and_equal_values_stay_together():
    random = np.random.default_rng(0)
    np.testing.assert_array_equal(np.bincount(sliced(random.random(1_000), 10)[0]), np.full(10, 100))
    tied = np.floor(random.random(1_000) * 30)
    labels, few = sliced(tied, 10)
    assert not few
    assert all(len(set(labels[tied == value])) == 1 for value in range(30))
    labels, few = sliced(np.array([3.0, 1.0, 1.0, 7.0]), 4)
    assert few
    assert labels.tolist() == [1, 0, 0, 2]
    assert sliced(np.full(5, 2.0), 4)[0].tolist() == [0] * 5


def test_what_predicts_failing_comes_first_with_its_range():
    points = make_design("sobol", 3, 0, 16_384).points(0, 16_384)
    failed = (points[1] > 0.9) & (points[2] < 0.5)
    found = failure_predictors(points, failed)
    assert found.order.tolist() == [1, 2, 0]
    assert found.share == pytest.approx(0.05, abs=1e-3)
    # a share p = 1/20; Var E[.|x1] = 0.1 * 0.9 / 4, Var E[.|x2] = 0.01 / 4
    exact = np.array([0, 0.1 * 0.9 / 4, 0.01 / 4]) / (0.05 * 0.95)
    # the edge at 0.9 lies within one of 128 slices
    assert np.all(np.abs(found.explained.value - exact) <= 5 * found.explained.standard_error + 1 / 128)
    assert found.low[1] == pytest.approx(0.9, abs=1e-3)
    assert found.high[1] == pytest.approx(1, abs=1e-3)
    assert found.inside[1] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("edge", "draws", "seeds"),
    [
        pytest.param(0.3, 4_096, 100, id="one in eleven"),
        pytest.param(0.3, 65_536, 40, id="one in eleven, where slices hide more than chance"),
        pytest.param(0.1, 4_096, 100, id="forty draws"),
    ],
)
def test_the_interval_holds_the_index_of_a_verdict_with_edges_inside_slices(edge, draws, seeds):
    exact = np.array([edge * (1 - edge) / (1 - edge**2)] * 2)
    hits = np.zeros(2)
    for seed in range(seeds):
        points = make_design("sobol", 2, seed, draws).points(0, draws)
        found = first_order(points, (points < edge).all(axis=0)[None]).first
        hits += (found.low[0] <= exact) & (exact <= found.high[0])
        assert found.high.max() - found.low.min() < 0.3
    assert hits.min() >= stats.binom.ppf(0.001, seeds, 0.93)


@pytest.mark.parametrize("part", [1 / 8, 1 / 2, 7 / 8])
@pytest.mark.parametrize("slice_", [20, 21])
def test_what_a_slice_hides_of_a_jump_is_within_the_interval(slice_, part):
    """Of the variance p (1 - p), a slice of 1/64 with the jump at the part f hides f (1 - f) / 64."""
    points = (np.random.default_rng(0).permutation(4_096)[None] + 0.5) / 4_096
    p = (slice_ + part) / 64
    found = first_order(points, points < p, slices=64).first
    hidden = part * (1 - part) / 64 / (p * (1 - p))
    # the products over replicates know a slice of 64 draws to a part of 1 / 4
    assert 1 - found.value[0, 0] == pytest.approx(hidden, rel=0.25)
    opened = found.high[0, 0] - found.value[0, 0] - 2.1314495 * found.standard_error[0, 0]
    assert opened >= 0.75 * hidden


def test_too_few_ones_have_no_index():
    points = np.random.default_rng(0).random((2, 4_096))
    found = first_order(points, (np.arange(4_096) < [[29], [30]]))
    assert found.status.tolist() == [Status.TOO_FEW, Status.FOUND]
    few = failure_predictors(points, points[1] > np.sort(points[1])[-21])
    assert np.isnan(few.explained.value).all()
    assert few.order.tolist() == [1, 0]
    assert few.low[1] == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("fails", [False, True])
def test_where_none_or_all_fail_nothing_predicts_it(fails):
    found = failure_predictors(np.random.default_rng(0).random((2, 128)), np.full(128, fails))
    assert found.share == float(fails)
    assert np.isnan(found.explained.value).all()
    assert found.order.tolist() == [0, 1]


def test_what_does_not_fit_is_refused():
    with pytest.raises(
        ValueError, match=r"inputs \[P, N\] and answers \[Q, N\]; got \[2, 100\] and \[1, 99\]"
    ):
        first_order(np.zeros((2, 100)), np.zeros((1, 99)))
    with pytest.raises(ValueError, match="at least 64 draws; got 10"):
        first_order(np.zeros((2, 10)), np.zeros((1, 10)))
