"""One period of rounds: the game with what its outcomes are worth beyond it.

Where nothing is hidden and no move is an amount, the states of the grid are dimensions of every array, so
that a formula is evaluated on just those that it names. Other games are solved at a row of points, each a
state in a draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from raison.model.formula import Formula, names
from raison.model.records import Chance, Model, Question
from raison.model.recurring import recurring, whole_play
from raison.program import xp
from raison.program.graph import Results
from raison.program.premises import every_formula
from raison.program.world import World
from raison.solve.backward import Equilibrium, solve
from raison.solve.form_play import FormPlayed
from raison.solve.game import played_once
from raison.solve.graph_play import Played
from raison.solve.play import reach
from raison.solve.questions import Solved
from raison.solve.rounds.lattice import Lattice, interpolate, look_up

Array = Any
Faults = Mapping[str, Array]


@dataclass(frozen=True, eq=False, slots=True)
class Repeated:
    """A world whose game is played again.

    Attributes:
        world: The draws.
        lattice: Its states.
        discount: Per player, a float or `[B]`.
        horizon: Periods; None for stationary.
    """

    world: World
    lattice: Lattice
    discount: tuple[Array, ...]
    horizon: int | None

    @property
    def model(self) -> Model:
        """What is played."""
        return self.world.model

    @property
    def uses_period(self) -> bool:
        """Whether some formula asks which period it is."""
        formulas = (*every_formula(self.model), *recurring(self.model))
        replaced = (r.definition for rs in self.world.program.switches.replacements.values() for r in rs)
        return any("period" in names(formula.expression) for formula in formulas) or any(
            "period" in definition.text for definition in replaced
        )


@dataclass(frozen=True, eq=False)
class Own:
    """A period's numbers on the whole grid, apart from what comes after.

    Attributes:
        payoff: Of an outcome state and player.
        chance: Per chance state.
        available: Per decision state.
        positions: Per outcome state after which play goes on, where the next value of each state lies.
        faults: By reason `[B]` or less.
    """

    payoff: Mapping[tuple[int, int], Array]
    chance: Mapping[int, tuple[Array, ...]]
    available: Mapping[int, tuple[Array, ...]]
    positions: Mapping[int, tuple[Array | None, ...]]
    faults: Faults


def own_numbers(repeated: Repeated, period: Array) -> Own:
    """Evaluate a period's formulas on the grid; for games of perfect information."""
    world, lattice = repeated.world, repeated.lattice
    graph = world.program.graph
    assert graph is not None
    stage = grid_world(repeated, period)
    payoff: dict[tuple[int, int], Array] = {}
    chance: dict[int, tuple[Array, ...]] = {}
    available: dict[int, tuple[Array, ...]] = {}
    positions: dict[int, tuple[Array | None, ...]] = {}
    for s, state in enumerate(graph.states):
        if state.name in repeated.model.outcomes:
            for p, player in enumerate(repeated.model.players):
                payoff[s, p] = stage.payoff(state.name, player, state.results)
            if state.name not in repeated.model.ends:
                positions[s] = _positions(repeated, stage, state.name, state.results)
        elif state.mover >= 0:
            available[s] = stage.available(state.name, state.results)
        else:
            chance[s] = stage.probabilities(state.name, state.results)
    found = stage.hold((payoff, chance, available, positions))
    return Own(*found, faults=by_draw(stage.faults, lattice.batch))


def grid_world(
    repeated: Repeated, period: Array, beyond: Callable[[str, str, Results], Array] | None = None
) -> World:
    """A period at all states of the grid."""
    lattice = repeated.lattice
    carried = {name: lattice.values(k) for k, name in enumerate(lattice.names)}
    carried["period"] = jnp.reshape(period, (1,) * lattice.rank)
    return repeated.world.stage(carried, lattice.rank, lattice.over_grid, beyond)


def _positions(repeated: Repeated, stage: World, outcome: str, results: Results) -> tuple[Array | None, ...]:
    """Where the next value of each state lies on the grid."""
    lattice = repeated.lattice
    found: list[Array | None] = []
    for k, name in enumerate(lattice.names):
        value = stage.following(outcome, name, results)
        if value is None:
            found.append(None)
            continue
        value = _array(value, lattice.rank)
        stage.rounds_fault(f"next:{name}", xp.isnan(value))
        if lattice.states[k].grid is None:
            stage.rounds_fault(f"grid:{name}", ~lattice.listed(k, value)[1])
        found.append(lattice.position(k, value, lattice.over_grid))
    return tuple(found)


