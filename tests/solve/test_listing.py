"""The list of equilibria at a point: what each does, believes and pays, and what is said of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import field_data
import raison
from raison.api import Model
from raison.model.reader import read_text
from textbook_games import BEER

ENTRY = """
raison: 1
title: Does the entrant come in?
players: {entrant: The entrant, incumbent: The incumbent}
parameters: {prize: {value: 0.5}}
game:
  opening: {player: entrant, moves: {enter: reply, stay: out}}
  reply: {player: incumbent, moves: {fight: war, yield: in}}
outcomes:
  out: {entrant: 0, incumbent: 2}
  war: {entrant: -1, incumbent: 0}
  in: {entrant: prize, incumbent: 1}
questions: [{node: opening, move: enter}]
solution: {concept: nash}
"""

POKER = """
raison: 1
title: Does a bluff pay with any of twelve hands?
players: {first: The first, second: The second}
parameters:
  hand:
    value: choice(1, 1, 2, 1, 3, 1, 4, 1, 5, 1, 6, 1, 7, 1, 8, 1, 9, 1, 10, 1, 11, 1, 12, 1)
    known_to: [first]
game:
  bet: {player: first, moves: {raise: reply, check: shown}}
  reply: {player: second, moves: {call: called, fold: folded}}
outcomes:
  shown: {first: 0, second: 0}
  called: {first: "2 if hand > 6 else -2", second: "-2 if hand > 6 else 2"}
  folded: {first: 1, second: -1}
