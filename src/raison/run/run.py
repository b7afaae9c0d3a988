"""Solving the draws of a plan block by block, folding them in order, in constant memory.

Workers take blocks; folding is done by one thread in the order of the blocks, so the number of workers does
not change a bit of the result. A run that is interrupted between two blocks can be stored and gone on with.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from raison.run import checkpoint
from raison.run.block import BlockResult, Sampled, Shares, is_stepwise, shares_of, uncertain
from raison.run.check import checked
from raison.run.designs import Design, make_design
from raison.run.fold import Fold
from raison.run.keep import DrawsFile
from raison.run.plan import Branch, Identity, Plan
from raison.run.sketch import bins
from raison.run.sums import (
    PURE_LIMIT,
    agreement,
    node_sums,
    per_replicate,
    question_sums,
    rounds_sums,
)
from raison.run.ties import extremes
from raison.solve.game import has_one_solution, is_limit
from raison.solve.levels import is_large

_TOGETHER = 64
"""Removals that are answered together."""
FEW = 30
"""A parameter with at most this many different values is shown value by value."""


class InterruptedRunError(KeyboardInterrupt):
    """A run that was stopped by the user; `path` holds what is done, if it could be stored."""

    def __init__(self, path: Path | None, done: int, draws: int) -> None:
        self.path = path
        self.done = done
        self.draws = draws
        super().__init__(f"stopped after {done:,} of {draws:,} draws")


@dataclass(slots=True)
class _Terms:
    """What one block adds to the fold."""

    sums: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    bins: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    rows: dict[str, Any] | None = None


def execute(
    plan: Plan,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    store_at: Path | None = None,
    resume_from: Path | None = None,
    keep: Path | None = None,
) -> Fold:
    """Solve every draw of a plan.

    Args:
        plan: What to do.
        workers: Threads; None for one for each processor.
        progress: Told the number of draws done after each block.
        store_at: Where to store what is done if the user interrupts.
        resume_from: A stored run to go on with.
        keep: Parquet file to write draws and answers to (extra `keep`).

    Returns:
        The folded blocks.

    Raises:
        ResumeError: the stored run belongs to other numbers.
        InterruptedRunError: the user interrupted.
        ValueError: fewer than one worker.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"a run needs at least one worker; got {workers}.")
    identity = plan.identity
    fold = Fold() if resume_from is None else _resumed(resume_from, identity, keep)
    design = make_design(identity.design, max(len(plan.coordinates), 1), identity.seed, identity.draws)
    kept = DrawsFile.open(keep, plan, fold.blocks) if keep is not None else None
    threads = workers or os.cpu_count() or 1
    pending: deque[Future[_Terms]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for block in range(fold.blocks, plan.blocks):
            pending.append(pool.submit(_solve, plan, design, block, kept is not None))
            if len(pending) >= 2 * threads:
                _fold_next(fold, pending, kept, plan, progress)
        while pending:
            _fold_next(fold, pending, kept, plan, progress)
    except KeyboardInterrupt as error:
        with _uninterrupted(stopping=True):
            for future in pending:
                future.cancel()
            _set_aside(fold, kept, store_at, identity)
        done = min(fold.blocks * plan.block_size, identity.draws)
        raise InterruptedRunError(store_at if fold.blocks else None, done, identity.draws) from error
    except BaseException:
        if kept is not None:
            kept.discard()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if kept is not None:
        kept.close()
    return fold


def _resumed(path: Path, identity: Identity, keep: Path | None) -> Fold:
    fold = checkpoint.resume(path, identity)
    if fold.counts.pop("kept", None) is not None and keep is None:
        raise checkpoint.ResumeError(
            f"{path} belongs to a run that keeps its draws; add --keep with the same file."
        )
    return fold


def _set_aside(fold: Fold, kept: DrawsFile | None, store_at: Path | None, identity: Identity) -> None:
    if kept is not None:
        kept.set_aside()
        fold.counts["kept"] = np.ones(1, np.int64)
    if store_at is not None and fold.blocks:
        checkpoint.store(store_at, identity, fold)


def _fold_next(
    fold: Fold,
    pending: deque[Future[_Terms]],
    kept: DrawsFile | None,
    plan: Plan,
    progress: Callable[[int], None] | None,
) -> None:
    terms = pending[0].result()
    with _uninterrupted():
        pending.popleft()
        if kept is not None and terms.rows is not None:
            kept.write(terms.rows)
        for name, term in terms.sums.items():
            fold.add(name, term)
        for name, term in terms.counts.items():
            fold.count(name, term)
        for name, found in terms.bins.items():
            fold.count_bins(name, found)
        fold.blocks += 1
    if progress is not None:
        progress(min(fold.blocks * plan.block_size, plan.identity.draws))


@contextmanager
def _uninterrupted(stopping: bool = False) -> Generator[None]:
    """Put off Ctrl-C until a block is folded whole: half a block in a stored run would spoil it unseen.

    With `stopping`, a second Ctrl-C while the run is being stored asks for what happens anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and not stopping:
        signal.raise_signal(signal.SIGINT)


def _solve(plan: Plan, design: Design, block: int, keep: bool) -> _Terms:
    start = block * plan.block_size
    count = min(plan.block_size, plan.identity.draws - start)
    cube = np.full((max(len(plan.coordinates), 1), plan.block_size), 0.5)
    cube[:, :count] = design.points(start, count)
    shared = jnp.asarray(cube)
    base, cube_rows = plan.base, _rows(shared, plan.base, plan)
    result = base.block.answer(cube_rows, np.int32(count), base.switches)
    terms = _Terms()
    _base_terms(terms, plan, result)
    _tie_terms(terms, plan, cube_rows, result)
    for index, shares in _removed(plan, shared, count):
        for name, term in shares._asdict().items():
            terms.sums[f"removal {index} {name}"] = np.asarray(term)
    if block == 0:
        _parameter_terms(terms, plan, result, count)
        terms.sums["checked"] = checked(base.block.program, cube_rows, base.switches, result)
    if keep:
        values = {name: np.asarray(row) for name, row in base.block.values(cube_rows, base.switches).items()}
        terms.rows = _kept_rows(start, count, values, result)
    return terms


def _removed(plan: Plan, cube: Any, count: int) -> Iterator[tuple[int, Shares]]:
    """The sums of each removal.

    In one block each is answered like the whole, one at a time, since a result is tens of megabytes. Of many
    blocks those with the same program are answered together, by another program, in half the time; where
    solving takes long, in rounds or with hidden information, it would not pay for compiling that program.
    """
    if plan.blocks == 1 or not is_stepwise(plan.base.block.program):
        for index, branch in enumerate(plan.removals):
            rows = _rows(cube, branch, plan)
            result = branch.block.answer(rows, np.int32(count), branch.switches)
            yield index, shares_of(jax.tree.map(np.asarray, result._replace(sampled=Sampled())))
        return
    groups: dict[int, list[int]] = {}
    for index, branch in enumerate(plan.removals):
        groups.setdefault(id(branch.block), []).append(index)
    for members in groups.values():
        for start in range(0, len(members), _TOGETHER):
            part = members[start : start + _TOGETHER]
            missing = min(len(members), _TOGETHER) - len(part)  # the compiled shape is one
            switches = [plan.removals[index].switches for index in (*part, *part[:1] * missing)]
            first = plan.removals[part[0]]
            shares = first.block.shares(_rows(cube, first, plan), np.int32(count), np.stack(switches))
            for row, index in enumerate(part):
                yield index, Shares(*(np.asarray(rows)[row] for rows in shares))


def _parameter_terms(terms: _Terms, plan: Plan, result: BlockResult, count: int) -> None:
    """The parameters as drawn in the first block: counts, and the values themselves where they are few."""
    for name, row in zip(uncertain(plan.base.block.program.model), result.parameters, strict=True):
        drawn = np.asarray(row)[:count]
        terms.bins[f"value {name}"] = _binned(drawn)
        if len(np.unique(drawn[:64])) <= FEW:
            distinct, repeats = np.unique(drawn, return_counts=True)
            if len(distinct) <= FEW:
                terms.sums[f"distinct {name}"] = np.array([distinct, repeats], np.float64)


def _rows(cube: Any, branch: Branch, plan: Plan) -> Any:
    return cube if len(branch.rows) == len(plan.coordinates) else cube[branch.rows]


def _base_terms(terms: _Terms, plan: Plan, result: BlockResult) -> None:
    status = np.asarray(result.status)
    solved = status == 0
    terms.sums["solved"] = per_replicate(solved)
    terms.counts["forked"] = np.array([np.count_nonzero(solved & np.asarray(result.forked))], np.int64)
    terms.sums.update(question_sums(result, solved, _pure(plan)))
    terms.sums.update(node_sums(result, solved))
    if result.rounds is not None:
        terms.sums.update(rounds_sums(result.rounds, solved))
    reasons = len(plan.base.block.program.reasons)
    terms.counts["status"] = np.bincount(status[status >= 0], minlength=reasons)
    for q, (question, answer) in enumerate(zip(plan.model.questions, result.answers, strict=True)):
        counted = solved & np.asarray(answer.applies)
        if answer.margin is not None:
            terms.bins[f"margin {q}"] = _binned(np.asarray(answer.margin)[counted])
        elif question.kind == "amount" and question.above is None:
            terms.bins[f"amount {q}"] = _binned(np.asarray(answer.number)[counted])
    if is_large(plan.base.block.program.graph):
        return  # a sketch for each of thousands of nodes would not fit memory
    for name, margin in zip(plan.base.block.program.model.game, result.node_margin, strict=True):
        terms.bins[f"margin of {name}"] = _binned(np.asarray(margin)[solved])


def _pure(plan: Plan) -> list[float]:
    """Per question how near to 0 or 1 a move's probability is pure, since limits are not known better."""
    near = PURE_LIMIT if is_limit(plan.base.block.program) else 0.0
    return [near if question.kind == "move" else 0.0 for question in plan.model.questions]


def _binned(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return bins(values[np.isfinite(values)])


def _tie_terms(terms: _Terms, plan: Plan, cube_rows: Any, result: BlockResult) -> None:
    """The smallest and largest number of each question over all pure equilibria, summed; how they agree."""
    number = terms.sums["number"]
    solved = np.asarray(result.status) == 0
    terms.sums["low"] = number.copy()
    terms.sums["high"] = number.copy()
    terms.counts["unknown"] = np.zeros(1, np.int64)
    tied = np.asarray(result.tied)
    graph = plan.base.block.program.graph
    if plan.base.block.program.form is not None:
        _equilibrium_terms(terms, plan, cube_rows, result)
        return
    rows = [np.asarray(answer.number) for answer in result.answers]
    counted = [solved & np.asarray(answer.applies) for answer in result.answers]
    terms.sums["agreement"] = agreement(counted, rows, rows, solved, _pure(plan))
    if graph is None or not tied.any() or not len(number):
        return
    if is_large(graph) or plan.model.rounds is not None:
        terms.counts["unknown"][0] = int(tied.sum())
        return
    base = plan.base
    moves = [len(s.children) if s.mover >= 0 else 1 for s in graph.states]

    def numbers(start: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        found, ties = base.block.numbers(cube_rows, base.switches, start)
        return np.stack([np.asarray(row) for row in found]), np.array([bool(tie) for tie in ties])

    found = extremes(numbers, moves, np.array([bool(tie) for tie in result.tied_states]))
    if found is None:
        terms.counts["unknown"][0] = int(tied.sum())
        return
    for q, answer in enumerate(result.answers):
        here = tied & np.asarray(answer.applies)
        for name, extreme in (("low", found[0][q]), ("high", found[1][q])):
            terms.sums[name][q] += per_replicate(here, extreme - np.asarray(answer.number))
    low, high = ([np.where(tied, extreme[q], row) for q, row in enumerate(rows)] for extreme in found)
    terms.sums["agreement"] = agreement(counted, low, high, solved, _pure(plan))


def _equilibrium_terms(terms: _Terms, plan: Plan, cube_rows: Any, result: BlockResult) -> None:
    """The same for a game with information sets, by enumeration where it is possible.

    In a draw in which some equilibria may be missing, a probability counts as anything between 0 and 1.
    """
    block = plan.base.block
    solved = np.asarray(result.status) == 0
    rows = [np.asarray(answer.number) for answer in result.answers]
    counted = [solved & np.asarray(answer.applies) for answer in result.answers]
    unique = has_one_solution(block.program) & ~np.asarray(result.tied)
    if block.extremes is None:
        known = bool(unique[solved].all())
        terms.counts["unknown"][0] = 0 if known else int(solved.sum())
        terms.sums["agreement"] = agreement(counted, rows, rows, solved, _pure(plan))
        return
    low, high, doubt = block.extremes(cube_rows, plan.base.switches)
    complete = (doubt < 0) | unique
    terms.counts["incomplete"] = np.bincount(doubt[solved & ~complete], minlength=len(block.doubts))
    low, high = np.fmin(low, np.stack(rows)), np.fmax(high, np.stack(rows))
    for q, question in enumerate(plan.model.questions):
        whole = question.kind != "amount" or question.above is not None
        open_low, open_high = (0.0, 1.0) if whole else (low[q], high[q])
        bounds = (
            ("low", np.where(complete, low[q], open_low)),
            ("high", np.where(complete, high[q], open_high)),
        )
        for name, bound in bounds:
            terms.sums[name][q] += per_replicate(counted[q], bound - rows[q])
    terms.sums["agreement"] = agreement(counted, list(low), list(high), complete, _pure(plan))


def _kept_rows(start: int, count: int, values: dict[str, Any], result: BlockResult) -> dict[str, Any]:
    return {
        "draw": np.arange(start, start + count),
        "status": np.asarray(result.status)[:count],
        "values": {name: row[:count] for name, row in values.items()},
        "answers": [
            {
                "number": np.asarray(answer.number)[:count],
                "applies": (np.asarray(answer.applies) & (np.asarray(result.status) == 0))[:count],
                "margin": None if answer.margin is None else np.asarray(answer.margin)[:count],
            }
            for answer in result.answers
        ],
    }
