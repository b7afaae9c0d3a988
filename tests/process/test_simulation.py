"""Simulations against a second implementation and against exact solutions."""

from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
import yaml
from scipy.special import gammainc

import raison
from process_reference import Reference
from raison.model.process.by_hand import Course
from raison.model.reader import read_text
from raison.program.process.noise import drawn
from raison.program.program import compile_model
from raison.program.world import World

CASES = yaml.safe_load((Path(__file__).parent / "processes.yaml").read_text(encoding="utf-8"))
DRAWS = 7


def model_with(process, calls, parameters=None, functions=None):
    """A model whose quantities are calls of one process `p`."""
    parameters = parameters or dict.fromkeys("xyz", "uniform(0, 1)")
    data = {
        "raison": 1,
        "title": "-",
        "parameters": parameters,
        "functions": functions or {},
        "processes": {"p": process},
        "quantities": calls,
        "questions": [{"amount": name, "name": name} for name in calls],
    }
    reading = read_text(yaml.safe_dump(data, sort_keys=False))
    errors = [str(problem) for problem in reading.problems if problem.severity == "error"]
    assert not errors, "\n".join(errors)
    return reading.model


def simulated(model, chosen):
    """Values of the quantities at chosen points, and the sentences of what failed."""
    program = compile_model(model)
    world = World(program, chosen={name: np.asarray(values, float) for name, values in chosen.items()})
    batch = len(next(iter(chosen.values())))
    values = {name: np.broadcast_to(world.value(name), (batch,)) for name in model.quantities}
    world.check_definitions()
    return values, [program.reasons[index] for index in world.status(batch)]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_second_simulator_agrees(case):
    process = case["process"]
    model = model_with(process, {f"q_{name}": f"p().{name}" for name in process["outputs"]})
    points = np.random.default_rng(5).uniform(size=(3, DRAWS))
    chosen = dict(zip("xyz", points, strict=True))
    values, status = simulated(model, chosen)

    assert status == ["solved"] * DRAWS
    for draw in range(DRAWS):
        world = {name: float(row[draw]) for name, row in chosen.items()}
        reference = Reference(process, world, {})
        expected = reference.run()
        for name, value in expected.items():
            # both add up the same numbers, in another order
            assert values[f"q_{name}"][draw] == pytest.approx(value, rel=1e-9, abs=1e-9), (name, draw)


def errors_by_step(process, exact, steps, parameters, chosen):
    """The largest error of `p().o` over points, for each step."""
    found = []
    for step in steps:
        timed = {**process, "time": {**process["time"], "step": step}}
        values, status = simulated(model_with(timed, {"q": "p().o"}, parameters), chosen)
        assert set(status) == {"solved"}
        found.append(float(np.max(np.abs(values["q"] - exact))))
    return np.array(found)


POINTS = {name: np.random.default_rng(6).uniform(0.2, 1.0, 9) for name in "xyz"}
PARAMETERS = dict.fromkeys("xyz", "uniform(0.2, 1)")


def face_exactly():
    """Face as a stock, F' = -x * y - z * F from F(0) = 1: F(t) at t = 6."""
    x, y, z = (POINTS[name] for name in "xyz")
    return np.exp(-6 * z) - x * y / z * (1 - np.exp(-6 * z))


def logistic_exactly():
    """S' = x * S * (1 - S / (1 + y)) from S(0) = z / 10, at t = 6."""
    x, y, z = POINTS["x"], 1 + POINTS["y"], POINTS["z"] / 10
    return y / (1 + (y / z - 1) * np.exp(-6 * x))


def erlang_exactly():
    """What has come out of an Erlang delay of order 3 with mean 2 + y into which x flows, at t = 6.

    The integral of a gamma distribution function F_n is t * F_n(t) - mean * F_{n + 1}(t).
    """
    takes = 2 + POINTS["y"]
    return POINTS["x"] * (6 * gammainc(3, 18 / takes) - takes * gammainc(4, 18 / takes))


SMOOTH = {
    "face": (
        face_exactly,
        {
            "stocks": {"face": {"start": 1, "negative": True}},
            "flows": {
                "gap": {"to": "face", "rate": "-x * y"},
                "fade": {"from": "face", "to": "gone", "rate": "z * face"},
            },
            "sinks": ["gone"],
            "outputs": {"o": {"at": "end", "of": "face"}},
        },
    ),
    "logistic growth": (
        logistic_exactly,
        {
            "stocks": {"s": "z / 10"},
            "flows": {"grow": {"to": "s", "rate": "x * s * (1 - s / (1 + y))"}},
            "outputs": {"o": {"at": "end", "of": "s"}},
        },
    ),
    "erlang": (
        erlang_exactly,
        {
            "stocks": {"s": 0},
            "delays": {"d": {"to": "s", "rate": "x", "takes": "2 + y", "kind": "erlang", "order": 3}},
            "outputs": {"o": {"at": "end", "of": "s"}},
        },
    ),
}


