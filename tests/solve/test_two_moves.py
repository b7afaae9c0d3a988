"""Two players who decide once each: the closed form against the branch of logit equilibria."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text

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


@pytest.mark.slow
def test_a_tie_is_left_to_the_branch() -> None:
    tie = dict(zip(NAMES, (1.0, 1.0, 1.0, 1.0, 0.3, 0.1, 0.2, 0.5), strict=True))
    once, again = solved("", tie), solved(ROUNDS, tie)
    assert np.allclose(once.probability["one"]["up"], again.probability["one"]["up"], atol=1e-12)
