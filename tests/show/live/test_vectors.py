"""Corner cases that floats, arrays and the page must all get right: one list, read by all three."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from live_engine import Engine

from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import parse
from raison.model.reader import read_text
from raison.program.program import compile_model
from raison.program.world import World
from raison.solve.points import solve_points

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
FORMULAS = VECTORS["formulas"]
TIES = VECTORS["ties"]

# Exponentials, logarithms and roots round differently in each, and floats lose digits in the tail of the
# normal distribution, where they round the square; the rest is exact. Numbers below 1e-307 may be
# taken for 0 by processors that are told to.
TOLERANCE, TINY = 5e-14, 1e-307


def numbers(column):
    return np.array([float(case[column]) for entry in FORMULAS for case in entry["cases"]])


def model_of(formulas):
    data = {
        "raison": 1,
        "title": "Corner cases",
        "parameters": {"x": "uniform(0, 1)", "y": "uniform(0, 1)"},
        "quantities": {f"q{k}": formula for k, formula in enumerate(formulas)},
        "questions": [{"amount": "q0"}],
    }
    reading = read_text(yaml.safe_dump(data, sort_keys=False))
    assert reading.model is not None, reading.problems
    return reading.model


def disagreeing(found):
    """The cases in which what was found is not what the list says; `found` has a row for each formula."""
    wrong, at = [], 0
    for k, entry in enumerate(FORMULAS):
        for x, y, wanted in entry["cases"]:
            number, wanted = float(found[k][at]), float(wanted)
            same = number == wanted or (np.isnan(number) and np.isnan(wanted))
            near = np.isfinite(wanted) and abs(number - wanted) <= TOLERANCE * abs(wanted) + TINY
            if not (same or near):
                wrong.append((entry["formula"], x, y, wanted, number))
            at += 1
    return wrong


def test_floats():
    rows = [
        [evaluate(parse(entry["formula"]).expression, {"x": x, "y": y}.__getitem__, FLOATS)
         for x, y in zip(numbers(0).tolist(), numbers(1).tolist(), strict=True)]
        for entry in FORMULAS
    ]  # fmt: skip
    assert disagreeing(rows) == []


def test_arrays():
    program = compile_model(model_of([entry["formula"] for entry in FORMULAS]))
    with np.errstate(all="ignore"):
        world = World(program, chosen={"x": numbers(0), "y": numbers(1)})
        rows = [world.value(f"q{k}") for k in range(len(FORMULAS))]
    assert disagreeing(rows) == []


@pytest.mark.browser
def test_the_page(blank):
    program = compile_model(model_of([entry["formula"] for entry in FORMULAS]))
    count = len(numbers(0))
    _, names, _ = Engine(blank, program).at({"x": numbers(0), "y": numbers(1)}, count)
    assert disagreeing([names[f"q{k}"] for k in range(len(FORMULAS))]) == []


def tied_game():
    moves = ("a", "b", "c")
    data = {
        "raison": 1,
        "title": "Ties",
        "players": {"one": "One"},
        "parameters": dict.fromkeys(moves, 0),
        "game": {"opening": {"player": "one", "moves": {move: f"end_{move}" for move in moves}}},
        "outcomes": {f"end_{move}": {"one": move} for move in moves},
        "questions": [{"node": "opening", "move": move} for move in moves],
    }
    reading = read_text(yaml.safe_dump(data, sort_keys=False))
    assert reading.model is not None, reading.problems
    return compile_model(reading.model)


def points():
    return {name: np.array([float(tie["payoffs"][k]) for tie in TIES]) for k, name in enumerate("abc")}


def test_ties_in_arrays():
    solved = solve_points(tied_game(), points(), len(TIES), "ties")
    for i, tie in enumerate(TIES):
        assert solved.probability["opening"][:, i].argmax() == tie["played"], tie
        assert solved.margin["opening"][i] == pytest.approx(tie["margin"], rel=1e-6), tie


@pytest.mark.browser
def test_ties_in_the_page(blank):
    status, _, rows = Engine(blank, tied_game()).at(points(), len(TIES))
    assert (status == 0).all()
    for i, tie in enumerate(TIES):
        played = [rows[f"branch 0 {k}"][i] for k in range(3)]
        assert played.index(1.0) == tie["played"], tie
        assert rows["margin 0"][i] == pytest.approx(tie["margin"], rel=1e-6), tie
        assert rows["best 0"][i] == sum(1 << k for k in tie["best"]), tie
        shares = [rows[f"number {k}"][i] for k in range(3)]
        wanted = [1 / len(tie["best"]) if k in tie["best"] else 0 for k in range(3)]
        assert shares == pytest.approx(wanted, rel=1e-15), tie
