"""What the analyses make of a model with a process: runs, premises, one draw by hand, conditions, types."""

from pathlib import Path

import numpy as np
import pytest

import raison
from raison.answer.explain import explain_draws
from raison.model.reader import read_text
from raison.run.designs import make_design
from raison.show.explanation import print_explanation
from raison.show.terminal import make_console
from raison.solve.symbolic import conditions

SOUND = (Path(__file__).parent / "sound.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model():
    return raison.Model.of(read_text(SOUND).model)


@pytest.fixture(scope="module")
def run(model):
    return model.run(draws=512)


def test_a_run_answers_with_and_without_premises_that_edit_the_process(model, run):
    share = {verdict.name: verdict.mean for verdict in run.verdicts}
    removals = {removal.name: removal for removal in run.record.removals}
    fast = model.run(draws=512, without=["takes-time"], removals=())
    assert removals["takes-time"].changes[0].value == pytest.approx(fast.verdicts[0].mean, rel=1e-12)
    assert fast.verdicts[0].mean > share["pipeline"]
    assert removals["few-sites"].changes[0].value > share["pipeline"]


def test_one_draw_by_hand_agrees_with_the_run(model, run):
    """The explanation simulates in plain floats with code of its own."""
    cube = make_design("sobol", len(run.plan.coordinates), 1, 512).points(0, 512)
    values = np.asarray(run.plan.base.block.values(cube, run.plan.base.switches)["led_share"])
    for explanation in explain_draws(run.plan, [0, 5, 300]):
        step = next(step for step in explanation.quantities if step.name == "led_share")
        assert step.value == pytest.approx(values[explanation.draw], rel=1e-9)
        assert explanation.failures == ()
        assert {process.name for process in explanation.processes} == {"mobilisation"}


def test_an_explanation_shows_each_simulation(model, run, capsys):
    (explanation,) = explain_draws(run.plan, [3])
    print_explanation(model.record, explanation, console=make_console())
    shown = capsys.readouterr().out
    assert "Processes simulated" in shown
    assert "mobilisation(call_up=" in shown
    assert "skip=1, after=6)" in shown
    assert " waiting " in shown


def test_conservation_and_the_step_are_checked_where_a_process_is_looked_at(model):
    path = model.simulate("mobilisation", {"call_up": 2e5, "training_time": [1, 2.2]}, call_up=[2e5, 4e5])
    assert path.values["waiting"].shape == (241, 2)
    assert path.status == ["solved", "solved"]
    # adding 240 steps of numbers of 4e5
    assert np.max(path.imbalance) < 1e-13
    total = sum(path[name] for name in ("called", "waiting", "training", "ready", "nowhere"))
    assert total == pytest.approx(np.broadcast_to([2e5, 4e5], (241, 2)), rel=1e-12)
    assert path.outputs["idle"] == pytest.approx(path["waiting"].max(axis=0), rel=1e-12)
    assert 0 < path.step_error["idle"].max() < 0.02 * path.outputs["idle"].max()
    one = model.simulate("mobilisation")
    assert one["ready"].shape == (241,)
    assert one.status == "solved"
    assert isinstance(one.outputs["led"], float)


def test_what_is_asked_of_a_process_has_to_be_there(model):
    with pytest.raises(KeyError, match=r"no process 'x'; it has mobilisation"):
        model.simulate("x")
    with pytest.raises(KeyError, match=r"no input 'x'; it has call_up, skip, after"):
        model.simulate("mobilisation", x=1)


GAME = """
raison: 1
title: Does it pay to wait?
players: {leader: The leader}
parameters:
  decay: {value: "uniform(0.1, 1)"}
  bar: {value: "uniform(0, 1)"}
processes:
  face:
    inputs: {gap: {default: 1}, after: {default: 2}}
    time: {step: 0.01, horizon: 4, method: rk4}
    stocks: {face: {start: 1, negative: true}}
    flows:
      lost: {to: face, rate: -0.5 * gap}
      fades: {from: face, to: gone, rate: decay * face}
    sinks: [gone]
    outputs: {left: {at: after, of: face}}
functions:
  left(gap): face(gap=gap, after=3).left
game:
  opening: {player: leader, moves: {strike: end, wait: other}}
outcomes:
  end: {leader: "face(gap=0).left"}
  other: {leader: "left(1 if opening == 'wait' else 5) + bar"}
questions:
  - {node: opening, move: strike}
"""


def exactly(decay, gap, time):
    return np.exp(-decay * time) - 0.5 * gap / decay * (1 - np.exp(-decay * time))


def test_calls_in_payoffs_depend_on_play():
    model = raison.Model.of(read_text(GAME).model)
    decay, bar = np.array([0.2, 0.5, 0.9, 0.9]), np.array([0.1, 0.9, 0.2, 0.9])
    solution = model.solve({"decay": decay, "bar": bar})
    strike, wait = exactly(decay, 0, 2), exactly(decay, 1, 3) + bar
    # rk4 with 200 steps; the error is below 1e-11
    assert solution.value["leader"] == pytest.approx(np.maximum(strike, wait), abs=1e-10)
    assert solution.choice["opening"] == [
        "strike" if s > w else "wait" for s, w in zip(strike, wait, strict=True)
    ]


def test_a_closed_form_keeps_the_call_as_a_name():
    (condition,) = conditions(read_text(GAME).model)
    assert condition.cases == ("bar + face(gap=1, after=3).left <= face(gap=0).left",)


TYPES = """
raison: 1
title: Does he call the bluff?
players: {one: One, other: Other}
parameters:
  strength: {value: "uniform(0, 1)", known_to: [one], steps: 8}
  pace: {value: "uniform(0.5, 2)"}
processes:
  build:
    inputs: {effort: {default: 0}, after: {default: 1}}
    time: {step: 0.1, horizon: 1}
    stocks: {arms: 0}
    flows: {made: {to: arms, rate: effort * pace}}
    outputs: {arms: {at: after, of: arms}, most: {max: arms}}
game:
  opening: {player: one, moves: {push: reply, stay: quiet}}
  reply: {player: other, moves: {resist: fight, yield: given}}
outcomes:
  quiet: {one: 0, other: 0}
  given: {one: 1, other: -1}
  fight:
    one: "build(effort=strength).arms - 0.6 * pace"
    other: "0.3 * pace - build(effort=strength, after=0.5).arms"
questions:
  - {node: opening, move: push}
  - {node: reply, move: resist}
"""


@pytest.mark.slow
def test_a_private_type_goes_through_a_process():
    """The same game with the process written out: arms are effort * pace * time."""
    through = raison.Model.of(read_text(TYPES).model)
    plain = TYPES.replace("build(effort=strength).arms", "strength * pace").replace(
        "build(effort=strength, after=0.5).arms", "strength * pace / 2"
    )
    written = raison.Model.of(read_text(plain).model)
    points = {"pace": [0.6, 1.0, 1.7]}
    for player in ("one", "other"):
        found = through.solve(points).value[player]
        assert found == pytest.approx(written.solve(points).value[player], abs=1e-9)


def test_a_lever_and_a_correlation_reach_into_a_process():
    text = GAME.replace(
        "questions:",
        "levers: {leader: {decay: [0.1, 1]}}\ncorrelations: [{between: [decay, bar], rank: 0.5}]\nquestions:",
    )
    run = raison.Model.of(read_text(text).model).run(draws=256)
    assert 0 < run.verdicts[0].share < 1
    assert run.verdicts[0].failed == 0


def test_a_row_that_fails_in_a_process_is_counted_with_its_reason():
    text = SOUND.replace("called: {start: call_up, unit", "called: {start: call_up - enough, unit").replace(
        "  rush_rate: {value", "  enough: {value: 200000, unit: people}\n  rush_rate: {value"
    )
    run = raison.Model.of(read_text(text).model).run(draws=512, removals=())
    # call_up is uniform on 1e5 to 6e5
    assert run.verdicts[0].failed == pytest.approx(0.2, abs=0.01)
    assert any(
        "stock 'called' of process 'mobilisation' falls below zero" in f.reason for f in run.record.failures
    )


def test_the_report_has_the_process(model, run, tmp_path):
    path = tmp_path / "report.html"
    run.report(path)
    page = path.read_text(encoding="utf-8")
    assert "process mobilisation" in page
    assert "called → waiting" in page
    assert "<code>desertion * waiting</code>" in page
    assert "0 to 12.0 in steps of 0.05" in page


def test_what_challenges_a_verdict_works_through_a_process(model):
    text = GAME.replace("questions:", "levers: {leader: {bar: [0, 1]}}\nquestions:")
    challenged = raison.Model.of(read_text(text).model).run(draws=512).challenge()
    (tipping,) = challenged.tipping
    # at decay = 0.55 he waits if bar > exp(-1.1) - exp(-1.65) + (1 - exp(-1.65)) / 1.1
    strike = exactly(0.55, 0, 2) - exactly(0.55, 1, 3)
    assert tipping.margin == pytest.approx(strike - 0.5, abs=1e-9)
    assert tipping.yes == (strike > 0.5)
