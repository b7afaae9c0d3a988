"""Subgame perfection by backward induction, in batch.

At each decision, from the end of the game to its beginning, the mover takes a move of highest value to him,
given what is chosen later (Kuhn 1953). Two moves tie when they differ by at most `TIE` of the range of the
mover's payoffs in that draw, plus rounding; the one listed first is then played and the tie is reported, so
that rounding never decides.

Straight-line code, one array per state and player, which XLA fuses into one pass over memory; `levels` does
the same for large games level by level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raison.program import xp
from raison.program.graph import CHANCE, OUTCOME, Graph
from raison.program.hold import Hold, fuse

TIE = 1e-9
"""Ties: relative to the range of the mover's payoffs in the draw."""
_EPS = float(np.finfo(np.float64).eps)

Array = Any


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision state in all draws.

    Attributes:
        played: Per move `[B]` bool, whether it is the one played; none is where none is available.
        best: Per move `[B]` bool, whether it is within the tie tolerance of the best.
        margin: `[B]` float64, value of the played move less the best other; 0 where tied, inf where alone.
        tied: `[B]` bool.
        stuck: `[B]` bool, no move is available; False where that cannot be.
    """

    played: tuple[Array, ...]
    best: tuple[Array, ...]
    margin: Array
    tied: Array
    stuck: Array

    @property
    def choice(self) -> Array:
        """`[B]` int8, index of the played move; -1 where none is available."""
        choice = xp.where(self.played[-1], xp.int8(len(self.played) - 1), xp.int8(-1))
        for index in range(len(self.played) - 2, -1, -1):
            choice = xp.where(self.played[index], xp.int8(index), choice)
        return choice


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """A subgame-perfect equilibrium in pure strategies in each draw.

    Attributes:
        value: Per state and player `[B]` float64.
        decided: Per state its decision; None at chance nodes and outcomes.
        chance: Per state the probabilities of its cases; None elsewhere.
        available: Per state whether each move is available; None elsewhere.
        tolerance: Per player, the difference up to which two values tie.
    """

    value: tuple[tuple[Array, ...], ...]
    decided: tuple[Decided | None, ...]
    chance: tuple[tuple[Array, ...] | None, ...]
    available: tuple[tuple[Array, ...] | None, ...]
    tolerance: tuple[Array, ...]


def solve(
    graph: Graph,
    players: int,
    payoff: Callable[[int, int], Array],
    chance: Callable[[int], tuple[Array, ...]],
    available: Callable[[int], tuple[Array, ...]],
    *,
    tie_from: Sequence[Array] | None = None,
    hold: Hold = fuse,
) -> Equilibrium:
    """Solve a game in all draws at once, while JAX traces.

    Args:
        graph: The game's states.
        players: Number of players.
        payoff: Of an outcome state and a player, `[B]` float64 or a float.
        chance: Of a chance state, the probabilities of its cases.
        available: Of a decision state, whether each move is available.
        tie_from: Per state, the index of the move from which a tie is broken, going round; None for the
            first. Running through all indices enumerates all pure equilibria.
        hold: How each state's values are kept.

    Returns:
        The equilibrium. A draw with a payoff that is not finite gives numbers of no meaning; its status says
        so.

    Accuracy: values copy payoffs; each chance level rounds by about the number of cases times eps.

    Source: Kuhn (1953), "Extensive games and the problem of information". The tie rule is ours.
    """
    states = graph.states
    value: list[tuple[Array, ...]] = [()] * len(states)
    decided: list[Decided | None] = [None] * len(states)
    chances: list[tuple[Array, ...] | None] = [None] * len(states)
    availables: list[tuple[Array, ...] | None] = [None] * len(states)
    for s in graph.outcomes:
        value[s] = tuple(payoff(s, p) for p in range(players))
    tolerance = hold(tuple(tie_tolerance([value[s][p] for s in graph.outcomes]) for p in range(players)))
    for s in range(len(states) - 1, -1, -1):
        state = states[s]
        if state.mover == OUTCOME:
            continue
        below = [value[child] for child in state.children]
        if state.mover == CHANCE:
            weights = chances[s] = chance(s)
            value[s] = hold(tuple(_mean(weights, [v[p] for v in below]) for p in range(players)))
            continue
        allowed = availables[s] = available(s)
        start = None if tie_from is None else tie_from[s]
        decision = _decide([v[state.mover] for v in below], allowed, tolerance[state.mover], start)
        decision = Decided(
            *hold((decision.played, decision.best, decision.margin, decision.tied, decision.stuck))
        )
        decided[s] = decision
        value[s] = hold(tuple(_taken(decision, [v[p] for v in below]) for p in range(players)))
    return Equilibrium(tuple(value), tuple(decided), tuple(chances), tuple(availables), tolerance)


def tie_tolerance(payoffs: Sequence[Array]) -> Array:
    """How far two of a player's values may differ and still tie: `[B]`, from his payoffs at all outcomes."""
    highest = lowest = payoffs[0]
    for payoff in payoffs[1:]:
        highest, lowest = xp.maximum(highest, payoff), xp.minimum(lowest, payoff)
    largest = xp.maximum(abs(highest), abs(lowest))
    return TIE * (highest - lowest) + 4 * _EPS * largest


