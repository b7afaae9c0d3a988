"""Sums over the draws of a block, by replicate where an error is wanted.

NumPy adds an array of a fixed shape in a fixed order, so these are the same bits whoever computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.run.block import BlockResult, RoundsRows
from raison.run.designs import REPLICATES

Floats = NDArray[np.float64]

AGREEMENT = ("in_all", "in_some", "in_none", "mixed", "open")
"""What the equilibria of a draw say to a question: its number is 1 in all of them, differs between them, is 0
in all, is the same between 0 and 1 in all, or is not known to differ while an equilibrium may be missing."""
SAME = 1e-6
"""Numbers that differ by no more are the same over all equilibria of a draw."""
PURE_LIMIT = 1e-4
"""A move whose probability is within this of 0 or 1 in the limit of a branch is pure.

The limit is known to a regret of 1e-9 of the payoff range. In degenerate games what a deviation gains can
vanish with its probability, so that a regret of 1e-9 leaves a probability of some square root of it, 3e-5."""


def per_replicate(counted: NDArray[np.bool_], row: Any = None) -> Floats:
    """Sum of a row over the counted draws of each replicate, `[16]`; of None, their number."""
    values = counted if row is None else np.where(counted, np.asarray(row), 0.0)
    return values.reshape(-1, REPLICATES).sum(axis=0, dtype=np.float64)


def question_sums(result: BlockResult, solved: NDArray[np.bool_], pure: Sequence[float]) -> dict[str, Floats]:
    """`[questions, 16]` by name: how many draws are counted, and sums over them.

    Args:
        result: Of a block.
        solved: Draws that are.
        pure: Per question how near to 0 or 1 its number is not mixed.
    """
    found: dict[str, list[Floats]] = {
        name: []
        for name in ("applies", "number", "best_reply", "mixed", "tied", "reached", "positive", "below_one")
    }
    for answer, near in zip(result.answers, pure, strict=True):
        counted = solved & np.asarray(answer.applies)
        number = np.asarray(answer.number)
        positive, below = counted & (number > 0), counted & (number < 1)
        found["applies"].append(per_replicate(counted))
        found["number"].append(per_replicate(counted, number))
        found["positive"].append(per_replicate(positive))
        found["below_one"].append(per_replicate(below))
        found["mixed"].append(per_replicate(counted & (number > near) & (number < 1 - near)))
        found["tied"].append(per_replicate(counted & np.asarray(answer.tied)))
        for name, row in (("best_reply", answer.best_reply), ("reached", answer.reached)):
            found[name].append(np.zeros(REPLICATES) if row is None else per_replicate(counted, row))
    return {name: np.array(rows).reshape(-1, REPLICATES) for name, rows in found.items()}


def agreement(
    counted: Sequence[NDArray[np.bool_]],
    low: Sequence[Any],
    high: Sequence[Any],
    complete: NDArray[np.bool_],
    pure: Sequence[float],
) -> Floats:
    """`[questions, len(AGREEMENT), 16]`: draws in which the equilibria agree, in each way.

    Args:
        counted: Per question the draws that it applies to.
        low: Per question the smallest number over the equilibria that are known.
        high: The largest.
        complete: Draws in which no equilibrium is missing.
        pure: Per question how near to 0 or 1 its number counts as that; at least `SAME` does.
    """
    found: list[Floats] = []
    for here, least, most, near in zip(counted, low, high, pure, strict=True):
        same = max(near, SAME)
        with np.errstate(invalid="ignore"):  # what is not finite is not counted
            differ = most - least > same
        sure, never = least >= 1 - same, most <= same
        ways = (
            complete & sure,
            differ,
            complete & never,
            complete & ~sure & ~never & ~differ,
            ~complete & ~differ,
        )
        found.append(np.array([per_replicate(here & way) for way in ways]))
    return np.array(found).reshape(-1, len(AGREEMENT), REPLICATES)


def node_sums(result: BlockResult, solved: NDArray[np.bool_]) -> dict[str, Floats]:
    """Sums by replicate for nodes `[.., 16]`, branches, outcomes, and what follows the asked moves."""
    if not result.node_reached:
        return {}

    def rows(arrays: Any) -> Floats:
        return np.array([per_replicate(solved, row) for row in arrays]).reshape(-1, REPLICATES)

    follows: list[Floats] = []
    for answer in result.answers:
        counted = solved & np.asarray(answer.applies)
        parts = answer.outcomes or ()
        summed = [per_replicate(counted, part) for part in parts]
        follows.append(np.array(summed) if summed else np.zeros((len(result.outcomes), REPLICATES)))
    return {
        "node reached": rows(result.node_reached),
        "node tied": rows(result.node_tied),
        "node chosen": rows(row for branches in result.chosen for row in branches),
        "node along": rows(row for branches in result.along for row in branches),
        "node outcomes": rows(result.outcomes),
        "node follows": np.array(follows).reshape(len(follows), len(result.outcomes), REPLICATES),
    }


def rounds_sums(rounds: RoundsRows, solved: NDArray[np.bool_]) -> dict[str, Floats]:
    """Sums by replicate over the periods `[T, 16]`, by question, and policies at the points of the grid.

    A question in a period counts the draws in which play comes there, each weighted by its share of paths
    that do.
    """
    alive = np.asarray(rounds.alive)
    found = {
        "rounds alive": np.array([per_replicate(solved, row) for row in alive]),
        "rounds clipped": per_replicate(solved, rounds.clipped),
        "rounds going": per_replicate(solved, rounds.going),
    }
    for q, question in enumerate(rounds.questions):
        if question.number is not None and question.applies is not None:
            number, applies = np.asarray(question.number), np.asarray(question.applies)
            weights = np.where(applies, alive, 0.0)
            found[f"rounds number {q}"] = np.array(
                [per_replicate(solved, w * n) for w, n in zip(weights, number, strict=True)]
            )
            found[f"rounds weight {q}"] = np.array([per_replicate(solved, w) for w in weights])
        if question.first is not None:
            found[f"rounds first {q}"] = np.array(
                [per_replicate(solved, row) for row in np.asarray(question.first)]
            )
        if question.once is not None:
            once, now = np.asarray(question.once), np.asarray(question.number)[0]
            found[f"rounds once {q}"] = per_replicate(solved, once)
            found[f"rounds differs {q}"] = per_replicate(solved & (np.abs(once - now) > SAME))
        if question.policy is not None:
            found[f"rounds policy {q}"] = np.asarray(question.policy)
    return found
