"""Equations of XMILE as formulas of the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from raison.model.formula import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Name,
    Number,
    Unary,
)

_TOKEN = re.compile(
    r"""(?P<space>\s+|\{[^}]*\})
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
      | (?P<mark><>|<=|>=|[-+*/^()<>=,])""",
    re.VERBOSE,
)
_PLAIN = {  # functions that mean the same under another name
    "abs": ("abs", 1),
    "exp": ("exp", 1),
    "ln": ("log", 1),
    "max": ("max", 2),
    "min": ("min", 2),
    "sqrt": ("sqrt", 1),
}
_COMPARED = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
MOST_DEEP = 40


class EquationError(ValueError):
    """An equation that cannot be read; the message says what is in it."""


class Equations:
    """A reader of equations.

    Args:
        known: What names stand for, by their canonical form.
        step: The time step.
        start: The time at which the model starts; processes start at 0.
        stop: When it ends.
    """

    def __init__(self, known: Mapping[str, str], step: float, start: float, stop: float) -> None:
        self.known = known
        now: Expression = Name("time")
        self.time = now if start == 0 else Binary("+", now, _number(start))
        self.fixed = {"dt": step, "starttime": start, "stoptime": stop, "pi": 3.141592653589793}
        self.start = start

    def read(self, text: str) -> Expression:
        """The expression of an equation.

        Raises:
            EquationError: it is not in the subset.
        """
        return _Reader(self, text).whole()


def canonical(name: str) -> str:
    """A name as XMILE compares it: without case, and with one underscore for any white space."""
    bare = name.strip().removeprefix('"').removesuffix('"')
    return re.sub(r"(?:\\n|[\s_\u00a0])+", "_", bare).lower()


def _number(value: float) -> Expression:
    text = repr(abs(value)).removesuffix(".0")
    return Unary("-", Number(text)) if value < 0 else Number(text)


class _Reader:
    """Recursive descent over the tokens of one equation."""

    def __init__(self, equations: Equations, text: str) -> None:
        self.equations = equations
        self.text = " ".join(text.split())
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise EquationError(f"'{text[position]}' in '{self.text[:60]}' is not read")
            if match.lastgroup != "space":
                self.tokens.append((match.lastgroup or "", match.group()))
            position = match.end()
        self.tokens.append(("end", ""))
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at][1].lower()

    def take(self, *texts: str) -> str | None:
        if self.tokens[self.at][0] in ("mark", "name") and self.peek() in texts:
            self.at += 1
            return self.tokens[self.at - 1][1].lower()
        return None

    def need(self, text: str) -> None:
        if not self.take(text):
            raise EquationError(f"'{self.text[:60]}' needs '{text}' but has '{self.peek() or 'its end'}'")

    def whole(self) -> Expression:
        found = self.conditional()
        if self.tokens[self.at][0] != "end":
            raise EquationError(f"'{self.peek()}' in '{self.text[:60]}' is not read")
        return found

    def conditional(self) -> Expression:
        self.depth += 1
        if self.depth > MOST_DEEP:
            raise EquationError(f"'{self.text[:60]}' is nested more than {MOST_DEEP} deep")
        if self.take("if"):
            condition = self.conditional()
            self.need("then")
            then = self.conditional()
            self.need("else")
            found: Expression = Conditional(condition, then, self.conditional())
        else:
            found = self.chain(("or",), lambda: self.chain(("and",), self.negation))
        self.depth -= 1
        return found

    def chain(self, operators: tuple[str, ...], part: Callable[[], Expression]) -> Expression:
        found = part()
        while operator := self.take(*operators):
            right = part()
            if operator in ("and", "or"):
                found = Logic(operator, (found, right))
            elif operator == "mod":
                found = Binary("%", found, right)
            else:
                found = Binary(operator, found, right)
        return found

    def negation(self) -> Expression:
        if self.take("not"):
            return Unary("not", self.negation())
        left = self.sum()
        if operator := self.take(*_COMPARED):
            return Compare(left, ((_COMPARED[operator], self.sum()),))
        return left

    def sum(self) -> Expression:
        return self.chain(("+", "-"), lambda: self.chain(("*", "/", "mod"), self.sign))

    def sign(self) -> Expression:
        if operator := self.take("-", "+"):
            return Unary(operator, self.sign())
        base = self.atom()
        return Binary("**", base, self.sign()) if self.take("^") else base

    def atom(self) -> Expression:
        kind, text = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return Number(text)
        if self.take("("):
            inside = self.conditional()
            self.need(")")
            return inside
        if kind not in ("name", "quoted"):
            raise EquationError(f"'{self.text[:60]}' needs a number or a name but has '{text or 'its end'}'")
        self.at += 1
        name = canonical(text)
        if name in self.equations.known:
            return Name(self.equations.known[name])
        if name == "time":
            return self.equations.time
        if name in self.equations.fixed:
            return _number(self.equations.fixed[name])
        if self.take("("):
            return self.call(text, self.arguments())
        raise EquationError(f"'{text}' in '{self.text[:60]}' is not defined")

    def arguments(self) -> list[Expression]:
        found: list[Expression] = []
        while not self.take(")"):
            found.append(self.conditional())
            if not self.take(",") and self.peek() != ")":
                raise EquationError(
                    f"'{self.text[:60]}' needs ',' or ')' but has '{self.peek() or 'its end'}'"
                )
        return found

    def call(self, function: str, arguments: list[Expression]) -> Expression:
        name, count = function.lower(), len(arguments)
        if name in _PLAIN and count == _PLAIN[name][1]:
            return Call(_PLAIN[name][0], tuple(arguments))
        time = self.equations.time
        match name, arguments:
            case "log10", [x]:
                return Binary("/", Call("log", (x,)), Call("log", (Number("10"),)))
            case "int", [x]:
                return Conditional(Compare(x, (("<", Number("0")),)), Call("ceil", (x,)), Call("floor", (x,)))
            case "step", [height, first]:
                return Conditional(Compare(time, ((">=", first),)), height, Number("0"))
            case "ramp", [slope, first]:
                return Binary("*", slope, Call("max", (Binary("-", time, first), Number("0"))))
            case "ramp", [slope, first, last]:
                run = Call("clip", (time, first, last))
                return Binary("*", slope, Binary("-", run, first))
            case "safediv", [_, Number(value=0)]:
                return Number("0")
            case "safediv", [a, b]:
                return Conditional(Compare(b, (("==", Number("0")),)), Number("0"), Binary("/", a, b))
            case _:
                raise EquationError(f"the function '{function.upper()}' with {count} arguments is not read")
