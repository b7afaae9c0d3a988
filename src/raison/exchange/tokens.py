"""Gambit's files as tokens: words, numbers, texts in quotes, braces and commas, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NoReturn

from raison.model.problem import ModelError, Problem

MAX_DIGITS = 300
"""Characters of one number; with no more, every number and ratio of two is a finite float64."""
MAX_BYTES = 20_000_000

Kind = Literal["number", "text", "word", "{", "}", ",", "end"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>"(?:[^"\\]|\\.)*"?)                 # without the last quote where the file ends too soon
  | (?P<number>[+-]?\d+/\d*|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<mark>[{},])
  | (?P<word>[^\s{},"]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAMES: dict[str, str] = {
    "number": "a number",
    "text": "a text in quotes",
    "word": "a word",
    "end": "the end of the file",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a file; `text` is without quotes and escapes."""

    kind: Kind
    text: str
    line: int

    @property
    def shown(self) -> str:
        """As it is called in a message."""
        if self.kind == "end":
            return "the end of the file"
        shown = self.text if len(self.text) <= 40 else self.text[:37] + "..."
        return f'the text "{shown}"' if self.kind == "text" else f"'{shown}'"


class Tokens:
    """The tokens of a file, read from the front.

    Args:
        text: The whole file.
        file: Its name, for messages.
    """

    def __init__(self, text: str, file: str | None) -> None:
        self.file = file
        self.tokens = _split(text, file)
        self.at = 0

    @property
    def next(self) -> Token:
        """The token that stands next; at the end, the end."""
        return self.tokens[self.at]

    def take(self, kind: Kind, what: str) -> Token:
        """Read one token.

        Args:
            kind: That it must have.
            what: What is needed here, for the message.

        Raises:
            ModelError: another kind of token stands here.
        """
        token = self.next
        if token.kind != kind:
            self.fail(f"{what} is needed here; got {token.shown}.")
        self.at += kind != "end"
        return token

    def comes(self, kind: Kind) -> bool:
        """Read one token if it is of the kind; whether it was."""
        found = self.next.kind == kind
        self.at += found and kind != "end"
        return found

    def whole(self, what: str, least: int = 0) -> int:
        """Read a whole number of at least `least`.

        Raises:
            ModelError: something else stands here.
        """
        token = self.take("number", what)
        value = _fraction(token.text)
        if value is None or value.denominator != 1 or value < least or value >= 2**31:
            self.fail(f"{what} is a whole number from {least}; got {token.shown}.", token.line)
        return value.numerator

    def fraction(self, what: str) -> Fraction:
        """Read a number: whole, decimal, with an exponent, or a ratio.

        Raises:
            ModelError: something else stands here, or a number that is too long, or a division by zero.
        """
        token = self.take("number", what)
        value = _fraction(token.text)
        if value is None:
            self.fail(
                f"{what} is a number such as 2, -0.5 or 1/3, of at most {MAX_DIGITS} digits; got "
                f"{token.shown}.",
                token.line,
            )
        return value

    def texts(self, what: str) -> tuple[str, ...]:
        """Read texts up to a closing brace, which is read too.

        Raises:
            ModelError: something else stands there.
        """
        found: list[str] = []
        while not self.comes("}"):
            if found:
                self.comes(",")
            found.append(self.take("text", f"{what} in quotes, or '}}',").text)
        return tuple(found)

    def fail(self, message: str, line: int | None = None) -> NoReturn:
        """Say what is wrong, at the line of the token that stands next unless another is given.

        Raises:
            ModelError: always.
        """
        line = self.next.line if line is None else line
        raise ModelError((Problem(message, file=self.file, line=line),))


def decode(raw: bytes, file: str | None) -> str:
    """A file's bytes as text: UTF-8, or Latin-1 as older files are.

    Raises:
        ModelError: the file is too large.
    """
    if len(raw) > MAX_BYTES:
        size = f"{len(raw) / 1e6:.0f} MB"
        raise ModelError(
            (Problem(f"a game file has at most {MAX_BYTES // 10**6} MB; got {size}.", file=file),)
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _fraction(text: str) -> Fraction | None:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > MAX_DIGITS:
        return None
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
    return value if abs(value) < 10**MAX_DIGITS else None


def _split(text: str, file: str | None) -> list[Token]:
    tokens: list[Token] = []
    line, at = 1, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "every character begins a token"
        kind, found = match.lastgroup, match.group()
        if kind == "text":
            if len(found) < 2 or not found.endswith('"') or _is_escaped(found):
                raise ModelError(
                    (Problem("a text in quotes is not closed; add '\"'.", file=file, line=line),)
                )
            tokens.append(Token("text", found[1:-1].replace('\\"', '"'), line))
        elif kind == "mark":
            tokens.append(Token("{" if found == "{" else "}" if found == "}" else ",", found, line))
        elif kind in ("number", "word"):
            tokens.append(Token("number" if kind == "number" else "word", found, line))
        line += found.count("\n")
        at = match.end()
    tokens.append(Token("end", "", line))
    return tokens


def _is_escaped(text: str) -> bool:
    """Whether the last quote of a text belongs to it."""
    slashes = len(text) - 1 - len(text[:-1].rstrip("\\"))
    return slashes % 2 == 1
