"""All pure subgame-perfect equilibria of the draws in which best moves tie.

Ties are broken from a given move on, going round; running through every combination of such starts at the
states that tie meets every pure equilibrium. Breaking one tie can make another state tie, so the states are
found again until no new one does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_COMBINATIONS = 256
"""Combinations of tie-breaks beyond which the smallest and largest values are not given."""


def extremes(
    numbers: Callable[[NDArray[np.int32]], tuple[Any, Any]],
    moves: Sequence[int],
    tied_states: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Smallest and largest value of each question over all pure equilibria, for every draw of a block.

    Args:
        numbers: From the start of each state's tie-break, `[S]` int32, to the questions' numbers `[Q, B]` and
            the states that tie in some draw `[S]` bool.
        moves: Per state its number of moves; 1 where nothing can tie.
        tied_states: `[S]` bool, the states that tie when the first move is played.

    Returns:
        Two arrays `[Q, B]`, or None where there are more than `MAX_COMBINATIONS` combinations.
    """
    known = np.array(tied_states, bool)
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    tried: set[tuple[int, ...]] = set()
    while True:
        states = [int(state) for state in np.flatnonzero(known)]
        combinations = 1
        for state in states:
            combinations *= moves[state]
        if combinations > MAX_COMBINATIONS:
            return None
        grown = known.copy()
        for picks in itertools.product(*(range(moves[state]) for state in states)):
            start = np.zeros(len(moves), np.int32)
            start[states] = picks
            picked = tuple(int(index) for index in start)
            if picked in tried:
                continue
            tried.add(picked)
            found, ties = numbers(start)
            found = np.asarray(found)
            low = found if low is None else np.minimum(low, found)
            high = found if high is None else np.maximum(high, found)
            grown |= np.asarray(ties)
        if (grown == known).all():
            if low is None or high is None:
                raise ValueError("no combination of tie-breaks was tried; tied_states must not be empty.")
            return low, high
        known = grown
