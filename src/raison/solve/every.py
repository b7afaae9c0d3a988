"""Every equilibrium of a small game in each draw, as strategies that questions can be asked of.

An equilibrium of a continuum stands in the list with the profiles at both ends of it, so that the smallest
and largest answers over the list are those over all equilibria wherever one information set at a time can
vary.
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
from raison.solve.bimatrix import solve_bimatrix
from raison.solve.sequential import SequentialEquilibria, passes_d1, passes_intuitive, solve_sequential
from raison.solve.sequential.record import COMPLETE, Interval
from raison.solve.sequential.shape import find_signalling

Floats = NDArray[np.float64]

NO_AMOUNTS = (
    "equilibria of games with amounts are not enumerated; the one that is played is the branch's limit"
)
PREDICTION = "a quantal response is a prediction of its own, not one of several equilibria"
NOT_A_TABLE = "all Nash equilibria are found where two players choose once each; here one of them is played"
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
    if (concept == "logit" and solution.precision is not None) or concept == "strategic-choice":
        return PREDICTION
    if form.axes:
        return NO_AMOUNTS
    if concept == "nash":
        return None if _is_table(form) else NOT_A_TABLE
    return None if _is_small(form) else TOO_LARGE


def _is_table(form: Form) -> bool:
    """Whether the game is a table of payoffs: two players with one information set each."""
    return len({place.player for place in form.places}) == len(form.places) == 2


def _nash(
    form: Form, payoffs: Floats, chance: Mapping[int, Sequence[Any]], available: Mapping[int, Sequence[Any]]
) -> Every:
    """All Nash equilibria of a table, of continua the extreme points.

    Source: as `raison.solve.bimatrix`.
    """
    sizes = [len(place.labels) for place in form.places]
    tables = [np.zeros((*sizes, payoffs.shape[-1])) for _ in form.places]
    states = enumerate(form.graph.states)
    parent = {child: (s, branch) for s, state in states for branch, child in enumerate(state.children)}
    for row, z in enumerate(form.graph.outcomes):
        weight: Any = 1.0
        at: list[Any] = [slice(None), slice(None)]
        s = z
        while s in parent:
            s, branch = parent[s]
            if form.place[s] >= 0:
                at[form.place[s]] = branch
            else:
                weight = weight * np.asarray(chance[s][branch])
        for table, place in zip(tables, form.places, strict=True):
            table[(*at, slice(None))] += weight * payoffs[row, place.player]
    masks = [np.stack([np.asarray(a) for a in available[place.states[0]]]) for place in form.places]
    free = all(mask.all() for mask in masks)
    found = solve_bimatrix(
        tables[0], tables[1], rows=None if free else masks[0], columns=None if free else masks[1]
    )
    there = np.arange(len(found.x))[:, None] < found.count
    profiles = tuple(
        np.where(there[k], np.concatenate([found.x[k], found.y[k]]), np.nan) for k in range(len(found.x))
    )
    return Every(profiles, found.count, found.status <= 1)


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
    if solved_by(program.model) == "nash":
        return _nash(form, payoffs, chance, available)
    found = solve_sequential(form, payoffs, chance, available)
    refinement = program.model.solution.refinement
    if refinement is not None:
        passes = passes_d1 if refinement == "d1" else passes_intuitive
        kept = np.asarray(passes(form, payoffs, chance, found, available))
    else:
        kept = np.ones(found.kind.shape, bool)
    return Every(
        _profiles(found, kept),
        (kept & (found.kind > 0)).sum(axis=0).astype(np.int32),
        found.status == COMPLETE,
    )


def _profiles(found: SequentialEquilibria, kept: NDArray[np.bool_]) -> tuple[Floats, ...]:
    profiles: list[Floats] = []
    for k in range(int(found.count.max(initial=0))):
        here = [
            Interval(*(np.where(kept[k], part[:, k], np.nan) for part in (i.central, i.low, i.high)))
            for i in found.probability
        ]
        profiles.append(np.concatenate([interval.central for interval in here]))
        if found.continuum[k].any():
            profiles += [np.concatenate([_at_end(interval, end) for interval in here]) for end in (0, 1)]
    return tuple(profiles)


def _at_end(interval: Interval, end: int) -> Floats:
    """The first option at an end of its interval, the others in proportion to what they can be."""
    first = (interval.low if end == 0 else interval.high)[:1]
    rest = (interval.high if end == 0 else interval.low)[1:]
    total = rest.sum(axis=0, keepdims=True)
    left = 1.0 - first
    even = np.where(total > 0, rest / np.where(total > 0, total, 1.0), 1.0 / max(len(rest), 1))
    return np.concatenate([first, left * even])