def _mean(weights: Sequence[Array], values: Sequence[Array]) -> Array:
    """Expectation; a case of no probability counts nothing, even if its value is infinite (a dead end)."""
    total: Array = 0.0
    for weight, value in zip(weights, values, strict=True):
        if isinstance(weight, float):
            total = total + weight * value if weight != 0.0 else total
        else:
            total = total + xp.where(weight > 0, weight * value, 0.0)
    return total


def _decide(
    values: Sequence[Array], allowed: Sequence[Array], tolerance: Array, start: Array | None
) -> Decided:
    free = all(allow is True for allow in allowed)
    if len(values) == 1:
        alive = xp.asarray(True) if free else xp.asarray(allowed[0])
        return Decided((alive,), (alive,), xp.asarray(math.inf), xp.asarray(False), False if free else ~alive)
    if len(values) == 2 and free and start is None:
        lead = values[0] - values[1]  # the common case, kept to the fewest operations
        near = (lead >= -tolerance, lead <= tolerance)
        tied = near[0] & near[1]
        margin = xp.where(tied, 0.0, xp.abs(lead))
        return Decided((near[0], ~near[0]), near, margin, tied, False)
    moves = [
        value if allow is True else xp.where(allow, value, -xp.inf)
        for value, allow in zip(values, allowed, strict=True)
    ]
    top = moves[0]
    for value in moves[1:]:
        top = xp.maximum(top, value)
    near = tuple((value >= top - tolerance) & (value > -xp.inf) for value in moves)
    picked = _first(near, start)
    other: Array = -xp.inf
    for here, value in zip(picked, moves, strict=True):
        other = xp.maximum(other, xp.where(here, -xp.inf, value))
    stuck = ~near[0]
    tied, any_near = xp.asarray(False), near[0]
    for here in near[1:]:
        tied, any_near, stuck = tied | (any_near & here), any_near | here, stuck & ~here
    chosen = moves[-1]
    for here, value in zip(picked[-2::-1], moves[-2::-1], strict=True):
        chosen = xp.where(here, value, chosen)
    margin = xp.where(tied, 0.0, xp.where(stuck, xp.inf, chosen - other))
    return Decided(picked, near, margin, tied, stuck)


def _first(near: Sequence[Array], start: Array | None) -> tuple[Array, ...]:
    """Per move, whether it is the first that is near the best, counted from `start` and going round."""
    if start is None:
        picked, taken = [near[0]], near[0]
        for here in near[1:]:
            picked.append(here & ~taken)
            taken = taken | here
        return tuple(picked)
    shifted = [here & (index >= start) for index, here in enumerate(near)]
    later = _first(shifted, None)
    earlier = _first(near, None)
    found = shifted[0]
    for here in shifted[1:]:
        found = found | here
    return tuple(a | (b & ~found) for a, b in zip(later, earlier, strict=True))


def _taken(decision: Decided, values: Sequence[Array]) -> Array:
    """The value of the played move; where there is none, a dead end that nobody would choose: -inf."""
    taken = values[-1]
    for here, value in zip(decision.played[-2::-1], values[-2::-1], strict=True):
        taken = xp.where(here, value, taken)
    return taken if decision.stuck is False else xp.where(decision.stuck, -xp.inf, taken)
