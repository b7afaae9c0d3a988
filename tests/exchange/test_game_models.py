"""A game becomes a model with the same play and payoffs, whatever its labels are."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from raison.exchange.efg import read_efg
from raison.exchange.modelling import exact, to_model
from raison.exchange.nfg import read_nfg
from raison.model.check import check
from raison.model.problem import ModelError
from raison.model.records import Chance, Decision, Model, hides
from raison.program.form import make_form

ENTRY = r"""EFG 2 R "Entry" { "Firm" "Rival" } "How it goes"
c "weather" 1 "" { "fair" 1/3 "foul" 2/3 } 1 "cost" { -1, -1/7 }
p "" 1 1 "sees it" { "in" "out" } 0
p "reply" 2 1 "sees nothing" { "fight" "yield" } 0
t "" 2 "war" { -1 -1 }
t "" 3 "peace" { 2 1 }
t "" 0
p "" 1 2 "sees it too" { "in" "out" } 0
p "reply" 2 1 0
t "" 2
t "" 3
t "" 0
"""


def errors(model: Model) -> list[str]:
    return [str(p) for p in check(model) if p.severity == "error"]


def test_every_node_is_a_node_and_a_set_of_several_is_an_information_set() -> None:
    model = to_model(read_efg(ENTRY), "entry")
    assert errors(model) == []
    assert (model.title, model.name, model.about) == ("Entry", "entry", "How it goes")
    assert list(model.game) == ["weather", "sees_it", "reply", "sees_it_too", "reply_2"]
    weather = model.game["weather"]
    assert isinstance(weather, Chance)
    assert {case: c.probability.text for case, c in weather.cases.items() if c.probability} == {
        "fair": "1/3",
        "foul": "2/3",
    }
    labels = {name: n.information for name, n in model.game.items() if isinstance(n, Decision)}
    assert labels == {
        "sees_it": None,
        "reply": "sees nothing",
        "sees_it_too": None,
        "reply_2": "sees nothing",
    }
    assert model.game["reply"].about == "reply; information set sees nothing"
    form = make_form(model)
    assert sorted(len(place.states) for place in form.places) == [1, 1, 2]


def test_payoffs_on_the_way_are_in_the_outcomes_exactly() -> None:
    model = to_model(read_efg(ENTRY))
    pays = {name: [formula.text for formula in p.values()] for name, p in model.outcomes.items()}
    assert pays == {"war": ["-2", "-8/7"], "peace": ["1", "6/7"], "end": ["-1", "-1/7"]}


def test_an_outcome_with_different_payoffs_before_it_is_several_outcomes() -> None:
    tree = 'p "" 1 1 { "l" "r" } 0 p "" 1 2 { "x" } 1 "toll" { -1 } t "" 2 "end" { 5 } t "" 2'
    text = 'EFG 2 R "t" { "A" } ' + tree
    model = to_model(read_efg(text))
    assert {name: p["A"].text for name, p in model.outcomes.items()} == {"end": "4", "end (2)": "5"}


def test_a_game_of_perfect_information_hides_nothing() -> None:
    text = 'EFG 2 R "t" { "A" "B" } p "" 1 1 { "l" "r" } 0 t "" 1 "" { 1 2 } p "" 2 1 { "x" } 0 t "" 0'
    assert not hides(to_model(read_efg(text)))


NAMES = [
    "",
    " ",
    "all",
    "outcome",
    "A",
    "A",
    "A (2)",
    "and",
    '"quoted"',
    "two\nlines",
    "tab\there",
    "x" * 300,
    "é 1",
    "5",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", ["", "A", "all", "x" * 300])
def test_any_labels_make_names_that_a_model_can_use(name: str, other: str) -> None:
    a, b = (text.replace('"', '\\"') for text in (name, other))
    text = (
        f'EFG 2 R "{a}" {{ "{a}" "{b}" }} "{b}" c "{a}" 1 "{b}" {{ "{a}" 1/2 "{b}" 1/2 }} 0\n'
        f'p "{a}" 1 1 "{a}" {{ "{a}" "{b}" "{a}" }} 0 t "{a}" 1 "{b}" {{ 1 1 }}\n'
        f't "{b}" 2 "{a}" {{ 1 2 }} t "" 0\n'
        f'p "{b}" 2 1 "{b}" {{ "{b}" "{b}" }} 0 t "{a}" 3 "{b}" {{ 2 2 }} t "" 1'
    )
    model = to_model(read_efg(text), "odd")
    assert errors(model) == []
    assert (len(model.players), len(model.game), len(model.outcomes)) == (2, 3, 4)
    assert [len(n.moves) for n in model.game.values() if isinstance(n, Decision)] == [3, 2]
    assert [p.title for p in model.players.values() if p.title.startswith("x")] == [
        x for x in (name, other) if x.startswith("x")
    ]  # titles keep what names cannot


def test_moves_are_simultaneous_in_a_table() -> None:
    model = to_model(read_nfg('NFG 1 R "t" { "A" "B" "C" } { 2 2 2 } ' + " ".join(map(str, range(24)))))
    assert errors(model) == []
    form = make_form(model)
    assert [len(place.states) for place in form.places] == [1, 2, 4]
    assert [form.graph.states[place.states[0]].mover for place in form.places] == [0, 1, 2]


@pytest.mark.parametrize(
    ("tree", "line", "words"),
    [
        pytest.param(
            'p "" 1 1 { "l" "r" } 0\np "" 1 2 "back" { "x" } 0\nt "" 0\np "" 1 2 0\nt "" 0',
            4, "at information set 2 'back', Ann forgets whether he chose 'l' or 'r' at information set 1",
            id="his-move",
        ),
        pytest.param(
            'c "" 1 { "h" 1/2 "t" 1/2 } 0\np "" 1 1 { "l" } 0\np "" 1 3 { "x" } 0\nt "" 0\n'
            'p "" 1 2 { "l" } 0\np "" 1 3 0\nt "" 0',
            6, "forgets whether he was at information set 1 or at information set 2", id="what-he-knew",
        ),
        pytest.param(
            'p "" 1 1 "road" { "on" "exit" } 0\np "" 1 1 0\nt "" 0\nt "" 0\nt "" 0',
            2, "at information set 1 'road', Ann forgets that he has been at .* before", id="absent",
        ),
        pytest.param(
            'c "" 1 { "h" 1/2 "t" 1/2 } 0\np "" 1 1 { "l" } 0\np "" 1 2 { "x" } 0\nt "" 0\n'
            'p "" 1 2 0\nt "" 0',
            5, "forgets whether he has moved at information set 1", id="that-he-moved",
        ),
    ],
)  # fmt: skip
def test_a_player_who_forgets_is_named_with_what_he_forgets(tree: str, line: int, words: str) -> None:
    game = read_efg(f'EFG 2 R "t" {{ "Ann" "Bob" }}\n{tree}'.replace("}\n", "} ", 1))
    with pytest.raises(ModelError, match=words) as caught:
        to_model(game, file="game.efg")
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == ("game.efg", line)


def test_forgetting_what_others_did_is_no_fault() -> None:
    tree = 'p "" 1 1 { "a" } 0 p "" 2 1 { "l" "r" } 0 p "" 1 2 { "x" } 0 t "" 0 p "" 1 2 0 t "" 0'
    assert len(to_model(read_efg(f'EFG 2 R "t" {{ "Ann" "Bob" }} {tree}')).game) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (F(1, 3), "1/3"),
        (F(-7, 2), "-3.5"),
        (F(1, 1000), "0.001"),
        (F(-1, 8), "-0.125"),
        (F(40), "40"),
        (F(1, 2**60), "1/1152921504606846976"),
        (F(10) ** 30, "1" + "0" * 30),
    ],
)
def test_a_number_is_written_exactly(value: F, text: str) -> None:
    assert exact(value) == text
    assert F(text) == value
    assert np.isclose(eval(text), float(value), rtol=1e-15)
