"""How far a verdict can move: bounds against optimisers and 50 digits, weights against direct sampling."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from raison.challenge.methods.robustness import (
    FEWEST_EFFECTIVE,
    SHAPES,
    bernoulli_divergence,
    mean_crossing,
    mean_range,
    reweighted,
    scale,
    share_bounds,
    share_crossing,
    share_range,
    worst,
)
from raison.run.designs import make_design

FAR = 5.0  # standard errors from sixteen replicates: beyond it once in six thousand (t with 15 degrees)


def divergence(q, p):
    """KL of two lists of probabilities, as written."""
    q = np.maximum(q, 1e-300)
    return float(np.sum(q * np.log(q / p)))


def extreme(p, values, radius):
    """The most of sum q values over distributions within the radius, by a general optimiser."""
    rules = [
        {"type": "eq", "fun": lambda q: q.sum() - 1},
        {"type": "ineq", "fun": lambda q: radius - divergence(q, p)},
    ]
    found = optimize.minimize(
        lambda q: -q @ values,
        p,
        bounds=[(1e-12, 1)] * len(p),
        constraints=rules,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1_000},
    )
    assert abs(found.x.sum() - 1) < 1e-8
    assert divergence(found.x, p) < radius + 1e-8
    return -found.fun


@pytest.mark.parametrize("radius", [0.001, 0.02, 0.3])
def test_no_joint_distribution_within_the_radius_gives_a_larger_or_smaller_share(radius):
    """Five states, two of them in the event: the bound needs only the event's share."""
    p, event = np.array([0.1, 0.25, 0.2, 0.15, 0.3]), np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    low, high = share_bounds(0.3, radius)
    assert high == pytest.approx(extreme(p, event, radius), abs=1e-6)
    assert low == pytest.approx(-extreme(p, -event, radius), abs=1e-6)


def test_total_variation_is_a_linear_programme():
    """max q.event, sum |q - p| <= 2 r."""
    p, event = np.array([0.1, 0.25, 0.2, 0.15, 0.3]), np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    for radius in (0.05, 0.4, 0.9):
        moves = np.concatenate([-event, event])  # q = p + up - down
        found = optimize.linprog(
            moves,
            A_ub=np.ones((1, 10)),
            b_ub=[2 * radius],
            A_eq=[[1] * 5 + [-1] * 5],
            b_eq=[0],
            bounds=[(0, None)] * 5 + [(0, share) for share in p],
        )
        low, high = share_bounds(0.3, radius, "total-variation")
        assert high == pytest.approx(0.3 - found.fun, abs=1e-9)
        assert low == pytest.approx(max(0.3 - radius, 0.0))


@pytest.mark.parametrize("p", [1e-12, 1e-6, 0.01, 0.31, 0.5, 0.9, 1 - 1e-6])
@pytest.mark.parametrize("r", [1e-12, 1e-6, 1e-3, 0.1, 0.5, 5.0, 20.0])
def test_bounds_solve_their_equation_to_rounding(p, r):
    """50 digits: the tilt t from t q - log(1 - p + p e^t) = r, by bisection."""
    low, high = share_bounds(p, r)
    with mpmath.workdps(50):
        exact, radius = mpmath.mpf(p), mpmath.mpf(r)
        for found, sign in ((high, 1), (low, -1)):
            furthest = -mpmath.log(exact if sign == 1 else 1 - exact)
            if radius >= furthest:
                assert found == (1.0 if sign == 1 else 0.0)
                continue

            def share(t):
                return exact * mpmath.exp(t) / (1 - exact + exact * mpmath.exp(t))

            def excess(t):
                return t * share(t) - mpmath.log(1 - exact + exact * mpmath.exp(t)) - radius

            near, far = mpmath.mpf(0), mpmath.mpf(sign * 200)
            for _ in range(180):
                middle = (near + far) / 2
                near, far = (middle, far) if excess(middle) < 0 else (near, middle)
            right = share(near)
            assert abs(found - right) <= 1e-12 * abs(right - exact) + 4e-16 * right  # and rounding of the sum


