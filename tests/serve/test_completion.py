"""What an editor is offered at a place of a model file, right or half written."""

import pytest

from raison.model.keys import SECTIONS
from raison.model.starter import starter
from raison.serve.completion import complete, names

STARTER = starter("s")


def offered(text):
    """What is offered at the mark | in a text, by kind."""
    before, _, after = text.partition("|")
    line = before.count("\n") + 1
    column = len(before.rpartition("\n")[2])
    found = {}
    for offer in complete(before + after, line, column):
        found.setdefault(offer.kind, []).append(offer.text)
    return found


def test_at_the_top_stand_the_keys_of_a_model():
    assert offered("raison: 1\n|") == {"key": list(SECTIONS["model"])}
    assert offered("raison: 1\nti|") == {"key": list(SECTIONS["model"])}


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("parameters:\n  p:\n    |", "parameter"),
        ("game:\n  opening:\n    pl|", "node"),
        ("game:\n  opening:\n    moves:\n      go:\n        |", "move"),
        ("questions:\n  - |", "question"),
        ("questions:\n  - node: a\n    mo|", "question"),
        ("premises:\n  x:\n    says: s\n    |", "premise"),
        ("solution:\n  |", "solution"),
        ("processes:\n  p:\n    stocks:\n      s:\n        |", "stock"),
        ("processes:\n  p:\n    time:\n      |", "time"),
    ],
)
def test_inside_of_a_section_stand_its_keys(text, section):
    assert offered(text) == {"key": list(SECTIONS[section])}


def test_a_key_says_what_it_is_for():
    (about,) = [o.about for o in complete("", 1, 0) if o.text == "title"]
    assert about == SECTIONS["model"]["title"].about


def test_where_a_name_is_to_be_given_none_is_offered():
    assert offered("parameters:\n  |") == {}
    assert offered("players:\n  a|") == {}


def test_a_formula_is_offered_names_and_functions_and_no_distribution():
    found = offered(STARTER + "\nquantities:\n  q: p|")
    assert {"p_win", "cost_defender", "fighting", "fight_value"} <= set(found["name"])
    assert "max" in found["function"]
    assert "distribution" not in found


def test_the_value_of_a_parameter_is_offered_distributions():
    assert "uniform" in offered("parameters:\n  p:\n    value: |")["distribution"]
    assert "uniform" in offered("parameters:\n  p: |")["distribution"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("game:\n  n:\n    player: |", {"challenger", "defender"}),
        ("game:\n  n:\n    moves: {go: |", {"opening", "reply", "war", "status_quo", "conceded", "n"}),
        ("game:\n  n:\n    moves:\n      go: |", {"opening", "reply", "war", "status_quo", "conceded", "n"}),
        ("questions:\n  - node: |", {"opening", "reply"}),
        ("parameters:\n  p:\n    because: [|", {"balance-unclear", "wars-cost", "audience-watches"}),
    ],
)
def test_where_one_thing_of_a_kind_is_meant_the_names_of_that_kind_stand(line, wanted):
    found = offered(STARTER + "\n" + line)
    assert set(found) == {"name"}
    assert wanted <= set(found["name"])


def test_text_is_offered_nothing():
    assert offered("title: |") == {}
    assert offered("# |") == {}
    assert offered("beliefs: |") == {"value": ["true", "false"]}


def test_concepts_and_their_options_are_offered_by_name():
    assert "subgame-perfect" in offered("solution:\n  concept: |")["value"]
    assert offered("solution:\n  refinement: |")["value"] == ["intuitive", "d1"]


def test_the_names_of_a_file_are_those_under_its_sections():
    found = {(offer.text, offer.about) for offer in names(STARTER)}
    assert {
        ("p_win", "parameters"),
        ("opening", "game"),
        ("war", "outcomes"),
        ("defender", "players"),
    } <= found
    assert not any(section == "parameter" for _, section in found)


@pytest.mark.parametrize("place", [(0, 0), (1, 99), (99, 0), (-1, 3)])
def test_a_place_that_is_not_in_the_text_is_no_error(place):
    complete("a: 1\n", *place)


def test_everywhere_in_a_model_something_or_nothing_is_offered_without_an_error():
    lines = STARTER.splitlines()
    for number, line in enumerate(lines, 1):
        for column in range(0, len(line) + 1, 3):
            complete(STARTER, number, column)
