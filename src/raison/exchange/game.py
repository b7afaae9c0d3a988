"""A game as another program's file gives it: a tree or a table of exact numbers, nothing uncertain."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

CHANCE = -1
"""`InformationSet.player` where nature moves."""
NONE = -1
"""`TreeNode.information` where the game has ended."""
MAX_NODES = 100_000
"""Nodes of a tree, or payoffs of a table, that are read or written."""


@dataclass(frozen=True, slots=True)
class Payoffs:
    """What a named outcome of a file pays; a number for each player."""

    label: str
    amounts: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class InformationSet:
    """Nodes that their mover cannot tell apart, or chance nodes with the same cases.

    Attributes:
        player: Index of the mover, or `CHANCE`.
        number: As the file counts them, for each player apart.
        label: As the file has it; may be empty.
        moves: Labels of the moves or cases; may be empty or alike.
        probabilities: Of the cases, summing to one; empty for a player's moves.
    """

    player: int
    number: int
    label: str
    moves: tuple[str, ...]
    probabilities: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node of a tree.

    Attributes:
        label: As the file has it; may be empty.
        information: Index of its information set, or `NONE` where the game has ended.
        children: Indices of the nodes that its moves lead to.
        outcome: Number of the outcome that is paid here, on top of what was paid before; 0 for nothing.
        line: Where it stands in the file; 0 for a tree made otherwise.
    """

    label: str
    information: int
    children: tuple[int, ...]
    outcome: int = 0
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ExtensiveGame:
    """A game tree.

    Attributes:
        title: Of the game.
        players: Names as the file has them; may be empty or alike.
        nodes: The root first, parents before their children.
        sets: Information sets in the order in which nodes first belong to them.
        outcomes: By number; 0 is none of them.
        comment: A text about the game; may be empty.
    """

    title: str
    players: tuple[str, ...]
    nodes: tuple[TreeNode, ...]
    sets: tuple[InformationSet, ...]
    outcomes: Mapping[int, Payoffs]
    comment: str = ""

    def paid(self) -> tuple[tuple[Fraction, ...], ...]:
        """Per node, what each player has been paid from the root to there, the node included."""
        nothing = (Fraction(0),) * len(self.players)
        found: list[tuple[Fraction, ...]] = [nothing] * len(self.nodes)
        for index, node in enumerate(self.nodes):
            if node.outcome:
                amounts = self.outcomes[node.outcome].amounts
                found[index] = tuple(a + b for a, b in zip(found[index], amounts, strict=True))
            for child in node.children:
                found[child] = found[index]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TableGame:
    """A game in strategic form.

    Attributes:
        title: Of the game.
        players: Names as the file has them; may be empty or alike.
        strategies: Labels of each player's strategies; may be empty or alike.
        outcomes: By number, from 1.
        table: Number of the outcome of each profile, 0 for one that pays nothing; player 1's strategy
            varies fastest.
        comment: A text about the game; may be empty.
    """

    title: str
    players: tuple[str, ...]
    strategies: tuple[tuple[str, ...], ...]
    outcomes: Mapping[int, Payoffs]
    table: tuple[int, ...]
    comment: str = ""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of strategies of each player."""
        return tuple(len(labels) for labels in self.strategies)

    def profiles(self) -> Iterator[tuple[int, ...]]:
        """Every profile of strategies, in the order of `table`."""
        for index in range(math.prod(self.sizes)):
            profile: list[int] = []
            for size in self.sizes:
                index, strategy = divmod(index, size)
                profile.append(strategy)
            yield tuple(profile)

    def as_tree(self) -> ExtensiveGame:
        """The same game as a tree in which nobody sees what the others chose."""
        sets = tuple(InformationSet(player, 1, "", labels) for player, labels in enumerate(self.strategies))
        nodes: list[TreeNode] = []
        level, width = 0, 1
        for player, size in enumerate(self.sizes):
            first = level + width  # of the next player's nodes
            nodes += [
                TreeNode("", player, tuple(range(first + index * size, first + (index + 1) * size)))
                for index in range(width)
            ]
            level, width = first, width * size
        strides = [math.prod(self.sizes[:player]) for player in range(len(self.sizes))]
        for index in range(width):  # in the tree the last player's strategy varies fastest
            place = 0
            for player in range(len(self.sizes) - 1, -1, -1):
                index, strategy = divmod(index, self.sizes[player])
                place += strategy * strides[player]
            nodes.append(TreeNode("", NONE, (), self.table[place]))
        return ExtensiveGame(self.title, self.players, tuple(nodes), sets, self.outcomes, self.comment)
