"""The principal branch of logit equilibria of games without amounts, in log-odds (`raison.solve.curve`).

Towards the limit, log-odds are `a + b / precision` (mixed) or `-gap * precision + a` (in the end unplayed),
with small corrections. From a point of high precision the limit is reached by solving the equations a few
more times at that precision, each time with the last log-odds in the place of even odds: payoffs of what is
mixed then differ less each time, by a factor in the order of the precision. It is taken as the limit where
nobody can gain and no option's worth changes any more, on the path or off it; else the draw is followed to a
higher precision first.

Source: as `raison.solve.curve`; the limit by proximal steps (Rockafellar 1976, "Monotone operators and the
proximal point algorithm") is ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from raison.solve.curve import (
    MAX_STEPS,
    Curve,
    Landed,
    Vector,
    across,
    bordered,
    follow,
    is_good,
    limits,
    marked,
)
from raison.solve.quantal import UNSETTLED, Equations, Quantal, Respond

Array = Any

LANES = 512
"""Draws that are followed at a time."""
SETTLED = 1e-9
"""Regret, and change of any option's worth, in units of the payoff range, up to which a limit is one."""
_HIGH = (1e3, 3e4, 1e6, 1e8)  # precisions from which the limit is taken, until it is one
_FEWEST, _PATIENT, _CHORDS = 3, 16, 2  # see `_settled`


def at_precision(
    respond: Respond,
    cell: np.ndarray,
    data: Any,
    precision: Array | float,
    *,
    batch: int,
    available: Array | None = None,
    max_steps: int = MAX_STEPS,
    lanes: int = LANES,
) -> Quantal:
    """The principal branch at a precision; its first such point where it has several. Works while JAX traces.

    Args:
        respond: The game, see `Respond`.
        cell: `[N]` int, cell of each option.
        data: The draws' numbers: any nest of arrays with the draws last.
        precision: `[B]` or a number, at least 0, per payoff range.
        batch: `B`.
        available: `[N, B]` bool; None where all are.
        max_steps: Along the branch.
        lanes: Draws followed at a time. A draw's bits depend on this number only, not on other draws.

    Returns:
        The equilibrium in each draw.

    Accuracy: `residual` is a few roundings of the precision times a payoff, about 1e-15.
    """
    target = jnp.broadcast_to(jnp.asarray(precision, jnp.float64), (batch,))
    equations = Equations.of(respond, cell, available is not None)
    both = (data, available)
    landed = follow(_curve(equations), both, target, batch, lanes=lanes, max_steps=max_steps)
    return _result(equations, landed, both)


def limit(
    respond: Respond,
    cell: np.ndarray,
    data: Any,
    *,
    batch: int,
    available: Array | None = None,
    max_steps: int = MAX_STEPS,
    lanes: int = LANES,
) -> Quantal:
    """The limit of the principal branch, a sequential equilibrium. Works while JAX traces.

    Beliefs off the path are those that the log-probabilities imply: unplayed options keep odds against each
    other, however small they are.

    Args:
        respond: The game, see `Respond`.
        cell: `[N]` int, cell of each option.
        data: The draws' numbers: any nest of arrays with the draws last.
        batch: `B`.
        available: `[N, B]` bool; None where all are.
        max_steps: Along the branch.
        lanes: Draws followed at a time. A draw's bits depend on this number only, not on other draws.

    Returns:
        The limit in each draw.

    Accuracy: no cell can gain more than `regret`, at most 1e-9 of the payoff range where solved.
    """
    equations = Equations.of(respond, cell, available is not None)
    return limits(
        _curve(equations),
        (data, available),
        batch,
        cell.size,
        _HIGH,
        lambda landed, both: _settled(equations, landed, both),
        lanes=lanes,
        max_steps=max_steps,
    )


def _curve(equations: Equations) -> Curve:
    """Unknowns are the log-odds; they are to be the precision times differences in payoff."""

    def start(both: Any, width: int) -> tuple[Array, Array]:
        usable = jnp.ones((width,), bool) if both[1] is None else equations.cells.usable(both[1])
        return jnp.zeros((equations.free.size, width)), usable

    def miss(odds: Array, precision: Array, both: Any) -> Array:
        return precision[None] * _gaps(equations, odds, both) - odds

    def derive(odds: Array, precision: Array, both: Any) -> tuple[Array, Array, Array]:
        size, width = odds.shape
        gaps, push = jax.linearize(lambda x: _gaps(equations, x, both), odds)
        one = jnp.broadcast_to(jnp.eye(size)[:, :, None], (size, size, width))
        return precision[None] * gaps - odds, precision[None, None] * jax.vmap(push)(one) - one, gaps

    return Curve(start, miss, derive)


