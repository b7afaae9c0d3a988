"""Pictures that stand alone: what they show, in both themes, and nothing of the page that they came from."""

import re
from xml.etree import ElementTree

import pytest

import raison
from raison.api import Model
from raison.api.pictures import PICTURES
from raison.model.reader import read_text
from raison.show.pictures import Picture, flows, style

LONG = "a-name-that-is-as-long-as-anybody-would-make-it-and-then-some-more-words"
TEXT = f"""
raison: 1
title: "<script>alert(1)</script> & {LONG} {LONG} {LONG}"
players: {{a: "A & <b>"}}
parameters:
  x: {{value: "uniform(0, 1)", unit: "<i>"}}
  y: "uniform(0, 1)"
game: {{n: {{player: a, moves: {{up: high, {LONG}: low}}}}}}
outcomes: {{high: {{a: x}}, low: {{a: y}}}}
premises:
  {LONG}: {{says: "<b>", claims: [], without: {{x: 0.25}}}}
questions: [{{node: n, move: up}}]
"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run():
    reading = read_text(TEXT, "long")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256).run(4_096, compiled=False)


def elements(picture, theme="light"):
    return list(ElementTree.fromstring(picture.svg(theme)).iter())


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("what", ["tree", "map", "margin", "premises", "tornado", "regions"])
def test_a_picture_stands_alone_in_each_theme(run, what, theme):
    svg = run.picture(what).svg(theme)
    assert "var(" not in svg
    assert "currentColor" not in svg
    assert "<script" not in svg
    assert f'fill="{style.colours(theme)["--paper"]}"' in svg
    png = Picture("", run.picture(what).drawing).png(theme, scale=1)
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize("what", ["tree", "map", "margin", "premises"])
def test_no_text_leaves_the_sheet_to_the_right_or_left(run, what):
    root = ElementTree.fromstring(run.picture(what).svg())
    width = float(root.get("width"))
    for text in root.findall(f"{SVG}text"):
        size = float(text.get("font-size"))
        # a letter of bold type is 0.57 of its size wide on average
        assert float(text.get("x")) + 0.57 * size * len(text.text) <= width + size


def test_the_map_shows_the_closed_form(run):
    picture = run.picture("map", across="x", up="y", steps=40)
    assert {meaning for _, meaning in picture.legend} == {"up", LONG}
    number = r'"([\d.]+)"'
    form = rf'<rect class="stripe p(\d)" x={number} y={number} width={number} height={number}'
    rects = re.findall(form, picture.drawing)
    area = {kind: sum(float(w) * float(h) for k, _, _, w, h in rects if k == kind) for kind in "01"}
    # up is chosen where x > y: half of the square, but for cells that the diagonal cuts and cells' overlap
    assert area["0"] / (area["0"] + area["1"]) == pytest.approx(0.5, abs=0.03)
    for kind, x, y, w, h in rects:
        right, low = float(x) + float(w), float(y) + float(h)
        assert right <= 74 + 420 + 0.31
        assert low <= 8 + 420 + 0.31
        if kind == "0":  # stands to the right of the diagonal
            assert float(x) - 74 >= 420 + 8 - low - 420 / 40 - 1


def test_a_map_takes_the_parameters_that_move_the_choice_if_none_are_named():
    text = TEXT.replace("  y:", "  idle: uniform(0, 1)\n  y:").replace("a: y}", "a: y + 1e-9 * idle}")
    reading = read_text(text, "idle")
    picture = Model(reading.model, reading.sha256).run(64, compiled=False).picture("map", steps=4)
    assert ">x (&lt;i&gt;)<" in picture.drawing
    assert ">y<" in picture.drawing


def test_bars_of_premises_have_the_run_s_changes(run):
    picture = run.picture("premises")
    change = run.record.removals[0].changes[0]
    assert change.difference < -0.2
    (bar,) = re.findall(r'<rect class="yes" x="[\d.]+" width="([\d.]+)"', picture.drawing)
    assert float(bar) > 50


@pytest.mark.parametrize(
    ("what", "options", "said"),
    [
        ("portrait", {}, "a picture is one of tree, map"),
        ("map", {"node": "m"}, "needs a decision of the model: n; got m"),
        ("map", {"across": "z"}, "needs an uncertain number: x, y; got 'z'"),
        ("map", {"across": "x", "up": "x"}, "two different"),
        ("margin", {"question": 3}, "no margin or amount"),
        ("policy", {}, "it needs rounds"),
        ("process", {}, "it has none"),
        ("pipeline", {}, "it has none"),
    ],
)
def test_what_cannot_be_drawn_is_said(run, what, options, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        run.picture(what, **options)


def test_a_process_is_drawn_stock_by_stock():
    model = raison.gallery("mobilisation-pipeline")
    picture = model.run(64, removals=(), compiled=False).picture("process")
    stocks = model.record.processes["pipeline"].stocks
    headings = [e.text for e in elements(picture) if e.get("class") == "label"]
    assert [heading.partition(" (")[0] for heading in headings][: len(stocks)] == list(stocks)
    assert picture.drawing.count("<polyline") == len(headings)


STOCK = LONG.replace("-", "_")[:60]
FLOWS = f"""
raison: 1
title: t
players: {{a: A}}
processes:
  p:
    time: {{step: 0.5, horizon: 4}}
    stocks: {{{STOCK}: {{start: 8}}, second: {{start: 0}}}}
    sinks: [gone]
    flows:
      on: {{from: {STOCK}, to: second, rate: 1}}
      back: {{from: second, to: {STOCK}, rate: second / 2}}
      in: {{to: second, rate: 2}}
    delays: {{held: {{from: second, to: gone, rate: 1, takes: 1}}}}
    events: {{shock: {{from: {STOCK}, to: gone, at: 1, amount: 3}}}}
    outputs: {{end: {{at: end, of: second}}}}
