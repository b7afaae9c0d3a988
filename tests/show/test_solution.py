"""What `raison solve` prints: tables for one point and for several, and the record as JSON."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

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


WEIGHTED = """
raison: 1
title: Who accepts, when few are weak
players: {one: One, two: Two}
parameters:
  kind: {value: "choice(1, 1, 2, 9)", known_to: [two]}
game:
  offer: {player: one, moves: {ask: {range: [0, 1], steps: 5, then: answer}}}
  answer: {player: two, moves: {take: taken, refuse: refused}}
outcomes:
  taken: {one: offer, two: 1 - offer}
  refused: {one: 0, two: "0.1 if kind == 1 else 0.6"}
questions: [{node: offer, move: ask}]
"""


def test_what_is_done_is_averaged_over_what_is_offered_and_over_types_by_their_weight() -> None:
    """Asking 0.25 is taken by all and pays 0.25; 0.75 pays 0.075, as only the weak, a tenth, take it."""
    reading = read_text(WEIGHTED, "test")
    assert reading.model is not None
    solution = raison.api.Model(reading.model, reading.sha256).solve({})
    answer = solution_dict(solution.points, solution.program)["information_sets"][1]
    assert [[row[0] for row in offers] for offers in answer["weight"]] == [
        [0, 0.1, 0, 0, 0],
        [0, 0.9, 0, 0, 0],
    ]
    rows = [" ".join(line.split()) for line in printed(solution).splitlines()]
    assert "answer ask, kind, offer take 1 1" in rows


def test_types_with_names_are_apart_from_each_other_but_not_the_amounts_that_they_see() -> None:
    text = WEIGHTED.replace("choice(1, 1, 2, 9)", "choice('weak', 1, 'strong', 9)")
    reading = read_text(text.replace("kind == 1", "kind == 'weak'"), "test")
    assert reading.model is not None
    solution = raison.api.Model(reading.model, reading.sha256).solve({})
    rows = [" ".join(line.split()) for line in printed(solution).splitlines()]
    assert "answer ask, weak, offer take 1 0.1" in rows
    assert "answer ask, strong, offer take 1 0.9" in rows
    assert [(seen["kind"], moves["take"].shape) for seen, moves in solution.strategy("answer")] == [
        ("weak", (5, 1)),
        ("strong", (5, 1)),
    ]


@pytest.mark.slow
def test_the_information_sets_of_a_node_add_up_to_what_is_done_there_and_what_follows() -> None:
    """Also for types that have sorted themselves: those who challenge are more often those who fight."""
    solution = raison.gallery("crisis-private-resolve").solve({})
    last = solution_dict(solution.points, solution.program)["information_sets"][2]
    fights = sum(w[0] * p[0] for w, p in zip(last["weight"], last["probability"]["fight"], strict=True))
    assert fights * last["reached"][0] == pytest.approx(solution.outcome["war"][0], abs=1e-9)
    shown = next(line for line in printed(solution).splitlines() if "last_step  challenge, resist" in line)
    assert f"fight {fights:.6f}" in shown


def test_off_the_path_what_is_done_is_averaged_by_chance_alone() -> None:
    """Of five offers, the weak take 0, 0.25, 0.5 and 0.75, the strong 0 and 0.25."""
    text = WEIGHTED.replace("{ask: {", "{leave: left, ask: {").replace(
        "  taken:", "  left: {one: 2, two: 0}\n  taken:"
    )
    reading = read_text(text, "test")
    assert reading.model is not None
    solution = raison.api.Model(reading.model, reading.sha256).solve({})
    rows = [" ".join(line.split()) for line in printed(solution).splitlines()]
    assert (
        f"answer ask, kind, offer take {0.1 * 0.8 + 0.9 * 0.4:g}, refuse {0.1 * 0.2 + 0.9 * 0.6:g} 0" in rows
    )


TYPED = """
raison: 1
title: Who fights whom?
players: {a: The attacker, d: The defender}
parameters:
  resolve: {value: "choice('weak', 0.7, 'strong', 0.3)", known_to: [d]}
game:
  opening: {player: a, moves: {attack: reply, wait: peace}}
  reply: {player: d, moves: {fight: war, yield: lost}}
outcomes:
  peace: {a: 0, d: 2}
  war: {a: -1, d: "1 if resolve == 'strong' else -1"}
  lost: {a: 2, d: 0}
questions: [{node: opening, move: attack}]
"""


def test_a_type_with_a_name_has_an_information_set_of_its_own() -> None:
    reading = read_text(TYPED, "test")
    assert reading.model is not None
    solution = raison.api.Model(reading.model, reading.sha256).solve()
    strategy = {seen["resolve"]: moves for seen, moves in solution.strategy("reply")}
    assert strategy["weak"]["fight"].tolist() == pytest.approx([0])
    assert strategy["strong"]["fight"].tolist() == pytest.approx([1])
    ((seen, believed),) = solution.belief["opening"]
    assert seen == {}
    assert believed[0][0]["resolve"].tolist() == [["weak"], ["strong"]]
    assert believed[0][1].tolist() == [[pytest.approx(0.7)], [pytest.approx(0.3)]]
    record = solution_dict(solution.points, solution.program)
    assert json.loads(json.dumps(record)) == record
    sets = [
        (place["seen"]["resolve"], place["reached"])
        for place in record["information_sets"]
        if place["node"] == "reply"
    ]
    assert [seen for seen, _ in sets] == ["weak", "strong"]
    assert [reached[0] for _, reached in sets] == pytest.approx([0.7, 0.3])
    lines = [" ".join(line.split()) for line in printed(solution).splitlines()]
    assert "reply attack, weak yield 1 0.7" in lines
    assert "reply attack, strong fight 1 0.3" in lines
    assert any("weak 0.7, strong 0.3" in line for line in lines)
