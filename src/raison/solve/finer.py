r"""Amounts finer than their steps, in games that are decided by recursion over information sets.

A grid costs accuracy in two places, and a model with `amounts: refined` mends both.

*Types.* A type that is cut into cells chooses as the median of its cell does, so that the share that makes a
choice jumps by a whole cell as an offer changes, and the best offer sits at a jump. Here the cell in which a
choice changes is shared, at the point between two medians at which the difference of the two moves is 0 on
the cubic through four medians; beyond the first and last cell payoffs go on straight. The share is then
continuous in the offer, and nearly smooth.

*A move on a scale.* The best step is looked for again on a grid as fine between the steps beside it. There a
parabola through the best point and its neighbours gives the amount, if two more points lie near it; at a
kink or a jump it is the best point. The amount takes the place of the step that is nearest to it.

Source: inverse parabolic interpolation as in Brent (1973), "Algorithms for minimization without derivatives",
chapter 5; the sharing of cells is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raison.model.records import Distribution, Model, Spread
from raison.program import xp
from raison.program.form import Form, Place

Array = Any
SMOOTH = 0.5
"""Third differences over second ones up to which a payoff is a parabola near its best point."""


def is_refined(model: Model) -> bool:
    """Whether a model asks for amounts between the steps."""
    return model.solution.amounts == "refined"


def cut_axes(model: Model, form: Form) -> frozenset[int]:
    """Axes of types and draws that are cut into cells, and not values of a `choice`."""
    found: set[int] = set()
    for k, axis in enumerate(form.axes):
        node = model.game.get(axis.name)
        if axis.kind == "move":
            continue
        value = node.distribution if isinstance(node, Spread) else model.parameters[axis.name].value
        if isinstance(value, Distribution) and value.kind != "choice":
            found.add(k)
    return frozenset(found)


def scales_of(form: Form) -> list[tuple[int, int, int]]:
    """The place, option and axis of each move on a scale, for each information set at which it is made."""
    return [
        (number, option, own)
        for number, place in enumerate(form.places)
        for option, own in enumerate(place.options)
        if own is not None
    ]


def shared_cells(
    place: Place, cut: frozenset[int], value: Sequence[Array], probability: Sequence[Array]
) -> Sequence[Array]:
    """What is played at an information set, the cells in which the choice changes shared.

    So it is where the player sees one amount that is cut into cells, and none of his moves is an amount.

    Args:
        place: The information set.
        cut: From `cut_axes`.
        value: Per option its expected payoff.
        probability: Per option 1 in the cells in which it is played, else 0.
    """
    seen = [axis for axis in place.axes if axis in cut and value[0].ndim > 1]
    if len(seen) != 1 or len(value) < 2 or any(own is not None for own in place.options):
        return probability
    axis = seen[0]
    if np.broadcast_shapes(*(v.shape for v in value))[axis] < 2:
        return probability
    if len(value) == 2:
        first = _share_above(value[0] - value[1], axis)
        return first, 1.0 - first
    shares: list[Array] = []
    for k, mine in enumerate(value):
        other: Array = xp.asarray(-xp.inf)
        for index, v in enumerate(value):
            other = other if index == k else xp.maximum(other, v)
        shares.append(_share_above(mine - other, axis))
    total = sum(shares[1:], start=shares[0])  # 1 but where three moves are nearly as good
    return tuple(share / total for share in shares)


def _share_above(lead: Array, axis: int) -> Array:
    """The share of each cell in which a difference is not below 0, from its values at the medians."""
    count = lead.shape[axis]
    lead = _beyond(_beyond(lead, axis), axis)
    before, here, there, after = (_part(lead, by, by + count + 1, axis) for by in range(4))
    change = xp.where(there >= 0, 1.0, 0.0) - xp.where(here >= 0, 1.0, 0.0)
    width = here - there
    sound = (change != 0) & (xp.abs(width) < xp.inf)
    way = xp.where(sound, here / xp.where(sound, width, 1.0), 0.5)
    # one of Newton's steps on the cubic through the four, by divided differences
    second = 0.5 * (before - 2 * here + there)
    third = (after - before + 3 * width) / 6
    miss = way * (way - 1) * (second + (way + 1) * third)
    slope = (2 * way - 1) * second + (3 * way * way - 1) * third - width
    bent = sound & (slope * width < 0) & (xp.abs(miss) < xp.inf)
    way = xp.where(bent, way - miss / xp.where(bent, slope, 1.0), way)
    gives, takes = change * xp.maximum(0.5 - way, 0.0), change * xp.maximum(way - 0.5, 0.0)
    plain = xp.where(_part(here, 1, 1 + count, axis) >= 0, 1.0, 0.0)
    return plain + _part(gives, 1, 1 + count, axis) - _part(takes, 0, count, axis)


def finer_scale(form: Form, points: Array, value: Array, own: int) -> Array:
    """A grid as fine between the steps beside the best one.

    Args:
        form: The game.
        points: The scale's amounts.
        value: What each is worth to the mover.
        own: The scale's axis.
    """
    steps = form.axes[own].steps
    points = xp.asarray(points)
    best = xp.expand_dims(xp.asarray(value).argmax(axis=own), own)
    low, high = (_at(points, best + by, own) for by in (-1, 1))
    shares = np.linspace(0.0, 1.0, steps).reshape([-1 if k == own else 1 for k in range(form.rank)])
    return low * (1 - shares) + high * shares


def best_amount(form: Form, points: Array, value: Array, own: int) -> Array:
    """The best amount on a fine grid: the top of a parabola where five points lie near one.

    Args:
        form: The game.
        points: The amounts of the grid.
        value: What each is worth to the mover.
        own: The scale's axis.
    """
    steps = form.axes[own].steps
    best = xp.expand_dims(value.argmax(axis=own), own)
    amount = _at(points, best, own)
    if steps < 5:
        return amount
    near = [_at(value, best + by, own) for by in (-2, -1, 0, 1, 2)]
    bend = near[1] - 2 * near[2] + near[3]
    thirds = [near[k + 3] - 3 * near[k + 2] + 3 * near[k + 1] - near[k] for k in (0, 1)]
    inner = (best >= 2) & (best <= steps - 3)
    smooth = inner & (bend < 0) & (xp.maximum(xp.abs(thirds[0]), xp.abs(thirds[1])) <= SMOOTH * xp.abs(bend))
    away = xp.where(smooth, 0.5 * (near[1] - near[3]) / xp.where(smooth, bend, 1.0), 0.0)
    width = _at(points, best + 1, own) - amount
    return amount + xp.where(smooth, away * width, 0.0)


def with_amount(form: Form, points: Array, amount: Array, own: int) -> Array:
    """A scale's grid with an amount in the place of the step that is nearest to it."""
    nearest = xp.expand_dims(xp.abs(points - amount).argmin(axis=own), own)
    numbers = np.arange(form.axes[own].steps).reshape([-1 if k == own else 1 for k in range(form.rank)])
    return xp.where(numbers == nearest, amount, points)


def _at(array: Array, index: Array, own: int) -> Array:
    """What stands at an index along an axis, no farther than its ends."""
    shape = list(np.broadcast_shapes(array.shape, index.shape))
    shape[own] = array.shape[own]
    at = xp.minimum(xp.maximum(index, 0), array.shape[own] - 1)
    return xp.take_along_axis(xp.broadcast_to(array, tuple(shape)), at, axis=own)


def _part(array: Array, start: int, stop: int, axis: int) -> Array:
    return array[(slice(None),) * axis + (slice(start, stop),)]


def _beyond(value: Array, axis: int) -> Array:
    """A cell more on either side, on the straight line through the two nearest."""
    size = value.shape[axis]
    first, second = _part(value, 0, 1, axis), _part(value, 1, 2, axis)
    last, before = _part(value, size - 1, size, axis), _part(value, size - 2, size - 1, axis)
    return xp.concatenate([2 * first - second, value, 2 * last - before], axis=axis)
