"""The worth of every state of a grid, by backward induction over the periods.

With a finite horizon the last period is solved first, with the terminal worth of the states it leads to,
then the one before it, and so on (Bellman 1957, ch. 3; for games Kuhn 1953 period by period). A stationary
game is solved as the limit of long horizons: periods are added in front of a worth of 0 until nothing
changes. For one player this is value iteration, which a discount d below 1 makes a contraction: the error
is at most the last change times d / (1 - d), and the worth lies between the last one plus the least and
plus the largest change times d / (1 - d) (MacQueen 1966), of which the middle is taken. What has not
settled after some sweeps, on small grids, is then solved for as linear equations, the worth of going on for
ever with the moves of the last sweep, which is policy iteration and Newton's method in one (Howard 1960;
Puterman and Brumelle 1979). Players who answer each other may go round in circles; such a draw fails and
says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from raison.model.records import Decision
from raison.program import xp
from raison.program.world import World
from raison.solve.levels import is_large
from raison.solve.rounds.lattice import make_lattice
from raison.solve.rounds.stage import (
    Repeated,
    all_points,
    by_draw,
    grid_world,
    merge,
    own_numbers,
    root_value,
    spread_worth,
    step,
)

Array = Any
SETTLED = 1e-10
"""A stationary worth is settled when its error is below this, relative to the largest worth of the draw."""
EQUATIONS = 256
"""Points of a grid up to which the linear equations of a stationary worth are solved."""
FIRST_SWEEPS = 200
"""Sweeps before that."""
JUMPS = 40
"""Times that the equations are solved."""
MAX_SWEEPS = 5_000
"""Periods that are put in front of each other until a stationary game has settled."""


def make_repeated(world: World, batch: int) -> Repeated:
    """A world's game with its states; what is wrong with grid and discounts is marked."""
    rounds = world.model.rounds
    assert rounds is not None
    if is_large(world.program.graph):
        raise ValueError(
            f"the game of '{world.model.name}' is too large to be played in rounds; make it smaller."
        )
    lattice = make_lattice(world, batch)
    discount: list[Array] = []
    for player in world.model.players:
        value = world.number(rounds.discount[player])
        number = value if isinstance(value, float) else xp.asarray(value).reshape(-1)
        array = xp.asarray(number)
        wrong = ~((array >= 0) & ((array <= 1) if rounds.horizon is not None else (array < 1)))
        world.rounds_fault("discount", xp.broadcast_to(wrong, (batch,)))
        discount.append(number)
    return Repeated(world, lattice, tuple(discount), rounds.horizon)


def solve_worth(repeated: Repeated) -> Array:
    """The worth of every state.

    Returns:
        `[T + 1, P, n1, .., nk, B]`, at the beginning of each period and after the last; for a stationary game
        `[1, P, ..]`.

    Accuracy: multilinear interpolation errs by the order of the square of the grid's step where the worth is
    smooth, by the order of the step where it has kinks or jumps; tests measure both.
    """
    world = repeated.world
    worth = _worth(repeated)
    values = worth[0].reshape(worth.shape[1], -1, worth.shape[-1])
    world.rounds_fault("dead end", ~jnp.isfinite(values).all(axis=(0, 1)))
    return worth


def _worth(repeated: Repeated) -> Array:
    backward = _backward(repeated)
    end = _terminal(repeated)
    if repeated.horizon is None:
        return _settle(repeated, backward, end)[None]

    def before(worth: Array, period: Array) -> tuple[Array, tuple[Array, dict[str, Array]]]:
        new, faults = backward(worth, period)
        return new, (new, faults)

    periods = jnp.arange(repeated.horizon, 0, -1, dtype=jnp.float64)
    _, (worths, faults) = jax.lax.scan(before, end, periods)
    merge(repeated.world, {reason: where.any(axis=0) for reason, where in faults.items()})
    return jnp.concatenate([worths[::-1], end[None]])


def _backward(repeated: Repeated) -> Any:
    """The function from a period's end to its beginning, with the faults found on the way."""
    lattice = repeated.lattice
    if repeated.world.program.form is not None:
        points = all_points(lattice, repeated)

        def at_points(worth: Array, period: Array) -> tuple[Array, dict[str, Array]]:
            stage, game = points.solved(period, worth)
            shape = (*lattice.sizes, lattice.batch)
            values = [jnp.broadcast_to(v, points.draws.shape).reshape(shape) for v in root_value(game)]
            return spread_worth(repeated, values), by_draw(stage.faults, lattice.batch)

        return at_points
    if repeated.uses_period:

        def each(worth: Array, period: Array) -> tuple[Array, dict[str, Array]]:
            own = own_numbers(repeated, period)
            return step(repeated, own, worth), dict(own.faults)

        return each
    own = own_numbers(repeated, jnp.asarray(1.0))
    merge(repeated.world, own.faults)
    return lambda worth, period: (step(repeated, own, worth), {})


