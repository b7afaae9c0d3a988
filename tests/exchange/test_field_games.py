"""The example games of the Gambit project: each is read as Gambit reads it, or refused in a sentence."""

from __future__ import annotations

import io
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import field_data
import raison
from in_step import places_of
from raison.exchange.efg import read_efg
from raison.exchange.gambit import solve_with_gambit
from raison.exchange.game import ExtensiveGame, TableGame
from raison.exchange.modelling import to_model
from raison.exchange.nfg import read_nfg
from raison.exchange.read import read_file, read_game
from raison.exchange.write import write_efg, write_nfg
from raison.model.check import check
from raison.model.evaluate import FLOATS, evaluate
from raison.model.records import Model
from raison.program.form import make_form
from raison.solve.deviation import nash_regret

GAMES = pytest.mark.parametrize("path", field_data.cases("gambit", ".efg", ".nfg"))
FORGETFUL = {
    "e09.efg": r"e09.efg:24: .* Player 3 forgets whether he chose '1' or '0' at information set 1 '\(3,1\)'",
    "holdout.efg": r"holdout.efg:66: .* Player 2 forgets that he has been at information set 8 before",
    "myerson.efg": r"myerson.efg:11: .* Player 1 forgets whether he chose '1' or '2' at information set 1",
}
# Gambit 17 does not read these: labels that are alike
ALIKE = {
    "4cards.efg",
    "caro2.efg",
    "coord2ts.efg",
    "e10.efg",
    "e10a.efg",
    "holdout.efg",
    "nim.efg",
    "nim7.efg",
}


def written(game: ExtensiveGame | TableGame) -> str:
    return write_nfg(game) if isinstance(game, TableGame) else write_efg(game)


def by_gambit(path: Path | None, text: str, suffix: str):
    gambit = pytest.importorskip("pygambit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (gambit.read_nfg if suffix == ".nfg" else gambit.read_efg)(
            path if path is not None else io.BytesIO(text.encode())
        )


@GAMES
def test_each_is_a_model_or_names_who_forgets_what(path: Path) -> None:
    reading = read_file(path)
    if path.name in FORGETFUL:
        assert reading.model is None
        assert re.search(FORGETFUL[path.name], str(reading.problems[0]))
        return
    assert reading.model is not None
    assert [p.message for p in check(reading.model) if p.severity == "error"] == []
    game = read_game(path)
    tree = game.as_tree() if isinstance(game, TableGame) else game
    form = make_form(reading.model)
    assert len(form.graph.states) == len(tree.nodes)
    assert len(form.places) == sum(s.player >= 0 for s in tree.sets)


@GAMES
def test_each_is_written_so_that_it_is_read_again(path: Path) -> None:
    game = read_game(path)
    again = (read_nfg if isinstance(game, TableGame) else read_efg)(written(game))
    assert written(again) == written(game)
    assert again.title == game.title
    if isinstance(game, ExtensiveGame) and isinstance(again, ExtensiveGame):
        assert again.paid() == game.paid()
        assert [s.probabilities for s in again.sets] == [s.probabilities for s in game.sets]


@GAMES
def test_gambit_finds_the_same_payoffs_in_the_file_and_in_ours(path: Path) -> None:
    game = read_game(path)
    ours = by_gambit(None, written(game), path.suffix)
    if path.name in ALIKE:
        with pytest.raises(ValueError, match="label must be unique"):
            by_gambit(path, "", path.suffix)
        return
    theirs = by_gambit(path, "", path.suffix)
    sizes = [[len(g.get_strategies(player)) for player in g.players] for g in (ours, theirs)]
    assert sizes[0] == sizes[1]
    if math.prod(sizes[0]) > 1_000:  # Gambit takes long to write a table of so many profiles
        assert ours.to_efg().count("\n") == theirs.to_efg().count("\n")
        return
    for mine, other in zip(ours.to_arrays(float), theirs.to_arrays(float), strict=True):
        assert np.array_equal(mine, other)


