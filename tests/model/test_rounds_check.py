"""What `check` says of games in rounds: one sentence with the line for each mistake."""

from __future__ import annotations

import pytest

from raison.model import writer
from raison.model.reader import read_text
from raison.model.variant import removed

SOUND = """raison: 1
title: Stop or go on?
players: {a: A, b: B}
parameters: {r: 0.4}
rounds:
  unit: month
  horizon: 5
  discount: {a: 0.9, b: r}
  state:
    x: {start: 0.5, grid: [0, 1], steps: 11}
    turn: {start: 0, values: [0, 1]}
  terminal: {a: x}
game:
  choice: {player: a, moves: {stay: goes_on, stop: stopped}}
outcomes:
  goes_on: {a: r - x, b: period, next: {x: x * 0.9, turn: 1 - turn}}
  stopped: {a: x, b: 0, ends: true}
questions:
  - {node: choice, move: stay}
  - {node: choice, move: stay, period: 3, state: {x: 0.7}}
  - {event: ended == 'stopped'}
  - {amount: periods}
"""


def test_a_sound_file_has_no_problem_and_reads_back_equal() -> None:
    reading = read_text(SOUND, "sound")
    assert [str(problem) for problem in reading.problems] == []
    assert reading.model is not None
    assert read_text(writer.write(reading.model), "sound").model == reading.model


FAULTS = {
    "a horizon that is no number": ("horizon: 5", "horizon: soon", 7, "number of periods or 'stationary'"),
    "a horizon of no period": ("horizon: 5", "horizon: 0", 7, "from 1 to 1000 periods; got 0"),
    "a discount above 1": ("a: 0.9, b: r", "a: 1.1, b: r", 8, "discount of a is from 0 to 1; got 1.1"),
    "a player without discount": ("a: 0.9, b: r", "a: 0.9", 8, "'discount' gives b none"),
    "a discount from a state": ("a: 0.9, b: r", "a: x, b: r", 8, "settled before play, but uses 'x'"),
    "a start off the grid": ("start: 0.5, grid", "start: 2, grid", 10, "off its grid [0, 1]"),
    "a grid without length": ("grid: [0, 1]", "grid: [1, 1]", 10, "lowest value below the highest"),
    "neither grid nor values": ("grid: [0, 1], steps: 11", "", 10, "'grid: [lowest, highest]' or 'values"),
    "one step": ("steps: 11", "steps: 1", 10, "at least 2; got 1"),
    "values out of order": ("[0, 1]}\n  terminal", "[1, 0]}\n  terminal", 11, "in rising order"),
    "a terminal worth of a result": ("terminal: {a: x}", "terminal: {a: period}", 12, "uses 'period'"),
    "a next state that is none": ("turn: 1 - turn", "trun: 1", 16, "did you mean 'turn'?"),
    "a next state after the end": ("b: 0, ends: true", "b: 0, ends: true, next: {x: 1}", 17, "has no 'next'"),
    "a later result in next": ("x: x * 0.9", "x: periods", 16, "known only at the end"),
    "a period too late": ("period: 3", "period: 9", 20, "from 1 to 5; got 9"),
    "an unknown state in a question": ("state: {x: 0.7}", "state: {y: 0.7}", 20, "which does not exist"),
    "a state off its grid": ("state: {x: 0.7}", "state: {x: 7}", 20, "is from 0 to 1, never 7"),
    "the whole of play and one period": (
        "ended == 'stopped'",
        "ended == 'stopped' and x > 0",
        21,
        "two quest",
    ),
    "an ending that does not end": ("ended == 'stopped'", "ended == 'goes_on'", 21, "goes_on"),
    "a private type": ("r: 0.4", 'r: {value: "uniform(0, 1)", known_to: [a]}', 4, "private"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_mistake_is_told_with_its_line(fault: str) -> None:
    before, after, line, words = FAULTS[fault]
    assert SOUND.count(before) == 1
    reading = read_text(SOUND.replace(before, after), "wrong")
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    assert any(words in problem.message and problem.line == line for problem in errors), errors


PREMISE = "premises: {near: {says: Nobody looks far ahead., without: {rounds.discount: HERE}}}\n"


def test_a_premise_may_give_all_players_one_discount() -> None:
    reading = read_text(SOUND + PREMISE.replace("HERE", "0.2"), "sound")
    assert [str(problem) for problem in reading.problems if problem.severity == "error"] == []
    discount = removed(reading.model, ["near"]).rounds.discount
    assert {player: formula.text for player, formula in discount.items()} == {"a": "0.2", "b": "0.2"}


@pytest.mark.parametrize(
    ("discount", "words"), [("1.2", "from 0 to 1; got 1.2"), ("{b: null}", "'discount' gives b none")]
)
def test_rounds_that_a_premise_spoils_are_found_at_its_line(discount: str, words: str) -> None:
    reading = read_text(SOUND + PREMISE.replace("HERE", discount), "wrong")
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    assert words in errors[0].message
    for error in errors:  # one for each player
        assert error.message.startswith("premise 'near' removed: ")
        assert error.line == SOUND.count("\n") + 1


def test_next_and_ends_need_rounds() -> None:
    start, end = SOUND.index("rounds:"), SOUND.index("game:")
    reading = read_text(SOUND[:start] + SOUND[end:], "wrong")
    messages = [problem.message for problem in reading.problems]
    assert any("'next' of outcome 'goes_on' needs rounds" in message for message in messages)
    assert any("'ends' of outcome 'stopped' needs rounds" in message for message in messages)