"""


def model(text: str) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model.of(reading.model)


def test_an_empty_threat_is_two_ends_of_a_continuum_and_the_played_one_is_marked() -> None:
    found = model(ENTRY).solve().equilibria()
    assert (found.concept, found.is_complete, found.is_degenerate, found.is_exact) == (
        "nash",
        True,
        True,
        False,
    )
    assert [e.is_played for e in found.equilibria] == [True, False, False]
    assert [e.is_continuum for e in found.equilibria] == [False, True, True]
    assert [e.others for e in found.equilibria] == [(), (2,), (1,)]
    assert [e.is_pure for e in found.equilibria] == [True, True, False]
    fights = sorted(e.sets[1].probability["fight"].central for e in found.equilibria)
    assert fights == pytest.approx([0, 1 / 3, 1], abs=1e-15)  # rounding
    assert [dict(e.value) for e in found.equilibria] == [
        {"entrant": 0.5, "incumbent": 1.0},
        *[{"entrant": 0.0, "incumbent": 2.0}] * 2,
    ]
    assert [e.sets[1].reached for e in found.equilibria] == [1, 0, 0]
    assert all(e.gain <= 1e-12 for e in found.equilibria)
    assert "degenerate" in found.status


def test_in_exact_arithmetic_probabilities_are_fractions() -> None:
    """A tenth and a third are no floats; the threat is to fight with prize / (prize + 1) at least."""
    found = model(ENTRY).solve({"prize": 0.1}).equilibria(exact=True)
    assert found.is_exact
    fights = sorted(e.sets[1].exact["fight"] for e in found.equilibria if e.sets[1].exact)
    assert fights == [0, Fraction(1, 11), 1]
    third = model(ENTRY).solve({"prize": 1 / 3}).equilibria(exact=True)
    assert Fraction(1, 4) in [e.sets[1].exact["fight"] for e in third.equilibria if e.sets[1].exact]


def test_ties_that_only_rounding_breaks_are_ties_in_exact_arithmetic() -> None:
    """0.1 + 0.2 differs from 0.3 in its last digit: both entries pay 0.3 in truth."""
    text = ENTRY.replace("{value: 0.5}", "{value: 0}").replace("entrant: prize", "entrant: prize + 0.1 + 0.2")
    text = text.replace("{entrant: 0, incumbent: 2}", "{entrant: 0.3, incumbent: 2}")
    exact = model(text).solve().equilibria(exact=True)
    assert exact.is_degenerate
    stays = {e.sets[0].exact["stay"] for e in exact.equilibria if e.sets[0].exact}
    assert stays == {0, 1}  # he is indifferent where the other yields


def test_by_subgame_perfection_the_only_equilibrium_is_listed_as_sequential() -> None:
    found = model(ENTRY).solved_by("subgame-perfect").solve().equilibria()
    assert (found.concept, found.is_complete, len(found.equilibria)) == ("sequential", True, 1)
    assert found.equilibria[0].is_played


def test_beer_and_quiche_lists_both_poolings_with_the_published_beliefs_and_criteria() -> None:
    """Cho and Kreps (1987): whoever has what nobody has is thought weak with at least 1/2."""
    found = model(BEER).solve().equilibria()
    assert found.is_complete
    by_drink = {e.sets[1].probability["beer"].central: e for e in found.equilibria if e.is_pure}
    beer, quiche = by_drink[1.0], by_drink[0.0]
    assert beer.shape == quiche.shape == "pooling"
    assert (beer.passes_intuitive, quiche.passes_intuitive) == (True, False)
    assert (beer.passes_d1, quiche.passes_d1) == (True, False)
    for e, off in ((beer, "quiche"), (quiche, "beer")):
        place = next(p for p in e.sets if p.node == f"weak_{off}")
        ((hidden, weak), (_, surly)) = place.belief
        assert dict(hidden)["nature"] == "weak"
        assert (weak.low, weak.high) == pytest.approx((0.5, 1.0), abs=1e-12)
        assert (surly.low, surly.high) == pytest.approx((0.0, 0.5), abs=1e-12)
        assert place.reached == 0
    assert any(e.is_continuum for e in found.equilibria)  # he may also duel with any odds from 1/2
    (played,) = [e for e in found.equilibria if e.is_played]
    assert played.is_pure  # the bully duels for sure: not the continuum of odds that ends there
    assert all(e.gain < 1e-9 for e in found.equilibria)  # what is promised


def test_in_exact_arithmetic_both_poolings_have_their_published_beliefs_as_fractions() -> None:
    """Cho and Kreps (1987), against the list in floating point."""
    found = model(BEER).solve().equilibria(exact=True)
    assert found.is_exact
    assert not found.is_complete
    floats = [e for e in model(BEER).solve().equilibria().equilibria if e.is_pure]
    assert len(found.equilibria) == len(floats) == 2
    for exact, float_one in zip(
        sorted(found.equilibria, key=lambda e: str(e.sets)),
        sorted(floats, key=lambda e: str(e.sets)),
        strict=True,
    ):
        assert exact.gain == 0
        for ours, theirs in zip(exact.sets, float_one.sets, strict=True):
            for (_, belief), (_, other) in zip(ours.belief, theirs.belief, strict=True):
                assert (belief.low, belief.high) == pytest.approx((other.low, other.high), abs=1e-12)
            assert set((ours.exact or {}).values()) <= {Fraction(0), Fraction(1)}
    (played,) = [e for e in found.equilibria if e.is_played]
    assert played.sets[1].probability["beer"].central == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["e07.efg", "g3.efg"])
def test_in_exact_arithmetic_the_same_pure_equilibria_are_found(name: str) -> None:
    """Two implementations: profile by profile in fractions, and in floating point with folded tails."""
    path = field_data.path("gambit", name)
    solution = raison.load(path).solve()
    exact, floats = solution.equilibria(exact=True), solution.equilibria()
    plays = lambda found: sorted(
        [[room.central for room in place.probability.values()] for place in e.sets]
        for e in found.equilibria
        if e.is_pure
    )
    assert all(e.gain < 1e-12 for e in exact.equilibria)
    if not exact.is_degenerate:
        assert plays(exact) == plays(floats)


@pytest.mark.slow
def test_where_only_pure_equilibria_are_looked_for_it_says_that_some_may_be_missing() -> None:
    path = field_data.path("gambit", "km6.efg")
    found = raison.load(path).solve().equilibria()
    assert not found.is_complete
    assert "None in pure strategies exists" in found.status
    nash = raison.load(path).solved_by("nash").solve().equilibria()
    assert nash.is_complete
    assert len(nash.equilibria) > 0


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: raison.gallery("take-it-or-leave-it").solve().equilibria(), "has 12,545 histories"),
        (lambda: model(POKER).solve().equilibria(exact=True), "at most 4,096 profiles of pure strategies"),
        (lambda: model(ENTRY).solve().equilibria(3), "one of the 1, from 0; got 3"),
        (
            lambda: model(ENTRY).solved_by("logit", precision=2).solve().equilibria(),
            "a quantal response is a prediction",
        ),
    ],
    ids=["amounts", "exact-large", "point", "logit"],
)
def test_where_there_is_no_list_the_reason_is_said(make, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        make()


def test_each_point_has_a_list_of_its_own() -> None:
    solution = model(ENTRY).solve({"prize": [0.5, -0.5]})
    counts = [len(solution.equilibria(point).equilibria) for point in range(2)]
    assert counts[0] == 3
    shares = [e.sets[0].probability["enter"].central for e in solution.equilibria(1).equilibria]
    assert np.max(shares) == 0.0  # coming in never pays
