"""All analyses of the flagship's verdict on a run of a million draws, beside the plain run.

Each is a process of its own, starting included; the compiled programs of both are ready, as they are for
everybody who runs a model twice.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.common import DRAWS, Child, Report, Row, Target, child

MODEL = "kremlin-2022"
ROUNDS = 3
PLAIN, SOME, ALL = "the plain run", "with the analyses that a report has", "with all analyses"
OPTIONS = {PLAIN: (), SOME: ("--challenge",), ALL: ("--all",)}


def run() -> Report:
    """Measure it."""
    report = Report(f"Challenging the verdict of {MODEL} at {DRAWS:,} draws")
    with tempfile.TemporaryDirectory() as folder:
        cache = {"RAISON_CACHE": str(Path(folder) / "cache")}
        for options in OPTIONS.values():
            _run(options, cache, 1_000)  # fills the compilation cache
        found: dict[str, list[Child]] = {name: [] for name in OPTIONS}
        for _ in range(ROUNDS):
            for name, options in OPTIONS.items():
                found[name].append(_run(options, cache))
    for name, runs in found.items():
        report.rows.append(Row(name, tuple(r.seconds for r in runs), "s"))
        report.rows.append(Row(f"{name}, peak", tuple(r.peak for r in runs), "MB"))
    plain, everything = report.rows[0].median, report.rows[2 * list(OPTIONS).index(ALL)].median
    report.targets += [
        Target("all analyses: times the plain run", everything / plain, 30, most=True),
        Target("all analyses: seconds", everything, 120, most=True),
    ]
    return report


def _run(options: tuple[str, ...], cache: dict[str, str], draws: int = DRAWS) -> Child:
    command = ["-m", "raison.cli", "run", MODEL, "--draws", str(draws), "--no-premises", "--json"]
    return child([*command, *options], cache)
