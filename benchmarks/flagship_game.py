"""Strike and answer, with the chances to survive as formulas: 18 parameters in memory to every choice.

The model is `models/strike-with-face.yaml`: C18's game, its four survival terms C17's formula, so that the
normal distribution function is a good part of the work. The peers:

* NumPy: columnwise, written out for this game, `scipy.special.ndtr`; its chunk size is searched.
* C: `kernels/strike_with_face.c`, one pass over the draws, `erfc` of the C library.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from benchmarks.columns import best_chunks, tolerance
from benchmarks.common import DRAWS, HERE, Report, Target, kernel, pointer, side_by_side

ROUNDS = 11
Columns = NDArray[np.float64]


def run() -> Report:
    """Measure it."""
    from raison.api import load
    from raison.solve.batch import compile_parameters

    report = Report(
        f"Strike and answer with face, {DRAWS:,} draws: 18 parameters -> choices, margins, values, status"
    )
    model = load(HERE / "models" / "strike-with-face.yaml")
    start = time.perf_counter()
    solver = compile_parameters(model.program)
    rows = parameters(model.record, solver.rows)
    ours = jnp.asarray(rows)
    solver(ours)
    compiling = time.perf_counter() - start
    numpy_out, c_out = Arrays(), Arrays()
    chunks = best_chunks(lambda part: _by_numpy(rows, numpy_out, part), DRAWS)
    c_function = kernel("strike_with_face").strike_with_face
    functions: dict[str, Callable[[], object]] = {
        "raison": lambda: solver(ours),
        "raison, NumPy parameters": lambda: solver(rows),
        "C": lambda: c_function(ctypes.c_int64(DRAWS), pointer(rows), *c_out.pointers()),
        **{name: function for name, (_, function) in chunks.items()},
    }
    report.add_times(
        side_by_side(functions, ROUNDS),
        {
            "raison": "parameters in a JAX array",
            "raison, NumPy parameters": "they are copied first",
            **{name: f"chunks of {size:,}" for name, (size, _) in chunks.items()},
        },
    )
    _check(solver(ours), numpy_out, c_out)
    report.add_times({"compiling (trace, lower, compile or load)": [compiling]})
    own = report.time_of("raison")
    for name in chunks:
        report.targets.append(Target(f"times as fast as {name}", report.time_of(name) / own, 1.5))
    report.targets.append(Target("share of C's speed", report.time_of("C") / own, 0.6))
    return report


def parameters(record: object, names: tuple[str, ...]) -> Columns:
    """`[P, DRAWS]`, independent, from the model's uniform distributions."""
    random = np.random.default_rng(2)
    rows = np.empty((len(names), DRAWS))
    for row, name in zip(rows, names, strict=True):
        low, high = (float(bound.text) for bound in record.parameters[name].value.arguments)  # type: ignore[attr-defined]
        row[:] = random.uniform(low, high, DRAWS)
    return rows


class Arrays:
    """What a peer fills in."""

    def __init__(self) -> None:
        self.choice = np.empty((2, DRAWS), np.int8)
        self.margin = np.empty((2, DRAWS))
        self.value = np.empty((2, DRAWS))
        self.status = np.empty(DRAWS, np.int8)

    def pointers(self) -> tuple[ctypes.c_void_p, ...]:
        """Addresses, in the kernel's order."""
        return tuple(pointer(array) for array in (self.choice, self.margin, self.value, self.status))


def _by_numpy(rows: Columns, out: Arrays, part: slice) -> None:
    patience, spread, *rest = rows[:, part]
    gaps, noises = rest[:4], rest[4:8]
    ruin_cost, second_round, discount, answer_gain, answer_cost, ending_gain, ending_cost, fall_value = rest[
        8:
    ]
    variance = spread * spread
    kept: list[Columns] = []
    for gap, noise in zip(gaps, noises, strict=True):
        seen = np.sqrt(variance + noise * noise)
        kept.append(ndtr(patience * seen / variance + gap / seen))
    withdrawn, fighting, unanswered, hit = kept
    fallen = [fall_value * (1 - chance) for chance in kept]
    answers = (
        (hit * (1 + discount * second_round), answer_gain - answer_cost + fallen[3]),
        (unanswered, fallen[2]),
        (-ruin_cost, ending_gain - ending_cost + fall_value),
    )
    endings = ((fighting, fallen[1]), (withdrawn, fallen[0]))
    tolerances = [tolerance([pay[p] for pay in (*answers, *endings)]) for p in range(2)]
    strike = _decide(answers, 1, tolerances[1], out, 1, part)
    value = _decide((*endings, strike), 0, tolerances[0], out, 0, part)
    out.value[0, part], out.value[1, part] = value
    out.status[part] = ~np.isfinite(tolerances[0] + tolerances[1])


def _decide(
    moves: tuple[tuple[Columns, Columns], ...], mover: int, near: Columns, out: Arrays, node: int, part: slice
) -> tuple[Columns, Columns]:
    """The first of three moves that is near the best; write its index and its margin."""
    a, b, c = (move[mover] for move in moves)
    bar = np.maximum(np.maximum(a, b), c) - near
    first, second, third = a >= bar, b >= bar, c >= bar
    out.choice[node, part] = np.where(first, 0, np.where(second, 1, 2))
    own = np.where(first, a, np.where(second, b, c))
    other = np.where(first, np.maximum(b, c), np.where(second, np.maximum(a, c), np.maximum(a, b)))
    tied = (first & second) | (first & third) | (second & third)
    out.margin[node, part] = np.where(tied, 0.0, own - other)
    values = [np.where(first, x, np.where(second, y, z)) for x, y, z in zip(*moves, strict=True)]
    return values[0], values[1]


def _check(solution: object, *others: Arrays) -> None:
    """All solve the same game; their normal distribution functions may differ in the last digits."""
    for other in others:
        np.testing.assert_array_equal(np.stack(solution.choice), other.choice)  # type: ignore[attr-defined]
        np.testing.assert_allclose(np.stack(solution.margin), other.margin, atol=1e-13)  # type: ignore[attr-defined]
        np.testing.assert_allclose(np.stack(solution.value), other.value, atol=1e-13)  # type: ignore[attr-defined]