def test_a_divergence_keeps_its_digits_where_shares_nearly_agree():
    with mpmath.workdps(60):
        for q, p in [
            (0.5 + 1e-9, 0.5),
            (1.001e-12, 1e-12),
            (0.97, 0.03),
            (0.3, 0.3100001),
            (0.0, 0.2),
            (1.0, 0.2),
        ]:
            a, b = mpmath.mpf(q), mpmath.mpf(p)
            terms = [x * mpmath.log(x / y) for x, y in ((a, b), (1 - a, 1 - b)) if x > 0]
            assert float(bernoulli_divergence(q, p)) == pytest.approx(float(sum(terms)), rel=1e-13, abs=0)
    assert bernoulli_divergence(0.1, 0.0) == np.inf
    assert bernoulli_divergence(0.0, 0.0) == 0
    assert bernoulli_divergence(0.9, 1.0) == np.inf


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-9, 1 - 1e-9), st.floats(0, 3), st.floats(0, 3))
def test_bounds_hold_the_share_widen_with_the_radius_and_mirror(p, one, two):
    small, large = sorted((one, two))
    low, high = share_bounds(p, np.array([small, large]))
    assert low[1] <= low[0] + 1e-12 * p  # rounding: the stated accuracy is that of the distance from p
    assert high[0] <= high[1] + 1e-12 * (1 - p)
    assert np.all(low <= p)
    assert np.all(p <= high)
    assert np.all(high - p <= np.sqrt(np.array([small, large]) / 2) + 1e-12)  # Pinsker
    mirrored = share_bounds(1 - p, np.array([small, large]))
    assert np.allclose(1 - mirrored[1], low, rtol=0, atol=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(1e-9, 1 - 1e-9), st.floats(0.01, 0.99), st.sampled_from(["kullback-leibler", "total-variation"])
)
def test_at_the_crossing_the_range_just_reaches_the_threshold(p, threshold, distance):
    crossing = share_crossing(p, threshold, distance=distance)
    found = share_range(p, [crossing.radius], distance=distance)
    reached = found.high[0] if threshold > p else found.low[0]
    # near p the radius is a square, and half of its digits are the threshold's
    assert reached == pytest.approx(threshold, abs=1e-9)


def test_the_error_of_the_verdict_is_carried_along():
    found = share_range(0.31, [0.0, 0.05], interval=(0.30, 0.325))
    assert (found.low_with_error[0], found.high_with_error[0]) == (0.30, 0.325)
    assert found.low_with_error[1] == share_bounds(0.30, 0.05)[0]
    assert found.high_with_error[1] == share_bounds(0.325, 0.05)[1]
    crossing = share_crossing(0.31, interval=(0.30, 0.325))
    assert crossing.low == bernoulli_divergence(0.5, 0.325)
    assert crossing.high == bernoulli_divergence(0.5, 0.30)
    assert share_crossing(0.49, interval=(0.47, 0.51)).low == 0


def test_what_never_happens_cannot_be_made_to_happen_but_its_error_can():
    found = share_range(0.0, [0.1, 1.0], interval=(0.0, 3.7e-5))
    assert np.all(found.high == 0)
    assert np.all(found.high_with_error > 0.01)
    assert share_crossing(0.0).radius == np.inf
    assert share_bounds(1.0, 2.0) == (1.0, 1.0)


@pytest.mark.parametrize("radius", [0.01, 0.2, 0.8])
def test_no_distribution_on_the_support_has_a_larger_or_smaller_mean(radius):
    values, weights = np.array([-3.0, 0.0, 1.0, 2.5, 10.0]), np.array([1_600, 3_200, 4_800, 4_800, 1_600])
    found = mean_range(np.repeat(values, weights), [radius])
    p = weights / weights.sum()
    assert found.high[0] == pytest.approx(extreme(p, values, radius), abs=1e-5)
    assert found.low[0] == pytest.approx(-extreme(p, -values, radius), abs=1e-5)


def test_the_mean_of_a_normal_moves_by_the_root_of_twice_the_radius():
    """Exact: KL of N(d, 1) from N(0, 1) is d^2 / 2, and shifts are its exponential tilts."""
    y = 2.0 + 3.0 * stats.norm.ppf(make_design("random", 1, 1, 65_536).points(0, 65_536)[0])
    radius = np.array([0.0, 0.01, 0.125, 0.5])
    found = mean_range(y, radius)
    expected = 3.0 * np.sqrt(2 * radius)
    width = found.high_with_error - found.high
    assert np.all(np.abs(found.high - 2.0 - expected) < 2 * width)
    assert np.all(np.abs(found.low - 2.0 + expected) < 2 * (found.low - found.low_with_error))
    assert np.all(width < 0.2)
    assert found.effective[2, 1] == pytest.approx(65_536 * np.exp(-0.25), rel=0.05)  # E w^2 = exp(d^2)
    for shift in (0.5, -1.0, 0.01):
        crossing = mean_crossing(y, 2.0 + 3.0 * shift)
        assert crossing.low - 1e-9 <= shift**2 / 2 <= 1.3 * crossing.high
        assert crossing.high < (abs(shift) + 0.05) ** 2 / 2


