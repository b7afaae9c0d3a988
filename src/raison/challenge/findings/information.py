"""What it would be worth to learn."""

from __future__ import annotations

from raison.answer.records import Record
from raison.challenge.findings.found import Found


class Learned(Record):
    """What it would be worth to learn one parameter, or two.

    Attributes:
        parameters: One or two.
        worth: To the decider, in units of his payoff; None where nobody decides.
        null: What the same number stays below 95 times in 100 if the parameter tells nothing.
        overturn: Chance that learning it overturns the conclusion; None for pairs.
        overturn_null: Likewise.
        share_if_overturned: The verdict then.
        share_error: Its standard error.
        reduction: Part of the verdict's variance that learning it would take away.
    """

    parameters: tuple[str, ...]
    worth: Found | None
    null: float | None
    overturn: Found | None = None
    overturn_null: float | None = None
    share_if_overturned: float | None = None
    share_error: float | None = None
    reduction: float | None = None


class Information(Record):
    """What to find out first.

    Attributes:
        question: Its name.
        decider: The player for whose payoff it is worth something: who moves at the node that is asked for.
        perfect: Worth of learning everything.
        parameters: The largest worth first; where nobody decides, the largest chance to overturn.
        pairs: Of two parameters together, if asked for.
        draws: How many it rests on.
    """

    question: str
    decider: str | None
    perfect: Found | None
    parameters: tuple[Learned, ...]
    pairs: tuple[Learned, ...] = ()
    draws: int = 0
