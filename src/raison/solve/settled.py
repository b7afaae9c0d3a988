"""Games whose beliefs do not depend on what anybody does: exact backward recursion over information sets.

Where everything that a player does not see is chance's doing, and nobody who knows of it has moved visibly
before, his beliefs are the priors. Then the information sets can be decided one after the other from the end,
as in a game of perfect information (take-it-or-leave-it offers to a private type, screening without
signalling). Ties are as in `raison.solve.backward`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raison.program import xp
from raison.program.form import Form, Place
from raison.program.graph import CHANCE
from raison.program.hold import Hold, fuse
from raison.solve.numbers import Numbers, Strategy, beliefs, conditional, log_of
from raison.solve.options import Decisions, stacked, unstacked

Array = Any
LOOSE = 10.0
"""Strategies that were found by iteration may miss indifference by this many times the tie tolerance."""


def settled_order(form: Form) -> tuple[int, ...] | None:
    """The information sets in an order in which each can be decided after those below it.

    Returns:
        None where a belief depends on a strategy, or two information sets lie below one another.
    """
    parents: dict[int, tuple[int, int]] = {}
    for s, state in enumerate(form.graph.states):
        for branch, child in enumerate(state.children):
            parents[child] = (s, branch)
    after: dict[int, set[int]] = {number: set() for number in range(len(form.places))}
    for number, place in enumerate(form.places):
        passed: set[tuple[tuple[int, int], ...]] = set()
        for s in place.states:
            others: list[tuple[int, int]] = []
            while s in parents:
                s, branch = parents[s]
                if form.graph.states[s].mover == CHANCE:
                    continue
                above = form.place[s]
                after[above].add(number)
                others.append((above, branch))
                is_own = form.places[above].player == place.player
                if not is_own and not set(form.places[above].axes) <= set(place.axes):
                    return None
                own = form.places[above].options[branch]
                if own is not None and own not in place.axes:
                    return None
            passed.add(tuple(others))
        if len(passed) > 1:
            return None
    return _upwards(after)


def _upwards(after: dict[int, set[int]]) -> tuple[int, ...] | None:
    order: list[int] = []
    left = dict(after)
    while left:
        ready = [number for number, below in left.items() if not below & left.keys()]
        if not ready:
            return None
        order += ready
        for number in ready:
            del left[number]
    return tuple(order)


def decide(
    form: Form,
    place: Place,
    values: Sequence[Array],
    allowed: Sequence[Array],
    tolerance: Array,
    batch: int,
) -> Decisions:
    """The best option of an information set, cell by cell; a tie goes to the one listed first."""
    value = stacked(form, place, values, batch)
    if not all(allow is True for allow in allowed):
        truths = [xp.asarray(allow) for allow in allowed]
        value = xp.where(stacked(form, place, truths, batch), value, -xp.inf)
    top = value.max(axis=0)
    best = (value >= (top - tolerance)[None]) & (value > -xp.inf)
    first = best.argmax(axis=0)
    rows = _numbered(value)
    played = best & (rows == first[None])
    return described(place, value, xp.where(played, 1.0, 0.0), best, tolerance, form)


def described(
    place: Place, value: Array, probability: Array, best: Array, tolerance: Array, form: Form
) -> Decisions:
    """Margin and ties of what is played.

    The margin of an amount is against the best value outside the neighbouring steps: next to the best offer
    lies one that is nearly as good, which says nothing.
    """
    count = best.sum(axis=0)
    rows = _numbered(value)
    first = probability.argmax(axis=0)
    mixed = probability.max(axis=0) < 1 - 1e-9
    near = xp.abs(rows - first[None]) <= 1 if _has_amount(place) else rows == first[None]
    other = xp.where(near & _same_scale(form, place, rows, first), -xp.inf, value).max(axis=0)
    other = xp.where(xp.isfinite(other) | (value.shape[0] == 1), other, -xp.inf)
    chosen = xp.where(rows == first[None], value, -xp.inf).max(axis=0)
    stuck = count == 0
    tied = count > 1
    flat = (tied & (other >= chosen - tolerance)) | mixed
    margin = xp.where(stuck, xp.inf, xp.where(flat, 0.0, chosen - other))
    return Decisions(value, probability, best, margin, tied, stuck)


def _has_amount(place: Place) -> bool:
    return any(own is not None for own in place.options)


def _same_scale(form: Form, place: Place, rows: Array, first: Array) -> Array:
    """Whether each row is the played one, or an amount of the same scale."""
    spans: list[tuple[int, int]] = []
    start = 0
    for own in place.options:
        steps = 1 if own is None else form.axes[own].steps
        spans.append((start, start + steps))
        start += steps
    same = rows == first[None]
    for low, high in spans:
        if high - low > 1:
            inside = (rows >= low) & (rows < high)
            same = same | (inside & ((first >= low) & (first < high))[None])
    return same


def _numbered(value: Array) -> Array:
    """The number of each row, with the dimensions of the rows."""
    return np.arange(value.shape[0]).reshape(-1, *(1,) * (value.ndim - 1))


def solve_settled(
    numbers: Numbers, order: Sequence[int], batch: int, hold: Hold = fuse
) -> tuple[Strategy, list[Decisions]]:
    """Decide every information set, from the end of the game to its beginning.

    Args:
        numbers: Of the game.
        order: From `settled_order`.
        batch: Draws.
        hold: How each place's arrays are kept.

    Returns:
        The strategies and the decisions, by place.

    Accuracy: sums over amounts round by about their number times eps of the largest payoff.
    """
    form = numbers.form
    strategy: list[tuple[Array, ...]] = [()] * len(form.places)
    decisions: dict[int, Decisions] = {}
    for number in order:
        place = form.places[number]
        belief = beliefs(numbers, place, None)
        values = conditional(numbers, place, strategy, belief)
        allowed = numbers.available[place.states[0]]
        found = decide(form, place, values, allowed, numbers.tolerance[place.player], batch)
        found = Decisions(
            *hold((found.value, found.probability, found.best, found.margin, found.tied, found.stuck))
        )
        decisions[number] = found
        strategy[number] = unstacked(form, place, found.probability)
    return strategy, [decisions[number] for number in range(len(form.places))]


def decisions_of(numbers: Numbers, strategy: Strategy, batch: int) -> list[Decisions]:
    """What given strategies do at every information set, and how good each option is there.

    Args:
        numbers: Of the game.
        strategy: Probabilities, by place and option.
        batch: Draws.
    """
    form = numbers.form
    logs = [[log_of(option) for option in options] for options in strategy]
    found: list[Decisions] = []
    for number, place in enumerate(form.places):
        belief = beliefs(numbers, place, logs)
        values = conditional(numbers, place, strategy, belief)
        tolerance = numbers.tolerance[place.player] * LOOSE
        value = stacked(form, place, values, batch)
        allowed = numbers.available[place.states[0]]
        if not all(allow is True for allow in allowed):
            value = xp.where(stacked(form, place, [xp.asarray(a) for a in allowed], batch), value, -xp.inf)
        best = (value >= (value.max(axis=0) - tolerance)[None]) & (value > -xp.inf)
        probability = stacked(form, place, strategy[number], batch)
        found.append(described(place, value, probability, best, tolerance, form))
    return found
