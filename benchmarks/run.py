"""A whole run: draws a second from end to end, and peak memory as the number of draws grows.

Each run is a process of its own; its peak is the largest resident set that the kernel saw. The crisis is
run as `raison run` does, with each premise removed in turn; the flagship at ten million draws without that,
since it would take ten minutes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.common import Child, Report, Row, Target, child

CASES = {"three-step-crisis": (), "kremlin-2022": ("--no-premises",)}
USUAL, SMALL, LARGE = 100_000, 1_000_000, 10_000_000
ROUNDS = 3


def run() -> Report:
    """Measure it."""
    report = Report(f"A whole run, from the command to the verdict, at {SMALL:,} and {LARGE:,} draws")
    with tempfile.TemporaryDirectory() as folder:
        cache = {"RAISON_CACHE": str(Path(folder) / "cache")}
        for model, options in CASES.items():
            _run(model, 1_000, cache)  # fills the compilation cache
            usual = [_run(model, USUAL, cache) for _ in range(ROUNDS)]
            small = [_run(model, SMALL, cache, *options) for _ in range(ROUNDS)]
            large = _run(model, LARGE, cache, *options)
            name = " ".join((model, *options))
            report.rows += [
                Row(f"{model}, {USUAL:,}", _rates(usual, USUAL), "draws/s", "with each premise removed"),
                Row(f"{name}, {SMALL:,}", _rates(small, SMALL), "draws/s"),
                Row(f"{name}, {LARGE:,}", _rates([large], LARGE), "draws/s"),
                Row(f"{model}, peak at {USUAL:,}", tuple(r.peak for r in usual), "MB"),
                Row(f"{name}, peak at {SMALL:,}", tuple(r.peak for r in small), "MB"),
                Row(f"{name}, peak at {LARGE:,}", (large.peak,), "MB"),
            ]
            middle = sorted(r.peak for r in small)[ROUNDS // 2]
            report.targets.append(
                Target(f"{model}, peak at {LARGE:,} over {SMALL:,}", large.peak / middle, 1.3, most=True)
            )
    report.notes.append("Rates are draws divided by the seconds of the whole process, starting included.")
    return report


def _run(model: str, draws: int, cache: dict[str, str], *options: str) -> Child:
    return child(["-m", "raison.cli", "run", model, "--draws", str(draws), "--json", *options], cache)


def _rates(runs: list[Child], draws: int) -> tuple[float, ...]:
    return tuple(draws / run.seconds for run in runs)
