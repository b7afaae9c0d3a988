"""How far an answer moves if distributions are wrong, and how rare an answer is."""

from __future__ import annotations

from typing import Literal

from raison.answer.records import Record
from raison.challenge.findings.found import Found


class Shape(Record):
    """The verdict if one parameter's distribution were bent.

    Attributes:
        parameter: Its name.
        shape: Density by which the stated one is multiplied, along the share of the parameter's draws below.
        number: The verdict then; None where too few draws would carry it.
        standard_error: Of `number`.
        difference: `number` less the stated verdict, on the same draws.
        difference_error: Its standard error.
    """

    parameter: str
    shape: str
    number: float | None
    standard_error: float | None
    difference: float | None
    difference_error: float | None


class AtWorst(Record):
    """One parameter in that twentieth of its draws where the verdict is lowest, and where it is highest.

    Attributes:
        parameter: Its name.
        low: The verdict where it is lowest.
        low_error: Its standard error.
        low_at: The parameter there, from and to.
        high: The verdict where it is highest.
        high_error: Its standard error.
        high_at: The parameter there, from and to.
    """

    parameter: str
    low: float | None
    low_error: float | None
    low_at: tuple[float | str, float | str]
    high: float | None
    high_error: float | None
    high_at: tuple[float | str, float | str]


class Bound(Record):
    """Least and largest share under distributions within a distance of the stated one.

    Attributes:
        radius: Kullback-Leibler divergence from the stated distribution, in nats.
        low: Least share.
        high: Largest share.
        low_with_error: Least, if the answer itself is at the lower end of its interval as well.
        high_with_error: Largest, likewise at the upper end.
    """

    radius: float
    low: float
    high: float
    low_with_error: float | None = None
    high_with_error: float | None = None


class Robustness(Record):
    """How far an answer moves if the stated distributions are wrong.

    Attributes:
        question: Its name.
        is_share: Whether the answer is a share, with a conclusion that can be overturned; else a mean amount.
        number: The answer on the draws of the challenge.
        standard_error: Of `number`; the bounds are those of `number` itself.
        bounds: By growing Kullback-Leibler radius; of an amount, those that the draws can tell.
        variation: The same within radii of total variation; of a share only.
        overturned_at: Divergence at which the share can be on the other side of one half; None where none
            suffices.
        overturned_shift: How much that is: one normal parameter moved by so many standard deviations lies as
            far from where it was.
        overturned_low: Lower end of the 95% interval of `overturned_at`.
        overturned_high: Upper end; None where it has no end.
        shapes: Each parameter bent to each shape, the largest change first.
        worst: Each parameter at its worst, the widest range first.
    """

    question: str
    is_share: bool
    number: float
    standard_error: float | None
    bounds: tuple[Bound, ...]
    variation: tuple[Bound, ...] = ()
    overturned_at: float | None = None
    overturned_shift: float | None = None
    overturned_low: float | None = None
    overturned_high: float | None = None
    shapes: tuple[Shape, ...] = ()
    worst: tuple[AtWorst, ...] = ()


class Rare(Record):
    """The share of a conclusion that hardly any draw has, or hardly any lacks.

    Attributes:
        question: Its name.
        event: What is rare: that the answer is yes, or no.
        share: Its share, with the error over repetitions.
        counted: The same by counting the draws of the run.
        draws: Of the run.
        evaluations: Of the model.
        reached: Repetitions that came to the event.
        repetitions: Of the simulation.
    """

    question: str
    event: Literal["yes", "no"]
    share: Found
    counted: float
    draws: int
    evaluations: int
    reached: int
    repetitions: int
