"""A draw solved as one would by hand: plain floats, every history of the game followed to its end.

It shares with the engine the meaning of the model (definitions, which premise replaces what, when two values
tie) and none of its arithmetic: values by recursion, weights off the path by listing histories with their
trembles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from raison.model.distribution import KINDS
from raison.model.evaluate import FLOATS, evaluate, evaluate_truth
from raison.model.formula import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Formula,
    Logic,
    Name,
    Number,
    Text,
    Unary,
    called,
)
from raison.model.records import Decision, Definition, Distribution, Model, Question, branches
from raison.model.unparse import show
from raison.program.premises import Slot, definitions, used_names
from raison.program.program import Program
from raison.program.world import ROUNDING
from raison.solve.backward import TIE

Results = tuple[tuple[str, str], ...]
MOST_HISTORIES = 100_000
ALWAYS = Formula("1 == 1", Compare(Number("1"), (("==", Number("1")),)))
"""The availability of a move without `when`."""
_EPS = 2.0**-52


@dataclass(slots=True)
class State:
    """A node or outcome with the earlier results that matter from there on.

    Attributes:
        name: Of the node or outcome.
        results: Earlier results, by node.
        player: Who moves; None for chance and at outcomes.
        labels: Moves or cases; none at an outcome.
        children: Where they lead, as positions in `Hand.states`.
        available: Per branch; True at chance nodes.
        probabilities: Per branch; of moves 1 for the one that is played.
        best: Per branch, whether it is within the tie tolerance of the best; False at chance nodes.
        chosen: The branch that is played; None for chance, or where none is available.
        margin: Value of the played move less the best other.
        values: Per player.
        reached: Probability along play.
    """

    name: str
    results: Results
    player: str | None = None
    labels: tuple[str, ...] = ()
    children: tuple[int, ...] = ()
    available: tuple[bool, ...] = ()
    probabilities: tuple[float, ...] = ()
    best: tuple[bool, ...] = ()
    chosen: int | None = None
    margin: float = math.inf
    values: tuple[float, ...] = ()
    reached: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """One way to come to a state: all results, moves off the equilibrium, and the product of the chances."""

    state: int
    results: Results
    trembles: int
    weight: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A question's number in one draw."""

    number: float
    applies: bool
    margin: float | None
    tied: bool


