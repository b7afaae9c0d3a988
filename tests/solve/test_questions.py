"""Every kind of question on one small game, each number worked by hand."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import raison.api
from raison.model.reader import read_text
from raison.program.world import World
from raison.solve.questions import ask
from raison.solve.rounds.played import played

GAME = """
raison: 1
title: A toss before an offer
players: {a: A, b: B}
parameters:
  p: {value: 0.25}
  low: {value: 1}
  high: {value: 3}
  quiet: {value: 1}
game:
  start:
    player: a
    moves: {ask: toss, rest: nothing, beg: toss}
  toss:
    cases: {heads: {probability: p, then: reply}, tails: {probability: otherwise, then: reply}}
  reply:
    player: b
    moves: {accept: deal, refuse: clash}
outcomes:
  nothing: {a: quiet, b: 4}
  deal: {a: high, b: "1 if toss == 'heads' else -1"}
  clash: {a: low, b: 0}
questions:
"""


def answer(question: str, **values: float) -> dict[str, Any]:
    reading = read_text(GAME + f"  - {question}\n", "test")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    model = raison.api.Model.of(reading.model)
    world = World(model.program, chosen={name: jnp.asarray([float(value)]) for name, value in values.items()})
    found = ask(played(world, 1), world, model.record.questions[0])
    names = ("number", "applies", "tied", "best_reply", "reached", "margin")
    plain = {name: getattr(found, name) for name in names}
    record = {name: None if value is None else float(np.ravel(value)[0]) for name, value in plain.items()}
    if found.outcomes is not None:
        record["outcomes"] = [float(np.ravel(x)[0]) for x in found.outcomes]
    return record


# B accepts after heads (1 against 0) and refuses after tails (-1 against 0). So asking is worth
# p * high + (1 - p) * low = 0.25 * 3 + 0.75 * 1 = 1.5 to A, and p * 1 = 0.25 to B; resting 1 to A and 4 to B.


def test_the_move_that_is_best_counts_one_and_its_margin_is_its_lead() -> None:
    """Asking and begging are the same; resting is 0.5 worse."""
    found = answer("{node: start, move: rest}")
    assert found["number"] == 0
    assert found["best_reply"] == 0
    assert found["margin"] == -0.5
    assert found["reached"] == 1
    assert found["outcomes"] == [0, 0, 0]


def test_two_best_moves_count_one_half_each_and_are_reported_as_tied() -> None:
    for move in ("ask", "beg"):
        found = answer(f"{{node: start, move: {move}}}")
        assert (found["number"], found["best_reply"], found["tied"], found["margin"]) == (0.5, 1, 1, 0)
        # nothing, deal, clash: what follows when the move is made, times one half
        assert found["outcomes"] == [0, 0.125, 0.375]


def test_three_best_moves_count_one_third_each() -> None:
    found = answer("{node: start, move: rest}", quiet=1.5)
    assert found["number"] == pytest.approx(1 / 3, abs=1e-16)
    assert (found["tied"], found["margin"]) == (1, 0)


def test_a_move_at_a_node_is_weighed_by_how_play_comes_there() -> None:
    assert answer("{node: reply, move: accept}")["number"] == 0.25
    assert answer("{node: reply, move: refuse}")["number"] == 0.75
    # leads of 1 after heads and -1 after tails
    assert answer("{node: reply, move: accept}")["margin"] == 0.25 - 0.75


def test_a_node_off_the_path_is_asked_all_the_same_but_not_reached() -> None:
    found = answer("{node: reply, move: accept}", quiet=9)
    assert (found["number"], found["applies"], found["reached"]) == (0.25, 1, 0)


@pytest.mark.parametrize(
    ("given", "number", "applies"),
    [
        pytest.param("toss == 'heads'", 1, 1, id="a-result"),
        pytest.param("toss == 'tails'", 0, 1, id="the-other-result"),
        pytest.param("start == 'beg'", 0.25, 1, id="off-the-path"),
        pytest.param("start == 'rest'", 0, 0, id="never-comes-there"),
        pytest.param("p > 0.2", 0.25, 1, id="a-parameter"),
        pytest.param("p > 0.3", 0, 0, id="a-parameter-that-does-not"),
    ],
)
def test_a_move_given_a_condition(given: str, number: float, applies: float) -> None:
    found = answer(f'{{node: reply, move: accept, given: "{given}"}}')
    assert found["applies"] == applies
    if applies:
        assert found["number"] == number


def test_an_event_is_its_probability_along_play() -> None:
    assert answer("{event: outcome == 'clash'}")["number"] == 0.75
    assert answer("{event: \"toss == 'heads' and reply == 'accept'\"}")["number"] == 0.25
    assert (
        answer("{event: \"start == 'ask'\"}")["number"] == 1
    )  # the first listed of the tied moves is played
    assert answer("{event: high > low}")["number"] == 1
    assert answer("{event: outcome == 'clash'}")["tied"] == 1  # somewhere in the game


def test_an_event_given_a_result_is_conditional_and_off_the_path_by_trembles() -> None:
    assert answer("{event: outcome == 'deal', given: \"toss == 'heads'\"}")["number"] == 1
    off = answer("{event: outcome == 'deal', given: \"start == 'beg'\"}", quiet=9)
    assert (off["number"], off["applies"]) == (0.25, 1)
    never = answer("{event: outcome == 'deal', given: outcome == 'nothing'}")
    assert (never["number"], never["applies"]) == (0, 1)


def test_an_amount_is_its_expectation_along_play() -> None:
    assert answer("{amount: high - low}")["number"] == 2
    assert answer("{amount: \"10 if outcome == 'deal' else 2\"}")["number"] == 0.25 * 10 + 0.75 * 2
    assert answer("{amount: \"10 if outcome == 'deal' else 2\", given: outcome == 'clash'}")["number"] == 2


@pytest.mark.parametrize(("above", "number"), [(3.9, 1), (4.0, 0), (4.1, 0)])
def test_above_makes_the_number_one_only_if_it_is_greater(above: float, number: float) -> None:
    """The amount is 0.25 * 10 + 0.75 * 2 = 4 exactly."""
    found = answer(f"{{amount: \"10 if outcome == 'deal' else 2\", above: {above}}}")
    assert found["number"] == number


def test_above_on_a_move_compares_its_share_of_the_tie() -> None:
    assert answer("{node: start, move: ask, above: 0.4}")["number"] == 1
    assert answer("{node: start, move: ask, above: 0.5}")["number"] == 0


def test_for_another_player_it_asks_for_his_payoff() -> None:
    """To B resting is worth 4, asking 0.25."""
    rest = answer("{node: start, move: rest, for: b}")
    assert (rest["number"], rest["margin"], rest["tied"]) == (1, 3.75, 0)
    asked = answer("{node: start, move: ask, for: b}")
    assert (asked["number"], asked["margin"]) == (0, -3.75)


def test_for_the_mover_himself_equally_good_moves_count_in_full() -> None:
    found = answer("{node: start, move: beg, for: a}")
    assert (found["number"], found["margin"], found["tied"]) == (1, 0, 1)


def test_for_a_player_follows_what_later_movers_choose_for_themselves() -> None:
    """At reply, accepting suits A after either toss (3 against 1), though B accepts after heads only."""
    found = answer("{node: reply, move: accept, for: a}")
    assert (found["number"], found["margin"]) == (1, 2)


def test_a_model_without_a_game_answers_events_and_amounts_of_its_quantities() -> None:
    text = """
