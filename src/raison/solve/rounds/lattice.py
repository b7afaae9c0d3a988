"""The grid of states, and the worth of a state between its points.

A worth is an array `[P, n1, .., nk, B]`: players, a dimension for each state variable, draws. Between the
points it is interpolated linearly in each variable (multilinear). Where the next value of a variable
depends on that variable and on others that are done, one variable after the other: `V(f(x), g(x, y))` is
`V` interpolated along the first dimension by `f` and then along the second by `g`. Only variables that
depend on each other in circles need all corners of a cell at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from raison.model.records import Carried
from raison.program import xp
from raison.program.hold import hold
from raison.program.world import World

Array = Any
_LISTED = 1e-9
"""How far a state may be from a listed value, relative to the largest, and still be it."""


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """The grid of a program's states in `B` draws.

    Attributes:
        names: Of the states.
        states: What the file says of them.
        low: Per state its lowest value, a float or `[B]`.
        high: Its highest.
        start: Where it begins, a float or `[B]`.
        batch: Draws.
    """

    names: tuple[str, ...]
    states: tuple[Carried, ...]
    low: tuple[Array, ...]
    high: tuple[Array, ...]
    start: tuple[Array, ...]
    batch: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Points of each state."""
        return tuple(state.size for state in self.states)

    @property
    def rank(self) -> int:
        """Dimensions of an array over the grid, the draws included."""
        return len(self.names) + 1

    @property
    def points(self) -> int:
        """Points of all states together."""
        return math.prod(self.sizes)

    def over_grid(self, value: Array) -> Array:
        """What is the same in all states, `[.., B]`, with a dimension for each."""
        if isinstance(value, float | bool) or getattr(value, "ndim", 0) == 0:
            return value
        return value.reshape((1,) * (self.rank - 1) + value.shape[-1:])

    def values(self, k: int) -> Array:
        """The points of state `k`, of size 1 along the other dimensions."""
        state = self.states[k]
        shape = tuple(-1 if k == j else 1 for j in range(self.rank))
        if state.grid is None:
            return jnp.asarray(np.array(state.values).reshape(shape))
        along = np.linspace(0.0, 1.0, state.steps).reshape(shape)
        low, high = self.over_grid(self.low[k]), self.over_grid(self.high[k])
        return jnp.asarray(low * (1 - along) + high * along)

    def position(self, k: int, value: Array, spread: Callable[[Array], Array]) -> Array:
        """Where a value lies along state `k`, from 0 to its size less 1, clipped; whole where values are
        listed.

        Args:
            k: Number of the state.
            value: Any shape.
            spread: Brings the grid's ends, `[B]`, to that shape.
        """
        state = self.states[k]
        if state.grid is None:
            return self.listed(k, value)[0]
        low, high = spread(self.low[k]), spread(self.high[k])
        return xp.minimum(xp.maximum((value - low) / (high - low), 0.0), 1.0) * (state.steps - 1.0)

    def listed(self, k: int, value: Array) -> tuple[Array, Array]:
        """The number of the listed value nearest to a value, as float64; and whether it is that value."""
        listed = self.states[k].values
        value = xp.asarray(value, xp.float64)
        index: Array = value * 0.0
        nearest: Array = index + listed[0]
        for before, after in itertools.pairwise(listed):
            above = value > (before + after) / 2
            index = index + xp.where(above, 1.0, 0.0)
            nearest = xp.where(above, after, nearest)
        scale = max(abs(number) for number in listed) or 1.0
        return index, xp.abs(value - nearest) <= _LISTED * scale

    def clipped(self, k: int, value: Array, spread: Callable[[Array], Array]) -> tuple[Array, Array]:
        """A value brought onto the grid of state `k`, and whether it lay outside (by more than rounding)."""
        if self.states[k].grid is None:
            index, _ = self.listed(k, value)
            found: Array = index * 0.0
            for number, listed in enumerate(self.states[k].values):
                found = xp.where(index == number, listed, found)
            return found, xp.asarray(False)
        low, high = spread(self.low[k]), spread(self.high[k])
        slack = 1e-12 * (high - low)
        inside = xp.minimum(xp.maximum(value, low), high)
        return inside, (value < low - slack) | (value > high + slack)


def make_lattice(world: World, batch: int) -> Lattice:
    """The grid of a world's states; faults of its ends and starts are marked in the world."""
    rounds = world.model.rounds
    if rounds is None:
        raise ValueError(f"'{world.model.name}' is played once; it has no rounds.")

    def number(formula: Any) -> Array:
        value = world.number(formula)
        return value if isinstance(value, float) else xp.asarray(value).reshape(-1)

    low: list[Array] = []
    high: list[Array] = []
    start: list[Array] = []
    for name, state in rounds.state.items():
        begins = number(state.start)
        if state.grid is None:
            ends = (state.values[0], state.values[-1])
            listed = Lattice((name,), (state,), (), (), (), batch).listed(0, xp.asarray(begins))[1]
            wrong = ~listed
        else:
            ends = (number(state.grid[0]), number(state.grid[1]))
            wrong = ~(xp.asarray(ends[0] < ends[1]) & (begins >= ends[0]) & (begins <= ends[1]))
        world.rounds_fault(f"grid:{name}", xp.broadcast_to(xp.asarray(wrong), (batch,)))
        low.append(ends[0])
        high.append(ends[1])
        start.append(begins)
    names = tuple(rounds.state)
    return Lattice(names, tuple(rounds.state.values()), tuple(low), tuple(high), tuple(start), batch)


