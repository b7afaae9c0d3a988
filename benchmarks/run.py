"""A whole run: draws a second from end to end, and peak memory as the number of draws grows.

Each run is a process of its own; its peak is the largest resident set that the kernel saw. Runs at a million
draws are repeated; the one at ten million, which takes ten times as long, is not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.common import Child, Report, Row, Target, child

MODELS = ("three-step-crisis", "kremlin-2022")
SMALL, LARGE = 1_000_000, 10_000_000
ROUNDS = 3


def run() -> Report:
    """Measure it."""
    report = Report(f"A whole run, from the command to the verdict, at {SMALL:,} and {LARGE:,} draws")
    with tempfile.TemporaryDirectory() as folder:
        cache = {"RAISON_CACHE": str(Path(folder) / "cache")}
        for model in MODELS:
            _run(model, 1_000, cache)  # fills the compilation cache
            runs = [_run(model, SMALL, cache) for _ in range(ROUNDS)]
            alone = [_run(model, SMALL, cache, "--no-premises") for _ in range(ROUNDS)]
            large = _run(model, LARGE, cache, "--no-premises")
            report.rows += [
                Row(f"{model}, with each premise removed", _rates(runs, SMALL), "draws/s"),
                Row(f"{model}, --no-premises", _rates(alone, SMALL), "draws/s"),
                Row(f"{model}, --no-premises, {LARGE:,}", _rates([large], LARGE), "draws/s"),
                Row(f"{model}, peak at {SMALL:,}", tuple(r.peak for r in alone), "MB"),
                Row(f"{model}, peak at {SMALL:,} with premises", tuple(r.peak for r in runs), "MB"),
                Row(f"{model}, peak at {LARGE:,}", (large.peak,), "MB"),
            ]
            small = sorted(r.peak for r in alone)[ROUNDS // 2]
            name = f"{model}, peak at {LARGE:,} over {SMALL:,}"
            report.targets.append(Target(name, large.peak / small, 1.3, most=True))
    report.notes.append("Rates are draws divided by the seconds of the whole process, starting included.")
    return report


def _run(model: str, draws: int, cache: dict[str, str], *options: str) -> Child:
    return child(["-m", "raison.cli", "run", model, "--draws", str(draws), "--json", *options], cache)


def _rates(runs: list[Child], draws: int) -> tuple[float, ...]:
    return tuple(draws / run.seconds for run in runs)