@pytest.mark.parametrize("name", list(SMOOTH))
@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk4", 4)])
def test_the_order_of_a_method_against_an_exact_solution(name, method, order):
    exactly, process = SMOOTH[name]
    process = {**process, "time": {"horizon": 6, "method": method}}
    steps = [0.2, 0.1, 0.05]
    errors = errors_by_step(process, exactly(), steps, PARAMETERS, POINTS)

    measured = np.log2(errors[:-1] / errors[1:])
    # the next term of the error's expansion is a fifth of the first at these steps
    assert measured == pytest.approx(order, abs=0.25), errors
    if method == "rk4":
        assert errors[-1] < 1e-6


def test_an_exact_delay_is_exact_whether_or_not_it_takes_whole_steps():
    process = {
        "time": {"step": 0.1, "horizon": 6},
        "stocks": {"s": 0},
        "delays": {"d": {"to": "s", "rate": "y", "takes": "3 * x"}},
        "outputs": {"o": {"at": "end", "of": "s"}, "inside": {"at": "end", "of": "d"}},
    }
    model = model_with(process, {"out": "p().o", "inside": "p().inside"}, PARAMETERS)
    takes = np.array([0.2, 0.3, 0.5, 1.0, 0.7777])
    values, _ = simulated(model, {"x": takes, "y": np.full(5, 2.0)})

    assert values["out"] == pytest.approx(2 * (6 - 3 * takes), rel=1e-12)
    assert values["inside"] == pytest.approx(2 * 3 * takes, rel=1e-12)


def test_an_exact_delay_leaves_rk4_order_two():
    """S' = S(t - 1) - S from S(0) = 1 with nothing before, by the method of steps: on each unit of time
    S = exp(-u) times a polynomial of u, the time since it began."""
    process = {
        "time": {"horizon": 3, "method": "rk4"},
        "stocks": {"s": 1},
        "flows": {"fade": {"from": "s", "to": "gone", "rate": "s"}},
        "delays": {"d": {"to": "s", "rate": "s * x / x", "takes": "1"}},
        "sinks": ["gone"],
        "outputs": {"o": {"at": "end", "of": "s"}},
    }
    e = np.exp(-1.0)
    at_2 = e * (e + 1)
    at_3 = e * (at_2 + e + 0.5)
    errors = errors_by_step(process, at_3, [0.1, 0.05, 0.025], PARAMETERS, POINTS)
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2, abs=0.2), errors


# --- calls ------------------------------------------------------------------------------------------------

TWO = {
    "inputs": {"start": {"default": 1}, "after": {"default": 2}},
    "time": {"step": 0.1, "horizon": 3},
    "stocks": {"a": "start", "b": 0},
    "flows": {"f": {"from": "a", "to": "b", "rate": "x * a"}},
    "outputs": {"b": {"at": "after", "of": "b"}, "end": {"at": "end", "of": "b"}, "top": {"max": "b"}},
}


def count_loops(model):
    """Loops over time in one evaluation of all quantities, as JAX traces them."""
    program = compile_model(model)

    def all_values(cube):
        world = World(program, cube)
        return [world.value(name) for name in model.quantities]

    text = str(jax.make_jaxpr(all_values)(np.full((len(program.coordinates), 4), 0.3)))
    return text.count("scan[") + text.count("while[")


def test_calls_that_differ_only_in_a_reading_time_share_a_simulation():
    calls = {
        "one": "p(after=1).b",
        "two": "p(after=x).b + p().end",
        "three": "p(start=1).top + p(after=2.5, start=2 - 1).b",
    }
    model = model_with(TWO, calls, PARAMETERS)
    assert count_loops(model) == 1
    values, _ = simulated(model, POINTS)
    path = lambda time: 1 - (1 - 0.1 * POINTS["x"]) ** (time / 0.1)
    assert values["one"] == pytest.approx(path(1), rel=1e-12)
    low, high = np.floor(POINTS["x"] * 10) / 10, np.floor(POINTS["x"] * 10) / 10 + 0.1
    share = (POINTS["x"] - low) / 0.1
    assert values["two"] == pytest.approx((1 - share) * path(low) + share * path(high) + path(3), rel=1e-12)
    assert values["three"] == pytest.approx(path(3) + path(2.5), rel=1e-12)


def test_distinct_calls_are_simulated_once_each():
    calls = {"one": "p(start=y).b", "two": "p(start=y).end", "three": "p(start=2 * y).b + p(start=2 * y).end"}
    assert count_loops(model_with(TWO, calls, PARAMETERS)) == 2


def test_a_function_of_the_file_sees_the_names_of_the_file_inside_a_process():
    process = {
        **TWO,
        "flows": {"f": {"from": "a", "to": "b", "rate": "twice() * a"}},
        "stocks": {"a": 1, "b": 0, "x": 5},
    }
    process["flows"]["g"] = {"from": "x", "to": "b", "rate": "0"}
    model = model_with(process, {"q": "p().end"}, PARAMETERS, {"twice()": "2 * x"})
    values, _ = simulated(model, POINTS)
    assert values["q"] == pytest.approx(1 - (1 - 0.2 * POINTS["x"]) ** 30, rel=1e-12)


