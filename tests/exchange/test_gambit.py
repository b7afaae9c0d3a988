"""Gambit's solvers held against ours, each by the other's count of regrets."""

from __future__ import annotations

import importlib
import re
from fractions import Fraction as F
from typing import ClassVar

import pytest

from raison.api import Model, Solution
from raison.exchange.best_reply import ends, regrets
from raison.exchange.efg import read_efg
from raison.exchange.gambit import _sizes, compare, gambit_regret, solve_with_gambit
from raison.model.reader import read_text

# a may enter; b fights or yields, each losing 1 by the fight: (out, fight) and (in, yield), of which Nash
# has the second and all mixtures of the first with a fight of at least 2/3
ENTRY = read_efg(
    'EFG 2 R "Entry" { "a" "b" } p "" 1 1 "" { "out" "in" } 0 t "" 1 "o" { 0 2 } '
    'p "" 2 1 "" { "fight" "yield" } 0 t "" 2 "f" { -1 -1 } t "" 3 "y" { 2 1 }'
)
PEACE = ((F(0), F(1)), (F(0), F(1)))
THREAT = ((F(1), F(0)), (F(1), F(0)))
LOSS = ((F(0), F(1)), (F(1), F(0)))


def test_regrets_are_exact_and_relative_to_the_payoff_range() -> None:
    """Against a fight, in costs a 1 of his range 3; once entered, fighting costs b 2 of his range 3."""
    assert regrets(ENTRY, PEACE) == (0, 0)
    assert regrets(ENTRY, THREAT) == (0, 0)
    assert regrets(ENTRY, LOSS) == (float(F(1, 3)), float(F(2, 3)))
    half = ((F(1, 2), F(1, 2)), (F(1, 2), F(1, 2)))
    # entering is worth 1/2 against a coin, half of it is had; yielding gains 1 in half of the cases
    assert regrets(ENTRY, half) == (float(F(1, 12)), float(F(1, 6)))
    assert ends(ENTRY, half) == (0, F(1, 2), 0, F(1, 4), F(1, 4))


def test_gambit_counts_the_same_regret() -> None:
    pytest.importorskip("pygambit")
    for profile in (PEACE, THREAT, LOSS):
        assert gambit_regret(ENTRY, profile) == pytest.approx(max(regrets(ENTRY, profile)), abs=1e-15)


def test_all_equilibria_of_a_game_of_two_are_found_exactly() -> None:
    pytest.importorskip("pygambit")
    answer = solve_with_gambit(ENTRY)
    assert (answer.solver, answer.complete) == ("enummixed_solve", True)
    corner = ((F(1), F(0)), (F(2, 3), F(1, 3)))
    assert set(answer.equilibria) == {PEACE, THREAT, corner}


def test_what_agrees_and_what_is_missing_is_said() -> None:
    pytest.importorskip("pygambit")
    both = compare([PEACE, THREAT], ENTRY)
    assert both.difference == 0
    assert [match.regret for match in (*both.theirs, *both.ours)] == [0] * 5
    assert both.sentences[0].endswith("found 3 equilibria, all that there are; we found 2 equilibria.")
    assert len(both.sentences) == 3
    assert all("is that in Gambit's number" in sentence for sentence in both.sentences[1:])
    one = compare([PEACE], ENTRY)
    assert one.difference == 0
    assert "Play in our number 1 is that in Gambit's number" in one.sentences[1]
    assert re.fullmatch(
        r"Not among ours: Gambit's \d, \d; the probability of some end differs by at least 1\.",
        one.sentences[2],
    )
    none = compare([], ENTRY)
    assert none.difference == 0
    assert none.sentences[0].endswith("we found no equilibria.")
    assert none.sentences[1:] == ("Not among ours: Gambit's 1, 2, 3.",)


def test_an_equilibrium_between_extreme_points_may_be_missing_there() -> None:
    """A fight with 5/6 keeps a out as well; its play is that of the extreme points, so it is among them."""
    pytest.importorskip("pygambit")
    found = compare([((F(1), F(0)), (F(5, 6), F(1, 6)))], ENTRY)
    assert found.ours[0].regret == pytest.approx(0, abs=1e-15)
    assert found.ours[0].difference == 0


def test_what_is_no_equilibrium_of_ours_is_said() -> None:
    """Gambit's regret is 2 of b, relative to the widest range, 3."""
    pytest.importorskip("pygambit")
    found = compare([LOSS], ENTRY)
    assert found.difference == 1
    assert found.ours[0].regret == pytest.approx(2 / 3)
    assert any(
        "Our number 1 is no equilibrium by Gambit's count: a player gains 0.667" in s for s in found.sentences
    )


def test_probabilities_of_solvers_in_floats_sum_to_exactly_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygambit")
    monkeypatch.setattr("raison.exchange.gambit.MAX_SUPPORTS", 0)
    three = read_efg(
        'EFG 2 R "Three" { "a" "b" "c" } p "" 1 1 "" { "l" "m" "r" } 0 t "" 1 "x" { 1 0 2 } '
        'p "" 2 1 "" { "l" "m" } 0 t "" 2 "y" { 2 1 0 } t "" 3 "z" { 0 1 1 } '
        'p "" 3 1 "" { "l" "m" } 0 t "" 3 t "" 2'
    )
    answer = solve_with_gambit(three)
    assert (answer.solver, answer.complete) == ("logit_solve", False)
    assert all(sum(mixture) == 1 for profile in answer.equilibria for mixture in profile)


