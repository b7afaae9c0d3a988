"""A draw worked by hand agrees with the engine, on every model of the gallery and on hand-made ones."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison
import raison.api
from raison.answer.explain import explain_draw, explain_draws
from raison.model.reader import read_text
from raison.run.designs import make_design
from raison.run.plan import Plan, make_plan
from raison.show.explanation import print_explanation
from raison.show.terminal import make_console

DRAWS = 48
SIMULATED = 16  # of models with processes, whose every step is worked by hand
FILES = {  # games that are worked by hand: nothing hidden, no amounts, no errors, played once
    name: path
    for name, path in raison.api.gallery_files().items()
    if raison.gallery(name).program.form is None and raison.gallery(name).record.rounds is None
}
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if name.startswith(("kremlin", "mobilisation")) else name
    for name in FILES
]


def plan_for(model: Any, without: tuple[str, ...] = (), removals: Any = ()) -> Plan:
    return make_plan(
        model.record, model.sha256, draws=SIMULATED if model.record.processes else DRAWS, seed=3,
        design="sobol", without=without, removals=removals,
    )  # fmt: skip


def disagreements(plan: Plan) -> list[str]:
    """Everything in which the hand and the block differ."""
    identity = plan.identity
    design = make_design(identity.design, max(len(plan.coordinates), 1), identity.seed, identity.draws)
    draws = identity.draws
    cube = design.points(0, draws)[plan.base.rows]
    block = plan.base.block.answer(cube, np.int32(draws), plan.base.switches)
    status = np.asarray(block.status)
    number = [np.asarray(answer.number) for answer in block.answers]
    applies = [np.asarray(answer.applies) for answer in block.answers]
    margin = [np.zeros(draws) if a.margin is None else np.asarray(a.margin) for a in block.answers]
    node_margin = [np.asarray(row) for row in block.node_margin]
    nodes = list(plan.base.block.program.model.game)
    wrong: list[str] = []
    for draw, explained in enumerate(explain_draws(plan, range(draws))):
        if bool(explained.failures) != (status[draw] != 0):
            wrong.append(f"{draw}: {explained.failures} against status {status[draw]}")
        if explained.failures:
            continue
        pays = [abs(float(step.value)) for outcome in explained.outcomes for step in outcome.payoffs]
        scale = max([1.0, *pays])
        for q, question in enumerate(explained.questions):
            if question.applies != applies[q][draw]:
                wrong.append(f"{draw} {question.name}: applies {question.applies}")
            elif question.number is not None:
                # the contract between two programs: 1e-12 of the payoff range
                if abs(question.number - number[q][draw]) > 1e-12 * max(scale, abs(question.number)):
                    wrong.append(f"{draw} {question.name}: {question.number} against {number[q][draw]}")
                if question.margin is not None and abs(question.margin - margin[q][draw]) > 1e-12 * scale:
                    wrong.append(f"{draw} {question.name}: margin {question.margin}")
        for name in nodes:
            here = [step for step in explained.nodes if step.name == name and step.player is not None]
            if len(here) == 1 and here[0].margin is not None:
                found = node_margin[nodes.index(name)][draw]
                if abs(here[0].margin - found) > 1e-12 * scale:
                    wrong.append(f"{draw} {name}: {here[0].margin} against {found}")
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_the_hand_agrees_with_the_block_on_every_model_of_the_gallery(name: str) -> None:
    model = raison.gallery(name)
    premise = next(iter(model.record.premises))
    plan = plan_for(model, removals=[(premise,)])
    assert disagreements(plan) == []
    # the same compiled program with a switch thrown
    removed = replace(plan, base=plan.removals[0], removals=())
    assert disagreements(removed) == []


MIXED = """
raison: 1
title: Chance, conditions, results and a dead end
players: {a: A, b: B}
parameters:
  x: uniform(-1, 1)
  y: triangular(-1, 0.25, 2)
  p: beta(2, 3)
  z: uniform(x, 2)
  who: choice('left', 1, 'right', 2, 'both', 1)
correlations:
  - {between: [x, y], rank: 0.5}
functions:
  twice(v): 2 * v
quantities:
  gain: twice(x) - 0.3 * y
  bonus: "1 if who == 'left' else max(x, y)"
  root: sqrt(z + 0.2)
game:
  first:
    player: a
    moves: {go: weather, wait: {then: second, when: y < 1}, leave: left}
  weather:
    cases: {fair: {probability: p, then: second}, foul: {probability: otherwise, then: third}}
  second:
    player: b
    moves: {up: {then: high, when: x < 0.8}, down: {then: low, when: who != 'right'}}
  third:
    player: b
    moves: {up: high, down: low}
outcomes:
  left: {a: 0, b: 0}
  high: {a: "gain if first == 'go' else bonus", b: "y - x if second == 'up' else abs(z)"}
  low: {a: bonus + z, b: "x * y if first == 'wait' else p"}
premises:
  plain: {says: P, without: {x: "x / 2", bonus: "bonus + gain"}}
  calm: {says: C, without: {game.second.moves.down: null, outcomes.left.a: "0.1"}}
  rewired: {says: R, without: {game.first.moves.leave: second}}
