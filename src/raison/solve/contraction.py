"""Sums of products of arrays that differ along few axes each, without ever building the whole product.

Every array has one dimension for each axis of the game and the draws last; its size is 1 along an axis on
which it does not depend. An expectation over many amounts is then a sum of a product of small factors, and
summing out one axis at a time, each time multiplying only the factors that differ along it, keeps the arrays
small (variable elimination; Dechter 1999, "Bucket elimination", Artificial Intelligence 113).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raison.program import xp

Array = Any


@dataclass(frozen=True, eq=False, slots=True)
class Pick:
    """A factor that is 1 for one amount along an axis and 0 for all others: a pure choice of an amount.

    Summing over the axis then is looking up, which costs a step and not the whole scale.

    Attributes:
        axis: The axis.
        steps: Its size.
        index: Integer array, the amount picked; of size 1 along the axis.
    """

    axis: int
    steps: int
    index: Array

    def dense(self) -> Array:
        """The factor as an array."""
        shape = [1] * self.index.ndim
        shape[self.axis] = self.steps
        return xp.where(np.arange(self.steps).reshape(shape) == self.index, 1.0, 0.0)


def dense(factor: Array) -> Array:
    """A factor as an array."""
    return factor.dense() if isinstance(factor, Pick) else factor


def differs(array: Array, axis: int) -> bool:
    """Whether an array differs along an axis."""
    return not isinstance(array, float) and array.ndim > 1 and array.shape[axis] > 1


def contract(factors: Sequence[Array], over: Collection[int]) -> Array:
    """The product of the factors, summed over some axes.

    Args:
        factors: Floats or arrays with a dimension for each axis and the draws last.
        over: Axes to sum over. An axis along which no factor differs counts once.

    Returns:
        The sum; its size along each axis in `over` is 1.
    """
    pending = [factor for factor in factors if not (isinstance(factor, float) and factor == 1.0)]
    for pick in [factor for factor in pending if isinstance(factor, Pick)]:
        pending = [factor for factor in pending if factor is not pick]
        if pick.axis in over:
            pending = [_looked_up(factor, pick) for factor in pending]
        else:
            pending.append(pick.dense())
    left = [axis for axis in over if any(differs(factor, axis) for factor in pending)]
    while left:
        axis = min(left, key=lambda candidate: _cost(pending, candidate))
        left.remove(axis)
        touched = [factor for factor in pending if differs(factor, axis)]
        pending = [factor for factor in pending if not differs(factor, axis)]
        if touched:
            pending.append(product(touched).sum(axis=axis, keepdims=True))
    return product(pending) if pending else 1.0


def _looked_up(factor: Array, pick: Pick) -> Array:
    if isinstance(factor, Pick):
        if not differs(factor.index, pick.axis):
            return factor
        return Pick(factor.axis, factor.steps, _looked_up(factor.index, pick))
    return xp.take_along_axis(factor, pick.index, axis=pick.axis) if differs(factor, pick.axis) else factor


def product(factors: Sequence[Array]) -> Array:
    """The product, small factors first."""
    ordered = sorted(factors, key=_size)
    found = ordered[0]
    for factor in ordered[1:]:
        found = found * factor
    return found


def _size(factor: Array) -> int:
    return 0 if isinstance(factor, float) else math.prod(factor.shape[:-1])


def _cost(factors: Sequence[Array], axis: int) -> int:
    """Cells of the array that summing out an axis multiplies together."""
    touched = [factor for factor in factors if differs(factor, axis)]
    sizes = zip(*(factor.shape[:-1] for factor in touched), strict=True)
    return math.prod(max(along) for along in sizes)


def log_scaled(logarithms: Sequence[Array], over: Collection[int]) -> tuple[list[Array], Array]:
    """Factors of a product from their logarithms, none so small that it vanishes, and what was taken out.

    Factors that differ along the same axes are multiplied first, so that only their product is scaled.

    Args:
        logarithms: Of the factors.
        over: Axes that will be summed over; the scale is the largest along them.

    Returns:
        The factors, each at most 1, and the logarithm of the scale, of size 1 along `over`.
    """
    groups: dict[tuple[int, ...], Array] = {}
    for logarithm in logarithms:
        if isinstance(logarithm, float):
            key: tuple[int, ...] = ()
        else:
            key = tuple(axis for axis in range(logarithm.ndim - 1) if logarithm.shape[axis] > 1)
        groups[key] = groups[key] + logarithm if key in groups else logarithm
    scale: Array = 0.0
    factors: list[Array] = []
    for axes, logarithm in groups.items():
        summed = tuple(axis for axis in axes if axis in over)
        top = logarithm.max(axis=summed, keepdims=True) if summed else logarithm
        if not isinstance(top, float):
            top = xp.where(top > -xp.inf, top, 0.0)
        scale = scale + top
        if summed:
            factors.append(xp.exp(logarithm - top))
    return factors, scale
