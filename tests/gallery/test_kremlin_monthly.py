"""The flagship month by month: a second implementation, and what time changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import raison

GRID = np.linspace(-3, 2, 26)
MONTHS, LONGEST = 24, 7
# Worths are below 3 and each is a few hundred sums and products over the months.
ROUNDING = 1e-10


pytestmark = pytest.mark.slow


@cache
def monthly() -> raison.Model:
    return raison.gallery("kremlin-2022-monthly")


def by_hand(p: Mapping[str, float]) -> tuple[str, dict[str, float], float]:
    """The game without help from those called up, in NumPy: first move, what each is worth, and his worth.

    Backward over the months, at every face of the grid and month since the call-up, linear between the faces.
    """
    hazard = lambda f: np.minimum(1, np.exp(p["face.base"] - p["face.weight"] * f))

    def falls(f: Any, called: float) -> Any:
        weight = p["street.pool"] * (1 - p["street.drain"] * called)
        weight += called * (p["street.unrest"] + p["street.idle_unrest"] * p["idle"])
        revolt = p["street.crisis"] * ndtr((weight - p["street.strength"]) / p["street.doubt"])
        return 1 - (1 - hazard(f)) * (1 - np.minimum(1, 24 * hazard(f)) * revolt / 24)

    front = p["p_front_now"] ** (1 / 12)
    lost, identity = abs(p["lost_draw"]), abs(p["identity_draw"])
    kappa, share = p["face.forgetting"], min(1.0, p["call_up.called"] / p["pool_of_men"])
    fade = np.exp(-kappa)
    drained = -abs(p["flow_draw"]) / 24 * (1 - fade) / kappa
    carried, delta, theta = 1 - abs(1 - p["carried_draw"]), p["delta"], p["theta"]
    answer = p["answer_gain"] - p["answer_cost"] - abs(p["shame_draw"]) - p["harm"]

    def month(
        f: float, since: int, left: int, later: Any, strong_later: Any
    ) -> tuple[str, dict[str, float], float]:
        def peace(x: float) -> float:
            rate = delta * (1 - falls(x, 0))
            return float((1 - rate**left) / (1 - rate) / 24)

        def worth(x: float, when: int, worths: Any) -> float:
            return float(delta * np.interp(x, GRID, worths[when])) if left > 1 else 0.0

        def fight(when: int, called: float, cost: float) -> tuple[float, float]:
            gone = falls(f, called)
            after = np.clip(f * fade + drained - cost, GRID[0], GRID[-1])
            stays = front * (1 - gone)
            broken = peace(f - p["defeat"] - identity / 2) - theta
            own = stays * (1 / 24 + worth(after, when, later)) + (1 - front) * broken
            return own, stays * worth(after, when, strong_later)

        hit = lambda x: (
            p["framing"] * peace(x + p["rally_size"]) + (1 - p["framing"]) * peace(x - p["humiliation"])
        )
        struck = carried * f - p["alarm"]
        yields = hit(struck - p["defeat"] + identity / 2 + abs(p["standing_draw"])) * (
            1 + abs(p["round_draw"])
        )
        yields -= theta * (1 + p["isolation"] + p["blow_damage"])
        stood = hit(struck + abs(p["standing_draw"]) + abs(p["triumph_draw"]))
        stood -= theta * (p["isolation"] + 2 * p["blow_damage"])
        ended = p["end_gain"] - p["end_cost"] + p["rho"] - p["harm"]
        presses = (1 - p["ruin_risk"]) * stood - p["ruin_risk"] * p["ruin_cost"]
        risk = p["ruin_risk"] if presses > yields else 0.0
        calm = (max(yields, presses), risk * ended + (1 - risk) * answer)
        limited = [
            p["slide"] * e + (1 - p["slide"]) * c for e, c in zip((-p["ruin_cost"], ended), calm, strict=True)
        ]
        on = min(since + 1, LONGEST) if since else 0
        after = np.clip(f * fade + drained - p["alarm"], GRID[0], GRID[-1])
        none = (
            1 / 24 - theta * p["isolation"] + worth(after, on, later),
            -p["harm"] + worth(after, on, strong_later),
        )
        strike = none if none[1] >= limited[1] else limited
        moves = {"fight on": fight(on, share if since else 0, 0)}
        if not since:
            moves["mobilise"] = fight(1, share, p["call_alarm"])
        moves["withdraw"] = (peace(f - p["defeat"] - identity / 2 - p["by_choice"]) - theta, 0.0)
        moves["strike"] = (strike[0], strike[1])
        best = max(moves, key=lambda move: moves[move][0])
        return best, {move: pair[0] for move, pair in moves.items()}, moves[best][1]

    later = strong_later = np.zeros((LONGEST + 1, len(GRID)))
    for left in range(1, MONTHS):
        found = [[month(f, since, left, later, strong_later) for f in GRID] for since in range(LONGEST + 1)]
        later = np.array([[max(values.values()) for _, values, _ in row] for row in found])
        strong_later = np.array([[other for _, _, other in row] for row in found])
    return month(-lost, 0, MONTHS, later, strong_later)


def drawn(count: int) -> list[dict[str, float]]:
    """Points of the file's own distributions, without relief, so that nothing hangs on the pipeline."""
    generator = np.random.default_rng(8)
    uniform = lambda low, high: generator.uniform(low, high, count)
    ranges = {
        "theta": (0, 0.2),
        "ruin_cost": (0, 6),
        "face.base": (-5.6, -4.4),
        "face.weight": (1, 3),
        "face.forgetting": (0.02, 0.2),
        "lost_draw": (-0.75, 0.75),
        "flow_draw": (-0.8, 0.8),
        "carried_draw": (0.1, 1.9),
        "defeat": (0, 0.7),
        "by_choice": (-0.4, 0.4),
        "identity_draw": (-0.75, 0.75),
        "standing_draw": (-0.75, 0.75),
        "triumph_draw": (-0.75, 0.75),
        "rally_size": (0, 0.75),
        "humiliation": (0, 0.75),
        "framing": (0, 1),
        "alarm": (-0.4, 0.8),
        "p_front_now": (0.1, 0.9),
        "pool_of_men": (4e5, 2e6),
        "call_alarm": (-0.2, 0.2),
        "slide": (0, 0.4),
        "ruin_risk": (0, 1),
        "round_draw": (-1, 1),
        "isolation": (0, 1),
        "blow_damage": (0, 2),
        "answer_gain": (0, 2),
        "answer_cost": (0, 2),
        "end_gain": (0, 4),
        "end_cost": (0.5, 10),
        "rho": (-1, 2),
        "shame_draw": (-1, 1),
        "harm": (0, 2),
        "street.crisis": (0.02, 0.5),
        "street.pool": (0.2, 1.5),
        "street.drain": (0, 1),
        "street.unrest": (0, 1),
        "street.idle_unrest": (0, 2),
        "street.strength": (0, 2),
        "street.doubt": (0.2, 1),
        "call_up.called": (5e4, 5e5),
    }
    columns = {name: uniform(*ends) for name, ends in ranges.items()}
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(count)]


