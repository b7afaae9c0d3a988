"""Runs that compile nothing but processes: the same answers, and nothing made twice."""

import pytest

import raison
from raison.api import Model
from raison.model.reader import read_text

GAMES = ("strike-and-answer", "three-step-crisis", "gambling-for-resurrection", "face")


@pytest.mark.parametrize("name", GAMES)
def test_a_run_step_by_step_answers_as_a_compiled_one(name):
    model = raison.gallery(name)
    compiled, stepwise = model.run(1_000).record, model.run(1_000, compiled=False).record
    for one, other in zip(compiled.questions, stepwise.questions, strict=True):
        # shares are of draws that are decided the same; means agree to rounding
        assert other.share == one.share
        if one.mean is not None:
            assert other.mean == pytest.approx(one.mean, rel=1e-9, abs=1e-12)
    assert [removal.name for removal in stepwise.removals] == [removal.name for removal in compiled.removals]
    for one, other in zip(compiled.removals, stepwise.removals, strict=True):
        for here, there in zip(one.changes, other.changes, strict=True):
            assert there.difference == pytest.approx(here.difference, rel=1e-9, abs=1e-12)


def test_the_draws_that_fail_are_the_same():
    text = """
raison: 1
title: t
players: {a: A}
parameters: {p: "uniform(-1, 1)"}
quantities: {q: "sqrt(p)"}
game: {n: {player: a, moves: {go: x, stay: y}}}
outcomes: {x: {a: q}, y: {a: 0.5}}
questions: [{node: n, move: go}]
"""
    reading = read_text(text, "failing")
    model = Model(reading.model, reading.sha256)
    records = [model.run(1_000, compiled=compiled).record for compiled in (True, False)]
    assert records[0].failed == records[1].failed > 0.4
    assert records[0].failures == records[1].failures
    assert records[0].questions[0].share == records[1].questions[0].share


def test_a_run_with_several_blocks_of_its_own_is_one_run():
    model = raison.gallery("three-step-crisis")
    assert (
        model.run(20_000, compiled=False).record.questions[0].share
        == model.run(20_000).record.questions[0].share
    )


def test_a_process_is_compiled_once_while_the_model_around_it_changes():
    text = """
raison: 1
title: t
players: {{a: A}}
parameters: {{p: "uniform(0.5, {high})"}}
functions: {{half(x): x / {half}}}
processes:
  decay:
    time: {{unit: month, step: 1, horizon: 12}}
    inputs: {{rate: {{default: 0.1}}}}
    stocks: {{left: {{start: 1}}}}
    sinks: [gone]
    flows: {{out: {{from: left, to: gone, rate: half(rate * left)}}}}
    outputs: {{end: {{at: end, of: left}}}}
quantities: {{q: "decay(rate=0.1 * p).end"}}
game: {{n: {{player: a, moves: {{go: x, stay: y}}}}}}
outcomes: {{x: {{a: q}}, y: {{a: 0.5}}}}
questions: [{{amount: q}}]
"""

    def made(**numbers):
        reading = read_text(text.format(**numbers), "decaying")
        assert reading.model is not None, reading.problems
        model = Model(reading.model, reading.sha256)
        mean = model.run(256, compiled=False).record.questions[0].mean
        return model.program.plans["decay"].runs, mean

    first, mean = made(high=1, half=2)
    second, other = made(high=1.5, half=2)
    assert second is first
    assert len(first) == 1
    assert other < mean
    third, halved = made(high=1, half=4)  # a function that the process calls is part of it
    assert third is not first
    assert halved > mean


def test_a_run_step_by_step_is_not_stored():
    with pytest.raises(ValueError, match="not stored or resumed"):
        raison.gallery("face").run(100, compiled=False, store_at="x.partial")
