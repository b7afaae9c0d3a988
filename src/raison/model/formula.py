"""Formulas: a checked subset of Python expressions, parsed once into immutable nodes.

The grammar, loosest binding first::

    conditional := or ["if" or "else" conditional]
    or          := and {"or" and}          and := not {"and" not}
    not         := "not" not | comparison
    comparison  := sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}
    sum         := product {("+" | "-") product}
    product     := sign {("*" | "/" | "//" | "%") sign}
    sign        := ("+" | "-") sign | power
    power       := atom ["**" sign]
    atom        := number | name | quoted text | "(" conditional ")" | name "(" arguments ")" ["." name]

`fraction(node, 'move')` and `root(name, formula, low, high)` look like calls and have nodes of their own.

It is our own parser, not `ast`, so that time and memory are bounded whatever the text is, and every refusal
can say what to write instead. Nothing is ever passed to `eval`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from raison.model.expression import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Formula,
    Fraction,
    Logic,
    Name,
    Number,
    Root,
    Simulated,
    Text,
    Unary,
    called,
    children,
    fractions,
    height,
    is_truth,
    mentions,
    names,
    renamed,
    rewritten,
    simulated,
    walk,
)

__all__ = [
    "KNOWN_FUNCTIONS",
    "MAX_DEPTH",
    "MAX_HEIGHT",
    "MAX_LENGTH",
    "SPECIAL",
    "Binary",
    "Call",
    "Compare",
    "Conditional",
    "Expression",
    "Formula",
    "FormulaError",
    "Fraction",
    "Logic",
    "Name",
    "Number",
    "Root",
    "Simulated",
    "Text",
    "Unary",
    "called",
    "children",
    "fractions",
    "height",
    "is_truth",
    "mentions",
    "names",
    "number",
    "parse",
    "renamed",
    "rewritten",
    "simulated",
    "walk",
]

MAX_LENGTH = 5_000  # characters of one formula
MAX_KEPT = (
    4_000  # formulas that are remembered, so that a text that is read again after a change is read sooner
)
MAX_DEPTH = 50  # nested brackets, signs or powers
MAX_HEIGHT = 150  # operations one above the other, as in a long sum; evaluating recurses this deep

KNOWN_FUNCTIONS: Mapping[str, tuple[int, int]] = {
    # name: least and most arguments
    "abs": (1, 1),
    "ceil": (1, 1),
    "clip": (3, 3),
    "exp": (1, 1),
    "floor": (1, 1),
    "log": (1, 1),
    "logistic": (1, 1),
    "logit": (1, 1),
    "max": (2, 20),
    "min": (2, 20),
    "normal_cdf": (1, 1),
    "normal_pdf": (1, 1),
    "normal_quantile": (1, 1),
    "sqrt": (1, 1),
    "tanh": (1, 1),
}
"""Functions that every formula may call, with the least and most arguments each takes."""

SPECIAL: Mapping[str, str] = {
    "fraction": "fraction(node, 'move')",
    "root": "root(name, formula, low, high)",
}
"""What looks like a call, but takes names as well as numbers; with the way it is written."""


class FormulaError(ValueError):
    """A text that is not an allowed formula; the message says what is needed and what to do."""


@lru_cache(maxsize=MAX_KEPT)
def parse(text: str) -> Formula:
    """Parse and check one formula.

    Args:
        text: The formula, at most `MAX_LENGTH` characters, nested at most `MAX_DEPTH` deep.

    Returns:
        The formula; its names are not resolved yet.

    Raises:
        FormulaError: the text is not in the grammar above, or is too long or too deep.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"a formula has at most {MAX_LENGTH} characters; got {len(text)}. Split it into quantities."
        )
    parser = _Parser(_tokens(text), text)
    expression = parser.conditional(0)
    parser.finish()
    if height(expression) > MAX_HEIGHT:
        raise parser.too_high()
    return Formula(" ".join(text.split()), expression)


def number(value: float | int | str) -> Formula:
    """The formula that is just this number, exact for ints and shortest decimal for floats."""
    return parse(repr(value) if not isinstance(value, str) else value)


# --- parsing ----------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
      | (?P<output>\.\s*[^\W\d]\w*)
      | (?P<text>'[^'\n]*'|"[^"\n]*")
      | (?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>(),=])""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "if", "else"})
