"""What `raison solve` prints: tables for one point and for several, and the record as JSON."""

from __future__ import annotations

import io
import json
from typing import Any

import raison
import raison.api
from raison.model.reader import read_text
from raison.show.solution import print_solution, solution_dict
from raison.show.terminal import make_console


def printed(solution: Any) -> str:
    out = io.StringIO()
    print_solution(solution.points, solution.program, console=make_console(out))
    return out.getvalue()


def crisis(**points: Any) -> Any:
    return raison.gallery("three-step-crisis").solve({"k_defender": 0.3, "k_challenger": 0.2, **points})


def test_one_point_shows_choices_with_margins_outcomes_and_values() -> None:
    """War is worth 0.6 - 0.2 to the challenger and 0.4 - 0.3 to the defender, who therefore resists."""
    lines = [" ".join(line.split()) for line in printed(crisis(p_win=0.6, audience_cost=0.5)).splitlines()]
    assert "opening challenger challenge 0.4 1" in lines
    assert "reply defender resist 0.1 1" in lines
    assert "last_step challenger fight 0.9 1" in lines
    assert "war 1" in lines
    assert "challenger 0.4" in lines
    assert "p_win 0.6" in lines


def test_several_points_are_a_line_each_with_what_distinguishes_them() -> None:
    lines = [" ".join(line.split()) for line in printed(crisis(p_win=[0.1, 0.6, 0.9])).splitlines()]
    assert "1 0.1 stay resist fight" in lines
    assert "2 0.6 challenge resist fight" in lines
    assert "3 0.9 challenge concede fight" in lines
    assert not any("audience_cost" in line for line in lines)  # the same at all points


def test_the_record_is_that_of_the_library_and_is_json() -> None:
    solution = crisis(p_win=[0.1, 0.9])
    record = solution_dict(solution.points, solution.program)
    assert json.loads(json.dumps(record)) == record
    assert record["status"] == solution.status == ["solved", "solved"]
    assert record["choice"] == solution.choice
    assert record["choice"]["opening"] == ["stay", "challenge"]
    assert record["outcome"]["status_quo"] == [1.0, 0.0]
    assert record["reached"]["reply"] == [0.0, 1.0]
    assert record["value"]["challenger"] == [0.0, 1.0]
    assert record["quantity"]["p_win"] == [0.1, 0.9]


def test_named_choices_keep_their_names() -> None:
    solution = raison.gallery("diversionary-bargaining").solve({"proposer": ["leader", "rival"]})
    assert solution_dict(solution.points, solution.program)["quantity"]["proposer"] == ["leader", "rival"]
    text = " ".join(printed(solution).split())
    assert "1 leader" in text
    assert "2 rival" in text


BAD = """
raison: 1
title: A root
players: {a: A}
parameters: {x: {value: 1}}
quantities: {root: sqrt(x)}
game: {n: {player: a, moves: {go: there, stay: here}}}
outcomes: {there: {a: root}, here: {a: 0}}
questions: [{node: n, move: go}]
"""


def test_a_failed_point_says_why_and_leaves_no_numbers() -> None:
    reading = read_text(BAD, "test")
    assert reading.model is not None
    solution = raison.api.Model(reading.model, reading.sha256).solve({"x": [4.0, -1.0]})
    record = solution_dict(solution.points, solution.program)
    assert record["status"][0] == "solved"
    assert "'root' is not a number" in record["status"][1]
    assert record["choice"]["n"] == ["go", None]
    assert record["quantity"]["root"] == [2.0, None]
    text = printed(solution)
    assert "Failed points" in text
    assert "'root' is not a number" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "1 4 go" in lines
    assert "2 -1 -" in [line.replace("−", "-") for line in lines]


def test_a_model_without_a_game_shows_its_quantities() -> None:
    solution = raison.gallery("strategic-risk").solve({"peace": [0.5, 1.5]})
    text = printed(solution)
    assert "slack" in text
    assert "Choices" not in text


def test_lines_are_plain_where_nobody_watches() -> None:
    text = printed(crisis(p_win=[0.1, 0.9]))
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())
