"""Tipping points as formulas: those known by hand, and the solver's margin where a formula says it is 0."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import raison
from raison.challenge.asked import Asked
from raison.challenge.closed_form import ClosedForms
from raison.challenge.engine import Engine
from raison.challenge.methods.tipping import tipping_points
from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import parse
from raison.program.engine import configure
from raison.run.plan import make_plan
from raison.solve.isolate import MOST, isolate
from raison.solve.symbols import NORMAL_CDF, to_text

DRAWS = 64

CHANCE = """
raison: 1
title: A gamble that somebody else may call off
about: STYLISED. Made for a test.
players: {a: A, b: B}
parameters:
  stake: "uniform(1, 3)"
  chance: "uniform(0.2, 0.6)"
  loss: "uniform(0, 2)"
  dread: "uniform(0, 1)"
  scale: 2
functions:
  feared(x): exp(dread) * x
quantities:
  gain: scale * stake
  pain: feared(loss)
game:
  opening: {player: a, moves: {go: reply, stay: home}}
  reply: {player: b, moves: {let: lot, stop: stopped}}
  lot: {cases: {won: {probability: chance, then: won}, lost: {probability: otherwise, then: lost}}}
outcomes:
  home: {a: 0, b: 0}
  stopped: {a: 5, b: -1}
  won: {a: gain, b: 0}
  lost: {a: "-pain if loss > 0.001 else -1", b: 0}
questions: [{node: opening, move: go}]
"""
BY_HAND = {  # 2 c s = (1 - c) exp(d) l
    "stake": lambda v: (1 - v["chance"]) * np.exp(v["dread"]) * v["loss"] / (2 * v["chance"]),
    "chance": lambda v: np.exp(v["dread"]) * v["loss"] / (2 * v["stake"] + np.exp(v["dread"]) * v["loss"]),
    "loss": lambda v: 2 * v["chance"] * v["stake"] / ((1 - v["chance"]) * np.exp(v["dread"])),
    "dread": lambda v: np.log(2 * v["chance"] * v["stake"] / ((1 - v["chance"]) * v["loss"])),
}


def asked_of(model, **options):
    configure()
    plan = make_plan(model.record, model.sha256, draws=DRAWS, seed=0, design="sobol", removals=(), **options)
    return Asked(Engine(plan), 0)


def formulas(asked):
    axes = tipping_points(asked.margin_from_centre, asked.value, asked.centre)
    forms = ClosedForms(asked)
    return {asked.names[axis.parameter]: (axis.nearest, forms.formula(axis)) for axis in axes if axis.nearest}


KNOWN = {
    "crisis": ("three-step-crisis", {"p_win": "k_challenger", "k_challenger": "p_win"}),
    "critical risk": (
        "critical-risk",
        {"risk": "(quit - win)/(disaster - win)", "disaster": "(quit + risk*win - win)/risk"},
    ),
}


@pytest.mark.parametrize(("name", "expected"), KNOWN.values(), ids=KNOWN)
def test_gallery_models_tip_where_their_papers_say(name, expected):
    found = formulas(asked_of(raison.gallery(name)))
    assert {parameter: formula for parameter, (_, formula) in found.items()} == expected


@pytest.mark.parametrize(
    "name",
    ["three-step-crisis", "strike-and-answer", "face", "political-bias", "critical-risk", "gamble-at-a-loss"],
)
def test_what_is_told_is_a_root_of_the_solvers_margin_at_the_centre(name):
    asked = asked_of(raison.gallery(name))
    found = {p: (flip, f) for p, (flip, f) in formulas(asked).items() if f is not None}
    assert found
    for parameter, (flip, formula) in found.items():
        value = evaluate(parse(formula).expression, lambda n: value_of(asked, n), FLOATS)
        assert value == pytest.approx(flip.value, rel=1e-9, abs=1e-9)
        steps = np.array([-1e-6, -1e-8, 0.0, 1e-8, 1e-6]) * max(abs(value), 1)
        margins = asked.engine.solve({parameter: value + steps}).margin[0]
        assert np.nanmin(margins) < 0 <= np.nanmax(margins)  # it flips there
        assert (
            np.nanmin(np.abs(margins)) <= 1e-7
        )  # and passes 0, before it leaps where another move flips too
        assert parameter not in {symbol.name for symbol in sympy.sympify(parse_names(formula)).free_symbols}


def value_of(asked, name):
    model = asked.engine.model
    if name in asked.engine.centre:
        return asked.engine.centre[name]
    definition = model.quantities[name] if name in model.quantities else model.parameters[name]
    functions = {n: (f.arguments, f.body.expression) for n, f in model.functions.items()}
    return evaluate(definition.value.expression, lambda n: value_of(asked, n), FLOATS, functions)


def parse_names(formula):
    return formula.replace("normal_quantile", "Function('q')")


@pytest.fixture(scope="module")
def gamble(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "gamble.yaml"
    path.write_text(CHANCE, encoding="utf-8")
    asked = asked_of(raison.load(path))
    return asked, formulas(asked)


def test_the_formulas_of_a_gamble_are_those_by_hand(gamble):
    asked, found = gamble
    assert set(found) >= {"stake", "chance", "loss"}
    for parameter, (flip, formula) in found.items():
        assert formula is not None
        assert flip.value == pytest.approx(BY_HAND[parameter](asked.engine.centre), rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(*(st.floats(0.05, 0.95) for _ in range(4)))
def test_a_formula_gives_a_margin_of_0_wherever_play_goes_the_same_way(gamble, a, b, c, d):
    asked, found = gamble
    values = {"stake": 1 + 2 * a, "chance": 0.2 + 0.4 * b, "loss": 0.01 + 1.99 * c, "dread": d}
    known = values | {"gain": 2 * values["stake"], "scale": 2.0}
    known["pain"] = np.exp(d) * values["loss"]
    for parameter, (_, formula) in found.items():
        value = evaluate(parse(formula).expression, lambda n: known[n], FLOATS)
        assert value == pytest.approx(BY_HAND[parameter](values), rel=1e-9)
        margin = asked.engine.solve(values | {parameter: value}).margin[0, 0]
        assert margin == pytest.approx(0.0, abs=1e-8)  # ties are 1e-9 of a range of some 10


def test_jumps_and_what_is_too_long_have_no_formula():
    asked = asked_of(raison.gallery("gambling-for-resurrection"))
    found = formulas(asked)
    assert {flip.kind for flip, formula in found.values() if formula is None} == {"jump", "root"}
    assert found["required"][0].kind == "jump"


def test_without_a_premise_the_formula_is_that_of_the_model_without_it(tmp_path):
    path = tmp_path / "gamble.yaml"
    premise = "premises: {dreaded: {says: It is dreaded., without: {dread: 0.3}}}\n"
    path.write_text(CHANCE + premise, encoding="utf-8")
    asked = asked_of(raison.load(path), without=("dreaded",))
    found = formulas(asked)
    assert set(found) == {"stake", "chance", "loss"}
    for parameter, (flip, formula) in found.items():
        assert formula is not None
        assert flip.value == pytest.approx(
            BY_HAND[parameter](asked.engine.centre | {"dread": 0.3}), rel=1e-12
        )


def in_floats(expression):
    """By the language's own evaluator, which knows its functions; nan where it is not real."""
    names = {"I": np.nan}
    return evaluate(parse(to_text(expression)).expression, lambda name: names[name], FLOATS)


