"""A world's game solved, by whatever its model's solution concept asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from raison.model.records import solved_by
from raison.program import xp
from raison.program.program import Program
from raison.program.world import World
from raison.solve.backward import solve
from raison.solve.branch import asked_fractions, even_fractions, fractions_under, logit_play, rounded, tried
from raison.solve.finer import (
    best_amount,
    cut_axes,
    finer_scale,
    is_refined,
    scales_of,
    shared_cells,
    with_amount,
)
from raison.solve.form_play import FormPlayed
from raison.solve.graph_play import Played
from raison.solve.levels import is_large, solve_levels
from raison.solve.noisy import solve_noisy
from raison.solve.numbers import Numbers, Strategy, numbers_of, payoffs_of, point_payoffs
from raison.solve.options import Decisions, rows_of, seen_shape
from raison.solve.play import reach
from raison.solve.questions import Solved
from raison.solve.settled import decisions_of, settled_order, solve_settled
from raison.solve.two_moves import is_two_moves, where_known

Array = Any

MOST_CELLS = 1 << 23
"""Amounts of one draw that an array may differ along."""


def played_once(world: World, batch: int, tie_from: Sequence[Array] | None = None) -> Solved | None:
    """Solve a world's game, one period of it where there are rounds; None without a game.

    Args:
        world: The draws.
        batch: Number of draws.
        tie_from: Per state, the index of the move from which a tie is broken.
    """
    if world.program.graph is None:
        return None
    if world.program.form is not None:
        return _played_form(world, batch)
    return played_graph(world, batch, tie_from)


def played_graph(world: World, batch: int, tie_from: Sequence[Array] | None = None) -> Played:
    """Solve a game of perfect information by backward induction."""
    graph = world.program.graph
    if graph is None:
        raise ValueError(f"'{world.model.name}' has no game.")
    players = list(world.model.players)

    def payoff(s: int, player: int) -> Array:
        return world.payoff(graph.states[s].name, players[player], graph.states[s].results)

    def chance(s: int) -> tuple[Array, ...]:
        return world.probabilities(graph.states[s].name, graph.states[s].results)

    def available(s: int) -> tuple[Array, ...]:
        return world.available(graph.states[s].name, graph.states[s].results)

    if is_large(graph):
        equilibrium = solve_levels(graph, len(players), payoff, chance, available, batch, tie_from=tie_from)
    else:
        equilibrium = solve(
            graph, len(players), payoff, chance, available, tie_from=tie_from, hold=world.hold
        )
    reached = reach(graph, equilibrium, {0: xp.asarray(1.0)}, world.hold)
    for s, decided in enumerate(equilibrium.decided):
        if decided is not None and decided.stuck is not False:
            world.stuck(graph.states[s].name, decided.stuck & (reached[s] > 0))
    return Played(world, graph, equilibrium, reached)


def is_settled(program: Program) -> bool:
    """Whether a game's beliefs depend on nothing that anybody does, so that it is solved by recursion."""
    if program.form is None:
        return True
    return settled_order(program.form) is not None and not asked_fractions(program.model)


def is_limit(program: Program) -> bool:
    """Whether a game's solution is the limit of a branch, known to a small regret only."""
    concept, solution = solved_by(program.model), program.model.solution
    errs = concept == "strategic-choice" or solution.precision is not None
    return program.form is not None and not errs and not is_settled(program)


def has_equilibrium(program: Program) -> bool:
    """Whether a game's solution is one from which nobody can gain by deviating, and it can be checked.

    Not so where players err, nor where payoffs depend on a continuum of players.
    """
    concept, solution = solved_by(program.model), program.model.solution
    errs = concept == "strategic-choice" or solution.precision is not None
    return program.graph is not None and not errs and not asked_fractions(program.model)


def has_one_solution(program: Program) -> bool:
    """Whether a draw in which nothing ties has no other solution, as where beliefs are settled.

    Of Nash equilibria there may be more: they allow threats that would not be carried out.
    """
    return is_settled(program) and (program.form is None or solved_by(program.model) != "nash")


def _played_form(world: World, batch: int) -> FormPlayed:
    form = world.program.form
    if form is None:
        raise ValueError(f"'{world.model.name}' has no information sets.")
    solution = world.model.solution
    level = None if solution.precision is None else world.number(solution.precision)
    if level is not None:
        world.imprecise(~(xp.asarray(level) > 0))
    many = bool(asked_fractions(world.model))
    if many:
        world = world.again(even_fractions(world))
    numbers = numbers_of(world)
    logs, pure, forked = None, False, None
    if solved_by(world.model) == "strategic-choice":
        strategy = noisy_strategy(world, numbers)
        decisions = decisions_of(numbers, strategy)
    elif is_refined(world.model):
        world = refined(world)
        numbers = numbers_of(world)
        strategy, decisions = _solve_refined(world, numbers)
    elif is_settled(world.program):
        strategy, decisions = solve_settled(numbers, settled_order(form) or (), level, world.hold)
        pure = level is None
    else:
        # in rounds, where a period is solved again and again
        if world.model.rounds is not None and level is None and is_two_moves(form, numbers):
            payoffs = point_payoffs(numbers, batch)
            apart = lambda: logit_play(world, replace(numbers), batch, level)  # remembers nothing of a branch
            logs, unsolved, forked = where_known(form, numbers, payoffs, batch, apart)
        else:
            logs, unsolved, forked = logit_play(world, numbers, batch, level)
        world.unsolved(unsolved)
        strategy = [tuple(xp.exp(option) for option in options) for options in logs]
        if level is None:
            strategy = [tuple(rounded(option) for option in options) for options in strategy]
        if many:
            world = world.again(fractions_under(world.model, numbers, strategy))
            numbers = numbers_of(world)
        decisions = decisions_of(numbers, strategy, logs)
    game = FormPlayed(world, numbers, strategy, decisions, batch, pure, logs, forked)
    _mark_stuck(game)
    return game