@dataclass(slots=True)
class Hand:
    """One draw, worked.

    Attributes:
        program: The compiled model: which premises are switches.
        removed: Per switch whether its premise is removed.
        given: The engine's values of uncertain parameters (codes of names).
        coordinates: Of the unit cube, after correlation.
        states: Children before their parents; the root is the last.
        histories: Every way to come to every state.
        failures: Why the draw failed.
        used: Names in the order in which they were worked, with the results they depend on, up to the last
            that the game or a question asked for.
        called: Functions of the file that were called.
    """

    program: Program
    removed: Sequence[bool]
    given: Mapping[str, float]
    coordinates: Mapping[str, float]
    states: list[State] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    used: list[tuple[str, Results]] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    tolerance: dict[str, float] = field(default_factory=dict)
    _known: dict[tuple[str, Results], float | str] = field(default_factory=dict)
    _nodes_of: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The model, with structural premises removed."""
        return self.program.model

    # --- names ---

    def chain(self, name: str) -> list[Definition]:
        """The definitions of a name, each replacing the one before."""
        model = self.model
        base = model.parameters[name].value if name in model.parameters else model.quantities[name].value
        later = self.program.switches.replacements.get(("name", name), ())
        return [base, *(r.definition for r in later if self.removed[r.switch])]

    def in_force(self, name: str) -> Definition:
        """The definition that holds in this run."""
        return self.chain(name)[-1]

    def slot(self, slot: Slot, base: Formula) -> Formula:
        """The payoff, probability or availability that holds in this run."""
        found = base
        for replacement in self.program.switches.replacements.get(slot, ()):
            if self.removed[replacement.switch] and isinstance(replacement.definition, Formula):
                found = replacement.definition
        return found

    def nodes_of(self, definition: Definition, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """The nodes whose results a definition asks for, also through other names."""
        found: set[str] = set()
        for name in used_names(self.model, definition) - seen:
            if name in self.model.game or name == "outcome":
                found.add(name)
            elif name in self.model.parameters or name in self.model.quantities:
                if name not in self._nodes_of:
                    inner = [self.nodes_of(d, seen | {name}) for d in self.chain(name)]
                    self._nodes_of[name] = frozenset().union(*inner)
                found |= self._nodes_of[name]
        return frozenset(found)

    def value(self, name: str, results: Results) -> float | str:
        """What a name stands for after these results."""
        if name in self.model.game or name == "outcome":
            return dict(results).get(name, "")
        if name not in self._nodes_of:
            self._nodes_of[name] = frozenset().union(*(self.nodes_of(d) for d in self.chain(name)))
        key = (name, tuple(r for r in results if r[0] in self._nodes_of[name]))
        if key not in self._known:
            chain = self.chain(name)
            value = self._defined(name, chain, len(chain) - 1, key[1])
            self._known[key] = value
            self.used.append(key)
            if isinstance(value, float) and math.isnan(value):
                definition = chain[-1]
                text = definition.text
                if isinstance(definition, Formula):
                    text += f" = {self.with_numbers(definition, key[1], name)}"
                self.failures.append(f"'{name}' is not a number: {text}.")
        return self._known[key]

    def _defined(self, name: str, chain: list[Definition], index: int, results: Results) -> float | str:
        definition = chain[index]

        def bound(other: str) -> float | str:
            if other == name and index > 0:
                return self._defined(name, chain, index - 1, results)
            return self.value(other, results)

        if isinstance(definition, Formula):
            self._note_calls(definition.expression)
            return evaluate(definition.expression, bound, FLOATS, self._functions())
        values = [
            math.nan
            if isinstance(a.expression, Text)
            else float(evaluate(a.expression, bound, FLOATS, self._functions()))
            for a in definition.arguments
        ]
        checked = values[1::2] if definition.kind == "choice" else values
        wrong = KINDS[definition.kind].fault(checked)
        if wrong is not None or any(math.isnan(value) for value in checked):
            self.failures.append(
                f"'{name}' = {definition.text} {wrong or 'has an argument that is not a number'}."
            )
        number = (
            self.given[name] if index == len(chain) - 1 else self._engine_quantile(name, definition, values)
        )
        if not definition.names:
            return number
        joint = dict.fromkeys(
            n for d in self._all_definitions(name) if isinstance(d, Distribution) for n in d.names
        )
        return list(joint)[int(number)]

    def _all_definitions(self, name: str) -> list[Definition]:
        later = self.program.switches.replacements.get(("name", name), ())
        return [self.chain(name)[0], *(r.definition for r in later)]

    def _engine_quantile(self, name: str, definition: Distribution, arguments: list[float]) -> float:
        """What an uncertain definition would be that another one, using it, has replaced."""
        import jax.numpy as jnp

        from raison.program.quantile import quantile

        return float(quantile(definition.kind, jnp.asarray([self.coordinates[name]]), arguments)[0])

    def _functions(self) -> Mapping[str, tuple[tuple[str, ...], Expression]]:
        return {name: (f.arguments, f.body.expression) for name, f in self.model.functions.items()}

    def _note_calls(self, expression: Expression) -> None:
        for name in called(expression):
            if name in self.model.functions and name not in self.called:
                self.called.add(name)
                self._note_calls(self.model.functions[name].body.expression)

    def number(self, formula: Formula, results: Results) -> float:
        """The number that a formula stands for after these results."""
        self._note_calls(formula.expression)
        return evaluate(formula.expression, lambda n: self.value(n, results), FLOATS, self._functions())

    def truth(self, formula: Formula, results: Results) -> bool:
        """Whether a formula holds after these results."""
        self._note_calls(formula.expression)
        return bool(
            evaluate_truth(formula.expression, lambda n: self.value(n, results), FLOATS, self._functions())
        )

    def with_numbers(self, formula: Formula, results: Results, name: str | None = None) -> str:
        """A formula's text with the numbers of this draw put in for names."""
        so_far = None
        if name is not None and name in used_names(self.model, formula):
            chain = self.chain(name)
            so_far = self._defined(name, chain, len(chain) - 2, results) if len(chain) > 1 else None

        def value(other: str) -> float | str:
            return so_far if so_far is not None and other == name else self.value(other, results)

        def put(expression: Expression) -> Expression:
            match expression:
                case Name(other):
                    known = value(other)
                    return Text(known) if isinstance(known, str) else Number(_digits(known))
                case Unary(operator, operand):
                    return Unary(operator, put(operand))
                case Binary(operator, left, right):
                    return Binary(operator, put(left), put(right))
                case Compare(first, rest):
                    return Compare(put(first), tuple((sign, put(right)) for sign, right in rest))
                case Logic(operator, operands):
                    return Logic(operator, tuple(put(operand) for operand in operands))
                case Conditional(condition, then, otherwise):
                    return Conditional(put(condition), put(then), put(otherwise))
                case Call(function, arguments, keywords):
                    named = tuple((key, put(inner)) for key, inner in keywords)
                    return Call(function, tuple(put(argument) for argument in arguments), named)
                case _:
                    return expression

        return show(put(formula.expression))

    # --- questions ---

    def ask(self, question: Question) -> Answered:
        """The number of a question."""
        if not self.model.game:
            applies = question.given is None or self.truth(question.given, ())
            return Answered(self._asked(question, ()) if applies else 0.0, applies, None, False)
        if question.node is not None:
            answer = self._of_move(question)
        else:
            ended = [h for h in self.histories if not self.states[h.state].labels]
            shares = self._shares(ended, question.given)
            total = 0.0
            for history, share in shares:
                outcome = ("outcome", self.states[history.state].name)
                total += share * self._asked(question, (*history.results, outcome))
            tied = any(sum(state.best) > 1 for state in self.states)
            answer = Answered(total, bool(shares), None, tied)
        if question.above is None:
            return answer
        return Answered(
            1.0 if answer.number > question.above else 0.0, answer.applies, answer.margin, answer.tied
        )

    def _asked(self, question: Question, results: Results) -> float:
        if question.event is not None:
            return 1.0 if self.truth(question.event, results) else 0.0
        return 0.0 if question.amount is None else self.number(question.amount, results)

    def _shares(self, histories: list[History], given: Formula | None) -> list[tuple[History, float]]:
        """Histories in which the condition holds, as likely as trembles make them."""
        held: list[History] = []
        for history in histories:
            ended = not self.states[history.state].labels
            last = (("outcome", self.states[history.state].name),) if ended else ()
            if given is None or self.truth(given, (*history.results, *last)):
                held.append(history)
        fewest = min((history.trembles for history in held), default=0)
        held = [history for history in held if history.trembles == fewest and history.weight > 0]
        total = math.fsum(history.weight for history in held)
        return [(history, history.weight / total) for history in held]

    def _of_move(self, question: Question) -> Answered:
        here = [h for h in self.histories if self.states[h.state].name == question.node]
        number = margin = 0.0
        tied = False
        only = [i for i, state in enumerate(self.states) if state.name == question.node]
        if not here and len(only) == 1:  # asked at the node, even if chance never leads there
            here = [History(only[0], self.states[only[0]].results, 0, 1.0)]
        shares = self._shares(here, question.given)
        for history, share in shares:
            state = self.states[history.state]
            move = state.labels.index(question.move or "")
            whom = list(self.model.players).index(question.player or state.player or "")
            values = [
                self.states[child].values[whom] if allowed else -math.inf
                for child, allowed in zip(state.children, state.available, strict=True)
            ]
            other = max((value for index, value in enumerate(values) if index != move), default=-math.inf)
            lead = values[move] - other if state.available[move] else -math.inf
            if question.player is not None:
                near = abs(lead) <= self.tolerance[question.player]
                number += share * (lead >= -self.tolerance[question.player])
            else:
                near = sum(state.best) > 1
                number += share * (state.best[move] / max(sum(state.best), 1))
            even = near if question.player is not None else near and state.best[move]
            margin += share * (0.0 if even else lead)
            tied = tied or near
        return Answered(number, bool(shares), margin, tied)


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
            answer = hand.ask(question)
            if answer.applies and not math.isfinite(answer.number):
                hand.failures.append(f"the number of the question '{question.label}' is not finite.")
    used = len(hand.used)
    for name, _ in definitions(hand.model):
        if name not in program.on_results:
            hand.value(name, ())
    del hand.used[used:]
    return hand


