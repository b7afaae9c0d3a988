"""Shares of rare conclusions: known ones down to 1e-6, and the honesty of their errors."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from raison.challenge.methods.subset_simulation import subset_simulation

SEEDS = range(40)


def four_branches(z):
    total, difference = (z[0] + z[1]) / np.sqrt(2), z[0] - z[1]
    return -np.min([3 + 0.1 * difference**2 - np.abs(total), 7 / np.sqrt(2) - np.abs(difference)], axis=0)


def _four_branches_share():
    def safe(d):
        return np.exp(-d * d / 2) / np.sqrt(2 * np.pi) * (1 - 2 * ndtr(-3 - 0.2 * d * d))

    return 1 - quad(safe, -3.5, 3.5, epsabs=1e-13)[0]


def _parabola_share(beta, kappa, dimension):
    return quad(lambda s: ndtr(-(beta + 0.5 * kappa * s)) * chi2.pdf(s, dimension - 1), 0, 80, epsabs=1e-15)[
        0
    ]


CASES = {
    "a plane in 2 dimensions, 1e-3": (2, lambda z: (z[0] + z[1]) / np.sqrt(2) - 3, ndtr(-3.0)),
    "a plane in 10 dimensions, 1e-6": (10, lambda z: z.sum(axis=0) / np.sqrt(10) - 4.7534, ndtr(-4.7534)),
    "a plane in 20 dimensions, 3e-5": (20, lambda z: z.sum(axis=0) / np.sqrt(20) - 4, ndtr(-4.0)),
    "one parameter, 1e-5": (1, lambda z: z[0] - 4.2649, ndtr(-4.2649)),
    "a parabola in 5 dimensions": (
        5,
        lambda z: z[0] - 3.5 - 0.1 * np.sum(z[1:] ** 2, axis=0),
        _parabola_share(3.5, 0.2, 5),
    ),
    "four branches": (2, four_branches, _four_branches_share()),
    "a sphere's outside, 1e-6": (
        6,
        lambda z: np.sum(z**2, axis=0) - chi2.isf(1e-6, 6),
        1e-6,
    ),
    "steps of a half": (3, lambda z: np.floor(2 * z[0]) - 7, ndtr(-3.5)),
    "no rare event": (2, lambda z: z[0], 0.5),
}


@pytest.mark.parametrize(("dimension", "height", "exact"), CASES.values(), ids=CASES)
def test_known_shares_lie_in_the_interval_as_often_as_it_says(dimension, height, exact):
    runs = [subset_simulation(lambda u: height(ndtri(u)), dimension, seed=s, draws=1000) for s in SEEDS]
    assert {run.status for run in runs} == {"found"}
    covered = sum(run.low <= exact <= run.high for run in runs)
    assert covered >= 34  # of 40; an interval of 95% falls below once in 700 tries
    ratios = np.array([run.share / exact for run in runs])
    # no bias beyond 8% (1 / draws, growing with the levels) and three standard errors of this mean
    assert abs(ratios.mean() - 1) < 0.08 + 3 * ratios.std() / np.sqrt(len(runs))
    # the standard errors are those that the seeds show: z-scores have a spread of about 1; that of 40 normal
    # ones lies within 0.7 and 1.3 in 99% of cases, and Student's t with 7 degrees is 1.18 times as wide
    scores = (ratios - 1) * exact / np.array([run.standard_error for run in runs])
    assert 0.65 < scores.std() < 1.6
    assert abs(scores.mean()) < 0.75


def test_the_chains_error_is_that_of_the_repetitions():
    runs = [subset_simulation(lambda u: ndtri(u).sum(axis=0) / 2 - 3.5, 4, seed=s, draws=1000) for s in SEEDS]
    measured = np.concatenate([run.repetitions for run in runs])
    measured = measured.std() / measured.mean()
    told = np.mean([run.chain_variation for run in runs])
    # 320 repetitions know their spread to 4%; levels that are not independent add up to a fifth
    assert 0.75 < told / measured < 1.15
    assert np.mean([run.variation for run in runs]) == pytest.approx(measured, rel=0.1)


def test_failing_is_the_event_below_0_and_0_is_not_in_it():
    margin = lambda u: np.maximum(ndtri(u[0]) + 3.5, 0.0) - np.where(ndtri(u[1]) < -3, 1.0, 0.0)
    fails = subset_simulation(margin, 2, seed=0, event="fails")
    # below 0 where z1 < -3 and max(z0 + 3.5, 0) < 1
    exact = ndtr(-3.0) * ndtr(-2.5)
    assert fails.low <= exact <= fails.high
    assert (margin(fails.points) < 0).all()
    flat = subset_simulation(lambda u: np.maximum(u[0], 0.5) - 0.5, 1, seed=0, event="fails")
    assert (flat.share, flat.status) == (0.0, "no progress")


def test_points_of_the_event_are_told_with_the_conditional_distribution():
    run = subset_simulation(lambda u: ndtri(u[0]) - 4, 3, seed=0)
    assert run.points.shape == (3, 1000)
    z = ndtri(run.points)
    assert (z[0] >= 4).all()
    mean = np.exp(-8) / np.sqrt(2 * np.pi) / ndtr(-4.0)
    assert z[0].mean() == pytest.approx(mean, abs=0.05)  # a tail's spread is 0.22; a thousand correlated ones
    assert np.abs(z[1:].mean(axis=1)).max() < 0.35


def test_a_share_below_the_floor_is_not_followed():
    run = subset_simulation(lambda u: ndtri(u[0]) - 7.5, 2, seed=0)
    assert (run.share, run.status) == (0.0, "below the floor")
    assert np.isnan(run.variation)
    assert run.high < 1e-11


def test_a_plateau_that_nothing_leads_out_of_is_no_progress():
    run = subset_simulation(
        lambda u: np.where(u[0] > 1 - 1e-9, 1.0, np.minimum(u[0] - 0.5, 0) - 1), 2, seed=0
    )
    assert (run.share, run.low, run.status) == (0.0, 0.0, "no progress")
    assert run.high == pytest.approx(0.5, abs=0.05)  # half the draws lie on the plateau


def test_what_has_no_answer_counts_as_outside():
    margin = lambda u: np.where(u[1] < 0.25, np.nan, ndtri(u[0]) - 3)
    run = subset_simulation(margin, 2, seed=0)
    assert run.low <= 0.75 * ndtr(-3.0) <= run.high
    assert run.undefined == pytest.approx(0.25, abs=0.02)
    nothing = subset_simulation(lambda u: u[0] * np.nan, 2, seed=0)
    assert (nothing.share, nothing.status, nothing.undefined) == (0.0, "no progress", 1.0)


def test_seed_0_is_a_seed():
    first, again, other = (subset_simulation(lambda u: ndtri(u[0]) - 3, 2, seed=s) for s in (0, 0, 1))
    assert (first.repetitions == again.repetitions).all()
    assert (first.repetitions != other.repetitions).any()


def test_the_order_of_parameters_does_not_matter_to_the_error():
    run = subset_simulation(lambda u: ndtri(u[::-1])[0] - 3, 4, seed=0)
    plain = subset_simulation(lambda u: ndtri(u)[0] - 3, 4, seed=0)
    assert abs(run.share - plain.share) < 3 * np.hypot(run.standard_error, plain.standard_error)


def test_evaluations_are_counted():
    count = [0]

    def margin(u):
        count[0] += u.shape[1]
        return ndtri(u[0]) - 3

    run = subset_simulation(margin, 2, seed=0)
    assert run.evaluations == count[0]


WRONG = {
    "no parameter": ({"dimension": 0}, "dimension"),
    "another event": ({"event": "rational"}, "event"),
    "draws that are no multiple of 10": ({"draws": 1005}, "multiple of 10"),
    "one repetition": ({"repetitions": 1}, "at least 2"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        subset_simulation(lambda u: u[0], **{"dimension": 2, "seed": 0} | change)
