"""Which beliefs are limits of Bayes' rule when every player errs a little (Kreps and Wilson 1982).

A state off the path is reached by a set of errors: moves that the strategies do not make. With errors of
probabilities `e`, its weight is its chance weight times the product of its errors' `e`, and a consistent
belief is a limit of such weights, normalised, as all `e` go to 0. So

* states reached by the same errors keep the ratio of their chance weights: a *group*;
* a state whose errors contain all those of another state of its place, and more, has belief 0;
* the weights of the remaining groups are free if the errors' logarithms can be chosen to give any ratios;
* places whose groups differ by the same errors share the groups' weights: a *cluster*.

Where the ratios of all clusters can be chosen at once, the product of the clusters' simplices is exactly the
set of consistent beliefs. That is a question of linear algebra in the logarithms, answered here. It covers
signalling games, games where all states of a place are reached by the same errors (nobody signals what he
does not know), and most small games; elsewhere the product contains the consistent beliefs and maybe more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

Errors = frozenset[tuple[int, int]]
"""Places with the moves made there by error."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Places off the path whose beliefs hang together.

    Attributes:
        places: Their numbers.
        groups: Per place, per group, the positions in the place of the states that share errors. The groups
            of all places are in one order.
        errors: Per group the errors that its states have and other groups need not.
    """

    places: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], ...], ...]
    errors: tuple[Errors, ...]


def find_clusters(errors: Mapping[int, tuple[Errors, ...]]) -> tuple[tuple[Cluster, ...], bool]:
    """The clusters of places that are off the path.

    Args:
        errors: By place, the errors that lead to each of its states; none is empty.

    Returns:
        The clusters, and whether they are exactly the consistent beliefs.
    """
    found: dict[frozenset[Errors], tuple[list[int], list[tuple[tuple[int, ...], ...]]]] = {}
    order: dict[frozenset[Errors], tuple[Errors, ...]] = {}
    for place, sets in errors.items():
        least = {one for one in sets if not any(other < one for other in sets)}
        common = frozenset[tuple[int, int]]().union(*least).intersection(*least)
        relative = {one - common for one in least}
        key = frozenset(relative)
        if len(key) == 1:
            key = frozenset([*key, frozenset([(-1, place)])])  # nothing to share
            order[key] = tuple(relative)
        groups = order.setdefault(key, tuple(sorted(relative, key=sorted)))
        members = tuple(
            tuple(index for index, one in enumerate(sets) if one in least and one - common == group)
            for group in groups
        )
        places, lists = found.setdefault(key, ([], []))
        places.append(place)
        lists.append(members)
    clusters = tuple(
        Cluster(tuple(places), tuple(lists), order[key]) for key, (places, lists) in found.items()
    )
    return clusters, _are_free(clusters)


def _are_free(clusters: tuple[Cluster, ...]) -> bool:
    """Whether the ratios of the groups' weights can be anything while all errors become rare."""
    names = sorted({error for cluster in clusters for group in cluster.errors for error in group})
    rows: list[list[float]] = []
    for cluster in clusters:
        base = cluster.errors[0]
        rows += [[float((name in group) - (name in base)) for name in names] for group in cluster.errors[1:]]
    if not rows:
        return True
    matrix = np.array(rows)
    if np.linalg.matrix_rank(matrix) < len(rows):
        return False
    if not matrix.sum(axis=1).any():
        return True  # all errors equally rare keep every ratio
    rare = linprog(np.zeros(len(names)), A_eq=matrix, b_eq=np.zeros(len(rows)), bounds=(None, -1.0))
    return bool(rare.success)
