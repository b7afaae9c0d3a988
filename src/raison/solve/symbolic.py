r"""Closed forms: the inequalities under which an asked move is chosen.

Backward induction as in `raison.solve.backward`, with sympy expressions for values. Where play continues in
different ways below a node, each way comes with the inequalities under which it does. Move :math:`j` with
value :math:`v_j` is chosen if for every other available move :math:`k`, in whichever way play continues
after it, :math:`v_j \ge v_k` where :math:`j` is listed before :math:`k`, and :math:`v_j > v_k` otherwise.

The conditions hold on the supports of the parameters; the ends of a continuous distribution do not belong to
it, since no draw takes them. Quantities are expanded into parameters where that makes at most `LONG` nodes of
sympy's tree (`LONG_OF_MANY` where there are many parameters), and otherwise keep their name; definitions are
printed below.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from raison.model.evaluate import Coded, evaluate, evaluate_truth
from raison.model.formula import Formula, called
from raison.model.records import Chance, Decision, Distribution, Model, Question
from raison.program.graph import OUTCOME, Graph
from raison.program.premises import used_names
from raison.program.program import Program, compile_model
from raison.solve.inequalities import ALWAYS, MAX_CASES, Atom, Cases, Conjunction, Reasoner, symbols_of
from raison.solve.relations import Wording, describe_support
from raison.solve.support import INF, Interval, Supports
from raison.solve.symbols import SYMBOLS, SizeError, bounded, size

LONG = 16
"""Nodes of a quantity's formula, in sympy's tree, above which it keeps its name."""
MANY, LONG_OF_MANY = 20, 5
"""The same in a model of more than 20 uncertain parameters."""
SECONDS = 30.0
"""Time for all questions of a model; simplification stops at half of it."""
MAX_STATES = 500

ZERO = Fraction(0)
Results = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """When a move is chosen.

    Attributes:
        question: The question's name.
        player: For whom the move is judged: who moves, unless the question says `for`.
        node: Where the move is made.
        move: The move.
        seen: Earlier results that matter at the node, by node; one condition for each combination.
        given: The question's condition on parameters, as written.
        cases: The move is chosen if one of these holds, each in the language of model files; none if it never
            is, `("always",)` if it always is.
        latex: The same as LaTeX.
        where: Definitions of the quantities that the cases mention, and what those use, as in the file.
        supports: Where the parameters that are mentioned lie.
        judged: The question says `for`: the move is judged for a player's payoff, whether or not he makes it.
    """

    question: str
    player: str
    node: str
    move: str
    seen: tuple[tuple[str, str], ...]
    given: str | None
    cases: tuple[str, ...]
    latex: str
    where: tuple[tuple[str, str], ...]
    supports: tuple[str, ...]
    judged: bool = False

    def __str__(self) -> str:
        """Several lines for a terminal."""
        seen = f" after {', '.join(f'{node}: {result}' for node, result in self.seen)}" if self.seen else ""
        given = f", given {self.given}" if self.given else ""
        head = f"{self.question}{seen}{given}"
        if not self.cases:
            return f"{head}\n  never"
        lines = [f"  {case}" if i == 0 else f"  or {case}" for i, case in enumerate(self.cases)]
        if self.cases != ("always",):
            lines = [f"  {'   ' if i == 0 else ''}{line.strip()}" for i, line in enumerate(lines)]
            lines.insert(0, f"  {self._said} if")
        if self.where:
            lines.append("  where")
            lines += [f"    {name} = {formula}" for name, formula in self.where]
        if self.supports:
            lines.append(f"  for {', '.join(self.supports)}")
        return "\n".join([head, *lines])

    @property
    def _said(self) -> str:
        if self.judged:
            return f"'{self.move}' at '{self.node}' is as good for {self.player} as every other move"
        return f"'{self.move}' is chosen at '{self.node}'"

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "question": self.question,
            "player": self.player,
            "node": self.node,
            "move": self.move,
            "seen": dict(self.seen),
            "given": self.given,
            "cases": list(self.cases),
            "latex": self.latex,
            "where": dict(self.where),
            "supports": list(self.supports),
        }


def conditions(model: Model) -> list[Condition]:
    """The conditions under which the moves that a model asks about are chosen.

    Args:
        model: Checked, with a small game.

    Returns:
        For every move question, one condition for each information set of its node to which it applies.

    Raises:
        ValueError: the model asks about no move, or its game is too large for a closed form.
    """
    questions = [question for question in model.questions if question.node is not None]
    if not questions:
        raise ValueError(
            "a closed form needs a question about a move; add {node: ..., move: ...} under 'questions'."
        )
    program = compile_model(model)
    if program.graph is None or len(program.graph.states) > MAX_STATES:
        raise ValueError(
            f"a closed form needs a game of at most {MAX_STATES} states; solve at points with --at."
        )
    game = _Game(program, program.graph)
    found: list[Condition] = []
    for question in questions:
        found += game.answer(question)
    return found


@dataclass(frozen=True, slots=True)
class _Way:
    """A way in which play continues: when, and what it is worth to each player; None for a dead end."""

    when: Conjunction
    values: tuple[Any, ...] | None


@dataclass(slots=True)
class _Game:
    program: Program
    graph: Graph
    supports: dict[Any, Interval] = field(default_factory=dict)
    links: list[Any] = field(default_factory=list)
    coded: dict[Any, tuple[str, ...]] = field(default_factory=dict)
    known: dict[tuple[str, Results], Any] = field(default_factory=dict)
    ways: dict[int, list[_Way]] = field(default_factory=dict)
    reasoner: Reasoner = field(init=False)

    def __post_init__(self) -> None:
        start = time.monotonic()
        for name in (*self.program.model.parameters, *self.program.model.quantities):
            if name not in self.program.on_results:
                self.value(name, ())
        supports = Supports(self.supports, tuple(self.links))
        self.reasoner = Reasoner(supports, start + SECONDS, start + SECONDS / 2)

    # --- names ---

    @property
    def long(self) -> int:
        """Nodes above which a quantity keeps its name."""
        return LONG if len(self.program.coordinates) <= MANY else LONG_OF_MANY

    def value(self, name: str, results: Results) -> Any:
        model = self.program.model
        if name in model.game or name == "outcome":
            return dict(results).get(name, "")
        key = (name, results if name in self.program.on_results else ())
        if key not in self.known:
            self.known[key] = self._defined(name, key[1])
        return self.known[key]

    def _defined(self, name: str, results: Results) -> Any:
        model = self.program.model
        if name in model.quantities:
            value = self.number(model.quantities[name].value, results)
            if size(value) <= self.long or name in self.program.on_results:
                return value
            return self._symbol(name, Supports(self.supports).bounds(value))
        definition = model.parameters[name].value
        if isinstance(definition, Formula):
            return self.number(definition, results)
        return self._uncertain(name, definition, results)

    def _symbol(self, name: str, where: Interval) -> Any:
        sign = (
            {"positive": True} if where.positive else {"negative": True} if where.negative else {"real": True}
        )
        symbol = sympy.Symbol(name, **sign)
        self.supports[symbol] = where
        return symbol

    def _uncertain(self, name: str, definition: Distribution, results: Results) -> Any:
        kind = definition.kind
        if definition.names:
            last = Interval.at(ZERO).hull(Interval.at(ZERO + len(definition.names) - 1))
            symbol = self._symbol(name, last)
            self.coded[symbol] = definition.names
            return Coded(symbol, definition.names)
        numbers = [self.number(argument, results) for argument in definition.arguments]
        ranges = [Supports(self.supports).bounds(number) for number in numbers]
        if kind in ("uniform", "triangular", "pert"):
            symbol = self._symbol(name, Interval(ranges[0].low, ranges[-1].high))
            self.links += [symbol - numbers[0]] if not numbers[0].is_number else []
            self.links += [numbers[-1] - symbol] if not numbers[-1].is_number else []
            return symbol
        if kind == "choice":
            where = ranges[0]
            for other in ranges[2::2]:
                where = where.hull(other)
            return self._symbol(name, where)
        if kind == "quantiles":
            return self._symbol(name, ranges[1].hull(ranges[-1]))
        low = ZERO if kind in ("lognormal", "beta") else -INF
        return self._symbol(name, Interval(low, ZERO + 1 if kind == "beta" else INF))

    def _functions(self) -> Any:
        return {name: (f.arguments, f.body.expression) for name, f in self.program.model.functions.items()}

    def number(self, formula: Formula, results: Results) -> Any:
        return bounded(
            evaluate(formula.expression, lambda n: self.value(n, results), SYMBOLS, self._functions())
        )

    def truth(self, formula: Formula, results: Results) -> Cases:
        found = evaluate_truth(
            formula.expression, lambda n: self.value(n, results), SYMBOLS, self._functions()
        )
        return self.cases(found)

    # --- truths as alternatives ---

    def cases(self, truth: Any, holds: bool = True) -> Cases:
        """The alternatives in which a truth holds, or does not."""
        if isinstance(truth, bool) or truth in (sympy.true, sympy.false):
            return [ALWAYS] if bool(truth) == holds else []
        if isinstance(truth, sympy.Not):
            return self.cases(truth.args[0], not holds)
        if isinstance(truth, sympy.And | sympy.Or):
            parts = [self.cases(part, holds) for part in truth.args]
            if isinstance(truth, sympy.And) != holds:
                return [case for part in parts for case in part]
            joined: Cases = [ALWAYS]
            for part in parts:
                joined = self.reasoner.conjoin(joined, part)
            return joined
        operator = (
            truth.rel_op
            if holds
            else {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}[truth.rel_op]
        )
        return self.compare(truth.lhs, operator, truth.rhs)

    def compare(self, left: Any, operator: str, right: Any) -> Cases:
        """The alternatives in which one number compares with another."""
        difference, sign = (
            (right - left, operator.replace("<", ">")) if "<" in operator else (left - right, operator)
        )
        found: Cases = []
        for when, whole in self.split(difference):
            atom = self.reasoner.atom(whole, sign)
            if atom is True:
                found.append(when)
            elif isinstance(atom, Atom):
                found += self.reasoner.conjoin([when], [frozenset({self._other_name(atom)})])
        return found

    def _other_name(self, atom: Atom) -> Atom:
        """`!=` one of two names is `==` the other."""
        symbols = list(atom.expression.free_symbols)
        if atom.operator == "!=" and len(symbols) == 1 and len(self.coded.get(symbols[0], ())) == 2:
            other = symbols[0] if atom.expression == symbols[0] - 1 else symbols[0] - 1
            return Atom(other, "==")
        return atom

    def split(self, expression: Any) -> list[tuple[Conjunction, Any]]:
        """An expression without conditionals, for each way in which its conditions turn out."""
        found_pieces = expression.atoms(sympy.Piecewise, sympy.Abs)
        compound = [piece for piece in found_pieces if size(piece) > 2]  # abs(x) of a symbol stays as it is
        pieces = sorted(compound, key=lambda piece: (size(piece), str(piece)))
        if not pieces:
            return [(ALWAYS, expression)]
        found: list[tuple[Conjunction, Any]] = []
        before: Cases = [ALWAYS]
        for value, condition in _parts(pieces[0]):
            here = self.reasoner.conjoin(before, self.cases(condition))
            before = self.reasoner.conjoin(before, self.cases(condition, False))
            if not here:
                continue
            for when, whole in self.split(expression.xreplace({pieces[0]: value})):
                found += [(both, whole) for both in self.reasoner.conjoin(here, [when])]
        if len(found) > MAX_CASES:
            raise SizeError(
                f"a closed form needs at most {MAX_CASES} alternatives; solve at points with --at."
            )
        return found

    # --- the game ---

    def ways_from(self, s: int) -> list[_Way]:
        """The ways in which play continues from a state."""
        if s not in self.ways:
            state = self.graph.states[s]
            if state.mover == OUTCOME:
                ended = (*state.results, ("outcome", state.name))
                payoffs = self.program.model.outcomes[state.name]
                values = tuple(self.number(payoffs[player], ended) for player in self.program.model.players)
                self.ways[s] = [_Way(ALWAYS, values)]
            elif isinstance(self.program.model.game[state.name], Chance):
                self.ways[s] = self._after_chance(s)
            else:
                self.ways[s] = self._after_decision(s)
            if len(self.ways[s]) > MAX_CASES:
                raise SizeError(
                    f"a closed form needs at most {MAX_CASES} combinations of later choices; "
                    f"'{state.name}' has more; solve at points with --at, or ask of later nodes."
                )
        return self.ways[s]

    def _after_chance(self, s: int) -> list[_Way]:
        state = self.graph.states[s]
        node = self.program.model.game[state.name]
        if not isinstance(node, Chance):
            raise TypeError(f"'{state.name}' is a decision.")
        given = {
            label: self.number(case.probability, state.results)
            for label, case in node.cases.items()
            if case.probability is not None
        }
        rest = 1 - sum(given.values())
        nobody = tuple(sympy.Integer(0) for _ in self.program.model.players)
        found = [_Way(ALWAYS, nobody)]
        for label, child in zip(state.labels, state.children, strict=True):
            chance = given.get(label, rest)
            if chance == 0:
                continue
            joined: list[_Way] = []
            for way in found:
                for below in self.ways_from(child):
                    values = _mixed(way.values, chance, below.values)
                    both = self.reasoner.conjoin([way.when], [below.when])
                    joined += [_Way(when, values) for when in both]
            found = joined
            if len(found) > MAX_CASES:
                break
        return found

    def _after_decision(self, s: int) -> list[_Way]:
        state = self.graph.states[s]
        found: list[_Way] = []
        for move, child in enumerate(state.children):
            for below in self.ways_from(child):
                if below.values is not None:
                    chosen = self.chosen(s, move, below, state.mover, False)
                    found += [_Way(when, below.values) for when in self.reasoner.simplify(chosen)]
        stuck: Cases = [ALWAYS]
        for move, child in enumerate(state.children):
            dead = [way.when for way in self.ways_from(child) if way.values is None]
            stuck = self.reasoner.conjoin(stuck, [*self.available(s, move, False), *dead])
        return found + [_Way(when, None) for when in self.reasoner.simplify(stuck)]

    def available(self, s: int, move: int, holds: bool = True) -> Cases:
        """The alternatives in which a move can be made, or cannot."""
        state = self.graph.states[s]
        node = self.program.model.game[state.name]
        when = node.moves[state.labels[move]].when if isinstance(node, Decision) else None
        if when is None:
            return [ALWAYS] if holds else []
        truth = evaluate_truth(
            when.expression, lambda n: self.value(n, state.results), SYMBOLS, self._functions()
        )
        return self.cases(truth, holds)

    def chosen(self, s: int, move: int, below: _Way, player: int, even_if_tied: bool) -> Cases:
        """The alternatives in which a move, continued in one way, is best for a player."""
        state = self.graph.states[s]
        found = self.reasoner.conjoin([below.when], self.available(s, move))
        for other, child in enumerate(state.children):
            if other == move or not found:
                continue
            operator = ">=" if other > move or even_if_tied else ">"
            against = self.available(s, other, False)
            for way in self.ways_from(child):
                if way.values is None or below.values is None:
                    against = [*against, way.when]
                    continue
                better = self.compare(below.values[player], operator, way.values[player])
                against = [*against, *self.reasoner.conjoin([way.when], better)]
            found = self.reasoner.conjoin(found, self.reasoner.simplify(against))
        return found

    # --- answers ---

    def answer(self, question: Question) -> list[Condition]:
        model = self.program.model
        node = model.game[question.node or ""]
        if not isinstance(node, Decision):
            raise ValueError(f"'{question.node}' is a chance node; only decisions have moves to ask about.")
        move = list(node.moves).index(question.move or "")
        whom = question.player or node.player
        found: list[Condition] = []
        for s in self.graph.of_node.get(question.node or "", ()):
            state = self.graph.states[s]
            given = [ALWAYS] if question.given is None else self.truth(question.given, state.results)
            if not given:
                continue
            cases: Cases = []
            for below in self.ways_from(state.children[move]):
                if below.values is not None:
                    player = list(model.players).index(whom)
                    cases += self.chosen(s, move, below, player, question.player is not None)
            shown = question.given.text if question.given is not None and given != [ALWAYS] else None
            found.append(self._condition(question, whom, state.results, shown, self.reasoner.simplify(cases)))
        return found

    def _definitions(self, mentioned: Sequence[str]) -> tuple[dict[str, str], set[str]]:
        """What names stand for, as written in the file, down to uncertain parameters; and these."""
        model = self.program.model
        where: dict[str, str] = {}
        functions: dict[str, str] = {}
        free: set[str] = set()
        pending = list(mentioned)
        while pending:
            name = pending.pop(0)
            definition = (
                model.quantities[name].value if name in model.quantities else model.parameters[name].value
            )
            if name in where or name in free:
                continue
            if isinstance(definition, Distribution):
                free.add(name)
                continue
            where[name] = definition.text
            known = (*model.parameters, *model.quantities)
            pending += sorted(used_names(model, definition) & set(known))
            calls = list(called(definition.expression))
            while calls:
                function = calls.pop(0)
                if function in model.functions and function not in functions:
                    body = model.functions[function]
                    functions[function] = f"{function}({', '.join(body.arguments)})"
                    calls += sorted(called(body.body.expression))
        where.update({head: model.functions[function].body.text for function, head in functions.items()})
        return where, free

    def _condition(
        self, question: Question, whom: str, seen: Results, given: str | None, cases: Cases
    ) -> Condition:
        order = [*self.program.model.parameters, *self.program.model.quantities]
        wording = Wording(order, self.coded, self.reasoner)
        texts, latex = wording.cases(cases)
        where, free = self._definitions(sorted(symbol.name for symbol in symbols_of(cases)))
        ordered = sorted((s for s in self.supports if s.name in free), key=lambda s: order.index(s.name))
        return Condition(
            question=question.label,
            player=whom,
            node=question.node or "",
            move=question.move or "",
            seen=tuple(seen),
            given=given,
            cases=tuple(texts),
            latex=latex,
            where=tuple(where.items()),
            supports=tuple(_described(symbol, self.supports[symbol], self.coded) for symbol in ordered),
            judged=question.player is not None,
        )


def _parts(piece: Any) -> Sequence[tuple[Any, Any]]:
    """The values of a conditional or an absolute value, each with its condition."""
    if isinstance(piece, sympy.Abs):
        inner = piece.args[0]
        return (inner, sympy.GreaterThan(inner, 0, evaluate=False)), (-inner, sympy.true)
    return [(value, condition) for value, condition in piece.args]


def _described(symbol: Any, where: Interval, coded: dict[Any, tuple[str, ...]]) -> str:
    if symbol in coded:
        return f"{symbol.name} one of {', '.join(coded[symbol])}"
    return describe_support(symbol.name, where)


def _mixed(total: Sequence[Any] | None, chance: Any, values: Sequence[Any] | None) -> tuple[Any, ...] | None:
    if total is None or values is None:
        return None
    return tuple(bounded(so_far + chance * value) for so_far, value in zip(total, values, strict=True))
