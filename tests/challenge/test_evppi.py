"""What learning a parameter is worth: closed forms, games by hand, nulls, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.interpolate import BSpline

from raison.challenge.methods.conditional_mean import _LAMBDAS, _RIDGE, cells_of_one, permuted_tables
from raison.challenge.methods.evppi import evpi, evppi, evppi_pairs, verdict_information
from raison.challenge.methods.replication import replication
from raison.run.designs import make_design

FAR = 5.0  # standard errors from sixteen replicates: beyond it once in six thousand (t with 15 degrees)


def loss(mean, deviation):
    """E max(mean + deviation Z, 0) - max(mean, 0): Raiffa and Schlaifer (1961), section 5.4."""
    away = abs(mean) / deviation
    return deviation * (stats.norm.pdf(away) - away * stats.norm.sf(away))


def normals(dimensions, seed, draws):
    return stats.norm.ppf(make_design("sobol", dimensions, seed, draws).points(0, draws))


@pytest.mark.parametrize("mean", [0.0, -0.3, 0.8], ids=["even", "against", "for"])
def test_linear_payoffs_of_normal_parameters_have_the_unit_normal_loss(mean):
    slopes = np.array([1.0, 0.5, 0.25, 2.0])
    x = normals(4, 1, 65_536)
    benefit = np.stack([np.zeros(65_536), mean + slopes @ x])
    found = evppi(x, benefit, seed=0, permutations=20)
    expected = np.array([loss(mean, slope) for slope in slopes])
    assert np.all(
        np.abs(found.value - expected) < FAR * found.standard_error + 1e-3
    )  # the rule is the best to 1e-3
    assert np.all(found.standard_error < 0.02)
    every = evpi(benefit)
    assert abs(every.mean - loss(mean, np.sqrt(slopes @ slopes))) < FAR * every.standard_error + 1e-4
    assert np.all(found.value <= every.mean)


def test_a_pair_of_normal_parameters_is_worth_their_joint_spread():
    x = normals(3, 2, 65_536)
    benefit = np.stack([np.zeros(65_536), 0.3 + x[0] - 0.5 * x[1] + x[2]])
    found = evppi_pairs(x, benefit, [(0, 1), (0, 2)], seed=0, permutations=5)
    expected = [loss(0.3, np.hypot(1, 0.5)), loss(0.3, np.sqrt(2))]
    assert np.all(np.abs(found.value - expected) < FAR * found.standard_error + 2e-3)  # of 32 cells a side


def test_three_options_of_which_the_outer_two_mirror_each_other():
    """E max(-x, 0.2, x) - 0.2 = 2 E max(x - 0.2, 0)."""
    x = normals(2, 3, 65_536)
    noise = x[1] * 3
    benefit = np.stack([-x[0] + noise, np.full(65_536, 0.2) + noise, x[0] + noise])
    found = evppi(x, benefit, seed=0, permutations=5)
    expected = 2 * loss(-0.2, 1.0)
    assert abs(found.value[0] - expected) < FAR * found.standard_error[0] + 1e-3
    assert abs(found.value[1]) < 2e-3  # what is common to all options is worth nothing


def test_knowing_either_factor_alone_is_worth_nothing_and_both_a_lot():
    """E max(x y, 0) = E|x| E|y| / 2 = 1 / pi for independent standard normals."""
    x = normals(2, 4, 65_536)
    benefit = np.stack([np.zeros(65_536), x[0] * x[1]])
    alone = evppi(x, benefit, seed=0, permutations=100)
    assert np.all(np.abs(alone.value) < 0.01)
    both = evppi_pairs(x, benefit, [(0, 1)], seed=0, permutations=20)
    # splines of twelve a side cost the rule about 1%
    assert both.value[0] == pytest.approx(1 / np.pi, abs=FAR * both.standard_error[0] + 4e-3)
    assert both.exceeds_null[0]


def test_a_sign_and_a_size_are_worth_half_the_mean_size():
    draws = 32_768
    z, coin = normals(2, 5, draws)
    sign = np.where(coin > 0, 1.0, -1.0)
    benefit = np.stack([np.zeros(draws), sign * z])
    both = evppi_pairs(np.stack([z, sign]), benefit, [(0, 1)], seed=0, permutations=5)
    assert both.value[0] == pytest.approx(np.sqrt(2 / np.pi) / 2, abs=FAR * both.standard_error[0] + 2e-3)


def test_a_yes_or_no_is_worth_what_one_works_out_by_hand():
    """Win 10 in 3 of 10 cases, lose 2 else: blind 1.6; knowing, 3. Every replicate holds 3 of 10."""
    x = np.tile(np.repeat([1.0, 0.0], [3, 7]), 16 * 4).reshape(16, 40).T.ravel()
    benefit = np.stack([np.zeros(640), np.where(x == 1, 10.0, -2.0)])
    found = evppi(x[None], benefit, seed=0, permutations=200)
    assert found.value[0] == pytest.approx(1.4, abs=1e-12)
    assert found.standard_error[0] == pytest.approx(0.0, abs=1e-12)
    assert evpi(benefit).mean == pytest.approx(1.4, abs=1e-12)
    assert found.exceeds_null[0]


def test_two_coins_that_matter_only_together_by_hand():
    """Paid 1 if they agree, -1 if not, or 0: alone worth 0, together 1/2."""
    draws = 16 * 40
    first, second = (np.arange(draws) // 16) % 2, (np.arange(draws) // 32) % 2
    benefit = np.stack([np.full(draws, 0.0), np.where(first == second, 1.0, -1.0)])
    x = np.stack([first, second]).astype(float)
    assert evppi_pairs(x, benefit, [(0, 1)], seed=0, permutations=0).value[0] == pytest.approx(0.5, abs=1e-12)
    assert np.allclose(evppi(x, benefit, seed=0, permutations=0).value, 0.0, atol=1e-12)


def test_a_parameter_with_an_atom_is_cut_beside_it():
    """x = max(Z, 0), payoff x - c against 0, c = 0.9 above the mean: E max(Z - c, 0)."""
    z, noise = normals(2, 6, 65_536)
    x = np.maximum(z, 0.0)
    found = evppi(x[None], np.stack([np.zeros(65_536), x - 0.9 + noise]), seed=0, permutations=5)
    assert abs(found.value[0] - loss(-0.9, 1.0)) < FAR * found.standard_error[0] + 1e-3


def test_intervals_hold_the_true_worth():
    slopes, mean, draws, runs = np.array([1.0, 0.5]), -0.2, 2_048, 200
    expected = np.array([loss(mean, slope) for slope in slopes])
    hits, values = np.zeros(2), []
    for seed in range(runs):
        x = np.random.default_rng(seed).standard_normal((2, draws))
        found = evppi(x, np.stack([np.zeros(draws), mean + slopes @ x]), seed=0, permutations=0)
        hits += (found.low <= expected) & (expected <= found.high)
        values.append(found.value)
    assert np.all(hits >= stats.binom.ppf(0.001, runs, 0.95))
    bias = np.mean(values, axis=0) - expected
    assert np.all(bias < 4 * np.std(values, axis=0) / np.sqrt(runs))  # never on the high side
    assert np.all(bias > -0.005)  # measured -0.0003: what cells and smoothing cost the rule


def test_a_parameter_that_says_nothing_exceeds_its_null_one_time_in_twenty():
    draws, runs = 1_024, 200
    above, values = 0, []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        benefit = np.stack([np.zeros(draws), rng.standard_normal(draws) + 0.03])
        found = evppi(rng.random((1, draws)), benefit, seed=seed, permutations=60)
        above += int(found.exceeds_null[0])
        values.append(found.value[0])
        assert found.low[0] <= max(found.null_high[0], 0.05)
    assert above <= stats.binom.ppf(0.999, runs, 0.05 + 1 / 61)
    assert np.mean(values) < 3 * np.std(values) / np.sqrt(runs)  # noise does not pass for knowledge


def test_the_null_of_a_parameter_that_matters_is_that_of_shuffled_draws():
    """The shared shuffles have the distribution that shuffling the parameter itself has."""
    draws = 2_048
    rng = np.random.default_rng(5)
    x = rng.standard_normal(draws)
    benefit = np.stack([np.zeros(draws), 0.05 + 0.5 * x + rng.standard_normal(draws)])
    found = evppi(x[None], benefit, seed=1, permutations=400)
    shuffled = np.stack([rng.permutation(x) for _ in range(400)])
    direct = evppi(shuffled, benefit, seed=1, permutations=0).value
    error = direct.std() / np.sqrt(400)
    assert abs(found.null_mean[0] - direct.mean()) < 4.5 * np.sqrt(2) * error
    assert abs(found.null_high[0] - np.quantile(direct, 0.95)) < 8 * error
    assert found.exceeds_null[0]


def verdict_truth(mean, slopes, p):
    """P(mean + s.Z > 0) on learning Z_p: overturn, share if overturned, reduction of variance."""
    rest = np.sqrt(slopes @ slopes - slopes[p] ** 2)
    crossing = -mean / slopes[p]
    above = mean > 0
    z = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    conditional = stats.norm.cdf((mean + slopes[p] * z) / rest)
    other = (conditional > 0.5) != above
    assert np.isclose(other.mean(), stats.norm.sf(abs(crossing)), atol=1e-5)
    return other.mean(), conditional[other].mean(), conditional.var()


@pytest.mark.parametrize("mean", [-0.8, 0.5], ids=["below", "above"])
def test_a_probit_verdict_is_overturned_and_learned_as_often_as_it_should(mean):
    slopes = np.array([1.0, 0.6, 0.4])
    x = normals(4, 7, 65_536)
    y = (mean + slopes @ x[:3] > 0).astype(float)
    found = verdict_information(x, y, seed=0, permutations=40)
    for p in range(3):
        overturn, share, reduction = verdict_truth(mean, slopes, p)
        assert abs(found.overturn.value[p] - overturn) < FAR * found.overturn.standard_error[p] + 1 / 256
        assert abs(found.reduction.value[p] - reduction) < FAR * found.reduction.standard_error[p] + 2e-4
        if overturn > 0.02:
            assert abs(found.share_if_overturned[p] - share) < FAR * found.share_error[p] + 0.01
            assert found.overturn.exceeds_null[p]
        assert found.reduction.exceeds_null[p]
    assert found.overturn.value[3] == 0
    assert np.isnan(found.share_if_overturned[3])
    assert found.reduction.low[3] == 0
    assert found.variance == pytest.approx(found.share * (1 - found.share))


def test_the_jackknife_error_of_overturning_is_what_runs_differ_by():
    slopes, mean, draws, runs = np.array([1.0, 0.6]), -0.5, 4_096, 100
    values, errors = [], []
    for seed in range(runs):
        x = np.random.default_rng(seed).standard_normal((2, draws))
        found = verdict_information(x, (mean + slopes @ x > 0) * 1.0, seed=0, permutations=0)
        values.append(found.overturn.value)
        errors.append(found.overturn.standard_error)
    spread, stated = np.std(values, axis=0, ddof=1), np.sqrt(np.mean(np.square(errors), axis=0))
    assert np.all(stated > 0.7 * spread)  # too small an error would be a claim that is not kept
    assert np.all(stated < 2.5 * spread)


def test_what_says_nothing_about_a_verdict_close_to_half_shows_in_the_null():
    rng = np.random.default_rng(8)
    x, y = rng.random((20, 4_096)), (rng.random(4_096) < 0.505).astype(float)
    found = verdict_information(x, y, seed=3, permutations=100)
    assert found.overturn.null_high[0] > 0  # noise alone overturns some
    assert np.sum(found.overturn.exceeds_null) <= 5  # more come less than once in four hundred times
    assert np.sum(found.reduction.exceeds_null) <= 5


def test_noise_passes_neither_for_a_reduction_nor_for_a_share_on_the_other_side():
    """Scored where they were fitted, the reduction would be above 0 and the share below 1/2."""
    reductions, shares = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = verdict_information(
            rng.random((1, 1_024)), (rng.random(1_024) < 0.52) * 1.0, seed=0, permutations=0
        )
        reductions.append(found.reduction.value[0])
        shares.append(found.share_if_overturned[0])
    assert np.mean(reductions) < 2 * np.std(reductions) / np.sqrt(200)
    known = np.array(shares)[np.isfinite(shares)]
    assert len(known) > 50
    assert np.mean(known) > 0.51


def test_the_reduction_for_a_discrete_parameter_by_hand():
    """Shares 0.9 and 0.1 in equal halves: variance 0.25, of which 0.16 goes."""
    place = np.arange(16 * 200) // 16
    x, y = (place % 2).astype(float), np.where(place % 2 == 0, place % 20 < 18, place % 20 < 2).astype(float)
    found = verdict_information(x[None], y, seed=0, threshold=0.45, permutations=0)
    assert found.variance == pytest.approx(0.25)
    assert found.reduction.value[0] == pytest.approx(0.16, abs=1e-12)
    assert found.overturn.value[0] == 0.5
    assert found.share_if_overturned[0] == pytest.approx(0.1, abs=1e-12)


def test_smoothing_is_penalised_least_squares_with_the_least_cross_validation():
    """A second implementation: normal equations for each lambda, the influence matrix written out."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(4_000)
    cells = cells_of_one(x, replication(4_000), {})
    weights = cells.smoother.weights
    num = len(weights)
    middle = np.cumsum(weights) - weights / 2
    knots = 62  # half of 4,000 / 32 cells
    basis = BSpline.design_matrix(middle, np.arange(-3, knots - 3 + 4) / (knots - 3), 3).toarray()
    second = np.diff(np.eye(knots), n=2, axis=0)
    data = basis.T @ np.diag(weights) @ basis
    penalty = second.T @ second
    penalty *= np.trace(data) / np.trace(penalty)
    penalty += _RIDGE * np.trace(data) * np.eye(knots)
    for means in (np.sin(6 * middle) + 0.3 * rng.standard_normal(num), (middle > 0.4) * 1.0):
        best = (np.inf, None)
        for lam in _LAMBDAS:
            influence = basis @ np.linalg.solve(data + lam * penalty, basis.T * weights)
            centre = weights @ means
            fit = centre + influence @ (means - centre)
            score = weights @ (means - fit) ** 2 / (1 - np.trace(influence) / num) ** 2
            best = min(best, (score, fit.tolist()))
        assert np.allclose(cells.smoother.fit(means[:, None])[:, 0], best[1], atol=1e-6)
    flat = cells.smoother.fit(np.full((num, 1), 0.3))
    assert np.allclose(flat, 0.3, atol=1e-12)