quantities: {{q: p().end}}
questions: [{{amount: q}}]
"""


def test_a_diagram_has_a_box_for_each_place_and_an_arrow_for_each_way():
    reading = read_text(FLOWS, "flows")
    assert reading.model is not None, reading.problems
    picture = Model(reading.model, reading.sha256).run(16, compiled=False).picture("pipeline")
    root = ElementTree.fromstring(picture.drawing)
    kinds = [group.get("class") for group in root.iter("g")]
    assert sorted(kinds) == ["delay", "outside", "sink", "stock", "stock", *["way"] * 5, "way event"]
    frames = {
        group.get("class"): group.find("rect").attrib
        for group in root.iter("g")
        if group.find("rect") is not None
    }
    below = lambda kind: float(frames[kind]["y"])
    assert below("outside") < below("delay") < below("sink")
    width = float(root.get("viewBox").split()[2])
    assert all(float(text.get("x")) + 6.4 * len(text.text) <= width for text in root.iter("text"))
    titles = [title.text for title in root.iter("title")]
    assert "back: second / 2" in titles
    assert "takes 1" in titles
    bare = flows.diagram(reading.model.processes["p"])
    assert "<polyline" not in bare
    assert bare.count("<path") == picture.drawing.count("<path")
    assert "gone: at most 5.5, at the end 5.5" in titles  # three at once; one a time unit from 1.5 on


def test_the_policy_of_a_game_in_rounds_is_drawn():
    text = """
raison: 1
title: t
players: {a: A}
game: {n: {player: a, moves: {stop: over, go: on}}}
outcomes: {over: {a: s, ends: true}, on: {a: 0.4, next: {s: s}}}
rounds: {horizon: 2, discount: 1, state: {s: {start: 0.5, grid: [0, 1], steps: 11}}, terminal: {a: 0}}
questions: [{node: n, move: stop}]
"""
    reading = read_text(text, "rounds")
    assert reading.model is not None, reading.problems
    picture = Model(reading.model, reading.sha256).run(16).picture("policy")
    shades = [float(e.get("opacity")) for e in elements(picture) if e.get("class") == "shade"]
    # stopping pays s, going on 0.4 now and max(s, 0.4) later: never better to stop in the first period
    assert shades == [pytest.approx(0.06)] * 11


def test_a_picture_is_saved_by_its_ending_or_refused(run, tmp_path):
    picture = run.picture("tree")
    assert picture.save(tmp_path / "a.svg", "dark").read_text() == picture.svg("dark")
    assert picture.save(tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=re.escape(".svg or .png; got 'a.pdf'")):
        picture.save(tmp_path / "a.pdf")
    with pytest.raises(ValueError, match="light or dark"):
        picture.svg("sepia")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.PNG", "a.svg"]


def test_every_picture_of_the_command_line_is_one_of_the_library():
    from raison.cli.picturing import What

    assert [what.value for what in What] == list(PICTURES)


def test_the_command_line_writes_a_picture(call, tmp_path):
    code, out, err = call(
        "picture", "strike-and-answer", "tree", "-n", "64", "--theme", "dark", "-o", "t.png"
    )
    assert (code, out, err) == (0, "t.png\n", "")
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")
    assert call("picture", "strike-and-answer", "tree", "-n", "64", "-o", "t.png")[0] == 1
    assert "--node is of a picture 'map'" in call("picture", "strike-and-answer", "tree", "--node", "x")[2]
    assert "written as .svg or .png" in call("picture", "strike-and-answer", "tree", "-o", "t.gif")[2]


def test_the_style_of_the_page_is_applied_with_its_order():
    drawing = ElementTree.fromstring(
        '<svg class="game"><g class="branch p1 unused"><path stroke-width="3"/><text/></g>'
        '<g class="decision p0"><text/><text class="who"/></g></svg>'
    )
    style.apply(drawing, "light")
    path, label, name, who = (*drawing[0], *drawing[1])
    assert path.get("stroke") == style.colours("light")["--p1"]
    assert path.get("opacity") == "0.5"  # of an unused branch, which comes after that of any branch
    assert label.get("fill") == style.colours("light")["--muted"]
    assert (name.get("font-weight"), who.get("font-weight")) == ("600", None)
