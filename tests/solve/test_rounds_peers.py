"""Games in rounds against other programs, and against plain recursion written anew."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

import raison.api
from raison.model.reader import read_text


def model_of(text: str) -> raison.api.Model:
    reading = read_text(text, "rounds")
    assert reading.model is not None, [problem.message for problem in reading.problems]
    return raison.api.Model(reading.model, reading.sha256)


MACHINE = """
raison: 1
title: When is a machine renewed?
players: {{owner: The owner}}
parameters: {{gain: 3, cost: 9, mend: 2, worse: 0.5, delta: 0.9, at: 0}}
rounds:
  horizon: {horizon}
  discount: delta
  state: {{wear: {{start: at, grid: [0, 20], steps: 21}}}}
game:
  choice:
    player: owner
    moves: {{run: use, repair: repaired, renew: renewed}}
  use:
    cases:
      much: {{probability: worse / 2, then: two}}
      some: {{probability: worse / 2, then: one}}
      none: {{probability: otherwise, then: zero}}
outcomes:
  two: {{owner: gain - 0.02 * wear ** 2, next: {{wear: "min(wear + 2, 20)"}}}}
  one: {{owner: gain - 0.02 * wear ** 2, next: {{wear: "min(wear + 1, 20)"}}}}
  zero: {{owner: gain - 0.02 * wear ** 2}}
  repaired: {{owner: gain - mend, next: {{wear: "max(wear - 5, 0)"}}}}
  renewed: {{owner: -cost, next: {{wear: 0}}}}
"""


def machine_as_tables(p: dict[str, float]) -> tuple[Any, Any]:
    """Rewards `[state, move]` and transitions `[state, move, state]`."""
    reward, moved = np.zeros((21, 3)), np.zeros((21, 3, 21))
    for wear in range(21):
        reward[wear] = [p["gain"] - 0.02 * wear**2, p["gain"] - p["mend"], -p["cost"]]
        for more, chance in ((2, p["worse"] / 2), (1, p["worse"] / 2), (0, 1 - p["worse"])):
            moved[wear, 0, min(wear + more, 20)] += chance
        moved[wear, 1, max(wear - 5, 0)] = moved[wear, 2, 0] = 1
    return reward, moved


@pytest.mark.parametrize("horizon", ["24", "stationary"])
def test_one_players_problem_is_solved_as_by_quantecons_discrete_dp(horizon: str) -> None:
    quantecon = pytest.importorskip("quantecon")
    points = {
        "cost": [4.0, 9.0, 15.0],
        "worse": [0.3, 0.6, 0.9],
        "delta": [0.95, 0.8, 0.99],
        "at": [0.0, 6.0, 20.0],
    }
    found = model_of(MACHINE.format(horizon=horizon)).solve(points)
    fixed = {"gain": 3.0, "mend": 2.0}
    for i in range(3):
        p = fixed | {name: values[i] for name, values in points.items()}
        problem = quantecon.markov.DiscreteDP(*machine_as_tables(p), p["delta"])
        start = int(p["at"])
        if horizon == "stationary":
            result = problem.solve(method="policy_iteration")
            value, move = result.v[start], result.sigma[start]
        else:
            values, policy = quantecon.markov.backward_induction(problem, 24, np.zeros(21))
            value, move = values[0, start], policy[0, start]
        assert found.value["owner"][i] == pytest.approx(value, rel=1e-9)
        assert found.choice["choice"][i] == ["run", "repair", "renew"][move]


# --- a second implementation: plain recursion over dictionaries ---------------------------------------------

DUEL = """
raison: 1
title: Two players, two states, chance
players: {{a: A, b: B}}
parameters: {{p: 0.4, w: 1.2, c: 0.3, mix: 0.1}}
rounds:
  horizon: 5
  discount: {{a: 0.9, b: 0.7}}
  state:
    x: {{start: 0.33, grid: [0, 1], steps: 5}}
    y: {{start: -0.2, grid: [-1, 1], steps: 6}}
  terminal: {{a: x * x - y, b: 2 * y}}
