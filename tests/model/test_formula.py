"""Roots, fractions and amounts in formulas: what they mention and what they are worth."""

import math

import pytest

from raison.model.evaluate import FLOATS, Coded, Taken, evaluate
from raison.model.formula import FormulaError, Fraction, Name, fractions, mentions, names, parse, rewritten
from raison.model.unparse import show


def value(text, **bound):
    return evaluate(parse(text).expression, bound.__getitem__, FLOATS)


def test_the_unknown_of_a_root_is_no_name_outside_of_it():
    expression = parse("root(x, f(x) - y + root(z, z - x, 0, z), 0, w)").expression
    assert names(expression) == {"y", "w", "z"}  # the end of the inner root is outside of it
    assert mentions(expression) == {"f", "y", "w", "z"}


def test_a_fraction_mentions_no_result_but_itself():
    expression = parse("1 - fraction(protest, 'go out') * cost").expression
    assert names(expression) == {"cost"}
    assert fractions(expression) == {Fraction("protest", "go out")}
    assert mentions(expression) == {"cost", "fraction(protest, go out)"}


def test_rewriting_keeps_what_a_root_binds():
    expression = parse("root(x, x - y, 0, y) + x").expression
    doubled = rewritten(expression, lambda name: parse(f"2 * {name}").expression)
    assert show(doubled) == "root(x, x - 2 * y, 0, 2 * y) + 2 * x"


def test_what_is_put_into_a_root_is_not_caught_by_its_unknown():
    """root(x, x - y, 0, 9) is y; with x + 1 for y it is x + 1, whatever the unknown is called."""
    expression = parse("root(x, x - y, 0, 9)").expression
    changed = rewritten(expression, lambda name: parse("x + 1").expression if name == "y" else Name(name))
    # the zero of a straight line is found to the width of the last bracket
    assert evaluate(changed, {"x": 3.0}.__getitem__, FLOATS) == pytest.approx(4, abs=1e-12)


def test_a_fraction_is_looked_up_by_its_text():
    found = evaluate(
        parse("2 * fraction(protest, 'join')").expression, {"fraction(protest, join)": 0.25}.get, FLOATS
    )
    assert found == 0.5


@pytest.mark.parametrize(
    "text",
    ["fraction(a, b)", "fraction(a)", "fraction('a', 'b')", "fraction(a, move='b')", "fraction(1, 'b')"],
)
def test_a_fraction_needs_a_node_and_a_quoted_move(text):
    with pytest.raises(FormulaError, match=r"fraction is written fraction\(node, 'move'\)"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["root(x, x)", "root(1, x, 0, 1)", "root(a.b, 1, 0, 1)", "root(x, x, 0, high=1)"]
)
def test_a_root_needs_a_name_a_formula_and_two_ends(text):
    with pytest.raises(FormulaError, match=r"root is written root\(name, formula, low, high\)"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("offer > 0.5", 1),
        ("2 * offer", 1.4),
        ("offer == 'bid'", 1),
        ("'bid' != offer", 0),
        ("offer == 'walk'", 0),
        ("offer == 0.7", 1),
        ("0 < offer < 1", 1),
        ("offer == again", 1),
        ("offer == mood", 0),
        ("mood != offer", 1),
        ("max(offer, 1)", 1),
        ("1 if offer == 'bid' and offer > 0.6 else 2", 1),
        # a plain move of the same node, and a node that was not visited
        ("left == 'walk'", 1),
        ("left > 0.5 or left <= 0.5", 0),
        ("left == 0.5", 0),
        ("left != 0.5", 1),
        ("absent == 'bid'", 0),
        ("absent < 1", 0),
    ],
)
def test_an_amount_is_its_number_and_its_move(text, wanted):
    bound = {
        "offer": Taken(0.7, "bid"),
        "again": Taken(0.7, "other"),
        "mood": Coded(1.0, ("bid", "calm")),
        "left": "walk",
        "absent": "",
    }
    # exact: one operation on the numbers themselves
    assert value(text, **bound) == wanted


def test_an_amount_that_was_not_taken_is_no_number():
    assert math.isnan(value("1 - left", left="walk"))
    assert math.isnan(value("max(absent, 2)", absent=""))
