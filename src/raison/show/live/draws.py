"""The draws that a page carries: the first of the run, so that what it counts are draws of the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.model.formula import Text
from raison.model.records import Distribution
from raison.program import quantile
from raison.program.javascript.world import Drawn
from raison.program.program import Program, coordinate
from raison.program.world import World
from raison.run.designs import make_design
from raison.solve.javascript.printed import Printed

MOST = 2048
"""Draws of a page."""
ROOM = 800_000
"""Bytes that its draws may take."""
STEP = 128
"""It carries a multiple of so many draws, unless the run has fewer: as many as each cell of a map counts."""

Floats = NDArray[np.float64]


def how_many(columns: int, draws: int) -> int:
    """How many draws a page carries of a run.

    Args:
        columns: Inputs that differ between draws.
        draws: Of the run.
    """
    fitting = ROOM // (8 * max(columns, 1)) // STEP * STEP
    return min(max(fitting, STEP), MOST, draws)


def world_of(program: Program, *, seed: int, design: str, draws: int, count: int) -> World:
    """The first draws of a run, evaluated when asked."""
    points = make_design(design, max(len(program.coordinates), 1), seed, draws).points(0, count)
    return World(program, points)


def columns_of(printed: Printed, world: World) -> dict[str, Floats]:
    """The values of every input that is drawn, by its name; those on which nothing depends are not."""
    cube = world.cube or {}
    return {
        key: np.asarray(_column(drawn, cube[coordinate(drawn.name)]), np.float64)
        for key, drawn in printed.drawn.items()
        if key in printed.inputs and coordinate(drawn.name) in cube
    }


def _column(drawn: Drawn, points: Any) -> Any:
    if drawn.is_point:
        return points
    return quantile.quantile(drawn.distribution.kind, points, constants(drawn.distribution))


def central_of(printed: Printed) -> dict[str, float]:
    """The central value of every input that is drawn: the median, of a `choice` its heaviest value."""
    return {
        key: 0.5
        if drawn.is_point
        else float(quantile.central(drawn.distribution.kind, constants(drawn.distribution)))
        for key, drawn in printed.drawn.items()
        if key in printed.inputs
    }


def constants(distribution: Distribution) -> list[float]:
    """The arguments of a distribution that depends on nothing; of a quoted name its code."""
    from raison.model.evaluate import FLOATS, evaluate

    def nothing(name: str) -> Any:
        raise KeyError(name)

    return [
        float(place // 2)
        if isinstance(argument.expression, Text)
        else evaluate(argument.expression, nothing, FLOATS)
        for place, argument in enumerate(distribution.arguments)
    ]


def packed(columns: Mapping[str, Floats]) -> dict[str, str]:
    """Columns as base64 of little-endian float64."""
    import base64

    return {key: base64.b64encode(column.astype("<f8").tobytes()).decode() for key, column in columns.items()}