def test_a_solver_that_takes_too_long_is_stopped() -> None:
    pytest.importorskip("pygambit")
    with pytest.raises(ValueError, match=r"does not solve this game in 0\.001 seconds; give it more"):
        solve_with_gambit(ENTRY, seconds=0.001)


def test_without_pygambit_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(
        ImportError, match=r"needs pygambit, which is not installed; pip install 'raison\[gambit\]'"
    ):
        solve_with_gambit(ENTRY)


BREAKFAST = """
raison: 1
title: Is a stranger at breakfast challenged? (Cho and Kreps 1987)
players: {stranger: The stranger, bully: The bully}
parameters:
  strong: {value: "choice(0, 0.1, 1, 0.9)", known_to: [stranger]}
game:
  eats: {player: stranger, moves: {beer: after_beer, quiche: after_quiche}}
  after_beer: {player: bully, moves: {duel: bd, leave: bl}}
  after_quiche: {player: bully, moves: {duel: qd, leave: ql}}
outcomes:
  bd: {stranger: strong, bully: 1 - 2 * strong}
  bl: {stranger: strong + 2, bully: 0}
  qd: {stranger: 1 - strong, bully: 1 - 2 * strong}
  ql: {stranger: 3 - strong, bully: 0}
questions: [{node: eats, move: beer}]
"""


def solved(text: str) -> Solution:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model.of(reading.model).solve()


@pytest.mark.slow
def test_every_equilibrium_that_we_list_is_held_against_those_of_gambit() -> None:
    """Pooling on either drink, with a duel after the other for sure or with any odds from a half."""
    pytest.importorskip("pygambit")
    both = solved(BREAKFAST).against_gambit()
    assert (len(both.ours), len(both.theirs)) == (4, 4)
    assert both.difference == 0
    assert max(match.difference for match in both.theirs) == 0
    assert both.sentences[0].endswith("found 4 equilibria, all that there are; we found 4 equilibria.")
    assert both.sentences[1:3] == (
        "All sequential equilibria are listed.",
        "Gambit's are Nash equilibria, which need not be sequential.",
    )
    assert sum("is that in Gambit's number" in sentence for sentence in both.sentences) == 4
    assert not any(sentence.startswith("Not among ours") for sentence in both.sentences)


def test_an_empty_threat_is_gambits_and_not_among_our_sequential_equilibria() -> None:
    pytest.importorskip("pygambit")
    text = """
raison: 1
title: Entry
players: {a: A, b: B}
parameters: {x: {value: 2}}
game:
  first: {player: a, moves: {out: out, in: second}}
  second: {player: b, moves: {fight: war, yield: won}}
outcomes: {out: {a: 0, b: 2}, war: {a: -1, b: -1}, won: {a: x, b: 1}}
questions: [{node: first, move: in}]
"""
    both = solved(text).against_gambit()
    assert (len(both.ours), len(both.theirs)) == (1, 3)
    assert both.sentences[-1].startswith("Not among ours: Gambit's ")
    nash = solved(text + "solution: {concept: nash}\n").against_gambit()
    assert (len(nash.ours), len(nash.theirs), nash.difference) == (3, 3, 0.0)


def test_where_there_is_no_list_the_one_that_is_played_is_compared_and_it_is_said_why() -> None:
    pytest.importorskip("pygambit")
    text = """
raison: 1
title: Three
players: {a: A, b: B, c: C}
parameters: {x: {value: 1}}
game:
  one: {player: a, moves: {h: two, t: two}}
  two: {player: b, moves: {h: three, t: three}, hidden: [one]}
  three: {player: c, moves: {h: end, t: end}, hidden: [one, two]}
outcomes:
  end: {a: "x if one == two else 0", b: "x if two == three else 0", c: "0 if three == one else x"}
questions: [{node: one, move: h}]
solution: {concept: nash}
"""
    both = solved(text).against_gambit()
    assert len(both.ours) == 1
    assert both.sentences[1].startswith("Ours is the one that is played: all Nash equilibria are found where")


def test_a_game_that_would_fill_gambits_memory_is_refused_with_its_size() -> None:
    pytest.importorskip("pygambit")
    answers = "".join(
        f'p "" 2 {k} "" {{ "take" "leave" }} 0 t "" {2 * k - 1} "t" {{ {k} 1 }} t "" {2 * k} "l" {{ 0 0 }} '
        for k in range(1, 701)
    )
    offers = " ".join(f'"offer {k}"' for k in range(1, 701))
    game = read_efg(f'EFG 2 R "Offers" {{ "a" "b" }} p "" 1 1 "" {{ {offers} }} 0 {answers}')
    with pytest.raises(ValueError, match="this one has 2,101"):
        solve_with_gambit(game)


def test_strategies_that_would_fill_the_memory_are_not_written_out() -> None:
    """An offer answered at 25 information sets: Gambit has no short way to count the 2**25 plans."""
    answers = "".join(
        f'p "" 2 {k} "" {{ "take" "leave" }} 0 t "" {2 * k - 1} "t" {{ {k} 1 }} t "" {2 * k} "l" {{ 0 0 }} '
        for k in range(1, 26)
    )
    offers = " ".join(f'"offer {k}"' for k in range(1, 26))
    game = read_efg(f'EFG 2 R "Offers" {{ "a" "b" }} p "" 1 1 "" {{ {offers} }} 0 {answers}')

    class Counted:
        asked: ClassVar[list[str]] = []

        def get_strategies(self, label: str) -> range:
            self.asked.append(label)
            return range(25)

    assert _sizes(Counted(), game) == [25, 2**25]
    assert Counted.asked == ["a"]
