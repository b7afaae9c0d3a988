"""Zeros of functions on batches: `root(name, formula, lowest, highest)` for every draw at once.

The method is Chandrupatla's: it keeps two points at which the function has different signs, and goes to the
zero of the inverse quadratic through three points where that is safe, to the middle where it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from raison.model.evaluate import FLOATS, Value
from raison.program import xp

MOST_STEPS = 150
"""Evaluations after which a search ends in any case; bisection alone takes 47."""


def root(function: Callable[[Value], Value], low: Value, high: Value) -> Value:
    """A zero of a continuous function between two ends.

    Args:
        function: Of an array of the ends' shape, or of one that they broadcast to; elementwise.
        low: One end, float64 or a Python float.
        high: The other.

    Returns:
        A zero in each place, or the sign change of a function that jumps; nan where both ends have the same
        sign, where one is not finite, and where the function is not a number on the way.

    Accuracy:
        The ends of the last bracket differ by less than 1e-14 of the interval plus 1e-15 of their size. A
        place that is done no longer moves, so a draw's zero does not depend on the other draws.

    Source:
        Chandrupatla (1997), A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear
        function without using derivatives, Advances in Engineering Software 28(3).
    """
    # Evaluated before any loop, so that what the function looks up is known outside of it; and with arrays,
    # so that no condition on the unknown is decided for good.
    at_low, at_high = function(xp.asarray(low, xp.float64)), function(xp.asarray(high, xp.float64))
    given = (low, high, at_low, at_high)
    traced = any(isinstance(value, jax.Array) for value in given)
    if not traced and all(np.ndim(value) == 0 for value in given):
        return FLOATS.root(function, float(low), float(high))
    shape = np.broadcast_shapes(*(np.shape(value) for value in given))
    a, b, at_a, at_b = (xp.broadcast_to(xp.asarray(value, xp.float64), shape) for value in given)
    width = xp.abs(b - a)
    opposite = ((at_a <= 0) & (at_b >= 0)) | ((at_a >= 0) & (at_b <= 0))
    sound = opposite & xp.isfinite(width)
    half = xp.broadcast_to(xp.asarray(0.5, xp.float64), shape)
    done = ~sound | (at_a == 0) | (at_b == 0)

    def step(state: tuple[Any, ...]) -> tuple[Any, ...]:
        return _step(function, width, shape, state)

    state: tuple[Any, ...] = (0, a, b, a, at_a, at_b, at_a, half, done)
    if traced:
        state = jax.lax.while_loop(lambda s: (s[0] < MOST_STEPS) & ~jnp.all(s[-1]), step, _jax(state))
    else:
        with np.errstate(all="ignore"):
            while state[0] < MOST_STEPS and not state[-1].all():
                state = step(state)
    _, a, b, _, at_a, at_b, _, _, _ = state
    return xp.where(sound & (at_a == at_a), xp.where(xp.abs(at_a) <= xp.abs(at_b), a, b), np.nan)


def _jax(state: tuple[Any, ...]) -> tuple[Any, ...]:
    return (jnp.asarray(state[0]), *(jnp.asarray(part) for part in state[1:]))


def _step(
    function: Callable[[Value], Value], width: Any, shape: tuple[int, ...], state: tuple[Any, ...]
) -> tuple[Any, ...]:
    count, a, b, c, at_a, at_b, at_c, share, done = state
    x = xp.where(done, a, a + share * (b - a))
    at_x = xp.where(done, at_a, xp.broadcast_to(xp.asarray(function(x), xp.float64), shape))
    same = (at_x < 0) == (at_a < 0)
    c, at_c, b, at_b = (
        xp.where(done, c, xp.where(same, a, b)),
        xp.where(done, at_c, xp.where(same, at_a, at_b)),
        xp.where(done | same, b, a),
        xp.where(done | same, at_b, at_a),
    )
    a, at_a = x, at_x
    least = 1e-15 * xp.maximum(xp.abs(a), xp.abs(b)) + 1e-14 * width
    gap = xp.abs(b - a)
    done = done | (at_a == 0) | (at_a != at_a) | (gap <= least)
    smallest = xp.where(done, 0.5, 0.5 * least / xp.where(done, 1.0, gap))
    share = xp.minimum(xp.maximum(_share(a, b, c, at_a, at_b, at_c), smallest), 1 - smallest)
    return count + 1, a, b, c, at_a, at_b, at_c, share, done


def _share(a: Any, b: Any, c: Any, at_a: Any, at_b: Any, at_c: Any) -> Any:
    """How far to go from the newest point `a` to the other end `b` of the bracket."""
    apart = (at_a != at_b) & (at_b != at_c) & (at_a != at_c) & (a != b) & (b != c)

    def over(number: Any) -> Any:
        return xp.where(apart, number, 1.0)

    place, height = (a - b) / over(c - b), (at_a - at_b) / over(at_c - at_b)
    safe = apart & (height * height < place) & ((1 - height) ** 2 < 1 - place)
    inverse = at_a / over(at_b - at_a) * at_c / over(at_b - at_c)
    inverse = inverse + (c - a) / over(b - a) * at_a / over(at_c - at_a) * at_b / over(at_c - at_b)
    return xp.where(safe, inverse, 0.5)
