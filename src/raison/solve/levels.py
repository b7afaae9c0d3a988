"""Backward induction level by level, for games too large for straight-line code.

States of one height are solved together, in NumPy: the values of their children are gathered and the mover's
best is taken. Nothing is compiled, so a chain of thousands of moves costs no more than a bush of as many. It
gives what `backward.solve` gives, tested on the same games.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.graph import CHANCE, OUTCOME, Graph, State
from raison.solve.backward import Decided, Equilibrium, tie_tolerance

LARGE = 400
"""Games with more states than this are solved level by level."""
_NONE = -1

Array = Any
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


def is_large(graph: Graph | None) -> bool:
    """Whether a game is solved level by level."""
    return graph is not None and len(graph.states) > LARGE


@dataclass(slots=True)
class _Table:
    """All states of a game in `B` draws; filled in level by level.

    Attributes:
        value: `[S, P, B]`.
        weight: `[S, A, B]`, probabilities of a chance state's cases; 0 elsewhere.
        allowed: `[S, A, B]`, available moves of a decision.
        start: `[S]`, the move from which a tie is broken.
        played: `[S, B]` int32, `_NONE` where there is none.
        near: `[S, A, B]`, moves within the tie tolerance of the best.
        margin: `[S, B]`.
        tolerance: `[P, B]`.
    """

    value: Floats
    weight: Floats
    allowed: Truths
    start: NDArray[np.int32]
    played: NDArray[np.int32]
    near: Truths
    margin: Floats
    tolerance: Floats


def solve_levels(
    graph: Graph,
    players: int,
    payoff: Callable[[int, int], Array],
    chance: Callable[[int], tuple[Array, ...]],
    available: Callable[[int], tuple[Array, ...]],
    batch: int,
    *,
    tie_from: Array | None = None,
) -> Equilibrium:
    """Solve a large game in all draws at once; arguments as `raison.solve.backward.solve`.

    Args:
        graph: The game's states.
        players: Number of players.
        payoff: Of an outcome state and a player.
        chance: Of a chance state, the probabilities of its cases.
        available: Of a decision state, whether each move is available.
        batch: Number of draws.
        tie_from: `[S]`, per state the index of the move from which a tie is broken, going round.

    Returns:
        The equilibrium, with a row for each state.
    """
    states = graph.states
    count, width = len(states), max(len(state.children) for state in states)
    chances: list[tuple[Array, ...] | None] = [None] * count
    availables: list[tuple[Array, ...] | None] = [None] * count
    table = _Table(
        value=np.zeros((count, players, batch)),
        weight=np.zeros((count, width, batch)),
        allowed=np.zeros((count, width, batch), bool),
        start=np.zeros(count, np.int32) if tie_from is None else np.asarray(tie_from, np.int32),
        played=np.full((count, batch), _NONE, np.int32),
        near=np.zeros((count, width, batch), bool),
        margin=np.full((count, batch), np.inf),
        tolerance=np.zeros((players, batch)),
    )
    for s, state in enumerate(states):
        if state.mover == OUTCOME:
            _fill(table.value[s], tuple(payoff(s, p) for p in range(players)))
        elif state.mover == CHANCE:
            chances[s] = found = chance(s)
            _fill(table.weight[s], found)
        else:
            availables[s] = found = available(s)
            _fill(table.allowed[s], found)
    ends = table.value[list(graph.outcomes)]
    for p in range(players):
        table.tolerance[p] = tie_tolerance([ends[:, p].max(axis=0), ends[:, p].min(axis=0)])
    with np.errstate(all="ignore"):  # dead ends are worth -inf, and a draw that fails is marked elsewhere
        for height in range(1, int(graph.height[0]) + 1):
            _solve_level(graph, table, np.flatnonzero(graph.height == height))
    return Equilibrium(
        value=tuple(tuple(row) for row in table.value),
        decided=tuple(_decided(table, s, x) if x.mover >= 0 else None for s, x in enumerate(states)),
        chance=tuple(chances),
        available=tuple(availables),
        tolerance=tuple(table.tolerance),
    )


def _fill(rows: Array, found: tuple[Array, ...]) -> None:
    for row, values in zip(rows, found, strict=False):  # a state has as many branches as the widest, or fewer
        row[...] = values


def _decided(table: _Table, s: int, state: State) -> Decided:
    moves = len(state.children)
    best = table.near[s, :moves]
    return Decided(
        played=tuple(table.played[s] == index for index in range(moves)),
        best=tuple(best),
        margin=table.margin[s],
        tied=best.sum(axis=0) > 1,
        stuck=table.played[s] == _NONE,
    )


def _solve_level(graph: Graph, table: _Table, level: NDArray[np.int64]) -> None:
    """Solve the states of one height: chances and decisions apart, each padded to its widest."""
    movers = np.array([graph.states[s].mover for s in level])
    for at, solve in ((level[movers == CHANCE], _expect), (level[movers >= 0], _choose)):
        if not len(at):
            continue
        branches = max(len(graph.states[s].children) for s in at)
        child = np.full((len(at), branches), _NONE)
        for row, s in enumerate(at):
            child[row, : len(graph.states[s].children)] = graph.states[s].children
        solve(graph, table, at, child)


def _expect(graph: Graph, table: _Table, at: NDArray[np.int64], child: NDArray[np.int64]) -> None:
    mean = np.zeros((len(at), *table.value.shape[1:]))
    for index in range(child.shape[1]):  # in order, as the straight-line solver adds
        part = table.weight[at, index][:, None]
        mean += np.where(part > 0, part * table.value[child[:, index]], 0.0)
    table.value[at] = mean


def _choose(graph: Graph, table: _Table, at: NDArray[np.int64], child: NDArray[np.int64]) -> None:
    branches = child.shape[1]
    mover = np.array([graph.states[s].mover for s in at])
    can = table.allowed[at, :branches]
    own = np.where(can, table.value[child, mover[:, None]], -np.inf)  # [W, A, B]
    top = own.max(axis=1)
    near = can & (own >= (top - table.tolerance[mover])[:, None]) & (own > -np.inf)
    order = (np.arange(branches) - table.start[at][:, None]) % branches  # [W, A]
    choice = np.where(near, order[..., None], branches).argmin(axis=1)  # [W, B]
    stuck = ~near.any(axis=1)
    below = table.value[child]  # [W, A, P, B]
    taken = np.take_along_axis(below, choice[:, None, None], axis=1)[:, 0]
    chosen = np.take_along_axis(own, choice[:, None], axis=1)[:, 0]
    np.put_along_axis(own, choice[:, None], -np.inf, axis=1)
    gap = np.where(stuck, np.inf, chosen - own.max(axis=1))
    table.value[at] = np.where(stuck[:, None], -np.inf, taken)
    table.played[at] = np.where(stuck, _NONE, choice)
    table.near[at, :branches] = near
    table.margin[at] = np.where(near.sum(axis=1) > 1, 0.0, gap)
