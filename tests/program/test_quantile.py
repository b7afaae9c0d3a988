"""Quantile functions against scipy's distributions, and central values and rules against the functions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.interpolate import PchipInterpolator
from scipy.special import betaincinv

from raison.model.distribution import KINDS
from raison.program import beta
from raison.program.quantile import central, invalid, quantile

RANDOM = np.random.default_rng(0)
SHARES = np.concatenate(
    [RANDOM.uniform(size=400), 2.0 ** -RANDOM.uniform(1, 33, 100), 1 - 2.0 ** -RANDOM.uniform(1, 33, 100)]
)

CASES = {
    "uniform": ((-2.0, 3.0), stats.uniform(-2, 5)),
    "triangular": ((-1.0, 0.5, 2.0), stats.triang(0.5, -1, 3)),
    "pert": ((1.0, 2.0, 6.0), stats.beta(1.8, 4.2, 1, 5)),
    "normal": ((2.0, 0.5), stats.norm(2, 0.5)),
    "lognormal": ((3.0, 0.7), stats.lognorm(0.7, scale=3)),
    "beta": ((2.0, 5.0), stats.beta(2, 5)),
}


def as_arrays(arguments):
    return [jnp.full(SHARES.shape, argument) for argument in arguments]


compiled = jax.jit(quantile, static_argnums=0)  # one compilation for each kind and shape


def call(kind, shares, arguments):
    return np.asarray(compiled(kind, jnp.asarray(shares), arguments))


def call_constant(kind, shares, arguments):
    return np.asarray(jax.jit(lambda u: quantile(kind, u, arguments))(jnp.asarray(shares)))


# --- second implementation: scipy --------------------------------------------------------


@pytest.mark.parametrize("kind", CASES)
def test_quantiles_are_those_of_scipy(kind):
    arguments, expected = CASES[kind]
    values = expected.ppf(SHARES)
    # 1e-10 is what beta and pert promise; the others are good to some roundings of the largest argument
    tolerance = {"rtol": 1e-10} if kind in ("beta", "pert") else {"rtol": 1e-13, "atol": 1e-14}
    np.testing.assert_allclose(call_constant(kind, SHARES, arguments), values, **tolerance)
    np.testing.assert_allclose(call(kind, SHARES, as_arrays(arguments)), values, **tolerance)


@pytest.mark.parametrize("mode", [0.0, 2.0])
def test_a_triangle_may_have_its_mode_at_an_end(mode):
    expected = 2 * (1 - np.sqrt(1 - SHARES)) if mode == 0 else 2 * np.sqrt(SHARES)
    # 1 - sqrt(1 - u) itself loses digits near 0
    np.testing.assert_allclose(
        call_constant("triangular", SHARES, (0.0, mode, 2.0)), expected, rtol=1e-13, atol=1e-15
    )


SHAPES = [
    (1.0, 1.0),
    (2.0, 3.0),
    (0.5, 0.5),
    (0.1, 0.2),
    (0.01, 0.01),
    (0.01, 1e4),
    (1e4, 0.01),
    (1e4, 1e4),
    (100.0, 1000.0),
    (30.0, 2.0),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_beta_quantiles_are_those_of_scipy_for_all_shapes(shapes):
    """To the accuracy that the docstring states. Below 1e-300 float64 has few digits."""
    expected = betaincinv(*shapes, SHARES)
    normal = expected > 1e-300
    by_table = call_constant("beta", SHARES, shapes)
    by_newton = call("beta", SHARES, as_arrays(shapes))
    np.testing.assert_allclose(by_table[normal], expected[normal], rtol=1e-10)
    np.testing.assert_allclose(by_newton[normal], expected[normal], rtol=1e-11)
    assert by_table[~normal].max(initial=0) < 1.1e-300
    assert by_newton[~normal].max(initial=0) < 1.1e-300


@pytest.mark.parametrize("a", [0.01, 0.037, 0.3, 1.7, 90.0, 1e4])
@pytest.mark.parametrize("b", [0.01, 0.25, 6.0, 1e4])
def test_every_pair_of_shapes_has_a_table(a, b):
    table = beta._table(a, b)
    assert table is not None
    assert table.shape[1] <= 32_768


def test_shapes_may_differ_between_draws():
    a, b = 10.0 ** RANDOM.uniform(-2, 3, (2, SHARES.size))
    found = call("beta", SHARES, [jnp.asarray(a), jnp.asarray(b)])
    expected = betaincinv(a, b, SHARES)
    normal = expected > 1e-300
    np.testing.assert_allclose(found[normal], expected[normal], rtol=1e-11)


def test_wrong_shapes_in_one_draw_harm_no_other():
    a = np.full(SHARES.size, 2.0)
    spoiled = a.copy()
    spoiled[:3] = [-1.0, np.nan, 0.0]
    b = jnp.full(SHARES.size, 3.0)
    clean, found = (call("beta", SHARES, [jnp.asarray(first), b]) for first in (a, spoiled))
    np.testing.assert_array_equal(clean[3:], found[3:])


POINTS = {
    "five": ([0.0, 0.05, 0.5, 0.95, 1.0], [-3.0, 0.0, 0.1, 0.2, 7.0]),
    "two": ([0.0, 1.0], [2.0, 3.0]),
    "three": ([0.0, 0.9, 1.0], [2.0, 3.0, 3.0]),
    "flat": ([0.0, 0.2, 0.6, 0.8, 1.0], [0.0, 1.0, 1.0, 1.5, 9.0]),
}


@pytest.mark.parametrize("points", POINTS)
def test_the_curve_through_points_is_scipys_pchip(points):
    shares, values = POINTS[points]
    arguments = [number for pair in zip(shares, values, strict=True) for number in pair]
    expected = PchipInterpolator(shares, values)(SHARES)
    # the same formulas in another order: some roundings of the largest value
    np.testing.assert_allclose(call_constant("quantiles", SHARES, arguments), expected, rtol=0, atol=3e-14)
    np.testing.assert_allclose(call("quantiles", SHARES, as_arrays(arguments)), expected, rtol=0, atol=3e-14)
    mixed = [a if k % 2 == 0 else jnp.full(SHARES.shape, a) for k, a in enumerate(arguments)]
    found = quantile("quantiles", jnp.asarray(SHARES), mixed)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-14)


# --- definitions -------------------------------------------------------------------------


def test_a_choice_takes_each_value_by_its_weight():
    shares = np.array([0.0, 0.2499, 0.25, 0.7499, 0.75, 1 - 2**-53])
    expected = [7.0, 7.0, -1.0, -1.0, 3.0, 3.0]
    arguments = (7.0, 1.0, -1.0, 2.0, 5.0, 0.0, 3.0, 1.0, 9.0, 0.0)
    assert call_constant("choice", shares, arguments).tolist() == expected
    arrays = [jnp.full(shares.shape, argument) for argument in arguments]
    assert call("choice", shares, arrays).tolist() == expected


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0.001, 100), min_size=3, max_size=3))
def test_a_last_weight_of_0_is_never_chosen(cell, weights):
    u = jnp.asarray([(cell + 0.5) / 2**32, 1 - 2**-53])
    a, b, c = weights
    assert 3.0 not in quantile("choice", u, (0.0, a, 1.0, b, 2.0, c, 3.0, 0.0)).tolist()


@pytest.mark.parametrize("kind", [*CASES, "quantiles"])
def test_a_larger_share_never_has_a_smaller_value(kind):
    """Up to rounding: 1e-15 of the spread of the values."""
    arguments = CASES[kind][0] if kind in CASES else [0.0, -1.0, 0.3, 0.0, 0.6, 0.0, 1.0, 5.0]
    values = call_constant(kind, np.sort(SHARES), arguments)
    assert np.diff(values).min() >= -1e-15 * np.ptp(values)


# --- central values ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*CASES, "quantiles"])
def test_the_central_value_is_the_median(kind):
    arguments = CASES[kind][0] if kind in CASES else [0.0, -1.0, 0.3, 0.0, 0.7, 2.0, 1.0, 5.0]
    middle = central(kind, arguments)
    assert isinstance(middle, float)
    np.testing.assert_allclose(call_constant(kind, np.array([0.5]), arguments), middle, rtol=1e-10)
    arrays = central(kind, [jnp.full(3, argument) for argument in arguments])
    np.testing.assert_allclose(arrays, np.full(3, middle), rtol=1e-10)


def test_the_central_value_may_be_asked_for_while_tracing():
    arguments = [0.0, -1.0, 0.3, 0.0, 0.7, 2.0, 1.0, 5.0]
    found = jax.jit(lambda x: x + central("quantiles", arguments))(1.0)
    assert float(found) == 1.0 + central("quantiles", arguments)


def test_the_central_value_of_a_choice_is_its_heaviest_the_first_if_several():
    assert central("choice", (4.0, 1.0, 5.0, 2.0, 6.0, 2.0)) == 5.0
    weights = jnp.array([1.0, 3.0, 2.0])
    assert central("choice", (4.0, weights, 5.0, 2.0)).tolist() == [5.0, 4.0, 4.0]


# --- rules -------------------------------------------------------------------------------

number = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=40)
@given(st.data())
def test_rules_for_arrays_are_those_of_the_model(kind, data):
    size = KINDS[kind].arity or 6
    rows = data.draw(st.lists(st.lists(number, min_size=size, max_size=size), min_size=4, max_size=4))
    if kind == "quantiles":
        rows = [[0.0, row[1], row[2], row[3], 1.0, row[5]] for row in rows]
    by_model = [KINDS[kind].fault(row[1::2] if kind == "choice" else row) is not None for row in rows]
    assert invalid(kind, [jnp.asarray(column) for column in zip(*rows, strict=True)]).tolist() == by_model
    assert [invalid(kind, row) for row in rows] == by_model


def test_nan_is_always_wrong():
    assert invalid("normal", [jnp.array([np.nan, 1.0]), 1.0]).tolist() == [True, False]
    assert invalid("choice", [jnp.array([np.nan, 1.0]), 1.0, 2.0, 1.0]).tolist() == [True, False]
    assert invalid("uniform", [0.0, float("nan")])


def test_wrong_constants_beside_arrays_give_no_error():
    u = jnp.array([0.2, 0.5])
    assert np.isnan(quantile("pert", u, [1.0, jnp.array([1.0, 2.0]), 1.0])).any()
    assert invalid("pert", [1.0, jnp.array([1.0, 2.0]), 1.0]).all()
