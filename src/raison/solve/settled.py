"""Games whose beliefs do not depend on what anybody does: exact backward recursion over information sets.

Where everything that a player does not see is chance's doing, and nobody who knows of it has moved visibly
before, his beliefs are the priors. Then the information sets can be decided one after the other from the end,
as in a game of perfect information (take-it-or-leave-it offers to a private type, screening without
signalling). Ties are as in `raison.solve.backward`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from raison.program import xp
from raison.program.form import Form, Place
from raison.program.graph import CHANCE
from raison.program.hold import Hold, fuse
from raison.solve.contraction import Pick, dense
from raison.solve.numbers import Numbers, Strategy, beliefs, conditional, log_of
from raison.solve.options import Decisions

Array = Any
CERTAIN = 1e-9
"""What is played with a probability nearer to 1 than this is not mixed."""
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
    form: Form, place: Place, values: Sequence[Array], allowed: Sequence[Array], tolerance: Array
) -> Decisions:
    """The best option of an information set, cell by cell; a tie goes to the one listed first.

    Args:
        form: The game.
        place: The information set.
        values: Per option its expected payoff.
        allowed: Per option whether it is available.
        tolerance: Up to which two values tie.
    """
    value = tuple(
        v if allow is True else xp.where(allow, v, -xp.inf) for v, allow in zip(values, allowed, strict=True)
    )
    best = _near(place, value, tolerance)
    probability: list[Array] = []
    taken: Array = xp.asarray(False)
    for near, own in zip(best, place.options, strict=True):
        if own is None:
            probability.append(xp.where(near & ~taken, 1.0, 0.0))
            taken = taken | near
            continue
        pick = Pick(own, form.axes[own].steps, xp.expand_dims(near.argmax(axis=own), own))
        here = near.any(axis=own, keepdims=True)
        probability.append(pick if len(best) == 1 else pick.dense() * xp.where(here & ~taken, 1.0, 0.0))
        taken = taken | here
    return described(place, value, probability, best, tolerance)


def described(
    place: Place,
    value: Sequence[Array],
    probability: Sequence[Array],
    best: Sequence[Array],
    tolerance: Array,
) -> Decisions:
    """Margin and ties of what is played.

    The margin of an amount is against the best value outside the neighbouring steps: next to the best offer
    lies one that is nearly as good, which says nothing.
    """
    tops = [_top(v, own) for v, own in zip(value, place.options, strict=True)]
    count: Array = 0.0
    margin: Array = xp.asarray(xp.inf)
    certain: Array = xp.asarray(False)
    for index, (v, p, near, own) in enumerate(zip(value, probability, best, place.options, strict=True)):
        counted = xp.where(near, 1.0, 0.0)
        count = count + (counted if own is None else counted.sum(axis=own, keepdims=True))
        other: Array = xp.asarray(-xp.inf)
        for position, top in enumerate(tops):
            other = other if position == index else xp.maximum(other, top)
        if own is None:
            chosen, played = v, p > 1 - CERTAIN
        else:
            at = p.index if isinstance(p, Pick) else xp.expand_dims(p.argmax(axis=own), own)
            steps = np.arange(v.shape[own]).reshape([-1 if k == own else 1 for k in range(v.ndim)])
            apart = xp.where(xp.abs(steps - at) > 1, v, -xp.inf).max(axis=own, keepdims=True)
            chosen, other = xp.take_along_axis(v, at, axis=own), xp.maximum(other, apart)
            played = True if isinstance(p, Pick) else p.max(axis=own, keepdims=True) > 1 - CERTAIN
        lead = chosen - other
        margin = xp.where(played, xp.where(lead <= tolerance, 0.0, lead), margin)
        certain = certain | played
    stuck = count == 0
    alone = len(value) == 1 and place.options[0] is None
    mixed = ~certain & ~stuck
    return Decisions(
        value=tuple(value),
        probability=tuple(probability),
        best=tuple(best),
        margin=xp.asarray(xp.inf) if alone else xp.where(mixed, 0.0, margin),
        tied=count > 1,
        stuck=stuck,
    )


def _near(place: Place, value: Sequence[Array], tolerance: Array) -> tuple[Array, ...]:
    """Per option whether it is within the tolerance of the best one that is available."""
    top: Array = xp.asarray(-xp.inf)
    for v, own in zip(value, place.options, strict=True):
        top = xp.maximum(top, _top(v, own))
    return tuple((v >= top - tolerance) & (v > -xp.inf) for v in value)


def _top(value: Array, own: int | None) -> Array:
    return value if own is None else value.max(axis=own, keepdims=True)


def respond(
    place: Place, values: Sequence[Array], allowed: Sequence[Array], sharpness: Array
) -> tuple[Array, ...]:
    """Logit probabilities of the options of an information set, amounts each counting as a move.

    Args:
        place: The information set.
        values: Per option its expected payoff.
        allowed: Per option whether it is available.
        sharpness: What a payoff is multiplied with: the precision over the mover's payoff range.
    """
    odds = [
        sharpness * (v if allow is True else xp.where(allow, v, -xp.inf))
        for v, allow in zip(values, allowed, strict=True)
    ]
    top: Array = xp.asarray(-xp.inf)
    for x, own in zip(odds, place.options, strict=True):
        top = xp.maximum(top, _top(x, own))
    weights = [xp.exp(x - top) for x in odds]
    sums = [
        w if own is None else w.sum(axis=own, keepdims=True)
        for w, own in zip(weights, place.options, strict=True)
    ]
    total = sum(sums[1:], start=sums[0])
    return tuple(w / total for w in weights)


def solve_settled(
    numbers: Numbers,
    order: Sequence[int],
    precision: Array | None = None,
    hold: Hold = fuse,
    shared: Callable[[Place, Sequence[Array], Sequence[Array]], Sequence[Array]] | None = None,
) -> tuple[Strategy, list[Decisions]]:
    """Decide every information set, from the end of the game to its beginning.

    Args:
        numbers: Of the game.
        order: From `settled_order`.
        precision: Of logit play, in units of the mover's payoff range; None for best replies.
        hold: How each place's arrays are kept.
        shared: From values and pure play at a place to play that shares the cells in which a choice changes,
            see `raison.solve.finer`; None for pure play.

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
        values, tolerance = hold(tuple(values)), numbers.tolerance[place.player]
        found = decide(form, place, values, allowed, tolerance)
        if shared is not None:
            chances = shared(place, found.value, found.probability)
            found = described(place, found.value, hold(tuple(chances)), found.best, tolerance)
        if precision is not None:
            chances = respond(place, values, allowed, precision / numbers.span[place.player])
            found = described(place, found.value, hold(chances), found.best, tolerance)
        decisions[number] = found
        strategy[number] = found.probability
    return strategy, [decisions[number] for number in range(len(form.places))]


def decisions_of(numbers: Numbers, strategy: Strategy, logs: Strategy | None = None) -> list[Decisions]:
    """What given strategies do at every information set, and how good each option is there.

    Args:
        numbers: Of the game.
        strategy: Probabilities, by place and option.
        logs: Logarithms of the strategies that beliefs off the path are the limit of; None for these.
    """
    form = numbers.form
    if logs is None:
        logs = [[log_of(dense(option)) for option in options] for options in strategy]
    found: list[Decisions] = []
    for number, place in enumerate(form.places):
        belief = beliefs(numbers, place, logs)
        values = conditional(numbers, place, strategy, belief)
        tolerance = numbers.tolerance[place.player] * LOOSE
        allowed = numbers.available[place.states[0]]
        value = [v if a is True else xp.where(a, v, -xp.inf) for v, a in zip(values, allowed, strict=True)]
        best = _near(place, value, tolerance)
        found.append(described(place, value, strategy[number], best, tolerance))
    return found
