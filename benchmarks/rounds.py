"""Games in rounds: 24 periods on 21 x 21 x 21 states with three moves and a reply; one player beside
QuantEcon.

A draw is solved over its whole grid and played forward, as by a run. QuantEcon's DiscreteDP takes rewards
and transitions as arrays, which raison works out from its formulas each time: it is timed with them made by
NumPy, as is compared, and with them given. That both find the same worth is a test
(`tests/solve/test_rounds_peers.py`) and is looked at here again.

Small stochastic games are compared with sgamesolver's QRE homotopy, which needs an environment of its own
(NumPy 1): `RAISON_SGAMESOLVER` names its Python. Without it that comparison is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any

import numpy as np

from benchmarks.common import Report, Target, side_by_side

DRAWS = 64
PROBLEMS = 100
ROUNDS = 3
GAME = """
raison: 1
title: Three stocks, three moves, a reply
players: {{leader: The leader, street: The street}}
parameters:
  relief: {{value: "uniform(0, 1)"}}
  idle: {{value: "uniform(0, 2)"}}
  drain: {{value: "uniform(0, 1)"}}
rounds:
  horizon: 24
  discount: {{leader: 0.98, street: 0.95}}
  state:
    face: {{start: 0, grid: [-3, 3], steps: 21}}
    pool: {{start: 1, grid: [0, 1], steps: 21}}
    since: {{start: 0, grid: [0, 12], steps: 21}}
  terminal: {{leader: 10 * logistic(face), street: 0}}
game:
  opening: {{player: leader, moves: {{call up: reply, fight on: reply, talk: reply}}}}
  reply: {{player: street, moves: {{rise: rising, bear: goes_on}}}}
  rising:
    cases:
      falls: {{probability: logistic(pool - face + idle * since / 12 - 3), then: overthrown}}
      stands: {{probability: otherwise, then: put_down}}
outcomes:
  goes_on:
    leader: "1 - 0.1 * since if opening == 'call up' else 0.5"
    street: 0
    next:
      face: {face}
      pool: "pool * (1 - drain * 0.3) if opening == 'call up' else min(pool + 0.02, 1)"
      since: {since}
  put_down:
    leader: 0.5
    street: -0.5
    next:
      face: {face}
      pool: 0.9 * pool
      since: {since}
  overthrown: {{leader: -5, street: 1, ends: true}}
questions:
  - {{node: opening, move: call up}}
  - {{event: "ended == 'overthrown'"}}
"""
OWN = {
    "face": "0.9 * face - 0.3 * (1 - relief) + (0.2 if opening == 'talk' else 0)",
    "since": "\"1 if opening == 'call up' else since + 0.5\"",
}
EACH_OTHER = {
    "face": "0.9 * face - 0.3 * (1 - relief * min(since / 6, 1)) + (0.2 if opening == 'talk' else 0)",
    "since": "\"1 if opening == 'call up' else since + 0.5 + 0.1 * pool * logistic(face)\"",
}
MACHINE = """
raison: 1
title: When is a machine renewed?
players: {owner: The owner}
parameters:
  cost: {value: "uniform(4, 15)"}
  worse: {value: "uniform(0.2, 0.9)"}
rounds:
  horizon: HORIZON
  discount: 0.95
  state: {wear: {start: 0, grid: [0, 100], steps: 101}}
game:
  choice: {player: owner, moves: {run: use, repair: repaired, renew: renewed}}
  use:
    cases:
      much: {probability: worse / 2, then: two}
      some: {probability: worse / 2, then: one}
      none: {probability: otherwise, then: zero}
outcomes:
  two: {owner: 3 - 0.002 * wear ** 2, next: {wear: "min(wear + 2, 100)"}}
  one: {owner: 3 - 0.002 * wear ** 2, next: {wear: "min(wear + 1, 100)"}}
  zero: {owner: 3 - 0.002 * wear ** 2}
  repaired: {owner: 1, next: {wear: "max(wear - 5, 0)"}}
  renewed: {owner: -cost, next: {wear: 0}}
