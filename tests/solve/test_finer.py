"""Amounts between the steps: closed forms of the continuum, orders of convergence, kinks, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import beta

import raison
from raison.program.form import Place
from raison.solve.finer import best_amount, shared_cells

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "gallery" / "hidden-vectors.json").read_text(encoding="utf-8")
)
EXACT = (
    1e-9  # payoffs are straight in the types and a parabola in the demand: rounding over a second difference
)

OFFER = """
raison: 1
title: How much to ask for
players: {proposer: Who asks, responder: Who answers}
parameters:
  p_win: 0.3
  cost: {value: "%s", known_to: %s, steps: %d}
game:
  demand: {player: proposer, moves: {ask: {range: [0, 1], steps: %d, then: reply}}}
  reply: {player: responder, moves: {accept: settled, fight: war}}
outcomes:
  settled: {proposer: demand, responder: 1 - demand}
  war: {proposer: p_win - 0.1, responder: 1 - p_win - cost}
questions:
  - {name: war, event: outcome == 'war'}
  - {name: the demand, amount: demand}
solution: {concept: sequential, amounts: %s}
"""


def offer(tmp_path: Path, cost: str, known_to: str, cells: int, steps: int, amounts: str) -> raison.Model:
    path = tmp_path / "offer.yaml"
    path.write_text(OFFER % (cost, known_to, cells, steps, amounts), encoding="utf-8")
    return raison.load(path)


def refined(name: str, point: dict[str, float]) -> raison.Solution:
    return raison.gallery(name).solved_by(amounts="refined").solve(point)


@pytest.mark.parametrize("case", VECTORS["C1_fearon95_tili"], ids=lambda case: str(case["params"]))
def test_a_demand_under_private_cost_is_that_of_the_continuum(case: dict[str, Any]) -> None:
    """Fearon (1995); on the steps alone the risk of war misses by up to a sixty-fourth."""
    inputs, result = case["params"], case["result"]
    point = {"p_win": inputs["p"], "c_proposer": inputs["cA"], "largest_cost": inputs["cB_hi"]}
    found = refined("take-it-or-leave-it", point)
    assert float(found.outcome["war"][0]) == pytest.approx(result["pwar"], abs=EXACT)
    assert float(found.value["proposer"][0]) == pytest.approx(result["EA"], abs=EXACT)
    # whoever counts a shared cell as its median sees a part of it forgo what the median gains
    assert found.largest_gain().max() < 0.25 / 64**2


@pytest.mark.parametrize("case", VECTORS["C9_leader_fate_scaling"], ids=lambda case: str(case["params"]))
def test_a_leaders_demand_is_that_of_the_continuum(case: dict[str, Any]) -> None:
    """Debs and Goemans (2010), stylised, with the slopes of no stakes."""
    inputs, result = case["params"], case["result"]
    point = {"p_win": inputs["p"], "c_leader": inputs["cA"], "largest_cost": inputs["cBbar"]}
    point |= dict.fromkeys(("slope_leader", "slope_rival", "office", "punishment"), 0.0)
    assert float(refined("leaders-fate", point).outcome["war"][0]) == pytest.approx(result["pwar"], abs=EXACT)


@pytest.mark.parametrize("breakdown", [0.0, 0.25, 0.5])
def test_an_offer_to_an_unknown_floor_is_that_of_the_continuum(breakdown: float) -> None:
    """Iida (1993): it fails with probability (1 + d) / 2."""
    found = refined("private-floor", {"breakdown_value": breakdown})
    assert float(found.outcome["broken_down"][0]) == pytest.approx((1 + breakdown) / 2, abs=EXACT)


def test_the_order_is_3_where_steps_alone_have_1(tmp_path: Path) -> None:
    """A cost that is not uniform: the share that fights is no straight line, and the payoff no parabola."""
    cost = beta(2, 2)
    rising = lambda x: cost.sf(x - 0.3) - (x - 0.2) * cost.pdf(x - 0.3)
    best = brentq(rising, 0.4, 0.8, xtol=1e-15)
    war, worth = cost.cdf(best - 0.3), best * cost.sf(best - 0.3) + 0.2 * cost.cdf(best - 0.3)
    errors: list[tuple[float, float]] = []
    for cells in (16, 64):
        found = offer(tmp_path, "beta(2, 2)", "[responder]", cells, cells + 1, "refined").solve({})
        errors.append((abs(found.outcome["war"][0] - war), abs(found.value["proposer"][0] - worth)))
        assert found.largest_gain().max() < 0.04 / cells**2  # measured 1.3e-4 and 7.3e-6
    # measured 1.0e-4 and 2.4e-6 (on the steps alone 1.0e-2 and 5.5e-3), in value 6.5e-6 and 1.1e-8
    assert errors[0][0] < 2e-4
    assert errors[0][0] / errors[1][0] > 4**2.5
    assert errors[0][1] / errors[1][1] > 4**3.5


@pytest.mark.parametrize("steps", [9, 33])
def test_at_a_cliff_the_demand_is_short_of_it_by_a_step_of_the_finer_grid(steps: int, tmp_path: Path) -> None:
    """A cost that everybody knows, of three values: whoever asks for a little more than it gets war."""
    model = offer(tmp_path, "choice(0.123, 1, 0.234, 2, 0.345, 1)", "all", 3, steps, "refined")
    for cost in (0.123, 0.234, 0.345):
        found = model.solve({"cost": cost})
        asked = float(found.value["proposer"][0])
        assert float(found.outcome["settled"][0]) == 1.0
        width = 2 / (steps - 1) ** 2
        assert 0.3 + cost - width <= asked <= 0.3 + cost + 1e-12


@given(
    share=st.floats(-0.3, 1.3),
    cells=st.sampled_from([2, 3, 8]),
    slope=st.sampled_from([-3.0, 0.1, 2.0]),
)
def test_a_straight_difference_is_shared_where_it_is_zero(share: float, cells: int, slope: float) -> None:
    """Types u in [0, 1] who gain `slope * (u - share)` by the second move."""
    types = ((np.arange(cells) + 0.5) / cells)[:, None]
    gain = slope * (types - share)
    place = Place("reply", 0, (0,), (), (0,), ("stay", "go"), (None, None))
    played = [np.where(gain > 0, 0.0, 1.0), np.where(gain > 0, 1.0, 0.0)]
    stay, go = shared_cells(place, frozenset({0}), [np.zeros_like(gain), gain], played)
    np.testing.assert_allclose(stay + go, 1.0, rtol=0, atol=1e-12)
    assert min(stay.min(), go.min()) >= -1e-12
    beyond = min(max(1 - share, 0.0), 1.0)
    # a rounding of the crossing, which a slope of 0.1 makes ten times as large
    assert go.mean() == pytest.approx(beyond if slope > 0 else 1 - beyond, abs=1e-9)


def test_values_of_a_choice_are_not_shared() -> None:
    gain = np.array([[-1.0], [1.0]])
    place = Place("reply", 0, (0,), (), (0,), ("stay", "go"), (None, None))
    played = [np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])]
    assert shared_cells(place, frozenset(), [0 * gain, gain], played) is played


def test_a_parabola_is_trusted_only_where_five_points_lie_near_one(tmp_path: Path) -> None:
    form = raison.gallery("take-it-or-leave-it").program.form
    assert form is not None
    own = next(k for k, axis in enumerate(form.axes) if axis.kind == "move")
    count = form.axes[own].steps
    grid = np.linspace(0, 1, count)
    wide = lambda row: np.expand_dims(row, tuple(k for k in range(form.rank) if k != own))
    smooth, cliff = -((grid - 0.503) ** 2), np.where(grid > 0.503, 0.0, grid)
    assert best_amount(form, wide(grid), wide(smooth), own).item() == pytest.approx(0.503, abs=1e-12)
    assert best_amount(form, wide(grid), wide(cliff), own).item() == grid[grid <= 0.503].max()


def test_where_somebody_learns_from_what_others_do_it_is_refused() -> None:
    model = raison.gallery("crisis-private-resolve").solved_by(amounts="refined")
    with pytest.raises(ValueError, match="nobody learns from what others do"):
        model.solve({})


def test_two_scales_are_refused(tmp_path: Path) -> None:
    text = (OFFER % ("uniform(0, 0.4)", "[responder]", 8, 9, "refined")).replace(
        "{accept: settled, fight: war}",
        "{accept: settled, fight: war, counter: {range: [0, 1], steps: 9, then: settled}}",
    )
    path = tmp_path / "two.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="one move on a scale"):
        raison.load(path).solve({})
