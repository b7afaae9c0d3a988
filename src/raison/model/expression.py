"""Expressions: the nodes that a formula is parsed into, and walks over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, kept as written so that symbolic answers stay exact (`0.1` is one tenth)."""

    text: str

    @property
    def value(self) -> float:
        """The nearest float64."""
        return float(self.text)


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted name: a move, an outcome, or a value of a `choice`. Only compared, never computed with."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, quantity, argument, or result of the game."""

    id: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x` or `not x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right` with one of `+ - * / // % **`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """`first op second op third ...`: true if every neighbouring pair compares true, as in Python."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` of two or more operands."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a known function or one of the file, with positional and keyword arguments."""

    function: str
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Fraction:
    """`fraction(node, 'move')`: the share of a player that is many who make the move at the node."""

    node: str
    move: str

    @property
    def text(self) -> str:
        """The name under which an evaluator looks its value up; no name of a model can look like it."""
        return f"fraction({self.node}, {self.move})"


@dataclass(frozen=True, slots=True)
class Root:
    """`root(name, body, low, high)`: a zero of `body`, as `name` goes from `low` to `high`."""

    name: str
    body: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Simulated:
    """`process(x=..., y=...).output`: what a process of the file gives for these inputs."""

    process: str
    inputs: tuple[tuple[str, Expression], ...]
    output: str


Expression = (
    Number | Text | Name | Unary | Binary | Compare | Logic | Conditional | Call | Fraction | Root | Simulated
)


@dataclass(frozen=True)
class Formula:
    """A parsed formula. Two are equal if they parse to the same expression, however they are spaced.

    What it mentions is looked up once and kept, since every pass over a model asks for it.
    """

    text: str = field(compare=False)
    expression: Expression

    @cached_property
    def mentions(self) -> frozenset[str]:
        """As `mentions` of the expression."""
        return mentions(self.expression)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that its value depends on; a fraction of a continuum of players depends on its node."""
        return names(self.expression) | {asked.node for asked in fractions(self.expression)}

    @cached_property
    def calls(self) -> frozenset[str]:
        """Functions and processes that it calls."""
        return called(self.expression) | {call.process for call in simulated(self.expression)}


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all expressions inside it, each before its parts."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside one."""
    match expression:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Compare(first, rest):
            return (first, *(right for _, right in rest))
        case Logic(_, operands):
            return operands
        case Conditional(condition, then, otherwise):
            return (condition, then, otherwise)
        case Call(_, arguments, keywords):
            return (*arguments, *(value for _, value in keywords))
        case Root(_, body, low, high):
            return (body, low, high)
        case Simulated(_, inputs, _):
            return tuple(value for _, value in inputs)
        case _:
            return ()


def height(expression: Expression) -> int:
    """The most operations one above the other: 0 for a number or name."""
    heights: dict[int, int] = {}
    for node in reversed(list(walk(expression))):  # parts come before what they are parts of
        heights[id(node)] = max((heights[id(part)] + 1 for part in children(node)), default=0)
    return heights[id(expression)]


def names(expression: Expression) -> frozenset[str]:
    """Every name mentioned; functions, processes and what a `root` binds are not included."""
    found: set[str] = set()
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            found.add(node.id)
        elif isinstance(node, Root):
            found |= names(node.body) - {node.name}
            stack += (node.low, node.high)
        else:
            stack.extend(children(node))
    return frozenset(found)


def mentions(expression: Expression) -> frozenset[str]:
    """Names, functions, processes, and fractions by their text, in one go."""
    found: set[str] = set()
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        match node:
            case Name(name):
                found.add(name)
            case Call(function, _, _):
                found.add(function)
                stack.extend(children(node))
            case Simulated(process, _, _):
                found.add(process)
                stack.extend(children(node))
            case Fraction():
                found.add(node.text)
            case Root(name, body, low, high):
                found |= mentions(body) - {name}
                stack += (low, high)
            case Number() | Text():
                pass
            case _:
                stack.extend(children(node))
    return frozenset(found)


def called(expression: Expression) -> frozenset[str]:
    """Every function that the expression calls."""
    return frozenset(node.function for node in walk(expression) if isinstance(node, Call))


def simulated(expression: Expression) -> tuple[Simulated, ...]:
    """Every call of a process, in the order of the text."""
    return tuple(node for node in walk(expression) if isinstance(node, Simulated))


def fractions(expression: Expression) -> frozenset[Fraction]:
    """Every `fraction` that the expression asks for."""
    return frozenset(node for node in walk(expression) if isinstance(node, Fraction))


def rewritten(expression: Expression, stands_for: Callable[[str], Expression]) -> Expression:
    """The expression with what each name stands for in the name's place; what a `root` binds stays."""

    def new(part: Expression) -> Expression:
        match part:
            case Name(name):
                return stands_for(name)
            case Root(name, body, low, high):
                name, body = _in_root(name, body, stands_for)
                return Root(name, body, new(low), new(high))
            case _:
                return _with_parts(part, new)

    return new(expression)


def _with_parts(part: Expression, new: Callable[[Expression], Expression]) -> Expression:
    """The expression made of new parts; one without parts stays, and so does the body of a `root`."""
    match part:
        case Unary(operator, operand):
            return Unary(operator, new(operand))
        case Binary(operator, left, right):
            return Binary(operator, new(left), new(right))
        case Compare(first, rest):
            return Compare(new(first), tuple((sign, new(right)) for sign, right in rest))
        case Logic(operator, operands):
            return Logic(operator, tuple(new(operand) for operand in operands))
        case Conditional(condition, then, otherwise):
            return Conditional(new(condition), new(then), new(otherwise))
        case Call(function, arguments, keywords):
            given = tuple((keyword, new(value)) for keyword, value in keywords)
            return Call(function, tuple(new(argument) for argument in arguments), given)
        case Root(name, body, low, high):
            return Root(name, body, new(low), new(high))
        case Simulated(process, inputs, output):
            return Simulated(process, tuple((name, new(value)) for name, value in inputs), output)
        case Name() | Number() | Text() | Fraction():
            return part


def _in_root(name: str, body: Expression, stands_for: Callable[[str], Expression]) -> tuple[str, Expression]:
    """The rewritten body of a `root`, whose own name changes where what comes in mentions the same name."""
    free = names(body) - {name}
    taken = free.union(*(names(stands_for(other)) for other in free))
    fresh = name
    while fresh in taken:
        fresh += "_"
    return fresh, rewritten(body, lambda other: Name(fresh) if other == name else stands_for(other))


def renamed(expression: Expression, name: Callable[[str], str], call: Callable[[str], str]) -> Expression:
    """The expression with other names.

    Args:
        expression: What is renamed; quoted names, keywords, outputs and what a `root` binds stay.
        name: Gives the new name of a name.
        call: Gives the new name of a function or process.
    """

    def new(part: Expression) -> Expression:
        match part:
            case Name(old):
                return Name(name(old))
            case Fraction(node, move):
                return Fraction(name(node), move)
            case Call(function):
                return replace(_with_parts(part, new), function=call(function))
            case Simulated(process):
                return replace(_with_parts(part, new), process=call(process))
            case Root(bound, body, low, high):
                outside = lambda old: old if old == bound else name(old)
                return Root(bound, renamed(body, outside, call), new(low), new(high))
            case _:
                return _with_parts(part, new)

    return new(expression)


def is_truth(expression: Expression) -> bool:
    """Whether the expression is true or false rather than a number."""
    match expression:
        case Compare() | Logic() | Unary("not", _):
            return True
        case Conditional(_, then, otherwise):
            return is_truth(then) and is_truth(otherwise)
        case _:
            return False
