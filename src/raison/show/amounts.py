"""What is taken by moves on a scale, in words: an amount, some with their probabilities, or a range."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from raison.solve.form_points import PlaceSolution

Floats = NDArray[np.float64]

LISTED = 5
"""Amounts that are listed one by one; more are told as a range."""
NEGLIGIBLE = 1e-6
"""Share of a move's probability that its rarest amounts may have together with none of them told."""
HEAD = ("node", "sees", "move", "amount", "probability", "mean")
"""What the columns of `amount_rows` are."""


def amount_rows(
    places: Sequence[PlaceSolution], short: Callable[[float], str], point: int = 0
) -> list[tuple[str, ...]]:
    """A row of `HEAD` for each amount that is taken at an information set, or for their range.

    Args:
        places: Information sets of a solution. What the mover does is averaged over the amounts that he sees.
        short: How a number is written.
        point: Of the solution, from 0.
    """
    rows: list[tuple[str, ...]] = []
    for place in places:
        seen = ", ".join([*(label for _, label in place.seen), *place.amounts])
        for label in place.scale:
            values, chances = taken(place, label, point)
            if not len(values):
                continue
            total = float(chances.sum())
            mean = short(float(values @ chances) / total)
            if len(values) > LISTED:
                often = short(float(values[chances.argmax()]))
                text = f"{short(float(values[0]))} to {short(float(values[-1]))}, most often {often}"
                rows.append((place.node, seen, label, text, short(total), mean))
                continue
            for index, (value, chance) in enumerate(zip(values, chances, strict=True)):
                first = (place.node, seen, label) if index == 0 else ("", "", "")
                rows.append((*first, short(float(value)), short(float(chance)), mean if index == 0 else ""))
    return rows


def taken(place: PlaceSolution, label: str, point: int) -> tuple[Floats, Floats]:
    """The amounts that a move on a scale takes, in order, and their probabilities, without negligible ones.

    Args:
        place: An information set; its mover's play is averaged over the amounts that he sees.
        label: The move.
        point: Of the solution.

    Returns:
        `[K]` amounts and `[K]` probabilities, whose sum is that of the move; both empty where it is not made.
    """
    chances = np.asarray(place.probability[label][..., point], np.float64)
    amounts = np.broadcast_to(place.scale[label][..., point], chances.shape)
    weighted = chances * place.weight[..., None, point]
    values, where = np.unique(amounts.ravel(), return_inverse=True)
    held = np.bincount(where.ravel(), weighted.ravel(), minlength=len(values)).astype(np.float64)
    total = held.sum()
    if not total > 0:
        return values[:0], held[:0]
    order = np.argsort(held, kind="stable")
    rare = order[np.cumsum(held[order]) <= NEGLIGIBLE * total]
    kept = np.ones(len(values), bool)
    kept[rare] = False
    return values[kept], held[kept] * (total / held[kept].sum())
