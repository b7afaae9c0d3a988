"""Cells of distributions: exact where they must be, and orders of convergence elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from raison.program.cells import equal_cells, gauss_cells, grid_cells, value_cells

KINDS: dict[str, tuple[tuple[float, ...], Any]] = {
    "uniform": ((-1.0, 1.0), stats.uniform(-1, 2)),
    "triangular": ((0.0, 0.5, 2.0), stats.triang(0.25, 0, 2)),
    "pert": ((0.0, 1.0, 2.0), stats.beta(3, 3, 0, 2)),
    "normal": ((0.2, 0.6), stats.norm(0.2, 0.6)),
    "lognormal": ((1.0, 0.3), stats.lognorm(0.3)),
    "beta": ((2.0, 3.0), stats.beta(2, 3)),
}


def expectation(
    cells: Callable[..., Any], f: Callable[[np.ndarray], np.ndarray], steps: int, *given: Any
) -> float:
    points, weights = cells(*given, steps, 0, 2)
    return float(np.sum(np.asarray(weights) * f(np.asarray(points))))


def orders(errors: list[float]) -> list[float]:
    return [math.log2(coarse / fine) for coarse, fine in pairwise(errors)]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_cells_are_medians_of_cells_of_equal_weight(kind: str) -> None:
    arguments, expected = KINDS[kind]
    points, weights = equal_cells(kind, arguments, 5, 0, 2)
    assert points.shape == (5, 1)
    # beta's quantile function promises 1e-10
    np.testing.assert_allclose(points[:, 0], expected.ppf([0.1, 0.3, 0.5, 0.7, 0.9]), rtol=1e-10, atol=1e-15)
    assert np.asarray(weights).ravel().tolist() == [0.2] * 5


@pytest.mark.parametrize("kind", ["uniform", "quantiles"])
def test_equal_cells_are_of_order_2(kind: str) -> None:
    """exp of a number whose quantile function has a bounded slope."""
    arguments = {"uniform": (-1.0, 1.0), "quantiles": (0.0, -1.0, 0.5, 0.2, 1.0, 1.0)}[kind]
    exact = math.sinh(1) if kind == "uniform" else expectation(gauss_in_pieces, np.exp, 40, arguments)
    steps = [10, 20, 40, 80]
    errors = [abs(expectation(equal_cells, np.exp, n, kind, arguments) - exact) for n in steps]
    assert all(order == pytest.approx(2, abs=0.05) for order in orders(errors))


def gauss_in_pieces(arguments: tuple[float, ...], steps: int, axis: int, rank: int) -> Any:
    """SciPy's cubic, integrated piece by piece."""
    from scipy.interpolate import PchipInterpolator

    shares = arguments[0::2]
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    cubic = PchipInterpolator(shares, arguments[1::2])
    parts = [(a + (b - a) * (1 + nodes) / 2, (b - a) * weights / 2) for a, b in pairwise(shares)]
    return cubic(np.concatenate([u for u, _ in parts])), np.concatenate([w for _, w in parts])


def test_equal_cells_are_of_order_1_where_somebody_acts() -> None:
    """The share above a threshold is off by half a cell at most."""
    for steps in (10, 37, 100):
        share = expectation(equal_cells, lambda x: 1.0 * (x > 0.3), steps, "uniform", (0.0, 1.0))
        assert abs(share - 0.7) <= 0.5 / steps + 1e-15


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        ("uniform", math.sinh(1)),
        ("normal", math.exp(0.2 + 0.18)),
        ("pert", None),
        ("beta", None),
    ],
)
def test_gauss_points_are_spectral(kind: str, exact: float | None) -> None:
    """exp is analytic: twelve points reach rounding, and each further one gains a digit."""
    arguments, expected = KINDS[kind]
    value: float = expected.expect(np.exp) if exact is None else exact
    errors = [abs(expectation(gauss_cells, np.exp, n, kind, arguments) / value - 1) for n in (2, 4, 6, 12)]
    assert errors[1] < errors[0] / 50
    assert errors[2] < errors[1] / 50
    assert errors[3] < 1e-13  # roundings of twelve terms, and of scipy's integral


