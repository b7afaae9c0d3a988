"""Where a number is reacted to by jumps, chance is cut into cells; elsewhere into Gauss points."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import raison

MODEL = """
raison: 1
title: Sow before the weather is known
players: {farmer: A farmer}
parameters: {theta: {value: "uniform(-1, 1)", because: [c]}}
game:
  go: {player: farmer, moves: {sow: sky, wait: kept}}
  sky: {chance: "normal(theta, 1)", steps: 101, then: end}
outcomes:
  end: {farmer: PAYOFF}
  kept: {farmer: -10}
questions: [{node: go, move: sow}]
claims: {c: {says: x, source: s}}
sources: {s: {title: S}}
"""


def value(payoff: str, folder: Path) -> float:
    path = folder / "weather.yaml"
    path.write_text(MODEL.replace("PAYOFF", payoff), encoding="utf-8")
    return float(raison.load(path).solve({"theta": 0.25}).value["farmer"][0])


@pytest.mark.parametrize(
    ("payoff", "exact"),
    [
        ("1 if sky > 0 else 0", 0.5 * (1 + math.erf(0.25 / math.sqrt(2)))),
        ("1 * (sky > 0)", 0.5 * (1 + math.erf(0.25 / math.sqrt(2)))),
    ],
    ids=["if", "comparison"],
)
def test_a_jump_is_met_to_a_cell(payoff: str, exact: float, tmp_path: Path) -> None:
    assert value(payoff, tmp_path) == pytest.approx(exact, abs=1 / 101)


def test_a_smooth_payoff_is_met_to_rounding(tmp_path: Path) -> None:
    # the mean of exp(x) under a normal; Gauss-Hermite is exact to rounding here, cells of 1/101 are not
    assert value("exp(sky)", tmp_path) == pytest.approx(math.exp(0.25 + 0.5), rel=1e-12)


def test_points_beyond_memory_are_solved_in_blocks_and_larger_games_refused(tmp_path: Path) -> None:
    from raison.solve import points

    path = tmp_path / "weather.yaml"
    path.write_text(MODEL.replace("PAYOFF", "exp(sky)"), encoding="utf-8")
    theta = np.linspace(-1, 1, 37)
    whole = np.asarray(raison.load(path).solve({"theta": theta}).value["farmer"])
    before, points._CELLS = points._CELLS, 1_000
    try:
        parts = np.asarray(raison.load(path).solve({"theta": theta}).value["farmer"])
    finally:
        points._CELLS = before
    np.testing.assert_allclose(parts, whole, rtol=1e-14)
    path.write_text(MODEL.replace("PAYOFF", "exp(sky)").replace("101", "100000000"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"100,?000|steps"):
        raison.load(path).solve({})
