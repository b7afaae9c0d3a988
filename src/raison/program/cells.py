r"""Distributions as axes: points that stand for all numbers, and how much each weighs.

A private type or a chance draw with a distribution becomes an axis of an array, with a point and a weight
for each index. For :math:`\mathrm{E} f(X)`, with `Q` the quantile function of `X`:

* equal cells: :math:`\frac1n \sum_k f(Q((k + 1/2)/n))`, the median of each of `n` cells of equal probability;
  error of order :math:`n^{-2}` where `f(Q(u))` is smooth, :math:`n^{-1}` where it jumps;
* Gauss points: the points and weights that are exact for polynomials of degree :math:`2n - 1`; the error
  falls geometrically where `f` is analytic, but is erratic where it jumps, as it does where somebody acts
  on the number;
* cells of an interval: equally wide, each represented by its middle. The points do not depend on the
  distribution's arguments, so that seeing the point says no more than the number would.

Arrays have one dimension for each axis and the draws last. A result has the points along dimension `axis`,
and elsewhere the sizes of the arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from raison.program.cdf import cdf
from raison.program.quantile import Argument, pert_shapes, quantile

_SMALLEST, _LARGEST = 0.05, 200.0  # shapes of a beta distribution for which the rule keeps its digits
Cells = tuple[Array, Array]
"""Points and weights; the weights have size 1 where they do not differ."""


def equal_cells(kind: str, arguments: Sequence[Argument], steps: int, axis: int, rank: int) -> Cells:
    """Cells of equal probability, each represented by its median.

    Args:
        kind: Name of the distribution; a `choice` is cut into its values.
        arguments: As for `quantile`, each a Python float or an array of `rank` dimensions.
        steps: Number of cells; for a `choice` it is not asked.
        axis: Dimension along which the points lie.
        rank: Number of dimensions, the draws included.

    Returns:
        Points, of size `steps` along `axis` and broadcast from the arguments elsewhere, and weights, which
        sum to 1 along it.

    Accuracy: of the points as `quantile`; of an expectation of order `steps`**-2 where the integrand is a
    smooth function of the share, `steps`**-1 where it jumps.
    """
    if kind == "choice":
        return value_cells(arguments, axis, rank)
    shares = (np.arange(steps) + 0.5) / steps
    return _points(kind, arguments, shares, axis, rank), _along(np.full(steps, 1.0 / steps), axis, rank)


def gauss_cells(kind: str, arguments: Sequence[Argument], steps: int, axis: int, rank: int) -> Cells:
    """Gauss points: for draws on which nobody acts by jumps.

    Gauss-Hermite for `normal` and `lognormal` (in the logarithm), Gauss-Jacobi for `beta` and `pert` of
    constant shapes, and Gauss-Legendre in the share for all others.

    Args:
        kind: Name of the distribution; a `choice` is cut into its values.
        arguments: As for `equal_cells`.
        steps: Number of points.
        axis: Dimension along which the points lie.
        rank: Number of dimensions, the draws included.

    Returns:
        Points and weights as of `equal_cells`.

    Accuracy: geometric in `steps` where the integrand is analytic, for `uniform` and the kinds named above.
    The quantile functions of the others have kinks and vertical ends: order 2 to 4 there.

    Source: Golub and Welsch (1969), "Calculation of Gauss quadrature rules", Mathematics of Computation 23,
    221-230, as in NumPy and SciPy.
    """
    if kind == "choice":
        return value_cells(arguments, axis, rank)
    if kind in ("normal", "lognormal"):
        nodes, weights = _hermite(steps)
        place, deviation = (_number(argument) for argument in arguments)
        away = deviation * _along(nodes, axis, rank)
        points = place + away if kind == "normal" else place * jnp.exp(away)
        return jnp.broadcast_to(points, _shape(arguments, steps, axis, rank)), _along(weights, axis, rank)
    rule = _constant_rule(kind, arguments, steps)
    if rule is not None:
        return _along(rule[0], axis, rank), _along(rule[1], axis, rank)
    nodes, weights = _legendre(steps)
    return _points(kind, arguments, nodes, axis, rank), _along(weights, axis, rank)


def grid_cells(
    kind: str,
    arguments: Sequence[Argument],
    low: Argument,
    high: Argument,
    steps: int,
    axis: int,
    rank: int,
) -> Cells:
    """Equally wide cells of an interval, each represented by its middle; the end cells hold the tails.

    Args:
        kind: Name of the distribution.
        arguments: As for `equal_cells`; they may differ along other axes than the interval does.
        low: Lower end, a Python float or an array of `rank` dimensions.
        high: Upper end, likewise; above `low`.
        steps: Number of cells.
        axis: Dimension along which the points lie.
        rank: Number of dimensions, the draws included.

    Returns:
        Points, broadcast from the ends alone, and weights, broadcast from ends and arguments.

    Accuracy: the weights as `cdf`; of an expectation of order `steps`**-2 where the integrand is smooth and
    the interval holds all of the distribution.
    """
    ends = _along(np.arange(1, steps) / steps, axis, rank)
    middles = _along((np.arange(steps) + 0.5) / steps, axis, rank)
    bottom, width = _number(low), _number(high) - _number(low)
    points = bottom + width * middles
    below = cdf(kind, bottom + width * ends, arguments)
    shape = list(below.shape)
    shape[axis] = 1
    below = jnp.concatenate([jnp.zeros(shape), below, jnp.ones(shape)], axis=axis)
    return jnp.broadcast_to(points, _shape((low, high), steps, axis, rank)), jnp.diff(below, axis=axis)


def value_cells(arguments: Sequence[Argument], axis: int, rank: int) -> Cells:
    """The values of a `choice` and their weights, normalised.

    Args:
        arguments: Value, weight, value, weight ..., each a Python float or an array of `rank` dimensions.
        axis: Dimension along which the values lie.
        rank: Number of dimensions, the draws included.

    Returns:
        Values and weights, of size half the number of arguments along `axis`.
    """
    points, weights = (_join(arguments[start::2], axis, rank) for start in (0, 1))
    return points, weights / jnp.sum(weights, axis=axis, keepdims=True)


def _points(
    kind: str, arguments: Sequence[Argument], shares: NDArray[np.float64], axis: int, rank: int
) -> Array:
    shape = _shape(arguments, len(shares), axis, rank)
    return quantile(kind, jnp.broadcast_to(_along(shares, axis, rank), shape), arguments)


def _number(argument: Argument) -> Array:
    return jnp.asarray(argument, jnp.float64)


def _along(row: NDArray[np.float64], axis: int, rank: int) -> Array:
    return jnp.asarray(row.reshape([-1 if dimension == axis else 1 for dimension in range(rank)]))


def _shape(arguments: Sequence[Argument], steps: int, axis: int, rank: int) -> tuple[int, ...]:
    new = tuple(steps if dimension == axis else 1 for dimension in range(rank))
    return np.broadcast_shapes(new, *(np.shape(argument) for argument in arguments))


def _join(arguments: Sequence[Argument], axis: int, rank: int) -> Array:
    shape = _shape(arguments, 1, axis, rank)
    return jnp.concatenate([jnp.broadcast_to(_number(a), shape) for a in arguments], axis=axis)


# --- rules ------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _legendre(steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For the share, from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return 0.5 * (1.0 + nodes), 0.5 * weights


@lru_cache(maxsize=64)
def _hermite(steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For the standard normal."""
    import scipy.special  # here, since it takes long to import; its rule is stable where NumPy's overflows

    nodes, weights = scipy.special.roots_hermitenorm(steps)
    return nodes, weights / weights.sum()


@lru_cache(maxsize=64)
def _jacobi(steps: int, a: float, b: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For the beta distribution with shapes `a` and `b`, from 0 to 1."""
    import scipy.special

    nodes, weights = scipy.special.roots_jacobi(steps, b - 1.0, a - 1.0)
    return 0.5 * (1.0 + nodes), weights / weights.sum()


def _constant_rule(
    kind: str, arguments: Sequence[Argument], steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Gauss-Jacobi, where the shapes are constant and of ordinary size."""
    given = [float(argument) for argument in arguments if isinstance(argument, int | float)]
    if kind not in ("beta", "pert") or len(given) < len(arguments):
        return None
    low, width, shapes = 0.0, 1.0, given
    if kind == "pert":
        low, width = given[0], given[2] - given[0]
        shapes = [float(shape) for shape in pert_shapes(*given)] if width > 0.0 else []
    if not shapes or not all(_SMALLEST <= shape <= _LARGEST for shape in shapes):
        return None
    nodes, weights = _jacobi(steps, *shapes)
    return low + width * nodes, weights
