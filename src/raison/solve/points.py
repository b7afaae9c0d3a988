"""Solving a model at chosen points, with everything that is known of the solution there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from raison.model.records import Decision, Distribution, Model, branches
from raison.program import xp
from raison.program.compiled import compiled
from raison.program.hold import Hold, fuse, hold
from raison.program.program import Program
from raison.program.world import World
from raison.solve.form_play import FormPlayed
from raison.solve.form_points import PlaceSolution, make_places, place_numbers
from raison.solve.game import largest_array
from raison.solve.graph_play import Played
from raison.solve.levels import is_large
from raison.solve.play import branch_probabilities
from raison.solve.rounds.played import RoundsPlayed, played

Floats = NDArray[np.float64]

_CELLS = 1 << 25  # amounts times points that are solved at once


@dataclass(frozen=True, eq=False, slots=True)
class StateStrategy:
    """One information set: what its player has seen that matters, and what is done there.

    Attributes:
        seen: Earlier results that some later formula asks for, by node.
        probability: `[moves, N]`, of each branch.
        reached: `[N]`, probability that play comes here.
    """

    seen: tuple[tuple[str, str], ...]
    probability: Floats
    reached: Floats


@dataclass(frozen=True, eq=False, slots=True)
class PointSolution:
    """A model solved at `N` points.

    Attributes:
        quantity: Every parameter and quantity that does not depend on results of the game, `[N]`.
        probability: By node, `[branches, N]`, weighted over the node's information sets.
        margin: By decision, `[N]`, payoff of the played move less the best other; 0 where tied.
        value: By player, `[N]`, expected payoff at the root.
        reached: By node, `[N]`.
        outcome: By outcome, `[N]`, probability.
        strategy: By node, its information sets.
        status: `[N]`, index into the program's reasons.
        payoffs: By outcome state, `[states, players, N]`, as the solver saw them.
        played: By state, `[branches, N]` probabilities, for the checker.
        available: By state, `[branches, N]` whether each branch can be taken, for the checker.
        places: Of a game with information sets, each of them; `strategy` then averages over amounts.
        forked: `[N]` bool, the branch that was followed passed a bifurcation, as in symmetric games.
        policy: Of a game in rounds, by decision `[n1, .., nk, N]` int32, the number of the move that is made
            in the first period at each state of the grid.
        worth: Of one, by player `[n1, .., nk, N]`, what each state is worth at the beginning of play.
        states: Of one, by state `[n, N]`, its points.
    """

    quantity: Mapping[str, Floats]
    probability: Mapping[str, Floats]
    margin: Mapping[str, Floats]
    value: Mapping[str, Floats]
    reached: Mapping[str, Floats]
    outcome: Mapping[str, Floats]
    strategy: Mapping[str, tuple[StateStrategy, ...]]
    status: NDArray[np.int32]
    payoffs: Floats
    played: tuple[Floats, ...]
    available: tuple[NDArray[np.bool_], ...]
    places: tuple[PlaceSolution, ...] = ()
    forked: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    policy: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    worth: Mapping[str, Floats] = field(default_factory=dict)
    states: Mapping[str, Floats] = field(default_factory=dict)


def _side_by_side(*rows: Any) -> Any:
    return np.concatenate(rows, axis=-1)


def solve_points(program: Program, points: Mapping[str, Floats], count: int, key: str) -> PointSolution:
    """Solve at `count` points; parameters that are not given have their central value.

    Args:
        program: The compiled model.
        points: Values of parameters, float64 `[count]` each (codes of names for a `choice` of names).
        count: How many points.
        key: What identifies the model's text; a program for one key, one set of names and one rounded-up
            number of points is compiled once.
    """
    most = count
    if program.form is not None and program.form.axes:
        most = max(1, _CELLS // largest_array(program))
    width = 1 << (min(count, most) - 1).bit_length()  # few shapes, so that few programs are compiled
    blocks = -(-count // width)
    padded = {
        name: np.pad(values, (0, blocks * width - count), mode="edge") for name, values in points.items()
    }
    if is_large(program.graph):
        with np.errstate(all="ignore"):
            answered = _solve(program, padded, width, fuse)
    else:
        name = f"points {key} {sorted(points)} {width}"
        function = lambda chosen: _solve(program, chosen, width, hold)
        first, *others = [
            {key: values[start : start + width] for key, values in padded.items()}
            for start in range(0, blocks * width, width)
        ]
        solve = compiled(function, name, first)
        parts = [jax.tree.map(np.asarray, solve(part)) for part in (first, *others)]
        answered = parts[0] if not others else jax.tree.map(_side_by_side, *parts)
    found = jax.tree.map(lambda row: np.asarray(row)[..., :count], answered)
    model, graph = program.model, program.graph
    strategy: dict[str, tuple[StateStrategy, ...]] = {}
    places: tuple[PlaceSolution, ...] = ()
    if program.form is not None:
        places = make_places(program.form, list(model.players), found["places"])
        for name in model.game:
            strategy[name] = tuple(
                StateStrategy(place.seen, mean_over_amounts(place), place.reached)
                for place in places
                if place.node == name
            )
    elif graph is not None:
        for name in model.game:
            strategy[name] = tuple(
                StateStrategy(graph.states[s].results, found["played"][s], found["state reached"][s])
                for s in graph.of_node.get(name, ())
            )

    def ordered(key: str, names: Iterable[str]) -> dict[str, Floats]:  # JAX sorts the keys of mappings
        return {name: found[key][name] for name in names if name in found[key]}

    return PointSolution(
        quantity=ordered("quantity", (*model.parameters, *model.quantities)),
        probability=ordered("probability", model.game),
        margin=ordered("margin", model.game),
        value=ordered("value", model.players),
        reached=ordered("reached", model.game),
        outcome=ordered("outcome", model.outcomes),
        strategy=strategy,
        status=found["status"],
        payoffs=found["payoffs"],
        played=tuple(found["played"]),
        available=tuple(found["available"]),
        places=places,
        forked=found["forked"],
        policy={name: found["policy"][name] for name in model.game if name in found["policy"]},
        worth=ordered("worth", model.players),
        states=found["states"],
    )


def mean_over_amounts(place: PlaceSolution) -> Floats:
    """Probability `[moves, N]` of each move at an information set, over the amounts that its player sees."""
    rows: list[Floats] = []
    for label, probability in place.probability.items():
        summed = probability.sum(axis=-2) if label in place.scale else probability
        rows.append((place.weight * summed).reshape(-1, summed.shape[-1]).sum(axis=0))
    return np.stack(rows)


def named_types(model: Model) -> dict[str, tuple[str, ...]]:
    """The names of each private type that is a `choice` of names."""
    return {
        name: parameter.value.names
        for name, parameter in model.parameters.items()
        if parameter.is_private and isinstance(parameter.value, Distribution) and parameter.value.names
    }


def coded_points(model: Model, points: Mapping[str, Any]) -> tuple[dict[str, Floats], int]:
    """Check points that a user gave and bring them to one length.

    Args:
        model: The model.
        points: Values of parameters: numbers or sequences of them, names for a `choice` of names.

    Returns:
        float64 arrays of one length, and that length (1 if no points are given).

    Raises:
        KeyError: the model has no such parameter.
        ValueError: the lengths differ, or a value is not finite, or not one of a choice's names.
    """
    coded: dict[str, Floats] = {}
    for name, values in points.items():
        parameter = model.parameters.get(name)
        if parameter is None:
            known = f"it has {', '.join(model.parameters)}." if model.parameters else "it has none to set."
            raise KeyError(f"the model has no parameter '{name}'; {known}")
        definition = parameter.value
        names = definition.names if isinstance(definition, Distribution) else ()
        coded[name] = np.atleast_1d(_coded(name, values, names))
        if coded[name].ndim != 1:
            raise ValueError(
                f"'{name}' needs a number or a sequence of numbers; got shape {coded[name].shape}."
            )
    lengths = {len(values) for values in coded.values()} - {1}
    if len(lengths) > 1:
        given = ", ".join(f"{name}: {len(values)}" for name, values in coded.items())
        raise ValueError(f"points need one length (or 1) for all parameters; got {given}.")
    count = lengths.pop() if lengths else 1
    return {name: np.broadcast_to(values, (count,)).copy() for name, values in coded.items()}, count


def _coded(name: str, values: Any, names: Sequence[str]) -> Floats:
    if names:
        wanted = [values] if isinstance(values, str) else list(values)
        unknown = [value for value in wanted if value not in names]
        if unknown:
            raise ValueError(f"'{name}' is one of {', '.join(names)}; got {unknown[0]!r}.")
        return np.array([float(names.index(value)) for value in wanted])
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"'{name}' needs a number or a sequence of numbers; got {values!r}.") from None
    if not array.size:
        raise ValueError(f"'{name}' needs at least one number; got none.")
    if not np.isfinite(array).all():
        raise ValueError(f"'{name}' needs finite numbers; got {array[~np.isfinite(array)][0]}.")
    return array


def _solve(program: Program, chosen: Mapping[str, Any], count: int, keep: Hold) -> dict[str, Any]:
    world = World(program, chosen=chosen, hold=keep)
    world.check_definitions()
    game = played(world, count)

    def spread(value: Any) -> Any:
        return xp.broadcast_to(xp.asarray(value, xp.float64), (count,))

    found: dict[str, Any] = {
        "quantity": world.values(count),
        "probability": {},
        "margin": {},
        "value": {},
        "reached": {},
        "outcome": {},
        "payoffs": xp.zeros((0, 0, count)),
        "played": [],
        "available": [],
        "state reached": [],
        "forked": xp.zeros((count,), bool),
        "policy": {},
        "worth": {},
        "states": {},
    }
    if game is not None:
        model, graph = program.model, program.graph
        assert graph is not None
        for name, node in model.game.items():
            rows = [spread(p) for p in game.node_probabilities(name)]
            found["probability"][name] = xp.stack(rows) if rows else xp.zeros((len(branches(node)), count))
            found["reached"][name] = spread(game.node_reached(name))
            if isinstance(node, Decision):
                found["margin"][name] = spread(game.node_margin(name))
        for outcome in model.outcomes:
            found["outcome"][outcome] = spread(game.node_reached(outcome))
        once = game.first if isinstance(game, RoundsPlayed) else game
        if isinstance(once, FormPlayed):
            for index, player in enumerate(model.players):
                worth = lambda z, p=index: once.numbers.payoff[z, p]
                found["value"][player] = spread(once.total(graph.outcomes, worth))
            found["places"] = place_numbers(once, once.logs)
            if once.forked is not None:
                found["forked"] = once.forked
        if isinstance(game, RoundsPlayed):
            lattice = game.repeated.lattice
            found["policy"] = game.policy()
            found["worth"] = dict(zip(model.players, game.worth[0], strict=True))
            for k, state in enumerate(lattice.names):
                row = lattice.values(k)
                row = row.reshape(-1, row.shape[-1])
                found["states"][state] = jnp.broadcast_to(row, (row.shape[0], count))
        if isinstance(once, Played):
            _add_states(found, once, spread)
    found["status"] = world.status(count)
    return found


def _add_states(found: dict[str, Any], game: Played, spread: Callable[[Any], Any]) -> None:
    """Values, payoffs and play of a game of perfect information, state by state."""
    model, graph, equilibrium = game.world.model, game.graph, game.equilibrium
    for index, player in enumerate(model.players):
        found["value"][player] = spread(equilibrium.value[0][index])
    found["payoffs"] = xp.stack([xp.stack([spread(v) for v in equilibrium.value[s]]) for s in graph.outcomes])
    for s in range(len(graph.states)):
        rows = [spread(p) for p in branch_probabilities(equilibrium, s)]
        found["played"].append(xp.stack(rows) if rows else spread(0.0)[None][:0])
        allowed = equilibrium.available[s] or (True,) * len(rows)
        truths = [spread(xp.where(a, 1.0, 0.0)) > 0 for a in allowed]
        found["available"].append(xp.stack(truths) if truths else spread(0.0)[None][:0] > 0)
        found["state reached"].append(spread(game.reached[s]))
