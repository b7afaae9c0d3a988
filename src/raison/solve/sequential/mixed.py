"""All sequential equilibria of games of two layers, pure and mixed, support by support.

Fix which moves have positive probability at each place. Weights of states are linear in the first movers'
probabilities `x`, so the second movers' indifference on the path gives linear equations for `x`; likewise the
first movers' indifference for the second movers' probabilities `y`, and the indifference of those who would
move off the path for beliefs there. So the equilibria with one support are a product of polytopes, whose
corners are found one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any

import numpy as np

from raison.program.form import Form
from raison.solve.sequential.consistency import Cluster, Errors, find_clusters
from raison.solve.sequential.numbers import SLACK, TIE, Floats, Numbers, Truths, value_of
from raison.solve.sequential.polytope import Corners, corners
from raison.solve.sequential.record import Found, Integers, Interval
from raison.solve.sequential.shape import Layers, Path, Source

MAX_SUPPORTS = 200_000
"""Supports that are tried; three types, messages and replies have 117,649."""
MAX_TIED_SUPPORTS = 2_000
"""Supports up to which draws whose payoffs tie are solved with every choice of equations."""
Moves = tuple[int, ...]
_Form = tuple[Floats, Mapping[tuple[int, int], Floats]]  # a constant and coefficients


@dataclass(frozen=True, eq=False, slots=True)
class Terms:
    """What moves are worth, in the mover's payoff range.

    Attributes:
        first: By source, a constant and coefficients of `(second place, reply)`.
        second: By second place and reply, a constant and coefficients of sources.
        states: By second place and reply, per state `[B]`, its chance weight times the mover's payoff.
        mass: By second place, per state the chance weight `[B]`.
    """

    first: dict[Source, _Form]
    second: dict[tuple[int, int], _Form]
    states: dict[tuple[int, int], Floats]
    mass: dict[int, Floats]

    def rows(self, rows: Any) -> Terms:
        """The terms of some draws."""

        def part(form: _Form) -> _Form:
            constant, coefficients = form
            return constant[rows], {key: values[rows] for key, values in coefficients.items()}

        return Terms(
            {key: part(form) for key, form in self.first.items()},
            {key: part(form) for key, form in self.second.items()},
            {key: values[..., rows] for key, values in self.states.items()},
            {key: values[..., rows] for key, values in self.mass.items()},
        )


def count_supports(numbers: Numbers, layers: Layers) -> int:
    """How many supports the game has."""
    return supports_of(numbers.form, layers)


def supports_of(form: Form, layers: Layers) -> int:
    """How many supports a game of two layers has."""
    places = form.places
    return prod(2 ** len(places[place].labels) - 1 for place in (*layers.first, *layers.second))


def path_weight(numbers: Numbers, path: Path) -> Floats:
    """Probability `[B]` that chance takes a path."""
    weight = np.ones(numbers.batch)
    for s, case in path:
        chance = numbers.chance[s]
        if chance is not None:
            weight = weight * chance[case]
    return weight


def make_terms(numbers: Numbers, layers: Layers) -> Terms:
    """The linear terms of a game of two layers."""
    form = numbers.form
    first: dict[Source, tuple[Floats, dict[tuple[int, int], Floats]]] = {}
    scale: list[Floats] = []
    for i, place in enumerate(layers.first):
        total = sum((path_weight(numbers, path) for path in layers.starts[i]), start=np.zeros(numbers.batch))
        scale.append(1.0 / (total * numbers.span[form.places[place].player]))
        for option in range(len(form.places[place].labels)):
            mover, constant = form.places[place].player, np.zeros(numbers.batch)
            for path, s in layers.ends.get((i, option), ()):
                constant = (
                    constant + path_weight(numbers, path) * value_of(numbers.value, s)[mover] * scale[i]
                )
            first[i, option] = (constant, {})
    second: dict[tuple[int, int], _Form] = {}
    states: dict[tuple[int, int], Floats] = {}
    mass: dict[int, Floats] = {}
    for j, place in enumerate(layers.second):
        here = form.places[place]
        weights = mass[j] = np.stack([path_weight(numbers, path) for path, _ in layers.arrivals[j]])
        unit = 1.0 / (weights.sum(axis=0) * numbers.span[here.player])
        for reply in range(len(here.labels)):
            ends = [value_of(numbers.value, form.graph.states[s].children[reply]) for s in here.states]
            states[j, reply] = np.stack([w * end[here.player] for w, end in zip(weights, ends, strict=True)])
            constant, coefficients = np.zeros(numbers.batch), dict[tuple[int, int], Floats]()
            for k, (_, source) in enumerate(layers.arrivals[j]):
                worth = states[j, reply][k] * unit
                if source is None:
                    constant = constant + worth
                    continue
                coefficients[source] = coefficients.get(source, 0.0) + worth
                payoff = ends[k][form.places[layers.first[source[0]]].player]
                into = first[source][1]
                into[j, reply] = into.get((j, reply), 0.0) + weights[k] * payoff * scale[source[0]]
            second[j, reply] = (constant, coefficients)
    return Terms(dict(first), second, states, mass)


def solve_mixed(numbers: Numbers, layers: Layers, *, every: bool = False) -> tuple[list[Found], Truths]:
    """Every sequential equilibrium of every draw without ties, and where payoffs tie at one `[B]`.

    Args:
        numbers: Of `B` draws, none of them bad.
        layers: The game's layers; at most `MAX_SUPPORTS` supports.
        every: Find those of draws whose payoffs tie, too; for at most `MAX_TIED_SUPPORTS` supports.
    """
    search = _Search(numbers, layers, every)
    found = [part for part in map(search.solve, search.supports()) if part is not None]
    return found, search.tied


@dataclass(frozen=True, slots=True)
class _Support:
    first: tuple[Moves, ...]
    second: tuple[Moves, ...]
    off: tuple[int, ...]  # second places that are not reached


class _Search:
    def __init__(self, numbers: Numbers, layers: Layers, every: bool) -> None:
        self.numbers, self.layers, self.every = numbers, layers, every
        self.terms = make_terms(numbers, layers)
        self.tied = np.zeros(numbers.batch, bool)
        self.sources = [{source for _, source in arrivals} for arrivals in layers.arrivals]
        self.rational: dict[tuple[int, frozenset[Any], Moves], Truths] = {}
        self.reach: dict[tuple[Any, ...], tuple[Floats, Floats]] = {}

    def moves(self, place: int) -> range:
        return range(len(self.numbers.form.places[place].labels))

    def supports(self) -> Iterator[_Support]:
        """Those whose equations are not more than their unknowns, unless all are wanted."""
        layers = self.layers
        for first in product(*(list(_subsets(self.moves(place))) for place in layers.first)):
            sent = {(i, option) for i, options in enumerate(first) for option in options}
            reached = [bool((sent | {None}) & sources) for sources in self.sources]
            off = tuple(j for j, is_reached in enumerate(reached) if not is_reached)
            choices: list[list[Moves]] = []
            for j, place in enumerate(layers.second):
                most = len((sent | {None}) & self.sources[j]) if reached[j] else len(self.sources[j])
                choices.append([q for q in _subsets(self.moves(place)) if self.every or len(q) <= most])
            free = sum(len(options) - 1 for options in first)
            for second in product(*choices):
                tight = sum(len(q) - 1 for j, q in enumerate(second) if reached[j])
                loose = sum(len(q) - 1 for j, q in enumerate(second) if not reached[j])
                if self.every or tight <= free <= tight + loose:
                    yield _Support(first, second, off)

    def solve(self, support: _Support) -> Found | None:
        rows = self.sieve(support)
        if not len(rows):
            return None
        terms = self.terms.rows(rows)
        kept = np.arange(len(rows))  # positions among `rows` that are still possible
        solved: list[tuple[str, Any, Corners]] = []
        for name, key, equal, least in self.polytopes(support, terms, rows):
            found = corners(equal[..., kept], least[..., kept], every=self.every)
            fine = found.some
            if name != "belief" and found.points.shape[0]:
                high = found.bounds(found.points)[2]
                full = (high > TIE).all(axis=0)  # else a smaller support has it
                self.tied[rows[kept[fine & ~full]]] = True
                fine &= full
            if not fine.any():
                return None
            solved = [(kind, of, _part(other, fine)) for kind, of, other in solved]
            solved.append((name, key, _part(found, fine)))
            kept = kept[fine]
        for _, _, found in solved:
            self.tied[rows[kept[found.tight]]] = True
        return self.as_found(support, rows[kept], terms.rows(kept), solved)

    def sieve(self, support: _Support) -> Integers:
        """Draws in which each player's moves can be best by themselves, a cheap necessary condition."""
        numbers, layers = self.numbers, self.layers
        alive = np.ones(numbers.batch, bool)
        for place, moves in zip(
            (*layers.first, *layers.second), (*support.first, *support.second), strict=True
        ):
            mask = numbers.available[numbers.form.places[place].states[0]]
            if mask is not None:
                alive &= mask[list(moves)].all(axis=0)
        sent = {(i, option) for i, options in enumerate(support.first) for option in options} | {None}
        for j, replies in enumerate(support.second):
            alive &= self.can_be_best(
                j, frozenset(self.sources[j] & sent) or frozenset(self.sources[j]), replies
            )
            if not alive.any():
                return np.flatnonzero(alive)
        for i, moves in enumerate(support.first):
            floor = np.full(numbers.batch, -np.inf)
            bounds = {option: self.worth(i, option, support) for option in self.moves(layers.first[i])}
            for option, (low, _) in bounds.items():
                mask = numbers.available[numbers.form.places[layers.first[i]].states[0]]
                floor = np.maximum(floor, low if mask is None else np.where(mask[option], low, -np.inf))
            for option in moves:
                alive &= bounds[option][1] >= floor - SLACK
        return np.flatnonzero(alive)

    def can_be_best(self, j: int, sources: frozenset[Any], replies: Moves) -> Truths:
        """`[B]`, whether some belief on what the sources lead to makes the replies best at a second place."""
        key = (j, sources, replies)
        if key not in self.rational:
            groups = [
                [k for k, (_, s) in enumerate(self.layers.arrivals[j]) if s == source]
                for source in sorted(sources, key=str)
            ]
            equal, least = self.belief_rows([(j, groups)], {j: replies}, self.terms, slice(None))
            self.rational[key] = corners(equal, least, every=self.every).some
        return self.rational[key]

    def worth(self, i: int, option: int, support: _Support) -> tuple[Floats, Floats]:
        """The least and greatest value of a first move over the replies of a support."""
        constant, coefficients = self.terms.first[i, option]
        places = sorted({j for j, _ in coefficients})
        key = (i, option, *(support.second[j] for j in places))
        if key not in self.reach:
            low, high = np.array(constant), np.array(constant)
            for j in places:
                values = np.stack([coefficients[j, reply] for reply in support.second[j]])
                low, high = low + values.min(axis=0), high + values.max(axis=0)
            self.reach[key] = (low, high)
        return self.reach[key]

    def polytopes(
        self, support: _Support, terms: Terms, rows: Integers
    ) -> Iterator[tuple[str, Any, Floats, Floats]]:
        """What has to be solved: name, what it is of, equations and inequalities."""
        layers = self.layers
        on = [j for j in range(len(layers.second)) if j not in support.off]
        wanted = [(layers.second[j], j, support.second[j], terms.second) for j in on]
        unknowns = _unknowns(support.first)
        yield ("first", unknowns, *self.rows_of(unknowns, support.first, wanted, rows))
        wanted = [(layers.first[i], i, moves, terms.first) for i, moves in enumerate(support.first)]
        unknowns = _unknowns(support.second)
        yield ("second", unknowns, *self.rows_of(unknowns, support.second, wanted, rows))
        errors: dict[int, tuple[Errors, ...]] = {
            j: tuple(frozenset([s] if s else []) for _, s in layers.arrivals[j]) for j in support.off
        }
        replies = {j: support.second[j] for j in support.off}
        for cluster in find_clusters(errors)[0]:
            parts = list(zip(cluster.places, cluster.groups, strict=True))
            yield ("belief", cluster, *self.belief_rows(parts, replies, terms, rows))

    def rows_of(
        self,
        unknowns: dict[tuple[int, int], int],
        support: tuple[Moves, ...],
        wanted: Iterable[tuple[int, int, Moves, Mapping[tuple[int, int], _Form]]],
        rows: Integers,
    ) -> tuple[Floats, Floats]:
        """That probabilities sum to 1, and that the moves of a support are best for those who answer."""
        size, batch = 1 + len(unknowns), len(rows)
        equal: list[Floats] = []
        least: list[Floats] = []
        for mover, moves in enumerate(support):
            if len(moves) > 1:
                row = np.zeros((size, batch))
                row[0] = -1.0
                for option in moves:
                    row[1 + unknowns[mover, option]] = 1.0
                equal.append(row)
        for index in range(len(unknowns)):
            row = np.zeros((size, batch))
            row[1 + index] = 1.0
            least.append(row)

        def row_of(form: _Form) -> Floats:
            row = np.zeros((size, batch))
            row[0] = form[0]
            for (mover, option), values in form[1].items():
                if (mover, option) in unknowns:
                    row[1 + unknowns[mover, option]] = values
                elif option in support[mover]:
                    row[0] += values
            return row

        for place, number, moves, forms in wanted:
            mask = self.numbers.available[self.numbers.form.places[place].states[0]]
            base = row_of(forms[number, moves[0]])
            for option in self.moves(place):
                if option in moves[1:]:
                    equal.append(row_of(forms[number, option]) - base)
                elif option not in moves:
                    row = base - row_of(forms[number, option])
                    least.append(row if mask is None else np.where(mask[option, rows], row, _holds(row)))
        return _stacked(equal, size, batch), _stacked(least, size, batch)

    def belief_rows(
        self, parts: Any, replies: Mapping[int, Moves], terms: Terms, rows: Any
    ) -> tuple[Floats, Floats]:
        """That weights of groups, as beliefs at the first of some places, make the replies at all best."""
        count = len(parts[0][1])
        base = [terms.mass[parts[0][0]][list(members)].sum(axis=0) for members in parts[0][1]]
        batch = base[0].shape[0]
        one = np.ones((1 + count, batch))
        one[0] = -1.0
        equal, least = [one], list(np.eye(1 + count)[1:, :, None] * np.ones(batch))
        for j, groups in parts:
            place = self.numbers.form.places[self.layers.second[j]]
            mask = self.numbers.available[place.states[0]]
            span = self.numbers.span[place.player, rows]
            mass = [terms.mass[j][list(m)].sum(axis=0) / b for m, b in zip(groups, base, strict=True)]
            scale = span * np.max(mass, axis=0)
            for option in range(len(place.labels)):
                if option == replies[j][0]:
                    continue
                lead = terms.states[j, replies[j][0]] - terms.states[j, option]
                row = np.zeros((1 + count, batch))
                for g, members in enumerate(groups):
                    row[1 + g] = lead[list(members)].sum(axis=0) / (base[g] * scale)
                if option in replies[j]:
                    equal.append(row)
                else:
                    least.append(row if mask is None else np.where(mask[option, rows], row, _holds(row)))
        return np.stack(equal), np.stack(least)

    def as_found(
        self, support: _Support, rows: Integers, terms: Terms, solved: list[tuple[str, Any, Corners]]
    ) -> Found:
        form, layers = self.numbers.form, self.layers
        probability: list[Interval | None] = [None] * len(form.places)
        belief: list[Interval | None] = [None] * len(form.places)
        slack = np.zeros(len(rows))
        for name, places, moves in (
            ("first", layers.first, support.first),
            ("second", layers.second, support.second),
        ):
            unknowns, found = next((key, corner) for kind, key, corner in solved if kind == name)
            slack = np.maximum(slack, found.worst)
            bounds = found.bounds(found.points) if found.points.shape[0] else None
            for mover, place in enumerate(places):
                sides = [np.zeros((len(form.places[place].labels), len(rows))) for _ in range(3)]
                for option in moves[mover]:
                    for side in range(3):
                        at = unknowns.get((mover, option))
                        sides[side][option] = 1.0 if at is None or bounds is None else bounds[side][at]
                probability[place] = Interval(*sides)
        for place in layers.first:
            self.first_belief(place, rows, belief)
        for j, place in enumerate(layers.second):
            if j not in support.off:
                belief[place] = self.second_belief(j, terms, probability, solved)
        weak = np.zeros(len(rows), bool)
        clusters = [(key, found) for kind, key, found in solved if kind == "belief"]
        for cluster, found in clusters:
            slack = np.maximum(slack, found.worst)
            for place, shares in _cluster_beliefs(cluster, found, terms):
                belief[layers.second[place]] = Interval(*found.bounds(shares))
        errors = {j: tuple(frozenset([s] if s else []) for _, s in layers.arrivals[j]) for j in support.off}
        weak |= not find_clusters(errors)[1]
        return Found(rows, tuple(probability), tuple(belief), slack, weak)

    def first_belief(self, place: int, rows: Integers, belief: list[Interval | None]) -> None:
        starts = self.layers.starts[self.layers.first.index(place)]
        weights = np.stack([path_weight(self.numbers, path)[rows] for path in starts])
        share = weights / weights.sum(axis=0)
        belief[place] = Interval(share, share, share)

    def second_belief(
        self, j: int, terms: Terms, probability: list[Interval | None], solved: list[tuple[str, Any, Corners]]
    ) -> Interval:
        """By Bayes' rule, at the representative and over the corners of the first movers' probabilities."""
        unknowns, found = next((key, corner) for kind, key, corner in solved if kind == "first")
        weights = np.repeat(terms.mass[j][:, None], found.valid.shape[0], axis=1)
        middle = terms.mass[j].copy()
        for k, (_, source) in enumerate(self.layers.arrivals[j]):
            if source is None:
                continue
            interval = probability[self.layers.first[source[0]]]
            if interval is not None:
                middle[k] *= interval.central[source[1]]
            at = unknowns.get(source)
            sure = 1.0 if interval is None else interval.central[source[1]]
            weights[k] *= sure if at is None else np.clip(found.points[at], 0.0, 1.0)
        total = weights.sum(axis=0)
        middle = middle / middle.sum(axis=0)
        if found.valid.shape[0] == 1:
            return Interval(middle, middle, middle)
        whole = found.valid & (total > 0)
        share = weights / np.where(total > 0, total, 1.0)
        low = np.where(whole, share, np.inf).min(axis=1)
        high = np.where(whole, share, -np.inf).max(axis=1)
        return Interval(middle, np.minimum(low, middle), np.maximum(high, middle))