def test_a_second_implementation_finds_the_same_first_move_and_worth() -> None:
    points = drawn(12)
    solution = monthly().solve({"relief": 0, **{name: [p[name] for p in points] for name in points[0]}})
    moves: set[str] = set()
    for row, point in enumerate(points):
        idle = float(solution.quantity["idle"][row])
        best, values, _ = by_hand({**point, "idle": idle, "delta": 0.99})
        ordered = sorted(values.values())
        assert solution.value["leader"][row] == pytest.approx(ordered[-1], abs=ROUNDING), point
        if ordered[-1] - ordered[-2] > 1e-8:
            assert solution.choice["opening"][row] == best
        moves.add(best)
    assert len(moves) >= 3


def test_relief_of_the_front_makes_calling_up_worth_more_and_never_less() -> None:
    relief = np.linspace(0, 1, 6)
    point = {"need": 1e5, "call_up.called": 3e5, "call_alarm": 0, "p_front_now": 0.3}
    worth = monthly().solve({**point, "relief": relief}).value["leader"]
    assert np.all(np.diff(worth) >= -ROUNDING)
    assert worth[-1] > worth[0] + 0.001


def test_a_front_that_cannot_break_and_a_face_that_nothing_moves_leave_nothing_to_strike_for() -> None:
    """Nothing is to be gained by a blow where nothing is lost by waiting."""
    quiet = dict.fromkeys(("lost_draw", "flow_draw", "identity_draw", "standing_draw", "triumph_draw"), 0)
    point = {**quiet, "p_front_now": 1, "round_draw": 0, "rally_size": 0, "alarm": 0.1, "defeat": 0.3}
    solution = monthly().solve({**point, "answer_gain": [0, 2], "answer_cost": [2, 0]})
    assert list(solution.choice["opening"]) == ["fight on", "fight on"]
