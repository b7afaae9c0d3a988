"""A world's game solved: the equilibrium, where play goes, and what holds at each node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from raison.program.program import World
from raison.solve.backward import solve
from raison.solve.play import branch_probabilities, reach, shares_among, weights
from raison.solve.questions import Played

Array = Any


def played(world: World, tie_from: Sequence[Array] | None = None) -> Played | None:
    """Solve a world's game, mark where play is stuck; None without a game."""
    graph = world.program.graph
    if graph is None:
        return None
    players = list(world.model.players)

    def payoff(s: int, player: int) -> Array:
        return world.payoff(graph.states[s].name, players[player], graph.states[s].results)

    equilibrium = solve(
        graph,
        len(players),
        payoff,
        lambda s: world.probabilities(graph.states[s].name, graph.states[s].results),
        lambda s: world.available(graph.states[s].name, graph.states[s].results),
        tie_from=tie_from,
        hold=world.hold,
    )
    reached = reach(graph, equilibrium, {0: jnp.asarray(1.0)}, world.hold)
    for s, decided in enumerate(equilibrium.decided):
        if decided is not None and decided.stuck is not False:
            world.stuck(graph.states[s].name, decided.stuck & (reached[s] > 0))
    return Played(world, graph, equilibrium, reached, weights(graph, equilibrium, world.hold))


def node_margin(game: Played, node: str) -> Array:
    """Margin of the played move at a node, weighted over its states; inf at chance nodes."""
    states = game.graph.of_node.get(node, ())
    margins = [decided.margin for s in states if (decided := game.equilibrium.decided[s]) is not None]
    if not margins:
        return jnp.asarray(jnp.inf)
    if len(margins) == 1:
        return margins[0]
    shares = shares_among(game.weights, states, [True] * len(states))[0]
    parts = [jnp.where(share > 0, share * m, 0.0) for share, m in zip(shares, margins, strict=True)]
    return sum(parts, start=jnp.asarray(0.0))


def node_probabilities(game: Played, node: str) -> list[Array]:
    """Probability of each branch at a node, weighted over its states by how play comes to them."""
    states = game.graph.of_node.get(node, ())
    if len(states) == 1:
        return list(branch_probabilities(game.equilibrium, states[0]))
    shares = shares_among(game.weights, states, [True] * len(states))[0]
    found: list[Array] = []
    for index in range(len(game.graph.states[states[0]].children) if states else 0):
        parts = [share * branch_probabilities(game.equilibrium, s)[index] for s, share in zip(states, shares, strict=True)]
        found.append(sum(parts, start=jnp.asarray(0.0)))
    return found


def node_reached(game: Played, name: str) -> Array:
    """Probability that play comes to a node or outcome."""
    return sum((jnp.asarray(game.reached[s]) for s in game.graph.of_node.get(name, ())), start=jnp.asarray(0.0))
