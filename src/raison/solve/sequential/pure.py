"""All pure sequential equilibria of any small game: every profile is tried."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np

from raison.program.form import Form
from raison.program.graph import CHANCE
from raison.solve.sequential.consistency import Cluster, Errors, find_clusters
from raison.solve.sequential.numbers import SLACK, TIE, Floats, Numbers, Truths, tails
from raison.solve.sequential.polytope import Corners, corners
from raison.solve.sequential.record import Found, Interval

MAX_PROFILES = 4_096
"""Pure profiles that are tried; a game with more is refused."""


def live_places(numbers: Numbers) -> tuple[int, ...]:
    """Places that are not part of a folded tail."""
    places = numbers.form.places
    return tuple(i for i, place in enumerate(places) if numbers.folded[place.states[0]] is None)


def count_profiles(numbers: Numbers) -> int:
    """How many pure profiles the game has once its tails are folded."""
    return profiles_of(numbers.form)


def profiles_of(form: Form) -> int:
    """How many pure profiles a game has once its tails are folded."""
    tail = tails(form)
    return prod(len(place.labels) for place in form.places if not tail[place.states[0]])


def chance_weights(numbers: Numbers) -> list[Floats]:
    """Per state the product `[B]` of the chance probabilities on the way to it."""
    states = numbers.form.graph.states
    weight: list[Floats] = [np.ones(numbers.batch)] * len(states)
    for s, state in enumerate(states):
        chance = numbers.chance[s]
        for branch, child in enumerate(state.children):
            weight[child] = weight[s] * chance[branch] if chance is not None else weight[s]
    return weight


def solve_pure(numbers: Numbers) -> tuple[list[Found], Truths]:
    """Every pure sequential equilibrium of every draw, and where payoffs tie at one `[B]`.

    Raises:
        ValueError: the game has more than `MAX_PROFILES` pure profiles.
    """
    live = live_places(numbers)
    count = count_profiles(numbers)
    if count > MAX_PROFILES:
        raise ValueError(
            f"enumerating equilibria needs at most {MAX_PROFILES} pure profiles; the game has {count}; "
            "make it smaller, or use another solution concept."
        )
    weight = chance_weights(numbers)
    tied = np.zeros(numbers.batch, bool)
    found: list[Found] = []
    for options in product(*(range(len(numbers.form.places[place].labels)) for place in live)):
        profile = dict(zip(live, options, strict=True))
        part = _Profile(numbers, weight, profile).solve(tied)
        if part is not None:
            found.append(part)
    return found, tied


class _Profile:
    """One pure profile in all draws."""

    def __init__(self, numbers: Numbers, weight: Sequence[Floats], profile: dict[int, int]) -> None:
        self.numbers = numbers
        self.weight = weight
        self.profile = profile
        self.errors = errors_of(numbers.form, profile)
        self.value: list[Floats | None] = list(numbers.value)
        self.gap = np.full(numbers.batch, np.inf)  # the smallest lead of a move over another

    def solve(self, tied: Truths) -> Found | None:
        numbers, form = self.numbers, self.numbers.form
        reached = {i: any(not self.errors[s] for s in form.places[i].states) for i in self.profile}
        alive = np.ones(numbers.batch, bool)
        for place, option in self.profile.items():
            mask = numbers.available[form.places[place].states[0]]
            if mask is not None:
                alive &= mask[option]
        self.work_out_values()
        for place in self.profile:
            if reached[place]:
                if not alive.any():
                    return None
                alive &= self.lead(place, self.on_path(place)) >= -SLACK
        rows = np.flatnonzero(alive)
        clusters, exact = find_clusters(
            {i: tuple(self.errors[s] for s in form.places[i].states) for i in self.profile if not reached[i]}
        )
        solved: list[tuple[Cluster, Corners]] = []
        for cluster in clusters:
            if not len(rows):
                return None
            found = self.supporting(cluster, rows)
            some = found.some
            solved = [(one, _part(other, some)) for one, other in solved]
            rows = rows[some]
            solved.append((cluster, _part(found, some)))
        if not len(rows):
            return None
        tied[rows] |= self.gap[rows] <= TIE
        return self.as_found(rows, reached, solved, exact)

    def work_out_values(self) -> None:
        form, numbers = self.numbers.form, self.numbers
        for s in range(len(self.value) - 1, -1, -1):
            if self.value[s] is not None:
                continue
            state = form.graph.states[s]
            if state.mover == CHANCE:
                weights = numbers.chance[s]
                parts = [weights[b] * self.value[c] for b, c in enumerate(state.children)]  # type: ignore[index]
                self.value[s] = sum(parts, start=np.zeros_like(numbers.span))
            else:
                self.value[s] = self.value[state.children[self.profile[form.place[s]]]]

    def on_path(self, place: int) -> Floats:
        """Beliefs `[states, B]` by Bayes' rule."""
        states = self.numbers.form.places[place].states
        rows = [self.weight[s] if not self.errors[s] else np.zeros(self.numbers.batch) for s in states]
        weights = np.stack(rows)
        return weights / weights.sum(axis=0)

    def differences(self, place: int) -> dict[int, Floats]:
        """By other option, the lead `[states, B]` of the profile's move in each state."""
        form = self.numbers.form
        here = form.places[place]
        mask = self.numbers.available[here.states[0]]
        leads: dict[int, Floats] = {}
        for option in range(len(here.labels)):
            if option == self.profile[place]:
                continue
            rows: list[Floats] = []
            for s in here.states:
                children = form.graph.states[s].children
                mine, other = self.value[children[self.profile[place]]], self.value[children[option]]
                rows.append((mine[here.player] - other[here.player]) / self.numbers.span[here.player])  # type: ignore[index]
            lead = np.stack(rows)
            leads[option] = lead if mask is None else np.where(mask[option], lead, 1.0)
        return leads

    def lead(self, place: int, belief: Floats) -> Floats:
        """`[B]`, the smallest lead of the profile's move over another."""
        least = np.full(self.numbers.batch, np.inf)
        for lead in self.differences(place).values():
            least = np.minimum(least, (belief * lead).sum(axis=0))
        self.gap = np.minimum(self.gap, np.abs(least))
        return least

    def supporting(self, cluster: Cluster, rows: np.ndarray) -> Corners:
        """The groups' weights, as beliefs at the cluster's first place, that make its moves best."""
        count = len(cluster.errors)
        base = self.masses(cluster, 0, rows)
        least = [np.eye(count + 1)[1:, :, None] * np.ones(len(rows))]
        for number, place in enumerate(cluster.places):
            states = self.numbers.form.places[place].states
            mass = self.masses(cluster, number, rows) / base
            for lead in self.differences(place).values():
                row = np.zeros((1, count + 1, len(rows)))
                for g, members in enumerate(cluster.groups[number]):
                    inner = [self.weight[states[k]][rows] * lead[k, rows] for k in members]
                    row[0, g + 1] = sum(inner) / base[g]
                least.append(row / mass.max(axis=0))
        equal = np.concatenate([-np.ones((1, 1, len(rows))), np.ones((1, count, len(rows)))], axis=1)
        return corners(equal, np.concatenate(least))

    def masses(self, cluster: Cluster, number: int, rows: np.ndarray) -> Floats:
        """Chance weight `[groups, n]` of each group at one of the cluster's places."""
        states = self.numbers.form.places[cluster.places[number]].states
        return np.stack(
            [sum(self.weight[states[k]][rows] for k in members) for members in cluster.groups[number]]
        )

    def as_found(
        self, rows: np.ndarray, reached: dict[int, bool], solved: list[tuple[Cluster, Corners]], exact: bool
    ) -> Found:
        form = self.numbers.form
        probability: list[Interval | None] = [None] * len(form.places)
        belief: list[Interval | None] = [None] * len(form.places)
        for place, option in self.profile.items():
            sure = np.zeros((len(form.places[place].labels), len(rows)))
            sure[option] = 1.0
            probability[place] = Interval(sure, sure, sure)
            if reached[place]:
                point = self.on_path(place)[:, rows]
                belief[place] = Interval(point, point, point)
        slack = np.zeros(len(rows))
        for cluster, found in solved:
            base = self.masses(cluster, 0, rows)
            slack = np.maximum(slack, found.worst)
            for number, place in enumerate(cluster.places):
                states = form.places[place].states
                weights = np.zeros((len(states), *found.valid.shape))
                for g, members in enumerate(cluster.groups[number]):
                    for k in members:
                        weights[k] = found.points[g] * (self.weight[states[k]][rows] / base[g])
                total = weights.sum(axis=0)
                share = np.clip(weights / np.where(found.valid, total, 1.0), 0.0, 1.0)
                belief[place] = Interval(*found.bounds(share))
        weak = np.full(len(rows), not exact)
        return Found(rows, tuple(probability), tuple(belief), slack, weak)


def errors_of(form: Form, profile: dict[int, int]) -> list[Errors]:
    """Per state the moves on the way to it that the profile does not make."""
    states = form.graph.states
    errors: list[Errors] = [frozenset()] * len(states)
    for s, state in enumerate(states):
        place = form.place[s]
        for branch, child in enumerate(state.children):
            errs = place in profile and branch != profile[place]
            errors[child] = errors[s] | {(place, branch)} if errs else errors[s]
    return errors


def _part(found: Corners, some: Truths) -> Corners:
    return Corners(found.points[..., some], found.valid[:, some], found.slack[:, some], found.tight[some])
