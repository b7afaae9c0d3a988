"""Runs of games in rounds: play forward agrees with the worth, and bits do not depend on how work is cut."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text
from raison.program.world import World
from raison.run import block as blocks
from raison.solve.rounds.played import RoundsPlayed, played

SIEGE = """
raison: 1
title: Does the besieger stay?
players: {army: The army, town: The town}
parameters:
  pressure: {value: "uniform(0.1, 0.5)"}
  patience: {value: "uniform(0.8, 0.98)"}
rounds:
  unit: month
  horizon: 8
  discount: {army: patience, town: 0.9}
  state: {stores: {start: 0.8, grid: [0, 1], steps: 41}}
  terminal: {army: 1 - stores, town: stores}
game:
  siege: {player: army, moves: {press: weather, wait: answer, leave: left}}
  answer: {player: town, moves: {sortie: fight, hold: waited}}
  weather: {cases: {fair: {probability: 0.7, then: pressed}, foul: {probability: otherwise, then: spoiled}}}
  fight: {cases: {breaks: {probability: 0.3, then: broken}, fails: {probability: otherwise, then: beaten}}}
outcomes:
  left: {army: 0, town: 1, ends: true}
  broken: {army: -1, town: 2, ends: true}
  beaten: {army: 0.2, town: -0.5, next: {stores: stores - 0.05}}
  waited: {army: -0.02, town: -0.1, next: {stores: stores - 0.03}}
  pressed: {army: -0.05, town: -0.2, next: {stores: stores - pressure}}
  spoiled: {army: -0.1, town: 0, next: {stores: stores + 0.02}}
premises:
  the-town-is-hungry: {says: The town has little left., without: {rounds.state.stores.start: 1.0}}
  pressing-starves: {says: Pressing takes stores., without: {outcomes.pressed.next.stores: stores}}
questions:
  - {node: siege, move: press}
  - {node: siege, move: press, period: 3}
  - {node: siege, move: leave, state: {stores: 0.1}, period: 2}
  - {name: broken, event: ended == 'broken'}
  - {name: months, amount: periods}
  - {name: stores then, amount: stores, period: 2}
