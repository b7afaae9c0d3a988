"""One draw of a run worked through the game, number by number.

From the parameters on this is a second implementation: plain Python floats, recursion over histories and no
arrays, so that it doubles as a check of the engine. The engine gives the draw's parameters and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np
from pydantic import Field

from raison.answer import by_hand, hidden
from raison.answer.cells import CellsStep, GoesStep, amounts_at, goes_of, likeliest_leaves, sets_of
from raison.answer.hand import Hand, Results, State
from raison.answer.ranges import MOST_CELLS, Leaf, TooManyError, Worked
from raison.answer.records import Record
from raison.model.formula import Formula
from raison.model.process.records import TIME
from raison.model.records import Distribution
from raison.program.drawn import undrawn
from raison.program.premises import definitions
from raison.program.world import World
from raison.run.designs import make_design
from raison.run.plan import Plan

MOST_PATHS = 100
"""Paths of play that are listed; the likeliest come first."""


class ParameterValue(Record):
    """A parameter in this draw.

    Attributes:
        name: Of the parameter.
        value: What it is in this draw.
        distribution: The distribution or number in force, as written.
        coordinate: Of the unit cube, after correlation; None where the parameter is fixed.
    """

    name: str
    value: float | str
    distribution: str
    coordinate: float | None


class Step(Record):
    """A formula worked.

    Attributes:
        name: What it stands for.
        formula: As written.
        numbers: The same with numbers put in.
        value: The result.
        seen: Earlier results of the game that it depends on, by node.
    """

    name: str
    formula: str
    numbers: str
    value: float | str
    seen: dict[str, str] = Field(default_factory=dict)


class OutcomeStep(Record):
    """What an outcome pays; `reached` is its probability along play."""

    name: str
    seen: dict[str, str]
    payoffs: tuple[Step, ...]
    reached: float


class BranchStep(Record):
    """A move or a case.

    Attributes:
        label: Its name.
        then: The node or outcome that it leads to.
        value: What it is worth to the mover; at a chance node None. None too where play would come to a stop.
        values: What it is worth to every player.
        available: Whether the move can be made.
        probability: Of the case; of a move 1 where it is played, else 0.
    """

    label: str
    then: str
    value: float | None
    values: dict[str, float | None]
    available: bool
    probability: float


class NodeStep(Record):
    """A node solved.

    Attributes:
        name: Of the node.
        player: Who moves; None for chance.
        seen: Earlier results that matter from here on, by node.
        branches: Its moves or cases, in the file's order.
        chosen: The move that is played; None for chance, or where none is available.
        margin: Value of the played move less the best other; None for chance or where there is no other.
        tied: The moves that are equally good, where there are several.
        values: What play from here is worth to every player.
        reached: Probability that play comes here.
    """

    name: str
    player: str | None
    seen: dict[str, str]
    branches: tuple[BranchStep, ...]
    chosen: str | None
    margin: float | None
    tied: tuple[str, ...]
    values: dict[str, float | None]
    reached: float


class PathStep(Record):
    """One way that play goes: what happens at each node, how it ends, and with what probability."""

    results: dict[str, str]
    outcome: str
    probability: float


class QuestionStep(Record):
    """A question's number in this draw.

    Attributes:
        name: Of the question.
        number: What it asks; None where it does not apply.
        applies: Whether its condition can hold.
        margin: Payoff of the asked move less the best other; None where there is none.
        tied: Whether moves tie where it asks.
    """

    name: str
    number: float | None
    applies: bool
    margin: float | None
    tied: bool


class ProcessStep(Record):
    """One simulation of a process.

    Attributes:
        name: Of the process.
        inputs: What it was called with, defaults included.
        outputs: What it gives; None for what is not finite.
        time: 0, step, ..., horizon.
        stocks: Per stock, what is in it at these times.
    """

    name: str
    inputs: dict[str, float]
    outputs: dict[str, float | None]
    time: tuple[float, ...]
    stocks: dict[str, tuple[float | None, ...]]


class Explanation(Record):
    """One draw worked through.

    Attributes:
        model: Name of the model.
        draw: Which draw, from 0.
        draws: Of how many.
        seed: Of the design.
        design: Its kind.
        without: Premises that are removed.
        failures: Why the draw failed, each with its formula; the game is then not solved.
        parameters: In the file's order.
        functions: Functions of the file that were called, as written.
        processes: Those that were simulated, once for each set of inputs.
        quantities: Those that were used, each after those it needs.
        outcomes: What each pays.
        nodes: From the end of the game to its beginning; of a game with hidden information none.
        sets: Of a game with hidden information, its information sets.
        cells: Of a game with amounts, its information sets at the amounts that matter.
        goes: Of a game with amounts, how play goes, likeliest first; `path` is then empty.
        path: How play goes, likeliest first.
        questions: In the file's order.
    """

    model: str
    draw: int
    draws: int
    seed: int
    design: str
    without: tuple[str, ...]
    failures: tuple[str, ...]
    parameters: tuple[ParameterValue, ...]
    functions: tuple[str, ...]
    processes: tuple[ProcessStep, ...]
    quantities: tuple[Step, ...]
    outcomes: tuple[OutcomeStep, ...]
    nodes: tuple[NodeStep, ...]
    sets: tuple[hidden.SetStep, ...]
    cells: tuple[CellsStep, ...] = ()
    goes: tuple[GoesStep, ...] = ()
    path: tuple[PathStep, ...]
    questions: tuple[QuestionStep, ...]


def explain_draw(plan: Plan, draw: int) -> Explanation:
    """Work one draw of a plan's run through the game.

    Args:
        plan: The run; its premises removed throughout are removed here.
        draw: Which draw, from 0.

    Raises:
        ValueError: the run has no such draw, the game is too large to be worked path by path, or it has a
            player that is many.
    """
    return explain_draws(plan, [draw])[0]


def explain_draws(plan: Plan, draws: Sequence[int]) -> list[Explanation]:
    """As `explain_draw`, for several draws; parameters are drawn for all of them at once.

    Raises:
        ValueError: as `explain_draw`.
    """
    program = plan.base.block.program
    if plan.model.rounds is not None:
        raise ValueError(
            f"a draw is explained step by step for games that are played once; '{plan.model.name}' "
            "has rounds. Solve "
            "it at the draw's parameters instead."
        )
    hidden.refuse_many(program)
    count = plan.identity.draws
    for draw in draws:
        if not 0 <= draw < count:
            raise ValueError(
                f"this run has draws 0 to {count - 1}; got {draw}. Give another, or more --draws."
            )
    values, coordinates = drawn(plan, draws)
    play = None if program.form is None else hidden.play_of(program, _cube(plan, draws), plan.base.switches)
    found: list[Explanation] = []
    switches = [bool(switch) for switch in plan.base.switches]
    for i, draw in enumerate(draws):
        given = {name: float(row[i]) for name, row in values.items()}
        at = {name: float(row[i]) for name, row in coordinates.items()}
        if play is None:
            hand = by_hand.work(program, switches, given, at)
        elif program.form is not None and program.form.axes:
            found.append(_with_amounts(plan, draw, Hand(program, switches, given, at), play, i))
            continue
        else:
            hand = hidden.work(program, switches, given, at, play, i)
        found.append(_explanation(plan, draw, hand, play, i))
    return found


def _cube(plan: Plan, draws: Sequence[int]) -> np.ndarray:
    """The coordinates `[D, len(draws)]` of some draws, in the order of the program."""
    identity = plan.identity
    design = make_design(identity.design, max(len(plan.coordinates), 1), identity.seed, identity.draws)
    return np.concatenate([design.points(draw, 1) for draw in draws], axis=1)[plan.base.rows]


def drawn(plan: Plan, draws: Sequence[int]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What the engine makes of some draws.

    Returns:
        The values of uncertain parameters (codes of names) and the coordinates after correlation, by name,
        each `[len(draws)]` float64.
    """
    import jax
    import jax.numpy as jnp

    program = plan.base.block.program
    idle = [name for name in sorted(undrawn(program.model)) if name in program.model.parameters]

    def parameters(
        points: jax.Array, removed: jax.Array
    ) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
        world = World(program, points, removed)
        found: dict[str, jax.Array] = {}
        for name in (*program.coordinates, *idle):
            value = world.value(name)
            row = jnp.asarray(getattr(value, "codes", value))  # with a dimension for each axis of the game
            found[name] = jnp.broadcast_to(row.reshape(row.shape[-1:]), points.shape[1:])
        cube = {name: jnp.asarray(row).reshape(-1) for name, row in (world.cube or {}).items()}
        return found, cube

    values, coordinates = jax.jit(parameters)(
        jnp.asarray(_cube(plan, draws)), jnp.asarray(plan.base.switches)
    )
    return {k: np.asarray(v) for k, v in values.items()}, {k: np.asarray(v) for k, v in coordinates.items()}


