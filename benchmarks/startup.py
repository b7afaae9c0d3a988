"""Starting: `check` in a blink, and a warm run relative to importing JAX.

Every sample is a new process. The compilation cache lives in a folder of its own and is filled once before.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.common import Report, Row, Target, child

MODEL = "kremlin-2022"
ROUNDS = 7
BASELINE = "import jax, jax.numpy as j; j.zeros(3)+1"
HEAVY = ("jax", "scipy", "sympy", "altair")
IMPORTED = f"""
import json, sys
sys.argv = ["raison", "check", "{MODEL}"]
from raison.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
finally:
    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


def run() -> Report:
    """Measure it."""
    report = Report(f"Starting: {MODEL}")
    imported = json.loads(child(["-c", IMPORTED]).output.splitlines()[-1])
    with tempfile.TemporaryDirectory() as folder:
        cache = {"RAISON_CACHE": str(Path(folder) / "cache")}
        page = ["--output", str(Path(folder) / "report.html")]
        command = ["-m", "raison.cli", "run", MODEL, "--draws", "10000"]
        commands = {
            "python -c pass": ["-c", "pass"],
            "raison check": ["-m", "raison.cli", "check", MODEL],
            "importing JAX": ["-c", BASELINE],
            "raison run --no-report, warm": [*command, "--no-report"],
            "raison run with report, warm": [*command, *page, "--force"],
        }
        cold = child([*command, "--no-report"], cache).seconds
        times: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(ROUNDS + 1):
            for name, arguments in commands.items():
                seconds = child(arguments, cache).seconds
                if round_:
                    times[name].append(seconds)
        without = child([*command, "--no-report"], {"RAISON_CACHE": "off"}).seconds
    report.rows += [Row(name, tuple(samples), "s") for name, samples in times.items()]
    report.rows.append(Row("raison run --no-report, empty cache", (cold,), "s"))
    report.rows.append(Row("raison run --no-report, no cache", (without,), "s"))
    base = report.time_of("importing JAX")
    report.targets = [
        Target("raison check, seconds", report.time_of("raison check"), 0.4, most=True),
        Target(f"check imports, of {', '.join(HEAVY)}", len(imported), 0, most=True),
        Target("run --no-report, times importing JAX", report.time_of(_NO_REPORT) / base, 4, most=True),
        Target("run with report, times importing JAX", report.time_of(_REPORT) / base, 10, most=True),
    ]
    return report


_NO_REPORT = "raison run --no-report, warm"
_REPORT = "raison run with report, warm"
