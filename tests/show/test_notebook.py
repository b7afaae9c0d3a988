"""What models, solutions, runs and verdicts show of themselves in a notebook."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

import raison
from raison.api import Model
from raison.model.reader import read_text

EXAMPLE = Path(__file__).parents[2] / "docs" / "notebooks" / "strike-and-answer.ipynb"
HOSTILE = """
raison: 1
title: "<script>alert('title')</script>"
about: "<img src=x onerror=alert(1)>"
players: {a: "<b>player</b>"}
parameters: {x: {value: "uniform(0, 1)", unit: "<u>", about: "<svg onload=alert(2)>"}}
game: {n: {player: a, moves: {go: high, stay: low}}}
outcomes: {high: {a: x}, low: {a: 0.5}}
premises: {p: {says: "<iframe>", claims: [], without: {x: 0.25}}}
questions: [{name: "<object>", node: n, move: go}]
"""


class Tags(HTMLParser):
    """Collects elements and attributes; fails on what is never closed."""

    def __init__(self, text):
        super().__init__()
        self.found, self.attributes, self.open = set(), set(), []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def hostile():
    reading = read_text(HOSTILE, "hostile")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256)


def shown(model):
    run = model.run(64, compiled=False)
    return {
        "model": model,
        "solution": model.solve({"x": [0.1, 0.9]}),
        "run": run,
        "verdict": run.verdicts[0],
    }


@pytest.mark.parametrize("what", ["model", "solution", "run", "verdict"])
def test_what_a_model_says_is_escaped(hostile, what):
    text = shown(hostile)[what]._repr_html_()
    tags = Tags(text)
    assert not tags.found & {"script", "img", "iframe", "object", "b", "u"}
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "&lt;" in text


def test_each_shows_what_it_is():
    model = raison.gallery("strike-and-answer")
    found = {name: one._repr_html_() for name, one in shown_of(model).items()}
    assert "uniform(0, 10)" in found["model"]
    assert "fight on, withdraw, escalate" in found["model"]
    assert "chosen at opening" in found["solution"]
    assert "point 2" in found["solution"]
    assert found["run"].count("<svg") == 4  # two sheets, a drawing on each
    assert "is the rational move for the leader" in found["run"]
    assert "his-fall-counts" in found["run"]
    assert "0.2" in found["verdict"]


def shown_of(model):
    run = model.run(256, compiled=False)
    solution = model.solve({"ruin_cost": [1, 9]})
    return {"model": model, "solution": solution, "run": run, "verdict": run.verdicts[0]}


def test_a_model_without_a_game_shows_itself():
    text = "raison: 1\ntitle: t\nparameters: {x: 'uniform(0, 1)'}\nquestions: [{amount: x}]\n"
    reading = read_text(text, "bare")
    model = Model(reading.model, reading.sha256)
    run = model.run(64)
    assert "uniform(0, 1)" in model._repr_html_()
    assert run._repr_html_().count("<svg") == 2


def test_many_points_are_cut_and_said():
    model = raison.gallery("three-step-crisis")
    first = next(iter(model.record.parameters))
    text = model.solve({first: [0.1 * k for k in range(1, 21)]})._repr_html_()
    assert "and 12 more points" in text
    assert "point 9" not in text


@pytest.mark.slow
def test_the_example_is_executed_and_shows_what_it_showed():
    nbformat = pytest.importorskip("nbformat", reason="the extra notebook is not installed")
    nbclient = pytest.importorskip("nbclient", reason="the extra notebook is not installed")
    stored = nbformat.read(EXAMPLE, 4)
    made = nbformat.read(EXAMPLE, 4)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    nbclient.NotebookClient(made, timeout=300, kernel_name="python3").execute()
    for before, after in zip(stored.cells, made.cells, strict=True):
        if before.cell_type == "code":
            kinds = [[sorted(output.get("data", {})) for output in cell.outputs] for cell in (before, after)]
            assert kinds[0] == kinds[1]
            text = [
                [output.get("data", {}).get("text/html") for output in cell.outputs]
                for cell in (before, after)
            ]
            assert text[0] == text[1]
