"""Simulations against a second implementation and against exact solutions."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from process_reference import Reference

from raison.model.reader import read_text
from raison.program.program import compile_model
from raison.program.world import World

CASES = yaml.safe_load((Path(__file__).parent / "processes.yaml").read_text(encoding="utf-8"))
DRAWS = 7


def model_with(process, calls, parameters=None):
    """A model whose quantities are calls of one process `p`."""
    parameters = parameters or {name: "uniform(0, 1)" for name in "xyz"}
    data = {
        "raison": 1,
        "title": "-",
        "parameters": parameters,
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
