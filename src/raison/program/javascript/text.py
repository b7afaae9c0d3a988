"""Nodes of a tape as JavaScript: one constant for each, in the order of dependence.

Nothing of a model's text gets into what is printed: numbers and numbered names only. Functions that
JavaScript does not have, or that round or end otherwise there, are those of `numbers.js` in the report's
templates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from raison.program.javascript.tape import Node, Operand

_DIRECT = {"+", "-", "*", "/", "<", "<=", ">", ">="}
_EQUAL = {"==": "===", "!=": "!=="}
_FUNCTIONS = {
    "abs": "Math.abs",
    "ceil": "Math.ceil",
    "exp": "Math.exp",
    "floor": "Math.floor",
    "log": "Math.log",
    "logistic": "logistic",
    "logit": "logit",
    "max": "Math.max",
    "min": "Math.min",
    "normal_cdf": "normalCdf",
    "normal_pdf": "normalPdf",
    "normal_quantile": "normalQuantile",
    "sqrt": "Math.sqrt",
    "tanh": "Math.tanh",
    "%": "modulo",
}


def literal(value: float | bool) -> str:
    """A number or truth as JavaScript writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    text = repr(value).removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


class Printer:
    """Prints the nodes that are asked for, and what they depend on, each once.

    Args:
        leaves: What nodes that are known already are called.
        process: The name of the function that simulates, by the key of a `simulate` node.
    """

    def __init__(self, leaves: Mapping[Node, str], process: Callable[[object], str]) -> None:
        self.names = dict(leaves)
        self.process = process
        self.lines: list[str] = []

    def name(self, operand: Operand) -> str:
        """What an operand is called, after its lines are printed."""
        if not isinstance(operand, Node):
            return literal(operand)
        for node in needed([operand], self.names):
            self.names[node] = f"t{node.index}"
            self.lines.append(f"const t{node.index}={self.expression(node)};")
        return self.names[operand]

    def truth_as_number(self, operand: Operand) -> str:
        """An operand as a number: of a truth, 1 or 0."""
        name = self.name(operand)
        is_truth = operand.is_truth if isinstance(operand, Node) else isinstance(operand, bool)
        return f"{name}?1:0" if is_truth else name

    def expression(self, node: Node) -> str:
        """How a node is computed from its operands, which are printed."""
        if node.op == "root":
            return self._root(node)
        if node.op == "simulate":
            key, *given = node.arguments
            return f"{self.process(key)}({', '.join(map(self._operand, given))})"
        if node.op == "output":
            simulation, number = node.arguments
            return f"{self._operand(simulation)}[{number}]"
        a, *rest = map(self._operand, node.arguments)
        match node.op:
            case op if op in _DIRECT:
                return f"{a}{op}{rest[0]}"
            case op if op in _EQUAL:
                return f"{a}{_EQUAL[op]}{rest[0]}"
            case "and" | "or":
                return f"{a}{'&&' if node.op == 'and' else '||'}{rest[0]}"
            case "not":
                return f"!{a}"
            case "select":
                return f"{a}?{rest[0]}:{rest[1]}"
            case "negative":
                return f"-{a}"
            case "//":
                return f"Math.floor({a}/{rest[0]})"
            case "**":
                return _power(a, rest[0], node.arguments[1])
            case op:
                return f"{_FUNCTIONS[op]}({', '.join((a, *rest))})"

    def _operand(self, operand: Operand) -> str:
        return self.names[operand] if isinstance(operand, Node) else literal(operand)

    def _root(self, node: Node) -> str:
        unknown, body, low, high = node.arguments
        inner = Printer({**self.names, unknown: f"u{unknown.index}"}, self.process)
        found = inner.name(body)
        text = " ".join(inner.lines)
        given = f"{self._operand(low)}, {self._operand(high)}"
        return f"root((u{unknown.index}) => {{ {text} return {found}; }}, {given})"


def _power(base: str, exponent: str, given: Operand) -> str:
    """As `raison.program.arrays` does: small whole powers by multiplying."""
    if isinstance(given, float):
        if given in (1.0, 2.0, 3.0):
            return " * ".join([base] * int(given))
        if given == 4.0:
            return f"({base} * {base}) * ({base} * {base})"
        if given == 0.5:
            return f"Math.sqrt({base})"
    return f"power({base}, {exponent})"


def needed(nodes: Iterable[Node], known: Mapping[Node, object]) -> list[Node]:
    """What some nodes depend on and is not known yet, themselves included, in order.

    What depends on the unknown of a root is part of the root.
    """
    found: set[Node] = set()
    pending = [node for node in nodes if node not in known]
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending.extend(other for other in outside(node) if other not in known and other not in found)
    return sorted(found, key=lambda node: node.index)


def outside(node: Node) -> list[Node]:
    """The nodes that must be known before a node is: of a root, those that do not depend on its unknown."""
    if node.op != "root":
        return list(node.nodes())
    unknown, body, low, high = node.arguments
    moved = depending({unknown}, [node for node in (body, low, high) if isinstance(node, Node)])
    found: dict[Node, None] = {}
    for part in (*moved, node):
        for other in outside(part) if part is not node else part.nodes():
            if other not in moved and other is not unknown:
                found[other] = None
    return list(found)


def depending(on: set[Node], below: Iterable[Node]) -> set[Node]:
    """The nodes among what some nodes depend on that depend on any of a set, those of the set included."""
    seen: dict[Node, bool] = {}
    stack = [(node, False) for node in below]
    while stack:
        node, ready = stack.pop()
        if node in seen and not ready:
            continue
        if ready or node in on:
            seen[node] = node in on or any(seen[other] for other in node.nodes())
            continue
        stack.append((node, True))
        stack.extend((other, False) for other in node.nodes() if other not in seen)
    return {node for node, moved in seen.items() if moved}
