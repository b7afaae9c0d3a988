"""Crises with private resolve, in which beliefs depend on what is done, against their closed forms.

The files in `crises/` are in the gallery's manner. They are not in the gallery, because a run follows the
logit branch in each of its draws, a few hundred a second, and compiles for a quarter of a minute.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "hidden-vectors.json").read_text(encoding="utf-8")
)["C3_crisis_audience_opposition"]
NAMES = {"p": "p_win", "a": "audience_cost", "kA": "largest_k_challenger", "kB": "largest_k_defender"}


def load(name: str) -> Any:
    return raison.load(Path(__file__).parent / "crises" / f"{name}.yaml")


def points(cases: list[dict[str, Any]]) -> dict[str, list[float]]:
    return {ours: [case["params"][name] for case in cases] for name, ours in NAMES.items()}


def with_steps(name: str, steps: int) -> Any:
    record = load(name).record
    parameters = {
        key: replace(parameter, steps=steps) if parameter.is_private else parameter
        for key, parameter in record.parameters.items()
    }
    return raison.Model.of(replace(record, parameters=parameters))


def test_a_crisis_with_private_resolve_has_the_closed_form_of_the_continuum() -> None:
    """After Fearon (1994): pooling is not among the vectors; semi-separating twice, no bluff twice."""
    model = load("crisis-private-resolve")
    steps = next(p.steps for p in model.record.parameters.values() if p.is_private)
    assert steps is not None
    found = model.solve(points(VECTORS))
    assert set(found.status) == {"solved"}
    results = {name: np.array([case["result"][name] for case in VECTORS]) for name in VECTORS[0]["result"]}
    resist = np.asarray(found.probability["reply"]["resist"])
    cell = 1 / steps  # of the types' probability: the continuum's thresholds run through one cell each
    np.testing.assert_allclose(found.outcome["war"], results["p_war"], rtol=0, atol=cell)
    np.testing.assert_allclose(found.outcome["conceded"], results["p_concede"], rtol=0, atol=cell)
    np.testing.assert_allclose(resist, results["resist"], rtol=0, atol=cell)
    mixes = np.array([case["result"]["region"] == "semi" for case in VECTORS])
    # where bluffs are mixed, the defender keeps the bluffer indifferent, whatever the cells are
    np.testing.assert_allclose(resist[mixes], 1 / 1.3, rtol=0, atol=1e-6)
    assert found.largest_gain().max() < 1e-9


def test_the_crisis_converges_at_first_order() -> None:
    """Each threshold lies anywhere in its cell, so the error falls as the cells do, not faster."""
    errors = []
    case = {"p_win": 0.4, "audience_cost": 0.3, "largest_k_challenger": 2.0, "largest_k_defender": 2.0}
    for steps in (8, 64):
        found = with_steps("crisis-private-resolve", steps).solve(case)
        errors.append(abs(float(found.outcome["war"][0]) - 0.26923076923076916))
    # 8 times as many cells: an error at most a quarter of that allowed by half a cell of 8
    assert errors[0] < 1 / 8
    assert errors[1] < 1 / 64


def test_an_opposition_that_exposes_bluffs_lets_the_defender_resist_less() -> None:
    """After Schultz (1998), stylised: [1 - d(1 + a)] / [(1 - d)(1 + a)] where bluffs are mixed."""
    model = load("crisis-with-opposition")
    names = set(model.record.parameters)
    exposed = next(name for name in names if "expos" in name or name in ("delta", "opposition"))
    given = {"p_win": 0.4, "audience_cost": 0.3, "largest_k_challenger": 2.0, "largest_k_defender": 2.0}
    found = model.solve({**{k: v for k, v in given.items() if k in names}, exposed: 0.2})
    assert set(found.status) == {"solved"}
    expected = (1 - 0.2 * 1.3) / (0.8 * 1.3)
    np.testing.assert_allclose(found.probability["reply"]["resist"], [expected], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["crisis-private-resolve"])
def test_removing_the_privacy_makes_a_game_of_perfect_information(name: str) -> None:
    run = load(name).run(draws=64, removals=[["resolve-is-private"]])
    assert run.record.removals[0].changes[0].value is not None
