"""The stand-off with an opposition, where it reduces to the three-step crisis under complete information."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

import raison

COUNT = 60


def drawn() -> dict[str, Any]:
    """Random points of a crisis in which nothing changes from month to month."""
    random = np.random.default_rng(4)
    ranges = {
        "war.p_win": (0.2, 0.8), "war.cost": (0.1, 1), "their_cost": (0.1, 1), "war.office": (0, 3),
        "their_office": (0, 3), "retreat": (0.2, 1.5), "their_retreat": (0.2, 1.5), "triumph": (0, 1),
        "defeat": (0.5, 2), "burden": (0.001, 0.05), "home.patience": (-1, 1), "abroad.patience": (-1, 1),
        "home.noise": (0.5, 3), "abroad.noise": (0.5, 3), "home.spread": (0.5, 2), "abroad.spread": (0.5, 2),
        "home.gap": (-1, 1), "abroad.gap": (-1, 1),
    }  # fmt: skip
    points: dict[str, Any] = {name: random.uniform(*ends, size=COUNT) for name, ends in ranges.items()}
    still = ("slip", "growth", "home.drain", "abroad.drain", "home.forgetting", "shared", "public_spirit")
    return points | dict.fromkeys((*still, "home.start", "abroad.start"), 0.0)


def kept(points: dict[str, Any], audience: str, news: Any) -> Any:
    """C17: a leader of whom a public thinks the better by `news`."""
    tau, sigma = points[f"{audience}.spread"], points[f"{audience}.noise"]
    seen = np.sqrt(tau**2 + sigma**2)
    allowed = points[f"{audience}.patience"] + news
    return norm.cdf(allowed * seen / tau**2 + points[f"{audience}.gap"] / seen)


def test_without_time_it_is_the_three_step_crisis_under_complete_information() -> None:
    """C3 with known costs: a threat is made and believed where the one who makes it would rather fight than
    back down, and the other would rather give in than fight."""
    points = drawn()
    p, office, other = points["war.p_win"], points["war.office"], points["their_office"]
    home = {name: kept(points, "home", sign * points[name])
            for name, sign in (("triumph", 1), ("defeat", -1), ("retreat", -1))}  # fmt: skip
    abroad = {name: kept(points, "abroad", sign * points[name])
              for name, sign in (("triumph", 1), ("defeat", -1), ("their_retreat", -1))}  # fmt: skip
    fight = p - points["war.cost"] + office * (p * home["triumph"] + (1 - p) * home["defeat"])
    fought = 1 - p - points["their_cost"] + other * (p * abroad["defeat"] + (1 - p) * abroad["triumph"])
    committed = fight > office * home["retreat"]
    gives_in = other * abroad["their_retreat"] > fought - points["burden"]
    at_rest = office * kept(points, "home", 0)
    expected = np.where(
        committed & gives_in, "stand firm", np.where(fight > at_rest, "fight", "back down")
    )
    assert set(expected) == {"stand firm", "fight", "back down"}
    model = raison.gallery("standoff-with-opposition")
    solution = model.solve(points)
    assert solution.choice["month"] == expected.tolist()
    wins = 1 + office * home["triumph"]
    value = np.where(expected == "stand firm", wins, np.where(expected == "fight", fight, at_rest))
    assert np.abs(solution.value["government"] - value).max() < 1e-9  # exact on the grid, rounding