questions:
  - {node: first, move: go}
  - {node: second, move: up, given: first == 'wait'}
  - {node: second, move: down}
  - {node: third, move: down, for: a}
  - {event: outcome == 'low', given: "second == 'down'"}
  - {amount: "gain if outcome == 'high' else root"}
  - {amount: root, above: 1}
"""


@pytest.mark.parametrize(
    "without", [(), ("plain",), ("calm",), ("plain", "calm"), ("rewired",)], ids="+".join
)
def test_the_hand_agrees_where_draws_fail_and_premises_are_removed(without: tuple[str, ...]) -> None:
    """The root of a negative fails some draws, a node without a move others."""
    reading = read_text(MIXED, "test")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    model = raison.api.Model(reading.model, reading.sha256)
    plan = plan_for(model, without)
    assert disagreements(plan) == []
    failures = [e.failures for e in explain_draws(plan, range(DRAWS))]
    assert any(failures)
    assert not all(failures)


def mixed_plan() -> Plan:
    reading = read_text(MIXED, "test")
    assert reading.model is not None
    return plan_for(raison.api.Model(reading.model, reading.sha256))


def test_a_failed_draw_says_at_which_formula_with_its_numbers() -> None:
    explained = explain_draws(mixed_plan(), range(DRAWS))
    roots = [f for e in explained for f in e.failures if "'root'" in f]
    assert roots
    assert all(f.startswith("'root' is not a number: sqrt(z + 0.2) = sqrt((-") for f in roots)
    assert all(e.nodes == () and e.questions == () for e in explained if e.failures)


def test_formulas_come_with_numbers_put_in_and_their_result() -> None:
    model = raison.gallery("three-step-crisis")
    found = explain_draw(plan_for(model), 5)
    values = {parameter.name: parameter.value for parameter in found.parameters}
    war = next(outcome for outcome in found.outcomes if outcome.name == "war")
    challenger = war.payoffs[0]
    p_win, cost = values["p_win"], values["k_challenger"]
    assert challenger.formula == "fighting(p_win, k_challenger)"
    assert challenger.numbers == f"fighting({p_win:.6g}, {cost:.6g})"
    assert challenger.value == p_win - cost  # the same subtraction of the same floats
    assert found.functions == ("fighting(chance, cost) = chance - cost",)


def test_nodes_come_from_the_end_of_the_game_and_the_path_follows_what_is_chosen() -> None:
    model = raison.gallery("three-step-crisis")
    for found in explain_draws(plan_for(model), range(DRAWS)):
        assert [node.name for node in found.nodes] == ["last_step", "reply", "opening"]
        chosen = {node.name: node.chosen for node in found.nodes}
        assert len(found.path) == 1
        assert found.path[0].probability == 1
        assert all(chosen[node] == result for node, result in found.path[0].results.items())


def test_a_premise_removed_shows_the_definition_in_force() -> None:
    model = raison.gallery("three-step-crisis")
    found = explain_draw(plan_for(model, ("audience-punishes",)), 0)
    cost = next(parameter for parameter in found.parameters if parameter.name == "audience_cost")
    assert (cost.value, cost.distribution, cost.coordinate) == (0, "0", None)
    assert found.without == ("audience-punishes",)


def test_ties_are_named() -> None:
    text = """
raison: 1
title: Tie
players: {a: A}
parameters: {x: {value: "uniform(0, 1)"}}
game: {n: {player: a, moves: {one: o1, two: o2, three: o3}}}
outcomes: {o1: {a: x - 1}, o2: {a: x}, o3: {a: x}}
questions: [{node: n, move: two}]
"""
    reading = read_text(text, "test")
    assert reading.model is not None
    found = explain_draw(plan_for(raison.api.Model(reading.model, reading.sha256)), 0)
    assert found.nodes[0].chosen == "two"
    assert found.nodes[0].tied == ("two", "three")
    assert (found.questions[0].number, found.questions[0].tied) == (0.5, True)


@pytest.mark.parametrize("draw", [-1, DRAWS, 10**9])
def test_a_draw_that_the_run_does_not_have_is_refused_with_advice(draw: int) -> None:
    with pytest.raises(
        ValueError, match=f"has draws 0 to {DRAWS - 1}; got {draw}. Give another, or more --draws"
    ):
        explain_draw(plan_for(raison.gallery("three-step-crisis")), draw)


def test_the_printed_explanation_has_every_part_in_plain_lines() -> None:
    model = raison.gallery("strike-and-answer")
    out = io.StringIO()
    print_explanation(model.record, explain_draw(plan_for(model), 2), console=make_console(out))
    text = out.getvalue()
    for part in (
        "draw 2 of 48",
        "Parameters",
        "Functions",
        "Quantities",
        "The game, from its end",
        "How play goes",
    ):
        assert part in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_the_gallery_is_where_the_names_come_from() -> None:
    assert all(Path(path).exists() for path in FILES.values())
