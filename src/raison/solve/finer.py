r"""Amounts finer than their steps, in games that are decided by recursion over information sets.

A grid costs accuracy in two places, and a model with `amounts: refined` mends both.

*Types.* A type that is cut into cells chooses as the median of its cell does, so that the share that makes a
choice jumps by a whole cell as an offer changes, and the best offer sits at a jump. Here the cell in which a
choice changes is shared: with `d` the difference between the two best moves, taken as straight between the
medians `k` and `k + 1` and beyond the first and last, the choice changes the part :math:`d_k / (d_k -
d_{k+1})` of the way from one to the other. The share is then continuous in the offer, and of order 2 in the
steps.

*A move on a scale.* The best step is looked for again on a grid as fine between the steps beside it, and there
a parabola through the best point and its neighbours gives the amount, if two more points lie near it; at a kink
or a jump it is the best point. The amount takes the place of the step that is nearest to it.

Source: inverse parabolic interpolation as in Brent (1973), "Algorithms for minimization without derivatives",
chapter 5; the sharing of cells is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raison.model.records import Decision, Distribution, Model, Spread
from raison.program import xp
from raison.program.form import Form, Place
from raison.program.world import World

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


def scale_of(form: Form) -> tuple[int, int, int] | None:
    """The place, option and axis of the game's one move on a scale; None without one.

    Raises:
        ValueError: there are several.
    """
    found = [
        (number, option, own)
        for number, place in enumerate(form.places)
        for option, own in enumerate(place.options)
        if own is not None
    ]
    if len(found) > 1:
        raise ValueError("is for games with one move on a scale, made at one information set")
    return found[0] if found else None


def shared_cells(
    place: Place, cut: frozenset[int], value: Sequence[Array], probability: Sequence[Array]
) -> Sequence[Array]:
    """What is played at an information set, the cells in which the choice changes shared.

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
    shape = np.broadcast_shapes(*(v.shape for v in value))
    if shape[axis] < 2:
        return probability
    worth = xp.stack([_beyond(xp.broadcast_to(v, shape), axis) for v in value])
    axis += 1  # options come first now
    size = worth.shape[axis]
    left, right = _part(worth, 0, size - 1, axis), _part(worth, 1, size, axis)
    mine = _first_best(left)
    theirs = _first_best(right)
    lead = (xp.where(mine, left, 0.0) - xp.where(theirs, left, 0.0)).sum(axis=0)
    lag = (xp.where(mine, right, 0.0) - xp.where(theirs, right, 0.0)).sum(axis=0)
    width = lead - lag
    sound = (width > 0) & (width < xp.inf)
    way = xp.where(sound, lead / xp.where(sound, width, 1.0), 0.5)[None]
    gives, takes = xp.maximum(0.5 - way, 0.0), xp.maximum(way - 0.5, 0.0)
    change = xp.where(theirs, 1.0, 0.0) - xp.where(mine, 1.0, 0.0)
    count = size - 2
    # from the values again: which of two that tie to rounding is played decides where the parts go
    played = _part(xp.where(mine, 1.0, 0.0), 1, 1 + count, axis)
    played = played + _part(gives * change, 1, 1 + count, axis) - _part(takes * change, 0, count, axis)
    return tuple(played[k] for k in range(len(value)))


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
    """What stands at an index along an axis, no farther than its ends; the array may not differ along others."""
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


def _first_best(worth: Array) -> Array:
    """Per option whether it is the first of the best ones."""
    best = worth.argmax(axis=0)
    return best[None] == np.arange(worth.shape[0]).reshape((-1,) + (1,) * (worth.ndim - 1))
