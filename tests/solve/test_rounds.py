"""Games in rounds against closed forms, plain dynamic programming and convergence in the grid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text


def solved(text: str, points: dict[str, Any]) -> Any:
    reading = read_text(text, "rounds")
    assert reading.model is not None, [problem.message for problem in reading.problems]
    solution = raison.api.Model(reading.model, reading.sha256).solve(points)
    assert set(solution.status) == {"solved"}
    return solution


def order(errors: list[float]) -> float:
    """By which power of the step errors fall, from the first to the last of halved steps."""
    return math.log2(errors[0] / errors[-1]) / (len(errors) - 1)


# --- C4: Brownian motion between two barriers ---------------------------------------------------------------

WALK = """
raison: 1
title: Does the leader's standing recover before he falls?
players: {{leader: The leader}}
parameters: {{drift: -0.3, at: 0}}
rounds:
  horizon: stationary
  discount: 0.999999999
  state: {{standing: {{start: at, grid: [-2, 1], steps: {steps}}}}}
game:
  fate:
    cases:
      up: {{probability: "0.5 * (1 + drift * {step!r})", then: rises}}
      down: {{probability: otherwise, then: sinks}}
  rises:
    cases:
      "yes": {{probability: "1 if standing >= 1 - 1.5 * {step!r} else 0", then: saved}}
      "no": {{probability: otherwise, then: goes_up}}
  sinks:
    cases:
      "yes": {{probability: "1 if standing <= -2 + 1.5 * {step!r} else 0", then: gone}}
      "no": {{probability: otherwise, then: goes_down}}
outcomes:
  saved: {{leader: 1, ends: true}}
  gone: {{leader: 0, ends: true}}
  goes_up: {{leader: 0, next: {{standing: standing + {step!r}}}}}
  goes_down: {{leader: 0, next: {{standing: standing - {step!r}}}}}
"""


def test_a_random_walk_converges_to_brownian_motion_between_two_barriers() -> None:
    """C4 (Downs and Rocke 1994, Brownian version): P(up first) = (e^gx - e^g lo) / (e^g hi - e^g lo)."""
    g, at = 0.6, np.array([-1.0, 0.0, 0.5])
    exact = (np.exp(g * at) - math.exp(-2 * g)) / (math.exp(g) - math.exp(-2 * g))
    errors: list[float] = []
    for cells in (12, 24, 48, 96):
        text = WALK.format(steps=cells + 1, step=3 / cells)
        value = solved(text, {"drift": -0.3, "at": at}).value["leader"]
        errors.append(float(np.abs(value - exact).max()))
    assert order(errors) > 1.9  # the walk's error is of the second order in its step
    assert errors[-1] < 3e-5


# --- C6: alternating offers with a floor for ratification ---------------------------------------------------

OFFERS = """
raison: 1
title: Who gets what by alternating offers with a floor?
players: {{home: Home, foreign: Foreign}}
parameters: {{patience: 0.9, floor: 0}}
rounds:
  horizon: {periods}
  discount: patience
  state: {{turn: {{start: 0, values: [0, 1]}}}}
game:
  whose:
    cases:
      home: {{probability: 1 - turn, then: home_offers}}
      foreign: {{probability: otherwise, then: foreign_offers}}
  home_offers: {{player: home, moves: {{share: {{range: [0, 1], steps: {steps}, then: foreign_answers}}}}}}
  foreign_answers:
    player: foreign
    moves: {{accept: {{then: by_home, when: home_offers >= floor}}, reject: foreign_next}}
  foreign_offers: {{player: foreign, moves: {{share: {{range: [0, 1], steps: {steps}, then: home_answers}}}}}}
  home_answers:
    player: home
    moves: {{accept: {{then: by_foreign, when: foreign_offers >= floor}}, reject: home_next}}
outcomes:
  by_home: {{home: home_offers, foreign: 1 - home_offers, ends: true}}
  by_foreign: {{home: foreign_offers, foreign: 1 - foreign_offers, ends: true}}
  foreign_next: {{home: 0, foreign: 0, next: {{turn: 1}}}}
  home_next: {{home: 0, foreign: 0, next: {{turn: 0}}}}
"""


def test_long_alternation_of_offers_gives_the_share_of_endless_bargaining() -> None:
    """C6 (after Putnam 1988 and Rubinstein 1982): 1/(1+d) if the floor is at most d/(1+d), else "
    "1-d(1-floor)."""
    patience = np.array([0.5, 0.8, 0.8, 0.5])
    floor = np.array([0.0, 0.2, 0.6, 0.9])
    exact = np.where(floor <= patience / (1 + patience), 1 / (1 + patience), 1 - patience * (1 - floor))
    found = solved(OFFERS.format(periods=60, steps=401), {"patience": patience, "floor": floor})
    # an offer is rounded to the grid in each period against the proposer: at most a step / (1 - d^2) in all
    slack = 1 / 400 / (1 - patience**2)
    assert (found.value["home"] <= exact + 1e-9 + slack).all()
    assert (found.value["home"] >= exact - 1e-9 - slack).all()
    assert found.value["home"] + found.value["foreign"] == pytest.approx(np.ones(4), abs=1e-12)


# --- C11: contested and established autocracy ---------------------------------------------------------------

AUTOCRACY = """
raison: 1
title: Does the ruler last?
players: {{ruler: The ruler}}
parameters: {{h: 0.1, g: 0.05}}
rounds:
  horizon: {periods}
  discount: 1
  state: {{established: {{start: 0, values: [0, 1]}}}}
  terminal: {{ruler: 1}}
game:
  coup:
    cases:
      falls: {{probability: "0 if established else h * {step!r}", then: removed}}
      settles: {{probability: "0 if established else g * {step!r}", then: safe}}
      goes on: {{probability: otherwise, then: "on"}}
outcomes:
  removed: {{ruler: 0, ends: true}}
  safe: {{ruler: 0, next: {{established: 1}}}}
  "on": {{ruler: 0}}
"""


