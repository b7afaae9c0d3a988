"""The model without some of its premises."""

from pathlib import Path

import pytest

from raison.model.definition import parse_definition
from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import parse
from raison.model.problem import ModelError
from raison.model.reader import read_text
from raison.model.records import Distribution, solved_by
from raison.model.variant import removed
from raison.model.writer import write

SOUND = Path(__file__).with_name("sound.yaml").read_text(encoding="utf-8")


def model_with(**changes):
    text = SOUND
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    reading = read_text(text)
    assert reading.model is not None, reading.problems
    return reading.model


def test_nothing_removed_is_the_same_model():
    model = model_with()
    assert removed(model, []) == model


def test_a_replaced_parameter_keeps_its_place_and_the_premise_is_gone():
    model = model_with()
    without = removed(model, ["bar-is-low"])
    assert without.parameters["audience_cost"].value == parse_definition("uniform(0, 2)")
    assert list(without.parameters) == list(model.parameters)
    assert list(without.premises) == ["can-yield", "bar-is-high"]
    assert without.sets["bars"].premises == ("bar-is-high",)
    assert without.correlations == model.correlations


def test_a_path_deletes_a_move():
    without = removed(model_with(), ["can-yield"])
    assert list(without.game["reply"].moves) == ["resist"]
    assert without.premises["bar-is-high"].rival == ()


def test_a_distribution_used_in_its_own_replacement_is_kept_under_a_hidden_name():
    model = model_with()
    without = removed(model, ["bar-is-high"])
    assert without.parameters["p_win@1"].value == model.parameters["p_win"].value
    assert without.parameters["p_win"].value.text == "p_win@1 / 2"
    assert list(without.parameters)[:2] == ["p_win@1", "p_win"]
    assert without.correlations[0].among == ("p_win@1", "audience_cost")


def test_replacements_apply_in_the_order_of_the_file_whatever_the_order_asked():
    twice = ('without: {audience_cost: "uniform(0, 2)"}', "without: {k_defender: 2 * k_defender + 1}")
    model = model_with(a=twice, b=("p_win: p_win / 2", "k_defender: k_defender * 10"))
    without = removed(model, ["bar-is-high", "bar-is-low"])
    value = without.parameters["k_defender"].value
    assert (
        evaluate(value.expression, lambda name: 0.0, FLOATS) == (2 * 0.3 + 1) * 10
    )  # the same operations: exact
    assert without == removed(model, ["bar-is-low", "bar-is-high"])


def test_a_quantity_may_become_uncertain_and_a_parameter_a_formula():
    model = model_with(
        a=('audience_cost: "uniform(0, 2)"', 'anger: "uniform(0, anger + 1)"'),
        b=("p_win: p_win / 2", "p_win: audience_cost"),
    )
    without = removed(model, ["bar-is-low", "bar-is-high"])
    assert isinstance(without.parameters["anger"].value, Distribution)
    assert "anger" not in without.quantities
    assert without.parameters["anger"].value.text == "uniform(0, (1 if mood == 'angry' else 0) + 1)"
    assert without.parameters["p_win"].value == parse("audience_cost")
    assert without.correlations == ()  # nothing uncertain is left of p_win


def test_a_mapping_merges_and_the_short_form_of_a_move_is_understood():
    model = model_with(
        a=(
            "{game.reply.moves.concede: null}",
            "{game.reply: {moves: {concede: {when: anger > 0}, wait: conceded}}}",
        ),
        b=("{p_win: p_win / 2}", "{outcomes.war.defender: 1 - p_win, game.reply.moves.resist.when: null}"),
    )
    without = removed(model, ["can-yield", "bar-is-high"])
    moves = without.game["reply"].moves
    assert list(moves) == ["resist", "concede", "wait"]
    assert (moves["concede"].then, moves["concede"].when) == ("conceded", parse("anger > 0"))
    assert moves["resist"].when is None
    assert without.outcomes["war"]["defender"] == parse("1 - p_win")
    assert without.game["opening"] == model.game["opening"]


