"""The three-step crisis: payoffs in memory to every choice, margin, value and status.

The peers:

* NumPy: columnwise, written out for this game, in place in arrays made once; its chunk size is searched.
* C: `kernels/crisis.c`, one pass, in place in arrays made once.
* pygambit: the tree is built once and the payoffs of its outcomes are set for each draw (building it for
  each draw is slower). It has no backward induction, so the fastest of its solvers that work on the tree is
  taken, whether or not it finds the subgame-perfect equilibrium alone: pure agent equilibria by
  enumeration, or linear complementarity in floating point. Only equilibria are asked for, no margins.
* OpenSpiel: its games do not change, so a draw's payoffs need a new one, from the text of an EFG file. That
  is measured, and so is a variant that spares it this: the game is made once and its states are walked in
  each draw, with payoffs looked up in a table. Backward induction is written by hand on the states; no
  margins. The target is held against the faster of the two.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from io import StringIO

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.columns import best_chunks, tolerance
from benchmarks.common import DRAWS, Report, best_of, kernel, pointer, side_by_side

OUTCOMES = ("status_quo", "conceded", "war", "backed_down")
ONE_BY_ONE = 1_000  # draws that peers without batches solve in one sample
ROUNDS = 15

EFG = """EFG 2 R "crisis" {{ "challenger" "defender" }}
p "opening" 1 1 "" {{ "challenge" "stay" }} 0
p "reply" 2 1 "" {{ "resist" "concede" }} 0
p "last_step" 1 2 "" {{ "fight" "back down" }} 0
t "" 1 "war" {{ {4!r}, {5!r} }}
t "" 2 "backed_down" {{ {6!r}, {7!r} }}
t "" 3 "conceded" {{ {2!r}, {3!r} }}
t "" 4 "status_quo" {{ {0!r}, {1!r} }}
"""


def run() -> Report:
    """Measure it."""
    from raison.api import gallery
    from raison.solve.batch import compile_payoffs

    report = Report(f"Three-step crisis, {DRAWS:,} draws: payoffs -> choices, margins, values, status")
    payoffs = np.random.default_rng(1).normal(size=(len(OUTCOMES), 2, DRAWS))
    graph = gallery("three-step-crisis").program.graph
    if graph is None:
        raise ValueError("the crisis needs a game; the model has none.")
    start = time.perf_counter()
    solver = compile_payoffs(graph, 2)
    order = [OUTCOMES.index(name) for name in solver.rows]
    ours = jnp.asarray(payoffs[order])
    solver(ours)
    compiling = time.perf_counter() - start
    numpy_out, c_out = Arrays(), Arrays()
    chunks = best_chunks(lambda part: _by_numpy(payoffs, numpy_out, part), DRAWS)
    c_function = kernel("crisis").crisis
    functions: dict[str, Callable[[], object]] = {
        "raison": lambda: solver(ours),
        "raison, NumPy payoffs": lambda: solver(payoffs),
        "C": lambda: c_function(ctypes.c_int64(DRAWS), pointer(payoffs), *c_out.pointers()),
        **{name: function for name, (_, function) in chunks.items()},
    }
    report.add_times(
        side_by_side(functions, ROUNDS),
        {
            "raison": "payoffs in a JAX array",
            "raison, NumPy payoffs": "they are copied first",
            **{name: f"chunks of {size:,}" for name, (size, _) in chunks.items()},
        },
    )
    _check(solver(ours), numpy_out, c_out)
    few = payoffs[..., :ONE_BY_ONE]
    for name, function in _one_by_one(few, numpy_out.choice[:, :ONE_BY_ONE]).items():
        times = side_by_side({name: function}, 5)
        report.add_times(
            {name: [t * DRAWS / ONE_BY_ONE for t in times[name]]}, {name: f"from {ONE_BY_ONE:,} draws"}
        )
    report.add_times({"compiling (trace, lower, compile or load)": [compiling]})
    _set_targets(report, chunks)
    return report


def _set_targets(report: Report, numpy_names: dict[str, object]) -> None:
    from benchmarks.common import Target

    own = report.time_of("raison")
    for name in numpy_names:
        report.targets.append(Target(f"times as fast as {name}", report.time_of(name) / own, 3))
    report.targets.append(Target("share of C's speed", report.time_of("C") / own, 0.2))
    for peer, wanted in (("pygambit", 1_000), ("OpenSpiel", 500)):
        fastest = min(row.median for row in report.rows if row.name.startswith(peer))
        report.targets.append(Target(f"times as fast as {peer}", fastest / own, wanted))


class Arrays:
    """What a peer fills in."""

    def __init__(self) -> None:
        self.choice = np.empty((3, DRAWS), np.int8)
        self.margin = np.empty((3, DRAWS))
        self.value = np.empty((2, DRAWS))
        self.status = np.empty(DRAWS, np.int8)

    def pointers(self) -> tuple[ctypes.c_void_p, ...]:
        """Addresses, in the kernel's order."""
        return tuple(pointer(array) for array in (self.choice, self.margin, self.value, self.status))


