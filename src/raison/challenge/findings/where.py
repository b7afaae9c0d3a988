"""Regions in which a conclusion holds."""

from __future__ import annotations

from raison.answer.records import Record
from raison.challenge.findings.found import Found


class Box(Record):
    """A region of the draws: limits on parameters, and what they are worth on draws not used to find it.

    Attributes:
        words: The limits and the score in one line.
        limits: The limits alone; empty for a box without any.
        density: Share of the draws inside for which the answer is yes.
        coverage: Share of the draws with that answer which lie inside.
        mass: Share of the draws that lie inside.
        chance: By limit's parameter, the quasi-p-value: chance of so dense a box if the limit did nothing.
        reached: Whether it has the density that was asked for.
    """

    words: str
    limits: str
    density: Found
    coverage: Found
    mass: float
    chance: dict[str, float]
    reached: bool


class Passed(Record):
    """A box passed on the way: its coverage and density on the half that it was found on."""

    coverage: float
    density: float


class Where(Record):
    """Where a conclusion holds.

    Attributes:
        question: Its name.
        asked: The density that was asked for.
        share: Of all draws, the answer.
        boxes: By PRIM, the first is the main one.
        trade_off: Boxes passed on the way to the first, from the whole space.
        leaves: Of a classification tree, by falling density: the second view.
    """

    question: str
    asked: float
    share: float
    boxes: tuple[Box, ...]
    trade_off: tuple[Passed, ...]
    leaves: tuple[Box, ...]
