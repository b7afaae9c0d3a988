"""Quantile functions of the distributions: a point of the unit interval becomes a parameter's value.

Arguments come in the order of the file, each a Python float where it is the same in all draws, or an array
`[B]`. What is constant is computed once, when the function is traced. `raison.model.distribution` has the
rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from raison.model.distribution import KINDS
from raison.program import special
from raison.program.beta import beta_median, beta_quantile

Argument = float | Array

PERT_WEIGHT = 4.0
"""How much more the mode of a `pert` weighs than each of its ends in its mean."""


def quantile(kind: str, u: Array, arguments: Sequence[Argument]) -> Array:
    """The value of a distribution at a point of the unit interval.

    Args:
        kind: Name of the distribution, a key of `KINDS`.
        u: `[B]` float64, from 2**-53 to 1 - 2**-53.
        arguments: As in the file, each a Python float or `[B]` float64. For `quantiles` share, value, share,
            value ...; for `choice` value, weight, value, weight ..., values as numbers.

    Returns:
        `[B]` float64, not falling in `u`. Meaningless where `invalid` is true.

    Accuracy: relative 1e-10 for `beta` and `pert` of shapes from 0.01 to 10,000; a few roundings for the
    others.
    """
    given = tuple(_plain(argument) for argument in arguments)
    if not _all_constant(given):  # wrong constants among them shall give NaN, not Python's ZeroDivisionError
        given = tuple(jnp.asarray(argument, jnp.float64) for argument in given)
    value = _FUNCTIONS[kind](u, given)
    return jnp.broadcast_to(jnp.asarray(value, jnp.float64), u.shape)


def central(kind: str, arguments: Sequence[Argument]) -> Argument:
    """The median; for `choice` the value of the largest weight, the first listed if several have it.

    Args:
        kind: Name of the distribution.
        arguments: As for `quantile`.

    Returns:
        A Python float if all arguments are, else `[B]` float64.
    """
    given = tuple(_plain(argument) for argument in arguments)
    if kind == "choice":
        return _heaviest(given)
    if _all_constant(given):
        return _constant_median(kind, [float(argument) for argument in given])
    shape = np.broadcast_shapes(*(np.shape(argument) for argument in given))
    return quantile(kind, jnp.full(shape, 0.5), given)


def invalid(kind: str, arguments: Sequence[Argument]) -> bool | Array:
    """Whether the arguments are wrong, by the rules of `raison.model.distribution`; NaN is always wrong.

    Args:
        kind: Name of the distribution.
        arguments: As for `quantile`.

    Returns:
        A Python bool if all arguments are Python floats, else `[B]` bool.
    """
    given = tuple(_plain(argument) for argument in arguments)
    if _all_constant(given):
        numbers = [float(argument) for argument in given]
        checked = numbers[1::2] if kind == "choice" else numbers
        return any(math.isnan(number) for number in numbers) or KINDS[kind].fault(checked) is not None
    valid: Any = jnp.ones(np.broadcast_shapes(*(np.shape(argument) for argument in given)), bool)
    for rule in _RULES[kind](given):
        valid = valid & rule
    for argument in given:
        if not isinstance(argument, float):
            valid = valid & ~jnp.isnan(argument)
    return ~valid


def _plain(argument: Any) -> Argument:
    return float(argument) if isinstance(argument, int | float) else jnp.asarray(argument, jnp.float64)


def _all_constant(arguments: Sequence[Argument]) -> bool:
    return all(isinstance(argument, float) for argument in arguments)


# --- quantile functions -----------------------------------------------------------------


def _uniform(u: Array, arguments: Sequence[Argument]) -> Any:
    low, high = arguments
    return low + u * (high - low)


def _triangular(u: Array, arguments: Sequence[Argument]) -> Any:
    low, mode, high = arguments
    width = high - low
    rising = low + jnp.sqrt(u * (width * (mode - low)))
    falling = high - jnp.sqrt((1.0 - u) * (width * (high - mode)))
    return jnp.where(u * width < mode - low, rising, falling)


def _pert(u: Array, arguments: Sequence[Argument]) -> Any:
    low, mode, high = arguments
    return low + (high - low) * beta_quantile(u, *pert_shapes(low, mode, high))


def pert_shapes(low: Argument, mode: Argument, high: Argument) -> tuple[Argument, Argument]:
    """The two shapes of the beta distribution that `pert(low, mode, high)` is, stretched to its range."""
    width = high - low
    return 1.0 + PERT_WEIGHT * (mode - low) / width, 1.0 + PERT_WEIGHT * (high - mode) / width


def _normal(u: Array, arguments: Sequence[Argument]) -> Any:
    mean, deviation = arguments
    return mean + deviation * special.normal_quantile(u)


def _lognormal(u: Array, arguments: Sequence[Argument]) -> Any:
    median, deviation = arguments
    return median * jnp.exp(deviation * special.normal_quantile(u))


def _beta(u: Array, arguments: Sequence[Argument]) -> Any:
    return beta_quantile(u, *arguments)


def _quantiles(u: Array, arguments: Sequence[Argument]) -> Any:
    """Monotone cubic Hermite through the points: SciPy's `PchipInterpolator` on the shares.

    Source: Fritsch and Carlson (1980), "Monotone piecewise cubic interpolation", SIAM Journal on Numerical
    Analysis 17, 238-246; inner slopes by Fritsch and Butland (1984), SIAM Journal on Scientific and
    Statistical Computing 5, 300-304; slopes at the ends from three points, cut where they would not be
    monotone.
    """
    pieces = cubic_pieces(arguments)
    chosen: list[Any] = list(pieces[0])
    for piece in pieces[1:]:
        here = u >= piece[0]
        chosen = [jnp.where(here, new, old) for new, old in zip(piece, chosen, strict=True)]
    left, value, slope, bend, twist = chosen
    t = u - left
    return value + t * (slope + t * (bend + t * twist))


def cubic_pieces(arguments: Sequence[Argument]) -> list[tuple[Argument, ...]]:
    """The pieces of the quantile function of `quantiles`, from each share to the next.

    Args:
        arguments: Share, value, share, value ...

    Returns:
        Per piece its first share s, then v, c1, c2, c3 of v + t (c1 + t (c2 + t c3)) with t = u - s.
    """
    shares, values = arguments[0::2], arguments[1::2]
    widths = [right - left for left, right in pairwise(shares)]
    rises = [(high - low) / width for (low, high), width in zip(pairwise(values), widths, strict=True)]
    slopes = _monotone_slopes(widths, rises)
    pieces: list[tuple[Argument, ...]] = []
    for k, (width, rise) in enumerate(zip(widths, rises, strict=True)):
        bend = (3.0 * rise - 2.0 * slopes[k] - slopes[k + 1]) / width
        twist = (slopes[k] + slopes[k + 1] - 2.0 * rise) / (width * width)
        pieces.append((shares[k], values[k], slopes[k], bend, twist))
    return pieces


def _monotone_slopes(widths: Sequence[Argument], rises: Sequence[Argument]) -> list[Argument]:
    if len(rises) == 1:
        return [rises[0], rises[0]]
    inner: list[Argument] = []
    for (w0, w1), (r0, r1) in zip(pairwise(widths), pairwise(rises), strict=True):
        weight0, weight1 = 2.0 * w1 + w0, w1 + 2.0 * w0
        flat = _either_is_0(r0, r1)
        mean = (weight0 + weight1) / (weight0 / _pick(flat, 1.0, r0) + weight1 / _pick(flat, 1.0, r1))
        inner.append(_pick(flat, 0.0, mean))
    first = _end_slope(widths[0], widths[1], rises[0], rises[1])
    last = _end_slope(widths[-1], widths[-2], rises[-1], rises[-2])
    return [first, *inner, last]


def _end_slope(w0: Argument, w1: Argument, r0: Argument, r1: Argument) -> Argument:
    """Of the parabola through three points, kept between 0 and three times the rise of the end piece."""
    slope = ((2.0 * w0 + w1) * r0 - w0 * r1) / (w0 + w1)
    return _pick(slope < 0.0, 0.0, _pick(slope > 3.0 * r0, 3.0 * r0, slope))


def _either_is_0(a: Argument, b: Argument) -> Any:
    return (a == 0.0) | (b == 0.0)


def _pick(truth: Any, yes: Argument, no: Argument) -> Any:
    """`where` that keeps Python floats Python floats."""
    return (yes if truth else no) if isinstance(truth, bool) else jnp.where(truth, yes, no)


def _choice(u: Array, arguments: Sequence[Argument]) -> Any:
    values, weights = arguments[0::2], arguments[1::2]
    partial = list(accumulate(weights))
    value: Any = values[0]
    for before, following in zip(partial[:-1], values[1:], strict=True):
        # a quotient of equal sums is exactly 1, so a last weight of 0 is never chosen
        value = jnp.where(u >= before / partial[-1], following, value)
    return value


_FUNCTIONS: dict[str, Callable[[Array, Sequence[Argument]], Any]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "normal": _normal,
    "lognormal": _lognormal,
    "beta": _beta,
    "quantiles": _quantiles,
    "choice": _choice,
}

# --- central values ---------------------------------------------------------------------


def _constant_median(kind: str, arguments: Sequence[float]) -> float:
    if kind == "uniform":
        low, high = arguments
        return low + 0.5 * (high - low)
    if kind in ("normal", "lognormal"):
        return arguments[0]
    if kind == "triangular":
        low, mode, high = arguments
        width = high - low
        if 0.5 * width < mode - low:
            return low + math.sqrt(0.5 * width * (mode - low))
        return high - math.sqrt(0.5 * width * (high - mode))
    if kind == "pert":
        low, mode, high = arguments
        a, b = pert_shapes(low, mode, high)
        return low + (high - low) * beta_median(float(a), float(b))
    if kind == "beta":
        return beta_median(*arguments)
    # outside any trace, so that the result is a number
    with jax.ensure_compile_time_eval():
        return float(_quantiles(jnp.asarray(0.5), arguments))


def _heaviest(arguments: Sequence[Argument]) -> Argument:
    value, heaviest = arguments[0], arguments[1]
    for other, weight in zip(arguments[2::2], arguments[3::2], strict=True):
        heavier = weight > heaviest
        value, heaviest = _pick(heavier, other, value), _pick(heavier, weight, heaviest)
    return value


# --- rules ------------------------------------------------------------------------------


def _ordered(arguments: Sequence[Argument]) -> list[Any]:
    return [arguments[0] < arguments[1]]


def _mode_inside(arguments: Sequence[Argument]) -> list[Any]:
    low, mode, high = arguments
    return [low < high, low <= mode, mode <= high]


def _scaled(arguments: Sequence[Argument]) -> list[Any]:
    return [arguments[1] > 0.0]


def _positive(arguments: Sequence[Argument]) -> list[Any]:
    return [argument > 0.0 for argument in arguments]


def _rising(arguments: Sequence[Argument]) -> list[Any]:
    shares, values = arguments[0::2], arguments[1::2]
    return [
        shares[0] == 0.0,
        shares[-1] == 1.0,
        *(left < right for left, right in pairwise(shares)),
        *(low <= high for low, high in pairwise(values)),
        values[0] < values[-1],
    ]


def _weighted(arguments: Sequence[Argument]) -> list[Any]:
    weights = arguments[1::2]
    total = weights[0]
    for weight in weights[1:]:
        total = total + weight
    return [*(weight >= 0.0 for weight in weights), total > 0.0]


_RULES: dict[str, Callable[[Sequence[Argument]], list[Any]]] = {
    "uniform": _ordered,
    "triangular": _mode_inside,
    "pert": _mode_inside,
    "normal": _scaled,
    "lognormal": _positive,
    "beta": _positive,
    "quantiles": _rising,
    "choice": _weighted,
}
