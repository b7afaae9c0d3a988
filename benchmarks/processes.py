"""A process of 5 stocks and 240 steps beside PySD, from one XMILE file, and the memory of many runs of it.

PySD simulates one set of constants after another, as its users do; raison simulates all of them in one
batch. PySD's time is that of `run` on a model that is loaded already, with only the last value of one
column asked for; raison's that of every parameter, the process and the answers of a run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import HERE, Report, Row, Target, child, side_by_side

FILE = HERE / "models" / "pipeline.xmile"
RANGES = {
    "call_up": (1e5, 6e5),
    "reporting_time": (0.5, 2),
    "intake_limit": (1e5, 4e5),
    "site_capacity": (1e3, 6e4),
    "training_time": (1, 4),
    "desertion": (0, 0.05),
    "transport": (1e4, 5e4),
    "losses": (0, 0.1),
    "cadre": (4e3, 2e4),
    "cadre_ratio": (8, 20),
}
DRAWS, ONE_BY_ONE, ROUNDS = 100_000, 10, 5


def run() -> Report:
    """Measure it."""
    report = Report(f"A process of 5 stocks and 240 steps, {DRAWS:,} runs of it")
    _agreement(report)
    _times(report)
    _memory(report)
    return report


def model() -> Any:
    """The file's process with its constants uncertain, asked for what is ready at the end."""
    import raison
    from raison.exchange.xmile import read_process
    from raison.model.expression import Name, Simulated
    from raison.model.formula import number
    from raison.model.records import Distribution, Model, Parameter, Question
    from raison.model.unparse import formula

    _, process = read_process(FILE)
    parameters = {
        name: Parameter(Distribution("uniform", (number(low), number(high))))
        for name, (low, high) in RANGES.items()
    }
    call = Simulated("pipeline", tuple((name, Name(name)) for name in RANGES), "ready")
    return raison.Model.of(
        Model(
            "How many are ready?",
            name="pipeline",
            parameters=parameters,
            processes={"pipeline": process},
            questions=(Question(amount=formula(call), name="ready"),),
        )
    )


def points(count: int) -> dict[str, np.ndarray]:
    """Constants, drawn evenly."""
    rows = np.random.default_rng(3).uniform(size=(len(RANGES), count))
    return {
        name: low + (high - low) * row for (name, (low, high)), row in zip(RANGES.items(), rows, strict=True)
    }


def _peer() -> Any:
    import pysd

    folder = Path(tempfile.mkdtemp())
    copy = folder / FILE.name
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")  # PySD writes its code beside it
    return pysd.read_xmile(str(copy))


def _run_peer(peer: Any, constants: dict[str, np.ndarray]) -> list[float]:
    count = len(next(iter(constants.values())))
    found: list[float] = []
    for i in range(count):
        given = {name: float(row[i]) for name, row in constants.items()}
        table = peer.run(params=given, return_columns=["ready"], return_timestamps=[12])
        found.append(float(table["ready"].iloc[-1]))
    return found


def _agreement(report: Report) -> None:
    constants = points(ONE_BY_ONE)
    ours = model().simulate("pipeline", None, **constants).outputs["ready"]
    theirs = np.array(_run_peer(_peer(), constants))
    report.notes.append(
        f"largest difference between the two over {ONE_BY_ONE} runs: {np.abs(ours / theirs - 1).max():.1e}"
    )


def _times(report: Report) -> None:
    made, peer, constants = model(), _peer(), points(ONE_BY_ONE)
    made.run(draws=1_000)  # compiles
    ours, theirs = f"raison, {DRAWS:,} runs", f"PySD, {ONE_BY_ONE} runs one by one"
    times = side_by_side(
        {ours: lambda: made.run(draws=DRAWS), theirs: lambda: _run_peer(peer, constants)}, ROUNDS
    )
    report.add_times(times)
    each = report.time_of(ours) / DRAWS, report.time_of(theirs) / ONE_BY_ONE
    report.rows.append(Row("raison, one run", (1e3 * each[0],), "us"))
    report.rows.append(Row("PySD, one run", (1e3 * each[1],), "us"))
    report.targets.append(Target("times as fast, run by run", each[1] / each[0], 2_000))


def _memory(report: Report) -> None:
    """Peaks of child processes, as the kernel tells them: `wait4` would count this process as well."""
    read = "next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))"
    peaks: dict[int, Row] = {}
    for draws in (DRAWS // 5, DRAWS, 5 * DRAWS):
        program = f"from benchmarks.processes import model; model().run(draws={draws}); print({read})"
        found = tuple(int(child(["-c", program]).output.split()[-1]) / 1024 for _ in range(3))
        peaks[draws] = Row(f"peak of {draws:,} runs", found, "MB")
    report.rows += peaks.values()
    ratio = peaks[5 * DRAWS].median / peaks[DRAWS // 5].median
    report.targets.append(Target(f"peak at {5 * DRAWS:,} over {DRAWS // 5:,}", ratio, 1.3, most=True))