game:
  opening:
    player: a
    moves: {{press: reply, rest: calm, leave: {{then: left, when: x > 0.1}}}}
  reply: {{player: b, moves: {{fight: battle, yield: yielded}}}}
  battle:
    cases:
      won: {{probability: p * x + 0.1, then: victory}}
      lost: {{probability: otherwise, then: defeat}}
outcomes:
  calm: {{a: y * 0.2, b: 0.1 * period, next: {{x: "{calm_x}", y: "{calm_y}"}}}}
  left: {{a: 0.5 * x, b: 0.4, ends: true}}
  yielded: {{a: w * x, b: -0.2 - y, next: {{y: y * 0.5 + 0.2}}}}
  victory: {{a: w, b: -1, next: {{x: x + 0.3}}}}
  defeat: {{a: -c, b: 0.6, next: {{x: x * 0.5, y: y - 0.3}}}}
"""
WAYS = {
    "each for itself": ("0.9 * x + 0.05", "0.8 * y"),
    "one by the other": ("0.9 * x + 0.05", "0.8 * y + mix * x"),
    "each by the other": ("0.9 * x + mix * y * y", "0.8 * y + mix * x"),
    "both from one": ("0.4", "x - 0.5"),
}
NEXT = {
    "each for itself": lambda x, y: (0.9 * x + 0.05, 0.8 * y),
    "one by the other": lambda x, y: (0.9 * x + 0.05, 0.8 * y + 0.1 * x),
    "each by the other": lambda x, y: (0.9 * x + 0.1 * y * y, 0.8 * y + 0.1 * x),
    "both from one": lambda x, y: (0.4, x - 0.5),
}


@pytest.mark.parametrize("way", WAYS)
def test_backward_induction_agrees_with_plain_recursion(way: str) -> None:
    calm_x, calm_y = WAYS[way]
    xs, ys = np.linspace(0, 1, 5), np.linspace(-1, 1, 6)
    p, w, c = 0.4, 1.2, 0.3
    after = [np.stack([[x * x - y, 2 * y] for x, y in itertools.product(xs, ys)]).reshape(5, 6, 2)]

    def stage(x: float, y: float, period: int, table: Any) -> Any:
        worth = RegularGridInterpolator((xs, ys), table)

        def go(pay: Any, nx: float, ny: float) -> Any:
            return np.array(pay) + np.array([0.9, 0.7]) * worth([[np.clip(nx, 0, 1), np.clip(ny, -1, 1)]])[0]

        chance = p * x + 0.1
        battle = chance * go([w, -1], x + 0.3, y) + (1 - chance) * go([-c, 0.6], x * 0.5, y - 0.3)
        yielded = go([w * x, -0.2 - y], x, y * 0.5 + 0.2)
        press = battle if battle[1] >= yielded[1] else yielded
        calm = go([y * 0.2, 0.1 * period], *NEXT[way](x, y))
        moves = [press, calm] + ([np.array([0.5 * x, 0.4])] if x > 0.1 else [])
        return max(moves, key=lambda value: value[0])

    for period in (5, 4, 3, 2):
        table = np.array([[stage(x, y, period, after[-1]) for y in ys] for x in xs])
        after.append(table)
    expected = stage(0.33, -0.2, 1, after[-1])
    found = model_of(DUEL.format(calm_x=calm_x, calm_y=calm_y)).solve({})
    assert found.status == ["solved"]
    assert [found.value["a"][0], found.value["b"][0]] == pytest.approx(expected, abs=1e-12)


# --- both at once -------------------------------------------------------------------------------------------

FRONT = """
raison: 1
title: A contest over a front, both moving at once
players: {{a: A, b: B}}
parameters: {{prize: 1.3}}
rounds:
  horizon: {horizon}
  discount: 0.8
  state: {{front: {{start: 1, values: [0, 1, 2]}}}}
