"""Processes in the page against the simulation in arrays: every kind of stock, flow, delay and output."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from live_engine import Engine

from raison.model.reader import read_text
from raison.program.javascript.tape import NotPrintableError
from raison.program.program import compile_model
from raison.solve.javascript.printed import print_model
from raison.solve.points import solve_points

pytestmark = pytest.mark.browser

CASES = yaml.safe_load((Path(__file__).parents[2] / "process" / "processes.yaml").read_text(encoding="utf-8"))
COUNT = 50


def program_of(process):
    calls = {f"q_{name}": f"p().{name}" for name in process["outputs"]}
    data = {
        "raison": 1,
        "title": "-",
        "parameters": dict.fromkeys("xyz", "uniform(0, 1)"),
        "processes": {"p": process},
        "quantities": calls,
        "questions": [{"amount": name, "name": name} for name in calls],
    }
    reading = read_text(yaml.safe_dump(data, sort_keys=False))
    assert reading.model is not None, reading.problems
    return compile_model(reading.model)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_the_page_simulates_as_python_does(blank, case):
    program = program_of(case["process"])
    if case["process"].get("noise"):
        with pytest.raises(NotPrintableError, match="draws noise"):
            print_model(program)
        return
    points = dict(zip("xyz", np.random.default_rng(5).uniform(size=(3, COUNT)), strict=True))
    wanted = solve_points(program, points, COUNT, case["name"])
    status, names, _ = Engine(blank, program).at(points, COUNT)
    assert (status == wanted.status).all()
    solved = wanted.status == 0
    for name, row in wanted.quantity.items():
        # time goes on for hundreds of steps, each of which rounds
        assert np.allclose(names[name][solved], row[solved], rtol=1e-11, atol=1e-12, equal_nan=True), name


def test_what_falls_below_zero_fails_for_the_same_reason(blank):
    process = {
        "time": {"step": 1, "horizon": 4, "unit": "week"},
        "stocks": {"here": {"start": 1}, "there": {"start": 0.7}},
        "flows": {"back": {"from": "here", "to": "there", "rate": "x - 0.5"}},
        "outputs": {"left": {"at": "end", "of": "there"}},
    }
    program = program_of(process)
    points = {name: np.linspace(0, 1, 11) for name in "xyz"}
    wanted = solve_points(program, points, 11, "below")
    assert len(set(wanted.status)) == 2  # some fall below zero, and not at the first step
    status, _, _ = Engine(blank, program).at(points, 11)
    assert (status == wanted.status).all()
