"""A draw solved as one would by hand: plain floats, every history of the game followed to its end.

It shares with the engine the meaning of the model (definitions, which premise replaces what, when two values
tie) and none of its arithmetic: values by recursion, weights off the path by listing histories with their
trembles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raison.answer.hand import Hand, History, Results, State
from raison.model.formula import Compare, Formula, Number
from raison.model.records import Chance, Decision, Question, branches
from raison.program.premises import definitions
from raison.program.program import Program
from raison.program.world import ROUNDING
from raison.solve.backward import TIE

MOST_HISTORIES = 100_000
ALWAYS = Formula("1 == 1", Compare(Number("1"), (("==", Number("1")),)))
"""The availability of a move without `when`."""
_EPS = 2.0**-52


@dataclass(frozen=True, slots=True)
class Answered:
    """A question's number in one draw."""

    number: float
    applies: bool
    margin: float | None
    tied: bool


def work(
    program: Program, removed: Sequence[bool], given: Mapping[str, float], coordinates: Mapping[str, float]
) -> Hand:
    """Work one draw.

    Args:
        program: The compiled model.
        removed: Per switch of the program, whether its premise is removed.
        given: Values of uncertain parameters (codes of names).
        coordinates: Of the unit cube, after correlation.

    Raises:
        ValueError: there are more than `MOST_HISTORIES` ways through the game.
    """
    hand = Hand(program, removed, given, coordinates)
    if hand.model.game:
        _expand(hand)
        _solve(hand)
        _follow(hand)
    if not hand.failures:
        for question in hand.model.questions:
            answer = ask(hand, question)
            if answer.applies and not math.isfinite(answer.number):
                hand.failures.append(f"the number of the question '{question.label}' is not finite.")
    define_rest(hand)
    return hand


def define_rest(hand: Hand) -> None:
    """Work the definitions that neither the game nor a question asked for, so that their faults are found."""
    used = len(hand.used)
    for name, _ in definitions(hand.model):
        if name not in hand.program.on_results:
            hand.value(name, ())
    del hand.used[used:]


def _expand(hand: Hand) -> None:
    """Find the states, outcomes with what they pay, each after those that it leads to."""
    model = hand.model
    asked: dict[str, frozenset[str]] = {}

    def formulas(name: str) -> list[Formula]:
        node = model.game.get(name)
        found: list[Formula | None] = []
        ends = [q.event or q.amount for q in model.questions if q.node is None]
        if node is None:
            found = [*ends, *(hand.slot(("payoff", name, p), f) for p, f in model.outcomes[name].items())]
            found += [q.given for q in model.questions if q.node is None]
        elif isinstance(node, Decision):
            found = [hand.slot(("when", name, label), m.when or ALWAYS) for label, m in node.moves.items()]
            found += [q.given for q in model.questions if q.node == name]
        elif isinstance(node, Chance):
            found = [
                c.probability and hand.slot(("probability", name, case), c.probability)
                for case, c in node.cases.items()
            ]
        return [formula for formula in found if formula is not None]

    def below(name: str) -> frozenset[str]:
        if name not in asked:
            own = frozenset().union(*(hand.nodes_of(formula) for formula in formulas(name)))
            targets = (
                [branch.then for branch in branches(model.game[name]).values()] if name in model.game else []
            )
            asked[name] = own.union(*(below(target) for target in targets))
        return asked[name]

    index: dict[tuple[str, Results], int] = {}

    def visit(name: str, results: Results) -> int:
        kept = tuple(r for r in results if r[0] in below(name))
        if (name, kept) in index:
            return index[(name, kept)]
        node = model.game.get(name)
        state = State(name, kept)
        if node is None:
            pay(hand, state)
        else:
            state.labels = tuple(branches(node))
            state.children = tuple(
                visit(branch.then, (*kept, (name, label))) for label, branch in branches(node).items()
            )
            state.player = node.player if isinstance(node, Decision) else None
            open_node(hand, state)
        index[(name, kept)] = len(hand.states)
        hand.states.append(state)
        return index[(name, kept)]

    visit(model.root or "", ())


