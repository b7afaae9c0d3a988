"""What is written is read again as the same game, here and by Gambit."""

from __future__ import annotations

import io
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.exchange.efg import read_efg
from raison.exchange.game import CHANCE, NONE, ExtensiveGame, InformationSet, Payoffs, TableGame, TreeNode
from raison.exchange.nfg import read_nfg
from raison.exchange.write import move_labels, write_efg, write_nfg

LABELS = st.text(st.sampled_from('ab "\\\n\t{},é\x07'), max_size=5)
AMOUNTS = st.one_of(
    st.integers(-99, 99).map(F), st.fractions(max_denominator=10**6), st.decimals(-9, 9, places=3).map(F)
)


@st.composite
def trees(draw: st.DrawFn) -> ExtensiveGame:
    """Trees of a few nodes with any labels, information sets of one node or two."""
    players = tuple(draw(st.lists(LABELS, min_size=1, max_size=3)))
    outcomes = {
        k + 1: Payoffs(draw(LABELS), tuple(draw(AMOUNTS) for _ in players))
        for k in range(draw(st.integers(1, 3)))
    }
    sets: list[InformationSet] = []
    nodes: list[TreeNode] = []
    paths = 1
    while len(nodes) < paths:
        inner = len(sets) < 4 and draw(st.booleans())
        information, children = NONE, ()
        if inner:
            player = draw(st.integers(CHANCE, len(players) - 1))
            known = [k for k, s in enumerate(sets) if s.player == player]
            if known and draw(st.booleans()):
                information = draw(st.sampled_from(known))
            else:
                moves = tuple(draw(st.lists(LABELS, min_size=1, max_size=3)))
                weights = [F(draw(st.integers(1, 9))) for _ in moves] if player == CHANCE else []
                number = 1 + sum(s.player == player for s in sets)
                chances = tuple(w / sum(weights) for w in weights)
                sets.append(InformationSet(player, number, draw(LABELS), moves, chances))
                information = len(sets) - 1
            children = tuple(range(paths, paths + len(sets[information].moves)))
            paths += len(children)
        if paths > 40:
            break
        nodes.append(TreeNode(draw(LABELS), information, children, draw(st.sampled_from([0, *outcomes]))))
    while len(nodes) < paths:
        nodes.append(TreeNode("", NONE, ()))
    return ExtensiveGame(draw(LABELS), players, tuple(nodes), tuple(sets), outcomes, draw(LABELS))


def depth_first(game: ExtensiveGame) -> list[tuple]:
    """Everything but labels, in the order of the file."""
    found, stack = [], [0]
    while stack:
        node = game.nodes[stack.pop()]
        place = None if node.information == NONE else game.sets[node.information]
        seen = place and (place.player, place.number, len(place.moves), place.probabilities)
        found.append((seen, game.outcomes[node.outcome].amounts if node.outcome else None))
        stack.extend(reversed(node.children))
    return found


@settings(max_examples=150, deadline=None)
@given(trees())
def test_a_tree_with_any_labels_is_read_again_as_the_same_game(game: ExtensiveGame) -> None:
    text = write_efg(game)
    again = read_efg(text)
    assert depth_first(again) == depth_first(game)
    assert write_efg(again) == text  # labels are mended once
    for place in again.sets:
        assert list(place.moves) == move_labels(place)


@settings(max_examples=60, deadline=None)
@given(trees())
def test_gambit_reads_any_tree_that_is_written(game: ExtensiveGame) -> None:
    gambit = pytest.importorskip("pygambit")
    theirs = gambit.read_efg(io.BytesIO(write_efg(game).encode()))
    assert len(theirs.players) == len(game.players)
    again = read_efg(theirs.to_efg())  # Gambit leaves out outcomes that are not used
    assert [pays for _, pays in depth_first(again)] == [pays for _, pays in depth_first(game)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_table_with_any_labels_is_read_again_as_the_same_game(data: st.DataObject) -> None:
    players = tuple(data.draw(st.lists(LABELS, min_size=1, max_size=3)))
    strategies = tuple(tuple(data.draw(st.lists(LABELS, min_size=1, max_size=3))) for _ in players)
    outcomes = {
        k + 1: Payoffs(data.draw(LABELS), tuple(data.draw(AMOUNTS) for _ in players)) for k in range(3)
    }
    count = 1
    for labels in strategies:
        count *= len(labels)
    table = tuple(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    game = TableGame(data.draw(LABELS), players, strategies, outcomes, table)
    again = read_nfg(write_nfg(game))
    assert (again.table, again.sizes) == (table, game.sizes)
    assert [o.amounts for o in again.outcomes.values()] == [o.amounts for o in outcomes.values()]
    gambit = pytest.importorskip("pygambit")
    assert len(gambit.read_nfg(io.BytesIO(write_nfg(game).encode())).players) == len(players)
