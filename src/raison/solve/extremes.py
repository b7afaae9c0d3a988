"""Extreme equilibria of two-player games, and the sets of equilibria that they span.

With `x` in the best-response polytope of player 1's mixed strategies and `y` in that of player 2's, a vertex
has as labels the own strategies that it does not play and the other player's that are best replies to it. A
pair of vertices that together have all labels is an extreme equilibrium (Mangasarian 1964). If every pair
from `U x V` is an equilibrium, so is all of `conv U x conv V`; the largest such products, the maximal Nash
subsets, are the maximal bicliques of the graph of extreme equilibria, and its connected components are the
components of the set of all equilibria (Winkels 1979; Avis, Rosenberg, Savani and von Stengel 2010).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Component:
    """A connected set of equilibria.

    Attributes:
        subsets: Its maximal Nash subsets, each as the numbers of its extreme strategies of player 1 and of
            player 2: every mixture of the first is an equilibrium with every mixture of the second.
    """

    subsets: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    @property
    def first(self) -> frozenset[int]:
        """Numbers of player 1's extreme strategies in it."""
        return frozenset(x for xs, _ in self.subsets for x in xs)

    @property
    def second(self) -> frozenset[int]:
        """Numbers of player 2's extreme strategies in it."""
        return frozenset(y for _, ys in self.subsets for y in ys)


def make_components(pairs: Iterable[tuple[int, int]]) -> tuple[Component, ...]:
    """The components that extreme equilibria span.

    Args:
        pairs: Of each extreme equilibrium, the number of player 1's strategy and that of player 2's.

    Returns:
        In the order of the smallest number of player 1 in each, as are the subsets of a component.
    """
    partners: dict[int, set[int]] = {}
    for x, y in pairs:
        partners.setdefault(x, set()).add(y)
    closed: set[frozenset[int]] = set()  # sets of y that are all the common partners of some set of x
    for ys in partners.values():
        whole = frozenset(ys)
        closed |= {whole, *(whole & other for other in closed)}
    subsets = sorted(
        (tuple(sorted(x for x, ys in partners.items() if common <= ys)), tuple(sorted(common)))
        for common in closed
        if common
    )
    components: list[list[tuple[tuple[int, ...], tuple[int, ...]]]] = []
    for subset in subsets:
        # any common strategy joins: with one x, all its partners are a subset that meets both
        joined = [c for c in components if any(_meet(subset, other) for other in c)]
        components = [c for c in components if c not in joined]
        components.append([*(s for c in joined for s in c), subset])
    return tuple(sorted((Component(tuple(sorted(c))) for c in components), key=lambda c: c.subsets))


def _meet(
    one: tuple[tuple[int, ...], tuple[int, ...]], other: tuple[tuple[int, ...], tuple[int, ...]]
) -> bool:
    return not set(one[0]).isdisjoint(other[0]) or not set(one[1]).isdisjoint(other[1])
