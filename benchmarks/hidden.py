"""Quantal response, its limit, all Nash equilibria of tables, and an offer on many steps to many types.

The games are random: a signalling game of two types, two messages and two replies, a three-move game in which
nothing is hidden, and tables. pygambit and QuantEcon solve one game after the other; their games are built
beforehand, and their times are scaled.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import numpy as np

from benchmarks.common import THREADS, Report, Target, child, side_by_side
from benchmarks.sequential import _form, _pygambit_games

GAMES, TABLES, LARGE_TABLES, DRAWS = 100_000, 1_000_000, 20_000, 4_096
SOLVED_BY_GAMBIT, SOLVED_BY_QUANTECON = 200, 300
PRECISION = 5.0
CHUNK = 25_000  # games that one thread solves at a time
ROUNDS = 9
UNSOLVED = 0.001


def run() -> Report:
    """Measure it."""
    report = Report("Something hidden: quantal response, its limit, tables, offers")
    _perfect(report)
    _signalling(report)
    for size, count, wanted in ((2, TABLES, 50), (5, LARGE_TABLES, 5)):
        _tables(report, size, count, wanted)
    _offers(report)
    return report


def _compare(report: Report, ours: str, own: Any, peer: str, other: Any, scale: float, wanted: float) -> None:
    """Time a batch of ours beside some games of a peer's, whose time is scaled up."""
    times = side_by_side({ours: own, peer: other}, ROUNDS)
    times[peer] = [taken * scale for taken in times[peer]]
    report.add_times(times, {peer: f"scaled by {scale:,.0f}"})
    ratio = report.time_of(peer) / report.time_of(ours)
    report.targets.append(Target(f"{ours.rsplit(',', 1)[0]}: times as fast", ratio, wanted))


def _solver(form: Any, chance: Any, precision: float | None) -> Any:
    import jax

    from raison.program.engine import configure
    from raison.solve.conditional import solve_logit

    configure()
    solve = jax.jit(lambda payoffs: solve_logit(form, payoffs, chance=chance, precision=precision))
    return _in_chunks(solve)


def _in_chunks(solve: Any) -> Any:
    """A function of all games that solves them chunk by chunk on all threads."""
    import jax

    def solved(chunks: list[Any]) -> list[Any]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda chunk: jax.block_until_ready(solve(chunk)), chunks))

    return solved


def _chunks(payoffs: np.ndarray) -> list[Any]:
    """Games in memory, as chunks."""
    import jax.numpy as jnp

    from raison.program.engine import configure

    configure()
    return [jnp.asarray(payoffs[..., s : s + CHUNK]) for s in range(0, payoffs.shape[-1], CHUNK)]


def _recursion(form: Any) -> Any:
    """Logit play by one backward pass; probabilities, which is all that the peer returns as well."""
    import jax
    import jax.numpy as jnp

    from raison.program.engine import configure
    from raison.program.hold import hold
    from raison.solve.conditional import Discrete, perfect

    configure()
    game = Discrete.of(form, 2)
    scaled = lambda payoffs: hold(game.numbers(payoffs)[0])  # computed once, not in every use
    solve = jax.jit(lambda payoffs: jnp.exp(perfect(game, scaled(payoffs), PRECISION, None)))
    return _in_chunks(solve)


def _normalised(outcomes: int, count: int) -> np.ndarray:
    """Payoffs from 0 to 1 for each player, so that a precision means the same to a peer."""
    payoffs = np.random.default_rng(1).random((outcomes, 2, count))
    return (payoffs - payoffs.min(0)) / (payoffs.max(0) - payoffs.min(0))


def _signalling(report: Report) -> None:
    import pygambit

    form, payoffs = _form(), _normalised(8, GAMES)
    games = _pygambit_games(payoffs[..., :SOLVED_BY_GAMBIT], np.full(SOLVED_BY_GAMBIT, 0.5))
    scale = GAMES / SOLVED_BY_GAMBIT
    chance = {0: (0.5, 0.5)}
    solve, chunks = _solver(form, chance, PRECISION), _chunks(payoffs)
    _compare(
        report,
        f"signalling, logit at precision 5, of {GAMES}",
        lambda: solve(chunks),
        "pygambit, logit_solve_lambda",
        lambda: [pygambit.qre.logit_solve_lambda(game, [PRECISION]) for game in games],
        scale,
        50,
    )
    limit = _solver(form, chance, None)
    _compare(
        report,
        f"signalling, limit of the branch, of {GAMES}",
        lambda: limit(chunks),
        "pygambit, logit_solve",
        lambda: [pygambit.nash.logit_solve(game) for game in games],
        scale,
        50,
    )
    unsolved = float(np.mean([np.asarray(part.status) > 1 for part in limit(chunks)]))
    report.targets.append(Target("share of limits not found", unsolved, UNSOLVED, most=True))


