"""Normal and logistic functions against mpmath at 40 digits."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.program import special

mpmath.mp.dps = 40
ROOT_2, ROOT_2_PI = mpmath.sqrt(2), mpmath.sqrt(2 * mpmath.pi)


def cdf(x):
    return mpmath.erfc(-x / ROOT_2) / 2


def pdf(x):
    return mpmath.exp(-x * x / 2) / ROOT_2_PI


def quantile(u):
    """Newton's rule on the smaller tail, from our own value: three steps double 15 digits to more than 40."""
    x = mpmath.mpf(float(special.normal_quantile(float(u))))
    for _ in range(3):
        x -= (cdf(x) - u if u < 0.5 else (1 - u) - cdf(-x)) / pdf(x)
    return x


def largest_relative_error(function, exact, points):
    worst = 0.0
    for x, y in zip(points, np.asarray(jax.jit(function)(jnp.asarray(points))), strict=True):
        truth = exact(mpmath.mpf(float(x)))
        worst = max(worst, float(abs((mpmath.mpf(float(y)) - truth) / (truth or 1))))
    return worst


RANDOM = np.random.default_rng(0)
NEAR_HALF = 0.5 + RANDOM.normal(size=200) * 10.0 ** -RANDOM.integers(1, 16, 200)

# Each tolerance is about twice the largest error seen on 3,000 points: some units of rounding (1.1e-16). The
# normal distribution function is only asked for 1e-14 down to -8.
CASES = {
    "cdf from -8 to 8": (special.normal_cdf, cdf, RANDOM.uniform(-8, 8, 800), 1.6e-15),
    "cdf far below": (special.normal_cdf, cdf, RANDOM.uniform(-37.5, -8, 400), 2.2e-15),
    "cdf around 0": (special.normal_cdf, cdf, RANDOM.normal(size=200) * 1e-8, 4e-16),
    "pdf": (special.normal_pdf, pdf, RANDOM.uniform(-37.5, 37.5, 400), 2.2e-15),
    "quantile": (special.normal_quantile, quantile, RANDOM.uniform(2**-33, 1 - 2**-33, 400), 1.2e-15),
    "quantile near 0": (special.normal_quantile, quantile, 2.0 ** -RANDOM.uniform(1, 1000, 300), 1.2e-15),
    "quantile near 1": (special.normal_quantile, quantile, 1 - 2.0 ** -RANDOM.uniform(1, 52, 200), 1.2e-15),
    "quantile near 1/2": (special.normal_quantile, quantile, NEAR_HALF, 1.2e-15),
    "logit": (special.logit, lambda p: mpmath.log(p / (1 - p)), RANDOM.uniform(0, 1, 400), 1.2e-15),
    "logit near 0": (
        special.logit,
        lambda p: mpmath.log(p / (1 - p)),
        2.0 ** -RANDOM.uniform(1, 1000, 200),
        1.2e-15,
    ),
    "logit near 1/2": (special.logit, lambda p: mpmath.log(p / (1 - p)), NEAR_HALF, 1.2e-15),
    "logistic": (special.logistic, lambda x: 1 / (1 + mpmath.exp(-x)), RANDOM.uniform(-700, 40, 300), 8e-16),
}


@pytest.mark.parametrize("case", CASES)
def test_functions_are_good_to_a_few_roundings(case):
    function, exact, points, tolerance = CASES[case]
    assert largest_relative_error(function, exact, points) < tolerance


@pytest.mark.parametrize(
    ("function", "points", "values"),
    [
        (special.normal_cdf, [-np.inf, -1e300, 0, 1e300, np.inf, np.nan], [0, 0, 0.5, 1, 1, np.nan]),
        (special.normal_pdf, [-np.inf, -1e300, np.inf, np.nan], [0, 0, 0, np.nan]),
        (special.normal_quantile, [0, 1, 0.5, -1, 2, np.nan], [-np.inf, np.inf, 0, np.nan, np.nan, np.nan]),
        (special.logit, [0, 1, 0.5, -1, 2, np.nan], [-np.inf, np.inf, 0, np.nan, np.nan, np.nan]),
        (special.logistic, [-np.inf, 0, np.inf, np.nan], [0, 0.5, 1, np.nan]),
    ],
)
def test_limits_are_exact_and_nothing_is_made_of_nothing(function, points, values):
    np.testing.assert_array_equal(function(jnp.array(points, jnp.float64)), np.array(values, float))


@settings(deadline=None)
@given(st.floats(-37, 37), st.floats(1e-12, 1))
def test_the_distribution_function_never_falls(x, step):
    """Steps above rounding; 4e-16 of the value is the error that two neighbours may have apart."""
    low, high = np.asarray(special.normal_cdf(jnp.array([x, x + step])))
    assert high >= low * (1 - 4e-15)


@pytest.mark.parametrize("x", [-30.0, -2.0, 0.0, 0.5, 6.0])
def test_derivatives_are_those_of_the_functions(x):
    """Not of their approximations: equal to the closed forms to rounding."""
    density = float(pdf(mpmath.mpf(x)))
    np.testing.assert_allclose(jax.grad(special.normal_cdf)(x), density, rtol=3e-15)
    np.testing.assert_allclose(jax.grad(special.normal_pdf)(x), -x * density, rtol=3e-15)


@pytest.mark.parametrize("u", [1e-9, 0.3, 0.5, 0.99])
def test_the_quantile_has_the_derivative_of_an_inverse(u):
    x = quantile(mpmath.mpf(u))
    # the density at x is off by x times the error of x, here at most 6 * 6 * 1e-15
    np.testing.assert_allclose(jax.grad(special.normal_quantile)(u), float(1 / pdf(x)), rtol=4e-14)
