"""The form that every analysis is shown in, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raison.challenge.findings import Found
from raison.show import numbers
from raison.show.text import one_line


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its heads, its rows, and the side of each column (`<` or `>`)."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aligned: str


@dataclass(frozen=True, slots=True)
class Section:
    """One analysis of one question.

    Attributes:
        anchor: Of the section on a page.
        title: What it answers.
        sentences: Two or three.
        picture: Inline SVG; None where there is nothing to draw.
        legend: Class and meaning of the picture's colours.
        table: The numbers.
    """

    anchor: str
    title: str
    sentences: tuple[str, ...]
    picture: str | None = None
    legend: tuple[tuple[str, str], ...] = ()
    table: Table | None = None


def title(text: str, question: str, several: bool) -> str:
    """A section's title, with the question where there are several."""
    return f"{text}: {one_line(question)}" if several else text


def value(number: float | str | None) -> str:
    """A number of the model, or a name."""
    if number is None:
        return "none"
    return one_line(number) if isinstance(number, str) else numbers.significant(number, 4)


def share(number: float | None, error: float | None, *, points: bool = False) -> str:
    """A share with its error, or a change of one in points."""
    if number is None:
        return "no answer"
    half = numbers.half_width(error) or 0.0
    half = half if half > numbers.NOISE else 0.0  # below it is one of arithmetic and not of draws
    places = numbers.decimals(100 * half) if half else 1
    text = numbers.fixed(100 * number, places)
    if points and number > 0:
        text = f"+{text}"
    shown = text if points else f"{text}%"
    return f"{shown} ± {numbers.fixed(100 * half, places)}" if half else shown


def signed(number: float | None, error: float | None) -> str:
    """A change with its sign and its error."""
    if number is None:
        return "none"
    half = numbers.half_width(error) or 0.0
    places = numbers.decimals(half) if half else 3
    text = numbers.fixed(number, places)
    text = f"+{text}" if number > 0 else text
    return f"{text} ± {numbers.fixed(half, places)}" if half else text


def measured(found: Found | None) -> str:
    """A number with its error; a dash where there is none."""
    if found is None or found.value is None:
        return "–"
    return numbers.with_error(found.value, found.standard_error)


def number(found: Found | None) -> float:
    """A number that was found; 0 where none was, which is how it is drawn and ordered."""
    return 0.0 if found is None or found.value is None else found.value


def is_clear(found: Found | None) -> bool:
    """Whether a number is told apart from nothing: its interval lies on one side of zero."""
    if found is None or found.low is None or found.high is None:
        return False
    return found.low > 0 or found.high < 0


def ends(found: Found | None) -> tuple[float, float] | None:
    """The interval, for a picture."""
    if found is None or found.low is None or found.high is None:
        return None
    return found.low, found.high


def listed(parts: Sequence[str], joint: str = "and") -> str:
    """`a, b and c`."""
    *first, last = parts
    return f"{', '.join(first)} {joint} {last}" if first else last
