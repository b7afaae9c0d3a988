"""What the other side can do, on a game that is solved by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

import raison
from raison.challenge.engine import Engine
from raison.challenge.levers import pull_levers
from raison.model.formula import parse
from raison.model.records import Question
from raison.program.engine import configure
from raison.run.designs import make_design
from raison.run.plan import make_plan
from raison.show.challenged.levers import section

DRAWS = 1_024

# Acting pays p less the threat where b yields; where b resists it pays one less, that is never.
# b loses 0.3 by yielding, 0.5 by resisting; so he yields unless he is bound.
GAME = """
raison: 1
title: A threat and a promise
about: STYLISED. Made for a test.
players: {{a: A, b: B}}
parameters:
  p: {{value: 'uniform(0, 1)', about: gain}}
  threat: {{value: 0, about: what b can add}}
game:
  opening: {{player: a, moves: {{act: reply, stay: quiet}}}}
  reply: {{player: b, moves: {{yield: taken, resist: fought}}}}
outcomes:
  quiet: {{a: 0, b: 0}}
  taken: {{a: p - threat, b: -0.3}}
  fought: {{a: p - threat - 1, b: -0.5}}
questions:
  - {{node: opening, move: act}}
levers:
  b:
    threat: {{range: [0, 1], cost: {cost}}}
    reply: {{commit: [yield, resist]}}
  a:
    opening: {{commit: [act, stay]}}
{solution}
"""


def pulled(tmp_path, cost="0.1 * threat", solution=""):
    configure()
    path = tmp_path / "game.yaml"
    path.write_text(GAME.format(cost=cost, solution=solution), encoding="utf-8")
    model = raison.load(path)
    plan = make_plan(model.record, model.sha256, draws=DRAWS, seed=0, design="sobol", removals=())
    engine = Engine(plan)
    sample = engine.sample(make_design("sobol", 1, 0, DRAWS).points(0, DRAWS))
    return pull_levers(engine, sample, [0])


@pytest.mark.parametrize(
    "solution", ["", "solution: {concept: sequential}"], ids=["tree", "information sets"]
)
def test_a_threat_costs_and_a_promise_to_resist_is_free(tmp_path, solution):
    (found,) = pulled(tmp_path, solution=solution)  # the mover's own levers are not asked
    assert found.player == "b"
    assert found.plain.number == 1.0
    assert found.plain.payoff == pytest.approx(-0.3, rel=1e-9)
    for setting in found.curves["threat"]:
        threat = setting.levers["threat"]
        assert setting.number == pytest.approx(1 - threat, abs=2 / DRAWS)
        assert setting.payoff == pytest.approx(-0.3 * (1 - threat) - 0.1 * threat, abs=2 / DRAWS)
        assert abs(setting.difference + threat) <= 2 / DRAWS
    resisting = next(s for s in found.curves["reply"] if s.levers == {"reply": "resist"})
    assert (resisting.number, resisting.payoff) == (0.0, 0.0)
    assert resisting.payoff_difference == pytest.approx(0.3, rel=1e-9)
    assert (found.least.number, found.least.payoff) == (0.0, 0.0)
    assert found.most.number == 1.0
    assert found.clear
    assert [s.levers for s in found.joint if s.on_front] == [{"reply": "resist"}]


def test_what_a_player_can_announce_is_said_with_its_price_and_its_error(tmp_path):
    (found,) = pulled(tmp_path)
    model = raison.load(tmp_path / "game.yaml").record
    text = " ".join(section(model, found, several=False).sentences)
    assert "lowest with “resist” at “reply”, announced and binding: “act” pays in 0% (at most 0.4%)" in text
    assert "at no price" not in text.split("Where nothing is set")[0]
    amount = replace(model, questions=(Question(amount=parse("p"), name=found.question),))
    shown = section(amount, found, several=False)
    assert not any("%" in cell for row in shown.table.rows for cell in row)


def test_the_front_has_a_price_for_each_step(tmp_path):
    (found,) = pulled(tmp_path, cost="threat")
    alone = [s for s in found.joint if s.levers.get("reply") == "yield" and "threat" in s.levers]
    assert all(math.isclose(s.payoff, -0.3 * s.number - s.levers["threat"], abs_tol=1e-9) for s in alone)
    front = [s for s in found.joint if s.on_front]
    for one in front:
        for other in found.joint:
            assert not (other.number < one.number and other.payoff >= one.payoff)
            assert not (other.number <= one.number and other.payoff > one.payoff)
    assert all(
        s.on_front or any(t.number <= s.number and t.payoff >= s.payoff for t in front) for s in found.joint
    )


PAIR = """
raison: 1
title: What the weather says of the harvest
players: {a: A, b: B}
parameters:
  rain: uniform(0, 1)
  harvest: uniform(0, 1)
correlations: [{between: [rain, harvest], rank: 0.9}]
game:
  opening: {player: a, moves: {sell: sold, keep: kept}}
outcomes:
  sold: {a: harvest, b: 0}
  kept: {a: 0.5, b: rain}
questions: [{node: opening, move: sell}]
levers: {b: {rain: [0, 1]}}
"""


def test_a_lever_that_is_set_does_not_move_what_it_is_correlated_with(tmp_path):
    """Drawn rain says much of the harvest; rain that somebody makes says nothing."""
    configure()
    path = tmp_path / "pair.yaml"
    path.write_text(PAIR, encoding="utf-8")
    model = raison.load(path)
    plan = make_plan(model.record, model.sha256, draws=DRAWS, seed=0, design="sobol", removals=())
    engine = Engine(plan)
    sample = engine.sample(make_design("sobol", 2, 0, DRAWS).points(0, DRAWS))
    assert np.corrcoef(sample.values["rain"], sample.values["harvest"])[0, 1] > 0.8
    (found,) = pull_levers(engine, sample, [0])
    assert {setting.number for setting in found.curves["rain"]} == {found.plain.number}
    assert {setting.difference for setting in found.curves["rain"]} == {0.0}
