"""Subgame-perfect equilibria in fractions: against every plan tried out, and ties that floats would miss."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from raison.api import Model
from raison.model.reader import read_text
from raison.program.form import make_form
from raison.program.graph import CHANCE, OUTCOME
from raison.solve import exact_backward
from raison.solve.exact_backward import solve_backward_exactly

TEXT = """
raison: 1
title: Three moves and a chance
players: {one: One, two: Two}
parameters: {x: {value: "uniform(0, 1)"}}
game:
  root: {player: one, moves: {left: reply, right: luck, out: o1}}
  reply: {player: two, moves: {yes: again, no: o2}}
  again: {player: one, moves: {up: o3, down: o4}}
  luck: {cases: {good: {probability: 1/3, then: answer}, bad: {probability: otherwise, then: o5}}}
  answer: {player: two, moves: {a: o6, b: o7}}
outcomes: {o1: {one: 0.3, two: 1}, o2: {one: 1, two: 0}, o3: {one: 0.1 + 0.2, two: 2}, o4: {one: 0.3, two: 2},
  o5: {one: 0, two: 0}, o6: {one: 0.9, two: 1}, o7: {one: 0.9, two: 1}}
questions: [{node: root, move: left}]
solution: {concept: sequential}
"""


def model(text: str = TEXT) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256)


def tried(form, payoffs, chance, available):
    """Every plan from which nobody gains by one other move anywhere, by trying all of them."""
    states = form.graph.states

    def value(s, plan):
        if states[s].mover == OUTCOME:
            return payoffs[list(form.graph.outcomes).index(s)]
        if states[s].mover == CHANCE:
            below = [value(child, plan) for child in states[s].children]
            return [sum(p * v[i] for p, v in zip(chance[s], below, strict=True)) for i in range(2)]
        return value(states[s].children[plan[form.place[s]]], plan)

    options = [
        [k for k, allowed in enumerate(available[place.states[0]]) if allowed] for place in form.places
    ]
    found = []
    for plan in itertools.product(*options):
        worths = [
            [value(states[place.states[0]].children[k], plan)[place.player] for k in can]
            for place, can in zip(form.places, options, strict=True)
        ]
        mine = [
            value(states[place.states[0]].children[k], plan)[place.player]
            for place, k in zip(form.places, plan, strict=True)
        ]
        if all(own == max(row) for own, row in zip(mine, worths, strict=True)):
            found.append(plan)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_all_plans_without_a_better_move_anywhere_are_found(seed: int) -> None:
    """Payoffs of three values, so that most games tie; no plan is missed and none is too many."""
    rng, form = np.random.default_rng(seed), make_form(model().record)
    payoffs = [[Fraction(int(v), 3) for v in row] for row in rng.integers(0, 3, (7, 2))]
    luck = next(s for s, state in enumerate(form.graph.states) if state.mover == CHANCE)
    chance = {luck: (Fraction(1, 3), Fraction(2, 3))}
    available = {place.states[0]: (True,) * len(place.labels) for place in form.places}
    available[form.places[0].states[0]] = (True, bool(seed % 2), True)
    found = solve_backward_exactly(form, payoffs, chance, available)
    expected = tried(form, payoffs, chance, available)
    assert sorted(found.chosen) == sorted(expected)
    assert found.is_complete
    assert found.is_tied == (len(expected) > 1)


def test_too_many_equilibria_are_cut_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_backward, "MOST", 5)
    form = make_form(model().record)
    luck = next(s for s, state in enumerate(form.graph.states) if state.mover == CHANCE)
    chance = {luck: (Fraction(1, 3), Fraction(2, 3))}
    found = solve_backward_exactly(form, [[Fraction(0)] * 2] * 7, chance, {})
    assert (len(found.chosen), found.is_complete, found.is_tied) == (5, False, True)


def test_a_listed_tie_is_one_of_the_model() -> None:
    """0.3, 1/3 of 0.9 and 0.1 + 0.2 are one fraction, though not one float; a millionth more is another."""
    apart = model(TEXT.replace("0.1 + 0.2", "0.300001")).solve({}).equilibria(exact=True)
    assert apart.is_exact
    assert {e.sets[2].probability["up"].central for e in apart.equilibria} == {1.0}
    plain = model().solve({}).equilibria(exact=True)
    assert plain.is_degenerate
    assert {e.sets[2].probability["up"].central for e in plain.equilibria} == {0.0, 1.0}
    assert {e.sets[2].exact["up"] for e in plain.equilibria} == {Fraction(0), Fraction(1)}
    assert "Payoffs tie exactly" in plain.status
    assert max(e.gain for e in plain.equilibria) == pytest.approx(0, abs=1e-15)