def test_the_stated_error_of_a_tilted_mean_is_what_samples_differ_by():
    found = [mean_range(np.random.default_rng(seed).random(2_000), [0.3]) for seed in range(200)]
    high, stated = (
        np.array([f.high[0] for f in found]),
        np.mean([f.high_with_error[0] - f.high[0] for f in found]),
    )
    assert stated / 2.1314 == pytest.approx(high.std(), rel=0.2)


@pytest.mark.parametrize("shift", [0.5, 0.05, -0.2])
def test_intervals_of_an_amounts_crossing_hold_the_true_radius(shift):
    found = [mean_crossing(np.random.default_rng(seed).standard_normal(2_000), shift) for seed in range(200)]
    hits = sum(one.low <= shift**2 / 2 <= one.high for one in found)
    assert hits >= stats.binom.ppf(0.001, 200, 0.95)
    width = np.mean([np.sqrt(2 * one.high) - np.sqrt(2 * one.radius) for one in found])
    assert width < 3 * 2.1314 / np.sqrt(2_000)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_000), st.floats(0.001, 0.3), st.floats(0.1, 50), st.floats(-10, 10))
def test_units_of_an_amount_do_not_matter_and_a_yes_or_no_is_a_share(seed, radius, factor, constant):
    rng = np.random.default_rng(seed)
    y = rng.random(1_600) ** 2
    plain, other = (
        mean_range(y, [radius, 2 * radius]),
        mean_range(factor * y + constant, [radius, 2 * radius]),
    )
    assert np.allclose(other.high, factor * plain.high + constant, rtol=1e-8, atol=1e-8)
    assert np.allclose(other.low_with_error, factor * plain.low_with_error + constant, rtol=1e-8, atol=1e-8)
    assert plain.low[1] < plain.low[0] < y.mean() < plain.high[0] < plain.high[1]
    happens = (y > 0.4).astype(float)
    low, high = share_bounds(happens.mean(), radius)
    as_amount = mean_range(happens, [radius])
    assert (as_amount.low[0], as_amount.high[0]) == pytest.approx((float(low), float(high)), abs=1e-9)
    assert mean_crossing(happens, 0.9).radius == pytest.approx(
        float(bernoulli_divergence(0.9, happens.mean()))
    )


def test_beyond_what_the_sample_reaches_nothing_is_claimed():
    y = np.random.default_rng(0).exponential(size=4_096)
    found = mean_range(y, [0.01, 4.0])
    assert np.isfinite(found.high[0])
    assert np.isnan(found.high[1])
    assert found.effective[1, 1] < FEWEST_EFFECTIVE
    assert np.isnan(mean_range(y, [50.0]).high[0])
    assert mean_crossing(y, 9.0).radius == np.inf
    assert mean_crossing(y, -1.0).radius == np.inf
    assert mean_crossing(y, y.mean()).low == 0.0
    half = np.repeat([0.0, 1.0], 500)
    assert mean_range(half, [2.0]).high[0] == 1.0  # everything on the largest number, which 500 draws have


def test_a_radius_in_other_words_is_the_same_radius():
    for radius in (1e-6, 0.02, 0.5, 3.0):
        found = scale(radius)
        density = stats.norm(found.shift).pdf
        between = integrate.quad(lambda z, d=density, s=found.shift: d(z) * (s * z - s * s / 2), -20, 30)[0]
        assert between == pytest.approx(radius, rel=1e-6)
        assert float(bernoulli_divergence(0.5, found.coin)) == pytest.approx(radius, rel=1e-9)
    assert [scale(r).size for r in (0.0, 0.02, 0.125, 0.32)] == ["small", "small", "medium", "large"]


DISTRIBUTIONS = {
    "uniform": stats.uniform(),
    "triangular": stats.triang(0.5),
    "peaked": stats.beta(3, 3),
    "low": stats.beta(1, 2),
    "high": stats.beta(2, 1),
}