def _explanation(plan: Plan, draw: int, hand: Hand, play: hidden.Play | None, i: int) -> Explanation:
    failed = bool(hand.failures)
    return _begun(plan, draw, hand).model_copy(
        update={
            "failures": tuple(hand.failures),
            "outcomes": tuple(_outcomes(hand)),
            "nodes": tuple(_node(hand, state) for state in hand.states if state.labels)
            if play is None and not failed
            else (),
            "sets": () if play is None or failed else hidden.sets_of(hand, play, i),
            "path": () if failed else tuple(_paths(hand)),
            "questions": () if failed else _questions(hand, play, i),
        }
    )


def _with_amounts(plan: Plan, draw: int, hand: Hand, play: hidden.Play, i: int) -> Explanation:
    """A draw of a game with amounts."""
    by_hand.define_rest(hand)
    for name, _ in definitions(hand.model):
        if name not in hand.program.on_results:
            hand.value(name, ())
    begun = _begun(plan, draw, hand)
    if int(play.status[i]) != 0 or hand.failures:
        failures = tuple(hand.failures) or (hand.program.reasons[int(play.status[i])],)
        return begun.model_copy(update={"failures": failures})
    worked = Worked(hand, play.cuts, play.places, i)
    try:
        leaves = list(worked.leaves())
        sets = sets_of(worked)
    except TooManyError as error:
        raise ValueError(
            f"a draw of '{hand.model.name}' has more than {MOST_CELLS:,} combinations of amounts, too many "
            "to be worked by hand. Take fewer steps, or use 'raison solve' at the values of the draw."
        ) from error
    return begun.model_copy(
        update={
            "outcomes": tuple(_paid(worked, leaf, leaves) for leaf in likeliest_leaves(leaves)),
            "cells": sets,
            "goes": goes_of(worked, leaves),
            "questions": _questions(hand, play, i),
        }
    )


