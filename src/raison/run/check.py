"""What anybody could gain by deviating in a sample of a run's draws, by the checkers that share no code with
the solvers.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from raison.program.graph import Graph
from raison.program.hold import fuse
from raison.program.program import Program
from raison.program.world import World
from raison.run.block import BlockResult, Sampled, sampled_draws
from raison.solve.deviation import belief_error
from raison.solve.inputs import gain_of, inputs_of
from raison.solve.regret import largest_gain

Floats = NDArray[np.float64]


def checked(program: Program, cube: Any, removed: Any, result: BlockResult) -> Floats:
    """The sample of a block: its number of solved draws, the largest gain, the largest error of beliefs.

    Args:
        program: What was solved.
        cube: `[D, B]`, the block's points.
        removed: Premises that are.
        result: Of the block.

    Returns:
        `[3]` float64. The gain is a share of the payoff range of who gains. Beliefs are held against Bayes'
        rule where play comes; NaN where the game has amounts, or nothing is hidden.
    """
    nothing = np.array([0.0, np.nan, np.nan])
    if not result.sampled.played:
        return nothing
    draws = sampled_draws(program, result.status.shape[-1])
    solved = np.asarray(result.status)[draws] == 0
    if not solved.any():
        return nothing
    sampled = jax.tree.map(np.asarray, result.sampled)
    with np.errstate(all="ignore"):  # draws that failed are not looked at
        if program.form is None:
            assert program.graph is not None
            gain, error = _gain_of_graph(program.graph, sampled), None
        else:
            points = np.asarray(cube)[:, draws]
            inputs = inputs_of(World(program, points, np.asarray(removed), hold=fuse), len(draws))
            gain, error = gain_of(inputs, sampled.played, sampled.beliefs), None
            if sampled.beliefs:
                error = belief_error(inputs.form, inputs.chance, sampled.played, sampled.beliefs)
    largest = np.nan if error is None else np.broadcast_to(error, solved.shape)[solved].max()
    return np.array([solved.sum(), np.broadcast_to(gain, solved.shape)[solved].max(), largest])


def _gain_of_graph(graph: Graph, sampled: Sampled) -> Floats:
    rows = [np.stack(branches) if branches else np.zeros((0, 1)) for branches in sampled.played]
    available = [np.stack(truths) > 0 if truths else None for truths in sampled.available]
    return largest_gain(graph, np.array(sampled.payoffs), rows, available)
