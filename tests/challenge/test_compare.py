"""Rival models on the same draws: closed forms for two that differ in one number, and the divergence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import raison
from raison.challenge.compare import FINISHED, compare, divergence
from raison.program.engine import configure
from raison.run.plan import make_plan
from raison.show.comparison import print_comparison

DRAWS = 4_096

MODEL = """
raison: 1
title: A bet
about: STYLISED. Made for a test.
players: {{a: A}}
parameters:
  p: {{value: 'uniform(0, 1)', about: chance of success}}
  bar: {{value: {bar}, about: what is enough}}
game:
  opening: {{player: a, moves: {{bet: won, pass: kept}}}}
outcomes:
  won: {{a: p - bar}}
  kept: {{a: 0}}
questions:
  - {{node: opening, move: bet, name: {name}}}
"""


def plan(tmp_path, name, text):
    configure()
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    model = raison.load(path)
    return make_plan(model.record, model.sha256, draws=DRAWS, seed=0, design="sobol", removals=())


@pytest.fixture
def rivals(tmp_path):
    return {
        name: plan(tmp_path, name, MODEL.format(bar=bar, name="the bet pays"))
        for name, bar in (("bold", 0.25), ("shy", 0.75))
    }


def test_the_draws_are_shared_and_the_answers_differ_by_the_bar(rivals):
    found = compare(rivals, DRAWS, 0)
    (asked,) = found.questions
    bold, shy = asked.answers
    assert bold.number == pytest.approx(0.75, abs=1e-3)
    assert shy.number == pytest.approx(0.25, abs=1e-3)
    (pair,) = asked.pairs
    assert pair.difference == pytest.approx(-0.5, abs=1e-3)
    assert pair.disagree == pytest.approx(0.5, abs=1e-3)  # exactly where p lies between the bars
    (cause,) = pair.because  # and so nothing else decides whether they agree
    assert (cause.parameter, cause.low > 0.95) == ("p", True)
    assert found.shared == ("p",)


def test_what_is_seen_tells_them_apart_as_the_divergence_says(rivals):
    found = compare(rivals, DRAWS, 0)
    ending = next(o for o in found.observations if o.what == FINISHED)
    assert ending.chances["bold"]["won"] == pytest.approx(0.75, abs=1e-3)
    h = lambda x: -x * math.log2(x) - (1 - x) * math.log2(1 - x)
    assert ending.bits == pytest.approx(1 - h(0.25), abs=3e-3)  # the mixture is even
    assert ending.standard_error < 0.01
    assert [o.bits for o in found.observations] == sorted((o.bits for o in found.observations), reverse=True)


def test_the_texts_differ_where_the_files_do(rivals):
    found = compare(rivals, DRAWS, 0)
    (only,) = found.differences
    assert only.where == "parameters / bar / value"
    assert only.texts == {"bold": "0.25", "shy": "0.75"}


def test_a_model_beside_itself_does_not_differ(rivals):
    found = compare({"one": rivals["bold"], "other": rivals["bold"]}, DRAWS, 0)
    (pair,) = found.questions[0].pairs
    assert (pair.difference, pair.disagree) == (0.0, 0.0)
    assert all(o.bits == 0.0 for o in found.observations)
    assert found.differences == ()


def test_models_without_a_common_question_are_refused(tmp_path, rivals):
    other = plan(tmp_path, "other", MODEL.format(bar=0, name="something else"))
    with pytest.raises(ValueError, match="no question in common"):
        compare({"bold": rivals["bold"], "other": other}, DRAWS, 0)
    with pytest.raises(ValueError, match="at least two"):
        compare({"bold": rivals["bold"]}, DRAWS, 0)


@given(arrays(np.float64, (3, 4), elements=st.floats(0.01, 1)))
def test_the_divergence_lies_between_nothing_and_the_models_entropy(weights):
    chances = weights / weights.sum(axis=1, keepdims=True)
    found = divergence(chances)
    assert 0 <= found <= math.log2(3) + 1e-12
    assert divergence(chances[::-1]) == pytest.approx(found, abs=1e-12)
    # mutual information of model and observation, by its other definition
    joint = chances / 3
    independent = joint.sum(axis=0) * joint.sum(axis=1)[:, None]
    assert found == pytest.approx(float((joint * np.log2(joint / independent)).sum()), abs=1e-12)


def test_models_that_exclude_each_other_are_told_apart_for_sure():
    assert divergence(np.eye(2)) == pytest.approx(1.0)


def test_what_its_error_swallows_tells_no_models_apart(tmp_path, capsys):
    """A second unknown that averages out: no difference of the answers, and no observation to choose by."""
    text = """\
raison: 1
title: Go or stay
players: {me: Me}
parameters: {a: "uniform(0, 1)", b: "uniform(0, 1)"}
game: {start: {player: me, moves: {go: won, stay: home}}}
outcomes: {won: {me: a}, home: {me: 0.5}}
questions: [{node: start, move: go}]
"""
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(text, encoding="utf-8")
    two.write_text(text.replace("{me: a}", "{me: a + b - 0.5}"), encoding="utf-8")
    print_comparison(raison.compare([raison.load(one), raison.load(two)], draws=1_024, seed=1))
    said = " ".join(capsys.readouterr().out.split())
    assert "no more than its error" in said
    assert "Nothing that both foresee would tell them apart by more than the error." in said
