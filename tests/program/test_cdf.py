"""Distribution functions against scipy's, and as inverses of the quantile functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from raison.program.cdf import cdf
from raison.program.quantile import quantile

RANDOM = np.random.default_rng(1)
SHARES = RANDOM.uniform(size=200)

CASES: dict[str, tuple[str, tuple[float, ...], Any]] = {
    "uniform": ("uniform", (-2.0, 3.0), stats.uniform(-2, 5)),
    "triangular": ("triangular", (-1.0, 0.5, 2.0), stats.triang(0.5, -1, 3)),
    "triangular, mode low": ("triangular", (0.0, 0.0, 2.0), stats.triang(0, 0, 2)),
    "triangular, mode high": ("triangular", (0.0, 2.0, 2.0), stats.triang(1, 0, 2)),
    "pert": ("pert", (1.0, 2.0, 6.0), stats.beta(1.8, 4.2, 1, 5)),
    "normal": ("normal", (2.0, 0.5), stats.norm(2, 0.5)),
    "lognormal": ("lognormal", (3.0, 0.7), stats.lognorm(0.7, scale=3)),
    "beta": ("beta", (2.0, 5.0), stats.beta(2, 5)),
}
POINTS = (0.0, -1.0, 0.1, 0.0, 0.4, 0.5, 0.8, 0.5, 1.0, 4.0)

compiled = jax.jit(cdf, static_argnums=0)


@pytest.mark.parametrize("case", CASES)
def test_shares_are_those_of_scipy(case: str) -> None:
    kind, arguments, expected = CASES[case]
    x = np.concatenate([expected.ppf(SHARES), [-1e9, -3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0, 1e9]])
    # the promise; scipy's own triangle is good to some roundings
    np.testing.assert_allclose(compiled(kind, x, arguments), expected.cdf(x), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "shapes",
    [
        (1.0, 1.0),
        (0.5, 0.5),
        (0.01, 0.01),
        (0.01, 1e4),
        (1e4, 0.01),
        (1e4, 1e4),
        (100.0, 1000.0),
        (30.0, 2.0),
    ],
)
def test_beta_shares_are_those_of_scipy(shapes: tuple[float, float]) -> None:
    expected = stats.beta(*shapes)
    x = np.concatenate([expected.ppf(SHARES), expected.ppf([1e-20, 1e-10, 1e-5, 1 - 1e-5])])
    x = x[x > 1e-300]  # XLA takes subnormal numbers for 0
    shares = np.asarray(compiled("beta", x, shapes))
    np.testing.assert_allclose(shares, expected.cdf(x), rtol=1e-12, atol=1e-13)  # the promise


@pytest.mark.parametrize("case", CASES)
def test_they_undo_the_quantile_functions(case: str) -> None:
    kind, arguments, _ = CASES[case]
    given = [jnp.full(SHARES.shape, argument) for argument in arguments]
    found = cdf(kind, quantile(kind, jnp.asarray(SHARES), given), given)
    # beta's quantile is good to 1e-11 of x, and its density times x stays below 10
    tolerance = 1e-10 if kind in ("beta", "pert") else 1e-13
    np.testing.assert_allclose(found, SHARES, rtol=0, atol=tolerance)


def test_the_cubic_through_quantiles_is_inverted() -> None:
    """By the roots of SciPy's interpolator."""
    cubic = PchipInterpolator(POINTS[0::2], POINTS[1::2])
    x = RANDOM.uniform(-1.0, 4.0, 60)
    expected: Any = [brentq(lambda u, goal=goal: cubic(u) - goal, 0.0, 1.0, xtol=1e-15) for goal in x]
    # brentq stops at 1e-15 of u, and both cubics round
    np.testing.assert_allclose(compiled("quantiles", x, POINTS), expected, rtol=0, atol=1e-13)
    assert compiled("quantiles", np.array([-1.1, -1.0, 4.0, 4.1]), POINTS).tolist() == [0, 0, 1, 1]


def test_at_a_flat_piece_of_quantiles_the_share_is_its_right_end() -> None:
    points = (0.0, 0.0, 0.2, 1.0, 0.6, 1.0, 1.0, 2.0)
    found = compiled("quantiles", np.array([1.0, np.nextafter(1.0, 0.0)]), points)
    assert found[0] == 0.6
    # the quantile function leaves 1 like a square or a cube root of the distance
    assert 0.2 - 1e-4 < found[1] <= 0.2
    last = compiled("quantiles", np.array([1.0, 0.5]), (0.0, 0.0, 0.3, 1.0, 1.0, 1.0))
    assert last[0] == 1.0
    assert 0.0 < last[1] < 0.3


def test_quantiles_are_inverted_to_a_rounding_of_the_value() -> None:
    points = (0.0, -1e3, 0.25, 1.0, 0.5, 1.0001, 0.75, 1.0002, 1.0, 1e6)
    x = np.concatenate([RANDOM.uniform(-1e3, 1e6, 100), RANDOM.uniform(1.0, 1.0002, 100)])
    back = quantile("quantiles", compiled("quantiles", x, points), points)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-15 * 1e6 * 10)  # the promise, and the way back


def test_a_choice_is_a_stair() -> None:
    x = np.array([0.0, 1.0, 1.5, 2.0, 3.0])
    assert compiled("choice", x, (1.0, 1.0, 2.0, 3.0)).tolist() == [0, 0.25, 0.25, 1, 1]


def test_arguments_may_have_other_axes() -> None:
    x = jnp.linspace(-1.0, 1.0, 3)[:, None, None]
    mean = jnp.asarray([[[0.0, 1.0]], [[0.5, 2.0]], [[3.0, -1.0]]]).reshape(1, 3, 2)
    found = cdf("normal", x, (mean, 2.0))
    assert found.shape == (3, 3, 2)
    np.testing.assert_allclose(found, stats.norm(mean, 2.0).cdf(np.asarray(x)), rtol=0, atol=1e-15)
