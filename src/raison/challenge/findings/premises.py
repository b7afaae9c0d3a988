"""What premises do for a conclusion, in all combinations."""

from __future__ import annotations

from typing import Literal

from raison.answer.records import Record
from raison.challenge.findings.found import Found


class PremiseShare(Record):
    """What one premise does for a conclusion.

    Attributes:
        premise: Its name.
        share: Its Shapley share of the difference between the verdict with all premises and with none.
        alone: The verdict without it, all others in place, less the verdict with all; None where there is no
            such model.
    """

    premise: str
    share: Found
    alone: float | None


class PremisePair(Record):
    """Two premises that do not simply add up.

    Attributes:
        first: The one.
        second: The other.
        interaction: Their Shapley interaction.
        kind: `together` if neither has a share without the other; `either` if one is enough; else `partly`.
    """

    first: str
    second: str
    interaction: Found
    kind: Literal["together", "either", "partly"]


class Subset(Record):
    """The verdict without some premises.

    Attributes:
        removed: Which.
        number: The verdict.
        standard_error: Of `number`.
    """

    removed: tuple[str, ...]
    number: float | None
    standard_error: float | None


class OverturningSet(Record):
    """A set of premises whose removal overturns the conclusion.

    Attributes:
        premises: Which.
        number: What is left of the verdict.
        standard_error: Of `number`.
        overturns: Whether it is on the other side of the threshold; False where it is within its error.
        is_sure: Neither it nor a part of it that was solved is within its error of the threshold.
        is_smallest: No part of it overturns; False where not all parts were tried.
    """

    premises: tuple[str, ...]
    number: float | None
    standard_error: float | None
    overturns: bool
    is_sure: bool
    is_smallest: bool


class Together(Record):
    """What the premises do for one conclusion, in all combinations.

    Attributes:
        question: Its name.
        is_share: Whether the verdict is a share; else a mean amount.
        whole: The verdict with all premises in place, on the draws of the subsets.
        bare: The verdict with none.
        premises: The largest share first.
        pairs: The strongest interaction first.
        subsets: The verdict of every subset, where all were solved; else empty.
        overturning: The smallest sets whose removal overturns the conclusion.
        searched: All sets of up to this many premises were tried.
        threshold: Where the conclusion turns.
        holds: Whether the verdict is above it.
        draws: Of each subset.
        solved: Subsets that were solved.
        error: Largest standard error of a subset's verdict.
        refused: Sets of premises without which there is no model, and why.
    """

    question: str
    is_share: bool
    whole: Found
    bare: Found
    premises: tuple[PremiseShare, ...]
    pairs: tuple[PremisePair, ...]
    subsets: tuple[Subset, ...]
    overturning: tuple[OverturningSet, ...]
    searched: int
    threshold: float
    holds: bool
    draws: int
    solved: int
    error: float | None
    refused: tuple[str, ...] = ()
