"""The fraction that a float stands for."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raison
from raison.model.reader import read_text
from raison.solve.exactly import ROUNDINGS, simplest, simplest_chances

TIE = """
raison: 1
title: One who is indifferent whatever the other does
players: {a: A, b: B}
parameters: {c: 0.9}
game:
  x: {player: a, moves: {l: y, r: y}}
  y: {player: b, hidden: [x], moves: {l: end, r: end}}
outcomes:
  end:
    a: "((1 - c) if x == 'l' else 0.1) + (1 if y == 'l' else 0)"
    b: "0.3 if y == 'l' else (1 if x == 'l' else 0)"
questions: [{node: x, move: l}]
"""


@pytest.mark.parametrize(
    ("number", "fraction"),
    [
        (0.1, Fraction(1, 10)),
        (0.3333333333333333, Fraction(1, 3)),
        (1 - 0.9, Fraction(1, 10)),
        (0.1 + 0.2, Fraction(3, 10)),
        (0.7 - 0.6 - 0.1, Fraction("-2.7755575615628914e-17")),  # all that was there is gone
        (math.sqrt(2), Fraction(repr(math.sqrt(2)))),
        (5e-324, Fraction("5e-324")),
        (0.0, Fraction(0)),
    ],
)
def test_what_is_meant_by_a_float(number, fraction):
    assert simplest(number) == fraction


@given(st.floats(-1e6, 1e6))
def test_no_float_is_taken_for_a_fraction_further_than_some_roundings(number):
    assert abs(float(simplest(number)) - number) <= ROUNDINGS * math.ulp(number)


@given(st.lists(st.floats(1e-3, 1), min_size=1, max_size=6))
def test_chances_add_up_to_one(weights):
    assert sum(simplest_chances([weight / sum(weights) for weight in weights])) == 1


def test_a_tie_between_a_formula_and_a_number_is_one_of_the_model():
    """Both of his moves pay the same; the other answers l below and r above three tenths."""
    model = raison.Model.of(read_text(TIE, "tie").model).solved_by("nash")
    listed = model.solve().equilibria(exact=True)
    found = {
        tuple(round(place.probability["l"].central, 12) for place in equilibrium.sets)
        for equilibrium in listed.equilibria
    }
    assert found == {(0.0, 1.0), (0.3, 1.0), (0.3, 0.0), (1.0, 0.0)}