def test_names_with_dots_and_spaces_are_found_in_a_path():
    model = model_with(
        a=("concede: conceded", "give way. now: conceded"),
        b=("game.reply.moves.concede: null", "game.reply.moves.give way. now: null"),
    )
    assert list(removed(model, ["can-yield"]).game["reply"].moves) == ["resist"]


def test_an_unknown_premise_is_refused_with_the_nearest():
    with pytest.raises(ModelError, match="no premise 'can-yeild'; did you mean 'can-yield'"):
        removed(model_with(), ["can-yeild"])


def test_premises_that_are_sound_alone_may_be_wrong_together():
    model = model_with(
        a=('audience_cost: "uniform(0, 2)"', "p_hold: k_defender"),
        b=("p_win: p_win / 2", "k_defender: p_hold"),
    )
    for premise in ("bar-is-low", "bar-is-high"):
        removed(model, [premise])
    with pytest.raises(ModelError, match="k_defender -> p_hold -> k_defender") as raised:
        removed(model, ["bar-is-low", "bar-is-high"])
    assert raised.value.problems[0].path[0] == "premises"


def test_replacements_that_double_a_definition_stay_small():
    premises = "".join(
        f"  d{i}: {{says: x, without: {{k_defender: k_defender + k_defender}}}}\n" for i in range(40)
    )
    model = model_with(a=("premises:\n", f"premises:\n{premises}"))
    without = removed(model, [f"d{i}" for i in range(20)])
    assert sum(len(parameter.value.text) for parameter in without.parameters.values()) < 5_000


def secret(old="", new=""):
    text = Path(__file__).with_name("secret.yaml").read_text(encoding="utf-8")
    assert old in text
    reading = read_text(text.replace(old, new))
    assert reading.model is not None, reading.problems
    return reading.model


def test_a_private_type_that_all_know_is_an_ordinary_parameter():
    without = removed(secret(), ["nobody-knows"])
    worth = without.parameters["worth"]
    assert not worth.is_private
    assert worth.value == parse_definition("uniform(0, 2 * mean)")
    assert list(without.parameters) == list(secret().parameters)


def test_a_private_type_may_become_known_to_others():
    without = removed(secret("worth.known_to: all", "worth.known_to: [buyer, seller]"), ["nobody-knows"])
    assert without.parameters["worth"].known_to == ("buyer", "seller")


def test_a_parameter_may_become_private_and_uncertain_at_once():
    model = secret("{worth.known_to: all}", '{top: "uniform(1, 3)", top.known_to: [buyer]}')
    top = removed(model, ["nobody-knows"]).parameters["top"]
    assert top.known_to == ("buyer",)
    assert isinstance(top.value, Distribution)


def test_a_private_type_that_becomes_a_number_is_known_to_all():
    without = removed(secret("{worth.known_to: all}", "{worth: 1.5}"), ["nobody-knows"])
    assert without.parameters["worth"].known_to is None


def test_half_a_private_type_is_made_of_one():
    without = removed(secret("{worth.known_to: all}", "{worth: worth / 2}"), ["nobody-knows"])
    assert without.parameters["worth@1"].known_to == ("buyer",)
    assert without.parameters["worth@1"].steps == 32
    assert not without.parameters["worth"].is_private


def test_the_default_concept_follows_what_is_hidden():
    model = secret("solution: {concept: sequential, select: logit-limit, refinement: d1}", "")
    assert solved_by(model) == "sequential"
    everything = "{own.known_to: all, cost.known_to: all, worth.known_to: all, game.weather.known_to: all, "
    nodes = "game.rumour.known_to: all, game.reply.hidden: null, game.protest: {hidden: null, known_to: all}}"
    text = write(model).replace("{worth.known_to: all}", everything + nodes)
    without = removed(read_text(text).model, ["nobody-knows"])
    assert without.solution.concept is None
    assert solved_by(without) == "subgame-perfect"


def test_a_path_into_the_solution_changes_its_options():
    model = secret("{game.weather.known_to: all}", "{solution.select: null, solution.refinement: null}")
    without = removed(model, ["all-see-the-weather"])
    assert (without.solution.select, without.solution.refinement) == (None, None)
    assert without.solution.concept == "sequential"
