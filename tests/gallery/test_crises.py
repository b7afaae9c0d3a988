"""Crises with private resolve, in which beliefs depend on what is done, against their closed forms."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "hidden-vectors.json").read_text(encoding="utf-8")
)["C3_crisis_audience_opposition"]
NAMES = {"p": "p_win", "a": "audience_cost", "kA": "largest_k_challenger", "kB": "largest_k_defender"}


def points(cases: list[dict[str, Any]]) -> dict[str, list[float]]:
    return {ours: [case["params"][name] for case in cases] for name, ours in NAMES.items()}


def with_steps(name: str, steps: int) -> Any:
    record = raison.gallery(name).record
    parameters = {
        key: replace(parameter, steps=steps) if parameter.is_private else parameter
        for key, parameter in record.parameters.items()
    }
    return raison.Model.of(replace(record, parameters=parameters))


@pytest.mark.slow
def test_a_crisis_with_private_resolve_has_the_closed_form_of_the_continuum() -> None:
    """After Fearon (1994): pooling is not among the vectors; semi-separating twice, no bluff twice."""
    model = raison.gallery("crisis-private-resolve")
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


def closed_form(p: Any, a: Any, k_a: Any, k_b: Any, exposed: Any = 0.0) -> Any:
    """Probability of war in the continuum; after Fearon (1994), and Schultz (1998), stylised."""
    genuine = np.minimum(1, (p + a) / k_a)
    indifferent = np.clip((1 - exposed * (1 + a)) / ((1 - exposed) * (1 + a)), 0, 1)  # keeps a bluffer so

    def resist(belief: Any) -> Any:
        return np.clip((1 / belief - p) / k_b, 0, 1)

    # everybody would bluff where the defender, who faces all of them, still gives in often enough
    silent = genuine + (1 - genuine) * (1 - exposed)
    pooling = resist(genuine / silent) <= indifferent
    mixed = ~pooling & (resist(1.0) < indifferent)
    alone = resist(1.0)  # nobody bluffs: who challenges fights
    cut = np.minimum(1, (p + np.minimum(a, (1 - alone) / alone)) / k_a)
    return np.where(
        pooling, genuine * resist(genuine / silent), np.where(mixed, genuine * indifferent, cut * alone)
    )


@pytest.mark.minutes
@pytest.mark.parametrize("name", ["crisis-private-resolve", "crisis-with-opposition"])
def test_the_crisis_converges_at_first_order(name: str) -> None:
    """Each threshold lies anywhere in its cell, so the mean error falls as the cells do, not faster."""
    rng, count = np.random.default_rng(5), 300
    p, a = rng.uniform(0.2, 0.8, count), rng.uniform(0.1, 0.6, count)
    k_a, k_b = rng.uniform(1.5, 3, count), rng.uniform(1, 3, count)
    given = {"p_win": p, "audience_cost": a, "largest_k_challenger": k_a, "largest_k_defender": k_b}
    exposed: Any = 0.0
    if name == "crisis-with-opposition":
        exposed = given["exposure"] = rng.uniform(0, 0.4, count)
    exact = closed_form(p, a, k_a, k_b, exposed)
    errors = []
    for steps in (8, 16, 32):
        found = with_steps(name, steps).solve(given)
        solved = np.array([status == "solved" for status in found.status])
        assert solved.mean() > 0.99
        error = np.abs(np.asarray(found.outcome["war"]) - exact)[solved]
        assert error.max() < 2 / steps
        errors.append(error.mean())
    # means over 300 points of distances to a threshold, as good as random in their cells
    for coarse, fine in pairwise(errors):
        assert coarse / fine == pytest.approx(2, abs=0.5)


@pytest.mark.slow
def test_an_opposition_that_exposes_bluffs_lets_the_defender_resist_less() -> None:
    """After Schultz (1998), stylised: [1 - d(1 + a)] / [(1 - d)(1 + a)] where bluffs are mixed."""
    model = raison.gallery("crisis-with-opposition")
    names = set(model.record.parameters)
    exposed = next(name for name in names if "expos" in name or name in ("delta", "opposition"))
    given = {"p_win": 0.4, "audience_cost": 0.3, "largest_k_challenger": 2.0, "largest_k_defender": 2.0}
    found = model.solve({**{k: v for k, v in given.items() if k in names}, exposed: 0.2})
    assert set(found.status) == {"solved"}
    expected = (1 - 0.2 * 1.3) / (0.8 * 1.3)
    np.testing.assert_allclose(found.probability["reply"]["resist"], [expected], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["crisis-private-resolve"])
def test_removing_the_privacy_makes_a_game_of_perfect_information(name: str) -> None:
    run = raison.gallery(name).run(draws=64, removals=[["resolve-is-private"]])
    assert run.record.removals[0].changes[0].value is not None
