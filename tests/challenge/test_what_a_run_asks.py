"""The analyses as a run asks them, on a model whose answers are known in closed form."""

from dataclasses import dataclass

import numpy as np
import pytest

import raison
import raison.challenge.challenge as asking
from raison.challenge.engine import Answers, Sample
from raison.show.challenged import sections

MODEL = """\
raison: 1
title: A strike that pays if two things come together
players: {a: A, b: B}
parameters:
  x: "uniform(0, 1)"
  y: "uniform(0, 1)"
  idle: "uniform(0, 1)"
  bias: 0
quantities:
  worse: min(x - 0.4, y - 0.2) + bias
game: {opening: {player: a, moves: {strike: out, wait: home}}}
outcomes:
  home: {a: 0, b: 0}
  out: {a: worse, b: -1}
premises:
  high-x: {says: x is what it is, without: {x: 0}}
  high-y: {says: y is what it is, without: {y: 0}}
  none: {says: nothing, without: {idle: 0.5}}
questions: [{node: opening, move: strike}]
"""


@pytest.fixture(scope="module")
def challenged(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "both.yaml"
    path.write_text(MODEL, encoding="utf-8")
    model = raison.load(path)
    run = model.run(65_536, seed=0)
    return run, run.challenge(thorough=True)


def test_premises_that_work_only_together(challenged):
    """With both 0.48, with one or none 0: each carries half, and they need each other."""
    (together,) = challenged[1].together
    assert together.solved == 8 == len(together.subsets)
    by_name = {one.premise: one for one in together.premises}
    for name in ("high-x", "high-y"):
        assert by_name[name].share.value == pytest.approx(0.24, abs=0.005)
        assert by_name[name].alone == pytest.approx(-0.48, abs=0.005)
    assert by_name["none"].share.value == pytest.approx(0, abs=1e-12)
    (pair,) = together.pairs
    assert ({pair.first, pair.second}, pair.kind) == ({"high-x", "high-y"}, "together")
    verdicts = {one.removed: one.number for one in together.subsets}
    assert verdicts[("none",)] == together.whole.value
    assert verdicts[("high-x",)] == verdicts[("high-x", "high-y")] == 0
    assert not together.holds
    assert together.overturning == ()


def test_sensitivity_of_the_verdict(challenged):
    """1[x > 0.4] 1[y > 0.2]: V = 0.48 - 0.48^2, V_x = 0.24 * 0.8^2, V_y = 0.16 * 0.6^2."""
    found = {one.answer: one for one in challenged[1].sensitivity}
    number = {one.name: one for one in found["number"].parameters}
    variance = 0.48 * 0.52
    first = {"x": 0.24 * 0.8**2 / variance, "y": 0.16 * 0.6**2 / variance, "idle": 0.0}
    both = 1 - sum(first.values())
    for name, index in number.items():
        total = first[name] + (0 if name == "idle" else both)
        assert index.first.value == pytest.approx(first[name], abs=4 * index.first.standard_error + 1e-12)
        assert index.total.value == pytest.approx(total, abs=4 * index.total.standard_error + 1e-12)
        assert index.effect is None  # nothing is correlated
    margin = {one.name: one for one in found["margin"].parameters}
    assert margin["x"].pawn.value > 5 * margin["x"].pawn_null
    assert margin["idle"].pawn.value < 1.5 * margin["idle"].pawn_null
    (middle,) = found["margin"].middle  # the margin is that quantity
    assert (middle.name, middle.first.high > 0.999) == ("worse", True)


def test_the_region_is_found(challenged):
    (where,) = challenged[1].where
    box = where.boxes[0]
    assert box.reached
    assert set(box.chance) == {"x", "y"}
    assert box.density.value == pytest.approx(1, abs=0.21)
    assert box.coverage.value > 0.98
    assert where.trade_off[0].coverage == 1


def test_information_is_worth_what_it_says(challenged):
    """E max(worse, 0) against max(E worse, 0), by integration on a grid of midpoints."""
    (information,) = challenged[1].information
    grid = (np.arange(1_000) + 0.5) / 1_000
    worse = np.minimum(grid[:, None] - 0.4, grid[None, :] - 0.2)
    best = max(worse.mean(), 0.0)
    exact = {
        "x": np.maximum(worse.mean(axis=1), 0).mean() - best,
        "y": np.maximum(worse.mean(axis=0), 0).mean() - best,
        "idle": 0.0,
    }
    assert information.decider == "a"
    perfect = information.perfect
    assert perfect.value == pytest.approx(np.maximum(worse, 0).mean() - best, abs=4 * perfect.standard_error)
    learned = {one.parameters[0]: one for one in information.parameters}
    for name, worth in exact.items():
        found = learned[name].worth
        assert found.value == pytest.approx(worth, abs=4 * found.standard_error + 1e-5)
    # of x alone: below 0.4 never, above in 80% of draws
    assert learned["x"].overturn.value == pytest.approx(0.6, abs=0.01)
    assert learned["x"].share_if_overturned == pytest.approx(0.8, abs=0.01)
    assert learned["idle"].overturn.value == 0
    both = {one.parameters: one.worth for one in information.pairs}[("x", "y")]
    # cells of the regression on two parameters are wide, and a followed rule is worth less than the best
    assert 0.9 * perfect.value < both.value < perfect.value + 4 * perfect.standard_error


def test_a_parameter_at_its_worst_and_bent(challenged):
    (robust,) = challenged[1].robustness
    worst = {one.parameter: one for one in robust.worst}
    assert worst["x"].low == 0
    assert worst["x"].high == pytest.approx(0.8, abs=0.02)
    assert worst["y"].high == pytest.approx(0.6, abs=0.02)
    bent = {(one.parameter, one.shape): one.number for one in robust.shapes}
    # density 2u: P(x > 0.4) = 1 - 0.16; density 2 (1 - u): 0.36
    assert bent["x", "high"] == pytest.approx(0.84 * 0.8, abs=0.01)
    assert bent["x", "low"] == pytest.approx(0.36 * 0.8, abs=0.01)
    assert {b.radius: (b.low, b.high) for b in robust.variation}[0.1] == pytest.approx(
        (robust.number - 0.1, robust.number + 0.1)
    )
    assert robust.overturned_low <= robust.overturned_at <= robust.overturned_high


def test_a_rare_conclusion_is_found_where_no_draw_shows_it(tmp_path):
    """P(x + y > 1.999) of two uniforms: 5e-7."""
    path = tmp_path / "rare.yaml"
    path.write_text(MODEL.replace("min(x - 0.4, y - 0.2) + bias", "x + y - 1.999 + bias"), encoding="utf-8")
    run = raison.load(path).run(4_096, seed=1, removals=())
    (rare,) = run.challenge().rare
    assert (rare.event, rare.counted) == ("yes", 0)
    assert rare.reached == rare.repetitions
    assert rare.share.low < 5e-7 < rare.share.high
    assert rare.share.high < 1e-6
    shown = {part.anchor: part for part in sections(run.model.record, run.challenge())}
    assert f"{rare.share.value:.2g}" in shown["rare"].sentences[0]
    assert shown["rare"].picture.count("<circle") == 2


def test_what_predicts_a_failure(tmp_path):
    """Draws with idle above 0.9 divide by zero."""
    path = tmp_path / "fails.yaml"
    failing = "min(x - 0.4, y - 0.2) / (1 if idle < 0.9 else 0)"
    path.write_text(MODEL.replace("min(x - 0.4, y - 0.2) + bias", failing), encoding="utf-8")
    run = raison.load(path).run(8_192, seed=1, removals=())
    found = run.challenge()
    assert found.failing.share == pytest.approx(0.1, abs=0.01)
    first = found.failing.predictors[0]
    assert (first.name, first.failing) == ("idle", pytest.approx(1, abs=0.01))
    assert first.low == pytest.approx(0.9, abs=0.01)
    assert first.explained.value > 0.95
    shown = {part.anchor: part for part in sections(run.model.record, found)}
    assert "What tells it best is idle" in " ".join(shown["failing"].sentences)


def test_correlated_parameters_share_what_they_do_together(tmp_path):
    """Linear in normals with rank 0.5: effects in closed form (Iooss and Prieur 2019)."""
    path = tmp_path / "pair.yaml"
    text = MODEL.replace('x: "uniform(0, 1)"', 'x: "normal(0, 1)"').replace(
        'y: "uniform(0, 1)"', 'y: "normal(0, 1)"'
    )
    text = text.replace("min(x - 0.4, y - 0.2) + bias", "2 * x + y + bias")
    path.write_text(text + "correlations: [{between: [x, y], rank: 0.5}]\n", encoding="utf-8")
    found = raison.load(path).run(4_096, seed=0, removals=()).challenge(thorough=True)
    margin = {one.answer: one for one in found.sensitivity}["margin"]
    r = 2 * np.sin(np.pi * 0.5 / 6)
    own = np.array([4.0, 1.0])
    exact = (own * (1 - r**2 / 2) + own[::-1] * r**2 / 2 + 2 * r) / (5 + 4 * r)
    effect = {one.name: one.effect for one in margin.parameters}
    for name, share in zip("xy", exact, strict=True):
        assert effect[name].value == pytest.approx(share, abs=4 * effect[name].standard_error + 1e-6)
    (group,) = margin.groups
    assert (group.name, group.total.value) == ("x, y", pytest.approx(1, abs=0.005))


def test_an_amount_is_challenged_too(tmp_path):
    path = tmp_path / "amount.yaml"
    text = MODEL.replace("questions: [{node: opening, move: strike}]", "questions: [{amount: worse}]")
    path.write_text(text, encoding="utf-8")
    run = raison.load(path).run(8_192, seed=0, removals=())
    found = run.challenge(thorough=True)
    assert (found.tipping, found.where, found.information, found.rare) == ((), (), (), ())
    (robust,) = found.robustness
    assert not robust.is_share
    assert robust.overturned_at is None
    assert all(b.low < robust.number < b.high for b in robust.bounds)
    assert [one.answer for one in found.sensitivity] == ["number"]
    for part in sections(run.model.record, found):
        assert not any("%" in s for s in part.sentences if "answer" in s and "premises" in s)


def test_what_its_error_swallows_is_said_to_be_nothing(tmp_path):
    """An answer that never varies is moved by nothing, and no sentence pretends otherwise."""
    path = tmp_path / "never.yaml"
    path.write_text(MODEL.replace("min(x - 0.4, y - 0.2) + bias", "x + y - 3 + bias"), encoding="utf-8")
    run = raison.load(path).run(4_096, seed=1, removals=())
    shown = {part.anchor: " ".join(part.sentences) for part in sections(run.model.record, run.challenge())}
    assert "No parameter, held in one twentieth" in shown["robustness-parameters"]
    assert "Another shape" not in shown["robustness-parameters"]
    assert "All draws give the same answer" in shown["robustness"]
    assert "the same in every draw" in shown["sensitivity-number"]
    assert "No way to the answer yes was found" in shown["rare"]
    assert "where" not in shown


def test_a_model_in_which_nothing_is_uncertain_is_challenged_as_far_as_it_goes(tmp_path):
    path = tmp_path / "certain.yaml"
    path.write_text(MODEL.replace('"uniform(0, 1)"', "0.7"), encoding="utf-8")
    found = raison.load(path).run(2_000, seed=0).challenge(thorough=True)
    assert (found.tipping, found.where, found.sensitivity, found.robustness) == ((), (), (), ())
    assert any("none is uncertain" in sentence for sentence in found.left_out)
    (together,) = found.together
    assert (together.whole.value, together.bare.value) == (1, 0)


def test_where_all_draws_fail_no_parameter_is_blamed(tmp_path):
    path = tmp_path / "fails.yaml"
    path.write_text(MODEL.replace("min(x - 0.4, y - 0.2) + bias", "log(x - 2) + y"), encoding="utf-8")
    run = raison.load(path).run(2_000, seed=0, removals=())
    shown = {part.anchor: " ".join(part.sentences) for part in sections(run.model.record, run.challenge())}
    assert "100% of the draws have no answer. No parameter tells which" in shown["failing"]


@dataclass
class Slow:
    """Stands in for a game whose draws take long: it only answers with what it was asked."""

    width: int = 16

    def sample(self, cube):
        return Sample(cube, {"x": cube[0]}, Answers(cube, cube, cube, cube, cube, np.zeros(cube.shape[-1])))


@pytest.mark.parametrize(
    ("patience", "draws"), [(0.0, 16), (1e9, 48)], ids=["no patience", "all the time in the world"]
)
def test_a_slow_game_is_asked_while_there_is_time_and_at_least_once(monkeypatch, patience, draws):
    monkeypatch.setattr(asking, "PATIENCE", patience)
    cube = np.arange(96.0).reshape(2, 48)
    sample = asking._in_time(Slow(), cube)
    assert np.array_equal(sample.cube, cube[:, :draws])
    assert np.array_equal(sample.values["x"], cube[0, :draws])
    assert sample.answers.status.shape == (draws,)
    assert np.array_equal(sample.answers.number, cube[:, :draws])
