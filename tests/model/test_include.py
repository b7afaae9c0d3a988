"""Mechanisms come into a model under a prefix, whole, renamed once, and with errors at their own lines."""

import hashlib

import pytest

from raison.model.formula import parse
from raison.model.problem import ModelError
from raison.model.reader import load, read_file, read_text
from raison.model.records import Distribution
from raison.model.replacing import redefine
from raison.model.writer import write

MECHANISM = """\
raison: 1
title: Something that grows and is told
parameters:
  size: {value: "uniform(0, 1)", unit: apples, about: how large, because: [seen]}
  other: {value: "uniform(1, 2)", because: [seen]}
  x: 3
correlations:
  - {between: [size, other], rank: 0.5}
functions:
  plus(x, y=): x
quantities:
  both: plus(size, other) + x
  zero: root(z, z - size, 0, 1)
processes:
  tub:
    inputs: {size: {default: size}, rate: {default: 1}}
    time: {unit: day, step: 0.5, horizon: 4}
    stocks: {water: {start: size}}
    flows: {fill: {to: water, rate: rate * other}}
    outputs: {full: {at: end, of: water}}
premises:
  large: {says: It is large., claims: [seen], rival: [small], without: {size: 0}}
  small: {says: It is small., rival: [large], without: {other: size}}
  slow: {says: It fills slowly., without: {processes.tub.flows.fill.rate: rate * x}}
sets:
  sizes: {premises: [large, small], says: It has a size.}
claims:
  seen: {says: It was seen., source: paper}
sources:
  paper: {title: A paper}
questions:
  - {name: both, amount: both}
""".replace("plus(x, y=): x", "plus(x, y): x + 0 * y + x * other")