def _perfect(report: Report) -> None:
    import pygambit

    from raison.model.formula import parse
    from raison.model.records import Decision, Model, Move, Player
    from raison.program.form import make_form

    game = {
        "opening": Decision("a", {"challenge": Move("reply"), "stay": Move("quo")}),
        "reply": Decision("b", {"resist": Move("last"), "concede": Move("win")}),
        "last": Decision("a", {"fight": Move("war"), "back down": Move("retreat")}),
    }
    nothing = dict.fromkeys(("a", "b"), parse("0"))
    outcomes = dict.fromkeys(("quo", "win", "war", "retreat"), nothing)
    players = {name: Player(name) for name in ("a", "b")}
    form = make_form(Model(title="A crisis", players=players, game=game, outcomes=outcomes))
    payoffs = _normalised(4, GAMES)
    order = [form.graph.states[s].name for s in form.graph.outcomes]

    def built(draw: int) -> Any:
        pays = {name: payoffs[k, :, draw] for k, name in enumerate(order)}
        end = lambda number, name: f't "" {number} "" {{ {pays[name][0]:.9f}, {pays[name][1]:.9f} }}'
        lines = ['EFG 2 R "crisis" { "a" "b" }', 'p "" 1 1 "" { "challenge" "stay" } 0']
        lines += ['p "" 2 1 "" { "resist" "concede" } 0', 'p "" 1 2 "" { "fight" "back down" } 0']
        lines += [end(1, "war"), end(2, "retreat"), end(3, "win"), end(4, "quo")]
        return pygambit.read_efg(StringIO("\n".join(lines)))

    games = [built(draw) for draw in range(SOLVED_BY_GAMBIT)]
    solve, chunks = _recursion(form), _chunks(payoffs)
    _compare(
        report,
        f"nothing hidden, logit at precision 5, of {GAMES}",
        lambda: solve(chunks),
        "pygambit, logit_solve_lambda, nothing hidden",
        lambda: [pygambit.qre.logit_solve_lambda(game, [PRECISION]) for game in games],
        GAMES / SOLVED_BY_GAMBIT,
        3_000,
    )


def _tables(report: Report, size: int, count: int, wanted: float) -> None:
    import quantecon.game_theory as peer

    from raison.solve.bimatrix import solve_bimatrix

    rows, columns = np.random.default_rng(size).normal(size=(2, size, size, count))
    some = range(SOLVED_BY_QUANTECON)
    games = [
        peer.NormalFormGame([peer.Player(rows[..., k]), peer.Player(columns[..., k].T.copy())]) for k in some
    ]
    _compare(
        report,
        f"all Nash equilibria, {size}x{size}, of {count}",
        lambda: solve_bimatrix(rows, columns),
        f"{size}x{size}, QuantEcon, support_enumeration",
        lambda: [peer.support_enumeration(game) for game in games],
        count / SOLVED_BY_QUANTECON,
        wanted,
    )


def _offers(report: Report) -> None:
    """The ultimatum with 1,001 offers and 64 types, as `raison.Model.solve` answers."""
    program = (
        "import time, numpy as np, raison\n"
        "from dataclasses import replace\n"
        "record = raison.gallery('take-it-or-leave-it').record\n"
        "(name, node), = [(n, x) for n, x in record.game.items() if any(m.scale for m in x.moves.values())]\n"
        "finer = lambda scale: scale and replace(scale, steps=1001)\n"
        "moves = {k: replace(m, scale=finer(m.scale)) for k, m in node.moves.items()}\n"
        "game = {**record.game, name: replace(node, moves=moves)}\n"
        "model = raison.Model.of(replace(record, game=game))\n"
        f"draws = {DRAWS}\n"
        "model.run(draws=draws, seed=1, removals=[])\n"
        "start = time.perf_counter(); model.run(draws=4 * draws, seed=2, removals=[])\n"
        "print(4 * draws / (time.perf_counter() - start))\n"
    )
    found = float(child(["-c", program]).output.split()[-1])
    report.targets.append(Target("1,001 offers to 64 types, draws a second", found, 5_000))