def cdf_of_u_shaped(u):
    return 0.5 + 4 * (u - 0.5) ** 3


def test_weights_give_the_verdict_of_the_other_shape():
    """y = 1 above c on one parameter: the share is 1 - F(c); the other parameter halves it."""
    draws, c = 65_536, 0.7
    u = make_design("sobol", 3, 2, draws).points(0, draws)
    found = reweighted(u, ((u[0] > c) & (u[1] > 0.5)).astype(float))
    for row, name in enumerate(found.shapes):
        cdf = cdf_of_u_shaped if name == "u-shaped" else DISTRIBUTIONS[name].cdf
        expected = [(1 - cdf(c)) / 2, (1 - cdf(0.5)) * (1 - c), (1 - c) / 2]
        assert np.all(np.abs(found.value[row] - expected) < FAR * found.standard_error[row] + 1e-5), name
        assert np.all(found.low[row] <= found.value[row])
        assert np.all(found.standard_error[row] < 2e-3)
        assert np.allclose(found.difference[row], found.value[row] - found.value[0], atol=1e-12)
    assert np.all(found.accepted)
    assert np.all(found.difference_error[0] < 1e-15)


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_weights_agree_with_drawing_from_the_shape(name):
    draws = 100_000
    rng = np.random.default_rng(11)
    model = lambda a, b: (np.sin(7 * a) + b > 0.6).astype(float)
    u = rng.random((2, draws))
    found = reweighted(u, model(*u), {name: SHAPES[name]})
    direct = model(DISTRIBUTIONS[name].rvs(draws, random_state=rng), rng.random(draws))
    error = np.hypot(found.standard_error[0, 0], direct.std() / np.sqrt(draws))
    assert abs(found.value[0, 0] - direct.mean()) < FAR * error


def test_densities_are_densities_and_cost_the_draws_they_should():
    """Effective share 1 / E g^2: 3/4 for a straight line and a triangle, 5/9 for the U, 0.7 for the peak."""
    u = make_design("sobol", 1, 3, 65_536).points(0, 65_536)
    found = reweighted(u, u[0])
    expected = {
        "uniform": 1,
        "triangular": 3 / 4,
        "peaked": 0.7,
        "u-shaped": 5 / 9,
        "low": 3 / 4,
        "high": 3 / 4,
    }
    for row, name in enumerate(found.shapes):
        assert integrate.quad(SHAPES[name], 0, 1)[0] == pytest.approx(1)
        assert found.effective[row, 0] / 65_536 == pytest.approx(expected[name], rel=1e-3)


def test_a_shape_can_replace_the_stated_one_instead_of_bending_it():
    """Stated density 1/2 + s on the support; replaced by the uniform, the share above c is 1 - c."""
    draws, c = 65_536, 0.6
    u = make_design("sobol", 1, 4, draws).points(0, draws)
    s = (-1 + np.sqrt(1 + 8 * u)) / 2  # inverts s / 2 + s^2 / 2
    found = reweighted(s, (s[0] > c).astype(float), stated=0.5 + s)
    assert found.value[0, 0] == pytest.approx(1 - c, abs=FAR * found.standard_error[0, 0] + 1e-4)
    assert found.difference[0, 0] == pytest.approx((1 - c) - (1 - c / 2 - c * c / 2), abs=1e-3)


def test_intervals_of_weighted_verdicts_hold_the_true_share():
    runs, values, errors, hits = 200, [], [], 0
    shapes, expected = {name: SHAPES[name] for name in ("low", "high")}, np.array([0.09, 0.51])
    for seed in range(runs):
        u = np.random.default_rng(seed).random((1, 2_000))
        found = reweighted(u, (u[0] > 0.7).astype(float), shapes)
        off = np.abs(found.difference[:, 0] - (expected - 0.3)) / found.difference_error[:, 0]
        inside = (found.low[:, 0] <= expected) & (expected <= found.high[:, 0])
        hits += np.concatenate([inside, off <= 2.1314])
        values.append(np.concatenate([found.value[:, 0], found.difference[:, 0]]))
        errors.append(np.concatenate([found.standard_error[:, 0], found.difference_error[:, 0]]))
    assert np.all(hits >= stats.binom.ppf(0.001, runs, 0.95))
    assert np.allclose(np.mean(errors, axis=0), np.std(values, axis=0), rtol=0.2)  # 5% is what 200 runs leave


