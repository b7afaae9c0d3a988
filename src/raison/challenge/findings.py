"""What the analyses of a verdict found, by the names that the model gives: small immutable records."""

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
    """

    question: str
    yes: bool | None
    margin: float | None
    on_boundary: bool
    parameters: tuple[Flipping, ...]
    nearest: NearestFlipAt | None = None
    reach: float | None = None


class Setting(Record):
    """Levers set by one player, and what comes of it, on the draws that are answered with it and without.

    Attributes:
        levers: By lever, the value or the move that it is set to; a lever that is left alone is not there.
        number: Mean of the question's number.
        standard_error: Of `number`.
        difference: `number` less that of the plain solution on the same draws.
        difference_error: Its standard error, paired.
        payoff: What the player expects of the game less the cost of the levers.
        payoff_difference: `payoff` less that of the plain solution.
        payoff_error: Standard error of `payoff_difference`, paired.
        failed: Share of the draws that fail at the setting.
        on_front: No other setting has a lower number and as high a payoff, or a higher payoff and as low a
            number: the price of each step towards less of the move.
    """

    levers: dict[str, float | str]
    number: float | None
    standard_error: float | None
    difference: float | None
    difference_error: float | None
    payoff: float | None
    payoff_difference: float | None
    payoff_error: float | None
    failed: float
    on_front: bool = False


class PlayerLevers(Record):
    """What one player can do about one question.

    Attributes:
        question: Its name.
        player: Whose levers.
        plain: Nothing set.
        curves: By lever, settings of it alone: values of a range in order, or the moves.
        joint: Settings of all his levers together, where there are several; else those of the one.
        least: Where the number is smallest, in `joint`.
        most: Where it is largest.
        clear: The number at `least` and at `most` differs by more than twice its error.
        draws: How many each setting was asked on.
    """

    question: str
    player: str
    plain: Setting
    curves: dict[str, tuple[Setting, ...]]
    joint: tuple[Setting, ...]
    least: Setting
    most: Setting
    clear: bool
    draws: int


class Bound(Record):
    """Least and largest share under distributions within a distance of the stated one.

    Attributes:
        radius: Kullback-Leibler divergence from the stated distribution, in nats.
        low: Least share.
        high: Largest share.
    """

    radius: float
    low: float
    high: float


class Robustness(Record):
    """How far a share moves if the stated distributions are wrong.

    Attributes:
        question: Its name.
        share: On the draws of the challenge.
        standard_error: Of `share`; the bounds are those of `share` itself.
        bounds: By growing radius.
        overturned_at: Divergence at which the share can be on the other side of one half; None where none
            suffices.
    """

    question: str
    share: float
    standard_error: float | None
    bounds: tuple[Bound, ...]
    overturned_at: float | None


class Challenge(Record):
    """What challenges the verdicts of one run.

    Attributes:
        model: Name of the model.
        sha256: Of its text.
        draws: Draws kept whole for it, the first ones of the run's design.
        seed: Of the design and of everything random.
        questions: Names of the questions that were challenged.
        tipping: One for each of them whose answer can flip.
        levers: One for each of them and each player who can do something about it.
        robustness: One for each whose answer is a share.
        left_out: Analyses that were not done, and why.
    """

    model: str
    sha256: str
    draws: int
    seed: int
    questions: tuple[str, ...]
    tipping: tuple[Tipping, ...] = ()
    levers: tuple[PlayerLevers, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    left_out: tuple[str, ...] = ()