def test_noise_is_mostly_smoothed_to_a_constant():
    rng = np.random.default_rng(4)
    smoother = cells_of_one(rng.random(8_192), replication(8_192), {}).smoother
    fitted = smoother.fit(rng.standard_normal((len(smoother.weights), 400)))
    constant = np.ptp(fitted, axis=0) < 1e-12
    assert constant.mean() > 0.6  # a chi-squared above 2 comes 16 times in 100, and there are other lambdas


def test_an_atom_at_the_lowest_value_is_one_cell_of_a_verdict():
    z, other = normals(2, 10, 16_384)
    x = np.maximum(z, 0.0)
    found = verdict_information(x[None], (x + 0.5 * other > 0.7) * 1.0, seed=0, permutations=2)
    assert (
        abs(found.overturn.value[0] - stats.norm.sf(0.7)) < FAR * found.overturn.standard_error[0] + 1 / 256
    )


def test_shuffled_tables_deal_out_the_same_draws():
    rng = np.random.default_rng(3)
    replicates = replication(1_000)
    cells = [
        cells_of_one(rng.random(1_000), replicates, {}),
        cells_of_one(rng.integers(0, 3, 1_000) * 1.0, replicates, {}),
    ]
    y = rng.standard_normal((2, 1_000))
    tables = [permuted_tables(cells, y, replicates, rng) for _ in range(300)]
    for one, cut in enumerate(cells):
        found = np.array([table[one] for table in tables])
        assert np.allclose(found.sum(axis=-1), replicates.sums(y))
        means = found.mean(axis=0) - replicates.means(y)[:, :, None] * cut.counts
        assert np.all(np.abs(means) < 5 * found.std(axis=0) / np.sqrt(300) + 1e-12)
        assert np.all(found.std(axis=0)[:, cut.counts > 0] > 0)


