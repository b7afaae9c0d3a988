"""Wars of attrition with private types, on grids, against their closed forms in the continuum."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import exp1

import raison
from raison.model.records import Decision

HERE = Path(__file__).parent
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (HERE / "hidden-vectors.json").read_text(encoding="utf-8")
)
ATTRITION, BRINKMANSHIP = "attrition-with-audience-costs", "brinkmanship-private"


def on_a_grid(name: str, steps: int, types: int) -> raison.Model:
    """A model with so many steps between the ends of its scales, and so many types."""
    record = raison.gallery(name).record
    parameters = {
        key: replace(parameter, steps=types) if parameter.is_private else parameter
        for key, parameter in record.parameters.items()
    }
    game: dict[str, Any] = {}
    for key, node in record.game.items():
        assert isinstance(node, Decision)
        moves = {
            label: replace(move, scale=replace(move.scale, steps=steps + 1))
            for label, move in node.moves.items()
            if move.scale is not None
        }
        game[key] = replace(node, moves=moves)
    return raison.Model.of(replace(record, parameters=parameters, game=game))


def masses(found: raison.Solution) -> list[np.ndarray]:
    """By side, with what probability it holds on to each step, `[steps, N]`; types are equally likely."""
    sides = ("hold_one", "hold_two")
    return [found.strategy(node)[0][1]["hold on"].mean(axis=0) for node in sides]


def war(found: raison.Solution) -> np.ndarray:
    one, two = masses(found)
    return one[-1] * two[-1]


def disaster(found: raison.Solution) -> np.ndarray:
    one, two = masses(found)
    chance = np.linspace(0.0, 1.0, len(one))
    return np.einsum("kb,lb,kl->b", one, two, np.minimum(chance[:, None], chance))


def closed_form_of_war(a1: float, a2: float, c1: float, c2: float, v: float = 1.0) -> float:
    """Fearon (1994): who backs down, with linear audience costs and uniform costs of war."""

    def last(own: float, other: float, largest: float) -> float:
        return (-own * v + np.sqrt((own * v) ** 2 + 4 * other * own * largest * v)) / (2 * other * own)

    time = min(last(a1, a2, c1), last(a2, a1, c2))
    return a1 * time / c1 * a2 * time / c2


def closed_form_of_disaster(largest: float) -> float:
    """After Nalebuff (1986), with private fears that are uniform."""
    return (1 - np.exp(1 / largest) * exp1(1 / largest) / largest) / largest


def best_on_a_grid(steps: int, largest: float) -> float:
    """The chance of disaster with steps and a continuum of types.

    A type x is indifferent between two steps if what is won, (S - S')(1 - q), is what is risked,
    x S' / steps; and S' = x / largest.
    """
    held, found = 1.0, 0.0
    for k in range(steps):
        left, slope = 1 - k / steps, largest / steps
        held = (-left + np.sqrt(left**2 + 4 * slope * left * held)) / (2 * slope)
        found += held**2 / steps
    return found


@pytest.mark.parametrize("largest", [0.5, 1.0, 3.0])
def test_the_chance_of_disaster_is_the_mean_over_pairs_of_types(largest: float) -> None:
    """A side holds on with probability 1 / (1 + largest h) to the cumulative hazard h."""
    by_hand = quad(lambda h: np.exp(-h) / (1 + largest * h) ** 2, 0, np.inf, epsabs=1e-12)[0]
    assert by_hand == pytest.approx(closed_form_of_disaster(largest), rel=1e-10)


@pytest.mark.slow
def test_brinkmanship_has_the_risk_of_the_continuum_to_a_hundredth() -> None:
    case = VECTORS["C8_brinkmanship_uniform_types"][0]
    given, expected = case["params"]["X"], case["result"]["p_disaster"]
    assert closed_form_of_disaster(given) == pytest.approx(expected, rel=1e-12)
    found = raison.gallery(BRINKMANSHIP).solve({"largest_fear": given})
    assert set(found.status) == {"solved"}
    assert found.largest_gain().max() < 1e-9
    # 0.0055 by the steps, and up to as much by the types (measured: 0.0034 in all)
    np.testing.assert_allclose(disaster(found), [expected], rtol=0, atol=0.01)


@pytest.mark.minutes
def test_brinkmanship_converges_at_first_order() -> None:
    """At the rate of the grid with a continuum of types, which goes to order 1."""
    exact = [closed_form_of_disaster(1.0) - best_on_a_grid(steps, 1.0) for steps in (64, 128, 256, 512)]
    for coarse, fine in pairwise(exact):
        assert coarse / fine == pytest.approx(2.0, abs=0.06)
    largest, errors = np.linspace(0.6, 2.4, 8), []
    for steps in (2, 4, 8):
        found = on_a_grid(BRINKMANSHIP, steps, 64).solve({"largest_fear": largest})
        solved = np.array([status == "solved" for status in found.status])
        assert solved.mean() >= 0.85  # the others are not settled, and count as failed
        on_the_grid = np.array([best_on_a_grid(steps, x) for x in largest])
        # 64 types are a continuum to about an eighth of a cell in the mean over the steps
        np.testing.assert_allclose(disaster(found)[solved], on_the_grid[solved], rtol=0, atol=0.002)
        exact_here = np.array([closed_form_of_disaster(x) for x in largest])
        errors.append(float(np.abs(disaster(found) - exact_here)[solved].mean()))
    for coarse, fine in pairwise(errors):
        # 2 in the limit, 1.6 and 1.7 on grids as coarse as these
        assert coarse / fine == pytest.approx(1.7, abs=0.35)


@pytest.mark.parametrize("case", VECTORS["C2_fearon94_attrition"], ids=lambda case: str(case["params"]))
def test_attrition_has_the_risk_of_war_of_the_continuum(case: dict[str, Any]) -> None:
    given, expected = case["params"], case["result"]["pwar"]
    values = (given["a1"], given["a2"], given["C1"], given["C2"])
    assert closed_form_of_war(*values) == pytest.approx(expected, rel=1e-12)
    names = ("a_one", "a_two", "largest_c_one", "largest_c_two")
    model = raison.gallery(ATTRITION)
    found = model.solve(dict(zip(names, values, strict=True)))
    assert set(found.status) == {"solved"}
    assert found.largest_gain().max() < 1e-9
    # half a cell of each side's types, in the probability that it fights (measured: 0.0076 and 0.0028)
    fights = case["result"]["fight1"] + case["result"]["fight2"]
    np.testing.assert_allclose(war(found), [expected], rtol=0, atol=fights / 32)


@pytest.mark.minutes
def test_attrition_converges_at_first_order() -> None:
    """Steps and types refined together, at 24 points: thresholds lie anywhere in their cells."""
    rng = np.random.default_rng(1)
    a1, a2 = rng.uniform(0.5, 1.5, 24), rng.uniform(0.25, 1.0, 24)
    c1, c2 = rng.uniform(2.0, 4.0, 24), rng.uniform(2.0, 4.0, 24)
    exact = np.array([closed_form_of_war(*point) for point in zip(a1, a2, c1, c2, strict=True)])
    point = {"a_one": a1, "a_two": a2, "largest_c_one": c1, "largest_c_two": c2}
    errors = []
    for steps in (2, 4, 8):
        found = on_a_grid(ATTRITION, steps, 4 * steps).solve(point)
        solved = np.array([status == "solved" for status in found.status])
        assert solved.mean() >= 0.85  # the others are not settled, and count as failed
        errors.append(float(np.sqrt(np.mean((war(found) - exact)[solved] ** 2))))
    # a factor of 4 over two halvings; each error is as good as random within its cell, so half of it counts
    # (measured: 0.026, 0.0083, 0.0076)
    assert errors[0] / errors[2] > 2.0
    assert errors[2] < 0.02