def _paid(worked: Worked, leaf: Leaf, leaves: Sequence[Leaf]) -> OutcomeStep:
    """What an outcome pays at the likeliest amounts."""
    hand, state = worked.hand, worked.form.graph.states[leaf.state]
    ended, payoffs = (*state.results, ("outcome", state.name)), list[Step]()
    for player, value in zip(hand.model.players, worked.pays(leaf.state, leaf.at), strict=True):
        formula = hand.slot(("payoff", state.name, player), hand.model.outcomes[state.name][player])
        numbers = worked.with_numbers(formula, ended, leaf.at)
        payoffs.append(Step(name=player, formula=formula.text, numbers=numbers, value=value))
    return OutcomeStep(
        name=state.name,
        seen=amounts_at(worked, leaf),
        payoffs=tuple(payoffs),
        reached=math.fsum(other.weight for other in leaves if other.state == leaf.state),
    )


def _begun(plan: Plan, draw: int, hand: Hand) -> Explanation:
    """A draw's parameters and quantities, its game not yet worked."""
    model, identity = hand.model, plan.identity
    parameters: list[ParameterValue] = []
    quantities: list[Step] = []
    idle = undrawn(model)
    uncertain = set(model.parameters) | {
        name for name in hand.coordinates if isinstance(hand.in_force(name), Distribution)
    }
    for name in (*model.parameters, *(name for name in model.quantities if name in uncertain)):
        if name in hand.program.on_results or name in idle:
            continue
        definition = hand.in_force(name)
        coordinate = hand.coordinates.get(name) if isinstance(definition, Distribution) else None
        value = hand.value(name, ())
        parameters.append(
            ParameterValue(name=name, value=value, distribution=definition.text, coordinate=coordinate)
        )
    for name, seen in hand.used:
        definition = hand.in_force(name)
        if name in uncertain or name in idle or not isinstance(definition, Formula):
            continue
        quantities.append(_step(hand, name, definition, seen))
    functions = [
        f"{name}({', '.join(model.functions[name].arguments)}) = {model.functions[name].body.text}"
        for name in model.functions
        if name in hand.called
    ]
    return Explanation(
        model=model.name,
        draw=draw,
        draws=identity.draws,
        seed=identity.seed,
        design=identity.design,
        without=identity.without,
        failures=(),
        parameters=tuple(parameters),
        functions=tuple(functions),
        processes=tuple(
            ProcessStep(
                name=name,
                inputs=dict(inputs),
                outputs={name: _number(value) for name, value in course.outputs.items()},
                time=tuple(course.paths[TIME]),
                stocks={name: tuple(map(_number, course.paths[name])) for name in course.process.stocks},
            )
            for (name, inputs), course in hand.courses.items()
        ),
        quantities=tuple(quantities),
        outcomes=(),
        nodes=(),
        sets=(),
        path=(),
        questions=(),
    )


