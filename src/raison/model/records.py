"""A model as plain immutable records: what a file says, with formulas parsed and nothing solved.

Mappings keep the order of the file. Order matters in three places only: a tie goes to the move listed first,
uncertain parameters take coordinates of the unit cube in order, and premises are removed in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from raison.model.formula import Formula, Text

if TYPE_CHECKING:
    from raison.model.process.records import Process


@dataclass(frozen=True, slots=True)
class Distribution:
    """A named distribution with its arguments as written; `raison.model.distribution` knows the kinds.

    Attributes:
        kind: `uniform`, `triangular`, `pert`, `normal`, `lognormal`, `beta`, `quantiles` or `choice`.
        arguments: Formulas of numbers and other parameters; a value of a `choice` may be a quoted name.
    """

    kind: str
    arguments: tuple[Formula, ...]

    @property
    def text(self) -> str:
        """As one would write it in a file."""
        return f"{self.kind}({', '.join(argument.text for argument in self.arguments)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The quoted names among the values of a `choice`; empty for numbers."""
        return tuple(a.expression.value for a in self.arguments if isinstance(a.expression, Text))


Definition = Distribution | Formula
"""What a name stands for: something uncertain, or a formula (a number is the simplest one)."""


@dataclass(frozen=True, slots=True)
class Player:
    """Someone who moves or is paid; `many` for a continuum of identical members with types of their own."""

    title: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that is uncertain (a distribution) or fixed (a formula that is a number).

    Attributes:
        value: Distribution or number.
        unit: Unit or label ("share of the prize"); None if dimensionless and unlabelled.
        about: What it is.
        because: Claims that it rests on.
        known_to: The players that know it, for a private type: a chance move before the root, whose
            distribution is the common prior. None for an ordinary parameter, which all know.
        steps: How finely a private type is cut; None for `TYPE_STEPS`.
    """

    value: Definition
    unit: str | None = None
    about: str | None = None
    because: tuple[str, ...] = ()
    known_to: tuple[str, ...] | None = None
    steps: int | None = None

    @property
    def is_private(self) -> bool:
        """Whether it is a private type."""
        return self.known_to is not None


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman rank correlation `rank` between every two of `among` (two or more parameters)."""

    among: tuple[str, ...]
    rank: float