"""

GAMES = 1_000
FRONT = """
raison: 1
title: A front of three states, both moving at once
players: {a: A, b: B}
parameters: {prize: "uniform(0.5, 2)"}
rounds: {horizon: stationary, discount: 0.8, state: {front: {start: 1, values: [0, 1, 2]}}}
game:
  first: {player: a, moves: {left: second, right: second}}
  second: {player: b, hidden: [first], moves: {left: met, right: met}}
  met: {cases: {holds: {probability: 0.25, then: stays}, moves: {probability: otherwise, then: moved}}}
quantities:
  paid: >-
    prize * (front + 0.5) if first == 'left' and second == 'left' else
    (2 - front if first == 'right' and second == 'right' else -prize)
  paid_b: "-paid"
outcomes:
  stays: {a: paid, b: paid_b}
  moved: {a: paid, b: paid_b, next: {front: "min(front + 1, 2) if first == second else max(front - 1, 0)"}}
"""
TOGETHER = FRONT.replace(
    "(2 - front if first == 'right' and second == 'right' else -prize)",
    ("((2 - front) if first == 'right' and second == 'right' else -0.5 * prize)"),
).replace(
    'paid_b: "-paid"',
    """paid_b: >-
    (front + 0.5) if first == 'left' and second == 'left' else
    (prize * (2.5 - front) if first == 'right' and second == 'right' else -0.5)""",
)
"""The same front where each would rather do as the other does, so that every state has three equilibria."""
PEER = """
import json, sys, time
import numpy as np
import sgamesolver

games, values = np.array(json.loads(sys.stdin.read())), []
moved = np.zeros((3, 2, 2, 3))
for s in range(3):
    for i in range(2):
        for j in range(2):
            moved[s, i, j, s] += 0.25
            moved[s, i, j, min(s + 1, 2) if i == j else max(s - 1, 0)] += 0.75
begun = time.perf_counter()
for payoffs in games:
    game = sgamesolver.SGame(
        payoff_matrices=list(payoffs), transition_matrices=list(moved), discount_factors=0.8
    )
    homotopy = sgamesolver.homotopy.QRE(game)
    homotopy.solver_setup()
    homotopy.solver.verbose = 0
    homotopy.solve()
    values.append(float(homotopy.equilibrium.values[1, 0]))