HOST = """\
raison: 1
title: A model that includes
include: INCLUDE
parameters:
  own: {value: "uniform(0, 1)", because: [own-claim]}
quantities:
  here: a.both + a.tub(size=own).full + own
questions:
  - {name: here, amount: here}
claims:
  own-claim: {says: So it is., source: a.paper}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "thing.yaml").write_text(MECHANISM, encoding="utf-8")
    return tmp_path


def host(folder, include="{a: thing.yaml}", *, old="", new="", name="host.yaml"):
    text = HOST.replace("INCLUDE", include)
    assert not old or old in text
    path = folder / name
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return path


def faults(path):
    return [str(problem) for problem in read_file(path).problems]


def test_every_name_of_the_mechanism_gets_the_prefix_and_no_other_does(folder):
    model = load(host(folder))
    assert list(model.parameters) == ["own", "a.size", "a.other", "a.x"]
    assert model.parameters["a.size"].because == ("a.seen",)
    assert model.correlations[0].among == ("a.size", "a.other")
    assert model.functions["a.plus"].arguments == ("x", "y")
    assert model.functions["a.plus"].body == parse("x + 0 * y + x * a.other")
    assert model.quantities["a.both"].value == parse("a.plus(a.size, a.other) + a.x")
    assert model.quantities["a.zero"].value == parse("root(z, z - a.size, 0, 1)")
    tub = model.processes["a.tub"]
    assert tub.inputs["size"].default == parse("a.size")
    assert tub.stocks["water"].start == parse("size")
    assert tub.flows["fill"].rate == parse("rate * a.other")
    assert model.premises["a.large"].without == {"a.size": parse("0")}
    assert model.premises["a.small"].without == {"a.other": parse("a.size")}
    assert model.premises["a.small"].rival == ("a.large",)
    assert model.premises["a.slow"].without == {"processes.a.tub.flows.fill.rate": "rate * a.x"}
    assert model.sets["a.sizes"].premises == ("a.large", "a.small")
    assert model.claims["a.seen"].source == "a.paper"
    assert [question.label for question in model.questions] == ["here"]


def test_a_model_with_mechanisms_is_written_and_read_back_as_itself(folder):
    model = load(host(folder))
    again = read_text(write(model), "host")
    assert again.problems == ()
    assert again.model == model


def test_what_is_included_and_not_used_is_no_warning(folder):
    assert faults(host(folder, "{a: thing.yaml, b: thing.yaml}")) == []


def test_the_same_mechanism_twice_has_two_sets_of_names(folder):
    model = load(host(folder, "{a: thing.yaml, b: thing.yaml}"))
    assert {"a.size", "b.size"} <= set(model.parameters)
    assert model.quantities["b.both"].value == parse("b.plus(b.size, b.other) + b.x")
    assert [correlation.among for correlation in model.correlations] == [
        ("a.size", "a.other"),
        ("b.size", "b.other"),
    ]


def test_the_host_overrides_a_parameter_and_what_it_does_not_say_is_kept(folder):
    path = host(folder, old="  own:", new='  a.size: "uniform(2, 3)"\n  own:')
    size = load(path).parameters["a.size"]
    assert size.value == Distribution("uniform", (parse("2"), parse("3")))
    assert (size.unit, size.about) == ("apples", "how large")
    assert size.because == ()  # the claims were about another value
    (line,) = [n for n, text in enumerate(path.read_text().splitlines(), 1) if "a.size:" in text]
    assert faults(path)[0].startswith(f"{path}:{line}: warning: parameter 'a.size' is uncertain and rests")


def test_with_sets_a_parameter_to_a_formula_of_the_host(folder):
    path = host(folder, '{a: {from: thing.yaml, with: {size: "own * 2", x: 7}, premises: [slow, small]}}')
    model = load(path)
    assert model.quantities["a.size"].value == parse("own * 2")
    assert model.quantities["a.size"].unit == "apples"
    assert model.parameters["a.x"].value == parse("7")
    assert "a.size" not in model.parameters
    assert list(model.premises) == ["a.small", "a.slow"]
    assert model.premises["a.small"].rival == ()
    assert model.sets == {}
    assert model.correlations == ()


def test_the_hosts_own_entry_counts_more_than_with(folder):
    path = host(folder, "{a: {from: thing.yaml, with: {x: own}}}", old="  own:", new="  a.x: 5\n  own:")
    assert load(path).parameters["a.x"].value == parse("5")


def test_a_mechanism_may_include_one(folder):
    (folder / "outer.yaml").write_text(
        "raison: 1\ntitle: Outer\ninclude: {b: {from: thing.yaml, with: {x: gain}}}\n"
        "parameters: {gain: 2}\nquantities: {both: b.both + b.tub().full, paper: 1}\n",
        encoding="utf-8",
    )
    path = host(folder, "{a: outer.yaml}", old="a.tub(size=own)", new="a.b.tub(size=own)")
    path.write_text(path.read_text().replace("a.paper", "a.b.paper"))
    model = load(path)
    assert model.quantities["a.both"].value == parse("a.b.both + a.b.tub().full")
    assert model.quantities["a.b.x"].value == parse("a.gain")
    assert model.claims["a.b.seen"].source == "a.b.paper"


def test_a_premise_of_the_host_replaces_an_included_name(folder):
    premise = "premises: {p: {says: So., without: {a.size: 0.5, a.x: own}}}\nquestions:"
    model = load(host(folder, old="questions:", new=premise))
    assert model.premises["p"].without == {"a.size": parse("0.5"), "a.x": parse("own")}
    assert redefine(model, "a.size", parse("0.5")).parameters["a.size"].value == parse("0.5")


def test_the_hash_covers_what_is_included(folder):
    path = host(folder)
    before = read_file(path).sha256
    assert before != hashlib.sha256(path.read_bytes()).hexdigest()
    assert before == read_file(path).sha256
    (folder / "thing.yaml").write_text(MECHANISM.replace("x: 3", "x: 4"), encoding="utf-8")
    assert read_file(path).sha256 != before


def test_without_includes_the_hash_is_that_of_the_file(tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text("raison: 1\ntitle: Plain\n")
    assert read_file(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


WRONG = {
    "unknown mechanism": ("{a: thing.yaml, b: mechanisms/fase}", "mechanisms/fase'; did you mean 'face'?"),
    "unknown file": ("{a: thing.yaml, b: thin.yaml}", "no file 'thin.yaml'; did you mean 'thing.yaml'?"),
    "outside": ("{a: thing.yaml, b: ../thing.yaml}", "stands in the model's folder or below it"),
    "absolute": ("{a: thing.yaml, b: /etc/thing.yaml}", "stands in the model's folder or below it"),
    "no yaml": ("{a: thing.yaml, b: x/thing}", "a file that ends in .yaml"),
    "unknown with": ("{a: {from: thing.yaml, with: {sice: 1}}}", "no parameter 'sice'; did you mean 'size'?"),
    "with of nothing": ("{a: {from: thing.yaml, with: {size: null}}}", "got nothing"),
    "unknown premise": ("{a: {from: thing.yaml, premises: [lagre]}}", "'lagre'; did you mean 'large'?"),
    "prefix is a name": ("{a: thing.yaml, own: thing.yaml}", "'own' stands under 'parameters' already"),
    "prefix is a quantity": ("{a: thing.yaml, here: thing.yaml}", "'here' stands under 'quantities' already"),
    "prefix is reserved": ("{a: thing.yaml, outcome: thing.yaml}", "'outcome' has a meaning of its own"),
    "prefix is a path": ("{a: thing.yaml, game: thing.yaml}", "'game' has a meaning of its own"),
    "prefix is a function": ("{a: thing.yaml, exp: thing.yaml}", "'exp' has a meaning of its own"),
    "prefix is no name": ("{a: thing.yaml, 1b: thing.yaml}", "needs a prefix of at most 30 letters"),
    "unknown key": ("{a: {from: thing.yaml, wiht: {size: 1}}}", "did you mean 'with'?"),
    "a list": ("{a: thing.yaml, b: [thing.yaml]}", "needs a mechanism"),
    "a formula that is none": ("{a: {from: thing.yaml, with: {size: 1 +}}}", "1 +"),
    "a formula of nothing": ("{a: {from: thing.yaml, with: {size: ownn}}}", "did you mean 'own'?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_include_is_said_at_its_line(folder, case):
    include, words = WRONG[case]
    path = host(folder, include)
    found = faults(path)
    assert len(found) == 1, found
    assert found[0].startswith(f"{path}:3: "), found
    assert words in found[0]


def test_a_name_that_no_mechanism_brings_is_said_with_the_nearest(folder):
    for new, words in {
        "a.sice: 1": "no mechanism brings the parameter 'a.sice'; did you mean 'a.size'?",
        "q.zzzzz: 1": "the prefixes are a.",
    }.items():
        path = host(folder, old="  own:", new=f"  {new}\n  own:")
        (fault,) = faults(path)
        assert fault.startswith(f"{path}:5: ")
        assert words in fault


def test_only_parameters_are_overridden(folder):
    path = host(folder, old="  here:", new="  a.both: 1\n  here:")
    (fault,) = faults(path)
    assert "only parameters are overridden" in fault


def test_a_fault_inside_a_mechanism_is_said_in_its_file(folder):
    (folder / "thing.yaml").write_text(MECHANISM.replace("+ x\n", "+ xx\n", 1), encoding="utf-8")
    path = host(folder)
    (line,) = [
        n for n, text in enumerate((folder / "thing.yaml").read_text().splitlines(), 1) if "+ xx" in text
    ]
    (fault,) = faults(path)
    assert fault.startswith(f"{folder / 'thing.yaml'}:{line}: ")
    assert "'a.xx'" in fault
    with pytest.raises(ModelError, match=r"a\.xx"):
        load(path)


def test_a_misspelt_name_in_a_mechanism_does_not_become_the_hosts(folder):
    (folder / "thing.yaml").write_text(MECHANISM.replace("+ x\n", "+ own\n", 1), encoding="utf-8")
    (fault,) = faults(host(folder))
    assert "'a.own', which is not defined" in fault


@pytest.mark.parametrize(
    "section", ["players: {x: X}", "game: {x: 1}", "levers: {x: 1}", "rounds: {unit: day}"]
)
def test_a_mechanism_has_no_game(folder, section):
    (folder / "thing.yaml").write_text(f"{MECHANISM}{section}\n", encoding="utf-8")
    (fault,) = faults(host(folder))
    assert f"a mechanism has no '{section.partition(':')[0]}'" in fault


def test_a_mechanism_that_is_no_yaml_is_said_in_its_file(folder):
    (folder / "thing.yaml").write_text("raison: 1\ntitle: [", encoding="utf-8")
    found = faults(host(folder))
    assert len(found) == 1
    assert found[0].startswith(f"{folder / 'thing.yaml'}:")


def test_a_circle_of_includes_is_said(folder):
    for name, other in (("x", "y"), ("y", "x")):
        (folder / f"{name}.yaml").write_text(f"raison: 1\ntitle: T\ninclude: {{b: {other}.yaml}}\n")
    found = faults(host(folder, "{a: thing.yaml, c: x.yaml}"))
    assert len(found) == 1
    assert found[0].startswith(f"{folder / 'y.yaml'}:3: ")
    assert "goes in a circle: x -> y -> x" in found[0]


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text(MECHANISM)
    (folder / "link.yaml").symlink_to(outside)
    (fault,) = faults(host(folder, "{a: thing.yaml, b: link.yaml}"))
    assert "stands in the model's folder or below it" in fault


def test_includes_cannot_multiply_without_end(folder):
    names = ["m0", "m1", "m2", "m3"]
    for name, below in zip(names, [*names[1:], "thing"], strict=True):
        inner = ", ".join(f"b{i}: {below}.yaml" for i in range(8))
        (folder / f"{name}.yaml").write_text(f"raison: 1\ntitle: T\ninclude: {{{inner}}}\n")
    assert any("at most 50 mechanisms" in fault for fault in faults(host(folder, "{a: m0.yaml}")))


def test_a_text_without_a_file_includes_only_what_ships():
    reading = read_text(HOST.replace("INCLUDE", "{a: thing.yaml}"), "host.yaml")
    assert [problem.line for problem in reading.problems] == [3]
    assert "includes only what ships" in reading.problems[0].message
