"""Values and gains from deviating of given behaviour and beliefs, by recursion through the tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raison.program.graph import CHANCE
from raison.solve.sequential.numbers import Floats, Numbers
from raison.solve.sequential.record import Found, Interval


def values(numbers: Numbers, probability: Sequence[Any]) -> list[Floats | None]:
    """Per state that is not inside a tail, what each player expects `[players, N]`.

    Args:
        numbers: Of `N` draws.
        probability: Per place `[moves, N]`.
    """
    form = numbers.form
    value = list(numbers.value)
    for s in range(len(value) - 1, -1, -1):
        if value[s] is not None:
            continue
        state = form.graph.states[s]
        weights = numbers.chance[s] if state.mover == CHANCE else probability[form.place[s]]
        total = np.zeros_like(numbers.span)
        for branch, child in enumerate(state.children):
            total += weights[branch] * value[child]  # type: ignore[index]
        value[s] = total
    return value


def gains(numbers: Numbers, value: Sequence[Floats | None], beliefs: Sequence[Any]) -> Floats:
    """The largest gain from one deviation at any information set that is not in a tail.

    Args:
        numbers: Of `N` draws.
        value: Per state, from `values`.
        beliefs: Per place `[states, N]`.

    Returns:
        `[N]`, as a share of the deviator's payoff range.
    """
    form = numbers.form
    worst = np.zeros(numbers.batch)
    for index, place in enumerate(form.places):
        if numbers.folded[place.states[0]] is not None:
            continue
        belief = beliefs[index]
        mask = numbers.available[place.states[0]]
        now = np.zeros(numbers.batch)
        for weight, s in zip(belief, place.states, strict=True):
            now += weight * value[s][place.player]  # type: ignore[index]
        best = np.full(numbers.batch, -np.inf)
        for option in range(len(place.labels)):
            here = np.zeros(numbers.batch)
            for weight, s in zip(belief, place.states, strict=True):
                child = form.graph.states[s].children[option]
                here += weight * value[child][place.player]  # type: ignore[index]
            best = np.maximum(best, here if mask is None else np.where(mask[option], here, -np.inf))
        worst = np.maximum(worst, (best - now) / numbers.span[place.player])
    return worst


def checked(found: Found, numbers: Numbers) -> tuple[Floats, Floats]:
    """Root values `[players, N]` and residuals `[N]` of completed equilibria.

    Beliefs are put at their representatives and, where a mover has two states, at both ends.
    """
    here = numbers.rows(found.row)
    value = values(here, [interval.central for interval in found.probability if interval is not None])
    worst = found.slack
    intervals = [interval for interval in found.belief if interval is not None]
    for pick in (_central, _first_low, _first_high):
        worst = np.maximum(worst, gains(here, value, [pick(interval) for interval in intervals]))
    root = value[0]
    if root is None:
        raise ValueError("the root of a game has a value once all below it have one.")
    return root, worst


def _central(interval: Interval) -> Floats:
    return interval.central


def _first_low(interval: Interval) -> Floats:
    if len(interval.low) != 2:
        return interval.central
    return np.stack([interval.low[0], interval.high[1]])


def _first_high(interval: Interval) -> Floats:
    if len(interval.low) != 2:
        return interval.central
    return np.stack([interval.high[0], interval.low[1]])