SAMPLES = st.tuples(st.integers(0, 10_000), st.floats(-1.5, 1.5), st.floats(0.05, 3.0))


def sample(seed, mean, slope, draws=2_048):
    rng = np.random.default_rng(seed)
    x = np.stack([rng.standard_normal(draws), rng.integers(0, 4, draws), np.maximum(rng.random(draws), 0.3)])
    noise = rng.standard_normal((3, draws))
    benefit = noise + np.stack([np.zeros(draws), mean + slope * x[0], slope * np.sin(3 * x[1]) + x[2] - 0.6])
    return x, benefit


@settings(max_examples=30, deadline=None)
@given(SAMPLES)
def test_no_parameter_is_worth_less_than_nothing_or_more_than_everything(case):
    x, benefit = sample(*case)
    found = evppi(x, benefit, seed=0, permutations=0)
    assert np.all(found.value > -6 * found.standard_error - 1e-12)
    assert np.all(found.value <= evpi(benefit).mean + 1e-12)
    pair = evppi_pairs(x, benefit, [(0, 1), (1, 2)], seed=0, permutations=0)
    assert np.all(pair.value <= evpi(benefit).mean + 1e-12)


@settings(max_examples=30, deadline=None)
@given(SAMPLES, st.floats(0.01, 100), st.floats(-5, 5))
def test_units_common_terms_and_increasing_maps_do_not_matter(case, factor, constant):
    x, benefit = sample(*case)
    common = np.random.default_rng(case[0] + 1).standard_normal(benefit.shape[1])
    before = evppi(x, benefit, seed=0, permutations=10)
    after = evppi(np.exp(x / 2) + constant, factor * (benefit + common) + constant, seed=0, permutations=10)
    assert np.allclose(after.value, factor * before.value, rtol=1e-7, atol=1e-7 * factor)
    assert np.allclose(after.standard_error, factor * before.standard_error, rtol=1e-6, atol=1e-7 * factor)
    assert np.allclose(after.null_high, factor * before.null_high, rtol=1e-7, atol=1e-7 * factor)
    mirrored = evppi(-x[:2], benefit, seed=0, permutations=0)  # 2,048 draws are whole cells either way
    assert np.allclose(mirrored.value, before.value[:2], rtol=1e-7, atol=1e-7)