def refined(world: World) -> World:
    """A world in which the best amount of a model with `amounts: refined` is one of those to choose from.

    Raises:
        ValueError: beliefs depend on what is done, or there are several moves on a scale.
    """
    form = world.program.form
    if form is None or not is_refined(world.model):
        return world
    name, scales = world.model.name, scales_of(form)
    if not is_settled(world.program):
        raise ValueError(
            f"'amounts: refined' is for games in which nobody learns from what others do, and in '{name}' "
            "somebody may; delete it, and take more steps."
        )
    if len(scales) > 1:
        raise ValueError(
            "'amounts: refined' is for games with one move on a scale, made at one information set; "
            f"'{name}' has {len(scales)} such moves or sets. Delete it, and take more steps."
        )
    if not scales:
        return world
    number, option, own = scales[0]
    name, results = form.axes[own].name, form.graph.states[form.places[number].states[0]].results
    rough = world.amounts(name, results)[0]

    def worth(points: Array) -> Array:
        other = world.rescaled({name: points})
        value = _solve_refined(other, numbers_of(other))[1][number].value[option]
        return xp.broadcast_to(value, np.broadcast_shapes(value.shape, points.shape))

    points = finer_scale(form, rough, worth(rough), own)
    amount = best_amount(form, points, worth(points), own)
    return world.rescaled({name: world.hold(with_amount(form, rough, amount, own))})


def _solve_refined(world: World, numbers: Numbers) -> tuple[Strategy, list[Decisions]]:
    cut = cut_axes(world.model, numbers.form)
    shared = lambda place, value, played: shared_cells(place, cut, value, played)
    return solve_settled(numbers, settled_order(numbers.form) or (), None, world.hold, shared)


def _mark_stuck(game: FormPlayed) -> None:
    """Mark the draws in which play comes to an information set without a move.

    A branch of logit equilibria comes wherever an available move leads.
    """
    world, numbers, form = game.world, game.numbers, game.numbers.form
    limited = [
        number
        for number, place in enumerate(form.places)
        if any(allow is not True for allow in numbers.available[place.states[0]])
    ]
    if game.logs is not None and limited:
        game = replace(game, strategy=tried(numbers, game.batch))
    for number in limited:
        stuck = stacked_stuck(game, number)
        for s in form.places[number].states:
            world.stuck(form.graph.states[s].name, stuck(s) > 0)


def largest_array(program: Program) -> int:
    """Numbers that the largest array of a game with amounts holds for one draw.

    That is a payoff as far as its formula names amounts, or what is done at an information set.

    Raises:
        ValueError: it is too large for a single draw.
    """
    form = program.form
    if form is None:
        return 1

    def payoffs(cube: Array) -> list[Array]:
        world = World(program, cube, np.zeros(len(program.switches.numeric), bool))
        if asked_fractions(program.model):
            world = world.again(even_fractions(world))
        if program.model.rounds is not None:  # whichever state it is, arrays are as large
            one = world.deepened(np.ones(1))
            carried = dict.fromkeys((*program.model.rounds.state, "period"), one)
            world = world.stage(carried, world.rank, lambda value: value)
        return [xp.asarray(payoff) for payoff in payoffs_of(world).values()]

    shapes = jax.eval_shape(payoffs, jax.ShapeDtypeStruct((max(len(program.coordinates), 1), 1), np.float64))
    cells = [math.prod(found.shape) for found in shapes]
    largest = max(
        [*cells, *(math.prod(seen_shape(form, place)) * rows_of(form, place) for place in form.places)]
    )
    if largest > MOST_CELLS:
        raise ValueError(
            f"the amounts of '{program.model.name}' make arrays of {largest:,} numbers a draw "
            f"({largest * 8 / 1e9:.2g} GB); at most {MOST_CELLS:,} are possible. Take fewer steps."
        )
    return largest


def noisy_strategy(world: World, numbers: Numbers) -> Strategy:
    """Strategic choice: probabilities of moves by players who err, or know what the others do not."""
    form, solution = numbers.form, world.model.solution
    if form.axes or any(len(place.states) > 1 for place in form.places):
        raise ValueError(
            f"strategic choice needs a game in which nothing but the errors is hidden and no move is an "
            f"amount; '{world.model.name}' has more. Use another solution concept."
        )
    found = solve_noisy(
        form.graph,
        len(world.model.players),
        lambda s, player: numbers.payoff[s, player],
        lambda s: numbers.chance[s],
        lambda s: numbers.available[s],
        link="logit" if solution.link == "logit" else "probit",
        error="private" if solution.error == "private" else "agent",
        hold=world.hold,
    )
    return [found.probability[place.states[0]] or () for place in form.places]


def played_under(world: World, batch: int, strategy: Strategy) -> FormPlayed:
    """A game as given strategies play it, right or wrong.

    Args:
        world: The draws.
        batch: How many.
        strategy: Probabilities.
    """
    numbers = numbers_of(world)
    decisions = decisions_of(numbers, strategy)
    return FormPlayed(world, numbers, strategy, decisions, batch, pure=False)


def stacked_stuck(game: FormPlayed, number: int) -> Any:
    """Probability that play comes to a state of a place whose mover has no option."""
    stuck = game.decisions[number].stuck
    return lambda s: game.total([s], lambda _: xp.where(stuck, 1.0, 0.0))
