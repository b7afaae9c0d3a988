"""Where play goes: how likely each state is, on the path of play and off it.

Off the path, weights are the limit of trembles: every move that is not played has the same small probability,
and as it goes to zero only the histories with the fewest such moves count, weighted by chance and by what is
played. `Weights` keeps that number of trembles and the weight; on the path the number is 0 and the weight is
the probability of coming there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from raison.program import xp
from raison.program.graph import Graph
from raison.program.hold import Hold, fuse
from raison.solve.backward import Equilibrium

Array = Any
NEVER = 1_000
"""Trembles of a state that no history reaches."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How play comes to each state.

    Attributes:
        trembles: Per state `[B]` int32, fewest moves off the equilibrium that lead there; `NEVER` if none do.
        weight: Per state `[B]` float64, total weight of the histories with that many.
    """

    trembles: tuple[Array, ...]
    weight: tuple[Array, ...]


def branch_probabilities(equilibrium: Equilibrium, state: int) -> tuple[Array, ...]:
    """Probability of each case or move at a state: 1 for the move that is played."""
    chance = equilibrium.chance[state]
    if chance is not None:
        return chance
    decided = equilibrium.decided[state]
    if decided is None:
        return ()
    return tuple(xp.where(here, 1.0, 0.0) for here in decided.played)


def reach(graph: Graph, equilibrium: Equilibrium, start: dict[int, Array], hold: Hold = fuse) -> list[Array]:
    """Probability `[B]` of each state along play from the given states with the given probabilities."""
    found: list[Array] = [start.get(s, 0.0) for s in range(len(graph.states))]
    for s, state in enumerate(graph.states):
        if isinstance(found[s], float) and found[s] == 0.0:
            continue
        here = found[s] = hold(found[s])
        for child, probability in zip(state.children, branch_probabilities(equilibrium, s), strict=True):
            found[child] = found[child] + here * probability
    return found


def weights(graph: Graph, equilibrium: Equilibrium, hold: Hold = fuse) -> Weights:
    """How play comes to each state, on the path and off it."""
    count = len(graph.states)
    trembles: list[Array] = [xp.int32(NEVER)] * count
    weight: list[Array] = [xp.asarray(0.0)] * count
    trembles[0], weight[0] = xp.int32(0), xp.asarray(1.0)
    for s, state in enumerate(graph.states):
        trembles[s], weight[s] = hold((trembles[s], weight[s]))
        allowed = equilibrium.available[s]
        for index, child in enumerate(state.children):
            if allowed is None:
                probability = branch_probabilities(equilibrium, s)[index]
                possible = xp.asarray(probability) > 0
                step, factor = xp.int32(0), probability
            else:
                decided = equilibrium.decided[s]
                played = decided.played[index] if decided is not None else xp.asarray(False)
                possible = xp.asarray(allowed[index])
                step, factor = xp.where(played, xp.int32(0), xp.int32(1)), 1.0
            many = xp.where(possible, xp.minimum(trembles[s] + step, xp.int32(NEVER)), xp.int32(NEVER))
            much = weight[s] * factor
            fewer, same = many < trembles[child], many == trembles[child]
            kept = xp.where(same & possible, weight[child] + much, weight[child])
            weight[child] = xp.where(fewer, much, kept)
            trembles[child] = xp.minimum(trembles[child], many)
    return Weights(tuple(trembles), tuple(weight))


def shares_among(
    weights: Weights, states: Sequence[int], holds: Sequence[Array]
) -> tuple[list[Array], Array]:
    """Conditional weights of some states, given that one of them is reached and its condition holds.

    Args:
        weights: How play comes to each state.
        states: The states, none below another.
        holds: Per state whether the condition holds: `[B]` bool or a Python bool.

    Returns:
        Per state its share `[B]` float64 (they sum to 1), and whether any state counts, `[B]` bool.
    """
    fewest: Array = xp.int32(NEVER)
    for s, hold in zip(states, holds, strict=True):
        fewest = xp.minimum(fewest, xp.where(hold, weights.trembles[s], xp.int32(NEVER)))
    counted = [
        xp.where(xp.asarray(hold) & (weights.trembles[s] == fewest), weights.weight[s], 0.0)
        for s, hold in zip(states, holds, strict=True)
    ]
    total: Array = 0.0
    for part in counted:
        total = total + part
    any_counts = (fewest < NEVER) & (total > 0)
    scale = xp.where(any_counts, 1.0 / xp.where(any_counts, total, 1.0), 0.0)
    return [part * scale for part in counted], any_counts
