"""Moves that are not always available, in games that are solved by following the logit branch."""

from __future__ import annotations

import numpy as np
import pytest

import raison

CRISIS = """
raison: 1
title: A crisis with private resolve in which not everybody can fight
players: {challenger: The challenger, defender: The defender}
parameters:
  p: uniform(0.2, 0.8)
  a: uniform(0, 0.5)
  k: {value: "uniform(0, 2)", known_to: [challenger], steps: 6}
  d: {value: "uniform(0, 2)", known_to: [defender], steps: 6}
game:
  opening: {player: challenger, moves: {challenge: reply, stay: {then: quiet, when: OPEN}}}
  reply: {player: defender, moves: {resist: last, concede: conceded}}
  last: {player: challenger, moves: {fight: {then: war, when: FIGHT}, back down: backed}}
outcomes:
  quiet: {challenger: 0, defender: 1}
  conceded: {challenger: 1, defender: 0}
  backed: {challenger: -a, defender: 1}
  war: {challenger: p - k if PAID else -a, defender: 1 - p - d if PAID else 1}
questions: [{node: opening, move: challenge}]
"""

SIGNAL = """
raison: 1
title: A message that nobody can send
players: {sender: The sender, receiver: The receiver}
parameters: {x: "uniform(0.1, 0.9)", w: "uniform(0.1, 0.9)", TYPE}
game:
  NATURE
  first: {player: sender, moves: {beer: second, quiche: {then: third, when: x > 2}}}
  second: {player: receiver, moves: {duel: end, retreat: end}}
  third: {player: receiver, moves: {duel: {then: end, when: w > 2}, retreat: {then: end, when: w > LEAST}}}
quantities:
  strong: CONDITION
  pays: (1 if (first == 'beer') == (strong > 0) else 0) + (2 if second == 'retreat' else 0)
  costs: w if second == 'retreat' else 1 - strong
outcomes: {end: {sender: pays, receiver: costs}}
questions: [{node: first, move: beer}]
"""
CASES = {
    "type": {
        "TYPE": 't: {value: "uniform(0, 1)", known_to: [sender], steps: 5}',
        "CONDITION": "1 if t > 0.5 else 0",
    },
    "chance": {
        "NATURE": "nature: {known_to: [sender], cases: {strong: {probability: x, then: first}, "
        "weak: {probability: otherwise, then: first}}}",
        "CONDITION": "1 if nature == 'strong' else 0",
    },
}  # fmt: skip


def load(tmp_path, text: str, **replaced: str):
    for name, value in replaced.items():
        text = text.replace(name, value)
    path = tmp_path / "model.yaml"
    path.write_text(text.replace(", TYPE", "").replace("  NATURE\n", ""), encoding="utf-8")
    return raison.load(path)


def points(count: int, **ranges: tuple[float, float]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {name: rng.uniform(low, high, count) for name, (low, high) in ranges.items()}


@pytest.mark.minutes
@pytest.mark.parametrize(
    ("fight", "precision"),
    [("k < 0.6 or k > 1.4", None), ("p > -1", 7.0)],
    ids=["some types, in the limit", "everybody, at a precision"],
)
def test_a_move_that_some_cannot_make_is_as_one_that_gives_them_nothing_else(tmp_path, fight, precision):
    chosen = points(64, p=(0.2, 0.8), a=(0.0, 0.5))  # the types that cannot do not pay the most or least
    some = load(tmp_path, CRISIS, OPEN="a > -1", FIGHT=fight, PAID="1 > 0")
    all_ = load(tmp_path, CRISIS, OPEN="1 > 0", FIGHT="1 > 0", PAID=fight)
    found = [model.solved_by("logit", precision=precision).solve(chosen) for model in (some, all_)]
    assert [solution.status for solution in found] == [["solved"] * 64] * 2
    for player in ("challenger", "defender"):
        # both follow the same branch: its limit is known to a regret of 1e-9, its points to 1e-11
        np.testing.assert_allclose(found[0].value[player], found[1].value[player], rtol=0, atol=1e-6)


KINDS = [pytest.param(kind, marks=pytest.mark.minutes) if kind != "chance" else kind for kind in CASES]


@pytest.mark.parametrize("kind", KINDS)
def test_an_information_set_without_moves_to_which_nothing_leads_is_no_fault(tmp_path, kind):
    model = load(tmp_path, SIGNAL, LEAST="2", **CASES[kind])
    found = model.solve(points(32, x=(0.1, 0.9), w=(0.1, 0.4)))
    assert found.status == ["solved"] * 32
    np.testing.assert_array_equal(found.reached["third"], 0.0)
    # half the types, or a share x of them, are strong; a duel pays the share of the weak, a retreat w
    weak = 1 - found.quantity["x"] if kind == "chance" else np.full(32, 0.6)
    retreats = found.probability["second"]["retreat"]
    np.testing.assert_allclose(retreats, found.quantity["w"] > weak, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_an_information_set_without_moves_to_which_a_move_leads_fails_and_is_named(tmp_path, kind):
    text = SIGNAL.replace("when: x > 2", "when: x > 0.5")
    model = load(tmp_path, text, LEAST="0.2", **CASES[kind])
    found = model.solve({"x": np.array([0.4, 0.6, 0.6]), "w": np.array([0.15, 0.15, 0.3])})
    assert [text == "solved" for text in found.status] == [True, False, True]
    assert "'third' where no move is available" in found.status[1]
