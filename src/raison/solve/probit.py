r"""Which of several normal numbers is the largest.

Notation: :math:`\varphi` and :math:`\Phi` are the density and the distribution function of the standard
normal. Independent numbers :math:`X_a \sim N(v_a, s_a^2)`:

.. math:: P(a) = \int \varphi(z) \prod_{b \ne a} \Phi\bigl((v_a - v_b + s_a z) / s_b\bigr)\, dz.

The integrand is entire and falls like :math:`\varphi`, so the trapezoidal rule converges geometrically: on
the line at height `y` it grows by at most :math:`e^{m y^2/2}` with :math:`m = 1 + \sum_b s_a^2/s_b^2`, and
the error of step `h` is of order :math:`e^{-2\pi^2/(m h^2)}` (Trefethen and Weideman 2014, theorem 5.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from raison.program import special

Array = Any

_REACH = 8.5  # the density beyond it is below 1e-16
_DIGITS = 30.0  # the rule's error is of order exp(-_DIGITS), 1e-13
_NEAR = 1e-150  # as good as 0
_FAR = 40.0  # standard deviations that are as good as infinitely many
_GAUSS = [row.tolist() for row in np.polynomial.legendre.leggauss(32)]


def win(gap: Array, spread: Array) -> Array:
    """The probability that a normal number of mean `gap` and standard deviation `spread` is above 0.

    Without spread it is 1 above 0, 0 below and 1/2 at 0, as with a coin for ties.
    """
    certain = spread <= 0.0
    chance = special.normal_cdf(gap / jnp.where(certain, 1.0, spread))
    return jnp.where(certain, jnp.where(gap > 0.0, 1.0, jnp.where(gap < 0.0, 0.0, 0.5)), chance)


def largest(values: Sequence[Array], spreads: Sequence[Array], alive: Sequence[Array], ratio: float) -> Any:
    """Which of several independent normal numbers is the largest.

    Args:
        values: Means, each `[B]` float64 or a number; what they are where not alive does not matter.
        spreads: Standard deviations above 0, likewise.
        alive: Whether each takes part, `[B]` bool or True.
        ratio: An upper bound of the sum of squared ratios of one spread to each of the others.

    Returns:
        Per number the probability, `[B]`; 0 where it does not take part.

    Accuracy: 1e-12.

    Source: Daganzo (1979), "Multinomial Probit", section 2.3, for the integral; the choice of the step is
    ours, from Trefethen and Weideman (2014), "The exponentially convergent trapezoidal rule", SIAM Review 56,
    385-458.
    """
    step = math.sqrt(2.0 * math.pi**2 / (_DIGITS * (1.0 + ratio)))
    count = math.ceil(_REACH / step)
    nodes = step * np.arange(-count, count + 1)
    weights = step * np.exp(-(nodes**2) / 2.0) / math.sqrt(2.0 * math.pi)
    shape = np.broadcast_shapes(*(jnp.shape(number) for number in (*values, *spreads, *alive)))
    nodes, weights = (jnp.asarray(row.reshape(-1, *(1 for _ in shape))) for row in (nodes, weights))
    means, deviations = (
        [jnp.broadcast_to(jnp.asarray(number, jnp.float64), shape) for number in numbers]
        for numbers in (values, spreads)
    )
    found: list[Array] = []
    for a, (mean, deviation) in enumerate(zip(means, deviations, strict=True)):
        product = weights
        for b, (other, width) in enumerate(zip(means, deviations, strict=True)):
            if b != a:
                beaten = special.normal_cdf(((mean - other)[None] + deviation[None] * nodes) / width[None])
                product = product * _if_alive(alive[b], beaten)
        total = jnp.sum(product, axis=0)
        found.append(total if alive[a] is True else jnp.where(alive[a], total, 0.0))
    return tuple(found)


def _if_alive(alive: Array, beaten: Array) -> Array:
    """One that does not take part is beaten."""
    return (
        beaten if alive is True else jnp.where(jnp.broadcast_to(alive, beaten.shape[1:])[None], beaten, 1.0)
    )


def both_below(h: Array, k: Array, correlation: Array) -> Array:
    """The probability that two standard normal numbers are at most `h` and `k`.

    Args:
        h: `[B]` float64; beyond 40 it counts as 40.
        k: `[B]` float64, likewise.
        correlation: `[B]` float64, from -1 to 1.

    Returns:
        `[B]` float64.

    Accuracy: 1e-14 for the given correlation.

    Source: Owen (1956), "Tables for computing bivariate normal probabilities", Annals of Mathematical
    Statistics 27, 1075-1090, equations 2.1 and 2.3 to 2.5.
    """
    h, k = jnp.clip(h, -_FAR, _FAR), jnp.clip(k, -_FAR, _FAR)
    negative = correlation < 0.0
    rho = jnp.minimum(jnp.abs(correlation), 1.0)
    k = jnp.where(negative, -k, k)
    both = _both_below(h, k, rho)
    return jnp.where(negative, jnp.maximum(special.normal_cdf(h) - both, 0.0), both)


def _both_below(h: Array, k: Array, rho: Array) -> Array:
    """For correlations from 0 on."""
    h, k = (jnp.where(jnp.abs(x) < _NEAR, _NEAR, x) for x in (h, k))  # else 0 / 0 where both are 0
    same = rho == 1.0
    width = jnp.sqrt(jnp.where(same, 1.0, (1.0 - rho) * (1.0 + rho)))
    drift = 1.0 - rho  # so that close h and k keep the digits of their difference
    corners = _owen(h, (k - h + drift * h) / width) + _owen(k, (h - k + drift * k) / width)
    below = 0.5 * (special.normal_cdf(h) + special.normal_cdf(k)) - corners
    below = below - jnp.where((h < 0.0) != (k < 0.0), 0.5, 0.0)
    return jnp.where(same, special.normal_cdf(jnp.minimum(h, k)), jnp.maximum(below, 0.0))


def _owen(h: Array, q: Array) -> Array:
    """Owen's T(h, q / h), without the quotient where it is above 1."""
    size, other = jnp.abs(h), jnp.abs(q)
    long, short = jnp.maximum(size, other), jnp.minimum(size, other)
    ratio = short / jnp.where(long > 0.0, long, 1.0)
    exponent = -0.5 * long * long
    total = jnp.zeros_like(long)
    for node, weight in zip(*_GAUSS, strict=True):
        square = 1.0 + (ratio * (0.5 * (1.0 + node))) ** 2
        total = total + weight * jnp.exp(exponent * square) / square
    area = ratio * total / (4.0 * math.pi)
    one, two = special.normal_cdf(size), special.normal_cdf(other)
    area = jnp.where(other > size, 0.5 * (one + two) - one * two - area, area)
    return jnp.where((h < 0.0) != (q < 0.0), -area, area)
