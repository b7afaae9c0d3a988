"""The principal branch of logit equilibria of games with types, followed in their messages.

The unknowns are the messages (`raison.solve.messages`); they are to be what the play that they lead to brings
about. In the limit strategies come from their log-odds.

Source: as `raison.solve.curve`; messages as unknowns are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from raison.solve.curve import Curve, Landed, Vector, across, bordered, is_good, limits, marked
from raison.solve.curve import follow as follow_curve
from raison.solve.quantal import UNAVAILABLE, UNSETTLED, Quantal

Array = Any
LANES = 256
"""Draws that are followed at a time, fewer where there are many types."""
_CELLS = 6_144  # options of all types times lanes: what a lane needs should stay in the processor's cache
SETTLED = 1e-9
"""Regret, in units of the payoff range, up to which a limit is solved."""
_HIGH = (1e4, 3e3, 1e3, 3e4, 3e5, 1e7)  # precisions from which the limit is tried, until it is one
MAX_STEPS = 500
_PROXIMAL, _FIRST, _LATER = 40, 4, 2  # see `_settled`
_WEIGHT = 4.0  # of a message in the length of a step, against the logarithm of the precision


class Equations(NamedTuple):
    """A game in its messages.

    Attributes:
        play: From messages `[m, W]`, precision `[W]`, log-odds `[N, W]` that payoffs add to (or None) and the
            draws' numbers to log-probabilities `[N, W]`.
        send: From log-probabilities and the draws' numbers to messages.
        worth: From log-probabilities and numbers to each option's expected payoff `[N, W]`, in payoff ranges.
        regret: From log-probabilities and worths to the largest gain at one cell `[W]`.
        normal: From any log-odds `[N, W]` to log-probabilities.
        rows: `N`.
        messages: `m`.
    """

    play: Callable[[Array, Array, Array | None, Any], Array]
    send: Callable[[Array, Any], Array]
    worth: Callable[[Array, Any], Array]
    regret: Callable[[Array, Array], Array]
    normal: Callable[[Array], Array]
    rows: int
    messages: int


def limit(equations: Equations, data: Any, batch: int) -> Quantal:
    """The limit of the branch in each draw. Works while JAX traces.

    The branch is followed to a high precision and the limit taken from there; the draws in which somebody
    could still gain are followed to a higher one.

    Args:
        equations: The game.
        data: The draws' numbers, any nest of arrays with the draws last.
        batch: Draws.

    Accuracy: `regret` is at most `SETTLED` where solved.
    """
    settle = lambda landed, data: _settled(equations, landed, data)
    return limits(
        _curve(equations, None),
        data,
        batch,
        equations.rows,
        _HIGH,
        settle,
        lanes=_lanes(equations),
        max_steps=MAX_STEPS,
    )


def follow(equations: Equations, data: Any, target: Array) -> Quantal:
    """Follow the branch of each draw to a precision. Works while JAX traces.

    Args:
        equations: The game.
        data: The draws' numbers, any nest of arrays with the draws last.
        target: `[B]`, precision at which to stop.
    """
    landed = follow_curve(
        _curve(equations, None), data, target, target.shape[0], lanes=_lanes(equations), max_steps=MAX_STEPS
    )
    logs = equations.play(landed.point.unknown / _WEIGHT, landed.point.precision, None, data)
    gain = equations.regret(logs, equations.worth(logs, data))
    missed = jnp.abs(equations.send(logs, data) - landed.point.unknown / _WEIGHT).max(0, initial=0.0)
    found = Quantal(logs, landed.point.precision, missed, gain, landed.status, landed.steps)
    return marked(found, is_good(landed.status))


def _lanes(equations: Equations) -> int:
    return max(16, min(LANES, _CELLS // equations.rows))


def _curve(equations: Equations, base: Array | None) -> Curve:
    """Unknowns are the messages, weighted; `base` are log-odds that payoffs add to."""

    def miss(unknown: Array, precision: Array, data: Any) -> Array:
        logs = equations.play(unknown / _WEIGHT, precision, base, data)
        return _WEIGHT * equations.send(logs, data) - unknown

    def start(data: Any, width: int) -> tuple[Array, Array]:
        even = equations.send(equations.normal(jnp.zeros((equations.rows, width))), data)
        even = jnp.broadcast_to(even, (equations.messages, width))
        logs = equations.play(even, jnp.zeros((width,)), None, data)  # even odds among what is available
        messages = jnp.broadcast_to(_WEIGHT * equations.send(logs, data), (equations.messages, width))
        return messages, jnp.isfinite(messages).all(0)

    def derive(unknown: Array, precision: Array, data: Any) -> tuple[Array, Array, Array]:
        size, width = unknown.shape
        missed, push = jax.linearize(lambda x, level: miss(x, level, data), unknown, precision)
        one = jnp.broadcast_to(jnp.eye(size)[:, :, None], (size, size, width))
        slopes = jax.vmap(lambda x: push(x, jnp.zeros((width,))))(one)
        return missed, slopes, push(jnp.zeros_like(unknown), jnp.ones((width,)))

    return Curve(start, miss, derive)


def _settled(equations: Equations, landed: Landed, data: Any) -> Quantal:
    """Play in the limit, from points of high precision.

    Log-odds at the point take the place of even odds and the equations are solved again:
    payoffs of what is mixed then no longer differ but by what the log-odds miss (a proximal point step), and
    what is in the end unplayed is played less by as much as on the branch. This is repeated.
    """
    good = is_good(landed.status)
    messages, precision = landed.point
    up = Vector(jnp.zeros_like(messages), jnp.ones_like(precision))

    def correct(messages: Array, base: Array, times: Array) -> Array:
        curve = _curve(equations, base)

        def once(_: Any, messages: Array) -> Array:
            missed, factors = bordered(curve, messages, precision, up, data)
            return messages + across(factors, missed).unknown

        return lax.fori_loop(0, times, once, messages)

    def played(messages: Array, base: Array | None) -> Array:
        logs = equations.play(messages / _WEIGHT, precision, base, data)
        return equations.normal(jnp.where(good[None], jnp.maximum(logs, UNAVAILABLE), 0.0))

    def proximal(last: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        k, messages, base, _ = last
        messages = correct(messages, base, jnp.where(k == 0, _FIRST, _LATER))
        logs = played(messages, base)
        return k + 1, messages, logs, equations.regret(logs, equations.worth(logs, data))

    def open_(last: tuple[Array, Array, Array, Array]) -> Array:
        return (last[0] < _PROXIMAL) & (good & ~(last[-1] <= SETTLED)).any()

    ahead = messages + precision[None] * landed.slope
    first = (jnp.asarray(0), ahead, played(messages, None), jnp.full_like(precision, jnp.inf))
    _, _, logs, gain = lax.while_loop(open_, proximal, first)
    done = good & (gain <= SETTLED)
    status = jnp.where(good & ~done, UNSETTLED, landed.status).astype(jnp.int32)
    return marked(Quantal(logs, precision, gain, gain, status, landed.steps), done)
