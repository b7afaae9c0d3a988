"""The verdict's interval: how often it holds the true share, and when it changes its method."""

import functools

import numpy as np
import pytest
from scipy import optimize, stats

from raison.answer.intervals import FEW, clopper_pearson, difference_estimate, mean_estimate, share_estimate
from raison.run.designs import REPLICATES, make_design


def threshold(share):
    """t with P(U V < t) = t - t log t = share for uniform U, V; the edge is curved, so no design is exact."""
    return 0.0 if share == 0 else optimize.brentq(lambda t: t - t * np.log(t) - share, 1e-15, 1 - 1e-12)


@functools.cache
def intervals(share, draws, seeds):
    """An estimate for each seed, from the sums that a run would fold."""
    t = threshold(share)
    found = []
    for seed in range(seeds):
        u, v = make_design("sobol", 2, seed, draws).points(0, draws)
        inside = (u * v < t).astype(float)
        sums = inside.reshape(-1, REPLICATES).sum(axis=0)
        counts = np.full(REPLICATES, draws / REPLICATES)
        found.append(share_estimate(sums, counts, inside.sum(), draws - inside.sum()))
    return tuple(found)


def fewest(coverage, seeds):
    """So few hits or fewer come once in a thousand times where the interval covers with this probability."""
    return stats.binom.ppf(0.001, seeds, coverage)


@pytest.mark.parametrize(
    ("share", "draws", "seeds"),
    [
        pytest.param(0.5, 4_096, 1_000, id="half"),
        pytest.param(0.02, 4_096, 1_000, id="two per cent"),
        pytest.param(3e-4, 16_384, 500, id="five draws in the region"),
        pytest.param(3e-4, 98_304, 200, id="thirty draws in the region, on both sides of the switch"),
        pytest.param(0.0, 4_096, 100, id="none"),
    ],
)
def test_the_interval_holds_the_true_share_in_95_of_100_runs(share, draws, seeds):
    hits = sum(estimate.low <= share <= estimate.high for estimate in intervals(share, draws, seeds))
    assert hits >= fewest(0.93, seeds)


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_an_interval_of_half_the_width_would_be_caught(share):
    found = intervals(share, 4_096, 1_000)
    hits = sum(abs(e.mean - share) <= (e.high - e.low) / 4 for e in found)
    assert hits < fewest(0.93, len(found))


def test_the_design_earns_a_smaller_error_than_independent_draws():
    independent = np.sqrt(0.5 * 0.5 / 4_096)
    typical = np.median([estimate.standard_error for estimate in intervals(0.5, 4_096, 1_000)])
    assert typical < 0.5 * independent  # measured: about a fifth


def test_the_error_is_as_large_as_the_scatter_between_seeds():
    found = intervals(0.5, 4_096, 1_000)
    scatter = np.std([estimate.mean for estimate in found])
    stated = np.sqrt(np.mean([estimate.standard_error**2 for estimate in found]))
    # a variance of 1,000 values is known to 4.5%, so a standard deviation to about 2.3%; four times that
    assert stated == pytest.approx(scatter, rel=0.1)


def test_no_draw_in_the_region_leaves_an_upper_end():
    for estimate in intervals(0.0, 4_096, 100):
        assert estimate.low == 0
        assert estimate.high == pytest.approx(1 - 0.025 ** (1 / 4_096), rel=1e-12)
        assert estimate.method == "clopper-pearson"


@pytest.mark.parametrize(
    ("positive", "below_one", "method"),
    [
        pytest.param(FEW - 1, 10_000, "clopper-pearson", id="few draws in"),
        pytest.param(FEW, 10_000, "replicates", id="enough draws in"),
        pytest.param(10_000, FEW - 1, "clopper-pearson", id="few draws out"),
        pytest.param(10_000, FEW, "replicates", id="enough draws out"),
    ],
)
def test_the_method_changes_where_fewer_than_thirty_draws_differ(positive, below_one, method):
    counts = np.full(REPLICATES, 1_000.0)
    sums = np.full(REPLICATES, positive / REPLICATES)
    estimate = share_estimate(sums, counts, positive, below_one)
    assert estimate.method == method
    assert 0 <= estimate.low <= estimate.mean <= estimate.high <= 1


@pytest.mark.parametrize(
    ("successes", "total"), [(0, 50), (1, 50), (7, 50), (49, 50), (50, 50), (5, 100_000)]
)
def test_the_exact_interval_is_that_of_scipy(successes, total):
    exact = stats.binomtest(successes, total).proportion_ci(0.95, "exact")
    # scipy finds the same ends by bisection, good to about 1e-12
    assert clopper_pearson(successes, total) == pytest.approx((exact.low, exact.high), rel=0, abs=1e-11)


def test_a_mean_has_students_interval_on_the_replicates():
    rng = np.random.default_rng(1)
    counts = np.full(REPLICATES, 10.0)
    means = rng.normal(size=REPLICATES)
    estimate = mean_estimate(means * counts, counts)
    low, high = stats.t.interval(0.95, REPLICATES - 1, means.mean(), stats.sem(means))
    assert (estimate.low, estimate.high) == pytest.approx((low, high), rel=1e-12)


def test_a_difference_on_the_same_draws_is_known_better_than_its_parts():
    rng = np.random.default_rng(2)
    counts = np.full(REPLICATES, 100.0)
    before = rng.normal(50, 5, REPLICATES)
    after = before + rng.normal(3, 0.1, REPLICATES)
    paired = difference_estimate(after, counts, before, counts)
    assert paired.standard_error == pytest.approx(stats.sem((after - before) / 100), rel=1e-12)
    assert paired.standard_error < mean_estimate(before, counts).standard_error / 10


def test_nothing_counted_gives_no_number():
    none = np.zeros(REPLICATES)
    assert np.isnan(share_estimate(none, none, 0, 0).mean)
    assert np.isnan(difference_estimate(none, none, none, none).mean)


def test_replicates_without_draws_are_left_out():
    counts = np.array([10.0] * 3 + [0.0] * 13)
    sums = np.array([4.0, 5.0, 6.0] + [0.0] * 13)
    estimate = mean_estimate(sums, counts)
    assert estimate.mean == pytest.approx(0.5)
    low, high = stats.t.interval(0.95, 2, 0.5, stats.sem([0.4, 0.5, 0.6]))
    assert (estimate.low, estimate.high) == pytest.approx((low, high), rel=1e-12)
