"""Offers that tell something about a type: games with amounts whose branch has dozens of unknowns."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import raison
from raison.api import Model
from raison.model.reader import read_text
from raison.solve.inputs import inputs_at, largest_gain
from raison.solve.linear import factorise, factorise_whole


def offers(types: int, steps: int) -> raison.Model:
    text = f"""
raison: 1
title: A demand that shows how strong one is
players: {{strong: One, other: Another}}
parameters:
  p: {{value: "uniform(0.2, 0.8)"}}
  t: {{value: "uniform(0, 1)", known_to: [strong], steps: {types}}}
  c: {{value: "uniform(0, 0.5)"}}
game:
  offer: {{player: strong, moves: {{ask: {{range: [0, 1], steps: {steps}, then: reply}}}}}}
  reply: {{player: other, moves: {{accept: settled, fight: war}}}}
outcomes:
  settled: {{strong: offer, other: 1 - offer}}
  war: {{strong: p * t - 0.1, other: 1 - p * t - c}}
questions: [{{name: war, event: outcome == 'war'}}]
"""
    reading = read_text(text, "offers")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256)


@pytest.mark.slow
def test_twenty_offers_of_eight_types_are_solved() -> None:
    """63 unknowns: written out equation by equation, the program would not be compiled in minutes."""
    model = offers(8, 21)
    points = {"p": np.array([0.3, 0.5, 0.7]), "c": np.array([0.1, 0.2, 0.4])}
    found = model.solve(points)
    assert found.status == ["solved"] * 3
    gain = largest_gain(inputs_at(found.program, points, 3), found.points.places)
    assert gain.max() < 1e-9  # what `solved` promises, by a checker without common code


def test_too_many_types_and_offers_are_refused_with_their_sizes_before_anything_is_compiled() -> None:
    with pytest.raises(ValueError, match=r"60 of 't', 101 of 'offer'.*303 unknowns.*Take fewer steps"):
        offers(60, 101).solve({})


@pytest.mark.parametrize("size", [3, 12, 40])
def test_systems_in_one_array_are_solved_as_those_equation_by_equation(size: int) -> None:
    rng = np.random.default_rng(size)
    matrix, right = rng.normal(size=(size, size, 5)), rng.normal(size=(size, 5))
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):  # as where it is used
        solved = [
            (factors.sign, factors.solve(jnp.asarray(right)))
            for factors in (factorise([list(row) for row in jnp.asarray(matrix)]), factorise_whole(matrix))
        ]
    for sign, unknowns in solved:
        found = np.asarray(unknowns)
        left = np.einsum("ijb,jb->ib", matrix, found)
        np.testing.assert_allclose(left, right, rtol=0, atol=1e-9)  # conditions of random matrices: 1e3
        signs = [np.sign(np.linalg.det(matrix[..., b])) for b in range(5)]
        np.testing.assert_array_equal(np.asarray(sign), signs)