raison: 1
title: No game
parameters: {x: {value: 2}, y: {value: 3}}
quantities: {area: x * y}
questions:
  - {event: area > 5}
  - {amount: area}
  - {amount: area, above: 6}
  - {amount: area, given: x > y}
"""
    reading = read_text(text, "test")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    model = raison.api.Model.of(reading.model)
    world = World(model.program)
    found = [ask(None, world, question) for question in model.record.questions]
    assert [float(a.number) for a in found] == [1, 6, 0, 6]
    assert [bool(a.applies) for a in found] == [True, True, True, False]


def test_what_does_not_depend_on_play_is_certain_whatever_the_chances() -> None:
    """0.1 + 0.2 + 0.7 misses 1 by rounding; what is true everywhere has probability 1 all the same."""
    text = """
raison: 1
title: Three ways
players: {a: A}
parameters: {p: {value: 0.1}, q: {value: 0.2}, r: {value: 0.7}}
game:
  toss:
    cases:
      first: {probability: p, then: x}
      second: {probability: q, then: y}
      third: {probability: r, then: z}
outcomes: {x: {a: 0}, y: {a: 1}, z: {a: 2}}
questions:
  - {event: p < 1}
  - {event: "outcome == 'x' or outcome == 'y' or outcome == 'z'"}
"""
    reading = read_text(text, "test")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    run = raison.api.Model.of(reading.model).run(64, removals=())
    assert [(verdict.share, verdict.mixed) for verdict in run.verdicts] == [(1, 0), (1, 0)]


OFFER = """
raison: 1
title: What is offered?
players: {one: One, two: Two}
parameters: {least: "uniform(0.35, 0.45)"}
game:
  asks: {player: one, moves: {offer: {range: [0, 1], steps: 11, then: answers}, leave: gone}}
  answers: {player: two, moves: {take: taken, refuse: gone}}
outcomes:
  taken: {one: 1 - asks, two: asks}
  gone: {one: 0, two: least}
questions:
  - {name: kept, amount: 1 - asks}
  - {name: logarithm, amount: log(asks)}
  - {name: no number, amount: log(asks - 0.5)}
"""


def test_what_play_never_comes_to_spoils_no_amount() -> None:
    """Leaving takes no number, and an offer of nothing has no logarithm; neither happens."""
    reading = read_text(OFFER.replace("  - {name: no number, amount: log(asks - 0.5)}\n", ""), "offer")
    run = raison.api.Model.of(reading.model).run(draws=64)
    # with eleven steps 0.4 is offered where it is enough, else 0.5: half of the draws each
    assert [verdict.failed for verdict in run.verdicts] == [0, 0]
    assert run.verdicts[0].mean == pytest.approx(0.55, abs=0.1 / 64)
    assert run.verdicts[1].mean == pytest.approx((math.log(0.4) + math.log(0.5)) / 2, abs=0.3 / 64)


def test_what_play_comes_to_and_is_no_number_fails_the_draw() -> None:
    reading = read_text(OFFER, "offer")
    run = raison.api.Model.of(reading.model).run(draws=64)
    assert [verdict.failed for verdict in run.verdicts] == [1, 1, 1]


def test_a_precision_that_is_not_above_zero_fails_its_draw_and_no_other() -> None:
    text = OFFER.replace("range: [0, 1], steps: 11, then", "then").replace(
        "offer: {then: answers}", "offer: answers"
    )
    text = (
        text[: text.index("outcomes:")]
        + """outcomes:
  taken: {one: 1 - least, two: least}
  gone: {one: 0, two: 0.5}
solution: {concept: logit, precision: 10 * (least - 0.4)}
questions: [{node: asks, move: offer}]
"""
    )
    reading = read_text(text, "logit")
    assert reading.model is not None, reading.problems
    found = raison.api.Model.of(reading.model).solve({"least": [0.36, 0.4, 0.44]})
    assert [status == "solved" for status in found.status] == [False, False, True]
    assert "precision" in found.status[0]
