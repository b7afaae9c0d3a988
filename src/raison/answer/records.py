"""What a run answers: small immutable records, the same for the terminal, the report, JSON and the library.

Shares are means over draws. Every share carries its standard error and a 95% interval; a field that does not
apply to a question, or is not finite, is None.
"""

from __future__ import annotations

import html
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1
"""Version of the JSON record; it changes when a field changes its meaning or goes away."""


_LONG = ("margin_histogram", "histogram", "errors", "outcome_errors")


def _plain(value: object) -> str:
    """A field in a table: numbers to six digits, a record's fields one after the other."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return str(value)


class Record(BaseModel):
    """An immutable record that knows nothing but its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, ser_json_inf_nan="null")


class Quantiles(Record):
    """Quantiles over draws, each within one part in a thousand of its own value."""

    q05: float
    median: float
    q95: float


class Histogram(Record):
    """Counts of draws between neighbouring edges; `len(edges) == len(counts) + 1`, the ends hold the rest."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Interval(Record):
    """A 95% interval and how it was made.

    `replicates`: Student's t with 15 degrees of freedom on 16 independent replicates.
    `clopper-pearson`: exact binomial (Clopper and Pearson 1934), where fewer than 30 draws differ.
    """

    low: float
    high: float
    method: Literal["replicates", "clopper-pearson"]


class Failure(Record):
    """A way in which draws failed, or are not known whole: a sentence and the share of draws."""

    reason: str
    share: float


class Multiplicity(Record):
    """What the equilibria of each draw say to a question: shares of the draws it applies to, which sum to 1.

    A tie of best moves counts as several equilibria.

    Attributes:
        in_all: The move is made in all equilibria (a threshold is passed in all).
        in_some: It is so in some but not in all, or with a probability that differs between them.
        in_none: In none.
        mixed: The move has the same probability between 0 and 1 in all.
        open: An equilibrium may be missing, and those that are known do not differ.
        open_reasons: Why one may be missing, with the share of all draws.
        errors: Standard errors of the shares, by the name of their field.
    """

    in_all: float
    in_some: float
    in_none: float
    mixed: float = 0.0
    open: float = 0.0
    open_reasons: tuple[Failure, ...] = ()
    errors: dict[str, float] = {}


class Verdict(Record):
    """The answer to one question.

    Attributes:
        name: The question's name, or one made from what it asks.
        kind: `move`, `event` or `amount`.
        player: Who moves at the asked node.
        node: The asked node.
        move: The asked move.
        event: The asked event, as written.
        amount: The asked amount, as written.
        given: The condition, as written.
        above: The asked threshold.
        whom: For whose payoff the move is judged (`for` in a file and in JSON).
        share: Mean of the question's number over the draws it applies to.
        standard_error: Of `share`; with a Clopper-Pearson interval, its width over 2 * 1.96.
        interval: 95% interval of `share`.
        all_equilibria: Mean of the number's smallest value over all equilibria: by subgame perfection the
            pure ones, else all that the concept has. A draw in which one may be missing counts 0.
        some_equilibrium: Mean of its largest value; a draw in which an equilibrium may be missing counts 1.
        equilibria_reason: Why the two are None, where they are.
        equilibria: How the draws divide, for moves and thresholds; None where every draw has one answer.
        best_reply: Share in which the move is a best reply at its node.
        mixed: Share of draws with a number strictly between 0 and 1; of a move in the limit of a branch, not
            within 1e-4 of either.
        tied: Share of draws with a tie at the asked node (for events and amounts, anywhere in the game).
        reached: Mean probability that play comes to the node.
        margin: Payoff of the asked move less that of the best other move, for the mover (or for `whom`),
            over the draws in which the move and another are available.
        margin_histogram: The same as counts.
        mean: Mean of an amount.
        mean_standard_error: Of `mean`.
        quantiles: Quantiles of an amount over draws.
        histogram: The amount as counts.
        outcomes: What follows: probability of each outcome when the asked move is made, mean over the draws
            in which it is chosen; None for other kinds of question.
        outcome_errors: Standard errors of `outcomes`.
        errors: Standard errors of the other shares, by the name of their field.
        unit: Unit of an amount that is one named quantity.
        applies: Share of draws to which the question applies (its `given` can hold).
        failed: Share of draws that failed; they are left out of everything else.
    """

    name: str
    kind: Literal["move", "event", "amount"]
    player: str | None = None
    node: str | None = None
    move: str | None = None
    event: str | None = None
    amount: str | None = None
    given: str | None = None
    above: float | None = None
    whom: str | None = Field(default=None, alias="for")
    share: float | None
    standard_error: float | None
    interval: Interval | None
    all_equilibria: float | None
    some_equilibrium: float | None
    equilibria_reason: str | None = None
    equilibria: Multiplicity | None = None
    best_reply: float | None
    mixed: float | None
    tied: float | None
    reached: float | None
    margin: Quantiles | None
    margin_histogram: Histogram | None = None
    mean: float | None
    mean_standard_error: float | None = None
    quantiles: Quantiles | None
    histogram: Histogram | None = None
    outcomes: dict[str, float] | None = None
    outcome_errors: dict[str, float] | None = None
    errors: dict[str, float] = {}
    unit: str | None = None
    applies: float | None = None
    failed: float | None = None

    def _repr_html_(self) -> str:
        """What a notebook shows: every field that says something, escaped."""
        said = self.model_dump(by_alias=True, exclude_none=True, exclude=set(_LONG))
        rows = "".join(
            f'<tr><th style="text-align:left">{html.escape(str(name))}</th>'
            f'<td style="text-align:left">{html.escape(_plain(value))}</td></tr>'
            for name, value in said.items()
        )
        return f"<table>{rows}</table>"


class Change(Record):
    """One question's answer with a premise removed, on the same draws.

    Attributes:
        question: Name of the question.
        value: Its share (mean, for an amount) without the premise.
        standard_error: Of `value`.
        value_interval: 95% interval of `value`; Clopper-Pearson's where fewer than 30 draws differ.
        difference: `value` less the answer with all premises.
        difference_standard_error: Of `difference`, from the paired replicates.
        interval: 95% interval of `difference`.
        failed: Share of draws that fail without the premise.
    """

    question: str
    value: float | None
    standard_error: float | None
    value_interval: Interval | None = None
    difference: float | None
    difference_standard_error: float | None
    interval: Interval | None = None
    failed: float | None


class Removal(Record):
    """The verdict without one premise, or without a named set of premises.

    Attributes:
        name: Of the premise or the set.
        premises: What was removed.
        says: The premise's statement, or the set's.
        unstated: The source does not state it.
        changes: One per question, in the questions' order.
    """

    name: str
    premises: tuple[str, ...]
    says: str
    unstated: bool
    changes: tuple[Change, ...]


class NodeAnswer(Record):
    """A node over all draws.

    Attributes:
        name: The node.
        player: Who moves; None for chance.
        reached: Mean probability that play comes to the node.
        reached_error: Its standard error.
        share_errors: Standard errors of `shares`.
        along_errors: Standard errors of `along`.
        shares: Per move, the share of draws in which it is chosen at the node; per case, its mean
            probability.
        along: Per move, the mean probability that play comes along it.
        tied: Share of draws in which the best moves tie.
        margin: Payoff of the chosen move less the best other; None for chance or a single move.
    """

    name: str
    player: str | None
    reached: float
    reached_error: float | None = None
    shares: dict[str, float]
    share_errors: dict[str, float] = {}
    along: dict[str, float]
    along_errors: dict[str, float] = {}
    tied: float | None
    margin: Quantiles | None


class ParameterAnswer(Record):
    """A parameter as it was drawn: quantiles and counts over the first block of draws.

    `premise_only` parameters are uncertain only where a premise is removed.
    """

    name: str
    fixed: float | str | None
    quantiles: Quantiles | None
    histogram: Histogram | None
    labels: dict[str, float] | None = None
    premise_only: bool = False


class ModelIdentity(Record):
    """Which model it was: its name, its title and the hash of its text."""

    name: str
    title: str
    sha256: str
    beliefs: bool = False


class Check(Record):
    """A sample of the draws checked by code that shares nothing with the solvers.

    Attributes:
        draws: How many solved ones, all of the first block.
        largest_gain: The most that anybody could gain by deviating in one of them, over the range of his
            payoffs there; 0 up to rounding in equilibria, and up to 1e-9 in the limit of a branch.
        belief_error: The most that a belief differs from Bayes' rule where play comes; None where nothing is
            hidden, or in games with amounts.
    """

    draws: int
    largest_gain: float
    belief_error: float | None = None


class PeriodAnswer(Record):
    """A question over the periods of a game that is played again.

    Attributes:
        question: Its name.
        share: Per period its share (mean, for an amount) over the play that comes there; None if none.
        errors: Standard errors of `share`.
        first: Of a move, per period the share of play in which it is first made there.
        never: Of a move, the share of play in which it is never made.
        mean_time: Mean period in which it is first made, where it is.
        once: Of a move, its share if the period were played once, with nothing after it.
        once_error: Standard error of `once`.
        differs: Share of draws in which playing once gives another number.
        policy: Of a move, the share of draws in which it is made in the first period, at each state of the
            grid, the last state running fastest; None where the grid has more than 5,000 points.
    """

    question: str
    share: tuple[float | None, ...] = ()
    errors: tuple[float | None, ...] = ()
    first: tuple[float, ...] | None = None
    never: float | None = None
    mean_time: float | None = None
    once: float | None = None
    once_error: float | None = None
    differs: float | None = None
    policy: tuple[float, ...] | None = None


class StateAnswer(Record):
    """A state variable: its name and its points, as shares of its grid where that differs between draws."""

    name: str
    points: tuple[float, ...]
    relative: bool = False


class RoundsAnswer(Record):
    """A game that is played again.

    Attributes:
        unit: What a period is.
        horizon: Number of periods; None for stationary.
        paths: Times that each draw was played forward.
        alive: Per period the share of play that comes to it.
        alive_errors: Standard errors of `alive`.
        going: Share of play that had not ended when it was broken off, or the horizon came.
        clipped: Mean share of the periods played in which a state was brought back onto its grid.
        states: The grid.
        questions: Those that are about a period.
    """

    unit: str | None
    horizon: int | None
    paths: int
    alive: tuple[float, ...]
    alive_errors: tuple[float | None, ...]
    going: float
    clipped: float
    states: tuple[StateAnswer, ...]
    questions: tuple[PeriodAnswer, ...]


class RunRecord(Record):
    """Everything a run answers: what `raison run --json` prints.

    Attributes:
        schema_version: Of the record.
        version: Of raison.
        versions: Of what it was made with.
        model: Which one.
        draws: How many.
        seed: Of the design.
        design: How the draws are spread.
        concept: By which solution concept; None for a model without a game.
        command: That makes the run again.
        without: Premises removed throughout.
        questions: A verdict each.
        removals: The verdicts without premises.
        nodes: Of the game.
        outcomes: Mean probability of each.
        outcome_errors: Standard errors of `outcomes`.
        parameters: As drawn.
        failures: Ways in which draws failed.
        failed: Share of draws that failed.
        forked: Share of draws, solved all the same, in which the branch of logit equilibria that was followed
            passed a bifurcation, as in symmetric games: it does not say which equilibrium is played.
        check: Of a sample of the draws; None where players err, or none was solved.
        rounds: Of a game that is played again; nodes and outcomes are then those of its first period.
    """

    schema_version: int = Field(default=SCHEMA, alias="schema")
    version: str
    versions: dict[str, str]
    model: ModelIdentity
    draws: int
    seed: int
    design: str
    concept: str | None = None
    command: str
    without: tuple[str, ...] = ()
    questions: tuple[Verdict, ...]
    removals: tuple[Removal, ...]
    nodes: tuple[NodeAnswer, ...]
    outcomes: dict[str, float]
    outcome_errors: dict[str, float] = {}
    parameters: tuple[ParameterAnswer, ...]
    failures: tuple[Failure, ...]
    failed: float
    forked: float = 0.0
    check: Check | None = None
    rounds: RoundsAnswer | None = None
