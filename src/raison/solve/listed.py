"""Records of the equilibria of a game at one point, to be read, printed and stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Range:
    """A number, and where an equilibrium leaves it room its least and greatest value."""

    central: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SetPlay:
    """What is done and believed at one information set in an equilibrium.

    Attributes:
        node: Its node.
        player: Who moves.
        seen: Results that he sees there, by node.
        probability: By move.
        exact: The same as fractions where the game was solved in exact arithmetic.
        belief: Per history that he cannot tell apart, the results that he does not see, and how likely he
            takes it to be: a point where play comes, and off the path of a sequential equilibrium the range
            of the beliefs that support it. Empty where he knows where he is, and off the path of a Nash
            equilibrium, where he may believe anything.
        reached: Probability that play comes there.
        excluded: A Nash equilibrium in which the player's own strategy excludes the set: any move is as good
            there, and even odds stand for them.
    """

    node: str
    player: str
    seen: tuple[tuple[str, str], ...]
    probability: Mapping[str, Range]
    exact: Mapping[str, Fraction] | None
    belief: tuple[tuple[tuple[tuple[str, str], ...], Range], ...]
    reached: float
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """One equilibrium of the list.

    Attributes:
        sets: What is done at each information set.
        value: By player, the expected payoff; of a continuum that of the representative.
        gain: The most that anybody could gain by deviating, over his payoff range, by a checker that shares
            no code with the solver; 0 up to rounding.
        is_pure: Every move is made for sure or not at all, where play can come.
        is_continuum: It is one of a continuum. Of sequential equilibria the ranges in `sets` are its ends;
            of Nash equilibria this one is an end, and `others` are further ones.
        others: Of Nash equilibria, numbers in the list, from 0, of the further ends of its connected set.
        shape: In signalling games `pooling`, `separating` or `semi-separating`.
        is_weak: Off the path its beliefs were checked for weak consistency only: it is a perfect Bayesian
            equilibrium and may not be sequential.
        passes_intuitive: The intuitive criterion; None where it does not apply.
        passes_d1: D1; None where it does not apply.
        is_played: It is the one that the solution plays.
    """

    sets: tuple[SetPlay, ...]
    value: Mapping[str, float]
    gain: float
    is_pure: bool
    is_continuum: bool
    others: tuple[int, ...] = ()
    shape: str | None = None
    is_weak: bool = False
    passes_intuitive: bool | None = None
    passes_d1: bool | None = None
    is_played: bool = False


@dataclass(frozen=True, slots=True)
class Equilibria:
    """The equilibria of a game at one point.

    Attributes:
        concept: `nash` or `sequential`; in games of perfect information sequential is subgame-perfect.
        status: A sentence: whether all were found, or why some may be missing.
        is_complete: None is missing, where a continuum counts with its ends.
        is_degenerate: Payoffs tie, or equilibria come in continua.
        is_exact: Solved in exact arithmetic.
        equilibria: The list.
    """

    concept: str
    status: str
    is_complete: bool
    is_degenerate: bool
    is_exact: bool
    equilibria: tuple[Equilibrium, ...]
