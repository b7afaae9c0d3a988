"""The pipeline of mobilisation against the closed form of its fluid, and face as a stock against its own.

Trained at time T by a tandem of stages, with intake a for T0 weeks, capacities mu_i and times L_i:
max(0, min(a * T0, min(a, mu_1, ...) * (T - sum of L_i))); led are at most cadre times ratio of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison
from raison.model.reader import read_text

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "process-vectors.json").read_text(encoding="utf-8")
)
STAGES = ("examining", "training", "equipping")


def fluid(intake: Any, weeks: Any, rates: Any, times: Any, at: Any) -> Any:
    """What is through at a time, by the closed form."""
    slowest = np.minimum.reduce([np.asarray(intake, float), *rates])
    return np.maximum(0, np.minimum(intake * weeks, slowest * np.maximum(at - sum(times), 0)))


def piped(step: float, points: dict[str, Any], **inputs: Any) -> Any:
    """The gallery's pipeline with another time step."""
    path = Path(raison.__file__).parent / "gallery" / "raison2026" / "mobilisation-pipeline.yaml"
    text = path.read_text(encoding="utf-8")
    assert "step: 0.25" in text
    reading = read_text(text.replace("step: 0.25", f"step: {step}"))
    assert reading.model is not None
    return raison.Model.of(reading.model).simulate("pipeline", points, **inputs)


def as_points(intake: Any, rates: Any, times: Any, cadre: Any = 1e9, ratio: Any = 1) -> dict[str, Any]:
    """Parameters of the gallery's model."""
    points = {"intake": intake, "cadre": cadre, "led_by_one": ratio}
    points |= dict(zip(STAGES, rates, strict=True))
    return points | {f"{stage}_time": time for stage, time in zip(STAGES, times, strict=True)}


def test_the_reference_vector_is_reproduced() -> None:
    (vector,) = VECTORS["C19_mobilisation_fluid"]
    given, wanted = vector["params"], vector["result"]
    points = as_points(given["a"], given["mus"], given["Ls"], given["cadre"], given["ratio"])
    inputs = {"called": given["a"] * given["T0"], "after": given["T"]}
    coarse, fine = (piped(step, points, **inputs) for step in (0.1, 0.05))

    assert fine.outputs["led"] == wanted["led"]
    # by Euler's method each stage holds what passes it in a step; two steps extrapolate to the closed form
    trained = 2 * fine.outputs["equipped"] - coarse.outputs["equipped"]
    assert trained == pytest.approx(wanted["trained"], rel=1e-9)
    waiting = [
        sum(path[name][round(given["T"] / step)] for name in ("reported", "examined", "trained"))
        for path, step in ((coarse, 0.1), (fine, 0.05))
    ]
    assert 2 * waiting[1] - waiting[0] == pytest.approx(wanted["backlog"], abs=1e-9 * given["a"])
    assert fine.imbalance < 1e-13


def test_the_error_of_the_pipeline_halves_with_the_step() -> None:
    rng = np.random.default_rng(19)
    count = 40
    intake, weeks = rng.uniform(40, 80, count), rng.uniform(3, 8, count)
    rates = rng.uniform(10, 100, (3, count))
    times = np.round(rng.uniform(0.5, 4, (3, count)), 1)
    at = sum(times) + rng.uniform(1, 8, count)
    exact = fluid(intake, weeks, rates, times, at)
    points = as_points(intake, rates, times)
    errors = [
        np.abs(piped(step, points, called=intake * weeks, after=at).outputs["equipped"] - exact)
        for step in (0.1, 0.05)
    ]
    # three stages of at most `slowest` a week, each late by a step, and one for the intake
    slowest = np.minimum.reduce([intake, *rates])
    assert np.all(errors[0] <= 4.001 * 0.1 * slowest)
    assert np.sum(errors[0]) / np.sum(errors[1]) == pytest.approx(2, abs=0.1)


def test_face_as_a_stock_is_its_closed_form() -> None:
    (vector,) = VECTORS["C21_face_stock"]
    given = vector["params"]
    text = f"""
raison: 1
title: What is left of face?
processes:
  face:
    time: {{step: 0.05, horizon: {given["t"]}, method: rk4}}
    stocks: {{face: {{start: {given["F0"]}, negative: true}}}}
    flows:
      lost: {{to: face, rate: {-given["phi"] * given["gap"]}}}
      fades: {{from: face, to: gone, rate: {given["kappa"]} * face}}
    sinks: [gone]
    outputs: {{left: {{at: end, of: face}}}}
quantities: {{left: face().left}}
questions: [{{amount: left}}]
"""
    reading = read_text(text)
    assert reading.model is not None
    found = raison.Model.of(reading.model).solve().points.quantity["left"][0]
    # rk4 at kappa * step = 0.01
    assert found == pytest.approx(vector["result"]["F"], rel=1e-10)


def test_more_places_for_training_never_lead_fewer_men() -> None:
    places = np.linspace(600, 50_000, 60)
    led = piped(0.25, {"training": places}, after=20).outputs["equipped"]
    assert np.all(np.diff(led) >= -1e-6)
    assert led[0] < led[-1]
