"""A model written as a file reads back equal, whatever is in it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.model import document
from raison.model.build import build
from raison.model.definition import parse_definition, parse_formula
from raison.model.formula import (
    Binary,
    Call,
    Compare,
    Conditional,
    Fraction,
    Logic,
    Name,
    Number,
    Root,
    Text,
    Unary,
    height,
    parse,
)
from raison.model.reader import read_text
from raison.model.records import (
    Case,
    Chance,
    Claim,
    Correlation,
    Decision,
    Distribution,
    Function,
    Lever,
    Model,
    Move,
    Parameter,
    Player,
    Premise,
    PremiseSet,
    Quantity,
    Question,
    Scale,
    Solution,
    Source,
    Spread,
)
from raison.model.unparse import show
from raison.model.writer import to_data, write

SOUND = Path(__file__).with_name("sound.yaml").read_text(encoding="utf-8")
SECRET = Path(__file__).with_name("secret.yaml").read_text(encoding="utf-8")
GALLERY = Path(__file__).parents[2] / "src" / "raison" / "gallery"

# --- formulas ---------------------------------------------------------------------------------------------

NUMERALS = st.sampled_from(["1", "0.25", "1e5"]).map(Number)
ATOMS = NUMERALS | st.sampled_from(
    [Name("p"), Name("q"), Text("it's"), Text("a"), Fraction("n", "it's"), Fraction("n", "a b")]
)


def larger(inner):
    signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.builds(Unary, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner, inner),
        st.builds(Compare, inner, st.lists(st.tuples(signs, inner), min_size=1, max_size=2).map(tuple)),
        st.builds(Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Conditional, inner, inner, inner),
        st.builds(Root, st.sampled_from(["p", "x"]), inner, inner, inner),
        st.builds(Call, st.just("f"), st.tuples(inner), st.just(()) | inner.map(lambda part: (("k", part),))),
    )


EXPRESSIONS = st.recursive(ATOMS, larger, max_leaves=12)


@settings(deadline=None)
@given(EXPRESSIONS)
def test_an_expression_shown_parses_to_itself(expression):
    assert parse(show(expression)).expression == expression


def test_a_long_sum_is_shown_without_brackets():
    text = " + ".join(["x"] * 150)
    assert show(parse(text).expression) == text
    assert height(parse(text).expression) == 149


# --- whole models -----------------------------------------------------------------------------------------

IDENTIFIERS = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
VISIBLE = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
PROSE = st.text(VISIBLE | st.sampled_from(" \n:#'"), max_size=30)
NAMES = st.text(VISIBLE | st.sampled_from(" :#'"), min_size=1, max_size=12).filter(
    lambda name: name == name.strip() and name.count("(") == name.count(")") and name != "~"
)
WRITTEN = ["1", "-0.5", "a + 1", "f(x, y)", "x == 'it is'", "1 if a else 2", '"q" == b']
FORMULAS = st.sampled_from(WRITTEN).map(parse_formula)
DEFINITIONS = FORMULAS | st.sampled_from(["uniform(0, 1)", "choice('a', 1, 'b', 2)", "normal(a, b * 2)"]).map(
    parse_definition
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def some(values):
    return st.none() | values


def tuples(values):
    return st.lists(values, max_size=3).map(tuple)


def mappings(keys, values):
    return st.dictionaries(keys, values, max_size=3)


SEEN = some(tuples(NAMES.filter(lambda name: name != "all")))
STEPS = st.integers(-3, 200_000)
DISTRIBUTIONS = DEFINITIONS.filter(lambda definition: isinstance(definition, Distribution))
SCALES = st.builds(Scale, FORMULAS, FORMULAS, STEPS)
NODES = st.one_of(
    st.builds(
        Decision,
        NAMES,
        mappings(NAMES, st.builds(Move, NAMES, some(FORMULAS), some(SCALES))),
        some(PROSE),
        hidden=tuples(NAMES),
        known_to=SEEN,
        information=some(PROSE),
    ),
    st.builds(Chance, mappings(NAMES, st.builds(Case, NAMES, some(FORMULAS))), some(PROSE), SEEN),
    st.builds(Spread, DISTRIBUTIONS, NAMES, STEPS, some(st.tuples(FORMULAS, FORMULAS)), some(PROSE), SEEN),
)
PLAIN = st.recursive(some(PROSE), lambda inner: mappings(NAMES, inner), max_leaves=4)
WITHOUT = st.builds(
    lambda named, paths: {**named, **paths},
    mappings(IDENTIFIERS, DEFINITIONS),
    mappings(NAMES.map(lambda name: f"game.{name}"), PLAIN)
    | mappings(
        IDENTIFIERS.map(lambda name: f"{name}.known_to"), st.just("all") | st.lists(NAMES, min_size=1)
    ),
)
QUESTIONS = st.builds(
    Question,
    node=some(NAMES),
    move=some(NAMES),
    event=some(FORMULAS),
    amount=some(FORMULAS),
    given=some(FORMULAS),
    above=some(NUMBERS),
    player=some(NAMES),
    name=some(PROSE),
)
LEVERS = st.builds(
    Lever, some(st.tuples(NUMBERS, NUMBERS)), some(tuples(NUMBERS)), some(tuples(NAMES)), some(FORMULAS)
)
PARAMETERS = st.builds(Parameter, DEFINITIONS, some(PROSE), some(PROSE), tuples(NAMES), SEEN, some(STEPS))
SOLUTIONS = st.builds(
    Solution, some(PROSE), some(FORMULAS), some(PROSE), some(PROSE), some(PROSE), some(PROSE)
)
FUNCTIONS = st.builds(Function, st.lists(IDENTIFIERS, unique=True).map(tuple), FORMULAS)
PAYOFFS = st.dictionaries(
    NAMES.filter(lambda name: name not in ("next", "ends")), FORMULAS, min_size=1, max_size=2
)
SOURCES = st.builds(Source, PROSE, some(PROSE), some(PROSE), some(PROSE), some(PROSE), some(PROSE))
MODELS = st.builds(
    Model,
    title=PROSE,
    about=some(PROSE),
    beliefs=st.booleans(),
    players=mappings(NAMES, st.builds(Player, PROSE.filter(bool), st.booleans())),
    parameters=mappings(IDENTIFIERS, PARAMETERS),
    correlations=tuples(st.builds(Correlation, st.lists(NAMES, min_size=2, max_size=4).map(tuple), NUMBERS)),
    functions=mappings(IDENTIFIERS, FUNCTIONS),
    quantities=mappings(IDENTIFIERS, st.builds(Quantity, FORMULAS, some(PROSE), some(PROSE))),
    game=mappings(IDENTIFIERS, NODES),
    outcomes=mappings(NAMES, PAYOFFS),
    premises=mappings(NAMES, st.builds(Premise, PROSE, WITHOUT, tuples(NAMES), st.booleans(), tuples(NAMES))),
    sets=mappings(NAMES, st.builds(PremiseSet, tuples(NAMES), PROSE)),
    claims=mappings(NAMES, st.builds(Claim, PROSE, NAMES, some(PROSE), some(st.integers(1, 6)), some(PROSE))),
    sources=mappings(NAMES, SOURCES),
    questions=tuples(QUESTIONS),
    levers=mappings(NAMES, mappings(NAMES, LEVERS)),
    solution=SOLUTIONS,
)


@settings(deadline=None, max_examples=150)
@given(MODELS)
def test_a_model_written_and_read_is_the_same_model(model):
    tree = document.parse(write(model))
    assert tree.problems == ()
    again, problems = build(tree.data, bare=tree.bare)
    assert problems == ()
    assert again is not None
    assert again == model
    assert build(to_data(model))[0] == again


@pytest.mark.parametrize("path", sorted(GALLERY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_model_of_the_gallery_survives_being_written(path):
    model = read_text(path.read_text(encoding="utf-8"), path.name).model
    text = write(model)
    assert read_text(text, path.name).model == model
    assert max(map(len, text.split("\n"))) < 2_000


def test_a_model_with_secrets_survives_being_written():
    model = read_text(SECRET, "secret.yaml").model
    text = write(model)
    assert read_text(text, "secret.yaml").model == model
    assert '  own: {value: "normal(mean, 1)", because: [seen], known_to: [crowd]}\n' in text
    assert "  protest: {player: crowd, hidden: [offer], known_to: [], moves: {" in text
    assert "      bid: {range: [0, top], steps: 51, then: answer}\n" in text


def test_a_written_model_looks_as_one_would_write_it():
    text = write(read_text(SOUND).model)
    assert text.startswith("raison: 1\ntitle: Is it rational to challenge?\n\nplayers:\n  challenger: The")
    assert '  p_win: {value: "uniform(0.2, 0.8)", because: [low-bar]}\n' in text
    assert "  - {name: war, event: outcome == 'war', given: opening == 'challenge'}\n" in text
    assert "    without: {game.reply.moves.concede: null}\n" in text


def test_numbers_and_truths_of_python_are_taken_as_text():
    data = {"raison": 1, "title": "x", "beliefs": True, "parameters": {"a": 0.25, "b": 3}}
    model, problems = build(data)
    assert problems == ()
    assert model.beliefs
    assert model.parameters["a"].value == parse_formula("0.25")
