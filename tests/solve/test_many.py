"""A continuum of players, each with a cost of his own: the share that deserts solves an equation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import raison

MODEL = """
raison: 1
title: How many desert, when each gains by the others
players: {elite: {name: The elite, many: true}}
parameters:
  strength: {value: "uniform(0, 0.4)", because: [c]}
  cost: {value: "uniform(0, 1)", known_to: [elite], steps: 256, because: [c]}
game:
  choice: {player: elite, moves: {defect: end, stay: end}}
outcomes:
  end: {elite: "0.5 * fraction(choice, 'defect') + strength - cost if choice == 'defect' else 0"}
questions:
  - {node: choice, move: defect}
claims: {c: {says: x, source: s}}
sources: {s: {title: S}}
"""


@pytest.fixture
def model(tmp_path: Path) -> raison.Model:
    path = tmp_path / "many.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return raison.load(path)


def test_the_share_is_that_at_which_the_last_who_deserts_is_indifferent(model: raison.Model) -> None:
    """Who has a cost below f / 2 + strength deserts, so that f = f / 2 + strength."""
    strength = np.array([0.05, 0.2, 0.35])
    found = model.solve({"strength": strength})
    assert set(found.status) == {"solved"}
    np.testing.assert_allclose(found.probability["choice"]["defect"], 2 * strength, atol=2 / 256)  # cells


def test_a_run_solves_it_as_well(model: raison.Model) -> None:
    run = model.run(draws=64, seed=1)
    assert run.verdicts[0].failed == 0
    assert run.verdicts[0].share == pytest.approx(0.4, abs=0.05)  # the mean of twice the strength


def test_it_is_not_listed_or_written_as_a_game_of_single_players(model: raison.Model) -> None:
    solution = model.solve({"strength": 0.2})
    for ask in (solution.equilibria, lambda: solution.largest_gain()):
        with pytest.raises(ValueError, match="what a continuum of players does"):
            ask()
