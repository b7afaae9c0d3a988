"""A draw of a game with hidden information: beliefs, what moves are worth, and how play goes."""

from __future__ import annotations

import io

import pytest

from raison.answer.explain import Explanation, explain_draws
from raison.answer.hidden import SetStep
from raison.api import Model
from raison.model.reader import read_text
from raison.run.plan import make_plan
from raison.show.explanation import print_explanation
from raison.show.terminal import make_console
from textbook_games import BEER

DRAWS = 16
DESERTERS = """
raison: 1
title: How many desert, when each gains by the others
players: {elite: {name: The elite, many: true}}
parameters:
  strength: uniform(0, 0.4)
  cost: {value: "uniform(0, 1)", known_to: [elite], steps: 8}
game: {choice: {player: elite, moves: {defect: end, stay: end}}}
outcomes: {end: {elite: "0.5 * fraction(choice, 'defect') + strength - cost if choice == 'defect' else 0"}}
questions: [{node: choice, move: defect}]
"""
STRONG = 'strong: {value: "uniform(0.05, 0.45)"}'
PREMISE = "premises: {meek: {says: The weak are many., without: {strong: strong / 2}}}\n"


def model(text: str) -> Model:
    reading = read_text(text, "test")
    assert reading.model is not None, reading.problems
    return Model(reading.model, reading.sha256)


def explained(found: Model, without: tuple[str, ...] = ()) -> list[Explanation]:
    plan = make_plan(
        found.record, found.sha256, draws=DRAWS, seed=3, design="sobol", without=without, removals=()
    )
    return explain_draws(plan, range(DRAWS))


def at(draw: Explanation, node: str) -> SetStep:
    return next(step for step in draw.sets if node in step.nodes)


def strong(draw: Explanation) -> float:
    value = next(parameter.value for parameter in draw.parameters if parameter.name == "strong")
    return float(value)


@pytest.mark.parametrize("without", [(), ("meek",)], ids=["as written", "a premise removed"])
def test_a_weak_stranger_who_drinks_beer_at_times_is_worked_as_in_the_paper(without: tuple[str, ...]) -> None:
    """Cho and Kreps (1987) with few strong types: the semi-separating equilibrium is the only one.

    The weak drink beer with odds that leave the bully even, s / (1 - s), and the bully duels then half of
    the time, which leaves the weak even. Tolerance: the limit of the branch.
    """
    draws = explained(model(BEER.replace("strong: {value: 0.9}", STRONG) + PREMISE), without)
    for draw in draws:
        s = strong(draw)
        assert (0.025 < s < 0.225) if without else (0.05 < s < 0.45)
        beer, quiche = at(draw, "weak_eats").options
        assert (beer.value, quiche.value) == (pytest.approx(1), pytest.approx(1))
        assert beer.probability == pytest.approx(s / (1 - s), abs=1e-9)
        drunk, eaten = at(draw, "surly_beer"), at(draw, "surly_quiche")
        assert drunk.nodes == ("weak_beer", "surly_beer")
        assert [belief.probability for belief in drunk.beliefs] == pytest.approx([0.5, 0.5], abs=1e-9)
        assert drunk.beliefs[1].hidden == {"nature": "surly", "surly_eats": "beer"}
        assert [option.probability for option in drunk.options] == pytest.approx([0.5, 0.5], abs=1e-9)
        assert [option.value for option in drunk.options] == pytest.approx([0, 0], abs=1e-9)
        assert drunk.reached == pytest.approx(2 * s, abs=1e-9)
        assert [option.value for option in eaten.options] == pytest.approx([1, 0], abs=1e-9)
        assert draw.questions[0].number == pytest.approx(1)


@pytest.mark.slow
def test_the_hand_comes_to_the_outcomes_that_the_engine_finds() -> None:
    """Also with errors of all players, when every history has a probability of its own."""
    plain = model(BEER.replace("strong: {value: 0.9}", STRONG))
    for found in (plain, plain.solved_by("logit", precision=3.0)):
        draws = explained(found)
        outcome = found.solve({"strong": [strong(draw) for draw in draws]}).outcome
        for i, draw in enumerate(draws):
            assert {step.name: step.reached for step in draw.outcomes} == pytest.approx(
                {name: row[i] for name, row in outcome.items()}, abs=1e-12
            )
            assert sum(path.probability for path in draw.path) == pytest.approx(1)


def test_a_failed_draw_says_why_and_is_not_worked() -> None:
    text = BEER.replace("strong: {value: 0.9}", 'strong: {value: "uniform(0.5, 1.5)"}')
    draws = explained(model(text))
    failed = [draw for draw in draws if strong(draw) > 1]
    assert failed
    for draw in failed:
        assert "the probabilities at 'nature' leave [0, 1]" in draw.failures[0]
        assert draw.sets == draw.path == draw.questions == ()
    assert all(draw.sets for draw in draws if draw not in failed)


def test_the_printed_draw_says_what_is_believed_weighed_and_played() -> None:
    found = model(BEER)
    out = io.StringIO()
    print_explanation(found.record, explained(found)[0], console=make_console(out))
    lines = [line.strip() for line in out.getvalue().splitlines()]
    start = lines.index("Information sets: what the mover believes, weighs and plays")
    assert lines[start + 1 : start + 6] == [
        "weak_quiche, surly_quiche: bully",
        "believes: 1 that nature: weak, weak_eats: quiche; 0 that nature: surly, surly_eats: quiche",
        "duel: worth 1, played with probability 1",
        "leave: worth 0, played with probability 0",
        "reached with probability 0",
    ]


def test_a_game_with_a_player_that_is_many_is_refused_with_another_way() -> None:
    found = model(DESERTERS)
    with pytest.raises(ValueError, match=r"a player that is many, .* Use 'raison solve'"):
        explained(found)