def pay(hand: Hand, state: State) -> None:
    """What an outcome pays every player."""
    ended = (*state.results, ("outcome", state.name))
    values: list[float] = []
    for player in hand.model.players:
        formula = hand.slot(("payoff", state.name, player), hand.model.outcomes[state.name][player])
        value = hand.number(formula, ended)
        if not math.isfinite(value):
            text = f"{formula.text} = {hand.with_numbers(formula, ended)} = {value:g}"
            hand.failures.append(f"outcome '{state.name}' pays {player} what is not finite: {text}.")
        values.append(value)
    state.values = tuple(values)


def open_node(hand: Hand, state: State) -> None:
    """What can happen at a node: available moves, or probabilities of cases."""
    node = hand.model.game[state.name]
    if isinstance(node, Decision):
        found: list[bool] = []
        for label, move in node.moves.items():
            when = hand.slot(("when", state.name, label), move.when or ALWAYS)
            found.append(hand.truth(when, state.results))
        state.available = tuple(found)
        return
    if not isinstance(node, Chance):
        raise TypeError(f"'{state.name}' draws an amount; only cases are worked by hand.")
    chances: dict[str, float] = {}
    for label, case in node.cases.items():
        if case.probability is not None:
            formula = hand.slot(("probability", state.name, label), case.probability)
            chances[label] = hand.number(formula, state.results)
    left = 1.0 - sum(chances.values())
    for label, case in node.cases.items():
        if case.probability is None:
            chances[label] = 0.0 if abs(left) <= ROUNDING else left
            left = 0.0
    inside = all(-ROUNDING <= chance <= 1 + ROUNDING for chance in chances.values())
    if not inside or not abs(left) <= ROUNDING:
        listed = ", ".join(f"{label} {chance:g}" for label, chance in chances.items())
        hand.failures.append(
            f"the probabilities at '{state.name}' leave [0, 1] or do not sum to 1: {listed}."
        )
    state.available = (True,) * len(state.labels)
    state.probabilities = tuple(chances[label] for label in state.labels)
    state.best = (False,) * len(state.labels)


def _solve(hand: Hand) -> None:
    """Values by recursion; the states are in the order in which they can be had."""
    players = list(hand.model.players)
    for index, player in enumerate(players):
        paid = [state.values[index] for state in hand.states if not state.labels]
        largest = max(abs(value) for value in paid)
        hand.tolerance[player] = TIE * (max(paid) - min(paid)) + 4 * _EPS * largest
    for state in hand.states:
        if not state.labels:
            continue
        below = [hand.states[child].values for child in state.children]
        if state.player is None:
            pairs = list(zip(state.probabilities, below, strict=True))
            state.values = tuple(sum(p * v[i] for p, v in pairs if p > 0) for i in range(len(players)))
            continue
        mover = players.index(state.player)
        worth = [v[mover] if ok else -math.inf for v, ok in zip(below, state.available, strict=True)]
        top = max(worth)
        state.best = tuple(top - w <= hand.tolerance[state.player] and w > -math.inf for w in worth)
        state.chosen = state.best.index(True) if any(state.best) else None
        state.probabilities = tuple(1.0 if i == state.chosen else 0.0 for i in range(len(worth)))
        if state.chosen is None:
            state.values = (-math.inf,) * len(players)
            continue
        others = [w for i, w in enumerate(worth) if i != state.chosen]
        if sum(state.best) > 1:
            state.margin = 0.0
        else:
            state.margin = worth[state.chosen] - max(others, default=-math.inf)
        state.values = below[state.chosen]


