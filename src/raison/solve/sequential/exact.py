"""Every pure sequential equilibrium of a small game in fractions, so that ties are those of the model.

Every profile is tried. Beliefs off the path are those of `consistency`: weights of groups of histories, one
simplex for each cluster of information sets. That a profile's moves are best there are linear inequalities in
the weights, whose corners are found by solving every choice of as many of them as there are groups.

Source: Kreps and Wilson (1982), "Sequential equilibria".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import comb, prod

from raison.program.form import Form
from raison.program.graph import CHANCE, OUTCOME
from raison.solve.sequential.consistency import Cluster, Errors, find_clusters
from raison.solve.sequential.pure import MAX_PROFILES, errors_of

MAX_CORNERS = 20_000
"""Choices of inequalities that are solved for one cluster."""
Belief = tuple[Fraction, Fraction, Fraction]
"""A central probability, the least and the greatest."""
_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class ExactEquilibrium:
    """A pure sequential equilibrium.

    Attributes:
        chosen: Per place the number of the option.
        belief: Per place and state.
        is_weak: Beliefs off the path may be more than the consistent ones.
        is_tied: Some move is best only to a tie.
    """

    chosen: tuple[int, ...]
    belief: tuple[tuple[Belief, ...], ...]
    is_weak: bool
    is_tied: bool


def why_not_exact(form: Form) -> str | None:
    """Why a game's pure sequential equilibria are not found in fractions; None where they are."""
    count = prod(len(place.labels) for place in form.places)
    if count <= MAX_PROFILES:
        return None
    return (
        f"exact arithmetic looks through at most {MAX_PROFILES:,} profiles of pure strategies, and the game "
        f"has {count:,}"
    )


def solve_pure_exactly(
    form: Form,
    payoffs: Sequence[Sequence[Fraction]],
    chance: Mapping[int, Sequence[Fraction]],
    available: Mapping[int, Sequence[bool]],
) -> tuple[ExactEquilibrium, ...]:
    """Find them.

    Args:
        form: A game without amounts.
        payoffs: By outcome state and player.
        chance: Per chance state the probabilities of its cases.
        available: Per decision state whether each move can be made.

    Raises:
        ValueError: the game is too large.
    """
    reason = why_not_exact(form)
    if reason is not None:
        raise ValueError(f"{reason}; make it smaller, or leave out exact.")
    states = form.graph.states
    never = next((s for s, cases in chance.items() if not all(cases)), None)
    if never is not None:
        raise ValueError(
            f"exact arithmetic needs chances above 0, or beliefs after them mean nothing; "
            f"'{states[never].name}' has one of 0. Take the case out, or leave out exact."
        )
    weight = [_ONE] * len(states)
    for s, state in enumerate(states):
        for branch, child in enumerate(state.children):
            weight[child] = weight[s] * (chance[s][branch] if state.mover == CHANCE else 1)
    can = [available.get(place.states[0], (True,) * len(place.labels)) for place in form.places]
    ends = {s: tuple(payoffs[k]) for k, s in enumerate(form.graph.outcomes)}
    stuck = next((place.node for place, row in zip(form.places, can, strict=True) if not any(row)), None)
    if stuck is not None:
        raise ValueError(f"no move is available at '{stuck}'; leave out exact, or give it one.")
    found: list[ExactEquilibrium] = []
    for chosen in product(*([k for k, allowed in enumerate(row) if allowed] for row in can)):
        one = _Profile(form, weight, ends, chance, can, chosen).solve()
        if one is not None:
            found.append(one)
    return tuple(found)


