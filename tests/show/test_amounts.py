"""What is taken by moves on a scale is printed: the amount, some with their probabilities, or a range."""

from __future__ import annotations

import io

import numpy as np
import pytest

import raison
from raison.api import Model, Solution
from raison.model.reader import read_text
from raison.show.amounts import amount_rows, taken
from raison.show.solution import print_solution
from raison.show.terminal import make_console

CAKE = """
raison: 1
title: How much of the cake?
players: {a: A}
parameters: {best: {value: 0.5}}
game:
  slice: {player: a, moves: {take: {range: [0, 1], steps: STEPS, then: eaten}}}
outcomes:
  eaten: {a: "-(slice - best) ** 2"}
questions: [{amount: slice}]
"""


def solved(text: str, points: dict[str, list[float]] | None = None) -> Solution:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256).solve(points)


def rows(solution: Solution) -> list[tuple[str, ...]]:
    return amount_rows(solution.points.places, lambda number: f"{number:.4f}")


def printed(solution: Solution) -> str:
    out = io.StringIO()
    print_solution(solution.points, solution.program, console=make_console(out))
    return out.getvalue()


def test_the_demand_of_the_textbook_is_printed() -> None:
    """Fearon (1995): against costs uniform on [0, c], demand p + (c - own cost) / 2 = 0.5 + 0.3 / 2."""
    lines = printed(raison.gallery("take-it-or-leave-it").solve()).splitlines()
    start = lines.index("Amounts (that the moves on a scale take)")
    assert lines[start + 2].split() == ["demand", "ask", "0.65", "1", "0.65"]


def test_each_point_has_its_amount() -> None:
    lines = printed(solved(CAKE.replace("STEPS", "5"), {"best": [0.25, 0.75]})).splitlines()
    start = lines.index("Amounts (mean of what is taken)")
    assert [line.split() for line in lines[start + 2 : start + 4]] == [
        ["1", "0.25", "0.25"],
        ["2", "0.75", "0.75"],
    ]


LOGIT = "solution: {concept: logit, precision: 4}\n"


def test_a_few_amounts_come_with_their_probabilities() -> None:
    """Logit choice in closed form, payoffs 0 and twice -1/4, whose range is 1/4."""
    found = rows(solved(CAKE.replace("STEPS", "3") + LOGIT))
    odds = np.exp(4.0 * np.array([-1.0, 0.0, -1.0]))
    chances = [f"{share:.4f}" for share in odds / odds.sum()]
    assert found == [
        ("slice", "", "take", "0.0000", chances[0], "0.5000"),
        ("", "", "", "0.5000", chances[1], ""),
        ("", "", "", "1.0000", chances[2], ""),
    ]


def test_many_amounts_are_a_range() -> None:
    (row,) = rows(solved(CAKE.replace("STEPS", "11") + LOGIT))
    assert row == ("slice", "", "take", "0.0000 to 1.0000, most often 0.5000", "1.0000", "0.5000")


SEEN = """
raison: 1
title: A slice of what there is
players: {a: A}
parameters: {size: {value: "choice(1, 1, 3, 1)", known_to: [a]}}
game:
  slice: {player: a, moves: {take: {range: [0, size], steps: 3, then: eaten}, leave: none}}
outcomes:
  eaten: {a: slice}
  none: {a: 2}
questions: [{amount: "slice if slice == 'take' else 0"}]
"""


def test_a_scale_that_depends_on_what_is_seen_has_its_amounts_for_each() -> None:
    """The slice of 1 is less than what leaving it pays, so that half of the time 3 are taken."""
    (place,) = solved(SEEN).points.places
    assert place.scale["take"][..., 0].tolist() == [[0, 0.5, 1], [0, 1.5, 3]]
    values, chances = taken(place, "take", 0)
    assert (values.tolist(), chances.tolist()) == ([3], [0.5])
    assert amount_rows([place], str) == [("slice", "size", "take", "3.0", "0.5", "3.0")]


def test_what_is_not_taken_is_not_told() -> None:
    found = solved(SEEN.replace("none: {a: 2}", "none: {a: 9}"))
    assert rows(found) == []
    assert "Amounts" not in printed(found)


def test_rare_amounts_are_left_out_and_the_rest_keeps_the_probability_of_the_move() -> None:
    (place,) = solved(CAKE.replace("STEPS", "3") + LOGIT.replace("4", "20")).points.places
    values, chances = taken(place, "take", 0)
    assert values.tolist() == [0.5]
    assert chances.sum() == pytest.approx(1, abs=1e-15)
