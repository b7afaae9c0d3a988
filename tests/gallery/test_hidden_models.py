"""Gallery models in which something is hidden, or noisy, against closed forms of the continuum.

`hidden-vectors.json` holds inputs and results by family. Where the steps of a demand are the cells of the
type that answers it, as in these files, the probability that it is refused is exact at each demand. The best
of them is then half a step from that of the continuum, and as good up to the square of that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import raison
from raison.api import gallery_files

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "hidden-vectors.json").read_text(encoding="utf-8")
)


def cases(family: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[family], ids=lambda case: str(case["params"]))


def changed(name: str, folder: Path, texts: Mapping[str, str]) -> raison.Model:
    """A model of the gallery with some of its text exchanged."""
    text = gallery_files()[name].read_text(encoding="utf-8")
    for old, new in texts.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return raison.load(path)


def bargain(p: float, cost: float, largest: float) -> tuple[float, float, float]:
    """In the continuum: what is demanded, the probability of war, and what the proposer expects."""
    extra = min(max((largest - cost) / 2, 0.0), min(largest, 1 - p))
    war = extra / largest
    return p + extra, war, (1 - war) * (p + extra) + war * (p - cost)


@cases("C1_fearon95_tili")
def test_take_it_or_leave_it_under_private_cost(case: dict[str, Any]) -> None:
    """Fearon (1995)."""
    given, result = case["params"], case["result"]
    largest = given["cB_hi"]
    assert bargain(given["p"], given["cA"], largest) == pytest.approx(
        (result["x"], result["pwar"], result["EA"])
    )
    point = {"p_win": given["p"], "c_proposer": given["cA"], "largest_cost": largest}
    found = raison.gallery("take-it-or-leave-it").solve(point)
    # the demand is cut at the prize where the steps are then not the cells: a cell, and what it is worth
    cut = given["p"] + largest > 1
    assert float(found.outcome["war"][0]) == pytest.approx(result["pwar"], abs=1 / 64 if cut else 0.5 / 64)
    # else a parabola of curvature twice the largest cost in the probability of war, and half a cell of it
    lost = (largest + given["cA"]) / 128 if cut else largest / 128**2
    assert float(found.value["proposer"][0]) == pytest.approx(result["EA"], abs=lost + 1e-12)


def test_take_it_or_leave_it_converges_with_order_2(tmp_path: Path) -> None:
    """What the proposer expects; the demand itself, and with it the probability of war, with order 1."""
    rng = np.random.default_rng(2)
    p, cost, largest = rng.uniform(0.2, 0.4, 400), rng.uniform(0, 0.2, 400), rng.uniform(0.2, 0.6, 400)
    exact = np.array([bargain(*row) for row in zip(p, cost, largest, strict=True)])
    errors = []
    for cells in (16, 32, 64):
        texts = {"steps: 64": f"steps: {cells}", "steps: 65": f"steps: {cells + 1}"}
        found = changed("take-it-or-leave-it", tmp_path, texts).solve(
            {"p_win": p, "c_proposer": cost, "largest_cost": largest}
        )
        gaps = (
            np.asarray(found.value["proposer"]) - exact[:, 2],
            np.asarray(found.outcome["war"]) - exact[:, 1],
        )
        errors.append([np.abs(gap).mean() for gap in gaps])
        assert np.abs(gaps[1]).max() <= 0.5 / cells + 1e-12
    for coarse, fine in pairwise(errors):
        # means over 400 points, of distances to the next step that are as good as random
        assert coarse[0] / fine[0] == pytest.approx(4, abs=0.8)
        assert coarse[1] / fine[1] == pytest.approx(2, abs=0.3)


@cases("C9_leader_fate_scaling")
def test_a_leaders_fate_scales_the_costs_of_war(case: dict[str, Any]) -> None:
    """Debs and Goemans (2010), stylised; once as in the vector and once with stakes."""
    given, result = case["params"], case["result"]
    for slope_leader, slope_rival, office, punishment in ((0.0, 0.0, 0.0, 0.0), (0.5, 0.2, 0.6, 0.4)):
        stakes = [1 + slope * (office + punishment) for slope in (slope_leader, slope_rival)]
        own, other = given["cA"] / stakes[0], given["cBbar"] / stakes[1]
        war = max(0.0, (1 - own / other) / 2)
        if slope_leader == 0.0:
            assert [*stakes, war] == pytest.approx([result["kA"], result["kB"], result["pwar"]])
        point = {
            "p_win": given["p"],
            "c_leader": given["cA"],
            "largest_cost": given["cBbar"],
            "slope_leader": slope_leader,
            "slope_rival": slope_rival,
            "office": office,
            "punishment": punishment,
        }
        found = raison.gallery("leaders-fate").solve(point)
        assert float(found.outcome["war"][0]) == pytest.approx(war, abs=0.5 / 64 + 1e-12)  # half a cell


@pytest.mark.parametrize("breakdown", [0.0, 0.25, 0.5])
def test_an_unknown_floor_at_home(breakdown: float) -> None:
    """Iida (1993): the offer is half of what breakdown leaves, (1 - d) / 2."""
    vector = VECTORS["C6b_twolevel_uncertain_floor"][0]
    found = raison.gallery("private-floor").solve({"breakdown_value": breakdown})
    failed = float(found.outcome["broken_down"][0])
    assert failed == pytest.approx((1 + breakdown) / 2, abs=0.005 + 1e-12)  # half a cell of the floor
    if vector["params"]["dF"] == breakdown:
        assert failed == pytest.approx(vector["result"]["p_breakdown"], abs=0.005 + 1e-12)
    # in the continuum (1 - d)**2 / 4 above the breakdown value
    worth = breakdown + (1 - breakdown) ** 2 / 4
    assert float(found.value["foreign"][0]) == pytest.approx(
        worth, abs=0.005**2
    )  # half a step of the offer, squared


@cases("C13_global_game_elite_defection")
def test_an_elite_deserts_below_the_critical_signal(case: dict[str, Any]) -> None:
    """Morris and Shin (2003)."""
    cost, noise = case["params"]["c"], case["params"]["sigma"]
    model = raison.gallery("elite-defection")
    strength = np.array([0.3, 0.699, 0.701, 0.9])
    found = model.solve({"cost": cost, "noise": noise, "strength": strength})
    # the root is bracketed to 1e-14
    np.testing.assert_allclose(found.quantity["critical_strength"], case["result"]["theta_star"], rtol=1e-12)
    np.testing.assert_allclose(found.quantity["critical_signal"], case["result"]["x_star"], rtol=1e-12)
    deserters = norm.cdf((case["result"]["x_star"] - strength) / noise)
    np.testing.assert_allclose(found.quantity["deserters"], deserters, rtol=1e-12)
    assert (deserters >= strength).tolist() == [True, True, False, False]


@cases("C15_signorino_egame12")
def test_strategic_choice(case: dict[str, Any], tmp_path: Path) -> None:
    """Signorino (1999, 2003), both errors."""
    given, result = case["params"], case["result"]
    error = {"agent_probit": "agent", "private_probit": "private"}[given["kind"]]
    model = changed("strategic-choice", tmp_path, {"error: agent": f"error: {error}"})
    point = {
        "status_quo_value": given["u11"],
        "gain": given["u13"],
        "war_challenger": given["u14"],
        "war_defender": given["u24"],
    }
    found = model.solve(point)
    got = {"p_sq": "status_quo", "p_cap": "capitulation", "p_war": "war"}
    for name, outcome in got.items():
        # a few roundings of probabilities
        assert float(found.outcome[outcome][0]) == pytest.approx(result[name], rel=0, abs=1e-12)
