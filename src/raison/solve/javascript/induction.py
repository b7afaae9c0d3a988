"""Backward induction written on a tape, so that maps compute it together with the formulas.

The page's engine has an induction of its own, in `engine.js`, for everything else that it shows; tests hold
the two against each other. Both follow `raison.solve.backward`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from raison.program.graph import CHANCE, OUTCOME, Graph, State
from raison.program.javascript.tape import Operand, Tape
from raison.solve.backward import TIE

_EPS = float(np.finfo(np.float64).eps)
_Values = tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a game, by state.

    Attributes:
        payoffs: By outcome state, a number for each player.
        chance: By chance state, a probability for each case.
        available: By decision state, for each move whether it is available.
        bound: By node the number of the move that its player is bound to, below 0 for none; other nodes are
            free.
    """

    payoffs: Mapping[int, _Values]
    chance: Mapping[int, _Values]
    available: Mapping[int, _Values]
    bound: Mapping[str, Operand]


def best_moves(tape: Tape, graph: Graph, players: int, numbers: Numbers) -> dict[int, Operand]:
    """By decision state, the moves that are best up to a tie: 1 for the first, plus 2 for the second, 4, ...

    Args:
        tape: Where it is written.
        graph: The game.
        players: How many.
        numbers: Of the game.
    """
    tolerance = [_tolerance(tape, [row[p] for row in numbers.payoffs.values()]) for p in range(players)]
    values: dict[int, _Values] = {}
    found: dict[int, Operand] = {}
    for s in range(len(graph.states) - 1, -1, -1):
        state = graph.states[s]
        below = [values[child] for child in state.children]
        if state.mover == OUTCOME:
            values[s] = numbers.payoffs[s]
        elif state.mover == CHANCE:
            weights = numbers.chance[s]
            values[s] = tuple(_mean(tape, weights, [v[p] for v in below]) for p in range(players))
        else:
            own = [v[state.mover] for v in below]
            allowed = _allowed(tape, state, numbers, s)
            near = _near(tape, own, allowed, tolerance[state.mover])
            values[s] = tuple(_taken(tape, near, [v[p] for v in below]) for p in range(players))
            found[s] = _bits(tape, near)
    return found


def _allowed(tape: Tape, state: State, numbers: Numbers, s: int) -> list[Operand]:
    bound = numbers.bound.get(state.name)
    if bound is None:
        return list(numbers.available[s])
    free = tape.compare("<", bound, 0.0)
    return [
        tape.both(when, tape.either(free, tape.compare("==", bound, float(k))))
        for k, when in enumerate(numbers.available[s])
    ]


def _tolerance(tape: Tape, payoffs: Sequence[Operand]) -> Operand:
    highest = lowest = payoffs[0]
    for payoff in payoffs[1:]:
        highest, lowest = tape.call("max", highest, payoff), tape.call("min", lowest, payoff)
    largest = tape.call("max", tape.call("abs", highest), tape.call("abs", lowest))
    spread = tape.binary("*", TIE, tape.binary("-", highest, lowest))
    return tape.binary("+", spread, tape.binary("*", 4 * _EPS, largest))


def _mean(tape: Tape, weights: Sequence[Operand], values: Sequence[Operand]) -> Operand:
    """Expectation; a case of no probability counts nothing, even if its value is infinite."""
    parts: list[Operand] = []
    for weight, value in zip(weights, values, strict=True):
        if isinstance(weight, float):
            parts += [tape.binary("*", weight, value)] if weight > 0.0 else []
        else:
            much = tape.binary("*", weight, value)
            parts.append(tape.select(tape.compare(">", weight, 0.0), much, 0.0))
    total: Operand = parts[0] if parts else 0.0
    for part in parts[1:]:
        total = tape.binary("+", total, part)
    return total


def _near(
    tape: Tape, values: Sequence[Operand], allowed: Sequence[Operand], tolerance: Operand
) -> list[Operand]:
    """Per move, whether it is within the tolerance of the best one."""
    if len(values) == 2 and all(allow is True for allow in allowed):
        lead = tape.binary("-", values[0], values[1])
        least = tape.binary("-", 0.0, tolerance)
        return [tape.compare(">=", lead, least), tape.compare("<=", lead, tolerance)]
    moves = [tape.select(a, value, -math.inf) for a, value in zip(allowed, values, strict=True)]
    top = moves[0]
    for value in moves[1:]:
        top = tape.call("max", top, value)
    least = tape.binary("-", top, tolerance)
    return [
        tape.both(tape.compare(">=", value, least), tape.compare(">", value, -math.inf)) for value in moves
    ]


def _taken(tape: Tape, near: Sequence[Operand], values: Sequence[Operand]) -> Operand:
    """The value of the first move that is near the best; where there is none, a dead end."""
    taken: Operand = -math.inf
    for here, value in zip(reversed(near), reversed(values), strict=True):
        taken = tape.select(here, value, taken)
    return taken


def _bits(tape: Tape, near: Sequence[Operand]) -> Operand:
    total: Operand = 0.0
    for k, here in enumerate(near):
        bit = tape.select(here, float(1 << k), 0.0)
        total = bit if k == 0 else tape.binary("+", total, bit)
    return total
