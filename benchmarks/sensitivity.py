"""Sobol indices with intervals beside SALib's: time without the model's own, and peak memory with it.

Both take the g-function of ten inputs, 65,536 base rows and no second order: points, first-order and total
indices, intervals. SALib's defaults are kept: a hundred resamples. The model is worked out beforehand
where time is measured, and in the child process where memory is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.common import Report, Row, Target, child, side_by_side

INPUTS, ROWS = 10, 65_536
ROUNDS, CHILDREN = 5, 3
WEIGHTS = np.array([0, 0.5, 3, 9, 99, 99, 99, 99, 99, 99], np.float64)


def run() -> Report:
    """Measure it."""
    report = Report(f"Sobol indices, first and total, {INPUTS} inputs, {ROWS:,} base rows")
    _memory(report)
    _times(report)
    return report


def g_function(points: np.ndarray) -> np.ndarray:
    """The product of (|4 x - 2| + a) / (1 + a) over inputs; points `[D, n]`, values `[n]`."""
    product = np.ones(points.shape[1])
    for row, weight in zip(points, WEIGHTS, strict=True):
        product *= (np.abs(4 * row - 2) + weight) / (1 + weight)
    return product


def exact() -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices of the g-function (Saltelli and Sobol' 1995)."""
    own = 1 / (3 * (1 + WEIGHTS) ** 2)
    variance = np.prod(1 + own) - 1
    return own / variance, own / (1 + own) * (variance + 1) / variance


def indices_of_ours(answers: list[np.ndarray] | None = None) -> Any:
    """Points and analysis; the model as well, unless its answers are given."""
    from raison.challenge.methods.sobol import SobolSums, make_sobol_design, sobol_indices

    design = make_sobol_design(INPUTS, ROWS, 1)
    sums = SobolSums.start(INPUTS, 1)
    for place, points in enumerate(design.blocks()):
        sums = sums.fold(g_function(points)[None] if answers is None else answers[place])
    return sobol_indices(sums)


def indices_of_salib(answers: np.ndarray | None = None) -> Any:
    """The same by SALib."""
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = {
        "num_vars": INPUTS,
        "names": [f"x{d}" for d in range(INPUTS)],
        "bounds": [[0.0, 1.0]] * INPUTS,
    }
    points = sampling.sample(problem, ROWS, calc_second_order=False, seed=1)
    answers = g_function(points.T) if answers is None else answers
    return analysis.analyze(problem, answers, calc_second_order=False, seed=1)


def _times(report: Report) -> None:
    from raison.challenge.methods.sobol import make_sobol_design

    blocks = [g_function(points)[None] for points in make_sobol_design(INPUTS, ROWS, 1).blocks()]
    ours, peer = "raison, points and analysis", "SALib, sample.sobol and analyze.sobol"
    shape = np.random.default_rng(1).random(ROWS * (INPUTS + 2))  # the time does not depend on the values
    times = side_by_side(
        {ours: lambda: indices_of_ours(blocks), peer: lambda: indices_of_salib(shape)}, ROUNDS
    )
    report.add_times(times)
    report.targets.append(Target("times as fast", report.time_of(peer) / report.time_of(ours), 20))
    first, total = exact()
    found, other = indices_of_ours(), indices_of_salib()
    halves = [(ends.high[0] - ends.low[0]).max() / 2 for ends in (found.first, found.total)]
    confidence = [other["S1_conf"].max(), other["ST_conf"].max()]
    for name, values, stated in (
        ("raison", (found.first.value[0], found.total.value[0]), halves),
        ("SALib", (other["S1"], other["ST"]), confidence),
    ):
        furthest = [np.abs(value - true).max() for value, true in zip(values, (first, total), strict=True)]
        report.notes.append(
            f"{name}: largest error {furthest[0]:.1e} first order, {furthest[1]:.1e} total; widest stated "
            f"half interval {stated[0]:.1e}, {stated[1]:.1e}"
        )


def _memory(report: Report) -> None:
    """Peak of a child process less what it holds when all is imported."""
    read = (
        "def held(key):\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024\n"
    )
    imports = {
        "ours": "import raison.challenge.methods.sobol",
        "salib": "import SALib.analyze.sobol, SALib.sample.sobol",
    }
    found: dict[str, Row] = {}
    for name, modules in imports.items():
        program = (
            f"import benchmarks.sensitivity as own\n{modules}\n{read}"
            f"before = held('VmRSS'); own.indices_of_{name}(); print(held('VmHWM') - before)"
        )
        peaks = tuple(float(child(["-c", program]).output.split()[-1]) for _ in range(CHILDREN))
        found[name] = Row(f"{name}, peak above imports", peaks, "MB", "the model included")
    report.rows += found.values()
    ratio = found["ours"].median / found["salib"].median
    report.targets.append(Target("peak memory over SALib's", ratio, 0.25, most=True))
