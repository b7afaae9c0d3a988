"""A draw of a game with amounts: what is weighed and played at the amounts that matter, by hand."""

from __future__ import annotations

import io
import math

import pytest

import raison
from raison.answer.cells import AmountStep, CellsStep
from raison.answer.explain import Explanation, explain_draws
from raison.api import Model
from raison.model.reader import read_text
from raison.run.plan import make_plan
from raison.show.explanation import print_explanation
from raison.show.terminal import make_console

DRAWS = 64

HARVEST = """
raison: 1
title: A price that depends on the weather, and a buyer who knows what he needs
players: {farmer: The farmer, buyer: The buyer}
parameters:
  least: uniform(0, 0.2)
  need: {value: "uniform(0.5, 1)"}
  mood: {value: "choice('mild', 1, 'stern', 3)", known_to: [buyer]}
game:
  weather: {chance: "uniform(0, 1)", steps: 4, then: offer}
  offer:
    player: farmer
    moves:
      price: {range: [0, 1], steps: 11, then: answer}
      keep: {then: kept, when: weather > 0.7}
  answer: {player: buyer, moves: {buy: sold, leave: {then: none, when: offer > least}}}
outcomes:
  sold: {farmer: offer, buyer: need - offer - (0.25 if mood == 'stern' else 0)}
  none: {farmer: 0, buyer: 0}
  kept: {farmer: 0.35, buyer: 0}
questions: [{name: the price, amount: "offer if offer == 'price' else 0"}]
"""


def model(text: str) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256)


def explained(found: Model, draws: list[int]) -> list[Explanation]:
    plan = make_plan(found.record, found.sha256, draws=DRAWS, seed=3, design="sobol", removals=())
    return explain_draws(plan, draws)


def values(draw: Explanation) -> dict[str, float]:
    return {p.name: float(p.value) for p in draw.parameters if p.coordinate is not None}


def place(draw: Explanation, node: str) -> CellsStep:
    return next(step for step in draw.cells if step.node == node)


def best_at(options: tuple[AmountStep, ...], end: str) -> float:
    return max(getattr(o, end) for o in options if o.available and getattr(o, end) is not None)


GAMES = [
    "take-it-or-leave-it",
    "private-floor",
    pytest.param("crisis-private-resolve", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("name", GAMES)
def test_what_is_played_is_best_by_hand_and_leads_where_the_engine_says(name: str) -> None:
    """Amount by amount in plain floats: payoffs, what every option is worth, and how play goes."""
    found = raison.gallery(name)
    for draw in explained(found, [0, 5]):
        for step in draw.cells:
            for run in step.runs:
                for end in ("first", "last"):
                    top = best_at(run.options, end)
                    for option in run.options:
                        worth = getattr(option, end)
                        if option.probability > 0 and worth is not None:
                            assert worth == pytest.approx(top, abs=1e-8)  # the limit of a branch is near
            assert math.fsum(run.share for run in step.runs) == pytest.approx(1, abs=1e-12)
        solution = found.solve(values(draw))  # the branch followed once more: limits agree to about 1e-7
        assert {step.name: step.reached for step in draw.outcomes if step.reached > 0} == pytest.approx(
            {name: row[0] for name, row in solution.outcome.items() if row[0] > 0}, abs=1e-6
        )
        assert math.fsum(step.probability for step in draw.goes) == pytest.approx(1, abs=1e-12)


def test_the_offer_is_fearons_and_so_is_who_refuses_it() -> None:
    """C1: x = p + z, z = clip((b - c_A) / 2, 0, min(b, 1 - p)); P(war) = z / b. To the step of the offers."""
    for draw in explained(raison.gallery("take-it-or-leave-it"), [1, 2, 9]):
        at = values(draw)
        b, p = at["largest_cost"], at["p_win"]
        z = min(max((b - at["c_proposer"]) / 2, 0.0), min(b, 1 - p))
        offers = {o.what: o for o in place(draw, "demand").runs[0].options}
        step = offers["a step above"].amount - offers["played"].amount
        assert abs(offers["played"].amount - (p + z)) <= 2 * step
        assert offers["played"].first > max(o.first for what, o in offers.items() if what != "played")
        refuse, accept = place(draw, "reply").runs
        assert refuse.share == pytest.approx(z / b, abs=2 / 64 + step / b)
        assert refuse.last["c_responder"] < z + step <= accept.last["c_responder"] + step
        assert (refuse.options[0].probability, accept.options[0].probability) == (0.0, 1.0)


def test_chance_names_and_moves_that_are_not_always_there_are_worked_as_well() -> None:
    """The stern, three of four, buy at need - 0.25; a price that suits the mild alone is seldom better."""
    for draw in explained(model(HARVEST), [0, 3, 8]):
        need = values(draw)["need"]
        offers = place(draw, "offer")
        dry, wet = offers.runs[0], offers.runs[-1]
        prices = [k / 10 for k in range(11)]
        all_, mild = max(p for p in prices if p <= need - 0.25), max(p for p in prices if p <= need)
        price, worth = max((all_, all_), (mild, 0.25 * mild), key=lambda pair: pair[1])
        played = next(o for o in dry.options if o.what == "played")
        assert (played.amount, played.first) == (pytest.approx(price), pytest.approx(worth))
        keep = [run.options[-1] for run in (dry, wet)]
        assert [k.available for k in keep] == [False, True]
        assert keep[1].first == pytest.approx(0.35)
        assert wet.share == pytest.approx(0.25)
        assert draw.questions[0].number == pytest.approx(price * (0.75 if worth < 0.35 else 1.0))


def test_the_printed_draw_names_the_offer_its_neighbours_and_who_answers_how() -> None:
    found = raison.gallery("take-it-or-leave-it")
    out = io.StringIO()
    print_explanation(found.record, explained(found, [5])[0], console=make_console(out))
    text = out.getvalue()
    for part in (
        "(a step below): worth",
        "(a step above): worth",
        "(best elsewhere): worth",
        "averages over",
    ):
        assert part in text
    assert "of those who come here)" in text
    assert "How play goes (amounts: means)" in text
