"""A model printed: its formulas as JavaScript, and where in their results everything of the game stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raison.model.evaluate import Coded, Value
from raison.model.formula import Formula
from raison.model.records import Question, hides
from raison.program.graph import CHANCE, Graph
from raison.program.javascript.parts import BASE, Part, cut
from raison.program.javascript.tape import Node, NotPrintableError, Operand
from raison.program.javascript.world import Drawn, TapeWorld
from raison.program.premises import used_names
from raison.program.program import Program, failure_reasons
from raison.solve.javascript.induction import Numbers, best_moves

MOST_STATES = 400
"""States of a game that is printed."""


@dataclass(frozen=True, slots=True)
class PrintedQuestion:
    """What is asked of each state of the game: of the asked node's for a move, else of the outcomes'.

    Attributes:
        holds: Whether its condition holds; empty without one.
        values: The number of an event or amount; empty for a move.
        on_results: Whether the number depends on how play went.
        given_on_results: Whether the condition does.
        purpose: The purpose of its numbers.
    """

    holds: tuple[int, ...]
    values: tuple[int, ...]
    on_results: bool
    given_on_results: bool
    purpose: int


@dataclass(frozen=True, slots=True)
class Printed:
    """A model as JavaScript.

    Attributes:
        inputs: Names of the inputs, in the order of their numbers.
        drawn: By the name of an input that is drawn, what from.
        processes: The functions that simulate.
        parts: The functions that compute everything else, in order.
        size: How many arrays there are.
        constants: By the number of an array that nothing computes, the one number in it.
        faults: Numbers of the arrays that say what is wrong, by the number of a reason; 0 for nothing.
        always: The smallest number of a reason that applies whatever the inputs are; 0 for none.
        names: By parameter and quantity that does not depend on results of the game, its value.
        payoffs: By outcome state and player.
        chance: By chance state.
        available: By decision state.
        choices: By decision that is one state, its best moves as bits; see `induction`.
        choice_purposes: By such a decision, the purpose of that.
        questions: In the file's order.
        costs: What levers cost, each with the number of the player whose lever it is.
        cost_purpose: The purpose of that.
    """

    inputs: tuple[str, ...]
    drawn: Mapping[str, Drawn]
    processes: tuple[str, ...]
    parts: tuple[Part, ...]
    size: int
    constants: Mapping[int, float]
    faults: tuple[int, ...]
    always: int
    names: Mapping[str, int]
    payoffs: Mapping[int, tuple[int, ...]]
    chance: Mapping[int, tuple[int, ...]]
    available: Mapping[int, tuple[int, ...]]
    choices: Mapping[int, int]
    choice_purposes: Mapping[int, int]
    questions: tuple[PrintedQuestion, ...]
    costs: tuple[tuple[int, int], ...]
    cost_purpose: int


def why_not(program: Program) -> str | None:
    """Why a model is not printed, as the end of a sentence; None where nothing stands against it."""
    model = program.model
    if model.rounds is not None:
        return "the game is played in rounds, which are solved for every state of the grid at once"
    if hides(model):
        return "something in the game is hidden, and beliefs have to be found together with the play"
    if program.form is not None:
        return "a move or a chance of the game is an amount, or its players err"
    if program.graph is not None and len(program.graph.states) > MOST_STATES:
        return f"the game has {len(program.graph.states):,} states, more than the {MOST_STATES} of a page"
    return None


def print_model(program: Program) -> Printed:
    """Print a model.

    Raises:
        NotPrintableError: it cannot be; the sentence says why.
    """
    reason = why_not(program)
    if reason is not None:
        raise NotPrintableError(reason)
    world = TapeWorld(program)
    names = world.check_definitions()
    payoffs: dict[int, tuple[Operand, ...]] = {}
    chance: dict[int, tuple[Operand, ...]] = {}
    available: dict[int, tuple[Operand, ...]] = {}
    graph = program.graph
    for s, state in enumerate(() if graph is None else graph.states):
        if state.name not in program.model.game:
            payoffs[s] = tuple(world.payoff(state.name, p, state.results) for p in program.model.players)
        elif state.mover == CHANCE:
            chance[s] = world.probabilities(state.name, state.results)
        else:
            available[s] = world.available(state.name, state.results)
    asked = [_asked(world, graph, question) for question in program.model.questions]
    best: dict[int, Operand] = {}
    if graph is not None:
        numbers = Numbers(payoffs, chance, available, _bound(world))
        found = best_moves(world.tape, graph, len(program.model.players), numbers)
        best = {s: bits for s, bits in found.items() if len(graph.of_node[graph.states[s].name]) == 1}
    return _cut(world, names, payoffs, chance, available, best, asked, _costs(world))


def _costs(world: TapeWorld) -> list[tuple[int, Operand]]:
    """What each lever costs, with the number of its player."""
    return [
        (list(world.model.players).index(player), world.number(lever.cost, ()))
        for player, owned in world.model.levers.items()
        for lever in owned.values()
        if lever.cost is not None
    ]


def _bound(world: TapeWorld) -> dict[str, Operand]:
    """The nodes at which a lever binds a player, and which move he is bound to."""
    levers = [lever for player in world.model.levers.values() for lever in player.items()]
    return {
        name: world.tape.input(f"bound {name}")
        for name, lever in levers
        if lever.commit is not None and name in world.model.game
    }


_Rows = Mapping[int, tuple[Operand, ...]]
_Asked = tuple[Question, list[Operand], list[Operand]]


def _asked(world: TapeWorld, graph: Graph | None, question: Question) -> _Asked:
    """A question with whether its condition holds and what its number is, by state."""
    results = [()]
    if graph is not None:
        if question.node is not None:
            results = [graph.states[s].results for s in graph.of_node[question.node]]
        else:
            ends = [graph.states[s] for s in graph.outcomes]
            results = [(*state.results, ("outcome", state.name)) for state in ends]
    holds = [] if question.given is None else [world.truth(question.given, came) for came in results]
    if question.event is not None:
        return question, holds, [world.truth(question.event, came) for came in results]
    if question.amount is not None:
        return question, holds, [world.number(question.amount, came) for came in results]
    return question, holds, []


def _on_results(world: TapeWorld, formula: Formula | None) -> bool:
    """Whether a formula asks how play went."""
    if formula is None:
        return False
    program = world.program
    asked = used_names(program.model, formula)
    return bool(asked & (program.on_results | set(program.model.game) | {"outcome"}))


def _cut(
    world: TapeWorld,
    names: Mapping[str, Value],
    payoffs: _Rows,
    chance: _Rows,
    available: _Rows,
    best: Mapping[int, Operand],
    asked: Sequence[_Asked],
    costs: Sequence[tuple[int, Operand]],
) -> Printed:
    values = {name: value.codes if isinstance(value, Coded) else value for name, value in names.items()}
    wanted: dict[int, list[Operand]] = {
        BASE: [v for group in (payoffs, chance, available) for row in group.values() for v in row]
    }
    wanted[BASE] += values.values()
    for number, (_, holds, found) in enumerate(asked, 1):
        wanted[number] = [*holds, *found]
    purposes = {s: number for number, s in enumerate(best, len(asked) + 1)}
    wanted |= {purposes[s]: [bits] for s, bits in best.items()}
    cost_purpose = len(asked) + len(best) + 1
    wanted[cost_purpose] = [cost for _, cost in costs]
    reasons = list(failure_reasons(world.model))
    coded = sorted(((reasons.index(k) + 1, where) for k, where in world.faults.items()), key=lambda c: c[0])
    inputs = [node for node in world.tape.nodes if node.op == "input"]
    done = cut(inputs, wanted, coded, world.processes.function)

    constants: dict[float, int] = {}

    def where(operand: Operand) -> int:
        if isinstance(operand, Node):
            return done.slots[operand]
        return constants.setdefault(float(operand), done.size + len(constants))

    row = lambda operands: tuple(where(operand) for operand in operands)
    rows = lambda group: {s: row(operands) for s, operands in group.items()}
    questions_asked = tuple(
        PrintedQuestion(
            holds=row(holds),
            values=row(found),
            on_results=_on_results(world, question.event or question.amount),
            given_on_results=_on_results(world, question.given),
            purpose=number,
        )
        for number, (question, holds, found) in enumerate(asked, 1)
    )
    placed = {name: where(value) for name, value in values.items()}
    chosen = {s: where(bits) for s, bits in best.items()}
    paid, chances, availables = rows(payoffs), rows(chance), rows(available)
    costs_placed = tuple((player, where(cost)) for player, cost in costs)
    return Printed(
        inputs=tuple(str(node.arguments[0]) for node in inputs),
        drawn=world.drawn,
        processes=tuple(world.processes.printed()),
        parts=done.parts,
        size=done.size + len(constants),
        constants={number: value for value, number in constants.items()},
        faults=done.faults,
        always=min((code for code, operand in coded if operand is True), default=0),
        names=placed,
        payoffs=paid,
        chance=chances,
        available=availables,
        choices=chosen,
        choice_purposes=purposes,
        questions=questions_asked,
        costs=costs_placed,
        cost_purpose=cost_purpose,
    )