def test_weights_on_a_few_draws_are_refused():
    u = np.random.default_rng(0).random((1, 4_000))
    found = reweighted(
        u, u[0], {"needle": lambda v: np.exp(-(((v - 0.3) / 0.005) ** 2)), "low": SHAPES["low"]}
    )
    assert not found.accepted[0, 0]
    assert np.isnan(found.value[0, 0])
    assert np.isnan(found.difference_error[0, 0])
    assert found.effective[0, 0] < FEWEST_EFFECTIVE
    assert found.accepted[1, 0]


def test_each_parameter_at_its_worst_and_best():
    draws = 65_536
    u = make_design("sobol", 3, 5, draws).points(0, draws)
    y = ((np.abs(u[0] - 0.475) < 0.025) | (u[1] > 0.8)).astype(float)
    found = worst(u, y)
    assert found.low_at[1][1] <= 0.81
    assert np.allclose(found.high_at[0], [0.45, 0.5], atol=1e-3)
    assert found.high[0] == pytest.approx(1.0, abs=2e-3)
    assert found.low[0] == pytest.approx(0.2, abs=FAR * found.low_error[0] + 1e-3)
    assert found.high[1] == pytest.approx(1.0, abs=2e-3)
    assert found.low[1] == pytest.approx(0.05, abs=FAR * found.low_error[1] + 1e-3)


def test_the_luck_of_the_worst_part_does_not_count():
    """A parameter that says nothing: of twenty shares the least is 0.43, the truth 1/2."""
    lows, highs, hits = [], [], 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = worst(rng.random((1, 4_000)), (rng.random(4_000) < 0.5).astype(float))
        lows.append(found.low[0])
        highs.append(found.high[0])
        hits += abs(found.low[0] - 0.5) < 2.1314 * found.low_error[0]
    assert np.mean(lows) == pytest.approx(0.5, abs=0.01)
    assert np.mean(highs) == pytest.approx(0.5, abs=0.01)
    assert hits >= stats.binom.ppf(0.001, 200, 0.95)


def test_values_that_repeat_make_one_part():
    x = np.repeat([1.0, 2.0, 5.0], [160, 800, 640])[None]
    y = np.repeat([0.2, 0.9, 0.4], [160, 800, 640])
    found = worst(x, y)
    assert (found.low[0], found.high[0]) == pytest.approx((0.2, 0.9))
    assert (found.low_at[0, 0], found.high_at[0, 0]) == (1.0, 2.0)
    constant = worst(np.ones((1, 640)), np.linspace(0, 1, 640))
    assert constant.low[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda: share_bounds(1.2, 0.1), "between 0 and 1; got 1.2", id="share"),
        pytest.param(lambda: share_bounds(0.2, -0.1), "at least 0", id="radius"),
        pytest.param(lambda: scale(float("nan")), "at least 0", id="nan radius"),
        pytest.param(
            lambda: share_range(0.2, [0.1], interval=(0.3, 0.4)), "must hold the share", id="interval"
        ),
        pytest.param(lambda: mean_range(np.ones(10), [0.1]), "at least 160 draws", id="few"),
        pytest.param(lambda: mean_crossing(np.full(320, np.inf), 0.1), "not finite", id="infinite"),
        pytest.param(lambda: reweighted(np.full((1, 320), 1.5), np.ones(320)), "between 0 and 1", id="unit"),
        pytest.param(
            lambda: reweighted(np.full((1, 320), 0.5), np.ones(320), {"bad": lambda u: u - 1}),
            "'bad' must be finite and not negative",
            id="density",
        ),
        pytest.param(
            lambda: reweighted(np.full((1, 320), 0.5), np.ones(320), {"none": lambda u: 0 * u}),
            "'none' is 0 at every draw",
            id="nothing",
        ),
        pytest.param(
            lambda: reweighted(np.full((1, 320), 0.5), np.ones(320), stated=np.zeros((1, 320))),
            "stated must be positive",
            id="stated",
        ),
        pytest.param(lambda: worst(np.ones((2, 321)), np.ones(320)), "must be \\[P, 320\\]", id="draws"),
        pytest.param(lambda: worst(np.ones((2, 320)), np.ones(320), parts=11), "from 1 to 10", id="parts"),
        pytest.param(lambda: worst(np.full((1, 320), np.nan), np.ones(320)), "not finite", id="x"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
