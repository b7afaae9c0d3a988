"""Processes within rounds: read at a state, fed by a state, and simulated once where that will do."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text
from raison.program.process import calls
from raison.program.world import World
from raison.solve.rounds.played import RoundsPlayed, played

STORES = """
raison: 1
title: How long does a town hold out on what it has stored?
players: {{town: The town, army: The army}}
parameters:
  full: {{value: "uniform(1, 2)"}}
  pace: {{value: "uniform(0.1, 0.3)"}}
processes:
  eating:
    inputs: {{stored: {{default: full}}, asked: {{default: 2}}}}
    time: {{step: 1, horizon: 12, method: euler}}
    stocks: {{food: {{start: stored}}}}
    flows: {{eaten: {{from: food, to: mouths, rate: pace * food}}}}
    sinks: [mouths]
    outputs:
      left: {{at: asked, of: food}}
      most: {{max: food}}
functions:
  by_process(t): eating(asked=t).left
  by_formula(t): full * (1 - pace) ** t
  part_of_since(share): share * since
  doubled(t): eating(stored=2 * full, asked=t).left / 2
rounds:
  horizon: 8
  discount: {{town: 0.9, army: 0.8}}
  state: {{since: {{start: 0, grid: [0, 12], steps: 13}}, seen: {{start: 0, grid: [0, 4], steps: 5}}}}
game:
  gates: {{player: town, moves: {{hold: siege, yield: yielded}}}}
  siege: {{player: army, {hidden}moves: {{stay: goes_on, storm: storms}}}}
  storms:
    cases: {{breaks: {{probability: 0.2, then: broken}}, fails: {{probability: otherwise, then: goes_on}}}}
outcomes:
  yielded: {{town: 0.6, army: 1, ends: true}}
  broken: {{town: -1, army: 2, ends: true}}
  goes_on:
    town: {left} - 0.4
    army: -0.2 * {left}{period}
    next: {{since: since + 1, seen: "{state_fed}"}}
questions:
  - {{node: gates, move: yield}}
  - {{node: gates, move: yield, period: 3}}
  - {{amount: "{left}", period: 2}}
"""


def the_model(left: str, state_fed: str = "seen", hidden: str = "", period: str = "") -> raison.api.Model:
    text = STORES.format(left=left, state_fed=state_fed, hidden=hidden, period=period)
    reading = read_text(text, "stores")
    assert reading.model is not None, [problem.message for problem in reading.problems]
    return raison.api.Model(reading.model, reading.sha256)


def worths(model: raison.api.Model) -> np.ndarray[Any, Any]:
    solution = model.solve({"full": [1.2, 1.9, 1.5], "pace": [0.15, 0.1, 0.28]})
    assert set(solution.status) == {"solved"}
    return np.stack([solution.value["town"], solution.value["army"]])


@pytest.mark.parametrize(
    "kind", ["in turn", *(pytest.param(k, marks=pytest.mark.slow) for k in ("at once", "by period"))]
)
def test_a_process_read_at_a_state_is_worth_what_its_closed_form_is(kind: str) -> None:
    """Euler's method with a step of one is a geometric sequence, so the two are one model written twice."""
    options = {
        "in turn": {},
        "at once": {"hidden": "hidden: [gates], "},
        "by period": {"period": " + 0.01 * period"},
    }[kind]
    exact = worths(the_model("by_formula(since)", **options))
    for called in ("by_process(since)", "doubled(since)", "eating(asked=since).left"):
        assert np.abs(worths(the_model(called, **options)) - exact).max() < 1e-12  # rounding


def test_an_output_that_no_state_changes_is_that_of_the_draw() -> None:
    assert np.array_equal(worths(the_model("eating().most")), worths(the_model("full")))


def test_a_process_may_be_fed_by_a_state() -> None:
    paid = "by_formula(since) + 0.1 * seen"
    plain = worths(the_model(paid, "since / 4 * (1 - pace)"))
    for stored in ("since / 4", "part_of_since(0.25)"):
        fed = worths(the_model(paid, f"eating(stored={stored}, asked=1).left"))
        assert np.abs(fed - plain).max() < 1e-12  # rounding
    assert np.abs(worths(the_model(paid)) - plain).max() > 1e-3  # it makes a difference


@pytest.mark.parametrize("period", ["", " + 0.01 * period"])
def test_a_simulation_that_is_the_same_in_all_states_is_made_once(
    monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    made: list[tuple[int, ...]] = []
    run = calls.run

    def counted(plan: Any, fixed: Any, outer: Any) -> Any:
        made.append(np.shape(fixed["stored"]))
        return run(plan, fixed, outer)

    monkeypatch.setattr(calls, "run", counted)
    program = the_model("by_process(since) + doubled(seen)", period=period).program

    def forward(cube: jax.Array) -> jax.Array:
        game = played(World(program, cube), cube.shape[-1])
        assert isinstance(game, RoundsPlayed)
        return game.forward.alive

    jax.eval_shape(forward, jax.ShapeDtypeStruct((len(program.coordinates), 3), np.float64))
    assert made == [(3,), (3,)]  # one of each store, whatever is read from it, and in however many periods


@pytest.mark.slow
def test_a_run_plays_forward_with_a_process() -> None:
    record = the_model("by_process(since)").run(draws=64, seed=1).record
    exact = the_model("by_formula(since)").run(draws=64, seed=1).record
    for found, wanted in zip(record.questions, exact.questions, strict=True):
        for name in ("share", "mean"):
            pair = getattr(found, name), getattr(wanted, name)
            assert pair == (None, None) or abs(pair[0] - pair[1]) < 1e-12  # rounding