def test_survival_of_an_autocrat_converges_to_its_closed_form_in_the_step_of_time() -> None:
    """C11 (after Svolik): S(t) = g/(h+g) + h/(h+g) exp(-(h+g)t)."""
    h, g, t = 0.1, 0.05, 5.0
    exact = g / (h + g) + h / (h + g) * math.exp(-(h + g) * t)
    assert exact == pytest.approx(0.6482443684940098, abs=1e-12)
    errors = [
        abs(float(solved(AUTOCRACY.format(periods=n, step=t / n), {}).value["ruler"][0]) - exact)
        for n in (10, 20, 40, 80)
    ]
    assert order(errors) == pytest.approx(1, abs=0.05)


# --- C12: the threat of revolution --------------------------------------------------------------------------

REVOLUTION = """
raison: 1
title: Does the promise of redistribution keep the peace?
about: EXACT, after Acemoglu and Robinson (2006), with taxes that cost the square of the rate over two.
players: {poor: The poor, rich: The rich}
parameters: {theta: 0.6, share_rich: 0.2, mu: 0.55, beta: 0.9, q: 0.3}
quantities:
  tax: (theta - share_rich) / (1 - share_rich)
  poor_income: (1 - theta) / (1 - share_rich)
  rich_income: theta / share_rich
  revolt_worth: (1 - mu) / (1 - share_rich) / (1 - beta)
  transfer: tax - tax ** 2 / 2
rounds:
  horizon: stationary
  discount: beta
  state: {threat: {start: 1, values: [0, 1]}}
game:
  elite:
    player: rich
    moves: {redistribute: {then: people, when: threat == 1}, keep: people}
  people:
    player: poor
    moves: {revolt: {then: revolution, when: threat == 1}, bear: next_threat}
  next_threat:
    cases: {high: {probability: q, then: stirred}, low: {probability: otherwise, then: calm}}
outcomes:
  revolution: {poor: revolt_worth, rich: 0, ends: true}
  stirred:
    poor: poor_income + (tax * (1 - poor_income) - tax ** 2 / 2 if elite == 'redistribute' else 0)
    rich: rich_income + (transfer - tax * rich_income if elite == 'redistribute' else 0)
    next: {threat: 1}
  calm:
    poor: poor_income + (tax * (1 - poor_income) - tax ** 2 / 2 if elite == 'redistribute' else 0)
    rich: rich_income + (transfer - tax * rich_income if elite == 'redistribute' else 0)
    next: {threat: 0}
"""


def test_a_promise_made_under_threat_prevents_revolution_above_the_dynamic_threshold() -> None:
    """C12: mu* = theta - (1 - beta (1 - q)) (theta - d)^2 / (2 (1 - d)), 0.563 in the reference vector."""
    theta, d = 0.6, 0.2
    for beta, q in ((0.9, 0.3), (0.8, 0.5), (0.95, 0.1)):
        threshold = theta - (1 - beta * (1 - q)) * (theta - d) ** 2 / (2 * (1 - d))
        mu = threshold + np.array([-1e-3, -1e-6, 1e-6, 1e-3])
        found = solved(REVOLUTION, {"mu": mu, "beta": beta, "q": q})
        assert found.outcome["revolution"].tolist() == [1, 1, 0, 0]


# --- C21: face as a stock -----------------------------------------------------------------------------------

FACE = """
raison: 1
title: Does the leader keep his face long enough?
players: {{leader: The leader}}
parameters: {{phi: 0.5, gap: 1, kappa: 0.2, at: 0}}
rounds:
  horizon: 24
  discount: 1
  state: {{face: {{start: at, grid: [-3, 1], steps: {steps}}}}}
  terminal: {{leader: 1}}
functions:
  ahead(x): "x * exp(-kappa * 0.25) - phi * gap / kappa * (1 - exp(-kappa * 0.25))"
game:
  fate:
    cases:
      falls: {{probability: "1 - exp(-0.25 * exp(-1 - 1.5 * face))", then: gone}}
      stays: {{probability: otherwise, then: here}}
outcomes:
  gone: {{leader: 0, ends: true}}
  here: {{leader: 0, next: {{face: ahead(face)}}}}
"""


def test_survival_under_a_falling_face_converges_in_the_grid() -> None:
    """C21: F(t) = F0 e^(-kt) - (phi gap / k)(1 - e^(-kt)), hazard e^(a - b F), here over each quarter."""
    phi, gap, kappa = 0.5, 1.0, 0.2
    times = np.arange(24)[:, None] * 0.25
    at = np.linspace(-0.9, 0.9, 16)
    face = at * np.exp(-kappa * times) - (phi * gap / kappa) * (1 - np.exp(-kappa * times))
    last = -(phi * gap / kappa) * (1 - math.exp(-kappa * 6))
    assert last == pytest.approx(-1.747014470219495, abs=1e-12)
    exact = np.exp(-0.25 * np.exp(-1 - 1.5 * face).sum(axis=0))
    errors = [
        float(np.abs(solved(FACE.format(steps=n + 1), {"at": at}).value["leader"] - exact).max())
        for n in (40, 80, 160, 320)
    ]
    assert order(errors) == pytest.approx(2, abs=0.2)  # linear interpolation of a smooth worth
    assert errors[-1] < 2e-4
