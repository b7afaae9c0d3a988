"""Simulations that are worked out once for equal inputs: the same answers, and no more than needed."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison
from raison.program.process.once import KEPT, Simulations

MODEL = """
raison: 1
title: Does it pay to wait for water?
players: {farmer: The farmer}
parameters:
  rain: {value: "uniform(0, 2)"}
  leak: {value: "uniform(0, 1)"}
  width: {value: "uniform(1, 2)"}
  patience: {value: "uniform(0, 1)"}
  luck: {value: "uniform(0, 1)"}
correlations: [{between: [leak, luck], rank: 0.5}]
processes:
  tank:
    inputs: {inflow: {default: 1}, after: {default: 2}}
    time: {step: 0.1, horizon: 4}
    stocks: {water: {start: 1}}
    flows:
      fill: {to: water, rate: inflow}
      drip: {from: water, to: ground, rate: leak * water / width}
    sinks: [ground]
    outputs: {level: {at: after, of: water}, most: {max: water}}
functions:
  level(t): tank(inflow=rain, after=t).level
quantities:
  soon: level(1)
  late: level(3)
  most: tank(inflow=rain).most
  other: tank(inflow=2 * rain).most
game:
  wait: {player: farmer, moves: {now: early, later: ripe}}
outcomes:
  early: {farmer: soon}
  ripe: {farmer: late * patience + 0.01 * luck}
premises:
  tight: {says: The tank leaks., unstated: true, without: {leak: 0}}
  narrow: {says: The tank is narrow., unstated: true, without: {width: "uniform(1, 4)"}}
  eager: {says: Waiting costs., unstated: true, without: {patience: 1}}
  lucky: {says: Luck counts., unstated: true, without: {luck: 0}}
questions:
  - {node: wait, move: later}
  - {name: water, amount: most + other}
levers: {farmer: {patience: [0, 1]}}
"""
COUNT = 64


@pytest.fixture
def model(tmp_path: Path) -> raison.Model:
    path = tmp_path / "tank.yaml"
    path.write_text(textwrap.dedent(MODEL), encoding="utf-8")
    return raison.load(path)


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the program of simulations was run for."""
    found: list[Any] = []
    original = Simulations.__init__

    def counted(self: Simulations, *arguments: Any) -> None:
        original(self, *arguments)
        run = self._run
        self._run = lambda *inputs: found.append(np.asarray(inputs[2])) or run(*inputs)  # type: ignore[assignment]

    monkeypatch.setattr(Simulations, "__init__", counted)
    return found


def answers(run: raison.Run) -> list[Any]:
    removals = [[change.value for change in removal.changes] for removal in run.record.removals]
    return [run.verdicts[0].share, run.verdicts[1].mean, removals]


def test_answers_are_the_same_bits_as_where_everything_is_simulated_each_time(
    model: raison.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = answers(model.run(1_024, seed=3))
    monkeypatch.setattr(Simulations, "__call__", lambda *_: None)
    assert answers(model.run(1_024, seed=3)) == once


def test_only_what_bears_on_a_process_simulates_again(model: raison.Model, simulated: list[Any]) -> None:
    """Of four premises two do; the leak is drawn together with luck, whose removal keeps both draws."""
    model.run(1_024, seed=3, workers=1)
    assert len(simulated) == 3


def test_subsets_of_premises_simulate_once_for_each_pattern_that_matters(
    model: raison.Model, simulated: list[Any]
) -> None:
    run = model.run(256, seed=3, removals=(), workers=1)
    simulated.clear()
    run.challenge(thorough=True)
    patterns = {tuple(row[:2]) for row in simulated if row.shape == (4,)}
    assert len(patterns) <= 4


def test_no_more_than_a_few_simulations_are_remembered(model: raison.Model) -> None:
    simulations = Simulations(model.program, "remembered")
    removed = np.zeros(4, bool)
    cubes = [
        np.random.default_rng(seed).random((len(model.program.coordinates), COUNT))
        for seed in range(KEPT + 3)
    ]
    for cube in cubes:
        assert simulations(cube, removed) is not None
    assert len(simulations._known) == KEPT
    first = simulations(cubes[-1], removed)
    assert simulations(cubes[-1].copy(), removed) is first