def _terminal(repeated: Repeated) -> Array:
    """What states are worth after the last period."""
    rounds, lattice = repeated.model.rounds, repeated.lattice
    assert rounds is not None
    stage = grid_world(repeated, jnp.asarray(0.0))
    values: list[Array] = []
    for player in repeated.model.players:
        formula = rounds.terminal.get(player)
        value = jnp.asarray(0.0 if formula is None else stage.number(formula), jnp.float64)
        stage.rounds_fault("terminal", ~jnp.isfinite(value))
        values.append(value)
    merge(repeated.world, by_draw(stage.faults, lattice.batch))
    return spread_worth(repeated, values)


def _settle(repeated: Repeated, backward: Any, start: Array) -> Array:
    """Put periods in front of each other until the worth settles."""
    batch = repeated.lattice.batch
    discount = jnp.stack([jnp.broadcast_to(jnp.asarray(d, jnp.float64), (batch,)) for d in repeated.discount])
    weight = discount / (1 - discount)
    alone = len(_movers(repeated)) < 2

    def bounded(new: Array, change: Array) -> tuple[Array, Array]:
        """The worth in the middle of its bounds, and how far it may be off."""
        flat = change.reshape(change.shape[0], -1, batch)
        low, high = flat.min(axis=1), flat.max(axis=1)
        if repeated.model.ends:  # an end is a state whose worth does not change
            low, high = jnp.minimum(low, 0.0), jnp.maximum(high, 0.0)
        shift = (weight * (low + high) / 2).reshape(-1, *(1,) * (new.ndim - 2), batch)
        return new + shift, (weight * (high - low) / 2).max(axis=0)

    def largest(array: Array) -> Array:
        return jnp.abs(array).reshape(-1, batch).max(axis=0)

    def go_on(state: Any) -> Array:
        _, _, open_draws, sweeps, _ = state
        return open_draws.any() & (sweeps < MAX_SWEEPS)

    first_jump = _first_jump(repeated)

    def sweep(state: Any) -> Any:
        worth, _, _, sweeps, faults = state
        new, found = backward(worth, jnp.asarray(1.0))
        best, error = new, weight.max(axis=0) * largest(new - worth)
        if alone:
            best, error = bounded(new, new - worth)
        if first_jump is not None:
            jumps = (sweeps >= first_jump) & (sweeps < first_jump + JUMPS)
            far = lambda: _jumped(lambda v: backward(v, jnp.asarray(1.0))[0], worth)
            new, best, error = jax.lax.cond(
                jumps, lambda: (lambda v: (v, v, largest(v - worth)))(far()), lambda: (new, best, error)
            )
        open_draws = error > SETTLED * largest(best)
        merged = {reason: faults[reason] | where for reason, where in found.items()}
        return new, best, open_draws, sweeps + jnp.int32(1), merged

    _, found = jax.eval_shape(backward, start, jnp.asarray(1.0))
    none = {reason: jnp.zeros((batch,), bool) for reason in found}
    first = (start, start, jnp.ones((batch,), bool), jnp.int32(0), none)
    _, worth, open_draws, _, faults = jax.lax.while_loop(go_on, sweep, first)
    merge(repeated.world, faults)
    repeated.world.rounds_fault("not settled", open_draws)
    return worth


def _first_jump(repeated: Repeated) -> int | None:
    """The sweep from which on equations are solved; None for never."""
    if repeated.world.program.form is not None or repeated.lattice.points > EQUATIONS:
        return None
    return FIRST_SWEEPS


def _movers(repeated: Repeated) -> set[str]:
    return {node.player for node in repeated.model.game.values() if isinstance(node, Decision)}


def _jumped(backward: Callable[[Array], Array], worth: Array) -> Array:
    """The worth of going on for ever with the moves that are best before `worth`.

    Where nobody changes his move, a sweep is linear in the worth: `r + M V`, and the same states follow for
    every player and draw apart from the others. So the columns of `M` are found by one derivative a state.
    """
    new, derivative = jax.linearize(backward, worth)
    players, batch = worth.shape[0], worth.shape[-1]
    points = math.prod(worth.shape[1:-1])
    basis = jnp.eye(points).reshape(points, 1, *worth.shape[1:-1], 1)
    columns = jax.vmap(lambda e: derivative(jnp.broadcast_to(e, worth.shape)))(basis)
    matrix = jnp.moveaxis(columns.reshape(points, players, points, batch), (1, 3, 2, 0), (0, 1, 2, 3))
    right = jnp.moveaxis((new - worth).reshape(players, points, batch), -1, 1)
    change = jnp.linalg.solve(jnp.eye(points)[None, None] - matrix, right[..., None])[..., 0]
    found = worth + jnp.moveaxis(change, 1, -1).reshape(worth.shape)
    return jnp.where(jnp.isfinite(found), found, new)