def test_a_run_compiles_what_points_compute_and_is_the_same_for_any_workers():
    model = raison.Model.of(model_with(TWO, {"one": "p(start=y).b", "two": "p(after=x).b"}, PARAMETERS))
    one, two = model.run(draws=4_000, workers=1), model.run(draws=4_000, workers=2)
    assert [v.mean for v in one.verdicts] == [v.mean for v in two.verdicts]
    # E over uniform x, y of y * (1 - (1 - x / 10) ** 20)
    expected = 0.6 * (1 - (0.98**21 - 0.9**21) / (21 * 0.1 * 0.8))
    assert one.verdicts[0].mean == pytest.approx(expected, abs=4e-4)


# --- what fails -------------------------------------------------------------------------------------------


def test_a_stock_below_zero_fails_its_row_and_harms_no_other():
    process = {
        "time": {"step": 0.5, "horizon": 3},
        "stocks": {"a": "y", "b": 0},
        "flows": {"f": {"from": "a", "to": "b", "rate": "0.1 - x"}},
        "outputs": {"o": {"at": "end", "of": "a"}},
    }
    model = model_with(process, {"q": "p().o"}, {"x": "uniform(-2, 2)", "y": "uniform(-1, 1)"})
    values, status = simulated(model, {"x": [0.0, 0.5, 0.0], "y": [0.5, 0.5, -0.5]})
    assert values["q"][0] == pytest.approx(0.2)
    assert status[0] == "solved"
    assert "stock 'b' of process 'p' falls below zero" in status[1]
    assert "stock 'a' of process 'p' falls below zero" in status[2]


def test_a_time_of_reading_outside_of_the_process_fails_its_row():
    model = model_with(TWO, {"q": "p(after=3 * y).b"}, {"x": "uniform(0, 1)", "y": "uniform(-2, 2)"})
    _, status = simulated(model, {"x": [0.5] * 3, "y": [-0.1, 0.9, 1.1]})
    assert [s == "solved" for s in status] == [False, True, False]
    assert "output 'b' of process 'p' is read before its start or after its horizon" in status[2]


def test_a_delay_of_negative_time_fails_its_row():
    process = {**TWO, "delays": {"d": {"from": "b", "to": "a", "rate": "b", "takes": "x - 0.5"}}}
    _, status = simulated(model_with(process, {"q": "p().b"}, PARAMETERS), {"x": [0.4, 0.6]})
    assert "delay 'd' of process 'p' takes a time below zero" in status[0]
    assert status[1] == "solved"


def test_equal_seeds_give_equal_noise_and_an_uncertain_one_each_draw_its_own():
    process = {
        "time": {"step": 1, "horizon": 400},
        "stocks": {"s": {"start": 0, "negative": True}},
        "flows": {"f": {"to": "s", "rate": "shock"}},
        "noise": {"shock": {"value": "normal(0, 1)", "seed": "x"}},
        "outputs": {
            "o": {"at": "end", "of": "s"},
            "square": {"mean": "shock * shock"},
            "late": {"at": "399", "of": "s"},
        },
    }
    model = model_with(process, {"q": "p().o", "square": "p().square", "late": "p().late"}, PARAMETERS)
    seeds = np.concatenate([np.linspace(0.2, 0.9, 500), [0.2]])
    values, _ = simulated(model, {"x": seeds})
    ends = values["q"][:500] / 20  # each the sum of 400 numbers, standard normal
    assert values["q"][500] == values["q"][0]
    assert len(set(ends)) == 500
    # 500 means and variances: standard errors 0.045, 0.063; the mean square of 400 has 0.0032
    assert abs(ends.mean()) < 0.15
    assert ends.var() == pytest.approx(1, abs=0.2)
    assert values["square"].mean() == pytest.approx(1, abs=0.012)
    lag = np.corrcoef(values["q"][:499], values["q"][1:500])[0, 1]
    assert abs(lag) < 0.15  # neighbouring seeds have nothing to do with each other


@pytest.mark.parametrize("method", ["euler", "rk4"])
@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_one_draw_by_hand_agrees(case, method):
    process = {**case["process"], "time": {**case["process"]["time"], "method": method}}
    model = model_with(process, {f"q_{name}": f"p().{name}" for name in process["outputs"]})
    chosen = {name: np.array([value]) for name, value in (("x", 0.3), ("y", 0.6), ("z", 0.8))}
    values, _ = simulated(model, chosen)
    world = {name: float(row[0]) for name, row in chosen.items()}
    record = model.processes["p"]

    inputs = {name: given.default.expression.value for name, given in record.inputs.items()}
    course = Course(record, inputs, world.__getitem__, {}, partial(drawn, record))
    for name, value in course.outputs.items():
        assert values[f"q_{name}"][0] == pytest.approx(value, rel=1e-9, abs=1e-9), name
    assert course.failures == []
