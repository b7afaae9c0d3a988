"""The three-step crisis with known types against its solution on paper, over 100,000 random points.

A challenges or stays; B resists or concedes; A fights or backs down. War gives A `p - k_A` and B
`1 - p - k_B`, backing down `(-a, 1)`, a concession `(1, 0)`, the status quo `(0, 1)`. From the last step:

* A fights iff `p - k_A > -a`.
* B resists iff A would back down, or `1 - p - k_B > 0`.
* A challenges iff B would concede, or A would fight and `p - k_A > 0`; to challenge and back down costs `a`.

The payoffs follow Fearon, "Domestic Political Audiences and the Escalation of International Disputes",
American Political Science Review 88(3), 1994, 577-592; that both sides know the costs of war is this model's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison

POINTS = 100_000


@pytest.fixture(scope="module")
def point() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1994)
    return {
        "p_win": rng.uniform(0, 1, POINTS),
        "audience_cost": rng.uniform(0, 1, POINTS),
        "k_challenger": rng.uniform(0, 2, POINTS),  # wider than the file's, so that every branch occurs often
        "k_defender": rng.uniform(0, 1.5, POINTS),
    }


@pytest.fixture(scope="module")
def solution(point: dict[str, np.ndarray]) -> Any:
    path = Path(raison.__file__).parent / "gallery" / "fearon1994" / "three-step-crisis.yaml"
    return raison.load(path).solve(point)


@pytest.fixture(scope="module")
def on_paper(point: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The three moves and what war pays, each `[POINTS]`."""
    war_a = point["p_win"] - point["k_challenger"]
    war_b = 1 - point["p_win"] - point["k_defender"]
    fights = war_a > -point["audience_cost"]
    resists = ~fights | (war_b > 0)
    challenges = ~resists | (fights & (war_a > 0))
    return {"fights": fights, "resists": resists, "challenges": challenges, "war_a": war_a, "war_b": war_b}


def test_every_branch_of_the_solution_occurs_among_the_points(on_paper: dict[str, np.ndarray]) -> None:
    """Otherwise the tests below would say less than they seem to."""
    patterns = np.stack([on_paper[name] for name in ("fights", "resists", "challenges")])
    # four of eight: who would not fight is resisted and so does not challenge; who is not resisted challenges
    assert {tuple(column) for column in np.unique(patterns, axis=1).T} == {
        (True, True, True),
        (True, True, False),
        (True, False, True),
        (False, True, False),
    }


@pytest.mark.parametrize(
    ("node", "condition", "if_true", "if_false"),
    [
        pytest.param("last_step", "fights", "fight", "back down", id="last-step"),
        pytest.param("reply", "resists", "resist", "concede", id="reply"),
        pytest.param("opening", "challenges", "challenge", "stay", id="opening"),
    ],
)
def test_each_move_is_the_one_on_paper(
    solution: Any, on_paper: dict[str, np.ndarray], node: str, condition: str, if_true: str, if_false: str
) -> None:
    expected = np.where(on_paper[condition], if_true, if_false)
    np.testing.assert_array_equal(np.asarray(solution.choice[node]), expected)


def test_the_values_are_those_on_paper(solution: Any, on_paper: dict[str, np.ndarray]) -> None:
    war = on_paper["challenges"] & on_paper["resists"]
    conceded = on_paper["challenges"] & ~on_paper["resists"]
    challenger = np.select([war, conceded], [on_paper["war_a"], 1.0], 0.0)
    defender = np.select([war, conceded], [on_paper["war_b"], 0.0], 1.0)
    # the same subtractions of the same numbers; reordered by the compiler, two units in the last place
    np.testing.assert_allclose(solution.value["challenger"], challenger, rtol=0, atol=1e-15)
    np.testing.assert_allclose(solution.value["defender"], defender, rtol=0, atol=1e-15)


def test_each_outcome_happens_exactly_where_it_does_on_paper(
    solution: Any, on_paper: dict[str, np.ndarray]
) -> None:
    challenges, resists = on_paper["challenges"], on_paper["resists"]
    np.testing.assert_array_equal(solution.outcome["war"], challenges & resists)
    np.testing.assert_array_equal(solution.outcome["conceded"], challenges & ~resists)
    np.testing.assert_array_equal(solution.outcome["status_quo"], ~challenges)
    np.testing.assert_array_equal(solution.outcome["backed_down"], np.zeros(POINTS))
    np.testing.assert_array_equal(solution.reached["reply"], challenges)
    np.testing.assert_array_equal(solution.reached["last_step"], challenges & resists)


def test_the_margin_at_the_opening_is_what_a_challenge_is_worth(
    solution: Any, on_paper: dict[str, np.ndarray], point: dict[str, np.ndarray]
) -> None:
    """Staying is worth 0, so the margin is the absolute value of what a challenge leads to."""
    followed = np.where(on_paper["fights"], on_paper["war_a"], -point["audience_cost"])
    challenge = np.where(on_paper["resists"], followed, 1.0)
    np.testing.assert_allclose(solution.margin["opening"], np.abs(challenge), rtol=0, atol=1e-15)
