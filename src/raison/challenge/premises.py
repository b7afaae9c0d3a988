"""Premises challenged together: verdicts for subsets of them, on the same draws.

Every subset is solved on the same points of the unit cube, so differences between subsets are measured far
more closely than the verdicts themselves. Premises that change numbers are switches of one compiled program;
each distinct set of structural premises is a program of its own.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.coalitions import (
    BUDGET,
    EXACT,
    MOST,
    Attribution,
    Overturned,
    Pair,
    Rows,
    Table,
    Verdicts,
    attribute,
    every_subset,
    masks_of,
    overturning,
    pairs,
    replicate_errors,
    rows_of,
    sample_attribution,
    search_overturning,
)
from raison.model.problem import ModelError
from raison.model.records import Model, Question
from raison.run.block import Block
from raison.run.designs import REPLICATES, make_design
from raison.run.plan import make_plan
from raison.run.variants import Variants

Floats = NDArray[np.float64]

ERROR = 0.002
"""Standard error of a subset's verdict that draws are taken for."""
FEWEST, MOST_DRAWS = 4_096, 16_384
"""Draws of a subset, at least and at most, unless others are asked for."""
MOST_PROGRAMS = 16
"""Sets of structural premises that are compiled: four structural premises in every combination."""
_TOGETHER = 16  # subsets in one call of a compiled program; 1 where information sets make a draw dear
_PILOT = 48  # random subsets from which the draws that an error needs are judged


class Sums(NamedTuple):
    """Sums over draws for each of `S` subsets.

    Attributes:
        solved: `[S, 16]`, draws of each replicate that did not fail.
        applies: `[S, Q, 16]`, those to which each question applies.
        number: `[S, Q, 16]`, the sum of the questions' numbers over them.
    """

    solved: Floats
    applies: Floats
    number: Floats


