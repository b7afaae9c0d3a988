"""Amounts written out as moves and cases: the same game, and its equilibria as those of a game of chance."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raison
from raison.api import Model
from raison.exchange.best_reply import ends, regrets
from raison.model.reader import read_text
from raison.program.form import make_form
from raison.program.unfold import count_unfolded, unfold
from raison.solve.deviation import nash_regret
from raison.solve.every import why_not
from raison.solve.inputs import game_at, inputs_at, played_rows, profile_at, unfolded_at
from raison.solve.listed import Equilibria
from raison.solve.listing import why_not_listed

# Cho and Kreps (1987): beer suits the strong, quiche the weak, and only the weak are worth a duel
PAYOFFS = """
outcomes:
  bd: {stranger: STRONG * taste, bully: 1 - 2 * STRONG}
  bl: {stranger: STRONG * taste + 2, bully: 0}
  qd: {stranger: 1 - STRONG, bully: 1 - 2 * STRONG}
  ql: {stranger: 1 - STRONG + 2, bully: 0}
questions:
  - {node: eats, move: beer}
  - {node: after_quiche, move: duel}
  - {name: left alone, event: outcome == 'bl', above: 0.5}
"""
GAME = """
  eats: {player: stranger, moves: {beer: after_beer, quiche: after_quiche}}
  after_beer: {player: bully, moves: {duel: bd, leave: bl}}
  after_quiche: {player: bully, moves: {duel: qd, leave: ql}}
"""
HEAD = """
raison: 1
title: Is a stranger at breakfast challenged?
players: {stranger: The stranger, bully: The bully}
parameters:
  share: {value: "uniform(0.2, 0.95)"}
  taste: {value: "uniform(0.5, 3)"}
"""
CHOICE = f"""{HEAD}
  strong: {{value: "choice(0, 1 - share, 1, share)", known_to: [stranger]}}
game:{GAME}{PAYOFFS.replace("STRONG", "strong")}"""
CHANCE = f"""{HEAD}
game:
  nature:
    cases: {{weak: {{then: eats, probability: 1 - share}}, surly: {{then: eats, probability: share}}}}
    known_to: [stranger]
{GAME}{PAYOFFS.replace("STRONG", "(1 if nature == 'surly' else 0)")}"""
# an offer of three sizes to somebody whose cost nobody else knows, from somebody whose need nobody else knows
OFFER = """
raison: 1
title: What is offered, and is it taken?
players: {one: One, two: Two}
parameters:
  x: "uniform(0, 1)"
  y: "uniform(0, 1)"
  need: {value: "uniform(0, x)", known_to: [one], steps: 2}
  cost: {value: "choice(0.1, 0.3, 0.4, 0.7)", known_to: [two]}
game:
  asks: {player: one, moves: {offer: {range: [0, 1], steps: 3, then: answers}, leave: gone}}
  answers: {player: two, moves: {take: taken, refuse: refused}}
outcomes:
  taken: {one: 1 - asks + need * y, two: asks - cost * need}
  refused: {one: need - x, two: y - cost}
  gone: {one: 0.2 * y, two: 0.3}