print(json.dumps([time.perf_counter() - begun, values]))
"""


def contest(prize: float) -> Any:
    """`[3, 2, 2, 2]`, payoffs of `FRONT` by state, player and moves."""
    paid = np.array([[[prize * (s + 0.5), -prize], [-prize, 2 - s]] for s in range(3)])
    return np.stack([paid, -paid], axis=1)


def together(prize: float) -> Any:
    """The same of `TOGETHER`."""
    first = [[[prize * (s + 0.5), -0.5 * prize], [-0.5 * prize, 2 - s]] for s in range(3)]
    second = [[[s + 0.5, -0.5], [-0.5, prize * (2.5 - s)]] for s in range(3)]
    return np.stack([np.array(first), np.array(second)], axis=1)


def run() -> Report:
    """Measure it."""
    report = Report(
        f"Games in rounds: 24 periods, 21 x 21 x 21 states, three moves and a reply; {DRAWS} draws"
    )
    own, each = _runner(GAME.format(**OWN)), _runner(GAME.format(**EACH_OTHER))
    times = side_by_side({"each state for itself": own, "states from each other": each}, ROUNDS)
    report.add_times(times, {})
    for name, wanted in (("each state for itself", 20), ("states from each other", 4)):
        report.targets.append(Target(f"draws a second, {name}", DRAWS / report.time_of(name) * 1e3, wanted))
    for horizon in ("24", "stationary"):
        _beside_quantecon(report, horizon)
    if "RAISON_SGAMESOLVER" in os.environ:
        _beside_sgamesolver(report, os.environ["RAISON_SGAMESOLVER"])
    return report


def _beside_sgamesolver(report: Report, python: str) -> None:
    """One after the other there, in a batch here; where there is one equilibrium, the first are compared."""
    prizes, few = np.random.default_rng(1).uniform(0.5, 2, GAMES), 20
    for name, text, payoffs in (
        ("one equilibrium", FRONT, contest),
        ("three in each state", TOGETHER, together),
    ):
        model = _model(text)
        ours = model.solve({"prize": prizes})
        assert ours.largest_gain().max() < 1e-6
        begun = time.perf_counter()
        model.solve({"prize": prizes})
        mine = GAMES / (time.perf_counter() - begun)
        games = json.dumps([payoffs(prize).tolist() for prize in prizes[:few]])
        done = subprocess.run([python, "-c", PEER], input=games, capture_output=True, text=True, check=True)
        seconds, theirs = json.loads(done.stdout.splitlines()[-1])
        if text is FRONT:
            np.testing.assert_allclose(
                ours.value["a"][:few], theirs, atol=1e-3
            )  # their path stops near the limit
        report.targets.append(Target(f"small stochastic games a second, {name}", mine, 0))
        report.targets.append(Target(f"{name}: times sgamesolver's QRE homotopy", mine * seconds / few, 50))


def _model(text: str) -> Any:
    from raison.api import Model
    from raison.model.reader import read_text

    reading = read_text(text, "rounds")
    if reading.model is None:
        raise AssertionError([problem.message for problem in reading.problems])
    return Model(reading.model, reading.sha256)


def _runner(text: str) -> Any:
    model = _model(text)
    return lambda: model.run(draws=DRAWS, removals=())


def _beside_quantecon(report: Report, horizon: str) -> None:
    import quantecon

    rng = np.random.default_rng(1)
    costs, worse = rng.uniform(4, 15, PROBLEMS), rng.uniform(0.2, 0.9, PROBLEMS)
    problems = [quantecon.markov.DiscreteDP(*_tables(c, w), 0.95) for c, w in zip(costs, worse, strict=True)]
    model = _model(MACHINE.replace("HORIZON", horizon))

    def made() -> list[float]:
        return theirs(
            [quantecon.markov.DiscreteDP(*_tables(*p), 0.95) for p in zip(costs, worse, strict=True)]
        )

    def theirs(problems: Any = problems) -> list[float]:
        if horizon == "stationary":
            return [problem.solve(method="policy_iteration").v[0] for problem in problems]
        return [quantecon.markov.backward_induction(p, 24, np.zeros(101))[0][0, 0] for p in problems]

    def ours() -> Any:
        return model.solve({"cost": costs, "worse": worse}).value["owner"]

    np.testing.assert_allclose(ours(), theirs(), rtol=1e-8)
    names = (
        f"raison, {horizon}",
        f"quantecon DiscreteDP with its tables, {horizon}",
        f"quantecon DiscreteDP, tables given, {horizon}",
    )
    report.add_times(side_by_side(dict(zip(names, (ours, made, theirs), strict=True)), ROUNDS), {})
    ratio = report.time_of(names[1]) / report.time_of(names[0])
    report.targets.append(Target(f"times as fast as quantecon, {PROBLEMS} problems, {horizon}", ratio, 10))


def _tables(cost: float, worse: float) -> tuple[Any, Any]:
    """Rewards and transitions of the machine, as DiscreteDP takes them."""
    wear = np.arange(101)
    reward = np.stack([3 - 0.002 * wear**2, np.ones(101), np.full(101, -cost)], axis=1)
    moved = np.zeros((101, 3, 101))
    for more, chance in ((2, worse / 2), (1, worse / 2), (0, 1 - worse)):
        np.add.at(moved, (wear, 0, np.minimum(wear + more, 100)), chance)
    moved[wear, 1, np.maximum(wear - 5, 0)] = 1
    moved[:, 2, 0] = 1
    return reward, moved
