r"""Closed forms: the inequalities under which an asked move is chosen.

Backward induction as in `raison.solve.backward`, with sympy expressions for values. Where play continues in
different ways below a node, each way comes with the inequalities under which it does. Move :math:`j` with
value :math:`v_j` is chosen if for every other available move :math:`k`, in whichever way play continues
after it, :math:`v_j \ge v_k` where :math:`j` is listed before :math:`k`, and :math:`v_j > v_k` otherwise.

The conditions hold on the supports of the parameters; the ends of a continuous distribution do not belong to
it, since no draw takes them. Long quantities keep their name (see `raison.solve.terms`); their definitions
are printed below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from raison.model.formula import called
from raison.model.records import Chance, Decision, Distribution, Model, Question
from raison.program.graph import OUTCOME, Graph
from raison.program.premises import used_names
from raison.program.program import Program, compile_model
from raison.solve.inequalities import ALWAYS, MAX_CASES, Cases, Conjunction, symbols_of
from raison.solve.relations import Wording, describe_support
from raison.solve.support import Interval
from raison.solve.symbols import SizeError, bounded
from raison.solve.terms import Results, Terms

MAX_STATES = 500


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
    if model.rounds is not None:
        raise ValueError(
            f"a closed form needs a game that is played once; '{model.name}' has rounds. Solve at "
            f"points with --at."
        )
    program = compile_model(model)
    if program.form is not None:
        raise ValueError(
            f"a closed form needs a game in which everybody sees everything and every move has a name; "
            f"'{model.name}' is solved otherwise. Solve at points with --at."
        )
    if program.graph is None or len(program.graph.states) > MAX_STATES:
        raise ValueError(
            f"a closed form needs a game of at most {MAX_STATES} states; solve at points with --at."
        )
    game = _Game(program, program.graph, Terms(program))
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
    terms: Terms
    ways: dict[int, list[_Way]] = field(default_factory=dict)

    # --- the game ---

    def ways_from(self, s: int) -> list[_Way]:
        """The ways in which play continues from a state."""
        if s not in self.ways:
            state = self.graph.states[s]
            if state.mover == OUTCOME:
                ended = (*state.results, ("outcome", state.name))
                payoffs = self.program.model.outcomes[state.name]
                values = tuple(
                    self.terms.number(payoffs[player], ended) for player in self.program.model.players
                )
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
            label: self.terms.number(case.probability, state.results)
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
                    both = self.terms.reasoner.conjoin([way.when], [below.when])
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
                    found += [_Way(when, below.values) for when in self.terms.reasoner.simplify(chosen)]
        stuck: Cases = [ALWAYS]
        for move, child in enumerate(state.children):
            dead = [way.when for way in self.ways_from(child) if way.values is None]
            stuck = self.terms.reasoner.conjoin(stuck, [*self.available(s, move, False), *dead])
        return found + [_Way(when, None) for when in self.terms.reasoner.simplify(stuck)]

    def available(self, s: int, move: int, holds: bool = True) -> Cases:
        """The alternatives in which a move can be made, or cannot."""
        state = self.graph.states[s]
        node = self.program.model.game[state.name]
        when = node.moves[state.labels[move]].when if isinstance(node, Decision) else None
        if when is None:
            return [ALWAYS] if holds else []
        return self.terms.truth(when, state.results, holds)

    def chosen(self, s: int, move: int, below: _Way, player: int, even_if_tied: bool) -> Cases:
        """The alternatives in which a move, continued in one way, is best for a player."""
        state = self.graph.states[s]
        found = self.terms.reasoner.conjoin([below.when], self.available(s, move))
        for other, child in enumerate(state.children):
            if other == move or not found:
                continue
            operator = ">=" if other > move or even_if_tied else ">"
            against = self.available(s, other, False)
            for way in self.ways_from(child):
                if way.values is None or below.values is None:
                    against = [*against, way.when]
                    continue
                better = self.terms.compare(below.values[player], operator, way.values[player])
                against = [*against, *self.terms.reasoner.conjoin([way.when], better)]
            found = self.terms.reasoner.conjoin(found, self.terms.reasoner.simplify(against))
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
            given = [ALWAYS] if question.given is None else self.terms.truth(question.given, state.results)
            if not given:
                continue
            cases: Cases = []
            for below in self.ways_from(state.children[move]):
                if below.values is not None:
                    player = list(model.players).index(whom)
                    cases += self.chosen(s, move, below, player, question.player is not None)
            shown = question.given.text if question.given is not None and given != [ALWAYS] else None
            found.append(
                self._condition(question, whom, state.results, shown, self.terms.reasoner.simplify(cases))
            )
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
            if name not in model.quantities and name not in model.parameters:
                continue  # a call of a process
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
        wording = Wording(order, self.terms.coded, self.terms.reasoner)
        texts, latex = wording.cases(cases)
        where, free = self._definitions(sorted(symbol.name for symbol in symbols_of(cases)))
        ordered = sorted(
            (s for s in self.terms.supports if s.name in free), key=lambda s: order.index(s.name)
        )
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
            supports=tuple(
                _described(symbol, self.terms.supports[symbol], self.terms.coded) for symbol in ordered
            ),
            judged=question.player is not None,
        )


def _described(symbol: Any, where: Interval, coded: dict[Any, tuple[str, ...]]) -> str:
    if symbol in coded:
        return f"{symbol.name} one of {', '.join(coded[symbol])}"
    return describe_support(symbol.name, where)


def _mixed(total: Sequence[Any] | None, chance: Any, values: Sequence[Any] | None) -> tuple[Any, ...] | None:
    if total is None or values is None:
        return None
    return tuple(bounded(so_far + chance * value) for so_far, value in zip(total, values, strict=True))
