"""What the arguments of these questions must be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raison.challenge.methods.replication import Replication, replication

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def checked_share(values: ArrayLike, name: str) -> Floats:
    """Shares as an array.

    Raises:
        ValueError: one lies outside 0 and 1.
    """
    found = np.asarray(values, dtype=np.float64)
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"{name} must lie between 0 and 1; got {values}.")
    return found


def check_radius(radius: Floats) -> None:
    """Refuse radii below 0."""
    if not (radius >= 0).all():
        raise ValueError(f"a radius must be at least 0; got {radius}.")


def checked_unit(x_unit: ArrayLike) -> Floats:
    """Places in the unit interval as an array."""
    unit = np.asarray(x_unit, dtype=np.float64)
    if not ((unit >= 0) & (unit <= 1)).all():
        raise ValueError("coordinates must lie between 0 and 1.")
    return unit


def checked_amounts(y: ArrayLike) -> Floats:
    """Amounts of the draws as an array `[N]`."""
    found = np.asarray(y, dtype=np.float64)
    if found.ndim != 1:
        raise ValueError(f"y must be [N]; got shape {found.shape}.")
    if not np.isfinite(found).all():
        raise ValueError("y has numbers that are not finite; leave those draws out.")
    return found


def fitting_replicates(x: Floats, y: Floats, replicate: ArrayLike | None) -> Replication:
    """Which draw belongs to which replicate, where `x [P, N]` fits `y [N]`."""
    if x.ndim != 2 or x.shape[1] != len(y):
        raise ValueError(f"x must be [P, {len(y)}], one column per number of y; got shape {x.shape}.")
    return replication(len(y), replicate)