_REFUSED_WORDS = frozenset({"lambda", "for", "in", "is", "import", "yield", "await", "async", "None"})
_INSTEAD = {
    "^": "write '**' for a power",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not' or '!='",
    "[": "lists and indices are not part of formulas",
    "]": "lists and indices are not part of formulas",
    "{": "mappings are not part of formulas; a formula with a comma or ': ' inside {...} needs quotes",
    "}": "mappings are not part of formulas; a formula with a comma or ': ' inside {...} needs quotes",
    ":": "':' and ':=' are not part of formulas",
    ".": "attributes are not part of formulas, only outputs of processes are: name(x=1).output",
    "'": "the quote is not closed",
    '"': "the quote is not closed",
    ";": "a formula is one expression",
    "@": "write '*' for a product",
    "–": "write '-' for minus",
    "−": "write '-' for minus",
    "×": "write '*' for a product",
    "≤": "write '<='",
    "≥": "write '>='",
    "%": "write the share, as 0.5 for 50%",
}


_Rule = Callable[[int], Expression]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number, name, output, text, operator, word, end
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            character = text[position]
            hint = _INSTEAD.get(character, "only numbers, names, quoted names, operators and brackets are")
            raise FormulaError(f"{_quoted(character)} is not allowed in {_excerpt(text)}; {hint}.")
        kind, token = match.lastgroup or "", match.group()
        if kind == "output" and token.removeprefix(".").lstrip().startswith("__"):
            kind = "name"
        if kind == "name":
            if any(part.startswith("__") for part in token.split(".")):
                raise FormulaError(
                    f"the name '{token[:60]}' is not allowed; names may not begin with two underscores."
                )
            if token in _REFUSED_WORDS:
                raise FormulaError(
                    f"'{token}' is not allowed in {_excerpt(text)}; a formula has numbers, names, "
                    "arithmetic, comparisons, and/or/not, 'a if c else b', and calls."
                )
            if token in _WORDS:
                kind = "word"
        if kind != "space":
            tokens.append(_Token(kind, token, position))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _quoted(text: str) -> str:
    return f"'{text}'" if text.isprintable() else repr(text)


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return f"'{flat}'" if len(flat) <= 80 else f"'{flat[:77]}...'"


