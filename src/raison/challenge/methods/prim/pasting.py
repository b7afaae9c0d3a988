"""Pastes: what may be put back at a limit of a box."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.boxes import (
    Box,
    Floats,
    Limit,
    Violations,
)
from raison.challenge.methods.prim.path import Place, Step, gain_of


def pasted(place: Place, x: Floats, y: Floats, alpha: float) -> list[Place]:
    """Boxes from pasting, each denser and larger than the one before."""
    path: list[Place] = []
    violations = Violations(place.box, x)
    while True:
        count = int(place.number * alpha) + 1
        pastes = [
            (gain_of(place, place.number + paste.number, place.cases + paste.cases), paste)
            for limit in place.box.limits
            for paste in _pastes(place.box, limit, violations.rows_kept_out_by(limit), x, y, count)
        ]
        most = max((gain for gain, _ in pastes), default=0.0)
        if most <= 0:
            return path
        best = min((p for gain, p in pastes if gain == most), key=lambda p: int(p.rows.sum()))
        box = place.box.limited(best.limit, best.to)
        place = Place(box, place.number + best.number, place.cases + best.cases)
        path.append(place)
        violations.update(box, best.limit)


def _pastes(
    box: Box, limit: Limit, kept_out: NDArray[np.intp], x: Floats, y: Floats, count: int
) -> Iterator[Step]:
    """What may be put back of the draws that one limit keeps out: a value, or `count` draws and equals."""
    values = x[limit.column, kept_out]
    if not len(values):
        return
    if limit.side == "without":
        gone = box.without[limit.column]
        for value in np.unique(values):
            yield _step(kept_out[values == value], y, limit, gone - {float(value)})
    elif len(values) <= count:
        yield _step(kept_out, y, limit, -math.inf if limit.side == "low" else math.inf)
    elif limit.side == "low":
        to = float(np.partition(values, -count)[-count])
        yield _step(kept_out[values >= to], y, limit, to)
    else:
        to = float(np.partition(values, count - 1)[count - 1])
        yield _step(kept_out[values <= to], y, limit, to)


def _step(rows: NDArray[np.intp], y: Floats, limit: Limit, to: float | frozenset[float]) -> Step:
    return Step(len(rows), float(y[rows].sum()), rows, limit, to)