def _gaps(equations: Equations, odds: Array, both: Any) -> Array:
    return equations.gaps(_worth(equations, odds, both)[1], both[1])


class _Proximal(NamedTuple):
    """Where proximal steps have come to, in `W` lanes."""

    steps: Array
    guess: Array  # where the next step is expected to come, [n, W]
    odds: Array
    chances: Array  # log-probabilities, [N, W]
    worth: Array  # [N, W]
    regret: Array
    settled: Array


def _settled(equations: Equations, landed: Landed, both: Any) -> Quantal:
    """Play in the limit, from points of high precision.

    The log-odds of the point take the place of even odds and the equations are solved again, a few times
    over (proximal point steps): each time what is mixed differs less in payoff by a factor in the order of
    the precision, and what is in the end unplayed is played less by as much as on the branch. It is the limit
    if nobody can gain and no option's worth, on the path or off it, changes any more. Three steps settle
    most draws at the first precision. The others are followed further, and may take more from there on: in
    poker with four cards, whose equilibria are a continuum, a step misses a twentieth of what the last did.
    """
    start, precision = landed.point
    curve, good = _curve(equations), is_good(landed.status)
    up = Vector(jnp.zeros_like(start), jnp.ones_like(precision))
    most = jnp.where(precision.max(initial=0.0) > _HIGH[0], _PATIENT, _FEWEST)

    def step(odds: Array, base: Array) -> Array:
        """Log-odds near `odds` for which payoffs add to `base`."""
        short, factors = bordered(curve, odds, precision, up, both)

        def chord(_: Any, odds: Array) -> Array:
            return odds + across(factors, curve.miss(odds, precision, both) + base).unknown

        return lax.fori_loop(0, _CHORDS, chord, odds + across(factors, short + base).unknown)

    def proximal(last: _Proximal) -> _Proximal:
        odds = step(last.guess, last.odds)
        chances, worth = _worth(equations, odds, both)
        drift = jnp.abs(worth - last.worth).max(0, initial=0.0)
        regret = equations.regret(chances, worth, both[1])
        settled = (regret <= SETTLED) & (drift <= SETTLED)
        new = _Proximal(last.steps + 1, 2.0 * odds - last.odds, odds, chances, worth, regret, settled)
        keep = last.settled & (last.steps >= _FEWEST)
        kept = jax.tree.map(lambda old, now: jnp.where(keep, old, now), last[1:], new[1:])
        return _Proximal(new.steps, *kept)

    def is_open(last: _Proximal) -> Array:
        return (last.steps < _FEWEST) | (last.steps < most) & (good & ~last.settled).any()

    ahead, (chances, worth) = start + precision[None] * landed.slope, _worth(equations, start, both)
    first = _Proximal(jnp.asarray(0), ahead, start, chances, worth, 0.0 * precision, precision < 0)
    found = lax.while_loop(is_open, proximal, first)
    chances, regret, done = found.chances, found.regret, good & found.settled
    status = jnp.where(good & ~done, UNSETTLED, landed.status)
    return marked(Quantal(chances, precision, regret, regret, status, landed.steps), done)


def _worth(equations: Equations, odds: Array, both: Any) -> tuple[Array, Array]:
    """Log-probabilities, and what each option is worth."""
    data, available = both
    chances = equations.log_probability(odds, available)
    return chances, equations.respond(chances, data)


def _result(equations: Equations, landed: Landed, both: Any) -> Quantal:
    """Play at the precision where the branch was left."""
    odds, precision = landed.point
    chances, worth = _worth(equations, odds, both)
    short = odds - precision[None] * equations.gaps(worth, both[1])
    residual = jnp.abs(short).max(0, initial=0.0) / (1.0 + precision)
    regret = equations.regret(chances, worth, both[1])
    found = Quantal(chances, precision, residual, regret, landed.status, landed.steps)
    return marked(found, is_good(landed.status))
