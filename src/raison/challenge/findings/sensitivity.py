"""What an answer varies with, and what predicts a failure."""

from __future__ import annotations

from typing import Literal

from raison.answer.records import Record
from raison.challenge.findings.found import Found


class InputSensitivity(Record):
    """How much of an answer's variation one parameter or quantity explains.

    Attributes:
        name: Of the parameter, the correlated parameters, or the quantity.
        first: First-order Sobol index.
        total: Total index; None without a design for it.
        effect: Shapley effect; None where parameters are independent, or it was not asked for.
        pawn: Density-based index; None but for a margin.
        pawn_null: What it stays below 95 times in 100 for an input that tells nothing.
    """

    name: str
    first: Found | None
    total: Found | None = None
    effect: Found | None = None
    pawn: Found | None = None
    pawn_null: float | None = None


class Sensitivity(Record):
    """What the variation of one answer comes from.

    Attributes:
        question: Its name.
        answer: The margin, or the number that the question asks (the verdict).
        found: Whether there is anything to explain, and enough draws.
        reason: Why not; empty where there is.
        method: How first-order indices were made: from a design of their own, or from the given draws.
        evaluations: Of the design; 0 without.
        failed: Evaluations that failed.
        parameters: The largest index first (total, where there is one).
        groups: Correlated parameters, which have a total index only together.
        middle: Quantities of the model, likewise by first-order index from the given draws.
    """

    question: str
    answer: Literal["margin", "number"]
    found: bool
    reason: str
    method: Literal["design", "given"]
    evaluations: int
    failed: int
    parameters: tuple[InputSensitivity, ...]
    groups: tuple[InputSensitivity, ...] = ()
    middle: tuple[InputSensitivity, ...] = ()


class FailurePredictor(Record):
    """A parameter that tells whether a draw fails.

    Attributes:
        name: Its name.
        explained: First-order index of failing; None where too few draws fail or succeed.
        low: Least value in the tenth of the draws by this parameter that fails most.
        high: Largest there.
        failing: Share of that tenth's draws that fail.
    """

    name: str
    explained: Found | None
    low: float | str
    high: float | str
    failing: float


class Failing(Record):
    """Draws without an answer.

    Attributes:
        share: Of the draws of the challenge.
        predictors: The best first.
    """

    share: float
    predictors: tuple[FailurePredictor, ...]
