"""One parameter under another shape on the same support, by importance weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from raison.answer.intervals import student
from raison.challenge.methods.replication import Replication, spread_error
from raison.challenge.methods.robustness.checks import (
    Booleans,
    Floats,
    checked_amounts,
    checked_unit,
    fitting_replicates,
)

Shape = Callable[[Floats], Floats]
FEWEST_EFFECTIVE = 200.0
"""Weighted draws worth fewer than this many equal ones carry no verdict."""


def _triangular(u: Floats) -> Floats:
    return 2 - 4 * np.abs(u - 0.5)


SHAPES: dict[str, Shape] = {
    "uniform": lambda u: np.ones_like(u),
    "triangular": _triangular,
    "peaked": lambda u: 30 * (u * (1 - u)) ** 2,
    "u-shaped": lambda u: 12 * (u - 0.5) ** 2,
    "low": lambda u: 2 * (1 - u),
    "high": lambda u: 2 * u,
}
"""Densities on [0, 1]. `peaked` is the PERT with its mode in the middle, beta(3, 3); `u-shaped` the quadratic
one, whose weights are bounded; `low` and `high` have a likelihood ratio that falls or rises in a straight
line."""


@dataclass(frozen=True, slots=True, eq=False)
class Reweighted:
    """The verdict under other shapes; `[S, P]` by shape and parameter.

    Attributes:
        shapes: `[S]`, their names.
        value: The verdict; nan where it is refused.
        standard_error: Of `value`.
        low: Lower end of the 95% interval.
        high: Upper end.
        difference: `value` less the stated verdict, on the same draws.
        difference_error: Its standard error.
        effective: Number of equal draws that the weighted ones are worth.
        accepted: Whether there are at least `FEWEST_EFFECTIVE` of them.
    """

    shapes: tuple[str, ...]
    value: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    difference: Floats
    difference_error: Floats
    effective: Floats
    accepted: Booleans


def reweighted(
    x_unit: ArrayLike,
    y: ArrayLike,
    shapes: Mapping[str, Shape] = SHAPES,
    *,
    stated: ArrayLike | None = None,
    replicate: ArrayLike | None = None,
) -> Reweighted:
    """The verdict if one parameter had another shape on its support; what it says about the others stays.

    Args:
        x_unit: `[P, N]`, from 0 to 1: coordinates of the unit cube, in which each parameter is uniform as
            stated and a shape bends the stated one (`low`: at the lowest twice as likely as in the middle);
            or, with `stated`, positions in the support, (x - a) / (b - a), where a shape replaces the
            stated one.
        y: `[N]`, the question's number in each draw.
        shapes: Densities on [0, 1] by name; a constant factor does not matter.
        stated: `[P, N]`, the stated density at each position; None if it is 1.
        replicate: `[N]`, of each draw; None for i mod 16.

    Raises:
        ValueError: shapes of arrays do not fit, fewer than 160 draws, coordinates outside [0, 1], a density
            that is negative or not finite, or a stated density that is not positive.

    Accuracy: the bias of self-normalised weights is of order 1 / `effective`, below the standard error.

    Source: Owen (2013), "Monte Carlo theory, methods and examples", section 9.2; Beckman and McKay (1987).
    """
    unit, numbers = checked_unit(x_unit), checked_amounts(y)
    replicates = fitting_replicates(unit, numbers, replicate)
    base = None if stated is None else np.asarray(stated, dtype=np.float64)
    if base is not None and (base.shape != unit.shape or not (np.isfinite(base) & (base > 0)).all()):
        raise ValueError(f"stated must be positive and of shape {unit.shape}, like x_unit.")
    order = replicates.order
    unit, ordered = unit[:, order], numbers[order]
    base = None if base is None else base[:, order]
    found = np.array([_under(unit, ordered, shape, name, base, replicates) for name, shape in shapes.items()])
    value, error, difference, difference_error, effective = found.reshape(-1, 5, len(unit)).swapaxes(0, 1)
    accepted = effective >= FEWEST_EFFECTIVE
    value, error, difference, difference_error = (
        np.where(accepted, part, np.nan) for part in (value, error, difference, difference_error)
    )
    width = student(len(replicates.counts)) * error
    least, most = numbers.min(), numbers.max()
    return Reweighted(
        shapes=tuple(shapes),
        value=value,
        standard_error=error,
        low=np.clip(value - width, least, most),
        high=np.clip(value + width, least, most),
        difference=difference,
        difference_error=difference_error,
        effective=effective,
        accepted=accepted,
    )


def _under(
    unit: Floats, y: Floats, shape: Shape, name: str, stated: Floats | None, replicates: Replication
) -> Floats:
    """`[5, P]`: value, error, difference, its error, effective draws. Draws come replicate by replicate."""
    weights = np.asarray(shape(unit), dtype=np.float64)
    if weights.shape != unit.shape or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"the density '{name}' must be finite and not negative everywhere on [0, 1].")
    weights = weights if stated is None else weights / stated
    totals = replicates.segments(weights)  # [P, R]
    total = totals.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise ValueError(f"the density '{name}' is 0 at every draw.")
    held = replicates.segments(weights * y)
    value, plain = held.sum(axis=1) / total[:, 0], float(y.mean())
    residual = len(y) / total * (held - value[:, None] * totals) / replicates.counts
    stated_residual = replicates.segments(y - plain) / replicates.counts
    error, paired = spread_error(residual), spread_error(residual - stated_residual)
    effective = total[:, 0] ** 2 / np.einsum("pn,pn->p", weights, weights)
    return np.array([value, error, value - plain, paired, effective])