def test_draws_left_out_keep_their_replicates():
    x = normals(2, 9, 16_384)
    benefit = np.stack([np.zeros(16_384), 0.2 + x[0]])
    kept = np.flatnonzero(np.random.default_rng(0).random(16_384) < 0.9)
    found = evppi(x[:, kept], benefit[:, kept], seed=0, permutations=0, replicate=kept % 16)
    assert abs(found.value[0] - loss(0.2, 1.0)) < FAR * found.standard_error[0] + 1e-3
    assert found.value[0] <= evpi(benefit[:, kept], replicate=kept % 16).mean


def test_seed_zero_is_a_seed_and_a_seed_gives_the_same_bits():
    rng = np.random.default_rng(0)
    x, benefit = rng.random((2, 512)), rng.standard_normal((2, 512))
    runs = [evppi(x, benefit, seed=seed, permutations=30) for seed in (0, 0, 1)]
    assert np.array_equal(runs[0].null_mean, runs[1].null_mean)
    assert not np.array_equal(runs[0].null_mean, runs[2].null_mean)
    assert np.array_equal(runs[0].value, runs[2].value)


def test_without_permutations_there_is_no_null():
    x, benefit = np.random.default_rng(0).random((1, 512)), np.random.default_rng(1).random((2, 512))
    assert np.isnan(evppi(x, benefit, seed=0, permutations=0).null_high[0])


