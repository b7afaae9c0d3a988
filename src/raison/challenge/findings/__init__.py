"""What the analyses of a verdict found, by the names that the model gives: small immutable records."""

from __future__ import annotations

from raison.answer.records import Record
from raison.challenge.findings.doubt import AtWorst, Bound, Rare, Robustness, Shape
from raison.challenge.findings.found import Found
from raison.challenge.findings.information import Information, Learned
from raison.challenge.findings.levers import PlayerLevers, Setting
from raison.challenge.findings.premises import OverturningSet, PremisePair, PremiseShare, Subset, Together
from raison.challenge.findings.sensitivity import Failing, FailurePredictor, InputSensitivity, Sensitivity
from raison.challenge.findings.tipping import FlipAt, Flipping, NearestFlipAt, Tipping
from raison.challenge.findings.where import Box, Passed, Where

__all__ = [
    "AtWorst",
    "Bound",
    "Box",
    "Challenge",
    "Failing",
    "FailurePredictor",
    "FlipAt",
    "Flipping",
    "Found",
    "Information",
    "InputSensitivity",
    "Learned",
    "NearestFlipAt",
    "OverturningSet",
    "Passed",
    "PlayerLevers",
    "PremisePair",
    "PremiseShare",
    "Rare",
    "Robustness",
    "Sensitivity",
    "Setting",
    "Shape",
    "Subset",
    "Tipping",
    "Together",
    "Where",
]


class Challenge(Record):
    """What challenges the verdicts of one run.

    Attributes:
        model: Name of the model.
        sha256: Of its text.
        draws: Draws kept whole for it, the first ones of the run's design.
        seed: Of the design and of everything random.
        questions: Names of the questions that were challenged.
        tipping: One for each of them whose answer can flip.
        together: Its premises, in all combinations.
        where: Regions in which the answer is yes.
        levers: One for each of them and each player who can do something about it.
        sensitivity: Of its margin and of its number.
        failing: What predicts a failure; None where no draw fails.
        information: What to learn first.
        robustness: If the distributions are wrong.
        rare: One for each whose answer is nearly always the same.
        left_out: Analyses that were not done, and why.
    """

    model: str
    sha256: str
    draws: int
    seed: int
    questions: tuple[str, ...]
    together: tuple[Together, ...] = ()
    tipping: tuple[Tipping, ...] = ()
    where: tuple[Where, ...] = ()
    levers: tuple[PlayerLevers, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    failing: Failing | None = None
    information: tuple[Information, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    rare: tuple[Rare, ...] = ()
    left_out: tuple[str, ...] = ()
