"""Distribution functions of the distributions: the probability of being at most a number.

The inverses of `raison.program.quantile`, with the same arguments. They weigh the cells of an interval, so
the last dimension may be the draws or anything else: everything broadcasts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from raison.program import special
from raison.program.beta import beta_cdf
from raison.program.quantile import Argument, cubic_pieces, pert_shapes

_HALVINGS = 60  # at most, of a piece of a cubic; Newton's rule needs 3 to 8 steps
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


def cdf(kind: str, x: Argument, arguments: Sequence[Argument]) -> Array:
    """The probability that a number drawn from a distribution is at most `x`.

    Args:
        kind: Name of the distribution, a key of `raison.model.distribution.KINDS`.
        x: Any shape, float64; -inf and inf give 0 and 1.
        arguments: As in the file, each a Python float or an array of as many dimensions as `x`. For
            `quantiles` share, value, share, value ...; for `choice` value, weight, value, weight ...

    Returns:
        float64 of the shape that `x` and the arguments broadcast to, from 0 to 1, not falling in `x`.
        Meaningless where `raison.program.quantile.invalid` is true.

    Accuracy: 1e-13, measured against SciPy, for x that is not subnormal. For `quantiles`, whose density is
    infinite where the quantile function is flat, it is the error of x that is small: relative to the
    largest value, 1e-15.
    """
    point = jnp.asarray(x, jnp.float64)
    given = [jnp.asarray(argument, jnp.float64) for argument in arguments]
    shape = np.broadcast_shapes(point.shape, *(argument.shape for argument in given))
    return jnp.broadcast_to(_FUNCTIONS[kind](point, given), shape)


def _uniform(x: Array, arguments: Sequence[Array]) -> Any:
    low, high = arguments
    return jnp.clip((x - low) / (high - low), 0.0, 1.0)


def _triangular(x: Array, arguments: Sequence[Array]) -> Any:
    low, mode, high = arguments
    x = jnp.clip(x, low, high)
    width = high - low
    # a side has no width if the mode is an end; nothing lies on it then
    rising = (x - low) ** 2 / (width * jnp.where(mode > low, mode - low, 1.0))
    falling = 1.0 - (high - x) ** 2 / (width * jnp.where(high > mode, high - mode, 1.0))
    return jnp.where(x < mode, rising, falling)


def _pert(x: Array, arguments: Sequence[Array]) -> Any:
    low, mode, high = arguments
    return beta_cdf((x - low) / (high - low), *pert_shapes(low, mode, high))


def _normal(x: Array, arguments: Sequence[Array]) -> Any:
    mean, deviation = arguments
    return special.normal_cdf((x - mean) / deviation)


def _lognormal(x: Array, arguments: Sequence[Array]) -> Any:
    median, deviation = arguments
    ratio = jnp.where(x > 0.0, x / median, 1.0)
    return jnp.where(x > 0.0, special.normal_cdf(jnp.log(ratio) / deviation), 0.0)


def _beta(x: Array, arguments: Sequence[Array]) -> Any:
    return beta_cdf(x, *arguments)


def _quantiles(x: Array, arguments: Sequence[Array]) -> Any:
    """The share at which the monotone cubic is `x`; at a flat piece, its right end."""
    lowest, highest = arguments[1], arguments[-1]
    pieces = cubic_pieces(arguments)
    ends = [*arguments[2::2]]
    chosen: list[Any] = [*pieces[0], ends[0]]
    for piece, end in zip(pieces[1:], ends[1:], strict=True):
        here = x >= piece[1]
        chosen = [jnp.where(here, new, old) for new, old in zip((*piece, end), chosen, strict=True)]
    left, value, slope, bend, twist, end = jnp.broadcast_arrays(*chosen)
    missing = x - value
    high = end - left
    largest = jnp.maximum(jnp.abs(lowest), jnp.abs(highest))

    def step(state: tuple[Array, Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array, Array]:
        t, low, high, _, count = state
        gap = t * (slope + t * (bend + t * twist)) - missing
        rise = slope + t * (2.0 * bend + 3.0 * t * twist)
        low, high = jnp.where(gap < 0.0, t, low), jnp.where(gap > 0.0, t, high)
        aim = t - gap / jnp.where(rise > 0.0, rise, 1.0)
        safe = (rise > 0.0) & (aim >= low) & (aim <= high)
        new = jnp.where(gap == 0.0, t, jnp.where(safe, aim, (low + high) / 2))
        still = (jnp.abs(gap) > _ROUNDING * largest) & (jnp.abs(new - t) > _ROUNDING * end)
        return new, low, high, still, count + 1

    def unfinished(state: tuple[Array, Array, Array, Array, Array]) -> Array:
        return (state[4] < _HALVINGS) & jnp.any(state[3])

    missing, high = jnp.broadcast_arrays(missing, high)
    first = jnp.where(missing == 0.0, 0.0, high / 2)  # the slope may be 0 there, and Newton's rule slow
    start = (first, jnp.zeros_like(high), high, jnp.ones_like(high, bool), jnp.asarray(0))
    t = jax.lax.while_loop(unfinished, step, start)[0]
    return jnp.where(x < lowest, 0.0, jnp.where(x >= highest, 1.0, left + t))


def _choice(x: Array, arguments: Sequence[Array]) -> Any:
    values, weights = arguments[0::2], arguments[1::2]
    total, below = weights[0], jnp.where(values[0] <= x, weights[0], 0.0)
    for value, weight in zip(values[1:], weights[1:], strict=True):
        total, below = total + weight, below + jnp.where(value <= x, weight, 0.0)
    return below / total


_FUNCTIONS: dict[str, Callable[[Array, Sequence[Array]], Any]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "normal": _normal,
    "lognormal": _lognormal,
    "beta": _beta,
    "quantiles": _quantiles,
    "choice": _choice,
}
