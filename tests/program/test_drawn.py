"""What a mechanism brings and nothing depends on takes no coordinate of the draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import raison
from raison.answer.explain import explain_draw
from raison.program.drawn import undrawn
from raison.run.plan import make_plan

MECHANISM = """
raison: 1
title: A part with more than is used
parameters:
  idle: {value: "uniform(0, 1)"}
  spare: {value: "uniform(0, 1)"}
  base: {value: "uniform(0, 1)"}
  slope: {value: "uniform(1, 2)"}
  other: {value: "uniform(0, 1)"}
functions:
  line(x): base + slope * x
quantities:
  spared: spare * 2
premises:
  sloped: {says: There is a slope., without: {slope: other}}
"""
HOST = """
raison: 1
title: A host
players: {leader: The leader}
include: {part: {from: part.yaml, premises: [PREMISES]}}
parameters: {own: "uniform(0, 1)", unread: "uniform(0, 1)"}
CORRELATIONS
game:
  opening: {player: leader, moves: {go: gone, stay: stayed}}
outcomes:
  gone: {leader: part.line(own) + EXTRA}
  stayed: {leader: 1.5}
questions: [{node: opening, move: go}, {amount: ASKED}]
LEVERS
"""
BY_HAND = """
raison: 1
title: A host
players: {leader: The leader}
parameters:
  own: "uniform(0, 1)"
  unread: "uniform(0, 1)"
  base: "uniform(0, 1)"
  slope: "uniform(1, 2)"
game:
  opening: {player: leader, moves: {go: gone, stay: stayed}}
outcomes:
  gone: {leader: base + slope * own}
  stayed: {leader: 1.5}
questions: [{node: opening, move: go}, {amount: own}]
"""


def host(folder: Path, **changes: str) -> Any:
    (folder / "part.yaml").write_text(MECHANISM, encoding="utf-8")
    text = HOST
    given = {"PREMISES": "", "CORRELATIONS": "", "EXTRA": "0", "ASKED": "own", "LEVERS": ""} | changes
    for word, value in given.items():
        text = text.replace(word, value)
    (folder / "host.yaml").write_text(text, encoding="utf-8")
    return raison.load(folder / "host.yaml")


ALWAYS = {"own", "unread", "part.base", "part.slope"}


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        pytest.param({}, set(), id="a function of the mechanism"),
        pytest.param({"EXTRA": "part.idle"}, {"part.idle"}, id="a payoff"),
        pytest.param({"EXTRA": "part.spared"}, {"part.spare"}, id="a quantity that a payoff names"),
        pytest.param({"ASKED": "part.spared"}, {"part.spare"}, id="a question"),
        pytest.param({"PREMISES": "sloped"}, {"part.other"}, id="what a premise leaves behind"),
        pytest.param(
            {"CORRELATIONS": "correlations: [{between: [own, part.idle], rank: 0.5}]"},
            {"part.idle"},
            id="a correlation",
        ),
        pytest.param({"LEVERS": "levers: {leader: {part.idle: [0, 1]}}"}, {"part.idle"}, id="a lever"),
    ],
)
def test_what_something_depends_on_is_drawn_and_nothing_else(
    tmp_path: Path, changes: dict[str, str], more: set[str]
) -> None:
    program = host(tmp_path, **changes).program
    assert set(program.coordinates) == ALWAYS | more
    brought = {"part.idle", "part.spare", "part.other", "part.base", "part.slope"}
    assert undrawn(program.model) & brought == brought - ALWAYS - more


def test_a_run_is_that_of_the_same_model_without_what_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(BY_HAND, encoding="utf-8")
    included, plain = host(tmp_path), raison.load(tmp_path / "plain.yaml")
    assert [name.rpartition(".")[2] for name in included.program.coordinates] == list(plain.program.coordinates)
    mine, theirs = (model.run(draws=512, seed=3).record for model in (included, plain))
    for one, other in zip(mine.questions, theirs.questions, strict=True):
        assert (one.share, one.mean, one.standard_error) == (other.share, other.mean, other.standard_error)
    assert [p.name.rpartition(".")[2] for p in mine.parameters] == [p.name for p in theirs.parameters]


def test_what_is_not_drawn_stands_at_its_centre_and_can_be_set(tmp_path: Path) -> None:
    model = host(tmp_path)
    assert float(model.solve({}).quantity["part.spared"][0]) == 1.0
    assert float(model.solve({"part.spare": 0.75}).quantity["part.spared"][0]) == 1.5
    plan = make_plan(model.record, model.sha256, draws=64, seed=3, design="sobol")
    explained = explain_draw(plan, 3)
    assert {p.name for p in explained.parameters} == ALWAYS