class _Parser:
    """Recursive descent over the tokens; `depth` is bounded so that recursion is."""

    def __init__(self, tokens: list[_Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.at = 0

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        token = self.tokens[self.at]
        if token.kind in ("operator", "word") and token.text in texts:
            self.at += 1
            return token
        return None

    def fail(self, needed: str) -> FormulaError:
        token = self.peek()
        given = "the end" if token.kind == "end" else f"'{token.text[:60]}'"
        if token.kind == "operator" and token.text == "=":
            return FormulaError(f"'=' is not a comparison in {_excerpt(self.text)}; write '=='.")
        if token.kind == "output":
            return FormulaError(f"'.' is not allowed in {_excerpt(self.text)}; {_INSTEAD['.']}.")
        hint = "."
        if token.kind == "end" and self.text.count("(") > self.text.count(")"):
            hint = "; a bracket is not closed (inside {...} a formula is cut at a comma; quote it)."
        return FormulaError(f"{_excerpt(self.text)} needs {needed} but has {given}{hint}")

    def deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise FormulaError(
                f"{_excerpt(self.text)} is nested more than {MAX_DEPTH} deep; split it into quantities."
            )
        return depth + 1

    def too_high(self) -> FormulaError:
        return FormulaError(
            f"{_excerpt(self.text)} has more than {MAX_HEIGHT} operations one above the other; split it into "
            "quantities."
        )

    def finish(self) -> None:
        token = self.peek()
        if token.kind == "end":
            return
        if token.text == ")":
            raise FormulaError(f"{_excerpt(self.text)} has a ')' too many.")
        raise self.fail("an operator or its end")

    def conditional(self, depth: int) -> Expression:
        depth = self.deeper(depth)
        then = self.disjunction(depth)
        if not self.take("if"):
            return then
        condition = self.disjunction(depth)
        if not self.take("else"):
            raise self.fail("'else'")
        return Conditional(condition, then, self.conditional(depth))

    def disjunction(self, depth: int) -> Expression:
        return self.logic("or", self.conjunction, depth)

    def conjunction(self, depth: int) -> Expression:
        return self.logic("and", self.negation, depth)

    def logic(self, operator: str, operand: _Rule, depth: int) -> Expression:
        operands = [operand(depth)]
        while self.take(operator):
            operands.append(operand(depth))
        return operands[0] if len(operands) == 1 else Logic(operator, tuple(operands))

    def negation(self, depth: int) -> Expression:
        if self.take("not"):
            return Unary("not", self.negation(self.deeper(depth)))
        return self.comparison(depth)

    def comparison(self, depth: int) -> Expression:
        first = self.sum(depth)
        rest: list[tuple[str, Expression]] = []
        while token := self.take("<", "<=", ">", ">=", "==", "!="):
            rest.append((token.text, self.sum(depth)))
        return Compare(first, tuple(rest)) if rest else first

    def sum(self, depth: int) -> Expression:
        return self.chain(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Expression:
        return self.chain(("*", "/", "//", "%"), self.sign, depth)

    def chain(self, operators: tuple[str, ...], operand: _Rule, depth: int) -> Expression:
        left = operand(depth)
        links = 0
        while token := self.take(*operators):
            links += 1
            if links > MAX_HEIGHT:
                raise self.too_high()
            left = Binary(token.text, left, operand(depth))
        return left

    def sign(self, depth: int) -> Expression:
        if token := self.take("-", "+"):
            return Unary(token.text, self.sign(self.deeper(depth)))
        return self.power(depth)

    def power(self, depth: int) -> Expression:
        base = self.atom(depth)
        if self.take("**"):
            return Binary("**", base, self.sign(self.deeper(depth)))
        return base

    def atom(self, depth: int) -> Expression:
        token = self.peek()
        if token.kind == "number":
            self.at += 1
            following = self.peek()
            if following.kind == "name" and following.position == token.position + len(token.text):
                raise FormulaError(
                    f"'{(token.text + following.text)[:60]}' is neither a number nor a name in "
                    f"{_excerpt(self.text)}; write '*' between a number and a name."
                )
            text = token.text.replace("_", "")
            if float(text) == float("inf"):
                raise FormulaError(f"the number {token.text[:60]} is too large for double precision.")
            return Number(text)
        if token.kind == "text":
            self.at += 1
            return Text(token.text[1:-1])
        if token.kind == "name":
            self.at += 1
            return self.call(token.text, depth) if self.take("(") else Name(token.text)
        if self.take("("):
            inside = self.conditional(depth)
            if not self.take(")"):
                raise self.fail("')'")
            return inside
        raise self.fail("a number or a name")

    def call(self, function: str, depth: int) -> Expression:
        arguments: list[Expression] = []
        keywords: list[tuple[str, Expression]] = []
        while not self.take(")"):
            token, following = self.peek(), self.tokens[min(self.at + 1, len(self.tokens) - 1)]
            if token.kind == "name" and following.text == "=" and following.kind == "operator":
                self.at += 2
                if any(name == token.text for name, _ in keywords):
                    raise FormulaError(f"{function}(...) gets '{token.text}' twice in {_excerpt(self.text)}.")
                keywords.append((token.text, self.conditional(depth)))
            elif keywords:
                raise self.fail("a keyword argument, since one stands before it,")
            else:
                arguments.append(self.conditional(depth))
            if self.take(","):
                continue
            if self.peek().text != ")":
                raise self.fail("',' or ')'")
        if self.peek().kind == "output":
            return self.simulated(function, arguments, keywords)
        if function in SPECIAL:
            return self.special(function, arguments, bool(keywords))
        return Call(function, tuple(arguments), tuple(keywords))

    def simulated(
        self, process: str, arguments: list[Expression], keywords: list[tuple[str, Expression]]
    ) -> Expression:
        output = self.peek().text.removeprefix(".").lstrip()
        self.at += 1
        if arguments:
            raise FormulaError(
                f"{process}(...).{output[:60]} takes its inputs by name, as in "
                f"{process}(x=1).{output[:60]}; got "
                f"{_excerpt(self.text)}."
            )
        return Simulated(process, tuple(keywords), output)

    def special(self, function: str, arguments: list[Expression], has_keywords: bool) -> Expression:
        match function, arguments:
            case "fraction", [Name(node), Text(move)] if not has_keywords:
                return Fraction(node, move)
            case "root", [Name(name), body, low, high] if not has_keywords and "." not in name:
                return Root(name, body, low, high)
            case _:
                raise FormulaError(f"{function} is written {SPECIAL[function]}; got {_excerpt(self.text)}.")
