"""Draws alone: points of a million draws in twenty dimensions, beside scipy's Sobol generator.

scipy makes one sequence of 2**20 unscrambled points; raison sixteen scrambled sequences that together are
as many draws as are asked for. That the points are the same is asserted on unscrambled sequences, bit for
bit before the half-cell shift.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.stats import qmc

from benchmarks.common import DRAWS, Report, Target, side_by_side

DIMENSIONS = 20
BLOCK = 16_384
CHECKED = 4_096  # points of a sequence that are compared


def run() -> Report:
    """Measure it."""
    from raison.run.designs import make_design

    _assert_same_points()
    report = Report(f"Draws alone: {DRAWS:,} x {DIMENSIONS}")
    warnings.simplefilter("ignore", UserWarning)  # scipy warns that a million is no power of two
    sobol, latin, random = (make_design(kind, DIMENSIONS, 1, DRAWS) for kind in ("sobol", "latin", "random"))

    def blocks(design: object) -> None:
        for start in range(0, DRAWS, BLOCK):
            design.points(start, min(BLOCK, DRAWS - start))  # type: ignore[attr-defined]

    functions = {
        "raison, sobol in blocks": lambda: blocks(sobol),
        "raison, sobol in one array": lambda: sobol.points(0, DRAWS),
        "raison, latin in blocks": lambda: blocks(latin),
        "raison, random in blocks": lambda: blocks(random),
        "scipy Sobol, one call": lambda: qmc.Sobol(DIMENSIONS, scramble=False).random(DRAWS),
        "scipy Sobol, in blocks": lambda: _scipy_blocks(),
        "making a sobol design": lambda: make_design("sobol", DIMENSIONS, 1, DRAWS),
    }
    report.add_times(side_by_side(functions, 7), {"making a sobol design": "scrambling and tables"})
    for way, ours, theirs in (
        ("one array of all", "raison, sobol in one array", "scipy Sobol, one call"),
        ("in blocks, as a run asks", "raison, sobol in blocks", "scipy Sobol, in blocks"),
    ):
        ratio = report.time_of(theirs) / report.time_of(ours)
        report.targets.append(Target(f"times as fast as scipy, {way}", ratio, 3))
    report.notes.append(
        f"Points before the half-cell shift are bit-equal to scipy's ({CHECKED:,} points, asserted)."
    )
    return report


def _scipy_blocks() -> None:
    engine = qmc.Sobol(DIMENSIONS, scramble=False)
    for start in range(0, DRAWS, BLOCK):
        engine.random(min(BLOCK, DRAWS - start))


def _assert_same_points() -> None:
    from raison.run.sobol import BITS, REPLICATES, direction_numbers, sobol_points

    directions = np.broadcast_to(direction_numbers(DIMENSIONS), (REPLICATES, DIMENSIONS, BITS))
    points = sobol_points(directions, np.zeros((REPLICATES, DIMENSIONS), np.uint32))
    draws = points.points(0, REPLICATES * CHECKED)
    scipy = qmc.Sobol(DIMENSIONS, scramble=False, bits=BITS).random(CHECKED).T
    for replicate in range(REPLICATES):
        ours = draws[:, replicate::REPLICATES] - 2.0 ** -(BITS + 1)
        if ours.tobytes() != scipy.tobytes():
            raise AssertionError(f"sequence {replicate} differs from scipy's Sobol points.")