def test_a_parameter_that_does_not_vary_is_worth_nothing():
    benefit = np.random.default_rng(1).standard_normal((2, 512))
    found = evppi(np.ones((1, 512)), benefit, seed=0, permutations=10)
    assert (found.value[0], found.null_high[0]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("x", "benefit", "replicate", "words"),
    [
        pytest.param(np.zeros((1, 320)), np.zeros((1, 320)), None, "at least 2 rows; got 1", id="one option"),
        pytest.param(
            np.zeros((1, 319)), np.zeros((2, 320)), None, "319 draws and the numbers 320", id="draws"
        ),
        pytest.param(np.zeros((1, 100)), np.zeros((2, 100)), None, "at least 160 draws", id="few"),
        pytest.param(np.full((1, 320), np.nan), np.zeros((2, 320)), None, "leave those draws out", id="nan"),
        pytest.param(np.zeros(320), np.zeros((2, 320)), None, "must be \\[rows, N\\]", id="flat"),
        pytest.param(np.zeros((1, 320)), np.zeros((2, 320)), np.zeros(320), "two replicates", id="replicate"),
        pytest.param(np.zeros((1, 320)), np.zeros((2, 320)), np.zeros(3), "one entry per draw", id="short"),
    ],
)
def test_what_does_not_fit_is_refused(x, benefit, replicate, words):
    with pytest.raises(ValueError, match=words):
        evppi(x, benefit, seed=0, replicate=replicate)
