"""What a run says where a draw has several equilibria, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import raison
from raison.api import Model
from raison.model.reader import read_text
from raison.run.block import AnswerRows, BlockResult, Sampled
from raison.run.sums import AGREEMENT, PURE_LIMIT, agreement, question_sums
from raison.solve.game import is_limit

ENTRY = """
raison: 1
title: Does the entrant come in?
players: {entrant: The entrant, incumbent: The incumbent}
parameters: {prize: "uniform(-0.5, 1)", cost: "uniform(-0.5, 1)"}
game:
  opening: {player: entrant, moves: {enter: reply, stay: out}}
  reply: {player: incumbent, moves: {fight: war, yield: in}}
outcomes:
  out: {entrant: 0, incumbent: 2}
  war: {entrant: -1, incumbent: 0 - cost}
  in: {entrant: prize, incumbent: 1}
questions:
  - {node: opening, move: enter}
  - {node: reply, move: fight}
solution: {concept: nash}
"""
TABLE = """
raison: 1
title: Do both hunt the stag?
players: {one: One, two: Two}
parameters: {hare: "uniform(0, 2)"}
game:
  first: {player: one, moves: {stag: after_stag, hare: after_hare}, known_to: [one]}
  after_stag: {player: two, moves: {stag: both, hare: alone}, information: second}
  after_hare: {player: two, moves: {stag: robbed, hare: neither}, information: second}
outcomes:
  both: {one: 1, two: 1}
  alone: {one: 0, two: hare}
  robbed: {one: hare, two: 0}
  neither: {one: hare, two: hare}
questions: [{node: first, move: stag}, {amount: outcome == 'both'}]
"""
THREE_TYPES = """
raison: 1
title: Is the reply to a message of three types the same in all sequential equilibria?
players: {sender: The sender, receiver: The receiver}
parameters: {cost: "uniform(0, 1)"}
game:
  nature:
    cases:
      low: {then: low_sends, probability: 1/3}
      middle: {then: middle_sends, probability: 1/3}
      high: {then: high_sends, probability: 1/3}
    known_to: [sender]
  low_sends: {player: sender, moves: {stay: home, speak: low_reply}}
  middle_sends: {player: sender, moves: {stay: home, speak: middle_reply}}
  high_sends: {player: sender, moves: {stay: home, speak: high_reply}}
  low_reply: {player: receiver, moves: {believe: fooled, doubt: caught}, information: reply}
  middle_reply: {player: receiver, moves: {believe: paid, doubt: missed}, information: reply}
  high_reply: {player: receiver, moves: {believe: paid, doubt: missed}, information: reply}
outcomes:
  home: {sender: 0, receiver: 0}
  fooled: {sender: 1 - cost, receiver: -1}
  caught: {sender: -cost, receiver: 0}
  paid: {sender: 1 - cost, receiver: 1}
  missed: {sender: -cost, receiver: 0}
questions: [{node: high_sends, move: speak}]
"""
THREE_STEPS = """
raison: 1
title: Somebody moves twice, and the other cannot see how
players: {a: A, b: B}
parameters: {x: "uniform(0, 1)"}
game:
  one: {player: a, moves: {u: two_u, d: two_d}, known_to: [a]}
  two_u: {player: b, moves: {u: three_uu, d: three_ud}, information: two}
  two_d: {player: b, moves: {u: three_du, d: three_dd}, information: two}
  three_uu: {player: a, moves: {u: p, d: q}, information: three}
  three_ud: {player: a, moves: {u: q, d: p}, information: three}
  three_du: {player: a, moves: {u: q, d: r}, information: four}
  three_dd: {player: a, moves: {u: r, d: q}, information: four}
