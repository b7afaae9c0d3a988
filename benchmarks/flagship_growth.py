"""The flagship as it is beside the flagship with rows M01 to M15 only, and what its process takes by itself.

Draws of a run without premises removed, in one process, side by side; then with each premise removed too,
where most removals leave the process as it was.
"""

from __future__ import annotations

from typing import Any

from benchmarks.common import HERE, Report, Row, Target, side_by_side

FIRST = HERE / "models" / "kremlin-2022-to-m15.yaml"
DRAWS, ROUNDS = 100_000, 5
NOW, BEFORE, PROCESS = "as it is", "with M01 to M15 only", "its process alone"
NOW_REMOVED, BEFORE_REMOVED = f"{NOW}, each premise removed too", f"{BEFORE}, each premise removed too"


def run() -> Report:
    """Measure it."""
    import raison

    models = {NOW: raison.gallery("kremlin-2022"), BEFORE: raison.load(FIRST)}
    seeds = iter(range(1_000))  # new draws each time, so that nothing is known already

    def solve(name: str, removals: Any) -> Any:
        return lambda: models[name].run(DRAWS, next(seeds), removals=removals)

    found = side_by_side(
        {
            NOW: solve(NOW, ()),
            BEFORE: solve(BEFORE, ()),
            PROCESS: lambda: _simulated(models[NOW], next(seeds)),
            NOW_REMOVED: solve(NOW, None),
            BEFORE_REMOVED: solve(BEFORE, None),
        },
        ROUNDS,
    )
    report = Report(f"The flagship complete beside its first version, {DRAWS:,} draws")
    rows = {name: Row(name, tuple(seconds), "s") for name, seconds in found.items()}
    report.rows += rows.values()
    own = rows[NOW].median - rows[PROCESS].median
    report.targets.append(
        Target("time less the process's, times the first version's", own / rows[BEFORE].median, 3, most=True)
    )
    return report


def _simulated(model: Any, seed: int) -> None:
    """The process's calls in a run's draws, on as many threads as the run."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    from raison.program.process.once import Simulations
    from raison.run.block import BLOCK
    from raison.run.designs import make_design

    program = model.program
    simulations = Simulations(program, f"benchmark {model.record.name}")
    design = make_design("sobol", len(program.coordinates), seed, DRAWS)
    removed = np.zeros(len(program.switches.numeric), bool)

    def block(start: int) -> None:
        cube = np.full((len(program.coordinates), BLOCK), 0.5)
        count = min(BLOCK, DRAWS - start)
        cube[:, :count] = design.points(start, count)
        found = simulations(cube, removed)
        assert found is not None
        for value in found.values:
            np.asarray(value)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(block, range(0, DRAWS, BLOCK)))
