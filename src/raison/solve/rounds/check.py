"""The independent check of a game in rounds: what could anyone gain by moving otherwise in one period?

By the one-shot deviation principle (Hendon, Jacobsen and Sloth 1996) strategies are an equilibrium of every
period and state if nobody gains by a single deviation, given what the state that follows is worth, and if
what a state is worth is what its moves bring. Both are looked at in a sample of periods and states of the
grid. Formulas are evaluated step by step; the worth between the points of the grid is interpolated by SciPy,
expectations are taken and deviations tried by plain NumPy recursion. Only what is to be checked comes from
the solver: the worth of the grid's states and the moves made there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from raison.program.graph import Graph, Results
from raison.program.hold import fuse
from raison.program.program import Program
from raison.program.world import World
from raison.solve.contraction import dense
from raison.solve.form_play import FormPlayed
from raison.solve.graph_play import Played
from raison.solve.inputs import gain_of, inputs_of
from raison.solve.play import branch_probabilities
from raison.solve.regret import largest_gain
from raison.solve.rounds.played import play_rounds
from raison.solve.rounds.stage import Points

Floats = NDArray[np.float64]
Array = Any
STATES = 12
"""Periods and states that are looked at in each draw."""


@dataclass(frozen=True, slots=True, eq=False)
class RoundsCheck:
    """What the check of `N` points found, the largest over the states that were looked at.

    Attributes:
        gain: `[N]`, the most that a player gains by one deviation, over the range of what he may be paid at
            the end of the period; 0 or less up to rounding in equilibrium.
        worth_error: `[N]`, by how much the stated worth of a state differs from what its moves bring, over
            the same range.
    """

    gain: Floats
    worth_error: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Claimed:
    """What a solver says of `K` periods and states in each of `N` points.

    Attributes:
        period: `[K]` int, from 1.
        states: By state variable `[K, N]`.
        moves: Of a game of perfect information by state of the game, of others by information set, its
            options' probabilities, `[K, .., N]` each.
        worth: `[K, players, N]`, of the state.
        after: `[T + 1, players, n1, .., nk, N]`, of the grid's states, or `[1, ..]` of a stationary game.
    """

    period: NDArray[np.int64]
    states: Mapping[str, Floats]
    moves: Sequence[Sequence[Floats]]
    worth: Floats
    after: Floats


def check_rounds(program: Program, points: Mapping[str, Floats], count: int, *, seed: int = 0) -> RoundsCheck:
    """Solve a game in rounds at points and check a sample of its periods and states.

    Args:
        program: With rounds.
        points: Values of parameters, `[count]` each; the others have their central value.
        count: N.
        seed: Of the sample.

    Accuracy: 1e-9 of the range, within which moves tie and the first is played; stationary games as far as
        their worth has settled.
    """
    return hold_against(program, points, count, claimed(program, points, count, seed))


def claimed(program: Program, points: Mapping[str, Floats], count: int, seed: int) -> Claimed:
    """What the solver says of a random sample of periods and states of the grid."""
    rounds = program.model.rounds
    assert rounds is not None
    random = np.random.default_rng(seed)
    period = np.ones(STATES, np.int64)
    if rounds.horizon is not None:
        period = random.integers(1, rounds.horizon + 1, STATES)
    index = {n: random.integers(0, state.size, (STATES, count)) for n, state in rounds.state.items()}
    draws = jnp.arange(count, dtype=jnp.int32)

    def solve(chosen: Mapping[str, Array]) -> tuple[Any, Array]:
        world = World(program, chosen=chosen)
        world.check_definitions()  # else a loop over periods would be the first to ask for them
        game = play_rounds(world, count)
        lattice, every = game.repeated.lattice, game.worth

        def at(place: tuple[Array, dict[str, Array]]) -> tuple[Any, Array, Array]:
            number, here = place
            grid = [lattice.values(k).reshape(lattice.sizes[k], -1) for k in range(len(lattice.names))]
            states = tuple(
                jnp.take_along_axis(jnp.broadcast_to(g, (g.shape[0], count)), here[n][None], axis=0)[0]
                for n, g in zip(lattice.names, grid, strict=True)
            )
            after = every[0] if rounds.horizon is None else every[number]
            _, stage = Points(game.repeated, states, draws).solved(number.astype(jnp.float64), after)
            now = every[0] if rounds.horizon is None else every[number - 1]
            worth = now[(slice(None), *(here[n] for n in lattice.names), draws)]
            return _moves(stage, count), jnp.stack(states), worth

        return jax.lax.map(at, (jnp.asarray(period), {n: jnp.asarray(i) for n, i in index.items()})), every

    (moves, states, worth), after = jax.tree.map(np.asarray, jax.jit(solve)(dict(points)))
    named = {name: states[:, k] for k, name in enumerate(rounds.state)}
    return Claimed(period, named, moves, worth, after)


def _moves(game: Any, count: int) -> tuple[tuple[Array, ...], ...]:
    def full(row: Array) -> Array:
        array = jnp.asarray(dense(row), jnp.float64)
        array = array if array.ndim else array.reshape(1)
        return jnp.broadcast_to(array, (*array.shape[:-1], count))

    if isinstance(game, FormPlayed):
        return tuple(tuple(full(option) for option in options) for options in game.strategy)
    assert isinstance(game, Played)
    states = range(len(game.graph.states))
    return tuple(tuple(full(row) for row in branch_probabilities(game.equilibrium, s)) for s in states)


def hold_against(program: Program, points: Mapping[str, Floats], count: int, found: Claimed) -> RoundsCheck:
    """Check what is claimed; nothing here calls a solver."""
    gain, error = np.full(count, -np.inf), np.zeros(count)
    with np.errstate(all="ignore"):  # points that failed are not looked at
        world = World(program, chosen=points, hold=fuse)
        for k in range(len(found.period)):
            moves = [[row[k] for row in rows] for rows in found.moves]
            stage = _stage(world, found, k, count)
            here, value, scale = (_of_form if program.form is not None else _of_graph)(stage, moves, count)
            gain = np.fmax(gain, here)
            error = np.fmax(error, (np.abs(found.worth[k] - value) / scale).max(axis=0))
    return RoundsCheck(gain, error)


def _stage(world: World, found: Claimed, k: int, count: int) -> World:
    """One period at one state in each point, with what follows worth what is claimed."""
    model, rank = world.model, world.rank
    rounds = model.rounds
    assert rounds is not None
    lifted = lambda row: np.reshape(row, (1,) * (rank - 1) + (-1,))
    carried: dict[str, Any] = {name: lifted(values[k]) for name, values in found.states.items()}
    stage = world.stage({**carried, "period": lifted(float(found.period[k]))}, rank, lambda value: value)
    after = found.after[0] if rounds.horizon is None else found.after[found.period[k]]

    def beyond(outcome: str, player: str, results: Results) -> Any:
        if outcome in model.ends:
            return 0.0
        places: list[Any] = []
        for name, state in rounds.state.items():
            value = stage.following(outcome, name, results)
            value = carried[name] if value is None else value
            if state.grid is None:
                listed = np.asarray(state.values)
                places.append(np.abs(np.asarray(value)[..., None] - listed).argmin(axis=-1))
                continue
            low, high = (np.asarray(world.number(end)) for end in state.grid)
            places.append(np.clip((value - low) / (high - low), 0, 1) * (state.steps - 1))
        row = list(model.players).index(player)
        shape = np.broadcast_shapes((count,), *(np.shape(place) for place in places))
        wide = [np.broadcast_to(np.asarray(place, np.float64), shape) for place in places]
        worth = np.empty(shape)
        for n in range(count):
            at = np.stack([place[..., n].ravel() for place in wide])
            read = map_coordinates(after[row, ..., n], at, order=1, mode="nearest")
            worth[..., n] = read.reshape(shape[:-1])
        return np.asarray(world.number(rounds.discount[player])) * worth

    stage.beyond = beyond
    return stage


def _of_graph(stage: World, moves: Sequence[Sequence[Floats]], count: int) -> tuple[Floats, Floats, Floats]:
    """The largest gain, the worth to each player and the range of his payoffs."""
    graph, players = stage.program.graph, list(stage.model.players)
    assert graph is not None
    wide = lambda value: np.broadcast_to(np.asarray(value, np.float64), (count,))
    names = [(graph.states[z].name, graph.states[z].results) for z in graph.outcomes]
    payoffs = np.array([[wide(stage.payoff(name, p, results)) for p in players] for name, results in names])
    branch: list[Floats] = []
    allowed: list[NDArray[np.bool_] | None] = []
    for s, state in enumerate(graph.states):
        rows: Sequence[Any] = moves[s]
        if state.children and state.mover < 0:
            rows = stage.probabilities(state.name, state.results)
        free = stage.available(state.name, state.results) if state.mover >= 0 and state.children else None
        branch.append(np.stack([wide(row) for row in rows]) if len(rows) else np.zeros((0, count)))
        allowed.append(None if free is None else np.stack([wide(truth) > 0 for truth in free]))
    value = _root(graph, payoffs, branch)
    return largest_gain(graph, payoffs, branch, allowed), value, _scale(payoffs.max(0) - payoffs.min(0))


def _root(graph: Graph, payoffs: Floats, branch: Sequence[Floats]) -> Floats:
    """`[players, N]`, what play is worth at its root."""
    came: dict[int, Floats] = {0: np.ones(payoffs.shape[-1])}
    for s, state in enumerate(graph.states):
        for row, child in enumerate(state.children):
            came[child] = came.get(child, np.zeros(payoffs.shape[-1])) + came[s] * branch[s][row]
    paid = [np.where(came[z] > 0, came[z] * payoffs[row], 0.0) for row, z in enumerate(graph.outcomes)]
    return np.sum(paid, axis=0)


def _of_form(stage: World, moves: Sequence[Sequence[Floats]], count: int) -> tuple[Floats, Floats, Floats]:
    inputs = inputs_of(stage, count)
    form, last = inputs.form, tuple(range(inputs.form.rank - 1))
    came: dict[int, Any] = {0: np.ones((1,) * form.rank)}
    for s, state in enumerate(form.graph.states):
        rows = inputs.chance[s] or (moves[form.place[s]] if state.children else ())
        for row, child in zip(rows, state.children, strict=True):
            came[child] = came[s] * row
    worth: list[Floats] = []
    for p in range(len(stage.model.players)):
        total: Any = 0.0
        for z, row in zip(form.graph.outcomes, inputs.payoffs, strict=True):
            both = came[z] * row[p]
            # amounts that were not drawn or chosen on the way make no difference, and are counted once
            total = total + both.sum(axis=last)
        worth.append(np.broadcast_to(total, (count,)))
    flat = [[np.reshape(value, (-1, count)) for value in row] for row in inputs.payoffs]
    high = np.array([[v.max(axis=0) for v in row] for row in flat]).max(axis=0)
    low = np.array([[v.min(axis=0) for v in row] for row in flat]).min(axis=0)
    return gain_of(inputs, moves, []), np.stack(worth), _scale(high - low)


def _scale(spread: Floats) -> Floats:
    return np.where(spread > 0, spread, 1.0)