outcomes: {p: {a: x, b: 1}, q: {a: 1, b: x}, r: {a: 0, b: 0}}
questions: [{node: one, move: u}]
"""


def model(text: str) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model.of(reading.model)


def test_a_threat_that_is_not_carried_out_makes_all_and_some_differ() -> None:
    """Who stays out for fear of a fight is in equilibrium in every draw; who comes in is where prize > 0."""
    opening, reply = model(ENTRY).run(draws=4096).verdicts
    assert (opening.all_equilibria, opening.some_equilibrium) == (0.0, pytest.approx(2 / 3, abs=1e-3))
    assert opening.equilibria is not None
    assert opening.equilibria.in_some == opening.some_equilibrium
    assert opening.equilibria.in_none == pytest.approx(1 / 3, abs=1e-3)  # a Sobol grid of 4,096
    assert opening.equilibria.open == opening.equilibria.in_all == 0.0
    # fighting is a threat where the entrant stays out; yielding is best where he comes in
    assert (reply.all_equilibria, reply.some_equilibrium) == (0.0, 1.0)
    assert reply.equilibria is not None
    assert reply.equilibria.in_some == 1.0


def test_a_move_that_its_own_mover_excludes_counts_as_made_and_as_not_made() -> None:
    """The entrant never comes in, and a Nash equilibrium does not say what he would do later if he did."""
    text = ENTRY.replace(
        "yield: in}}", "yield: later}}\n  later: {player: entrant, moves: {go: in, turn: home}}"
    )
    text = text.replace("entrant: prize,", "entrant: -3,")
    text = text.replace("outcomes:", "outcomes:\n  home: {entrant: -2, incumbent: 1}")
    text = text.replace("node: reply, move: fight", "node: later, move: turn")
    opening, later = model(text).run(draws=64).verdicts
    assert (opening.all_equilibria, opening.some_equilibrium) == (0.0, 0.0)
    assert (later.all_equilibria, later.some_equilibrium) == (0.0, 1.0)


def test_by_subgame_perfection_the_threat_is_empty_and_nothing_is_shown() -> None:
    opening = model(ENTRY).solved_by("subgame-perfect").run(draws=1024).verdicts[0]
    assert opening.all_equilibria == opening.some_equilibrium == opening.share
    assert opening.equilibria is None


def test_a_stag_hunt_has_three_equilibria_below_one_and_its_mean_ranges_over_them() -> None:
    """With a hare of less than 1 both, none, and a mixture hunt the stag; sequential is Nash in a table."""
    run = model(TABLE).run(draws=1024)
    assert run.record.concept == "sequential"
    stag, both = run.verdicts
    assert stag.equilibria is not None
    assert stag.equilibria.in_some == pytest.approx(0.5, abs=2e-3)
    assert stag.equilibria.in_none == pytest.approx(0.5, abs=2e-3)
    assert (both.all_equilibria, both.some_equilibrium) == (0.0, pytest.approx(0.5, abs=2e-3))
    assert both.equilibria is None  # a mean


@pytest.mark.slow
def test_games_of_three_types_are_enumerated_and_agree_where_speech_pays() -> None:
    """Believing pays at the prior: all speak, or none does since it would be doubted, wherever cost > 0."""
    verdict = model(THREE_TYPES).run(draws=512).verdicts[0]
    assert (verdict.all_equilibria, verdict.some_equilibrium) == (0.0, 1.0)
    assert verdict.equilibria is not None
    assert verdict.equilibria.in_some == 1.0


@pytest.mark.slow
def test_where_mixed_equilibria_may_be_missing_known_ones_that_differ_still_count() -> None:
    """Both can count on q after u, and both on q after d, whatever x is."""
    verdict = model(THREE_STEPS).run(draws=64).verdicts[0]
    assert (verdict.all_equilibria, verdict.some_equilibrium) == (0.0, 1.0)
    assert verdict.equilibria is not None
    assert verdict.equilibria.in_some == 1.0
    assert "mixed strategies" in verdict.equilibria.open_reasons[0].reason
    assert verdict.equilibria.open_reasons[0].share == 1.0


@pytest.mark.slow
def test_where_one_may_be_missing_in_every_draw_and_none_differ_there_are_no_bounds_but_a_reason() -> None:
    """After d the first mover gets less than he can lose after u, so that he plays u in any equilibrium."""
    text = THREE_STEPS.replace("{u: q, d: r}", "{u: s, d: r}").replace("{u: r, d: q}", "{u: r, d: s}")
    text = text.replace("{a: 0, b: 0}", "{a: -1, b: 0}, s: {a: -2, b: 1}")
    verdict = model(text).run(draws=64).verdicts[0]
    assert (verdict.all_equilibria, verdict.some_equilibrium) == (None, None)
    assert (verdict.equilibria_reason or "").startswith("in every draw one may be missing, for equilibria in")
    assert verdict.equilibria is not None
    assert verdict.equilibria.open == 1.0


def test_a_game_without_ties_has_no_more_to_show() -> None:
    run = raison.gallery("three-step-crisis").run(draws=1024)
    assert [verdict.equilibria for verdict in run.verdicts] == [None] * len(run.verdicts)


DEGENERATE = """
raison: 1
title: Is it worth it where it costs nothing?
players: {a: A, b: B}
parameters: {gain: "uniform(1, 2)"}
game:
  first: {player: a, moves: {in: second, out: second}}
  second: {player: b, moves: {yield: end, fight: end}, hidden: [first]}
outcomes:
  end:
    a: "gain if second == 'yield' else 0"
    b: "gain if first == 'in' else 0"
questions: [{node: first, move: in}]
"""
# as a limit that is known to a regret of 1e-9 leaves a pure move, and what is mixed
NEAR = np.array([0.99999167, 0.9998, 0.5, 1.0] * 4)


@pytest.mark.parametrize(("near", "mixed"), [(0.0, 12.0), (PURE_LIMIT, 8.0)], ids=["played", "limit"])
def test_what_a_regret_of_1e9_leaves_open_counts_as_pure_in_a_limit_alone(near: float, mixed: float) -> None:
    answer = AnswerRows(NEAR, np.ones(16, bool), np.zeros(16, bool), None, None, None, None)
    result = BlockResult((answer,), np.zeros(16), (), (), (), (), (), (), (), None, None, (), Sampled())
    solved = np.ones(16, bool)
    assert question_sums(result, solved, [near])["mixed"].sum() == mixed
    ways = dict(zip(AGREEMENT, agreement([solved], [NEAR], [NEAR], solved, [near])[0], strict=True))
    assert (ways["in_all"].sum(), ways["mixed"].sum()) == (16 - mixed, mixed)
    spread = agreement([solved], [NEAR], [np.maximum(NEAR, 0.9999917)], solved, [near])
    assert spread[0, AGREEMENT.index("in_some")].sum() == 8  # those that differ much: 0.5 and 0.9998


def test_the_slack_is_that_of_limits_and_of_no_concept_with_errors() -> None:
    hunt = model(TABLE)
    assert is_limit(hunt.program)
    assert not is_limit(hunt.solved_by("logit", precision=3.0).program)
    assert not is_limit(model(ENTRY).solved_by("subgame-perfect").program)
    even = model(DEGENERATE).run(draws=64).verdicts[0]
    assert even.mixed == 1.0  # even odds are no artefact
