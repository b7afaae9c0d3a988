"""A sample of a run's draws, checked by code that shares nothing with the solvers."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest

import raison
from raison.api import Model
from raison.model.reader import read_text
from raison.run.block import SAMPLE, BlockResult, sampled_draws
from raison.run.check import checked
from raison.run.designs import make_design
from raison.run.plan import make_plan
from raison.show.words import check_sentence

BREAKFAST = """
raison: 1
title: Is a stranger at breakfast challenged?
players: {stranger: The stranger, bully: The bully}
parameters: {share: "uniform(0.2, 0.95)", taste: "uniform(0.5, 3)"}
game:
  nature:
    cases: {weak: {then: eats, probability: 1 - share}, surly: {then: eats, probability: share}}
    known_to: [stranger]
  eats: {player: stranger, moves: {beer: after_beer, quiche: after_quiche}}
  after_beer: {player: bully, moves: {duel: bd, leave: bl}}
  after_quiche: {player: bully, moves: {duel: qd, leave: ql}}
quantities: {strong: "1 if nature == 'surly' else 0"}
outcomes:
  bd: {stranger: strong * taste, bully: 1 - 2 * strong}
  bl: {stranger: strong * taste + 2, bully: 0}
  qd: {stranger: 1 - strong, bully: 1 - 2 * strong}
  ql: {stranger: 3 - strong, bully: 0}
questions: [{node: eats, move: beer}]
"""


def model(text: str) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model.of(reading.model)


def first_block(solved: Model, draws: int) -> tuple:
    """A program, and its first block: points, switches, and what came out."""
    plan = make_plan(solved.record, solved.sha256, draws=draws, seed=0, design="sobol", removals=())
    cube = np.full((max(len(plan.coordinates), 1), plan.block_size), 0.5)
    count = min(draws, plan.block_size)
    cube[:, :count] = make_design("sobol", len(cube), 0, draws).points(0, count)
    base = plan.base
    return base.block.program, cube, base.switches, base.block.answer(cube, np.int32(count), base.switches)


@pytest.mark.parametrize(
    ("name", "draws"), [("three-step-crisis", SAMPLE), ("take-it-or-leave-it", 48)], ids=str
)
def test_in_exact_equilibria_nobody_gains_and_a_fault_is_found(name: str, draws: int) -> None:
    """Planted: all moves of all information sets are as likely as each other."""
    program, cube, removed, result = first_block(raison.gallery(name), 4096)
    found = checked(program, cube, removed, result)
    assert found[0] == draws
    assert found[1] == pytest.approx(0, abs=1e-12)  # sums in floating point

    played = jax.tree.map(np.asarray, result.sampled.played)
    if name == "take-it-or-leave-it":  # asks for every amount alike, answered by coin
        ask, reply = played
        played = ((np.full((1, 65, ask[0].shape[-1]), 1 / 65),), tuple(np.full(r.shape, 0.5) for r in reply))
    else:
        played = tuple(tuple(np.full(r.shape, 1 / len(rows)) for r in rows) for rows in played)
    spoilt: BlockResult = result._replace(sampled=result.sampled._replace(played=played))
    assert checked(program, cube, removed, spoilt)[1] > 0.01


@pytest.mark.minutes
def test_the_gain_is_that_of_the_same_points_solved_one_by_one() -> None:
    breakfast = model(BREAKFAST)
    program, cube, removed, result = first_block(breakfast, 300)
    number, gain, error = checked(program, cube, removed, result)
    assert number == SAMPLE
    points = {
        name: np.asarray(row)[:SAMPLE]
        for name, row in zip(("share", "taste"), result.parameters, strict=True)
    }
    alone = breakfast.solve(points)
    assert gain == pytest.approx(alone.largest_gain().max(), abs=1e-9)  # what a limit is known to
    assert gain < 1e-8
    assert error < 1e-6


def test_beliefs_that_miss_bayes_rule_are_found() -> None:
    program, cube, removed, result = first_block(model(BREAKFAST), 300)
    sampled = result.sampled
    beliefs = tuple(tuple(np.asarray(row)[..., ::-1] for row in rows) for rows in sampled.beliefs)
    spoilt = result._replace(sampled=sampled._replace(beliefs=beliefs))  # of other draws
    assert checked(program, cube, removed, spoilt)[2] > 0.1


def test_draws_that_failed_are_not_checked() -> None:
    program, cube, removed, result = first_block(raison.gallery("three-step-crisis"), 64)
    assert checked(program, cube, removed, result)[0] == 64  # the others are beyond the last
    status = np.asarray(result.status).copy()
    status[:] = 1
    assert checked(program, cube, removed, result._replace(status=status))[0] == 0


def test_the_sample_of_a_block_that_is_worked_on_in_parts_is_the_first_draws_of_each() -> None:
    program = raison.gallery("take-it-or-leave-it").program
    draws = sampled_draws(program, 1024)
    assert len(set(draws)) == len(draws)
    assert draws.max() > 512


def test_the_record_and_the_report_say_it_in_one_line(tmp_path: Path) -> None:
    run = model(BREAKFAST).run(draws=512)
    check = run.record.check
    assert check is not None
    assert (check.draws, check.largest_gain < 1e-8, check.belief_error is not None) == (SAMPLE, True, True)
    sentence = check_sentence(run.record) or ""
    assert sentence.startswith("In 256 draws checked by other code nobody gains more than ")
    page = run.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("In 256 draws checked by other code") == 1


@pytest.mark.parametrize(
    "erring",
    [
        lambda: model(BREAKFAST).solved_by("logit", precision=3.0),
        lambda: raison.gallery("strategic-choice"),
        lambda: raison.gallery("elite-defection"),
    ],
    ids=["logit", "strategic-choice", "no-game"],
)
def test_where_players_err_or_there_is_no_game_nothing_is_checked(erring, tmp_path: Path) -> None:
    run = erring().run(draws=64, removals=())
    assert run.record.check is None
    assert "checked by other code" not in run.report(tmp_path / "r.html").read_text(encoding="utf-8")