def _cluster_beliefs(cluster: Cluster, found: Corners, terms: Terms) -> Iterator[tuple[int, Floats]]:
    base = [terms.mass[cluster.places[0]][list(members)].sum(axis=0) for members in cluster.groups[0]]
    for j, groups in zip(cluster.places, cluster.groups, strict=True):
        weights = np.zeros((len(terms.mass[j]), *found.valid.shape))
        for g, members in enumerate(groups):
            for k in members:
                weights[k] = found.points[g] * (terms.mass[j][k] / base[g])
        total = weights.sum(axis=0)
        yield j, np.clip(weights / np.where(found.valid & (total > 0), total, 1.0), 0.0, 1.0)


def _subsets(moves: Iterable[int]) -> Iterator[Moves]:
    every = tuple(moves)
    for size in range(1, len(every) + 1):
        yield from combinations(every, size)


def _unknowns(support: tuple[Moves, ...]) -> dict[tuple[int, int], int]:
    """Numbers of the probabilities that are not 0 or 1 by the support."""
    mixed = [(mover, option) for mover, moves in enumerate(support) if len(moves) > 1 for option in moves]
    return {key: number for number, key in enumerate(mixed)}


def _holds(row: Floats) -> Floats:
    """A row that is never tight, in the place of one on a move that cannot be made."""
    held = np.zeros_like(row)
    held[0] = 1.0
    return held


def _stacked(rows: list[Floats], size: int, batch: int) -> Floats:
    return np.stack(rows) if rows else np.zeros((0, size, batch))


def _part(found: Corners, some: Truths) -> Corners:
    return Corners(found.points[..., some], found.valid[:, some], found.slack[:, some], found.tight[some])
