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
        overturned_low: Lower end of its 95% interval.
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
    overturned_low: float | None = None
    overturned_high: float | None = None
    shapes: tuple[Shape, ...] = ()
    worst: tuple[AtWorst, ...] = ()


class Found(Record):
    """A number with its error; None for what could not be found.

    Attributes:
        value: The estimate.
        standard_error: Of it.
        low: Lower end of the 95% interval.
        high: Upper end.
    """

    value: float | None
    standard_error: float | None
    low: float | None
    high: float | None


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


class Learned(Record):
    """What it would be worth to learn one parameter, or two.

    Attributes:
        parameters: One or two.
        worth: To the decider, in units of his payoff; None where nobody decides.
        null: What the same number stays below 95 times in 100 if the parameter tells nothing.
        overturn: Chance that learning it overturns the conclusion; None for pairs.
        overturn_null: Likewise.
        share_if_overturned: The verdict then.
        reduction: Part of the verdict's variance that learning it would take away.
    """

    parameters: tuple[str, ...]
    worth: Found | None
    null: float | None
    overturn: Found | None = None
    overturn_null: float | None = None
    share_if_overturned: float | None = None
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


class Rare(Record):
    """The share of a conclusion that hardly any draw has, or hardly any lacks.

    Attributes:
        question: Its name.
        event: What is rare: that the answer is yes, or no.
        share: Its share, with the error over repetitions.
        counted: The same by counting the draws of the run.
        evaluations: Of the model.
        reached: Repetitions that came to the event.
        repetitions: Of the simulation.
    """

    question: str
    event: Literal["yes", "no"]
    share: Found
    counted: float
    evaluations: int
    reached: int
    repetitions: int


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