def _array(value: Array, rank: int) -> Array:
    array = xp.asarray(value, xp.float64)
    return array if array.ndim == rank else array.reshape((1,) * rank)


def step(repeated: Repeated, own: Own, worth: Array) -> Array:
    """The worth of every state at the beginning of a period, from that at its end.

    Args:
        repeated: The game.
        own: The period's numbers.
        worth: `[P, n1, .., nk, B]`.
    """
    return spread_worth(repeated, grid_equilibrium(repeated, own, worth).value[0])


def grid_equilibrium(repeated: Repeated, own: Own, worth: Array) -> Equilibrium:
    """A period solved at all states of the grid."""
    graph, lattice = repeated.world.program.graph, repeated.lattice
    assert graph is not None
    players = len(repeated.model.players)
    after: dict[int, Array] = {}
    for s, positions in own.positions.items():
        after[s] = repeated.world.hold(interpolate(worth, positions))

    def payoff(s: int, p: int) -> Array:
        if s not in after:
            return own.payoff[s, p]
        return own.payoff[s, p] + lattice.over_grid(repeated.discount[p]) * after[s][p]

    return solve(
        graph,
        players,
        payoff,
        lambda s: own.chance[s],
        lambda s: own.available[s],
        hold=repeated.world.hold,
    )


def grid_played(repeated: Repeated, period: Array, worth: Array) -> Played:
    """The same as what questions are asked of; for games of perfect information."""
    graph = repeated.world.program.graph
    assert graph is not None
    own = own_numbers(repeated, period)
    equilibrium = grid_equilibrium(repeated, own, worth)
    reached = reach(graph, equilibrium, {0: xp.asarray(1.0)}, repeated.world.hold)
    return Played(grid_world(repeated, period), graph, equilibrium, reached)


def spread_worth(repeated: Repeated, value: Sequence[Array]) -> Array:
    """Values per player as one array `[P, n1, .., nk, B]`."""
    shape = (*repeated.lattice.sizes, repeated.lattice.batch)
    return jnp.stack([jnp.broadcast_to(jnp.asarray(v, jnp.float64), shape) for v in value])


def simulate_ahead(repeated: Repeated) -> None:
    """Simulate what all periods share, before the loops over periods that ask for it.

    One period at the states where play starts asks for every process that others ask for.
    """
    world, model = repeated.world, repeated.model
    graph = world.program.form.graph if world.program.form is not None else world.program.graph
    if not model.processes or graph is None or model.rounds is None:
        return
    batch = repeated.lattice.batch
    start = tuple(jnp.broadcast_to(jnp.asarray(v, jnp.float64), (batch,)) for v in repeated.lattice.start)
    stage = Points(repeated, start, jnp.arange(batch, dtype=jnp.int32)).stage(jnp.asarray(1.0))
    asked = [formula for question in model.questions for formula in of_period(model, question)]
    for state in graph.states:
        if state.name in model.outcomes:
            for player in model.players:
                stage.payoff(state.name, player, state.results)
            for carried in model.next.get(state.name, {}):
                stage.following(state.name, carried, state.results)
            for formula in asked:
                stage.number(formula, (*state.results, ("outcome", state.name)))
        elif state.mover >= 0:
            stage.available(state.name, state.results)
        elif isinstance(model.game[state.name], Chance):
            stage.probabilities(state.name, state.results)
    for formula in model.rounds.terminal.values():
        stage.number(formula)
    world.calls.sealed = True


def of_period(model: Model, question: Question) -> tuple[Formula, ...]:
    """The formulas of a question that are about a period; none of one that is about the whole of play."""
    given = tuple(f for f in (question.event, question.amount, question.given) if f is not None)
    return () if any(whole_play(model, formula) for formula in given) else given


