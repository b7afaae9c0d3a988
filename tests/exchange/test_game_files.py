"""Gambit's files are read exactly, and what is wrong with one is said at its line."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.exchange.efg import read_efg
from raison.exchange.game import CHANCE, NONE, InformationSet, Payoffs
from raison.exchange.nfg import read_nfg
from raison.exchange.read import read_file, read_game
from raison.model.problem import ModelError

EFG = r"""EFG 2 R "A \"toss\"" { "Ann" "Bob" }
"What the comment says"

c "root" 1 "coin" { "heads" 1/3 "tails" .6666666667 } 1 "stake" { -1, -.5 }
p "" 1 1 "after heads" { "in" "out" } 0
p "b" 2 7 { "left" "right" } 0
t "" 2 "win" { 2 -2 }
t "last" 3 "" { 1e-1, +2.50 }
t "" 2
p "" 1 2 "" { "in" "out" } 0
p "" 2 7 0
t "" 2 "win" { 2, -2 }
t "" 0
t "" 4 "draw" { 0 , 1/7 }
"""
NFG = 'NFG 1 R "t" { "A" "B" } '


def test_every_part_of_a_tree_is_read_exactly() -> None:
    game = read_efg(EFG)
    assert (game.title, game.comment) == ('A "toss"', "What the comment says")
    assert game.players == ("Ann", "Bob")
    total = F(1, 3) + F("0.6666666667")  # a decimal cut short, so that both are scaled to sum to one
    assert game.sets == (
        InformationSet(CHANCE, 1, "coin", ("heads", "tails"), (F(1, 3) / total, F("0.6666666667") / total)),
        InformationSet(0, 1, "after heads", ("in", "out")),
        InformationSet(1, 7, "", ("left", "right")),
        InformationSet(0, 2, "", ("in", "out")),
    )
    assert game.outcomes == {
        1: Payoffs("stake", (F(-1), F(-1, 2))),
        2: Payoffs("win", (F(2), F(-2))),
        3: Payoffs("", (F(1, 10), F(5, 2))),
        4: Payoffs("draw", (F(0), F(1, 7))),
    }
    assert [node.line for node in game.nodes] == list(range(4, 15))
    assert [node.children for node in game.nodes] == [
        (1, 6), (2, 5), (3, 4), (), (), (), (7, 10), (8, 9), (), (), (),
    ]  # fmt: skip
    assert [node.outcome for node in game.nodes] == [1, 0, 0, 2, 3, 2, 0, 0, 2, 0, 4]


def test_payoffs_add_up_along_the_path() -> None:
    paid = read_efg(EFG).paid()
    assert paid[3] == (F(1), F(-5, 2))
    assert paid[9] == (F(-1), F(-1, 2))  # outcome 0 pays nothing on top of the stake
    assert paid[10] == (F(-1), F(-5, 14))


def test_spaces_commas_and_breaks_between_pieces_do_not_matter() -> None:
    tight = EFG.replace("\n", " ").replace(" , ", ",").replace("{ ", "{").replace(" }", "}")
    loose = EFG.replace(" ", "\r\n\t ").replace(", ", " ").replace("A\r\n\t ", "A ")
    loose = loose.replace("What\r\n\t the\r\n\t comment\r\n\t says", "What the comment says")
    loose = loose.replace("after\r\n\t heads", "after heads")
    assert read_efg(tight) == read_efg(EFG)
    assert read_efg(loose) == read_efg(EFG)


def test_cases_without_any_probability_are_equally_likely() -> None:
    game = read_efg('EFG 2 D "t" { "A" } c "" 1 { "a" "b" "c" } 0 t "" 0 t "" 0 t "" 0')
    assert game.sets[0].probabilities == (F(1, 3),) * 3


def test_player_one_varies_fastest_in_a_table() -> None:
    game = read_nfg(NFG + '{ { "up" "down" } { "l" "m" "r" } } "c" 1 2  3 4  5 6  7 8  9 10  11 12')
    assert list(game.profiles()) == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
    assert [game.outcomes[k].amounts for k in game.table[:3]] == [(1, 2), (3, 4), (5, 6)]
    tree = game.as_tree()
    ends = [index for index, node in enumerate(tree.nodes) if node.information == NONE]
    # in the tree player 2's strategy varies fastest: (up, l), (up, m), (up, r), (down, l), ...
    assert [tree.paid()[index][0] for index in ends] == [1, 5, 9, 3, 7, 11]
    assert [len([n for n in tree.nodes if n.information == k]) for k in (0, 1)] == [1, 2]


def test_a_table_of_three_players_as_a_tree_pays_each_profile_its_own() -> None:
    sizes = (2, 3, 2)
    payoffs = " ".join(f"{k} {k} {k}" for k in range(12))
    game = read_nfg(f'NFG 1 D "t" {{ "A" "B" "C" }} {{ 2 3 2 }} {payoffs}')
    assert game.sizes == sizes
    tree, paid = game.as_tree(), game.as_tree().paid()
    for number, profile in enumerate(game.profiles()):
        node = 0
        for strategy in profile:
            node = tree.nodes[node].children[strategy]
        assert paid[node] == (number,) * 3


def test_both_versions_of_a_table_are_the_same_game() -> None:
    listed = read_nfg(NFG + "{ 2 2 } 1, 2, 0 0 3/2 -.5 1 2")
    named = read_nfg(NFG + '{ 2 2 } { { "x" 1, 2 } { "" 3/2 -0.5 } } 1 0 2 1')
    pays = [[game.outcomes[k].amounts if k else (0, 0) for k in game.table] for game in (listed, named)]
    assert pays[0] == pays[1]


NODES = 'EFG 2 R "t" { "A" "B" }\n""\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("", 1, "begin with 'EFG 2 R .* got the end of the file", id="empty"),
        pytest.param("EFG 3 R", 1, "got '3' for '2'", id="another-version"),
        pytest.param("EFG 2 X", 1, "got 'X' for 'R'", id="another-kind"),
        pytest.param('EFG 2 R "t', 1, "not closed", id="open-title"),
        pytest.param('EFG 2 R "t\\"', 1, "not closed", id="escaped-last-quote"),
        pytest.param('EFG 2 R "t" { }', 1, "at least one player", id="nobody-plays"),
        pytest.param('EFG 2 R "t" { "A" 3 }', 1, "name of a player .* got '3'", id="player-is-a-number"),
        pytest.param(NODES, 3, "a node .* got the end", id="no-nodes"),
        pytest.param(NODES + "x", 3, "a node .* got 'x'", id="unknown-node"),
        pytest.param(NODES + 'p "" 3 1 "" { "a" } 0', 3, "2 players; got player 3", id="third-of-two"),
        pytest.param(NODES + 'p "" 0 1 "" { "a" } 0', 3, "whole number from 1; got '0'", id="player-zero"),
        pytest.param(NODES + 'p "" 1 1.5 "" { "a" } 0', 3, "whole number", id="set-is-no-whole-number"),
        pytest.param(NODES + 'p "" 1 1 "" { } 0', 3, "has no moves", id="no-moves"),
        pytest.param(NODES + 'p "" 1 1 0', 3, "met here first, so its moves are needed", id="unknown-set"),
        pytest.param(
            NODES + 'p "" 1 1 "" { "a" "b" } 0\nt "" 0', 4, "because a move above leads", id="node-short"
        ),
        pytest.param(NODES + 't "" 0\nt "" 0', 4, "complete after 1 nodes", id="one-node-too-many"),
        pytest.param(NODES + 't "" 1', 3, "outcome 1 is met here first", id="unknown-outcome"),
        pytest.param(NODES + 't "" 1 "x" { 1 }', 3, "needs 2 payoffs.* got 1", id="one-payoff-short"),
        pytest.param(NODES + 't "" 1 "x" { 1 2 3 }', 3, "needs 2 payoffs.* got 3", id="one-payoff-too-many"),
        pytest.param(NODES + 't "" 1 "x" { 1 b }', 3, "payoff of outcome 1 .* got 'b'", id="payoff-a-word"),
        pytest.param(NODES + 't "" 1 "x" { 1 1/0 }', 3, "a number such as .* got '1/0'", id="over-zero"),
        pytest.param(NODES + 't "" 1 "x" { 1 1e999999999 }', 3, "got '1e999999999'", id="astronomical"),
        pytest.param(NODES + 't "" 0 "x" { 1 2 }', 3, "outcome 0 pays nothing", id="outcome-zero-pays"),
        pytest.param(
            NODES + 'p "" 1 1 "" { "a" "b" } 0\nt "" 1 "x" { 1 2 }\nt "" 1 "x" { 1 3 }',
            5, "differ from those at line 4", id="outcome-twice-unlike",
        ),
        pytest.param(
            NODES + 'p "" 1 1 "" { "a" } 0\np "" 1 1 "" { "b" } 0\nt "" 0',
            4, "information set 1 of player 1 has the same moves .* line 3", id="set-twice-unlike",
        ),
        pytest.param(NODES + 'c "" 1 "" { "a" 0.5 "b" 0.4 } 0', 3, "sum to 1; got 1/2, 2/5", id="do-not-sum"),
        pytest.param(NODES + 'c "" 1 "" { "a" 1.5 "b" -.5 } 0', 3, "from 0 to 1", id="negative-probability"),
        pytest.param(NODES + 'c "" 1 "" { "a" 0.5 "b" } 0', 3, "2 cases but 1 prob", id="one-short"),
        pytest.param(NODES + 'c "" 1 "" { } 0', 3, "has no cases", id="no-cases"),
        pytest.param(
            NODES + 'c "" 1 "" { "a" 1 } 0\nc "" 1 "" { "a" 1 "b" 0 } 0',
            4, "chance has the same cases and probabilities", id="chance-twice-unlike",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_tree_is_said_at_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        read_efg(text, "game.efg")
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("game.efg", line)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param('EFG 2 R "t" { "A" }', 1, "begin with 'NFG 1 R .* got 'EFG'", id="a-tree"),
        pytest.param(NFG + "{ 2 }\n1 2", 1, "strategies of 2 players are needed; got those of 1", id="short"),
        pytest.param(NFG + "{ 2 2 2 }", 1, "strategies of 2 players are needed; got .* more", id="long"),
        pytest.param(NFG + "{ 2 0 }", 1, "player 2 needs at least one strategy", id="no-strategy"),
        pytest.param(NFG + '{ { "a" } { } }', 1, "player 2 needs at least one", id="no-named-strategy"),
        pytest.param(NFG + "{ 2 99999 }", 1, "at most 100000 payoffs .* have 399996", id="too-large"),
        pytest.param(NFG + "{ 2 999999999 }", 1, "at most 100000 strategies", id="far-too-large"),
        pytest.param(NFG + "{ 2 2 }\n1 2 3", 2, "4 profiles .3 were found.* got the end", id="payoffs-short"),
        pytest.param(NFG + "{ 1 1 }\n1 2\n3", 3, "nothing may follow; got '3'", id="payoffs-long"),
        pytest.param(NFG + '{ 1 1 }\n{ { "x" 1 } }\n1', 2, "outcome 1 needs 2 pay.*; got 1", id="one-payoff"),
        pytest.param(NFG + '{ 1 1 }\n{ { "x" 1 2 } }\n2', 3, "1 outcomes; got outcome 2", id="no-outcome-2"),
        pytest.param(NFG + '{ 2 1 }\n{ { "x" 1 2 } }\n1', 3, "each of 2 profiles .1 were", id="one-profile"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_said_at_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        read_nfg(text, "game.nfg")
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == ("game.nfg", line)


def test_a_tree_of_too_many_nodes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raison.exchange.efg.MAX_NODES", 50)
    text = NODES + 'p "" 1 1 "" { "a" "b" } 0\n' + 'p "" 1 1 0\n' * 51
    with pytest.raises(ModelError, match="at most 50 nodes"):
        read_efg(text)


def test_a_deep_tree_is_read_without_recursion() -> None:
    deep = "".join(f'p "" 1 {k} "" {{ "on" "stop" }} 0\n' for k in range(2_000))
    game = read_efg(NODES + deep + 't "" 0\n' * 2_001)
    assert len(game.nodes) == 4_001


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        pytest.param('EFG 2 R "é" { "A" } t "" 0'.encode(), "é", id="utf-8"),
        pytest.param('\ufeffEFG 2 R "é" { "A" } t "" 0'.encode(), "é", id="byte-order-mark"),
        pytest.param('EFG 2 R "é" { "A" } t "" 0'.encode("latin-1"), "é", id="latin-1"),
    ],
)
def test_files_in_old_and_new_encodings_are_read(raw: bytes, title: str, tmp_path) -> None:
    path = tmp_path / "game.efg"
    path.write_bytes(raw)
    assert read_game(path).title == title


def test_a_file_is_known_by_its_first_word_before_its_name(tmp_path) -> None:
    path = tmp_path / "game.efg"
    path.write_text(NFG + "{ 1 1 } 1 2")
    assert read_game(path).players == ("A", "B")


def test_a_file_that_cannot_be_read_is_a_problem_and_no_traceback(tmp_path) -> None:
    for path, words in ((tmp_path / "none.efg", "cannot be read"), (tmp_path, "cannot be read")):
        reading = read_file(path)
        assert reading.model is None
        assert words in str(reading.problems[0])
    (tmp_path / "cut.efg").write_text('EFG 2 R "t" { "A" }\np')
    reading = read_file(tmp_path / "cut.efg")
    assert reading.model is None
    assert str(reading.problems[0]).startswith(f"{tmp_path}/cut.efg:2: ")
    assert len(reading.sha256) == 64


TABLE = NFG + '{ { "a" "b" } { "c" "d" } }\n"x"\n{ { "o" 1, 2/3 } { "" -.5 1e2 } }\n1 2 0 1'
PIECES = [
    "{",
    "}",
    ",",
    '"',
    "\\",
    "0",
    "1",
    "-1",
    "1/0",
    "1e9",
    "9" * 400,
    "t",
    "p",
    "c",
    '"x"',
    "\n",
    "",
    "\x00",
    "é",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([EFG, TABLE]), st.data())
def test_any_mutilated_file_is_read_or_refused_in_a_sentence(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        until = min(len(text), at + data.draw(st.integers(0, 12)))
        text = text[:at] + data.draw(st.sampled_from(PIECES)) + text[until:]
    text = text[: data.draw(st.integers(0, len(text)))] if data.draw(st.booleans()) else text
    for read in (read_efg, read_nfg):
        try:
            read(text)
        except ModelError as error:
            (problem,) = error.problems
            assert problem.line is not None
            assert 1 <= problem.line <= text.count("\n") + 1
            assert problem.message[-1] in ".?"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    for read, start in ((read_efg, NODES), (read_nfg, NFG)):
        for whole in (text, start + text):
            try:
                read(whole)
            except ModelError as error:
                refused = error.problems
                assert len(refused) == 1