"""


def the_model(text: str = SIEGE) -> raison.api.Model:
    reading = read_text(text, "siege")
    assert reading.model is not None, [problem.message for problem in reading.problems]
    return raison.api.Model(reading.model, reading.sha256)


def test_play_forward_pays_what_the_worth_promises() -> None:
    """The mean of discounted payoffs over many paths is the worth at the start, up to interpolation.

    The terminal worth is paid outside of the periods, so it is 0 here.
    """
    model = the_model(SIEGE.replace("  terminal: {army: 1 - stores, town: stores}\n", ""))
    program = model.program
    draws = 4_000
    cube = np.random.default_rng(1).uniform(size=(len(program.coordinates), draws))
    game = played(World(program, jnp.asarray(cube), np.zeros(len(program.switches.numeric), bool)), draws)
    assert isinstance(game, RoundsPlayed)
    for player in range(2):
        difference = np.asarray(game.forward.payoff[player]) - np.asarray(game.values()[player])
        error = difference.std() / np.sqrt(draws)
        assert abs(difference.mean()) < 4 * error + 1e-3  # 1e-3: what 41 points leave to interpolation


@pytest.mark.slow
def test_a_run_answers_the_periods_and_the_whole_of_play() -> None:
    run = the_model().run(draws=2_048, seed=3)
    answers = {verdict.name: verdict for verdict in run.verdicts}
    rounds = run.record.rounds
    assert rounds is not None
    assert (rounds.unit, rounds.horizon, len(rounds.alive)) == ("month", 8, 8)
    assert rounds.alive[0] == 1
    assert all(later <= before + 1e-12 for before, later in zip(rounds.alive, rounds.alive[1:], strict=False))
    assert answers["months"].mean == pytest.approx(sum(rounds.alive), rel=1e-12)
    press = rounds.questions[0]
    assert press.share[0] == pytest.approx(answers["siege: press"].share, abs=1e-12)
    assert press.first is not None
    assert press.never == pytest.approx(1 - sum(press.first), abs=1e-12)
    assert press.policy is not None
    assert len(press.policy) == 41
    assert [q.question for q in rounds.questions] == ["siege: press", "stores then"]
    changed = {removal.name: removal.changes[5].value for removal in run.record.removals}
    assert changed["the-town-is-hungry"] > answers["stores then"].mean


def test_numbers_do_not_depend_on_workers_or_on_how_a_block_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(workers: int) -> Any:
        return the_model().run(draws=1_024, seed=3, workers=workers, removals=()).record

    whole = answers(2)
    assert answers(1) == whole  # bit for bit
    monkeypatch.setenv("RAISON_CACHE", "off")
    monkeypatch.setattr(blocks, "_ROUNDS_CACHED", 1)
    monkeypatch.setattr("raison.program.compiled._ready", {})
    parts = answers(1)  # other shapes are other code, which may round otherwise
    for one, other in zip(parts.rounds.questions, whole.rounds.questions, strict=True):
        assert one.share == pytest.approx(other.share, abs=1e-12)
        assert (one.policy or ()) == pytest.approx(other.policy or (), abs=1e-12)
    assert parts.rounds.alive == pytest.approx(whole.rounds.alive, abs=1e-12)
    assert parts.questions[4].mean == pytest.approx(whole.questions[4].mean, abs=1e-12)


def test_playing_once_is_playing_with_no_weight_on_the_future() -> None:
    run = the_model().run(draws=512, seed=3, removals=())
    patient = run.record.rounds
    blind = the_model(SIEGE.replace("{army: patience, town: 0.9}", "0")).run(draws=512, seed=3, removals=())
    assert patient is not None
    assert patient.questions[0].once == blind.verdicts[0].share


RACE = """
raison: 1
title: Do both arm?
players: {a: A, b: B}
parameters: {cost: "uniform(0, 3)"}
rounds: {horizon: 3, discount: {a: 0.9, b: 0.8}, state: {lead: {start: 0, values: [-3, -2, -1, 0, 1, 2, 3]}}}
game:
  first: {player: a, moves: {arm: second, rest: second}}
  second: {player: b, hidden: [first], moves: {arm: done, rest: done}}
outcomes:
  done:
    a: "lead + period / 10 - (cost if first == 'arm' else 0)"
    b: "-lead - (cost if second == 'arm' else 0)"
    next: {lead: "clip(lead + (first == 'arm') - (second == 'arm'), -3, 3)"}
questions:
  - {node: first, move: arm}
  - {name: ahead, event: lead > 0, period: 2}
premises: {arms-cost: {says: Arms cost something., without: {cost: 0}}}
"""


def test_moves_at_once_in_rounds_with_payoffs_of_the_state_are_run() -> None:
    """A lead is worth one in every period that follows, whatever the other does."""
    run = the_model(RACE).run(draws=256, removals=())
    assert [verdict.failed for verdict in run.verdicts] == [0, 0]
    # the shares of a uniform cost, to a few of the 256 draws
    assert run.verdicts[0].share == pytest.approx((0.9 + 0.81) / 3, abs=4 / 256)
    assert run.verdicts[1].share == pytest.approx((0.9 + 0.81 - 0.8 - 0.64) / 3, abs=6 / 256)


def test_the_policy_of_moves_at_once_is_known_at_every_state() -> None:
    solution = the_model(RACE).solve({"cost": [0.5, 2.5]})
    policy = solution.policy["first"]
    assert policy.shape == (7, 2)
    assert list(policy[3]) == solution.choice["first"] == ["arm", "rest"]
    # a lead of one is worth 0.9 + 0.81 at most
    assert list(policy[:, 1]) == ["rest"] * 7
