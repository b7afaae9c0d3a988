"""A world's game solved: the equilibrium, where play goes, and what holds at each node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raison.program import xp
from raison.program.world import World
from raison.solve.backward import solve
from raison.solve.levels import is_large, solve_levels
from raison.solve.play import branch_probabilities, reach, shares_among
from raison.solve.questions import Played

Array = Any


def played(world: World, batch: int, tie_from: Sequence[Array] | None = None) -> Played | None:
    """Solve a world's game, mark where play is stuck; None without a game.

    Args:
        world: The draws.
        batch: Number of draws.
        tie_from: Per state, the index of the move from which a tie is broken.
    """
    graph = world.program.graph
    if graph is None:
        return None
    players = list(world.model.players)

    def payoff(s: int, player: int) -> Array:
        return world.payoff(graph.states[s].name, players[player], graph.states[s].results)

    def chance(s: int) -> tuple[Array, ...]:
        return world.probabilities(graph.states[s].name, graph.states[s].results)

    def available(s: int) -> tuple[Array, ...]:
        return world.available(graph.states[s].name, graph.states[s].results)

    if is_large(graph):
        equilibrium = solve_levels(graph, len(players), payoff, chance, available, batch, tie_from=tie_from)
    else:
        equilibrium = solve(
            graph, len(players), payoff, chance, available, tie_from=tie_from, hold=world.hold
        )
    reached = reach(graph, equilibrium, {0: xp.asarray(1.0)}, world.hold)
    for s, decided in enumerate(equilibrium.decided):
        if decided is not None and decided.stuck is not False:
            world.stuck(graph.states[s].name, decided.stuck & (reached[s] > 0))
    return Played(world, graph, equilibrium, reached)


def node_margin(game: Played, node: str) -> Array:
    """Margin of the played move at a node, weighted over its states; inf at chance nodes."""
    states = game.graph.of_node.get(node, ())
    margins = [decided.margin for s in states if (decided := game.equilibrium.decided[s]) is not None]
    if not margins:
        return xp.asarray(xp.inf)
    if len(margins) == 1:
        return margins[0]
    shares = shares_among(game.weights, states, [True] * len(states))[0]
    parts = [xp.where(share > 0, share * m, 0.0) for share, m in zip(shares, margins, strict=True)]
    return sum(parts, start=xp.asarray(0.0))


def node_probabilities(game: Played, node: str) -> list[Array]:
    """Probability of each branch at a node, weighted over its states by how play comes to them."""
    states = game.graph.of_node.get(node, ())
    if len(states) == 1:
        return list(branch_probabilities(game.equilibrium, states[0]))
    shares = shares_among(game.weights, states, [True] * len(states))[0]
    found: list[Array] = []
    for index in range(len(game.graph.states[states[0]].children) if states else 0):
        parts = [
            share * branch_probabilities(game.equilibrium, s)[index]
            for s, share in zip(states, shares, strict=True)
        ]
        found.append(sum(parts, start=xp.asarray(0.0)))
    return found


def node_reached(game: Played, name: str) -> Array:
    """Probability that play comes to a node or outcome."""
    return sum((xp.asarray(game.reached[s]) for s in game.graph.of_node.get(name, ())), start=xp.asarray(0.0))
