"""What all benchmarks share: timing side by side, C compiled at bench time, child processes, the machine."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
THREADS = 2
DRAWS = 1_000_000


@dataclass(frozen=True)
class Row:
    """Something that was measured: the median of `samples`, in `unit`."""

    name: str
    samples: tuple[float, ...]
    unit: str = "ms"
    note: str = ""

    @property
    def median(self) -> float:
        """The middle sample."""
        return median(self.samples)


@dataclass(frozen=True)
class Target:
    """A figure that is wanted: at least `wanted` (or at most, where `most`)."""

    name: str
    value: float
    wanted: float
    most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.value <= self.wanted if self.most else self.value >= self.wanted


@dataclass
class Report:
    """What one benchmark found."""

    topic: str
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_times(self, times: dict[str, list[float]], notes: dict[str, str] | None = None) -> None:
        """Add samples in seconds as rows in milliseconds."""
        for name, samples in times.items():
            self.rows.append(Row(name, tuple(1e3 * s for s in samples), note=(notes or {}).get(name, "")))

    def time_of(self, name: str) -> float:
        """Median of a row."""
        return next(row.median for row in self.rows if row.name == name)


def side_by_side(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Time functions in turn, round after round, so that a busy machine is as bad for one as for another.

    Returns:
        Seconds, `rounds` samples each; a first round is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for round_ in range(rounds + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            result = function()
            taken = time.perf_counter() - start
            del result
            if round_:
                times[name].append(taken)
    return times


def best_of(candidates: Iterable[tuple[object, Callable[[], object]]], tries: int = 3) -> object:
    """The label of the fastest candidate by its best time."""
    fastest: tuple[float, object] | None = None
    for label, function in candidates:
        for _ in range(tries):
            start = time.perf_counter()
            function()
            taken = time.perf_counter() - start
            if fastest is None or taken < fastest[0]:
                fastest = (taken, label)
    if fastest is None:
        raise ValueError("best_of needs at least one candidate; got none.")
    return fastest[1]


@cache
def kernel(name: str) -> ctypes.CDLL:
    """Compile `kernels/NAME.c` and load it; OpenMP uses `THREADS` threads."""
    os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
    folder = tempfile.mkdtemp(prefix="raison-bench-")
    library = Path(folder) / f"{name}.so"
    flags = ["-O3", "-march=native", "-fopenmp", "-shared", "-fPIC"]
    subprocess.run(
        ["gcc", *flags, str(HERE / "kernels" / f"{name}.c"), "-o", str(library), "-lm"],
        check=True,
        timeout=120,
    )
    return ctypes.CDLL(str(library))


def pointer(array: object) -> ctypes.c_void_p:
    """The address of a NumPy array's numbers."""
    return array.ctypes.data_as(ctypes.c_void_p)  # type: ignore[attr-defined]


def environment() -> dict[str, str]:
    """The environment of child processes: raison's sources can be imported."""
    source = str(HERE.parent / "src")
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": source if not before else f"{source}{os.pathsep}{before}"}


@dataclass(frozen=True)
class Child:
    """A finished child process: seconds, peak memory in MB, what it wrote."""

    seconds: float
    peak: float
    output: str


def child(arguments: Sequence[str], extra: dict[str, str] | None = None) -> Child:
    """Run Python with arguments to its end.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=out, stderr=err, env={**environment(), **(extra or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"python {' '.join(arguments)} failed: {err.read()[-2_000:]}")
        return Child(seconds, usage.ru_maxrss / 1024, out.read())


def machine() -> dict[str, str]:
    """Processor, system, versions."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    compiler = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True).stdout
    packages = ("jax", "jaxlib", "numpy", "scipy", "pygambit", "open_spiel")
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "processor": f"{model}, {os.cpu_count()} cores",
        "load before": load,
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "compiler": compiler.splitlines()[0],
        "packages": ", ".join(f"{package} {_version(package)}" for package in packages),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:
        return "not installed"