def _expand(hand: Hand) -> None:
    """Find the states, outcomes with what they pay, each after those that it leads to."""
    model = hand.model
    asked: dict[str, frozenset[str]] = {}

    def formulas(name: str) -> list[Formula]:
        node = model.game.get(name)
        ends = [q.event or q.amount for q in model.questions if q.node is None]
        if node is None:
            found = [*ends, *(hand.slot(("payoff", name, p), f) for p, f in model.outcomes[name].items())]
            found += [q.given for q in model.questions if q.node is None]
        elif isinstance(node, Decision):
            found = [hand.slot(("when", name, label), m.when or ALWAYS) for label, m in node.moves.items()]
            found += [q.given for q in model.questions if q.node == name]
        else:
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
            _pay(hand, state)
        else:
            state.labels = tuple(branches(node))
            state.children = tuple(
                visit(branch.then, (*kept, (name, label))) for label, branch in branches(node).items()
            )
            state.player = node.player if isinstance(node, Decision) else None
            _open(hand, state)
        index[(name, kept)] = len(hand.states)
        hand.states.append(state)
        return index[(name, kept)]

    visit(model.root or "", ())


def _pay(hand: Hand, state: State) -> None:
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


def _open(hand: Hand, state: State) -> None:
    """What can happen at a node: available moves, or probabilities of cases."""
    node = hand.model.game[state.name]
    if isinstance(node, Decision):
        found: list[bool] = []
        for label, move in node.moves.items():
            when = hand.slot(("when", state.name, label), move.when or ALWAYS)
            found.append(hand.truth(when, state.results))
        state.available = tuple(found)
        return
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


def _digits(value: float) -> str:
    text = f"{value:.6g}"
    return f"({text})" if text.startswith("-") else text