def interpolate(worth: Array, positions: Sequence[Array | None]) -> Array:
    """The worth of the next state, for every state of the grid.

    Args:
        worth: `[P, n1, .., nk, B]`.
        positions: Per state variable where its next value lies, from 0 to its size less 1, `[.., B or 1]`
            with a dimension for each variable, of size 1 where it makes no difference; None where it stays.

    Returns:
        `[P, .., B]`, of size 1 along the variables that make no difference.
    """
    left = {k: p for k, p in enumerate(positions) if p is not None}
    done = set(range(len(positions))) - set(left)
    depends = {k: {j for j in range(len(positions)) if p.shape[j] > 1} for k, p in left.items()}
    while left:
        ready = next((k for k in left if depends[k] <= done | {k}), None)
        if ready is None:
            return _corners(worth, left)
        position = left.pop(ready)
        if worth.shape[1 + ready] > 1 and position.size == position.shape[ready]:
            worth = hold(_rows(worth, ready, position.reshape(-1)))
        elif worth.shape[1 + ready] > 1:
            worth = hold(
                _corners(worth, {ready: position})
            )  # else XLA would look each number up again and again
        done.add(ready)
    return worth


def _cell(position: Array, size: int) -> tuple[Array, Array]:
    """The lower point of the cell that a position lies in, and how far into it it lies."""
    below = jnp.clip(jnp.floor(position), 0.0, max(size - 2, 0))
    return below.astype(jnp.int32), position - below


def _rows(worth: Array, k: int, position: Array) -> Array:
    """Interpolation along state `k` at positions `[n]` that are the same in all draws: whole rows at once."""
    below, into = _cell(position, worth.shape[1 + k])
    into = into.reshape([-1 if j == 1 + k else 1 for j in range(worth.ndim)])
    low, high = jnp.take(worth, below, axis=1 + k), jnp.take(worth, below + jnp.int32(1), axis=1 + k)
    return low + into * (high - low)


def _corners(worth: Array, positions: dict[int, Array]) -> Array:
    """Interpolation along several states at once, from all corners of the cells; the others stay."""
    rank = worth.ndim - 1
    shape = jnp.broadcast_shapes(*(p.shape for p in positions.values()))
    shape = tuple(
        max(n, 1 if j in positions else worth.shape[1 + j])
        for j, n in enumerate((*shape[:-1], worth.shape[-1]))
    )
    cells = {k: _cell(p, worth.shape[1 + k]) for k, p in positions.items()}
    index: list[Array] = [
        jnp.arange(worth.shape[1 + j], dtype=jnp.int32).reshape([-1 if i == j else 1 for i in range(rank)])
        for j in range(rank)
    ]
    total: Array = 0.0
    for corner in itertools.product((0, 1), repeat=len(cells)):
        weight: Array = 1.0
        for high, (k, (below, into)) in zip(corner, cells.items(), strict=True):
            index[k] = jnp.minimum(below + high, worth.shape[1 + k] - 1)
            weight = weight * (into if high else 1 - into)
        weight = weight[None]
        found = worth[(slice(None), *(jnp.broadcast_to(i, shape) for i in index))]
        total = total + weight * found
    return total


def look_up(worth: Array, positions: Sequence[Array], draws: Array) -> Array:
    """The worth of single states, each in one of the draws.

    Args:
        worth: `[P, n1, .., nk, B]`.
        positions: Per state variable where it lies, arrays of one shape up to broadcasting.
        draws: The number of the draw that each belongs to.

    Returns:
        `[P, ..]`.
    """
    sizes = worth.shape[1:-1]
    flat = worth.reshape(worth.shape[0], -1)
    strides = [math.prod(sizes[k + 1 :]) for k in range(len(sizes))]
    cells = [_cell(p, n) for p, n in zip(positions, sizes, strict=True)]
    shape = jnp.broadcast_shapes(draws.shape, *(p.shape for p in positions))
    total: Array = 0.0
    for corner in itertools.product(*((0, 1) if n > 1 else (0,) for n in sizes)):
        index: Array = jnp.zeros((), jnp.int32)
        weight: Array = jnp.ones(())
        for high, stride, (below, into), n in zip(corner, strides, cells, sizes, strict=True):
            index = index + (below + jnp.int32(high)) * jnp.int32(stride)
            if n > 1:
                weight = weight * (into if high else 1 - into)
        index = jnp.broadcast_to(index * jnp.int32(worth.shape[-1]) + draws, shape)
        total = total + jnp.broadcast_to(weight, shape)[None] * flat[:, index]
    return total