@pytest.mark.parametrize("kind", KINDS)
def test_gauss_points_have_the_mean_and_the_variance(kind: str) -> None:
    arguments, expected = KINDS[kind]
    mean = expectation(gauss_cells, lambda x: x, 60, kind, arguments)
    square = expectation(gauss_cells, np.square, 60, kind, arguments)
    # the ends and the kink of a triangle's quantile function leave some 60**-3
    tolerance = 1e-5 if kind == "triangular" else 1e-13
    assert mean == pytest.approx(expected.mean(), rel=tolerance)
    assert square - mean**2 == pytest.approx(expected.var(), rel=10 * tolerance)


def test_gauss_points_of_shapes_that_differ_between_draws_are_legendre_in_the_share() -> None:
    a = jnp.asarray([[2.0, 3.0]])
    points, weights = gauss_cells("beta", (a, 3.0), 8, 0, 2)
    nodes, expected = np.polynomial.legendre.leggauss(8)
    assert points.shape == (8, 2)
    np.testing.assert_allclose(points[:, 1], stats.beta(3, 3).ppf((1 + nodes) / 2), rtol=1e-10)
    np.testing.assert_allclose(weights[:, 0], expected / 2, rtol=1e-15)


def test_a_grid_has_its_middles_and_keeps_the_tails() -> None:
    points, weights = grid_cells("normal", (0.5, 2.0), -1.0, 1.0, 4, 0, 2)
    assert np.asarray(points).ravel().tolist() == [-0.75, -0.25, 0.25, 0.75]
    shares = stats.norm(0.5, 2).cdf([-0.5, 0.0, 0.5])
    np.testing.assert_allclose(np.asarray(weights).ravel(), np.diff([0, *shares, 1]), rtol=0, atol=1e-15)
    one = grid_cells("normal", (0.5, 2.0), -1.0, 1.0, 1, 0, 2)
    assert (float(one[0][0, 0]), float(one[1][0, 0])) == (0.0, 1.0)


def test_a_grid_is_of_order_2() -> None:
    errors = [
        abs(
            expectation(
                lambda n, *at: grid_cells("triangular", (0.0, 1.0, 2.0), 0.0, 2.0, n, *at), np.exp, steps
            )
            - (math.e - 1) ** 2
        )
        for steps in (10, 20, 40, 80)
    ]
    assert all(order == pytest.approx(2, abs=0.05) for order in orders(errors))


def test_points_of_a_grid_do_not_follow_the_distribution() -> None:
    """Else a glance at the point would tell what the distribution rests on."""
    hidden = jnp.linspace(-1.0, 1.0, 3)[:, None, None]
    points, weights = grid_cells("normal", (hidden, 1.0), -3.0, jnp.asarray([[[3.0, 4.0]]]), 6, 1, 3)
    assert points.shape == (1, 6, 2)
    assert weights.shape == (3, 6, 2)
    # telescoping sums of six differences
    np.testing.assert_allclose(np.sum(weights, axis=1), 1.0, rtol=0, atol=1e-15)


def test_a_choice_is_its_values() -> None:
    weight = jnp.asarray([[1.0, 2.0]])
    points, weights = value_cells((5.0, weight, 7.0, 2.0), 0, 2)
    assert points.tolist() == [[5], [7]]
    assert weights.tolist() == [[1 / 3, 0.5], [2 / 3, 0.5]]
    for cells in (equal_cells, gauss_cells):
        other = cells("choice", (5.0, weight, 7.0, 2.0), 9, 0, 2)
        assert (other[0].tolist(), other[1].tolist()) == (points.tolist(), weights.tolist())


def test_arguments_that_follow_another_axis_give_points_for_each() -> None:
    low = jnp.asarray([0.0, 10.0]).reshape(2, 1, 1)
    points, weights = equal_cells("uniform", (low, low + 1.0), 4, 1, 3)
    assert points.shape == (2, 4, 1)
    assert points[1, :, 0].tolist() == [10.125, 10.375, 10.625, 10.875]
    assert weights.shape == (1, 4, 1)
