"""The independent check of a solution: how much could anyone gain by moving otherwise?

It shares no code with the solver. Given payoffs and what is played at every state, it works out values by
plain NumPy recursion from the end of the game and, at every decision, the gain of the best single deviation.
By the one-shot deviation principle (Hendon, Jacobsen and Sloth 1996) a strategy is subgame perfect if and
only if no gain is positive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from raison.program.graph import Graph

Floats = NDArray[np.float64]


def largest_gain(
    graph: Graph,
    payoffs: Floats,
    played: Sequence[Floats],
    available: Sequence[NDArray[np.bool_] | None] | None = None,
) -> Floats:
    """The largest gain from a single deviation anywhere in the game, relative to the deviator's payoff range.

    Args:
        graph: The game's states.
        payoffs: `[outcome states, players, N]` float64, in the order of `graph.outcomes`.
        played: Per state `[branches, N]` probabilities of its branches.
        available: Per state `[branches, N]` bool, or None where all moves are; None for all everywhere.

    Returns:
        `[N]` float64; 0 or less up to the tie tolerance where the solution is subgame perfect.
    """
    players, count = payoffs.shape[1], payoffs.shape[2]
    spread = payoffs.max(axis=0) - payoffs.min(axis=0)
    value: dict[int, Floats] = {s: payoffs[row] for row, s in enumerate(graph.outcomes)}
    worst = np.zeros(count)
    for s in reversed(range(len(graph.states))):
        state = graph.states[s]
        if not state.children:
            continue
        below = np.stack([value[child] for child in state.children])  # [branches, players, N]
        chances = played[s][:, None, :]
        with np.errstate(invalid="ignore"):
            value[s] = np.where(chances > 0, chances * below, 0.0).sum(axis=0)
        if 0 <= state.mover < players:
            options = below[:, state.mover]
            allowed = None if available is None else available[s]
            if allowed is not None:
                options = np.where(allowed, options, -np.inf)
            gain = options.max(axis=0) - value[s][state.mover]
            scale = np.where(spread[state.mover] > 0, spread[state.mover], 1.0)
            with np.errstate(invalid="ignore"):
                worst = np.fmax(worst, np.where(played[s].sum(axis=0) > 0, gain / scale, 0.0))
    return worst
