"""Where play goes: on the path, and off it by the limit of trembles, worked by hand."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text
from raison.program.program import compile_model
from raison.program.world import World
from raison.solve.play import NEVER, reach, shares_among
from raison.solve.questions import ask
from raison.solve.rounds.played import played

GAME = """
raison: 1
title: Off the path
players: {a: A, b: B}
parameters:
  p: {value: 0.25}
  q: {value: 0.5}
  stay: {value: 10}
game:
  start:
    player: a
    moves: {out: home, left: lot, right: second}
  lot:
    cases:
      sun: {probability: p, then: second}
      rain: {probability: q, then: second}
      snow: {probability: otherwise, then: home}
  second:
    player: b
    moves: {up: {then: end}, down: {then: end, when: "start == 'left'"}}
outcomes:
  home: {a: stay, b: 0}
  end:
    a: 1
    b: >-
      (2 if second == 'up' else 0) if lot == 'sun'
      else (0 if second == 'up' else 2) if lot == 'rain' else 1
questions:
  - {node: second, move: up}
  - {node: second, move: up, given: "start == 'left'"}
  - {node: second, move: up, given: "lot == 'rain'"}
  - {node: second, move: up, given: "start == 'right'"}
  - {node: second, move: up, given: "lot == 'snow'"}
  - {event: "second == 'up'", given: "outcome == 'end'"}
  - {amount: "1 if lot == 'sun' else 0", given: "start == 'left'"}
  - {event: "outcome == 'home'"}
"""


def world(values: dict[str, float]) -> Any:
    reading = read_text(GAME, "test")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    model = raison.api.Model.of(reading.model)
    world = World(model.program, chosen={name: jnp.asarray([value]) for name, value in values.items()})
    return world, played(world, 1)


def answers(values: dict[str, float]) -> list[tuple[float, bool]]:
    here, game = world(values)
    found = [ask(game, here, question) for question in here.model.questions]
    return [(float(np.ravel(a.number)[0]), bool(np.ravel(a.applies)[0])) for a in found]


def test_one_tremble_counts_and_chance_weighs_within_it() -> None:
    """Both 'left' and 'right' are one tremble away from 'out'.

    To `second` lead: right (weight 1), left and sun (1/4), left and rain (1/2): 7/4 in all. B goes up after
    sun and after right (his only move), down after rain. So up has (1 + 1/4) / (7/4) = 5/7; given left, 1/3.
    """
    found = answers({"stay": 10.0})
    expected = [5 / 7, 1 / 3, 0.0, 1.0]
    for (number, applies), value in zip(found, expected, strict=False):
        assert applies
        assert number == pytest.approx(value, abs=1e-15)
    assert not found[4][1]  # snow never leads to `second`


def test_conditions_on_results_use_the_same_weights_at_the_end() -> None:
    """The outcome `end` is one tremble away, by the ways above; given left, chance alone decides."""
    found = answers({"stay": 10.0})
    # up after right (1) and after left and sun (1/4), among 7/4
    assert found[5] == (pytest.approx(5 / 7, abs=1e-15), True)
    assert found[6] == (pytest.approx(0.25, abs=1e-15), True)
    assert found[7] == (1.0, True)


def test_on_the_path_nothing_trembles() -> None:
    """With nothing at home, left is worth the chance that it does not snow, 3/4; right is worth 1."""
    _, game = world({"stay": 0.0})
    assert [float(np.ravel(p)[0]) for p in game.node_probabilities("start")] == [0.0, 0.0, 1.0]
    assert float(np.ravel(game.node_reached("second"))[0]) == 1.0
    found = answers({"stay": 0.0})
    assert found[0] == (1.0, True)
    assert found[1] == (pytest.approx(1 / 3, abs=1e-15), True)
    assert found[5] == (1.0, True)


def test_fewer_trembles_outweigh_any_weight() -> None:
    """`second` is reached on the path by right; left would take a tremble, however likely its chances."""
    _, game = world({"stay": 0.0, "p": 0.4, "q": 0.4})
    states = game.graph.of_node["second"]
    shares, applies = shares_among(game.weights, states, [True] * len(states))
    by_results = {
        game.graph.states[s].results: float(np.ravel(x)[0]) for s, x in zip(states, shares, strict=True)
    }
    assert bool(np.ravel(applies)[0])
    assert by_results[(("start", "right"),)] == 1.0
    assert sum(by_results.values()) == 1.0


def test_a_branch_without_probability_is_reached_by_no_tremble() -> None:
    """Nature does not tremble: a case of probability 0 leads nowhere."""
    _, game = world({"stay": 10.0, "p": 0.0, "q": 1.0})
    states = game.graph.of_node["second"]
    sunny = next(s for s in states if ("lot", "sun") in game.graph.states[s].results)
    assert int(np.ravel(game.weights.trembles[sunny])[0]) == NEVER
    _, applies = shares_among(game.weights, [sunny], [True])
    assert not bool(np.ravel(applies)[0])


def test_a_move_that_is_not_available_is_reached_by_no_tremble() -> None:
    _, game = world({"stay": 10.0})
    end = game.graph.of_node["end"]
    down_after_right = [
        s
        for s in end
        if dict(game.graph.states[s].results).get("second") == "down"
        and "lot" not in dict(game.graph.states[s].results)
    ]
    assert down_after_right  # the state exists in the graph, and nothing leads to it
    for s in down_after_right:
        assert int(np.ravel(game.weights.trembles[s])[0]) == NEVER


def test_reach_from_the_root_sums_to_one_over_outcomes() -> None:
    _, game = world({"stay": 0.0, "p": 0.3, "q": 0.3})
    found = reach(game.graph, game.equilibrium, {0: jnp.asarray(1.0)})
    total = sum(float(np.ravel(found[s])[0]) for s in game.graph.outcomes)
    assert total == pytest.approx(1.0, abs=1e-15)


def test_two_moves_off_the_path_need_two_trembles() -> None:
    text = """
raison: 1
title: Two steps off
players: {a: A, b: B}
game:
  one: {player: a, moves: {stop: s1, go: two}}
  two: {player: b, moves: {stop: s2, go: three}}
  three: {player: a, moves: {stop: s3, go: s4}}
outcomes: {s1: {a: 3, b: 0}, s2: {a: 0, b: 3}, s3: {a: 2, b: 1}, s4: {a: 1, b: 1}}
questions:
  - {event: "outcome == 's4'", given: "three == 'go'"}
"""
    reading = read_text(text, "test")
    assert reading.model is not None
    program = compile_model(reading.model)
    here = World(program)
    game = played(here, 1)
    assert game is not None
    counts = {
        name: int(np.ravel(game.weights.trembles[game.graph.of_node[name][0]])[0])
        for name in ("one", "two", "three", "s2", "s4")
    }
    assert counts == {"one": 0, "two": 1, "three": 2, "s2": 1, "s4": 3}
    answer = ask(game, here, reading.model.questions[0])
    assert float(answer.number) == 1.0
    assert bool(answer.applies)
