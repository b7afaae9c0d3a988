"""What names mean in a model's formulas, and whether a formula uses them as what they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from raison.model import uses
from raison.model.constant import first_not_finite
from raison.model.distribution import KINDS
from raison.model.formula import (
    KNOWN_FUNCTIONS,
    Call,
    Compare,
    Expression,
    Formula,
    Fraction,
    Name,
    Root,
    Simulated,
    Text,
    called,
    children,
    names,
    simulated,
)
from raison.model.keys import RESERVED, SECTIONS, nearest
from raison.model.problem import MAX_PROBLEMS, Path, Problem, TooManyProblemsError
from raison.model.records import Decision, Definition, Distribution, Model, Node, Spread, branches
from raison.model.unparse import show

PLAYED = frozenset({"ended", "period", "periods"})
"""Names that mean something where the game is played again."""
_DEFINING = frozenset({"parameters", "quantities", "functions", "game", "include", "processes", "rounds"})


@dataclass(slots=True)
class Report:
    """Problems found so far.

    Attributes:
        broken: Places that were reported when the file was read; nothing more is said about them.
        unknown: Unknown names with all the places that use them, reported as one problem each.
        offered: Names that were offered as the right spelling, and so count as used.
        ships: The file ships with raison, whose tests have looked at units and time steps already.
    """

    broken: frozenset[Path] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    unknown: dict[str, list[tuple[Path, str]]] = field(default_factory=dict)
    offered: set[str] = field(default_factory=set)
    ships: bool = False

    def error(self, path: Path, message: str) -> None:
        """Report an error, unless its place was reported already."""
        if not self.knows(path):
            self.add(Problem(message, path))

    def warn(self, path: Path, message: str) -> None:
        """Report a warning, unless its place was reported already."""
        if not self.knows(path):
            self.add(Problem(message, path, "warning"))

    def add(self, problem: Problem) -> None:
        """Report a problem.

        Raises:
            TooManyProblemsError: there are too many.
        """
        self.problems.append(problem)
        if len(self.problems) + len(self.unknown) >= MAX_PROBLEMS:
            raise TooManyProblemsError

    def knows(self, path: Path) -> bool:
        """Whether what stands at `path`, or around it, was reported already."""
        return any(path[:length] in self.broken for length in range(len(path) + 1))

    def touches(self, path: Path) -> bool:
        """Whether something at `path` or inside it was reported already."""
        return self.knows(path) or any(where[: len(path)] == path for where in self.broken)

    def raw(self) -> list[tuple[Path, str]]:
        """Every error with its place, each use of an unknown name for itself."""
        found = [(problem.path, problem.message) for problem in self.problems if problem.severity == "error"]
        return found + [place for places in self.unknown.values() for place in places]

    def offer(self, name: str, known: Collection[str]) -> str:
        """`; did you mean 'x'?` or the empty text; the offered name counts as used."""
        close = nearest(name, known)
        if close is None:
            return ""
        self.offered.add(close)
        return f"; did you mean '{close}'?"

    def unknown_name(self, name: str, path: Path, message: str) -> None:
        """Report the use of a name that nothing defines, together with its other uses.

        Raises:
            TooManyProblemsError: there are too many.
        """
        self.unknown.setdefault(name, []).append((path, message))
        if len(self.problems) + len(self.unknown) >= MAX_PROBLEMS:
            raise TooManyProblemsError

    def summed_up(self) -> list[Problem]:
        """All problems; a name that is unknown in several places is one cause and one problem."""
        found = list(self.problems)
        for places in self.unknown.values():
            path, message = places[0]
            more = len(places) - 1
            rest = (
                f" (So do {more} more formulas.)"
                if more > 1
                else " (So does one more formula.)"
                if more
                else ""
            )
            found.append(Problem(message + rest, path))
        return found


class Scope:
    """The names of a model.

    Args:
        model: The model, perhaps with placeholders.
        report: Takes what is found.
        variants: The model with each premise removed that rewires the game: what they add is known too.
    """

    def __init__(self, model: Model, report: Report, variants: Collection[Model] = ()) -> None:
        self.model = model
        self.report = report
        self.numbers = {*model.parameters, *model.quantities}
        self.processes = dict(model.processes)
        for each in variants:
            self.processes = {**each.processes, **self.processes}
        self.labels: dict[str, set[str]] = {}
        self.amounts: set[str] = set()  # nodes that stand for the number taken there
        self.games = [each.game for each in (model, *variants)]
        self.carried: set[str] = set()  # what a period begins with: the states and its number
        for each in (model, *variants):
            if each.rounds is not None:
                self.carried |= {*each.rounds.state, "period"}
                self.numbers |= {*self.carried, "periods"}
                self.labels.setdefault("ended", set()).update(each.ends)
            for name, node in each.game.items():
                if takes_amount(node):
                    self.amounts.add(name)
                if not isinstance(node, Spread):
                    self.labels.setdefault(name, set()).update(branches(node))
            self.labels.setdefault("outcome", set()).update(each.outcomes)
        if not model.game:
            del self.labels["outcome"]
        for name, parameter in model.parameters.items():
            premised = [premise.without.get(name) for premise in model.premises.values()]
            texts = [text for value in (parameter.value, *premised) for text in _texts(value)]
            if texts and name not in self.labels:
                self.labels[name] = set(texts)
        self.edges = uses.graph(model)
        self.is_circular = bool(uses.circles(self.edges))
        self.half_known = {_plain_name(path[1]) for path in report.broken if len(path) > 1}
        self.knows_all = not any(
            len(path) == 1 and (path[0] in _DEFINING or path[0] not in SECTIONS["model"])
            for path in report.broken
        )
        self._grounds: dict[str, frozenset[str]] | None = None

    # --- results of the game, private types and fractions ---------------------------------------------------

    def results(self, definition: Definition) -> frozenset[str]:
        """The nodes, and `outcome`, that a definition depends on, through whatever it mentions."""
        return frozenset(name for name in self.grounds(definition) if self._is_result(name))

    def types(self, definition: Definition) -> frozenset[str]:
        """The private types that a definition depends on, through whatever it mentions."""
        return frozenset(name for name in self.grounds(definition) if self._is_private(name))

    def fractions(self, definition: Definition) -> frozenset[str]:
        """The texts of the fractions that a definition depends on, through whatever it mentions."""
        return frozenset(name for name in self.grounds(definition) if name.startswith("fraction("))

    def grounds(self, definition: Definition) -> frozenset[str]:
        """Results of the game, private types and fractions that a definition depends on."""
        if self._grounds is None:
            self._grounds = {}
            for name in uses.in_order(self.edges):
                found = self._of(self.edges[name])
                if name in self.model.parameters:  # drawn before play, or reported where it stands
                    found = frozenset(ground for ground in found if self._is_private(ground))
                self._grounds[name] = found
        return self._of(uses.mentioned(definition))

    def _of(self, mentions: Collection[str]) -> frozenset[str]:
        found: set[str] = set()
        for name in mentions:
            if self._is_result(name) or self._is_private(name) or name.startswith("fraction("):
                found.add(name)
            elif self._grounds:
                found |= self._grounds.get(name, frozenset())
        return frozenset(found)

    def _is_result(self, name: str) -> bool:
        if self.carried and name in PLAYED:
            return True
        return name in self.model.game or name == "outcome" or name in self.carried

    def _is_private(self, name: str) -> bool:
        parameter = self.model.parameters.get(name)
        return parameter is not None and parameter.is_private

    # --- formulas -------------------------------------------------------------------------------------------

    def check(self, formula: Formula, path: Path, what: str, arguments: Collection[str] = ()) -> None:
        """Report what is wrong with the names, calls, comparisons and constants of a formula."""
        if self.report.knows(path):
            return
        bad = first_not_finite(formula.expression)
        if bad is not None:
            self.report.error(
                path, f"{what} has '{show(bad)[:80]}', which is not a finite number; change it."
            )
        stack: list[tuple[Expression, Collection[str]]] = [(formula.expression, arguments)]
        while stack:
            node, bound = stack.pop()
            match node:
                case Compare():
                    stack.extend((side, bound) for side in self.compared(node, path, what, bound))
                case Call():
                    self.called(node, path, what)
                    stack.extend((part, bound) for part in children(node))
                case Simulated():
                    self.simulated(node, path, what)
                    stack.extend((part, bound) for part in children(node))
                case Name(name):
                    self.named(name, path, what, bound)
                case Fraction():
                    self.fraction(node, path, what)
                case Root(name, body, low, high):
                    self.binds(name, path, what, bound)
                    self.refuse_search(name, body, path, what)
                    stack += [(body, (*bound, name)), (low, bound), (high, bound)]
                case Text(value):
                    self.report.error(
                        path,
                        f"{what} uses the quoted name '{value[:60]}' as a number; a name is only compared.",
                    )
                case _:
                    stack.extend((part, bound) for part in children(node))

    def binds(self, name: str, path: Path, what: str, arguments: Collection[str]) -> None:
        """The name that a `root` gives to its unknown is free."""
        taken = name in RESERVED or name in self.model.functions
        if taken or name in arguments or name in self.numbers or name in self.labels or name in self.amounts:
            self.report.error(
                path, f"{what} has root({name}, ...), but '{name}' has a meaning already; take another name."
            )

    def refuse_search(self, name: str, body: Expression, path: Path, what: str) -> None:
        """A `root` does not simulate a process at every step of its search."""
        direct = any(name in names(part) for call in simulated(body) for _, part in call.inputs)
        through = uses.reach(self.edges, called(body) & set(self.model.functions)) & set(self.processes)
        if direct or through:
            self.report.error(
                path,
                f"{what} searches with root({name}, ...) through a process; give the process inputs that do "
                f"not depend on '{name}', in a quantity of its own.",
            )

    def fraction(self, asked: Fraction, path: Path, what: str) -> None:
        """A `fraction` is of a move at a decision of a player that is many."""
        found = [game[asked.node] for game in self.games if asked.node in game]
        nodes = [node for node in found if isinstance(node, Decision)]
        if not found:
            if asked.node not in self.half_known and self.knows_all:
                hint = self.report.offer(asked.node, self.model.game) or "; name a decision of the game."
                self.report.error(path, f"{what} asks fraction({asked.node[:60]}, ...), but there is no such "
                                  f"node{hint}")  # fmt: skip
        elif not nodes:
            self.report.error(
                path, f"{what} asks for a fraction at '{asked.node}', where chance moves; name a decision."
            )
        elif nodes[0].player not in self.model.players or self.report.touches(("players", nodes[0].player)):
            return
        elif not self.model.players[nodes[0].player].many:
            self.report.error(
                path,
                f"{what} asks for a fraction at '{asked.node}', but {nodes[0].player} is one player; write "
                f"'many: true' for him, or compare {asked.node} == '{asked.move}'.",
            )
        else:
            self.among(asked.node, asked.move, path, what)

    def named(self, name: str, path: Path, what: str, arguments: Collection[str]) -> None:
        """A name that stands for a number."""
        if name in arguments:
            return
        labels = self.labels.get(name)
        if name in self.amounts:
            return
        if labels is not None and not (name in self.half_known and not labels):
            example = f", as in {name} == '{min(labels)}'" if labels else ""
            self.report.error(
                path, f"{what} uses '{name}' as a number, but it is a name; compare it{example}."
            )
        elif name not in self.numbers and name not in self.model.game:
            self.missing(name, path, what, arguments)

    def missing(self, name: str, path: Path, what: str, arguments: Collection[str]) -> None:
        """A name that nothing defines."""
        if name in self.half_known or not self.knows_all:
            return
        if name in self.processes:
            output = next(iter(self.processes[name].outputs), "output")
            self.report.error(
                path, f"{what} uses the process '{name}' as a number; write {name}(...).{output}."
            )
        elif name in self.model.functions:
            header = f"{name}({', '.join(self.model.functions[name].arguments)})"
            self.report.error(
                path, f"{what} uses the function '{name}' without its arguments; write {header}."
            )
        elif name in PLAYED:
            self.report.error(path, f"{what} uses '{name}', but the game is played once; add 'rounds'.")
        elif name == "outcome":
            self.report.error(path, f"{what} uses 'outcome', but the model has no game; add one.")
        else:
            known = [*arguments, *self.numbers, *self.labels]
            hint = self.report.offer(name, known) or self.undefined(name)
            self.report.unknown_name(name, path, f"{what} uses '{name[:60]}', which is not defined{hint}")

    def undefined(self, name: str) -> str:
        """What to do about a name that is like no other."""
        prefix, dot, output = name.rpartition(".")
        if prefix in self.processes:
            return f"; a process is called, as in {prefix}(...).{output[:60]}."
        if dot:
            return "; a name with a prefix is one of a mechanism under 'include'."
        return "; define it under 'parameters' or 'quantities'."

    def simulated(self, call: Simulated, path: Path, what: str) -> None:
        """A call of a process: it exists, takes these inputs, needs no others, and has this output."""
        process = self.processes.get(call.process)
        if process is None:
            if call.process in self.model.functions:
                self.report.error(
                    path,
                    f"{what} asks for '.{call.output}' of the function '{call.process}'; only processes have "
                    "outputs.",
                )
            elif call.process not in self.half_known and self.knows_all:
                hint = self.report.offer(call.process, self.processes) or "; define it under 'processes'."
                message = f"{what} calls '{call.process[:60]}', which is not a process{hint}"
                self.report.unknown_name(f"{call.process}().", path, message)
            return
        if self.report.touches(("processes", call.process)):
            return
        for name, _ in call.inputs:
            if name not in process.inputs:
                hint = (
                    self.report.offer(name, process.inputs) or f"; its inputs are {_listed(process.inputs)}."
                )
                self.report.error(
                    path, f"{what} calls {call.process} with '{name[:60]}=', which is not an input{hint}"
                )
        given = {name for name, _ in call.inputs}
        for name, needed in process.inputs.items():
            if needed.default is None and name not in given:
                self.report.error(
                    path,
                    f"{what} calls {call.process} without '{name}', which has no default; add '{name}=...'.",
                )
        if call.output not in process.outputs:
            hint = self.report.offer(call.output, process.outputs)
            hint = hint or f"; its outputs are {_listed(process.outputs)}."
            self.report.error(
                path, f"{what} asks {call.process} for '{call.output[:60]}', which is not an output{hint}"
            )

    def called(self, call: Call, path: Path, what: str) -> None:
        """A call: the function exists, and gets the arguments that it takes."""
        name, count = call.function, len(call.arguments) + len(call.keywords)
        function = self.model.functions.get(name)
        if function is not None:
            self.arguments(call, function.arguments, path, what)
        elif name in KNOWN_FUNCTIONS:
            least, most = KNOWN_FUNCTIONS[name]
            needed = f"{least}" if least == most else f"{least} to {most}"
            if call.keywords:
                self.report.error(
                    path, f"{what} calls {name} with '{call.keywords[0][0]}='; it takes no names."
                )
            elif not least <= count <= most:
                self.report.error(path, f"{what} calls {name} with {count} arguments; it takes {needed}.")
        elif name in self.processes:
            output = next(iter(self.processes[name].outputs), "output")
            self.report.error(
                path, f"{what} calls the process '{name}' for no output; write {name}(...).{output}."
            )
        elif name in self.numbers or name in self.labels:
            self.report.error(
                path, f"{what} calls '{name}', which is not a function; write '*' for a product."
            )
        elif name not in self.half_known and self.knows_all:
            known = [*self.model.functions, *KNOWN_FUNCTIONS, *KINDS]
            hint = self.report.offer(name, known) or "; define it under 'functions'."
            message = f"{what} calls '{name[:60]}', which is not a function{hint}"
            self.report.unknown_name(f"{name}()", path, message)

    def arguments(self, call: Call, needed: tuple[str, ...], path: Path, what: str) -> None:
        """A call of a function of the file gives every argument once."""
        header = f"{call.function}({', '.join(needed)})"
        given = list(needed[: len(call.arguments)])
        if len(call.arguments) > len(needed):
            count = len(call.arguments)
            self.report.error(path, f"{what} calls {header} with {count} arguments; it takes {len(needed)}.")
            return
        for keyword, _ in call.keywords:
            if keyword not in needed:
                hint = self.report.offer(keyword, needed) or "."
                self.report.error(
                    path, f"{what} calls {header} with '{keyword}=', which it does not take{hint}"
                )
                return
            if keyword in given:
                self.report.error(path, f"{what} calls {header} with '{keyword}' twice; give it once.")
                return
            given.append(keyword)
        absent = [name for name in needed if name not in given]
        if absent:
            self.report.error(path, f"{what} calls {header} without '{absent[0]}'; add it.")

    # --- comparisons with quoted names ----------------------------------------------------------------------

    def compared(
        self, node: Compare, path: Path, what: str, arguments: Collection[str]
    ) -> Iterator[Expression]:
        """Check the pairs that have a quoted name in them; yields the sides that are numbers."""
        sides = [node.first, *(right for _, right in node.rest)]
        special = [self.is_label(side, arguments) for side in sides]
        for index, (operator, right) in enumerate(node.rest):
            if special[index] or special[index + 1]:
                self.pair(operator, sides[index], right, path, what, arguments)
        for index, side in enumerate(sides):
            if not any(special[max(index - 1, 0) : index + 2]):
                yield side

    def is_label(self, side: Expression, arguments: Collection[str]) -> bool:
        """Whether a side of a comparison is a name and never a number."""
        if isinstance(side, Text):
            return True
        if not isinstance(side, Name) or side.id in arguments or side.id in self.amounts:
            return False
        return side.id in self.labels

    def pair(
        self,
        operator: str,
        left: Expression,
        right: Expression,
        path: Path,
        what: str,
        arguments: Collection[str],
    ) -> None:
        """A comparison in which at least one side is a name."""
        if operator not in ("==", "!="):
            self.report.error(path, f"{what} compares names with '{operator}'; use '==' or '!='.")
            return
        if isinstance(left, Text):
            left, right = right, left
        if isinstance(left, Text):
            self.report.error(
                path, f"{what} compares two quoted names; one side must be a node or 'outcome'."
            )
        elif isinstance(left, Name) and isinstance(right, Text) and self.has_labels(left.id, arguments):
            self.among(left.id, right.value, path, what)
        elif not self.is_label(left, arguments):
            self.unlike(left, right, path, what, arguments)
        elif not self.is_label(right, arguments):
            self.unlike(right, left, path, what, arguments)

    def has_labels(self, name: str, arguments: Collection[str]) -> bool:
        """Whether a name can be compared with a quoted one."""
        return name not in arguments and name in self.labels

    def among(self, name: str, value: str, path: Path, what: str) -> None:
        """A quoted name is one that the other side can be."""
        labels = self.labels[name]
        if (
            value in labels
            or name in self.half_known
            or any(value in part[-1:] for part in self.report.broken)
        ):
            return
        if name == "outcome":
            hint = self.report.offer(value, labels) or f"; the outcomes are {', '.join(sorted(labels)[:8])}."
            self.report.error(path, f"{what} asks for the outcome '{value[:60]}', which does not exist{hint}")
            return
        owner = f"node '{name}' has no move or case" if name in self.model.game else f"'{name}' is never"
        hint = self.report.offer(value, labels) or f"; it can be {', '.join(sorted(labels)[:8])}."
        self.report.error(path, f"{what}: {owner} '{value[:60]}'{hint}")

    def unlike(
        self, number: Expression, name: Expression, path: Path, what: str, arguments: Collection[str]
    ) -> None:
        """A number compared with a name."""
        shown = f"'{name.value}'" if isinstance(name, Text) else show(name)
        if isinstance(number, Name):
            if isinstance(name, Name) and number.id in self.labels[name.id]:
                self.report.error(path, f"{what} needs quotes: {name.id} == '{number.id}'.")
                return
            known = number.id in self.numbers or number.id in self.amounts
            if number.id not in arguments and not known:
                self.missing(number.id, path, what, arguments)
                return
        self.report.error(
            path,
            f"{what} compares '{show(number)[:60]}', a number, with the name {shown[:60]}; only a node, "
            "'outcome' or a choice of names can be compared with a name.",
        )


def takes_amount(node: Node) -> bool:
    """Whether a node stands for a number in formulas: drawn by chance, or taken by a move on a scale."""
    if isinstance(node, Spread):
        return True
    return isinstance(node, Decision) and any(move.scale is not None for move in node.moves.values())


def _texts(value: object) -> tuple[str, ...]:
    return value.names if isinstance(value, Distribution) else ()


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:8]) or "none"


def _plain_name(header: str) -> str:
    return header.partition("(")[0].strip()
