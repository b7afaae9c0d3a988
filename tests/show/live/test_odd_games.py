"""What the gallery seldom has: conditions on how play came, many ways to a node, faults, dead ends."""

import numpy as np
import pytest
from live_engine import Engine

from raison.model.reader import read_text
from raison.program.program import compile_model
from raison.program.world import World
from raison.solve.game import played_once
from raison.solve.questions import ask

pytestmark = pytest.mark.browser

COUNT = 2000
GAME = """
raison: 1
title: Many ways
players: {one: One, two: Two}
parameters:
  a: uniform(0, 1)
  b: uniform(0, 1)
  c: uniform(0, 1)
  q: uniform(-0.1, 1.1)
quantities:
  root_of_a: sqrt(a - 0.05)
  came: 1 if first == 'left' else (0.5 if first == 'right' else 0)
game:
  first: {cases: {left: {probability: q, then: coin}, right: {probability: "0.5 * (1 - q)", then: coin},
    far: {probability: otherwise, then: coin}}}
  coin: {cases: {heads: {probability: "0.2 + 0.6 * came", then: middle},
    tails: {probability: "0.8 - 0.6 * came + max(c - 0.9, 0)", then: middle}}}
  middle: {player: one, moves: {up: last, down: last, out: end_out, over: {then: gate, when: b > 0.1}}}
  last: {player: two, moves: {x: end_x, y: {then: end_y, when: a > 0.3}, z: {then: end_x, when: b > 0.9}}}
  gate: {player: two, moves: {open: {then: end_y, when: c > 0.2}, shut: {then: end_x, when: c > 0.4}}}
outcomes:
  end_x: {one: a * came, two: "b if middle == 'up' else c"}
  end_y: {one: b - 0.2 * came, two: "0.5"}
  end_out: {one: root_of_a / 3, two: "0"}
premises:
  q-is-wide: {says: So., without: {q: "uniform(0, 0.5)", root_of_a: "root_of_a + q"}}
  y-pays: {says: So., without: {outcomes.end_y.two: "c + 0.1", game.last.moves.y: null}}
questions:
  - {node: last, move: x, given: first == 'left'}
  - {node: last, move: y}
  - {node: middle, move: up, for: two}
  - {node: middle, move: out, given: a > b}
  - {event: middle == 'up', given: last == 'x'}
  - {event: outcome == 'end_x' and first != 'far'}
  - {amount: came * a, given: outcome == 'end_y'}
  - {amount: a + b, above: 1}
  - {node: last, move: x, given: first == 'left' and middle == 'down', above: 0.5}
"""


@pytest.fixture(scope="module")
def program():
    reading = read_text(GAME)
    assert reading.model is not None, reading.problems
    return compile_model(reading.model)


@pytest.mark.parametrize("removed", [(), (0,), (1,), (0, 1)], ids=str)
def test_every_answer_is_that_of_python(blank, program, removed):
    engine = Engine(blank, program)
    cube = np.random.default_rng(2).uniform(size=(len(program.coordinates), COUNT))
    switches = np.array([k in removed for k in range(len(program.switches.numeric))])
    with np.errstate(all="ignore"):
        world = World(program, cube, switches, hold=lambda nest: nest)
        world.check_definitions()
        game = played_once(world, COUNT)
        wanted = [ask(game, world, question) for question in program.model.questions]
    from raison.show.live.draws import columns_of

    columns = columns_of(engine.printed, world)
    status, _, rows = engine.over(columns, {}, removed, COUNT)
    full = lambda row: np.broadcast_to(np.asarray(row), (COUNT,))
    assert (status == full(world.status(COUNT))).all()
    assert len(set(status)) >= (4 if 0 not in removed else 3)  # solved, a wrong chance, no number, a dead end
    solved = status == 0
    assert solved.sum() > COUNT / 4
    for q, answer in enumerate(wanted):
        applies = full(answer.applies)
        assert (rows[f"applies {q}"] == applies)[solved].all(), q
        here = solved & applies
        assert np.allclose(rows[f"number {q}"][here], full(answer.number)[here], rtol=1e-12, atol=1e-12), q
        if answer.margin is not None:
            assert np.allclose(rows[f"lead {q}"][here], full(answer.margin)[here], rtol=1e-12, atol=1e-12), q
    for k, node in enumerate(program.model.game):
        assert np.allclose(rows[f"reached {k}"][solved], full(game.node_reached(node))[solved], atol=1e-12)
        for b, share in enumerate(game.node_probabilities(node)):
            assert np.allclose(rows[f"branch {k} {b}"][solved], full(share)[solved], atol=1e-12), (node, b)