questions: [{node: answers, move: take}]
"""


def model(text: str) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model.of(reading.model)


# --- the same game ---


@pytest.mark.parametrize("name", ["take-it-or-leave-it", "crisis-private-resolve", "three-step-crisis"])
def test_as_many_histories_come_out_as_were_counted(name: str) -> None:
    form = make_form(raison.gallery(name).record)
    unfolded = unfold(form).form
    assert len(unfolded.graph.states) == count_unfolded(form)
    if not form.axes:
        assert (unfolded.graph.states, unfolded.places) == (form.graph.states, form.places)
    for s, state in enumerate(unfolded.graph.states):
        assert all(child > s for child in state.children)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_strategies_gain_the_same_by_deviating_before_and_after(seed: int) -> None:
    """The checker takes a game with amounts and one without: what somebody gains is the same."""
    rng = np.random.default_rng(seed)
    solved = model(OFFER).program
    inputs = inputs_at(solved, {"x": rng.uniform(size=1), "y": rng.uniform(size=1)}, 1)
    unfolded = unfolded_at(inputs, 0)
    rows = [rng.dirichlet(np.ones(len(place.labels)))[:, None] for place in unfolded.form.places]
    played = unfolded.strategy(np.concatenate(rows))
    chance = {s: cases for s, cases in enumerate(inputs.chance) if cases is not None}
    whole = unfolded.chances(chance, inputs.types)
    before = nash_regret(inputs.form, inputs.payoffs, inputs.chance, played, types=inputs.types)
    after = nash_regret(
        unfolded.form,
        unfolded.payoffs(inputs.payoffs),
        [whole.get(s) for s in range(len(unfolded.form.graph.states))],
        rows,
    )
    # sums of some dozens of products of numbers of order 1
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-14)
    flat = unfolded.flat([[option[..., 0] for option in options] for options in played])
    assert all((a == b[:, 0]).all() for a, b in zip(flat, rows, strict=True))
    written = game_at(inputs)
    exact = [[Fraction(p) for p in row] for row in profile_at(written, flat)]
    exact = [[p / sum(row) for p in row] for row in exact]
    # floats are brought to fractions, and their sums to exactly one: 1e-16 each
    assert [float(r) for r in regrets(written.game, exact)] == pytest.approx(before[:, 0], abs=1e-13)


# --- the same equilibria ---


def plain(found: Equilibria) -> list:
    """Everything that is said of each equilibrium but the names of types."""
    return [
        [
            [
                place.node,
                [[r.low, r.central, r.high] for r in place.probability.values()],
                [[r.low, r.central, r.high] for _, r in place.belief],
                place.reached,
            ]
            for place in e.sets
        ]
        + [dict(e.value), e.is_played, e.is_continuum, e.shape, e.passes_intuitive, e.passes_d1]
        for e in found.equilibria
    ]


@pytest.mark.slow
@pytest.mark.parametrize("concept", ["sequential", pytest.param("nash", marks=pytest.mark.minutes)])
def test_types_of_a_choice_have_the_equilibria_of_the_same_types_drawn_by_a_chance_node(concept) -> None:
    """Below a half of strong ones the bully duels, above he does not: pooling, mixing, and both."""
    points = {"share": [0.3, 0.45, 0.6, 0.9, 0.9], "taste": [1.0, 2.5, 0.7, 1.0, 2.8]}
    choice, chance = (model(text).solved_by(concept).solve(points) for text in (CHOICE, CHANCE))
    counts = set()
    for point in range(5):
        ours, theirs = choice.equilibria(point), chance.equilibria(point)
        assert ours.is_complete
        assert plain(ours) == plain(theirs)
        counts.add(len(ours.equilibria))
    assert len(counts) > 1


@pytest.mark.slow
def test_who_sees_which_type_is_named_by_its_value() -> None:
    found = model(CHOICE).solve({"share": 0.9}).equilibria()
    first, second, *_ = found.equilibria[0].sets
    assert (dict(first.seen), dict(second.seen)) == ({"strong": "0"}, {"strong": "1"})
    answer = next(place for place in found.equilibria[0].sets if place.node == "after_beer")
    assert [dict(hidden) for hidden, _ in answer.belief] == [{"strong": "0"}, {"strong": "1"}]


@pytest.mark.minutes
def test_a_run_says_the_same_of_all_some_and_none_as_with_a_chance_node() -> None:
    choice, chance = (model(text).run(draws=2048).verdicts for text in (CHOICE, CHANCE))
    for ours, theirs in zip(choice, chance, strict=True):
        assert ours.equilibria == theirs.equilibria
        # the played limits, found along two branches, are known to 1e-9
        bounds = (theirs.all_equilibria, theirs.some_equilibrium)
        assert (ours.all_equilibria, ours.some_equilibrium) == pytest.approx(bounds, abs=1e-9)
    assert choice[0].equilibria is not None
    assert choice[0].equilibria.in_some > 0.1  # pooling on either drink
    assert choice[0].equilibria.open == 0


def test_many_types_are_refused_with_the_number_of_histories() -> None:
    text = OFFER.replace("steps: 2}", "steps: 60}").replace("steps: 3", "steps: 101")
    program = model(text).program
    assert program.form is not None
    # 1 + 60 draws of types; 120 times asks, gone, and each of 101 offers answered in 2 ways
    for reason in (why_not(program), why_not_listed(program, program.form)):
        assert "has 36,661 histories" in (reason or "")


# --- Gambit's equilibria ---


@pytest.mark.slow
def test_extreme_equilibria_with_types_are_those_of_gambit_in_rationals() -> None:
    """Gambit's `enummixed_solve` of the tree as it is written."""
    pytest.importorskip("pygambit")
    from raison.exchange.gambit import solve_with_gambit

    rng = np.random.default_rng(4)
    points = {"share": rng.uniform(0.2, 0.95, 4), "taste": rng.uniform(0.5, 3, 4)}
    solution = model(CHOICE).solved_by("nash").solve(points)
    for point in range(4):
        found = solution.equilibria(point, exact=True)
        written = game_at(solution._inputs, point)
        rows = [[[p.central for p in s.probability.values()] for s in e.sets] for e in found.equilibria]
        ours = [ends(written.game, profile_at(written, row)) for row in rows]
        answer = solve_with_gambit(written.game)
        assert answer.complete
        theirs = [ends(written.game, profile) for profile in answer.equilibria]
        for one, other in itertools.permutations((ours, theirs)):
            for mine in one:
                near = min(max(abs(float(a) - float(b)) for a, b in zip(mine, e, strict=True)) for e in other)
                assert near < 1e-12  # ours were fractions


@pytest.mark.minutes
def test_what_is_played_with_types_and_offers_is_an_equilibrium_by_gambits_count() -> None:
    pytest.importorskip("pygambit")
    from raison.exchange.gambit import gambit_regret

    solution = model(OFFER).solve({"x": 0.8, "y": 0.4})
    written, unfolded = game_at(solution._inputs), unfolded_at(solution._inputs, 0)
    profile = profile_at(written, played_rows(solution._inputs, unfolded, solution.points, 0))
    assert gambit_regret(written.game, profile) < 1e-8  # a limit
    assert model(CHOICE).solve({"share": 0.9, "taste": 1.0}).against_gambit().difference == 0.0
