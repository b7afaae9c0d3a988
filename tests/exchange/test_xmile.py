"""XMILE models as processes: against exact solutions, and everything else refused by its name."""

import math

import pytest

import raison
from raison.exchange.xmile import read_process
from raison.model import writer
from raison.model.problem import ModelError
from raison.model.reader import read_text

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
  <header><vendor>v</vendor><product version="1">p</product><name>A cup of tea</name></header>
  <sim_specs method="{method}" time_units="Minute"><start>{start}</start><stop>30</stop>
    <dt reciprocal="true">8</dt></sim_specs>
  <model><variables>
"""
TAIL = "  </variables></model>\n</xmile>\n"
TEA = """
    <stock name="Tea Temperature"><eqn>180</eqn><outflow>Loss\\nto Room</outflow>
      <units>degrees</units></stock>
    <flow name="Loss to Room"><eqn>("Tea Temperature" - Room) / Time_Constant {Newton}</eqn></flow>
    <aux name="Room"><eqn>70</eqn><units>degrees</units></aux>
    <aux name="time constant"><eqn>10</eqn><units>Minute</units></aux>
"""


def write(tmp_path, variables, method="RK4", start="0", name="tea.xmile"):
    path = tmp_path / name
    path.write_text(HEAD.format(method=method, start=start) + variables + TAIL, encoding="utf-8")
    return path


def final(path, stock):
    solution = raison.load(path).solve()
    assert solution.status == ["solved"]
    return float(solution.points.quantity[stock][0])


def test_a_cup_cools_as_newton_says(tmp_path):
    path = write(tmp_path, TEA)
    # rk4 at a step of 1/8 of a tenth of the time constant
    assert final(path, "tea_temperature") == pytest.approx(70 + 110 * math.exp(-3), abs=1e-6)
    name, process = read_process(path)
    assert name == "A cup of tea"
    assert list(process.inputs) == ["room", "time_constant"]
    assert process.stocks["tea_temperature"].negative
    assert process.flows["loss_to_room"].target == "outside"
    assert process.time.num_steps == 240
    assert process.time.method == "rk4"


def test_constants_are_parameters_of_the_model(tmp_path):
    path = write(tmp_path, TEA)
    solution = raison.load(path).solve({"room": [70, 20], "time_constant": [10, 5]})
    wanted = [70 + 110 * math.exp(-3), 20 + 160 * math.exp(-6)]
    assert solution.quantity["tea_temperature"] == pytest.approx(wanted, abs=1e-5)


def test_everything_that_is_not_read_is_said_at_once_with_its_line(tmp_path):
    wrong = (
        TEA
        + '    <aux name="late"><eqn>DELAY1(Room, 2)</eqn></aux>\n'
        + '    <aux name="curve"><eqn>Room</eqn><gf><yscale min="0" max="1"/></gf></aux>\n'
        + '    <aux name="empty"/>\n'
    )
    with pytest.raises(ModelError) as refused:
        raison.load(write(tmp_path, wrong))
    said = [(p.line, p.message) for p in refused.value.problems]
    assert [line for line, _ in said] == [13, 14, 15]
    assert ["DELAY1" in said[0][1], "<gf>" in said[1][1], "no equation" in said[2][1]] == [True] * 3


def test_units_that_do_not_fit_are_left_out_with_a_warning_at_their_line(tmp_path):
    text = TEA.replace("<eqn>70</eqn><units>degrees</units>", "<eqn>70</eqn><units>people</units>")
    model = raison.load(write(tmp_path, text))
    (warning,) = [p for p in model.problems if "units are left out" in p.message]
    assert warning.line == 10


def test_by_euler_it_cools_by_the_same_share_in_every_step(tmp_path):
    found = final(write(tmp_path, TEA, "Euler"), "tea_temperature")
    assert found == pytest.approx(70 + 110 * (1 - 1 / 80) ** 240, rel=1e-12)


def test_it_is_written_as_a_model_file_that_reads_back_equal(tmp_path):
    model = raison.load(write(tmp_path, TEA)).record
    assert read_text(writer.write(model), "tea.yaml").model == model


EQUATIONS = [
    ("1 + 2 * 3 ^ 2 ^ 0.5", 1 + 2 * 3 ** (2**0.5)),
    ("-2 ^ 2", -4),
    ("10 mod 4 + (5 - 2) / 2", 3.5),
    ("if 1 < 2 and not 3 = 4 then 5 else 6", 5),
    ("IF x <> 3 OR 2 >= 3 THEN 1 ELSE MAX(x, 2) + MIN(1, x)", 4),
    ("int(-2.5) + int(2.5)", 0),
    ("abs(-x) + exp(0) + ln(exp(2)) + sqrt(16) + log10(1000)", 13),
    ("safediv(1, x - 3) + safediv(6, x)", 2),
    ("safediv(x, 0) + safediv(x, 3)", 1),
    ("pi", math.pi),
    ("stoptime - starttime + dt", 20.125),
    ('"X" + x', 6),
]


@pytest.mark.parametrize(("equation", "value"), EQUATIONS)
def test_an_equation_means_what_it_means_in_xmile(tmp_path, equation, value):
    variables = f"""<stock name="s"><eqn>0</eqn><inflow>f</inflow></stock>
      <flow name="f"><eqn>y / 20</eqn></flow><aux name="x"><eqn>3</eqn></aux>
      <aux name="y"><eqn>{equation.replace("<", "&lt;")}</eqn></aux>"""
    assert final(write(tmp_path, variables, "Euler", "10"), "s") == pytest.approx(value, rel=1e-9)


def test_functions_of_time_count_from_the_start_of_the_file(tmp_path):
    variables = """
    <stock name="stepped"><eqn>0</eqn><inflow>f</inflow></stock>
    <stock name="ramped"><eqn>0</eqn><inflow>g</inflow></stock>
    <stock name="timed"><eqn>0</eqn><inflow>h</inflow></stock>
    <flow name="f"><eqn>STEP(2, 20)</eqn></flow>
    <flow name="g"><eqn>RAMP(1, 20, 25)</eqn></flow>
    <flow name="h"><eqn>TIME</eqn></flow>
    """
    path = write(tmp_path, variables, "Euler", "10")
    assert final(path, "stepped") == pytest.approx(20, rel=1e-12)
    # sums of left ends with steps of 1/8
    assert final(path, "ramped") == pytest.approx(sum(min(i / 8, 5) for i in range(80)) / 8, rel=1e-12)
    assert final(path, "timed") == pytest.approx(sum(10 + i / 8 for i in range(160)) / 8, rel=1e-12)


def test_the_start_of_a_stock_may_be_that_of_another(tmp_path):
    variables = """<stock name="a"><eqn>2 * c</eqn></stock><stock name="b"><eqn>a + d</eqn></stock>
      <aux name="c"><eqn>3</eqn></aux><aux name="d"><eqn>a / 2 + time</eqn></aux>"""
    assert final(write(tmp_path, variables), "b") == 9


def test_a_stock_that_may_not_fall_below_zero_caps_what_leaves_it(tmp_path):
    variables = """
      <stock name="a"><eqn>10</eqn><outflow>f</outflow><outflow>g</outflow><non_negative/></stock>
      <stock name="b"><eqn>0</eqn><inflow>f</inflow></stock>
      <stock name="c"><eqn>0</eqn><inflow>g</inflow></stock>
      <flow name="f"><eqn>1</eqn></flow><flow name="g"><eqn>3</eqn><non_negative/></flow>"""
    path = write(tmp_path, variables, "Euler")
    assert final(path, "b") == pytest.approx(2.5)
    assert final(path, "c") == pytest.approx(7.5)
    assert any("XMILE serves the outflows in their order" in str(p) for p in raison.load(path).problems)


def test_units_that_do_not_fit_are_left_out_and_said(tmp_path):
    path = write(tmp_path, TEA.replace("<units>Minute</units>", "<units>degrees</units>"))
    model = raison.load(path)
    assert any("units are left out, since they do not fit" in str(problem) for problem in model.problems)
    assert model.record.processes["tea"].stocks["tea_temperature"].unit is None
    assert (
        raison.load(write(tmp_path, TEA)).record.processes["tea"].stocks["tea_temperature"].unit == "degrees"
    )


REFUSED = {
    "modules": ('<module name="Market"/>', "modules are not read; <module> ('Market') is one"),
    "arrays": ('<aux name="x"><dimensions/><eqn>1</eqn></aux>', "arrays are not read; <dimensions> is one"),
    "graphical function": ('<aux name="x"><eqn>1</eqn><gf/></aux>', "graphical functions are not read"),
    "conveyor": ('<stock name="x"><eqn>1</eqn><conveyor/></stock>', "conveyors are not read"),
    "queue": ('<stock name="x"><eqn>1</eqn><queue/></stock>', "queues are not read"),
    "unknown function": (
        '<aux name="x"><eqn>SMTH1(2, 3)</eqn></aux>',
        "'x': the function 'SMTH1' with 2 arguments is not read",
    ),
    "unknown name": ('<aux name="x"><eqn>2 * y</eqn></aux>', "'x': 'y' in '2 * y' is not defined"),
    "index": ('<aux name="x"><eqn>x[1]</eqn></aux>', "'x': '[' in 'x[1]' is not read"),
    "no equation": ('<aux name="x"/>', "'x' has no equation; add <eqn>"),
    "two names": ('<aux name="a b"><eqn>1</eqn></aux><aux name="A_B"><eqn>1</eqn></aux>', "stands twice"),
    "no name": ("<aux><eqn>1</eqn></aux>", "a <aux> has no name"),
    "flow of two": (
        '<stock name="a"><eqn>1</eqn><inflow>f</inflow></stock><stock name="b"><eqn>1</eqn>'
        '<inflow>f</inflow></stock><flow name="f"><eqn>1</eqn></flow>',
        "the inflow of two stocks",
    ),
    "no flow": ('<stock name="a"><eqn>1</eqn><inflow>f</inflow></stock>', "which is not a flow"),
    "start in a circle": (
        '<stock name="a"><eqn>b</eqn></stock><stock name="b"><eqn>a</eqn></stock>',
        "depends on itself",
    ),
    "deep": (f'<aux name="x"><eqn>{"(" * 60}1{")" * 60}</eqn></aux>', "nested more than 40 deep"),
    "bracket": ('<aux name="x"><eqn>(1 + 2</eqn></aux>', "needs ')' but has 'its end'"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_not_read_is_refused_by_its_name(tmp_path, name):
    variables, words = REFUSED[name]
    path = write(tmp_path, variables)
    with pytest.raises(ModelError) as caught:
        raison.load(path)
    (problem,) = caught.value.problems
    assert words in str(problem)
    assert problem.line is not None
    assert str(problem).startswith(f"{path}:")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('method="RK4"', 'method="gear"', "the method 'gear' is not read; there are Euler and RK4"),
        ("<start>0</start>", "", "<start> in <sim_specs> needs a number; got nothing"),
        ("<stop>30</stop>", "<stop>soon</stop>", "<stop> in <sim_specs> needs a number; got 'soon'"),
        (
            '<?xml version="1.0" encoding="utf-8"?>',
            '<!DOCTYPE x [<!ENTITY a "b">]>',
            "a document type is not read",
        ),
        ("</xmile>", "", "this is not XML: "),
        ("<model>", '<model name="a"/><model>', "a file with one model is read; this has 2"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(tmp_path, old, new, words):
    path = write(tmp_path, TEA)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        raison.load(path)
    assert words in str(caught.value)
