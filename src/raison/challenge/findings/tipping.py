"""Where an answer tips."""

from __future__ import annotations

from typing import Literal

from raison.answer.records import Record


class FlipAt(Record):
    """Where one parameter alone flips the answer, the others at their central values.

    Attributes:
        value: The parameter's first value beyond the flip, seen from the centre.
        last_value: The last before it; the same number where it is continuous, to rounding.
        yes_above: Whether the answer is yes above the flip; None where there is no answer.
        share: Share of the parameter's draws below the flip.
        kind: `root` where the margin passes zero, `jump` where it leaps over it, `undefined` where the model
            stops having an answer.
        formula: What `value` is in the model's own names, in the language of model files; None where it is
            not a parameter's nearest flip, no root, or has no closed form.
    """

    value: float | str
    last_value: float | str
    yes_above: bool | None
    share: float
    kind: Literal["root", "jump", "undefined"]
    formula: str | None = None


class Flipping(Record):
    """One parameter moved through its whole range.

    Attributes:
        parameter: Its name.
        centre: Its central value.
        centre_share: Share of the parameter's draws below it; of a choice, about the middle of its value's.
        flips: From low to high; empty where it alone cannot change the answer.
        nearest: The flip nearest to the centre, in shares of its draws.
        share_between: Share of the parameter's draws between the centre and that flip.
        smallest_margin: Along the way.
        largest_margin: Along the way.
    """

    parameter: str
    centre: float | str
    centre_share: float
    flips: tuple[FlipAt, ...]
    nearest: FlipAt | None
    share_between: float | None
    smallest_margin: float | None
    largest_margin: float | None


class NearestFlipAt(Record):
    """The point nearest to the medians at which the answer is the other one, all parameters free to move.

    Attributes:
        distance: From the medians, in standard deviations of independent normal variables (the reliability
            index of Hasofer and Lind 1974).
        values: What the parameters are there, those that make at least a hundredth of the way.
        parts: Their shares of the squared distance, which say what the flip takes.
        probability: Of such a flip if it were the only place, to first order.
        checked: Points nearer to the medians that were looked at and have not flipped.
        stands: None of these has flipped.
        at_medians: The medians lie on the boundary themselves, to within what solvers call a tie.
    """

    distance: float
    values: dict[str, float | str]
    parts: dict[str, float]
    probability: float
    checked: int
    stands: bool
    at_medians: bool = False


class Tipping(Record):
    """Where a question's answer tips.

    Attributes:
        question: Its name.
        yes: The answer at the central point; None where there is none.
        margin: There.
        on_boundary: The answer changes at the central point itself, to within what solvers call a tie.
        parameters: Each moved alone, those that flip it first, nearest first.
        nearest: None where it was not asked for, or none was found within reach.
        reach: Distance within which it was looked for; None where it was not.
        no_formulas: Why flips have no formulas in this model; None where these are looked for.
    """

    question: str
    yes: bool | None
    margin: float | None
    on_boundary: bool
    parameters: tuple[Flipping, ...]
    nearest: NearestFlipAt | None = None
    reach: float | None = None
    no_formulas: str | None = None