X, A, B = sympy.symbols("x a b", real=True)
EQUATIONS = {
    "straight": (3 * X - A, ["a/3"]),
    "a fraction": (A / (X + 1) - B, None),
    "a square": (X**2 - A, None),
    "a quadratic": (X**2 - A * X - B, None),
    "a power": (2 * X**A - B, None),
    "an exponent": (2 * A**X - B, None),
    "a high power of many": ((X + A + B + A * B + 1) ** 63 - 2, None),
    "in functions": (A * sympy.exp(NORMAL_CDF(2 * X + 1)) - B, None),
    "a fifth degree": (X**5 + X - A, []),
    "twice": (sympy.exp(X) + X - A, []),
    "without it": (A - B, []),
}


@pytest.mark.parametrize(("equation", "expected"), EQUATIONS.values(), ids=EQUATIONS)
def test_solutions_solve_the_equation_or_there_are_none(equation, expected):
    found = isolate(equation, X)
    if expected is not None:
        assert [to_text(solution) for solution in found] == expected
        return
    residuals = []
    for solution in found:
        assert not solution.has(X)
        numbers = {A: sympy.Float(1.7), B: sympy.Float(2.3)}
        value = in_floats(solution.subs(numbers))
        if np.isfinite(value):
            residuals.append(abs(in_floats(equation.subs(numbers).subs(X, value))))
    assert min(residuals) < 1e-12


def test_an_equation_that_is_too_large_is_not_tried():
    equation = sum((sympy.Symbol(f"y{i}", real=True) ** i * X for i in range(MOST)), start=-A)
    assert isolate(equation, X) == []