@dataclass(eq=False, slots=True)
class Subsets:
    """Verdicts of a model without subsets of its premises, each subset solved once for all questions.

    Attributes:
        model: Checked.
        file: SHA-256 of its text.
        premises: The `k` that are challenged, in the order of the rows' columns.
        without: Premises that are removed throughout.
        seed: Of the draws, which are the first of a run with this seed.
        draws: Of each subset.
        workers: Threads; None for one for each processor. The numbers do not depend on it.
    """

    model: Model
    file: str
    premises: tuple[str, ...]
    without: tuple[str, ...]
    seed: int
    draws: int
    workers: int | None = None
    _variants: Variants = field(init=False)
    _coordinates: tuple[str, ...] = field(init=False)
    _width: int = field(init=False)
    _together: int = field(init=False)
    _cubes: list[Floats] = field(init=False)
    _known: dict[int, Sums] = field(init=False)

    def __post_init__(self) -> None:
        for premise in (*self.premises, *self.without):
            if premise not in self.model.premises:
                known = ", ".join(self.model.premises) or "none"
                raise ValueError(f"the model has no premise '{premise}'; it has {known}.")
        if len(set(self.premises)) < len(self.premises) or set(self.premises) & set(self.without):
            raise ValueError("a premise is challenged once, and not if it is removed throughout.")
        if not 1 <= len(self.premises) <= MOST:
            raise ValueError(f"1 to {MOST} premises can be challenged; got {len(self.premises)}.")
        plan = make_plan(
            self.model,
            self.file,
            draws=self.draws,
            seed=self.seed,
            design="sobol",
            without=self.without,
            removals=(),
        )
        self._variants = Variants(self.model, self.file, most=MOST_PROGRAMS)
        self._together = _TOGETHER if self._variants.whole.program.form is None else 1
        self._width = min(FEWEST, plan.block_size, -(-self.draws // REPLICATES) * REPLICATES)
        self._compile()
        coordinates = dict.fromkeys(plan.coordinates)
        for block in self._variants.blocks:
            coordinates.update(dict.fromkeys(block.program.coordinates))
        self._coordinates = tuple(coordinates)
        design = make_design("sobol", max(len(coordinates), 1), self.seed, self.draws)
        self._cubes = []
        for start in range(0, self.draws, self._width):
            count = min(self._width, self.draws - start)
            cube = np.full((max(len(coordinates), 1), self._width), 0.5)
            cube[:, :count] = design.points(start, count)
            self._cubes.append(cube)
        self._known = {}

    def _compile(self) -> None:
        """Make the program of each set of structural premises that some subset removes."""
        structural = self._variants.structural
        free = [premise for premise in self.premises if premise in structural]
        if 1 << len(free) > MOST_PROGRAMS:
            raise ValueError(
                f"{len(free)} of the challenged premises change the game's structure ({', '.join(free)}); "
                f"{MOST_PROGRAMS} programs are compiled at most, and they take {1 << len(free):,}. "
                "Challenge fewer."
            )
        for size in range(len(free) + 1):
            for chosen in combinations(free, size):
                self._block((*self.without, *chosen))

    def _block(self, gone: Collection[str]) -> Block | None:
        """The program that solves the model without a set of premises; None where there is none."""
        try:
            return self._variants.without(gone)
        except ModelError:
            return None

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is asked."""
        return self.model.questions

    @property
    def solved(self) -> int:
        """How many subsets have been solved."""
        return len(self._known)

    def sums(self, removed: Rows) -> Sums:
        """Solve subsets, those that are not known yet.

        Args:
            removed: `[S, k]` bool, which of `premises` are removed.

        Returns:
            Their sums over draws; all 0 where the model without these premises is none (see `refused`).
        """
        masks = [int(mask) for mask in masks_of(removed)]
        self._solve([mask for mask in dict.fromkeys(masks) if mask not in self._known])
        found = [self._known[mask] for mask in masks]
        return Sums(*(np.stack(parts) for parts in zip(*found, strict=True)))

    def verdicts(self, question: int) -> Verdicts:
        """One question's verdicts as a function of subsets, for `raison.challenge.methods.coalitions`."""

        def verdict(removed: Rows) -> tuple[Floats, Floats]:
            sums = self.sums(removed)
            counts, numbers = sums.applies[:, question], sums.number[:, question]
            with np.errstate(invalid="ignore", divide="ignore"):
                return numbers.sum(axis=-1) / counts.sum(axis=-1), numbers / counts

        return verdict

    def rows(self) -> Rows:
        """`[S, k]`, the subsets that have been solved."""
        return rows_of(list(self._known), len(self.premises))

    def failing(self) -> dict[tuple[str, ...], float]:
        """The share of draws that failed, by the removed premises, where it is above 0."""
        found: dict[tuple[str, ...], float] = {}
        for mask, sums in self._known.items():
            share = 1 - float(sums.solved.sum()) / self.draws
            if share > 0:
                found[self.named(mask)] = share
        return found

    def refused(self) -> dict[tuple[str, ...], str]:
        """Why there is no model without some of the structural premises, by their names."""
        return self._variants.refused

    def named(self, mask: int) -> tuple[str, ...]:
        """The premises that a mask removes."""
        return tuple(premise for bit, premise in enumerate(self.premises) if mask >> bit & 1)

    def _solve(self, masks: list[int]) -> None:
        groups: dict[int, tuple[Block, list[int]]] = {}
        for mask in masks:
            block = self._block((*self.without, *self.named(mask)))
            if block is None:
                count = len(self.questions)
                none = np.zeros((count, REPLICATES))
                self._known[mask] = Sums(np.zeros(REPLICATES), none, none)
            else:
                groups.setdefault(id(block), (block, []))[1].append(mask)
        parts = [
            (block, members[start : start + self._together])
            for block, members in groups.values()
            for start in range(0, len(members), self._together)
        ]
        with ThreadPoolExecutor(self.workers or os.cpu_count() or 1) as pool:
            for (_, members), sums in zip(parts, pool.map(self._solve_part, parts), strict=True):
                for at, mask in enumerate(members):
                    self._known[mask] = Sums(*(rows[at] for rows in sums))

    def _solve_part(self, part: tuple[Block, list[int]]) -> Sums:
        """Some subsets with one program, always as many rows: the compiled shape."""
        block, masks = part
        gone = [{*self.without, *self.named(mask)} for mask in masks]
        gone += [gone[0]] * (self._together - len(gone))
        numeric = block.program.switches.numeric
        switches = np.array([[premise in names for premise in numeric] for names in gone], bool)
        switches = switches.reshape(self._together, len(numeric))
        rows = [self._coordinates.index(name) for name in block.program.coordinates]
        total: Sums | None = None
        for index, cube in enumerate(self._cubes):
            count = min(self._width, self.draws - index * self._width)
            own = cube[rows] if rows else cube
            shares = block.shares(own, np.int32(count), switches)
            found = Sums(*map(np.asarray, (shares.solved, shares.applies, shares.number)))
            total = found if total is None else Sums(*(a + b for a, b in zip(total, found, strict=True)))
        if total is None:
            raise ValueError("a subset needs draws; got none.")
        return total


class Conclusion(NamedTuple):
    """What premises do for the answer to one question.

    Attributes:
        question: Its label.
        attribution: Each premise's and each pair's part; indices are those of `PremisesChallenge.premises`.
        pairs: Pairs that do not simply add up.
        overturned: The smallest sets whose removal overturns the conclusion.
        alone: `[k]`, the verdict without each premise, the others in place, less that of the whole.
        table: `[2^k]` the verdict of every subset, by the mask of what is removed; None where only some were
            solved.
        error: Largest standard error of a solved subset's verdict.
    """

    question: str
    attribution: Attribution
    pairs: tuple[Pair, ...]
    overturned: Overturned
    alone: Floats
    table: Table | None
    error: float


class PremisesChallenge(NamedTuple):
    """Premises challenged together.

    Attributes:
        premises: Their names.
        conclusions: One for each question that was asked.
        draws: Of each subset.
        subsets: How many were solved.
        failing: Share of failed draws by removed premises, where there are any.
        refused: Why there is no model without some structural premises.
    """

    premises: tuple[str, ...]
    conclusions: tuple[Conclusion, ...]
    draws: int
    subsets: int
    failing: dict[tuple[str, ...], float]
    refused: dict[tuple[str, ...], str]


def challenge_premises(
    model: Model,
    file: str,
    seed: int,
    *,
    premises: Sequence[str] | None = None,
    without: Sequence[str] = (),
    questions: Sequence[int] | None = None,
    thresholds: Sequence[float] | None = None,
    error: float = ERROR,
    most_draws: int = MOST_DRAWS,
    budget: int = BUDGET,
    workers: int | None = None,
) -> PremisesChallenge:
    """Which premises carry the answers, which work only together, which overturn them.

    Up to twelve premises, every subset is solved; beyond, orders are sampled and sets are searched by size.

    Args:
        model: Checked.
        file: SHA-256 of its text.
        seed: Of draws and orders.
        premises: What to challenge; None for all that are not removed throughout.
        without: Premises to remove throughout.
        questions: Indices of questions; None for all.
        thresholds: Where each question's conclusion turns; None for 1/2, and 0 for the mean of an amount.
        error: Standard error of a subset's share that is asked for; draws are doubled from 4,096 until it
            is met on average (root mean square over some fifty subsets), or `most_draws` are taken. Means of
            amounts have units of their own and are not looked at. Beyond twelve premises orders make most of
            the error, and 4,096 draws are taken.
        most_draws: Draws of a subset at most.
        budget: Beyond twelve premises, subsets to solve at most for the shares, and again for the sets.
        workers: Threads; None for one for each processor.

    Raises:
        ValueError: a premise is not there, too many are structural, or none is left.

    Accuracy:
        Errors are those of draws, from sixteen replicates, and beyond twelve premises of orders too. `error`
        may not be met; `Conclusion.error` says what was.
    """
    if premises is None:
        premises = [premise for premise in model.premises if premise not in without]
    asked = list(range(len(model.questions))) if questions is None else list(questions)
    lines = [_threshold(model.questions[q]) for q in asked] if thresholds is None else list(thresholds)
    draws = min(FEWEST, most_draws)
    subsets = Subsets(model, file, tuple(premises), tuple(without), seed, draws, workers)
    if len(subsets.premises) <= EXACT:
        shares = [q for q in asked if not _is_amount(model.questions[q])]
        enough = _enough(_pilot_error(subsets, shares, seed), error, draws, most_draws)
        subsets = subsets if enough == draws else replace(subsets, draws=enough)
    conclusions = tuple(
        _conclude(subsets, q, line, budget, seed) for q, line in zip(asked, lines, strict=True)
    )
    return PremisesChallenge(
        subsets.premises,
        conclusions,
        subsets.draws,
        subsets.solved,
        subsets.failing(),
        subsets.refused(),
    )


def _is_amount(question: Question) -> bool:
    return question.kind == "amount" and question.above is None


def _threshold(question: Question) -> float:
    return 0.0 if _is_amount(question) else 0.5


def _pilot_error(subsets: Subsets, questions: Sequence[int], seed: int) -> float:
    """Largest over the questions of the root mean square standard error of some subsets' verdicts."""
    k = len(subsets.premises)
    few = np.concatenate([[0, (1 << k) - 1], 1 << np.arange(k, dtype=np.int64)])
    rows = rows_of(few, k)
    generator = np.random.default_rng([seed, k])
    rows = np.concatenate([rows, generator.random((_PILOT, k)) < 0.5])
    found = [0.0]
    for question in questions:
        errors = replicate_errors(subsets.verdicts(question)(rows)[1])
        known = errors[np.isfinite(errors)]
        found.append(float(np.sqrt((known**2).mean())) if len(known) else 0.0)
    return max(found)


def _enough(pilot: float, error: float, draws: int, most: int) -> int:
    """Draws that bring an error down to what is asked, if it falls as the root of their number at least."""
    needed = draws
    while pilot * (draws / needed) ** 0.5 > error and needed < most:
        needed *= 2
    return min(needed, most)


def _conclude(subsets: Subsets, question: int, threshold: float, budget: int, seed: int) -> Conclusion:
    k, verdicts = len(subsets.premises), subsets.verdicts(question)
    table: Table | None = None
    if k <= EXACT:
        table = every_subset(k, verdicts)
        attribution, overturned = attribute(table), overturning(table, threshold)
        error = _largest(table.error)
    else:
        attribution = sample_attribution(k, verdicts, seed, budget=budget)
        supports = attribution.shapley.value * (1 if attribution.whole.value > threshold else -1)
        order = np.argsort(-np.nan_to_num(supports), kind="stable")
        overturned = search_overturning(k, verdicts, order, threshold, budget=budget)
        error = _largest(replicate_errors(verdicts(subsets.rows())[1]))
    label = subsets.questions[question].label
    single = verdicts(rows_of(np.append(0, 1 << np.arange(k, dtype=np.int64)), k))[0]
    alone = single[1:] - single[0]
    return Conclusion(label, attribution, pairs(attribution), overturned, alone, table, error)


def _largest(errors: Floats) -> float:
    known = errors[np.isfinite(errors)]
    return float(known.max()) if len(known) else float("nan")
