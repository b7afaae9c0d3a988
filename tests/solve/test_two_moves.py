"""Two players who decide once each: the closed form against the branch of logit equilibria."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text
from raison.solve.two_moves import equilibrium

GAME = """
raison: 1
title: Two moves each
players: {a: A, b: B}
parameters: {a11: 0, a12: 0, a21: 0, a22: 0, b11: 0, b12: 0, b21: 0, b22: 0}
ROUNDS
game:
  one: {player: a, moves: {up: two, down: two}}
  two: {player: b, hidden: [one], moves: {left: lot, right: lot}}
  lot: {cases: {same: {probability: 0.5, then: done}, less: {probability: otherwise, then: halved}}}
quantities:
  for_a: (a11 if two == 'left' else a12) if one == 'up' else (a21 if two == 'left' else a22)
  for_b: (b11 if two == 'left' else b12) if one == 'up' else (b21 if two == 'left' else b22)
outcomes:
  done: {a: for_a, b: for_b}
  halved: {a: 0.5 * for_a, b: 0.5 * for_b}
questions: [{node: one, move: up}]
"""
ROUNDS = "rounds: {horizon: 1, discount: 1, state: {still: {start: 0, values: [0, 1]}}}"
NAMES = ("a11", "a12", "a21", "a22", "b11", "b12", "b21", "b22")


def solved(rounds: str, points: dict[str, Any]) -> Any:
    reading = read_text(GAME.replace("ROUNDS", rounds), "moves")
    assert reading.model is not None, [problem.message for problem in reading.problems]
    solution = raison.api.Model(reading.model, reading.sha256).solve(points)
    assert set(solution.status) == {"solved"}
    return solution


def is_coordination(points: dict[str, Any]) -> Any:
    """Where both would rather do as the other does, so that there are three equilibria."""
    a = (points["a11"] - points["a21"], points["a12"] - points["a22"])
    b = (points["b11"] - points["b12"], points["b21"] - points["b22"])
    return (a[0] * a[1] < 0) & (b[0] * b[1] < 0) & (a[0] * b[0] > 0)


@pytest.mark.slow
def test_of_three_equilibria_the_branch_leads_to_the_one_that_is_said() -> None:
    random = np.random.default_rng(9)
    points = {name: random.uniform(-1, 1, 4_000) for name in NAMES}
    chosen = np.flatnonzero(is_coordination(points))[:256]
    points = {name: values[chosen] for name, values in points.items()}
    # what moving alone loses player 1 is small beside his range, so that he heeds the other late
    points["a11"][:64] = 0.02 * points["a11"][:64] + 0.98 * points["a21"][:64]
    points["a12"][:64] = 0.02 * points["a12"][:64] + 0.98 * points["a22"][:64]
    assert is_coordination(points).all()
    gains_a = (points["a11"] - points["a21"], points["a12"] - points["a22"])
    gains_b = (points["b11"] - points["b12"], points["b21"] - points["b22"])
    payoffs = lambda player: np.stack(
        [k * points[f"{player}{ij}"] for ij in (11, 12, 21, 22) for k in (0.5, 1)]
    )
    ranges = [0.75 / np.ptp(payoffs(player), axis=0) for player in "ab"]  # the lot leaves 3/4 of each
    (p, q), known = equilibrium(
        (gains_a[0] * ranges[0], gains_a[1] * ranges[0]), (gains_b[0] * ranges[1], gains_b[1] * ranges[1])
    )
    known, p, q = (np.asarray(x) for x in (known, p, q))
    assert known.all()
    found = solved("", points)
    np.testing.assert_allclose(found.probability["one"]["up"][known], p[known], atol=1e-5)
    np.testing.assert_allclose(found.probability["two"]["left"][known], q[known], atol=1e-5)
    same = gains_a[0] > 0  # player 1's first move goes with the first of player 2, else with his second
    with_first = np.abs(np.where(same, gains_a[0] * gains_b[0], gains_a[1] * gains_b[0]))
    with_second = np.abs(np.where(same, gains_a[1] * gains_b[1], gains_a[0] * gains_b[1]))
    first_dominates = with_first > with_second
    assert 0.8 < (first_dominates == (p > 0.5))[known].mean() < 1  # risk dominance is another rule


@pytest.mark.minutes
def test_what_is_unique_is_what_the_branch_leads_to_and_the_rest_follows_the_branch() -> None:
    random = np.random.default_rng(8)
    points = {name: random.uniform(-1, 1, 64) for name in NAMES}
    several = is_coordination(points)
    assert 3 < several.sum() < 32
    for chosen in (np.arange(64), np.flatnonzero(~several)):  # the second asks for no branch
        some = {name: values[chosen] for name, values in points.items()}
        once, again = solved("", some), solved(ROUNDS, some)
        for node in ("one", "two"):
            branch = {k: np.asarray(v) for k, v in once.probability[node].items()}
            for move, found in again.probability[node].items():
                assert np.abs(found - branch[move]).max() < 1e-5  # a limit is known to a small regret
        assert np.abs(again.value["a"] - once.value["a"]).max() < 1e-6
    mixed = np.asarray(again.probability["one"]["up"])
    assert ((mixed > 0.01) & (mixed < 0.99)).any()


@pytest.mark.minutes
def test_a_tie_is_left_to_the_branch() -> None:
    tie = dict(zip(NAMES, (1.0, 1.0, 1.0, 1.0, 0.3, 0.1, 0.2, 0.5), strict=True))
    once, again = solved("", tie), solved(ROUNDS, tie)
    assert np.allclose(once.probability["one"]["up"], again.probability["one"]["up"], atol=1e-12)