# --- single states ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Points:
    """`N` single states, each in one of the draws.

    Attributes:
        repeated: The game.
        values: Per state variable `[N]`.
        draws: `[N]` int32, the draw of each.
    """

    repeated: Repeated
    values: tuple[Array, ...]
    draws: Array

    @property
    def rank(self) -> int:
        """Dimensions of the game's arrays."""
        return self.repeated.world.rank

    def spread(self, value: Array) -> Array:
        """What is the same in all states, `[.., B]`, at each point."""
        if isinstance(value, float | bool) or getattr(value, "ndim", 0) == 0:
            return value
        if value.shape[-1] == 1:
            return value.reshape((1,) * (self.rank - 1) + (1,)) if value.ndim < self.rank else value
        found = jnp.take(value, self.draws, axis=-1)
        return found.reshape((1,) * (self.rank - found.ndim) + found.shape)

    def stage(self, period: Array) -> World:
        """The period's numbers at these states, without what comes after it."""
        names = self.repeated.lattice.names
        carried = {name: self.deepened(value) for name, value in zip(names, self.values, strict=True)}
        carried["period"] = jnp.reshape(period, (1,) * self.rank)
        return self.repeated.world.stage(carried, self.rank, self.spread)

    def solved(self, period: Array, worth: Array | None) -> tuple[World, Solved]:
        """The period's game at these states.

        Args:
            period: Its number.
            worth: Of states at its end, `[P, n1, .., nk, B]`; None for a period that nothing follows.
        """
        stage = self.stage(period)
        stage.beyond = None if worth is None else self._beyond(stage, worth)
        game = played_once(stage, len(self.draws))
        assert game is not None
        return stage, game

    def deepened(self, row: Array) -> Array:
        """`[N]` with a dimension for each axis of the game."""
        return row.reshape((1,) * (self.rank - 1) + row.shape)

    def next_values(self, stage: World, outcome: str, results: Results) -> list[Array]:
        """The next value of each state, clipped to the grid and not yet: `[.., N]` pairs are in `clipped`."""
        found: list[Array] = []
        for k, name in enumerate(self.repeated.lattice.names):
            value = stage.following(outcome, name, results)
            found.append(self.deepened(self.values[k]) if value is None else _array(value, self.rank))
        return found

    def _beyond(self, stage: World, worth: Array) -> Callable[[str, str, Results], Array]:
        lattice, players = self.repeated.lattice, list(self.repeated.model.players)
        known: dict[tuple[str, Results], Array] = {}

        def beyond(outcome: str, player: str, results: Results) -> Array:
            if outcome in self.repeated.model.ends:
                return 0.0
            key = (outcome, results)
            if key not in known:
                following = self.next_values(stage, outcome, results)
                for k, value in enumerate(following):
                    stage.rounds_fault(f"next:{lattice.names[k]}", xp.isnan(value))
                    if lattice.states[k].grid is None:
                        stage.rounds_fault(f"grid:{lattice.names[k]}", ~lattice.listed(k, value)[1])
                positions = [lattice.position(k, v, self.spread) for k, v in enumerate(following)]
                known[key] = stage.hold(look_up(worth, positions, self.deepened(self.draws)))
            p = players.index(player)
            return self.spread(self.repeated.discount[p]) * known[key][p]

        return beyond


def root_value(game: Solved) -> list[Array]:
    """Per player the expected payoff of a solved game, with what is beyond it."""
    if isinstance(game, Played):
        return list(game.equilibrium.value[0])
    assert isinstance(game, FormPlayed)
    payoff, ends = game.numbers.payoff, game.numbers.form.graph.outcomes
    return [game.total(ends, lambda z, p=p: payoff[z, p]) for p in range(len(game.world.model.players))]


def all_points(lattice: Lattice, repeated: Repeated) -> Points:
    """Every state of the grid in every draw, the draws running fastest."""
    shape = (*lattice.sizes, lattice.batch)
    values = tuple(jnp.broadcast_to(lattice.values(k), shape).reshape(-1) for k in range(len(lattice.names)))
    draws = jnp.broadcast_to(jnp.arange(lattice.batch, dtype=jnp.int32), shape).reshape(-1)
    return Points(repeated, values, draws)


def by_draw(faults: Faults, batch: int) -> dict[str, Array]:
    """Faults at single states or on the grid, as `[B]`."""
    found: dict[str, Array] = {}
    for reason, where in faults.items():
        array = jnp.asarray(where)
        if array.ndim and array.shape[-1] not in (1, batch):
            array = array.reshape(-1, batch)
        array = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
        found[reason] = jnp.broadcast_to(array.any(axis=0), (batch,))
    return found


def merge(world: World, faults: Faults) -> None:
    """Mark faults that were found in periods."""
    for reason, where in jax.tree.map(lambda rows: rows, dict(faults)).items():
        world.rounds_fault(reason, where)
