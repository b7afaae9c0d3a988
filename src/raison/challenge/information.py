"""What to find out first: for the player who moves, and for the verdict."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from raison.challenge.findings import Found, Information, Learned
from raison.challenge.methods.evppi import Worth, evpi, evppi, evppi_pairs, verdict_information
from raison.challenge.work import Work, found
from raison.model.records import Decision

Floats = NDArray[np.float64]

_FEWEST = 640  # draws with an answer
_PAIRED = 5  # parameters whose pairs are looked at


def find_information(work: Work, q: int) -> Information | None:
    """The worth of learning each parameter; None where there are too few draws or nothing is uncertain.

    A draw's players know every parameter; the worth is that of someone who must recommend one move to the
    player for all draws, and might learn a parameter first.
    """
    question, draws = work.question(q), work.counted(q)
    if len(draws) < _FEWEST or not work.names or (question.kind == "amount" and question.above is None):
        return None
    x, replicate = work.inputs[:, draws], work.replicate(draws)
    told = verdict_information(x, work.number(q)[draws], seed=work.seed, replicate=replicate)
    benefit = _benefit(work, q)
    worth, perfect, pairs = None, None, ()
    if benefit is not None:
        benefit = benefit[:, draws]
        worth = evppi(x, benefit, seed=work.seed, replicate=replicate)
        known = evpi(benefit, replicate=replicate)
        perfect = found(known.mean, known.standard_error, known.low, known.high)
        if work.thorough:
            pairs = _pairs(work, x, benefit, worth, replicate)
    learned = [
        Learned(
            parameters=(name,),
            worth=None if worth is None else _worth(worth, p),
            null=None if worth is None else _number(worth.null_high[p]),
            overturn=_worth(told.overturn, p),
            overturn_null=_number(told.overturn.null_high[p]),
            share_if_overturned=_number(told.share_if_overturned[p]),
            share_error=_number(told.share_error[p]),
            reduction=_number(told.reduction.value[p] / told.variance) if told.variance > 0 else None,
        )
        for p, name in enumerate(work.names)
    ]
    return Information(
        question=question.label,
        decider=_decider(work, q) if benefit is not None else None,
        perfect=perfect,
        parameters=tuple(sorted(learned, key=_rank)),
        pairs=pairs,
        draws=len(draws),
    )


def _decider(work: Work, q: int) -> str | None:
    node = work.model.game.get(work.question(q).node or "")
    return node.player if isinstance(node, Decision) else None


def _benefit(work: Work, q: int) -> Floats | None:
    """`[moves, N]`, the mover's payoff from each move at the node less that of the best; None without a node.

    What a draw adds to all moves alike changes no choice and no worth of information.
    """
    question, decider = work.question(q), _decider(work, q)
    rows = [k for k, (node, _) in enumerate(work.engine.moves) if node == question.node]
    if decider is None or len(rows) < 2 or question.player not in (None, decider):
        return None
    lead = np.minimum(work.sample.answers.lead[rows], 0.0)
    counted = work.counted(q)
    return lead if len(counted) and np.isfinite(lead[:, counted]).all() else None


def _pairs(
    work: Work, x: Floats, benefit: Floats, worth: Worth, replicate: NDArray[np.int64]
) -> tuple[Learned, ...]:
    first = np.argsort(-worth.value)[:_PAIRED].tolist()
    pairs = list(combinations(sorted(first), 2))
    if not pairs:
        return ()
    known = evppi_pairs(x, benefit, pairs, seed=work.seed, replicate=replicate)
    learned = [
        Learned(
            parameters=(work.names[a], work.names[b]),
            worth=_worth(known, k),
            null=_number(known.null_high[k]),
        )
        for k, (a, b) in enumerate(pairs)
    ]
    return tuple(sorted(learned, key=_rank))


def _worth(worth: Worth, p: int) -> Found:
    rows = (worth.value, worth.standard_error, worth.low, worth.high)
    return found(*(float(row[p]) for row in rows))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rank(learned: Learned) -> float:
    measure = learned.worth or learned.overturn
    return -(measure.value or 0.0) if measure is not None else 0.0
