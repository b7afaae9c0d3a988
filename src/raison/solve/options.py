"""The options of an information set: what is done there, and all of them side by side in one array.

The rows of a solver that needs them in one array are `[R, .., B]`: the options in the file's order, an amount
for each step, then a dimension for each axis of the game, of its size where the player sees the amount there,
and the draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from raison.program import xp
from raison.program.form import Form, Place

Array = Any


@dataclass(frozen=True, slots=True)
class Decisions:
    """What is done at one information set in all draws; one array per option, or for all of them together.

    Attributes:
        value: Per option its expected payoff; -inf where it is not available.
        probability: Per option the factor with which it is played.
        best: Per option (and amount) bool, it is within the tie tolerance of the best.
        margin: Value of what is played less the best other (for an amount: outside its neighbours); 0 where
            mixed or tied, inf where there is no other.
        tied: bool, several options are best.
        stuck: bool, no option is available.
    """

    value: tuple[Array, ...]
    probability: tuple[Array, ...]
    best: tuple[Array, ...]
    margin: Array
    tied: Array
    stuck: Array


def seen_shape(form: Form, place: Place) -> tuple[int, ...]:
    """Size along each axis of an array that differs along what is seen at a place."""
    return tuple(axis.steps if k in place.axes else 1 for k, axis in enumerate(form.axes))


def rows_of(form: Form, place: Place) -> int:
    """How many rows a place has."""
    return sum(1 if k is None else form.axes[k].steps for k in place.options)


def stacked(form: Form, place: Place, options: Sequence[Array], batch: int) -> Array:
    """Bring one array per option to rows."""
    shape = (*seen_shape(form, place), batch)
    parts: list[Array] = []
    for option, own in zip(options, place.options, strict=True):
        if own is None:
            parts.append(xp.broadcast_to(xp.asarray(option), shape)[None])
        else:
            wide = tuple(form.axes[own].steps if k == own else n for k, n in enumerate(shape[:-1]))
            spread = xp.broadcast_to(xp.asarray(option), (*wide, batch))
            parts.append(xp.expand_dims(xp.moveaxis(spread, own, 0), own + 1))
    return xp.concatenate(parts)


def unstacked(form: Form, place: Place, rows: Array) -> tuple[Array, ...]:
    """One array per option from rows."""
    found: list[Array] = []
    start = 0
    for own in place.options:
        if own is None:
            found.append(rows[start])
            start += 1
        else:
            steps = form.axes[own].steps
            found.append(xp.moveaxis(rows[start : start + steps], 0, own + 1).squeeze(own))
            start += steps
    return tuple(found)