@dataclass(frozen=True, eq=False, slots=True)
class _Profile:
    form: Form
    weight: Sequence[Fraction]
    ends: Mapping[int, tuple[Fraction, ...]]
    chance: Mapping[int, Sequence[Fraction]]
    can: Sequence[Sequence[bool]]
    chosen: tuple[int, ...]

    def solve(self) -> ExactEquilibrium | None:
        form, places = self.form, self.form.places
        errors = errors_of(form, dict(enumerate(self.chosen)))
        worth = self.worth()
        beliefs: dict[int, tuple[Belief, ...]] = {}
        off: dict[int, tuple[Errors, ...]] = {}
        tied = False
        for number, place in enumerate(places):
            here = [self.weight[s] if not errors[s] else _ZERO for s in place.states]
            total = sum(here, _ZERO)
            if not total:
                off[number] = tuple(errors[s] for s in place.states)
                continue
            for lead in self.leads(number, worth):
                gain = sum((w * v for w, v in zip(here, lead, strict=True)), _ZERO)
                if gain < 0:
                    return None
                tied = tied or gain == 0
            beliefs[number] = tuple((w / total, w / total, w / total) for w in here)
        clusters, exact = find_clusters(off)
        exact = exact and all(
            all(row) for row in self.can
        )  # what is not available is not done in error either
        for cluster in clusters:
            corners = self.corners(cluster, worth)
            if not corners:
                return None
            beliefs |= self.believed(cluster, corners)
        return ExactEquilibrium(
            self.chosen, tuple(beliefs[number] for number in range(len(places))), not exact, tied
        )

    def worth(self) -> list[tuple[Fraction, ...]]:
        """Per state what every player expects from there on."""
        states = self.form.graph.states
        found: list[tuple[Fraction, ...]] = [()] * len(states)
        for s in range(len(states) - 1, -1, -1):
            state = states[s]
            if state.mover == OUTCOME:
                found[s] = self.ends[s]
            elif state.mover == CHANCE:
                below = [found[child] for child in state.children]
                found[s] = tuple(
                    sum((p * v[i] for p, v in zip(self.chance[s], below, strict=True)), _ZERO)
                    for i in range(len(below[0]))
                )
            else:
                found[s] = found[state.children[self.chosen[self.form.place[s]]]]
        return found

    def leads(self, number: int, worth: Sequence[tuple[Fraction, ...]]) -> list[list[Fraction]]:
        """Per other move of a place, the lead of the chosen one in each state."""
        place, mine = self.form.places[number], self.chosen[number]
        found: list[list[Fraction]] = []
        for option, allowed in enumerate(self.can[number]):
            if option != mine and allowed:
                below = [self.form.graph.states[s].children for s in place.states]
                found.append([worth[c[mine]][place.player] - worth[c[option]][place.player] for c in below])
        return found

    def masses(self, cluster: Cluster, number: int) -> list[Fraction]:
        """Chance weight of each group at one of the cluster's places."""
        states = self.form.places[cluster.places[number]].states
        return [sum((self.weight[states[k]] for k in members), _ZERO) for members in cluster.groups[number]]

    def corners(self, cluster: Cluster, worth: Sequence[tuple[Fraction, ...]]) -> list[tuple[Fraction, ...]]:
        """Extreme weights of groups, as beliefs at the cluster's first place, that make its moves best."""
        count, base = len(cluster.errors), self.masses(cluster, 0)
        rows = [[_ONE if k == g else _ZERO for k in range(count)] for g in range(count)]
        for number, place in enumerate(cluster.places):
            states = self.form.places[place].states
            rows += [
                [
                    sum((self.weight[states[k]] * lead[k] for k in members), _ZERO) / base[g]
                    for g, members in enumerate(cluster.groups[number])
                ]
                for lead in self.leads(place, worth)
            ]
        if comb(len(rows), count - 1) > MAX_CORNERS:
            raise ValueError(
                f"an information set off the path has {count} groups of histories, too many for exact "
                "arithmetic; leave out exact."
            )
        found: dict[tuple[Fraction, ...], None] = {}
        for tight in combinations(rows, count - 1):
            point = _solved([*tight, [_ONE] * count], [_ZERO] * (count - 1) + [_ONE])
            if point is not None and all(
                sum((a * x for a, x in zip(row, point, strict=True)), _ZERO) >= 0 for row in rows
            ):
                found[point] = None
        return list(found)

    def believed(
        self, cluster: Cluster, corners: Sequence[tuple[Fraction, ...]]
    ) -> dict[int, tuple[Belief, ...]]:
        """Beliefs at the cluster's places: the mean of the corners', and their least and greatest."""
        base = self.masses(cluster, 0)
        found: dict[int, tuple[Belief, ...]] = {}
        for number, place in enumerate(cluster.places):
            states = self.form.places[place].states
            shares: list[list[Fraction]] = []
            for corner in corners:
                weights = [_ZERO] * len(states)
                for g, members in enumerate(cluster.groups[number]):
                    for k in members:
                        weights[k] = corner[g] * self.weight[states[k]] / base[g]
                total = sum(weights, _ZERO)
                shares.append([w / total for w in weights])
            columns = list(zip(*shares, strict=True))
            found[place] = tuple((sum(row, _ZERO) / len(row), min(row), max(row)) for row in columns)
        return found


def _solved(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
    """The one solution of a square system; None where there is none or more."""
    rows = [[*row, side] for row, side in zip(matrix, right, strict=True)]
    size = len(rows)
    for k in range(size):
        pivot = next((i for i in range(k, size) if rows[i][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return tuple(row[-1] for row in rows)
