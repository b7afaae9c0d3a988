"""Premises removed, as rows of a table with a drawing in each: the statement, the change, and what is left.

The drawing of a row is a stem from zero to the change with its 95% interval, on one scale for all premises
and sets, so that the column reads as one chart.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from raison.answer.records import RunRecord, Verdict
from raison.model.records import Model
from raison.show import numbers, words
from raison.show.text import one_line

WIDTH = 300  # of the drawing in px
MARGIN = 14.0  # room left and right of the scale, for the labels of its ends
_TICKS = 6  # about so many steps


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the scale: where it is, in px, and its label."""

    x: float
    label: str
    zero: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """Changes of the answer, in points or the unit of an amount, on a line of `WIDTH` px."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> float:
        """Where a change is drawn, in px."""
        return _place(value, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Stem:
    """The drawing of one change, in px: zero, the change, and the ends of its interval."""

    zero: float
    at: float
    low: float
    high: float
    clear: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in words, and the same for sorting."""

    text: str
    sort: float
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PremiseRow:
    """A premise or a set of them: its statement and what its removal does to each question.

    Attributes:
        name: Of the premise or the set.
        members: Names and anchors of a set's premises; empty for a premise.
        says: Its statement.
        unstated: The source does not state it.
        claims: Footnote numbers of the claims it rests on; a set shows none, its members do.
        without: The first question's answer without it.
        stem: Drawing of the first question's change; None where there is no answer.
        cells: Change of each question.
        anchor: Id of the row.
    """

    name: str
    members: tuple[tuple[str, str], ...]
    says: str
    unstated: bool
    claims: tuple[int, ...]
    without: Cell
    stem: Stem | None
    cells: tuple[Cell, ...]
    anchor: str | None


def refs(model: Model, names: Iterable[str]) -> tuple[int, ...]:
    """Footnote numbers of claims, in the order of the file."""
    known = {name: number for number, name in enumerate(model.claims, start=1)}
    return tuple(sorted({known[name] for name in names if name in known}))


def premise_scale(record: RunRecord) -> Scale | None:
    """The scale on which all premises and sets of a run are drawn; None where nothing has an answer."""
    found = [h for sets in (False, True) for h in words.hinges(record, 0, sets=sets)]
    ends = [
        end
        for hinge in found
        if (size := hinge.change.difference) is not None and math.isfinite(size)
        for half in [words.half_width(hinge.change) or 0.0]
        for end in (size - half, size + half)
    ]
    if not ends:
        return None
    verdict = record.questions[0]
    factor = _factor(verdict)
    low, high = factor * min(*ends, 0.0), factor * max(*ends, 0.0)
    if high - low <= 0:
        low, high = -1.0, 1.0
    step = _round_step((high - low) / _TICKS)
    low, high = step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    steps = [low + step * i for i in range(round((high - low) / step) + 1)]
    ticks = tuple(Tick(_place(s, low, high), numbers.fixed(s, places), abs(s) < step / 2) for s in steps)
    return Scale(low, high, ticks)


def premise_rows(model: Model, record: RunRecord, *, sets: bool) -> tuple[PremiseRow, ...]:
    """Premises, or named sets of them, by what their removal does to the first question, largest first."""
    anchors = {name: f"premise-{i}" for i, name in enumerate(model.premises, start=1)}
    scale = premise_scale(record)
    rows: list[PremiseRow] = []
    for hinge in words.hinges(record, 0, sets=sets):
        names = hinge.removal.premises
        cells = [
            _cell(verdict, change)
            for verdict, change in zip(record.questions, hinge.removal.changes, strict=False)
        ]
        known = [model.premises[name] for name in names if name in model.premises and not sets]
        rows.append(
            PremiseRow(
                name=one_line(hinge.removal.name),
                members=tuple((one_line(n), anchors.get(n, "")) for n in names) if sets else (),
                says=one_line(hinge.removal.says),
                unstated=hinge.removal.unstated,
                claims=refs(model, (claim for p in known for claim in p.claims)),
                without=Cell(words.value(record.questions[0], hinge.change), hinge.change.value or 0.0),
                stem=_stem(record.questions[0], hinge, scale),
                cells=tuple(cells),
                anchor=None if sets else anchors.get(names[0]),
            )
        )
    return tuple(rows)


def blocks(questions: Sequence[object], width: int) -> tuple[range, ...]:
    """Indices of the questions but the first, in even groups of at most `width`: the columns of a table."""
    rest = len(questions) - 1
    count = -(-rest // width)
    bounds = [1 + rest * i // count for i in range(count + 1)] if count else [1]
    return tuple(range(a, b) for a, b in itertools.pairwise(bounds))


def _cell(verdict: Verdict, change: words.Change) -> Cell:
    size = change.difference or 0.0
    return Cell(words.difference(verdict, change), abs(size), abs(size) > (words.half_width(change) or 0.0))


def _stem(verdict: Verdict, hinge: words.Hinge, scale: Scale | None) -> Stem | None:
    size = hinge.change.difference
    if scale is None or size is None or not math.isfinite(size):
        return None
    half, factor = words.half_width(hinge.change) or 0.0, _factor(verdict)
    low, at, high = (scale.place(factor * value) for value in (size - half, size, size + half))
    return Stem(scale.place(0.0), at, low, high, hinge.larger_than_error)


def _factor(verdict: Verdict) -> float:
    return 1.0 if words.is_mean(verdict) else 100.0


def _place(value: float, low: float, high: float) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * (value - low) / (high - low)


def _round_step(size: float) -> float:
    """The least of 1, 2, 5 and 10 times a power of ten that is not smaller."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= size * (1 - 1e-9))