game:
  first: {{player: a, moves: {{left: second, right: second}}}}
  second: {{player: b, hidden: [first], moves: {{left: met, right: met}}}}
  met:
    cases: {{holds: {{probability: 0.25, then: stays}}, moves: {{probability: otherwise, then: moved}}}}
functions:
  mismatch(met_right, front): 2 - front if met_right else -prize
  paid(met_left, met_right, front): "prize * (front + 0.5) if met_left else mismatch(met_right, front)"
outcomes:
  stays:
    a: "paid(first == 'left' and second == 'left', first == 'right' and second == 'right', front)"
    b: "-paid(first == 'left' and second == 'left', first == 'right' and second == 'right', front)"
  moved:
    a: "paid(first == 'left' and second == 'left', first == 'right' and second == 'right', front)"
    b: "-paid(first == 'left' and second == 'left', first == 'right' and second == 'right', front)"
    next: {{front: "min(front + 1, 2) if first == second else max(front - 1, 0)"}}
"""


def front_tables() -> tuple[Any, Any]:
    """Payoffs of A `[state, 2, 2]`, and transitions `[state, 2, 2, state]`."""
    paid, moved = np.zeros((3, 2, 2)), np.zeros((3, 2, 2, 3))
    for s, i, j in itertools.product(range(3), range(2), range(2)):
        paid[s, i, j] = 1.3 * (s + 0.5) if i == j == 0 else (2 - s if i == j == 1 else -1.3)
        moved[s, i, j, s] += 0.25
        moved[s, i, j, min(s + 1, 2) if i == j else max(s - 1, 0)] += 0.75
    return paid, moved


def zero_sum_value(game: Any) -> float:
    """Of a 2 by 2 zero-sum game (von Neumann and Morgenstern 1944, section 18)."""
    low, high = game.min(axis=1).max(), game.max(axis=0).min()
    if low >= high:
        return float(low)
    (a, b), (c, d) = game
    return float((a * d - b * c) / (a + d - b - c))


@cache
def shapley(periods: int) -> tuple[float, ...]:
    """Values of the states with so many periods to go (Shapley 1953)."""
    if periods == 0:
        return (0.0, 0.0, 0.0)
    paid, moved = front_tables()
    after = np.array(shapley(periods - 1))
    return tuple(zero_sum_value(paid[s] + 0.8 * moved[s] @ after) for s in range(3))


@pytest.mark.slow
def test_moves_at_once_are_solved_as_by_shapley_in_every_period() -> None:
    found = model_of(FRONT.format(horizon=4)).solve({})
    assert found.status == ["solved"]
    assert found.value["a"][0] == pytest.approx(shapley(4)[1], abs=1e-6)  # limits are known to a small regret
    assert found.value["b"][0] == pytest.approx(-shapley(4)[1], abs=1e-6)


@pytest.mark.slow
def test_a_stationary_game_of_moves_at_once_is_solved_as_by_sgamesolver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(np, "NaN", np.nan, raising=False)  # the peer was written for NumPy 1
    sgamesolver = pytest.importorskip("sgamesolver")
    paid, moved = front_tables()
    payoffs, transitions = [], []
    for s in range(3):
        payoffs.append(np.stack([paid[s], -paid[s]]))
        transitions.append(moved[s])
    game = sgamesolver.SGame(payoff_matrices=payoffs, transition_matrices=transitions, discount_factors=0.8)
    homotopy = sgamesolver.homotopy.QRE(game)
    homotopy.solver_setup()
    homotopy.solver.verbose = 0
    homotopy.solve()
    theirs = homotopy.equilibrium.values[:, 0]
    found = model_of(FRONT.format(horizon="stationary")).solve({})
    assert found.status == ["solved"]
    assert found.value["a"][0] == pytest.approx(theirs[1], abs=1e-4)  # their path stops near the limit
    assert found.value["a"][0] == pytest.approx(shapley(200)[1], abs=1e-6)