def _questions(hand: Hand, play: hidden.Play | None, i: int) -> tuple[QuestionStep, ...]:
    return tuple(_question(hand, number, play, i) for number in range(len(hand.model.questions)))


def _step(hand: Hand, name: str, formula: Formula, seen: Results) -> Step:
    return Step(
        name=name,
        formula=formula.text,
        numbers=hand.with_numbers(formula, seen, name),
        value=hand.value(name, seen),
        seen=dict(seen),
    )


def _outcomes(hand: Hand) -> Iterator[OutcomeStep]:
    """What each outcome pays; histories that make no difference to that are one."""
    alike: dict[tuple[str, Results], list[State]] = {}
    for state in hand.states:
        if not state.labels:
            alike.setdefault((state.name, state.results), []).append(state)
    for states in alike.values():
        yield _outcome(hand, states[0], 0.0 if hand.failures else sum(state.reached for state in states))


def _outcome(hand: Hand, state: State, reached: float) -> OutcomeStep:
    payoffs: list[Step] = []
    for player, value in zip(hand.model.players, state.values, strict=True):
        formula = hand.slot(("payoff", state.name, player), hand.model.outcomes[state.name][player])
        ended = (*state.results, ("outcome", state.name))
        numbers = hand.with_numbers(formula, ended)
        payoffs.append(Step(name=player, formula=formula.text, numbers=numbers, value=value))
    return OutcomeStep(name=state.name, seen=dict(state.results), payoffs=tuple(payoffs), reached=reached)


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def _finite(value: float) -> float | None:
    return value if abs(value) != float("inf") else None


def _node(hand: Hand, state: State) -> NodeStep:
    players = list(hand.model.players)
    branches: list[BranchStep] = []
    for index, label in enumerate(state.labels):
        child = hand.states[state.children[index]]
        values = {player: _finite(value) for player, value in zip(players, child.values, strict=True)}
        own = None if state.player is None else values[state.player]
        branches.append(
            BranchStep(
                label=label,
                then=child.name,
                value=own,
                values=values,
                available=state.available[index],
                probability=state.probabilities[index],
            )
        )
    best = [label for label, good in zip(state.labels, state.best, strict=True) if good]
    return NodeStep(
        name=state.name,
        player=state.player,
        seen=dict(state.results),
        branches=tuple(branches),
        chosen=None if state.chosen is None else state.labels[state.chosen],
        margin=None if state.player is None else _finite(state.margin),
        tied=tuple(best) if state.player is not None and len(best) > 1 else (),
        values={player: _finite(value) for player, value in zip(players, state.values, strict=True)},
        reached=state.reached,
    )


def _paths(hand: Hand) -> list[PathStep]:
    on_path = [history for history in hand.histories if history.trembles == 0 and history.weight > 0]
    ended = [history for history in on_path if not hand.states[history.state].labels]
    ended.sort(key=lambda history: -history.weight)
    return [
        PathStep(
            results=dict(history.results), outcome=hand.states[history.state].name, probability=history.weight
        )
        for history in ended[:MOST_PATHS]
    ]


def _question(hand: Hand, index: int, play: hidden.Play | None, i: int) -> QuestionStep:
    question = hand.model.questions[index]
    answer = by_hand.ask(hand, question) if play is None else play.answered(index, i)
    return QuestionStep(
        name=question.label,
        number=answer.number if answer.applies else None,
        applies=answer.applies,
        margin=None if answer.margin is None or not answer.applies else _finite(answer.margin),
        tied=answer.tied,
    )