def _by_numpy(payoffs: NDArray[np.float64], out: Arrays, part: slice) -> None:
    quo, conceded, war, backed = payoffs[..., part]
    tolerances = [tolerance([quo[p], conceded[p], war[p], backed[p]]) for p in range(2)]
    value = list(war)
    for node, mover, other in ((2, 0, backed), (1, 1, conceded), (0, 0, quo)):
        lead = value[mover] - other[mover]
        size = np.abs(lead)
        second = lead < -tolerances[mover]
        out.choice[node, part] = second
        out.margin[node, part] = np.where(size <= tolerances[mover], 0.0, size)
        value = [np.where(second, other[p], value[p]) for p in range(2)]
    out.value[0, part], out.value[1, part] = value
    out.status[part] = ~np.isfinite(tolerances[0] + tolerances[1])


def _check(solution: object, *others: Arrays) -> None:
    """All solve the same game: equal choices, margins and values to a rounding."""
    for other in others:
        np.testing.assert_array_equal(np.stack(solution.choice), other.choice)  # type: ignore[attr-defined]
        np.testing.assert_allclose(np.stack(solution.margin), other.margin, rtol=1e-12)  # type: ignore[attr-defined]
        np.testing.assert_array_equal(np.stack(solution.value), other.value)  # type: ignore[attr-defined]


def _one_by_one(payoffs: NDArray[np.float64], choice: NDArray[np.int8]) -> dict[str, Callable[[], object]]:
    """The peers that solve one draw at a time."""
    functions: dict[str, Callable[[], object]] = {}
    rows = [tuple(draw) for draw in payoffs.reshape(8, -1).T.tolist()]
    name, gambit = _by_pygambit(rows)
    functions[f"pygambit, {name}"] = gambit
    functions |= _by_open_spiel(rows, choice)
    return functions


def _by_pygambit(rows: list[tuple[float, ...]]) -> tuple[str, Callable[[], object]]:
    import pygambit

    game = pygambit.read_efg(StringIO(EFG.format(*rows[0])))

    def each(solve: Callable[[], object]) -> None:
        for row in rows:
            for index, outcome in enumerate(OUTCOMES):
                game.set_outcome_payoffs(
                    outcome, {"challenger": row[2 * index], "defender": row[2 * index + 1]}
                )
            solve()

    ways = {
        "enumpure_agent_solve": lambda: each(lambda: pygambit.nash.enumpure_agent_solve(game)),
        "lcp_solve": lambda: each(lambda: pygambit.nash.lcp_solve(game, rational=False)),
    }
    fastest = str(best_of(ways.items(), tries=1))
    return fastest, ways[fastest]


def _by_open_spiel(
    rows: list[tuple[float, ...]], choice: NDArray[np.int8]
) -> dict[str, Callable[[], object]]:
    import pyspiel

    def induct(state: object, returns: Callable[[object], list[float]], found: list[int]) -> list[float]:
        if state.is_terminal():  # type: ignore[attr-defined]
            return returns(state)
        mover = state.current_player()  # type: ignore[attr-defined]
        values = [induct(state.child(a), returns, found) for a in state.legal_actions()]  # type: ignore[attr-defined]
        best = 0
        for index in range(1, len(values)):
            if values[index][mover] > values[best][mover]:
                best = index
        found.append(best)
        return values[best]

    def rebuilt() -> None:
        for draw, row in enumerate(rows):
            found: list[int] = []
            game = pyspiel.load_efg_game(EFG.format(*row))
            induct(game.new_initial_state(), lambda state: state.returns(), found)
            if found[::-1] != choice[:, draw].tolist():
                raise AssertionError(
                    f"OpenSpiel chose {found[::-1]} in draw {draw}; we chose {choice[:, draw]}."
                )

    fixed = pyspiel.load_efg_game(EFG.format(*rows[0]))
    # the terminal is known by the number of moves that led to it and the last of them
    place = {(3, 0): 4, (3, 1): 6, (2, 1): 2, (1, 1): 0}

    def walked() -> None:
        for draw, row in enumerate(rows):

            def returns(state: object, row: tuple[float, ...] = row) -> list[float]:
                history = state.history()  # type: ignore[attr-defined]
                at = place[len(history), history[-1] % 2]
                return [row[at], row[at + 1]]

            found: list[int] = []
            induct(fixed.new_initial_state(), returns, found)
            if found[::-1] != choice[:, draw].tolist():
                raise AssertionError(
                    f"OpenSpiel chose {found[::-1]} in draw {draw}; we chose {choice[:, draw]}."
                )

    return {
        "OpenSpiel, a new game for each draw": rebuilt,
        "OpenSpiel, one game, payoffs from a table": walked,
    }
