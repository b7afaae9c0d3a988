"""What players could gain against a profile of a game tree, in exact numbers where those are given."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from raison.exchange.game import CHANCE, NONE, ExtensiveGame

Profile = Sequence[Sequence[Fraction]] | Sequence[Sequence[float]]
"""Probabilities of the moves at each information set, in the order of `ExtensiveGame.sets`; any at chance."""


def ends(game: ExtensiveGame, profile: Profile) -> tuple[float | Fraction, ...]:
    """Per node the probability that play ends there; 0 at nodes that are no end."""
    reached: list[float | Fraction] = [Fraction(0)] * len(game.nodes)
    reached[0] = Fraction(1)
    for index, node in enumerate(game.nodes):
        if node.information == NONE:
            continue
        here, reached[index] = reached[index], Fraction(0)
        for child, probability in zip(node.children, _mixture(game, profile, node.information), strict=True):
            reached[child] = here * probability
    return tuple(reached)


def regrets(game: ExtensiveGame, profile: Profile) -> tuple[float, ...]:
    """What each player could gain by another strategy, relative to his payoff range.

    Args:
        game: With perfect recall.
        profile: What is played.

    Returns:
        A number for each player; exactly 0 in a Nash equilibrium if the profile is exact.
    """
    paid = game.paid()
    last = [index for index, node in enumerate(game.nodes) if node.information == NONE]
    likely = ends(game, profile)
    found: list[float] = []
    for player in range(len(game.players)):
        amounts = [paid[index][player] for index in last]
        kept = sum((likely[index] * paid[index][player] for index in last), start=Fraction(0))
        spread = max(amounts) - min(amounts)
        gain = _best(game, profile, player, paid) - kept
        found.append(float(gain / spread) if spread else 0.0)
    return tuple(found)


def _mixture(game: ExtensiveGame, profile: Profile, information: int) -> Sequence[Fraction] | Sequence[float]:
    place = game.sets[information]
    return place.probabilities if place.player == CHANCE else profile[information]


def _best(
    game: ExtensiveGame, profile: Profile, player: int, paid: Sequence[Sequence[Fraction]]
) -> float | Fraction:
    """What a player gets from the best strategy he has."""
    weight: list[float | Fraction] = [Fraction(1)] * len(game.nodes)  # how likely the others bring play there
    moved = [0] * len(game.nodes)
    members: dict[tuple[int, int], list[int]] = {}  # by how often he has moved before, and set
    for index, node in enumerate(game.nodes):
        if node.information == NONE:
            continue
        own = game.sets[node.information].player == player
        if own:
            members.setdefault((moved[index], node.information), []).append(index)
        mixture = _mixture(game, profile, node.information)
        for child, probability in zip(node.children, mixture, strict=True):
            weight[child] = weight[index] if own else weight[index] * probability
            moved[child] = moved[index] + own
    chosen: dict[int, int] = {}

    def worth(root: int) -> float | Fraction:
        total: float | Fraction = Fraction(0)
        stack = [root]
        while stack:
            index = stack.pop()
            node = game.nodes[index]
            if node.information == NONE:
                total += weight[index] * paid[index][player]
            elif game.sets[node.information].player == player:
                stack.append(node.children[chosen[node.information]])
            else:
                stack.extend(node.children)
        return total

    for (_, information), nodes in sorted(members.items(), reverse=True):
        values = [
            sum((worth(game.nodes[index].children[move]) for index in nodes), start=Fraction(0))
            for move in range(len(game.sets[information].moves))
        ]
        chosen[information] = values.index(max(values))
    return worth(0)