def _follow(hand: Hand) -> None:
    """List every way to come to every state, and how likely play is to take it."""
    pending = [History(len(hand.states) - 1, (), 0, 1.0)]
    while pending:
        history = pending.pop()
        if len(hand.histories) >= MOST_HISTORIES:
            raise ValueError(
                f"the game has more than {MOST_HISTORIES:,} ways through it, too many to be worked by hand; "
                "solve at points instead."
            )
        hand.histories.append(history)
        state = hand.states[history.state]
        if history.trembles == 0:
            state.reached += history.weight
            if state.labels and state.player is not None and state.chosen is None and history.weight > 0:
                hand.failures.append(f"play comes to '{state.name}' where no move is available.")
        for i, child in enumerate(state.children):
            results = (*history.results, (state.name, state.labels[i]))
            if state.player is None:
                if state.probabilities[i] > 0:
                    weight = history.weight * state.probabilities[i]
                    pending.append(History(child, results, history.trembles, weight))
            elif state.available[i]:
                trembles = history.trembles + (i != state.chosen)
                pending.append(History(child, results, trembles, history.weight))


def ask(hand: Hand, question: Question) -> Answered:
    """The number of a question."""
    if not hand.model.game:
        applies = question.given is None or hand.truth(question.given, ())
        return Answered(_asked(hand, question, ()) if applies else 0.0, applies, None, False)
    if question.node is not None:
        answer = _of_move(hand, question)
    else:
        ended = [h for h in hand.histories if not hand.states[h.state].labels]
        shares = _shares(hand, ended, question.given)
        total = 0.0
        for history, share in shares:
            outcome = ("outcome", hand.states[history.state].name)
            total += share * _asked(hand, question, (*history.results, outcome))
        tied = any(sum(state.best) > 1 for state in hand.states)
        answer = Answered(total, bool(shares), None, tied)
    if question.above is None:
        return answer
    return Answered(
        1.0 if answer.number > question.above else 0.0, answer.applies, answer.margin, answer.tied
    )


def _asked(hand: Hand, question: Question, results: Results) -> float:
    if question.event is not None:
        return 1.0 if hand.truth(question.event, results) else 0.0
    return 0.0 if question.amount is None else hand.number(question.amount, results)


def _shares(hand: Hand, histories: list[History], given: Formula | None) -> list[tuple[History, float]]:
    """Histories in which the condition holds, as likely as trembles make them."""
    held: list[History] = []
    for history in histories:
        ended = not hand.states[history.state].labels
        last = (("outcome", hand.states[history.state].name),) if ended else ()
        if given is None or hand.truth(given, (*history.results, *last)):
            held.append(history)
    fewest = min((history.trembles for history in held), default=0)
    held = [history for history in held if history.trembles == fewest and history.weight > 0]
    total = math.fsum(history.weight for history in held)
    return [(history, history.weight / total) for history in held]


def _of_move(hand: Hand, question: Question) -> Answered:
    here = [h for h in hand.histories if hand.states[h.state].name == question.node]
    number = margin = 0.0
    tied = False
    only = [i for i, state in enumerate(hand.states) if state.name == question.node]
    if not here and len(only) == 1:  # asked at the node, even if chance never leads there
        here = [History(only[0], hand.states[only[0]].results, 0, 1.0)]
    shares = _shares(hand, here, question.given)
    for history, share in shares:
        state = hand.states[history.state]
        move = state.labels.index(question.move or "")
        whom = list(hand.model.players).index(question.player or state.player or "")
        values = [
            hand.states[child].values[whom] if allowed else -math.inf
            for child, allowed in zip(state.children, state.available, strict=True)
        ]
        other = max((value for index, value in enumerate(values) if index != move), default=-math.inf)
        lead = values[move] - other if state.available[move] else -math.inf
        if question.player is not None:
            near = abs(lead) <= hand.tolerance[question.player]
            number += share * (lead >= -hand.tolerance[question.player])
        else:
            near = sum(state.best) > 1
            number += share * (state.best[move] / max(sum(state.best), 1))
        even = near if question.player is not None else near and state.best[move]
        margin += share * (0.0 if even else lead)
        tied = tied or near
    return Answered(number, bool(shares), margin, tied)