@dataclass(frozen=True, slots=True)
class Function:
    """A named formula with arguments."""

    arguments: tuple[str, ...]
    body: Formula


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named formula."""

    value: Formula
    unit: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """The amounts of a move on a scale: `steps` numbers from `low` to `high`, both included."""

    low: Formula
    high: Formula
    steps: int


@dataclass(frozen=True, slots=True)
class Move:
    """What a player can do.

    Attributes:
        then: The next node or an outcome.
        when: The move is unavailable where this is false.
        scale: Of a move that is an amount (`range` and `steps` in a file); at most one of a node's moves.
    """

    then: str
    when: Formula | None = None
    scale: Scale | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A node where `player` picks one of `moves`.

    Attributes:
        player: Who moves.
        moves: What he can do.
        about: What happens here.
        hidden: Nodes whose results he does not see here.
        known_to: Who sees the result from then on, besides the mover; None for everybody.
        information: Decisions of one player with the same label here and the same moves are one information
            set, whatever he has seen; None for what follows from `hidden` and `known_to`.
    """

    player: str
    moves: Mapping[str, Move]
    about: str | None = None
    hidden: tuple[str, ...] = ()
    known_to: tuple[str, ...] | None = None
    information: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What may happen at a chance node; a `probability` of None is what the other cases leave over."""

    then: str
    probability: Formula | None


@dataclass(frozen=True, slots=True)
class Chance:
    """A node where nature picks one of `cases`; `known_to` are those who see it, None for everybody."""

    cases: Mapping[str, Case]
    about: str | None = None
    known_to: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """A node where nature draws a number from a distribution (`chance`, `over`, `steps`, `then` in a file).

    Attributes:
        distribution: Of the number.
        then: The node or outcome that follows.
        steps: How finely the distribution is cut.
        over: Interval over which it is cut; None for cells of equal probability.
        about: What happens here.
        known_to: Who sees the number; None for everybody.
    """

    distribution: Distribution
    then: str
    steps: int
    over: tuple[Formula, Formula] | None = None
    about: str | None = None
    known_to: tuple[str, ...] | None = None


Node = Decision | Chance | Spread

DRAWN = "drawn"
"""The one branch of a `Spread`."""
TYPE_STEPS = 64
"""Steps of a private type that does not say how many."""
STEPS = 101
"""Steps of a scale or of a chance draw from a distribution that does not say how many."""


@dataclass(frozen=True, slots=True)
class Premise:
    """A statement the argument rests on, with what the model becomes without it.

    Attributes:
        says: The statement.
        claims: Claims that make it.
        without: Replacements in order. A key is the name of a parameter or quantity (then the value is a
            `Distribution` or `Formula`) or a dotted path into `game`, `outcomes`, `solution` or `processes`
            (then the value is plain data as in a file: text, None to delete, or a mapping to merge), or
            `NAME.known_to` of a parameter (then `all` or a list of players).
        unstated: The source does not state it.
        rival: Premises that contradict it.
    """

    says: str
    without: Mapping[str, object]
    claims: tuple[str, ...] = ()
    unstated: bool = False
    rival: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PremiseSet:
    """A named set of premises that are removed together (`sets` in a file)."""

    premises: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody said. `credibility` is the Admiralty scale 1 (confirmed) to 6 (cannot be judged)."""

    says: str
    source: str
    at: str | None = None
    credibility: int | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where it was said. `reliability` is the Admiralty scale A (reliable) to F (cannot be judged)."""

    title: str
    author: str | None = None
    kind: str | None = None
    reliability: str | None = None
    date: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A state variable of a game that is played again.

    Attributes:
        start: Its value in the first period.
        grid: Its lowest and highest value; None where it has `values`.
        steps: How finely the grid is cut, both ends included.
        values: The values that it can have; empty where it has a grid.
    """

    start: Formula
    grid: tuple[Formula, Formula] | None = None
    steps: int = 0
    values: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Number of points."""
        return len(self.values) if self.grid is None else self.steps


@dataclass(frozen=True, slots=True)
class Rounds:
    """How a game is played again (`rounds` in a file).

    Attributes:
        horizon: Number of periods; None for stationary.
        discount: By player, how much the next period's worth counts in this one.
        state: What is carried over.
        terminal: By player, what the state is worth after the last period; 0 if left out.
        unit: What a period is.
    """

    horizon: int | None
    discount: Mapping[str, Formula]
    state: Mapping[str, Carried]
    terminal: Mapping[str, Formula] = field(default_factory=dict)
    unit: str | None = None


GRID_STEPS = 21
"""Steps of a state variable that does not say how many."""


@dataclass(frozen=True, slots=True)
class Question:
    """A number asked of each draw: exactly one of `move` (with `node`), `event`, `amount`.

    Attributes:
        node: Where the move is made.
        move: Its name.
        event: A condition on results of play.
        amount: A number of results of play.
        given: Condition under which it is asked.
        above: The number becomes 1 if greater than this, else 0.
        player: For whom (`for:` in a file): is the move, for this player's payoff, at least as good as every
            other?
        name: What to call it; None to derive one.
        period: The round that is asked about; None for the first.
        state: The state that is asked about, by name; what is not named is where it starts.
    """

    node: str | None = None
    move: str | None = None
    event: Formula | None = None
    amount: Formula | None = None
    given: Formula | None = None
    above: float | None = None
    player: str | None = None
    name: str | None = None
    period: int | None = None
    state: Mapping[str, float] | None = None

    @property
    def kind(self) -> Literal["move", "event", "amount"]:
        """Which of the three kinds of question it is."""
        return "move" if self.node is not None else "event" if self.event is not None else "amount"

    @property
    def label(self) -> str:
        """Its name, or one made from what it asks."""
        if self.name is not None:
            return self.name
        if self.node is not None:
            asked = f"{self.node}: {self.move}"
        else:
            formula = self.event or self.amount
            asked = formula.text if formula is not None else ""
        given = f" given {self.given.text}" if self.given is not None else ""
        above = f" above {self.above:g}" if self.above is not None else ""
        whom = f" for {self.player}" if self.player is not None else ""
        when = f" in period {self.period}" if self.period is not None else ""
        at = ", ".join(f"{name} {value:g}" for name, value in (self.state or {}).items())
        return asked + given + above + whom + when + (f" at {at}" if at else "")


@dataclass(frozen=True, slots=True)
class Lever:
    """What a player other than the mover can set: a range, a set of values, or a commitment at a node.

    Attributes:
        range: Lowest and highest value of a parameter.
        values: The values that it can be set to (`set:` in a file).
        commit: The moves that the player can commit to, where the lever is a node.
        cost: Comes off the player's payoff everywhere.
    """

    range: tuple[float, float] | None = None
    values: tuple[float, ...] | None = None
    commit: tuple[str, ...] | None = None
    cost: Formula | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """How the game is to be solved; None where the file does not say and the concept's default holds.

    Attributes:
        concept: `subgame-perfect`, `logit`, `sequential`, `nash` or `strategic-choice`; None for
            subgame-perfect where nothing is hidden, else sequential.
        precision: Of `logit`, in units of the mover's payoff range; None for the limit of the branch.
        select: Which equilibrium is played where there are several: `logit-limit`, the limit of the branch.
        link: Of `strategic-choice`: `probit` or `logit`.
        error: Of `strategic-choice`: `agent` or `private`.
        refinement: Of `sequential`: `intuitive` or `d1`; None for none.
        amounts: Of `sequential`: `stepped`, the default, or `refined`.
    """

    concept: str | None = None
    precision: Formula | None = None
    select: str | None = None
    link: str | None = None
    error: str | None = None
    refinement: str | None = None
    amounts: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One file: players, parameters, game, and the argument around them.

    `game` and `outcomes` are empty for a model without a game. `outcomes[name][player]` is a payoff.
    With `rounds`, the game is one period; `next[outcome][state]` is what an outcome makes of a state (one
    that is not named stays), and play ends with the outcomes in `ends`.
    """

    title: str
    name: str = "model"
    about: str | None = None
    beliefs: bool = False
    players: Mapping[str, Player] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()
    functions: Mapping[str, Function] = field(default_factory=dict)
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    game: Mapping[str, Node] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, Formula]] = field(default_factory=dict)
    premises: Mapping[str, Premise] = field(default_factory=dict)
    sets: Mapping[str, PremiseSet] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    levers: Mapping[str, Mapping[str, Lever]] = field(default_factory=dict)
    solution: Solution = field(default_factory=Solution)
    processes: Mapping[str, Process] = field(default_factory=dict)
    rounds: Rounds | None = None
    next: Mapping[str, Mapping[str, Formula]] = field(default_factory=dict)
    ends: tuple[str, ...] = ()

    @property
    def root(self) -> str | None:
        """The one node that nothing points to; None without a game.

        Where a further node is reached only with a premise removed, the root is the one no premise names.
        """
        pointed = {branch.then for node in self.game.values() for branch in branches(node).values()}
        loose = [name for name in self.game if name not in pointed]
        if len(loose) > 1:
            premised = {text for premise in self.premises.values() for text in _texts(premise.without)}
            return next((name for name in loose if name not in premised), loose[0])
        return loose[0] if loose else None


def _texts(value: object) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)


def branches(node: Node) -> Mapping[str, Move] | Mapping[str, Case]:
    """The moves of a decision or the cases of a chance node; a draw from a distribution has one, `DRAWN`."""
    if isinstance(node, Spread):
        return {DRAWN: Case(node.then, None)}
    return node.moves if isinstance(node, Decision) else node.cases


def solved_by(model: Model) -> str:
    """The solution concept of a model, whether the file names it or not."""
    return model.solution.concept or ("sequential" if hides(model) else "subgame-perfect")


def hides(model: Model) -> bool:
    """Whether somebody does not see something: a private type, a hidden result, an information label."""
    return any(parameter.is_private for parameter in model.parameters.values()) or any(
        node.known_to is not None
        or (isinstance(node, Decision) and (bool(node.hidden) or node.information is not None))
        for node in model.game.values()
    )
