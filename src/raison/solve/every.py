"""Every equilibrium of a small game in each draw, as strategies that questions can be asked of.

An equilibrium of a continuum stands in the list with the profiles at both ends of it, so that the smallest and
largest answers over the list are those over all equilibria wherever one information set at a time can vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.model.records import solved_by
from raison.program.form import Form
from raison.program.program import Program
from raison.solve.sequential.record import COMPLETE, Interval, SequentialEquilibria
from raison.solve.sequential.shape import find_signalling
from raison.solve.sequential.solver import solve_sequential

Floats = NDArray[np.float64]

NO_AMOUNTS = "equilibria of games with amounts are not enumerated; the one that is played is the branch's limit"
PREDICTION = "a quantal response is a prediction of its own, not one of several equilibria"
TOO_LARGE = "the game is too large for all of its equilibria to be found"


@dataclass(frozen=True, eq=False, slots=True)
class Every:
    """Every equilibrium of each of `B` draws.

    Attributes:
        profiles: `[N, B]` each, probability of every option of every information set; NaN in draws that have
            fewer.
        count: `[B]`, equilibria; a continuum counts once.
        complete: `[B]` bool, none is missing.
    """

    profiles: tuple[Floats, ...]
    count: NDArray[np.int32]
    complete: NDArray[np.bool_]


def why_not(program: Program) -> str | None:
    """Why a program's equilibria are not enumerated; None where they are."""
    form, solution = program.form, program.model.solution
    if form is None:
        return None
    concept = solved_by(program.model)
    if concept == "logit" and solution.precision is not None or concept == "strategic-choice":
        return PREDICTION
    if form.axes:
        return NO_AMOUNTS
    return None if _is_small(form) else TOO_LARGE


def _is_small(form: Form) -> bool:
    signalling = find_signalling(form)
    return signalling is not None and signalling.is_small


def every_equilibrium(
    program: Program,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]],
    available: Mapping[int, Sequence[Any]],
) -> Every:
    """Find them.

    Args:
        program: A game with information sets, see `why_not`.
        payoffs: `[outcome states, players, B]`.
        chance: Per chance state its probabilities.
        available: Per decision state whether each move can be made.
    """
    form = program.form
    if form is None:
        raise ValueError(f"'{program.model.name}' has no information sets.")
    found = solve_sequential(form, payoffs, chance, available)
    return Every(_profiles(found), found.count, found.status == COMPLETE)


def _profiles(found: SequentialEquilibria) -> tuple[Floats, ...]:
    profiles: list[Floats] = []
    for k in range(int(found.count.max(initial=0))):
        here = [Interval(*(part[:, k] for part in interval)) for interval in found.probability]
        profiles.append(np.concatenate([interval.central for interval in here]))
        if found.continuum[k].any():
            for end in (0, 1):
                profiles.append(np.concatenate([_at_end(interval, end) for interval in here]))
    return tuple(profiles)


def _at_end(interval: Interval, end: int) -> Floats:
    """The first option at an end of its interval, the others in proportion to what they can be."""
    first = (interval.low if end == 0 else interval.high)[:1]
    rest = (interval.high if end == 0 else interval.low)[1:]
    total = rest.sum(axis=0, keepdims=True)
    left = 1.0 - first
    even = np.where(total > 0, rest / np.where(total > 0, total, 1.0), 1.0 / max(len(rest), 1))
    return np.concatenate([first, left * even])
