"""Every sequential equilibrium of signalling games: two types, two messages, two replies, random payoffs.

pygambit enumerates the Nash equilibria of the strategic form in floating point; raison finds the sequential
ones, pure and mixed, with their beliefs. That every one of pygambit's that is sequential is among raison's is
a test (`tests/solve/test_sequential.py`); here every game must have one, of a residual below 1e-9.
"""

from __future__ import annotations

from io import StringIO
from itertools import product

import numpy as np

from benchmarks.common import Report, Target, side_by_side

GAMES = 100_000
ONE_BY_ONE = 200
PLAYERS = ("sender", "receiver")
WANTED = 100_000  # games a second
ROUNDS = 7


def run() -> Report:
    """Measure it."""
    from raison.solve.sequential import solve_sequential

    form = _form()
    rng = np.random.default_rng(1)
    payoffs, prior = rng.normal(size=(8, 2, GAMES)), rng.uniform(0.1, 0.9, GAMES)
    chance = {0: (prior, 1 - prior)}
    report = Report(f"All sequential equilibria with beliefs: {GAMES:,} signalling games of 2 x 2 x 2")
    games = _pygambit_games(payoffs[..., :ONE_BY_ONE], prior)
    functions = {
        "raison": lambda: solve_sequential(form, payoffs, chance),
        "pygambit, enummixed_solve": lambda: _enumerate(games),
    }
    times = side_by_side(functions, ROUNDS)
    scale = GAMES / ONE_BY_ONE
    times["pygambit, enummixed_solve"] = [taken * scale for taken in times["pygambit, enummixed_solve"]]
    report.add_times(
        times,
        {"pygambit, enummixed_solve": f"from {ONE_BY_ONE} games that are built; Nash, without beliefs"},
    )
    found = solve_sequential(form, payoffs, chance)
    if not ((found.count > 0) & (found.status == 0)).all() or np.nanmax(found.residual) > 1e-9:
        raise AssertionError("a random signalling game was not solved.")
    own = report.time_of("raison")
    report.targets.append(Target("games a second", GAMES / own * 1e3, WANTED))
    report.targets.append(
        Target("times as fast as pygambit", report.time_of("pygambit, enummixed_solve") / own, 50)
    )
    report.notes.append(
        f"{found.count.mean():.2f} equilibria a game; largest gain from deviating "
        f"{np.nanmax(found.residual):.1e} of the payoff range."
    )
    return report


def _form() -> object:
    from raison.model.formula import parse
    from raison.model.records import Case, Chance, Decision, Model, Move, Node, Player
    from raison.program.form import make_form

    nothing = {player: parse("0") for player in PLAYERS}
    game: dict[str, Node] = {
        "nature": Chance({f"t{t}": Case(f"sender{t}", parse("0.5")) for t in range(2)}, known_to=("sender",))
    }
    for t in range(2):
        game[f"sender{t}"] = Decision("sender", {f"m{m}": Move(f"after{t}{m}") for m in range(2)})
        for m in range(2):
            moves = {f"r{r}": Move(f"o{t}{m}{r}") for r in range(2)}
            game[f"after{t}{m}"] = Decision("receiver", moves, information=f"after{m}")
    outcomes = {f"o{t}{m}{r}": nothing for t, m, r in product(range(2), repeat=3)}
    players = {player: Player(player) for player in PLAYERS}
    return make_form(Model(title="A signalling game", players=players, game=game, outcomes=outcomes))


def _pygambit_games(payoffs: np.ndarray, prior: np.ndarray) -> list[object]:
    import pygambit

    games: list[object] = []
    for draw in range(payoffs.shape[-1]):
        first = round(float(prior[draw]), 6)
        lines = [
            'EFG 2 R "game" { "sender" "receiver" }',
            f'c "" 1 "" {{ "t0" {first:.6f} "t1" {1 - first:.6f} }} 0',
        ]
        for t in range(2):
            lines.append(f'p "" 1 {t + 1} "" {{ "m0" "m1" }} 0')
            for m in range(2):
                lines.append(f'p "" 2 {m + 1} "" {{ "r0" "r1" }} 0')
                for r in range(2):
                    number = 4 * t + 2 * m + r
                    sender, receiver = payoffs[number, :, draw]
                    lines.append(f't "" {number + 1} "" {{ {sender:.6f}, {receiver:.6f} }}')
        games.append(pygambit.read_efg(StringIO("\n".join(lines))))
    return games


def _enumerate(games: list[object]) -> None:
    import pygambit

    for game in games:
        pygambit.nash.enummixed_solve(game, rational=False)
