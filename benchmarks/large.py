"""Large games: ten thousand nodes, compiled and solved, in two shapes.

* binary: a full tree of 8,191 decisions and 8,192 outcomes, thirteen moves deep.
* centipede: 5,000 decisions in a row, each to stop or to go on, and 5,001 outcomes.

Each is a model made in Python with payoffs that are numbers but for one parameter. `Model.of` writes and
checks it as any model; `solve` gives everything that is known at a point; `compile_payoffs` solves a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.common import Report, Row, Target

DEPTH = 13
STEPS = 5_000
BATCH = 1_024
PLAYERS = ("one", "two")


def run() -> Report:
    """Measure it."""
    report = Report("Large games: compile and solve")
    for name, make in (("binary", binary), ("centipede", centipede)):
        _measure(report, name, make)
    return report


def _measure(report: Report, name: str, make: Callable[[], Any]) -> None:
    from raison.api import Model
    from raison.solve.batch import compile_payoffs

    times: dict[str, float] = {}

    def timed(what: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        times[what] = time.perf_counter() - start
        return result

    record = make()
    nodes = len(record.game) + len(record.outcomes)
    model = timed("check (Model.of)", lambda: Model.of(record))
    program = timed("compile the model", lambda: model.program)
    solution = timed("solve one point, compiling included", lambda: model.solve({}))
    if solution.status != ["solved"]:
        raise AssertionError(f"the {name} game was not solved: {solution.status[0]}")
    report.rows += [Row(f"{name}, {nodes:,} nodes: {what}", (taken,), "s") for what, taken in times.items()]
    report.targets.append(
        Target(f"{name}: check, compile and solve, seconds", sum(times.values()), 60, most=True)
    )
    payoffs = np.random.default_rng(4).normal(size=(len(program.graph.outcomes), len(PLAYERS), BATCH))
    solver = timed("compile_payoffs", lambda: compile_payoffs(program.graph, len(PLAYERS)))
    timed("first batch", lambda: solver(payoffs))
    timed("batch", lambda: solver(payoffs))
    compiling = times["compile_payoffs"] + times["first batch"]
    report.rows.append(Row(f"{name}: a batch of {BATCH:,}, compiling included", (compiling,), "s"))
    report.rows.append(Row(f"{name}: a batch of {BATCH:,}", (times["batch"],), "s"))
    report.targets.append(Target(f"{name}: compile and solve a batch, seconds", compiling, 60, most=True))


def binary() -> Any:
    """A full binary tree whose players take turns; payoffs differ everywhere."""
    game: dict[str, tuple[str, dict[str, str]]] = {}
    payoffs: dict[str, tuple[float, float]] = {}
    random = np.random.default_rng(3)
    for level in range(DEPTH):
        for index in range(2**level):
            below = "n" if level + 1 < DEPTH else "end"
            moves = {
                side: f"{below}_{level + 1}_{2 * index + bit}" for bit, side in enumerate(("left", "right"))
            }
            game[f"n_{level}_{index}"] = (PLAYERS[level % 2], moves)
    for index in range(2**DEPTH):
        one, two = random.uniform(0, 1, 2)
        payoffs[f"end_{DEPTH}_{index}"] = (round(one, 6), round(two, 6))
    return _record("binary", game, payoffs)


def centipede() -> Any:
    """A centipede (Rosenthal 1981): who stops first gets more than if the other stops next."""
    game: dict[str, tuple[str, dict[str, str]]] = {}
    payoffs: dict[str, tuple[float, float]] = {}
    for step in range(STEPS):
        onward = f"n_{step + 1}" if step + 1 < STEPS else "end"
        game[f"n_{step}"] = (PLAYERS[step % 2], {"go on": onward, "stop": f"stop_{step}"})
        stopper, other = step + 2, step
        payoffs[f"stop_{step}"] = (stopper, other) if step % 2 == 0 else (other, stopper)
    payoffs["end"] = (STEPS, STEPS)
    return _record("centipede", game, payoffs)


def _record(
    name: str, game: dict[str, tuple[str, dict[str, str]]], payoffs: dict[str, tuple[float, float]]
) -> Any:
    from raison.model.formula import parse
    from raison.model.records import Decision, Distribution, Model, Move, Parameter, Player, Question

    root = next(iter(game))
    first = next(iter(payoffs))
    return Model(
        title=f"A large {name} game",
        name=name,
        players={player: Player(player) for player in PLAYERS},
        parameters={"bonus": Parameter(Distribution("uniform", (parse("0"), parse("1"))))},
        game={
            node: Decision(player, {label: Move(then) for label, then in moves.items()})
            for node, (player, moves) in game.items()
        },
        outcomes={
            end: {
                player: parse(f"{pay:g}" + (" + bonus" if end == first else ""))
                for player, pay in zip(PLAYERS, pays, strict=True)
            }
            for end, pays in payoffs.items()
        },
        questions=(Question(node=root, move=next(iter(game[root][1]))),),
    )
