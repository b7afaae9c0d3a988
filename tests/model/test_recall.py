"""Perfect recall: found wherever a second reading of the definition finds it, and told in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raison
from raison.model import recall
from raison.model.reader import read_text
from raison.model.recall import check_recall
from raison.model.records import Decision, Model, Move, Player
from raison.model.scope import Report
from raison.program.form import make_form

NODES = ("a", "b", "c", "d", "e")


@st.composite
def games(draw):
    """Games of up to five decisions of two players, each move leading to a later node or an end."""
    count = draw(st.integers(2, len(NODES)))
    game = {}
    for index, name in enumerate(NODES[:count]):
        later = [*NODES[index + 1 : count], "end"]
        targets = draw(st.tuples(st.sampled_from(later), st.sampled_from(later)))
        label = draw(st.none() | st.sampled_from(["p", "q"]))
        hidden = st.lists(st.sampled_from(NODES[:index]), unique=True, max_size=2) if index else st.just([])
        game[name] = Decision(
            draw(st.sampled_from(["one", "two"])),
            {"left": Move(targets[0]), "right": Move(targets[1])},
            hidden=() if label else tuple(draw(hidden)),
            known_to=draw(st.none() | st.sampled_from([(), ("one",), ("two",)])),
            information=label,
        )
    players = {"one": Player("One"), "two": Player("Two")}
    model = Model("x", players=players, game=game, outcomes={"end": {}})
    reached, pending = {"a"}, ["a"]
    while pending:
        for move in game[pending.pop()].moves.values():
            if move.then in game and move.then not in reached:
                reached.add(move.then)
                pending.append(move.then)
    return (
        Model("x", players=players, game={n: game[n] for n in reached}, outcomes={"end": {}})
        if reached != set(game)
        else model
    )


def forgets(model):
    """Whether an information set of the game tree holds two histories that its mover lived differently."""
    form = make_form(model)
    states = form.graph.states
    parent = {child: index for index, state in enumerate(states) for child in state.children}

    def lived(start):
        passed, here = [], start
        while here in parent:
            child, here = here, parent[here]
            if states[here].mover == states[start].mover:
                passed.append((form.place[here], states[here].children.index(child)))
        return tuple(passed)

    return any(len({lived(state) for state in place.states}) > 1 for place in form.places)


def hides_own_move(model):
    return any(
        model.game[other].player == node.player
        for node in model.game.values()
        for other in node.hidden
        if other in model.game
    )


@settings(deadline=None, max_examples=300)
@given(games())
def test_a_player_is_told_to_forget_just_where_he_does(model):
    if not hides_own_move(model):  # he sees his own moves whatever is hidden, and is told so
        report = Report()
        check_recall(model, report)
        assert bool(report.problems) == forgets(model), report.problems


GAME = """
raison: 1
title: x
players: {one: One, two: Two}
game:
  first: {player: one, moves: {left: other, right: other, out: end}}
  other: {player: two, moves: {in: second, off: second}}
  second: {player: one, SECOND, moves: {up: end, down: end}}
outcomes: {end: {one: 0, two: 0}}
questions: [{event: outcome == 'end'}]
"""
FIRST = "first: {player: one, moves: {left: other, right: other, out: end}}"
OTHER = "  other: {player: two, moves: {in: second, off: second}}\n"


@pytest.mark.parametrize(
    ("second", "words"),
    [
        pytest.param("hidden: [other]", None, id="not seeing the other's move"),
        pytest.param("information: blind", "at 'second' one forgets his own move at 'first'", id="own move"),
        pytest.param(
            "hidden: [first]", "at 'second' one forgets his own move at 'first'", id="hidden own move"
        ),
    ],
)
def test_what_is_forgotten_is_named(second, words):
    messages = [problem.message for problem in read_text(GAME.replace("SECOND", second)).problems]
    assert len(messages) == (words is not None)
    assert all(words in message for message in messages)


def test_an_absent_minded_driver_forgets_whether_he_has_moved():
    """Piccione and Rubinstein (1997), On the interpretation of decision problems with imperfect recall."""
    text = GAME.replace(FIRST, "first: {player: one, information: exit, moves: {up: second, down: end}}")
    text = text.replace(OTHER, "")
    text = text.replace("SECOND", "information: exit")
    (problem,) = read_text(text).problems
    assert "at 'second' one forgets whether he has moved at 'first'" in problem.message


def test_one_label_needs_one_list_of_moves():
    text = GAME.replace("SECOND", "information: blind")
    text = text.replace(FIRST, "first: {player: two, moves: {left: other, right: second}}")
    text = text.replace(OTHER, "  other: {player: one, information: blind, moves: {up: end, off: end}}\n")
    (problem,) = read_text(text).problems
    assert "'other' and 'second' are one information set, 'blind', and need the same moves" in problem.message
    text = text.replace("off: end", "down: end")
    assert read_text(text).problems == ()
    (problem,) = read_text(text.replace("down: end}}", "down: {then: end, when: 1 > 2}}}", 1)).problems
    assert "a 'range' or a 'when' differs" in problem.message


def test_a_result_that_can_be_told_from_the_rest_is_not_forgotten():
    """The mover was at 'middle' only if 'start' went left, so that he knows it without seeing it."""
    text = GAME.replace(
        FIRST,
        "start: {player: two, moves: {left: middle, right: second, jump: second}}\n"
        "  middle: {player: one, moves: {on: second, stop: end}}",
    )
    text = text.replace(OTHER, "")
    assert read_text(text.replace("SECOND", "hidden: [start]")).problems == ()


def test_a_game_that_is_too_large_to_compare_is_judged_by_its_nodes(monkeypatch):
    text = GAME.replace("SECOND", "information: blind")
    assert len(read_text(text).problems) == 1
    monkeypatch.setattr(recall, "MAX_HISTORIES", 3)
    assert read_text(text).problems == ()


AMOUNTS = """\
raison: 1
title: A bid without seeing which side of the market it is
players: {one: One, two: Two}
game:
  nature: {cases: {l: {probability: 0.25, then: left}, r: {probability: otherwise, then: right}}}
  left: {player: one, information: both, moves: {bid: {range: [0, 1], steps: 11, then: end}, pass: out}}
  right: {player: one, information: both, moves: {bid: {range: [0, 1], steps: 11, then: end}, pass: out}}
outcomes:
  end: {one: "1 - ((left if nature == 'l' else right) - 0.4) ** 2", two: 0}
  out: {one: 0, two: 0}
questions: [{amount: "left if nature == 'l' else right"}]
"""


def test_two_nodes_of_one_information_set_cannot_choose_an_amount():
    """What is advised instead is the same game, and it solves: the best bid is the one in the outcome."""
    (problem,) = read_text(AMOUNTS).problems
    assert problem.line == 7
    assert (
        "'left' and 'right' are one information set, 'both', and each has the move 'bid'" in problem.message
    )
    assert "Write one node that both ways lead to" in problem.message
    advised = AMOUNTS.replace("then: right", "then: left").replace("left if nature == 'l' else right", "left")
    lines = [line for line in advised.splitlines(keepends=True) if not line.startswith("  right")]
    advised = "".join(lines).replace("information: both", "hidden: [nature]")
    model = read_text(advised).model
    assert model is not None
    (place,) = raison.Model.of(model).solve().points.places
    chosen = place.probability["bid"][:, 0]
    assert place.scale["bid"][chosen.argmax(), 0] == pytest.approx(0.4, abs=1e-12)
    assert chosen.max() == 1