def numbers(model: Model) -> tuple:
    """The form with its payoffs and chances as `nash_regret` takes them."""
    form = make_form(model)

    def number(formula) -> np.ndarray:
        return np.array([evaluate(formula.expression, {}.__getitem__, FLOATS, {})])

    payoffs = [
        [number(model.outcomes[form.graph.states[s].name][player]) for player in model.players]
        for s in form.graph.outcomes
    ]
    chance = [
        [number(case.probability) for case in model.game[state.name].cases.values()]
        if state.mover == -1
        else None
        for state in form.graph.states
    ]
    return form, payoffs, chance


QUICK = [  # each costs a process of Gambit's
    "3x3x3.nfg", "bayes1a.efg", "cent2.efg", "e04.efg", "e05.efg", "e17.efg", "km6.efg", "montyhal.efg",
    "my_3-4.efg", "winkels.nfg",
]  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_no_one_gains_by_deviating_from_an_exact_equilibrium_of_gambits(name: str) -> None:
    """Gambit's exact solvers; 1e-9 leaves room for the polish of `enumpoly_solve`, which is in floats."""
    game = read_game(field_data.path("gambit", name))
    pytest.importorskip("pygambit")
    tree = game.as_tree() if isinstance(game, TableGame) else game
    answer = solve_with_gambit(tree)
    assert answer.solver in ("enummixed_solve", "enumpoly_solve", "lcp_solve")
    assert answer.equilibria
    form, payoffs, chance = numbers(to_model(game))
    place_of = places_of(tree, form)
    played = [
        [
            np.array([float(e[place_of[k]][option]) for e in answer.equilibria])
            for option in range(len(p.labels))
        ]
        for k, p in enumerate(form.places)
    ]
    assert nash_regret(form, payoffs, chance, played).max() <= 1e-9


def gains(name: str, mixtures: list[list[float]]) -> list[float]:
    """Each player's regret, by the places of the form: those of player 1 first in a table."""
    form, payoffs, chance = numbers(to_model(read_game(field_data.path("gambit", name))))
    played = [[np.array([p]) for p in mixtures[k]] for k in range(len(form.places))]
    return nash_regret(form, payoffs, chance, played)[:, 0].tolist()


@pytest.mark.parametrize(
    ("name", "mixtures", "expected"),
    [
        # O'Neill (1987): one card with 2/5, the others with 1/5
        pytest.param("oneill.nfg", [[0.4, 0.2, 0.2, 0.2]] * 2, [0, 0], id="o-neill"),
        # against always the odd card the other gets 1/5 so, and 1 by another card: 4/5 of the range 2
        pytest.param("oneill.nfg", [[1, 0, 0, 0], [0.4, 0.2, 0.2, 0.2]], [0, 0.4], id="o-neill-always-odd"),
        pytest.param("pd.nfg", [[0, 1]] * 2, [0, 0], id="both-defect"),
        # cooperating is worth 9, defecting alone 10, of the range 10
        pytest.param("pd.nfg", [[1, 0]] * 2, [0.1, 0.1], id="both-cooperate"),
        # the title's "Agent Nash not Player Nash": only changing both of his moves gains player 1 98 of 100
        pytest.param("badgame1.efg", [[1, 0], [1, 0], [1, 0]], [0.98, 0], id="agent-nash"),
    ],
)
def test_published_profiles_have_their_regrets(name: str, mixtures: list, expected: list[float]) -> None:
    assert gains(name, mixtures) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(("name", "count"), [("2x2x2.nfg", 9), ("8x8.nfg", 5), ("winkels.nfg", 12)])
def test_as_many_equilibria_as_the_title_says(name: str, count: int) -> None:
    game = read_game(field_data.path("gambit", name))
    pytest.importorskip("pygambit")
    assert isinstance(game, TableGame)
    assert f"{count} " in game.title
    assert len(solve_with_gambit(game.as_tree()).equilibria) == count


@pytest.mark.parametrize("name", ["artist1.efg", "w_ex2.efg"])
def test_symmetric_games_are_solved_over_their_bifurcations(name: str) -> None:
    """One passes two of them, the other several at once; what is played beyond is an equilibrium."""
    solution = raison.load(field_data.path("gambit", name)).solve()
    assert solution.status == ["solved"]
    assert solution.forked.tolist() == [True]
    assert solution.largest_gain()[0] <= 1e-9
