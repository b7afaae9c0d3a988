"""What a model's premises do for a conclusion, in all combinations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raison.answer.intervals import finite, student
from raison.challenge.findings import Found, OverturningSet, PremisePair, PremiseShare, Subset, Together
from raison.challenge.methods.coalitions import Measured, Overturning, Pair
from raison.challenge.premises import Conclusion, PremisesChallenge, challenge_premises
from raison.challenge.work import Work, found
from raison.run.plan import Plan


def find_together(
    work: Work, plan: Plan, questions: Sequence[int], workers: int | None
) -> tuple[Together, ...]:
    """Verdicts without subsets of the premises that are in place; nothing for a model with fewer than two."""
    identity = plan.identity
    challenged = [p for p in plan.model.premises if p not in identity.without]
    if len(challenged) < 2:
        return ()
    known = challenge_premises(
        plan.model,
        identity.file,
        identity.seed,
        premises=challenged,
        without=identity.without,
        questions=questions,
        workers=workers,
    )
    refused = tuple(f"{', '.join(names)}: {reason}" for names, reason in known.refused.items())
    return tuple(
        _together(known, conclusion, work.asked(q).has_margin, refused)
        for q, conclusion in zip(questions, known.conclusions, strict=True)
    )


def _together(
    known: PremisesChallenge, conclusion: Conclusion, is_share: bool, refused: tuple[str, ...]
) -> Together:
    names, attribution, table = known.premises, conclusion.attribution, conclusion.table
    order = np.argsort(-np.abs(np.nan_to_num(attribution.shapley.value)), kind="stable").tolist()
    shares = [
        PremiseShare(
            premise=names[p],
            share=_measured(attribution.shapley, attribution.free, p),
            alone=finite(float(conclusion.alone[p])),
        )
        for p in order
    ]
    subsets: tuple[Subset, ...] = ()
    if table is not None:
        subsets = tuple(
            Subset(
                removed=tuple(n for p, n in enumerate(names) if mask >> p & 1),
                number=finite(float(verdict)),
                standard_error=finite(float(error)),
            )
            for mask, (verdict, error) in enumerate(zip(table.verdict, table.error, strict=True))
        )
    over = conclusion.overturned
    return Together(
        question=conclusion.question,
        is_share=is_share,
        whole=_measured(attribution.whole, attribution.free),
        bare=_measured(attribution.bare, attribution.free),
        premises=tuple(shares),
        pairs=tuple(_pair(names, pair, attribution.free) for pair in conclusion.pairs),
        subsets=subsets,
        overturning=tuple(_overturning(names, one) for one in over.sets),
        searched=over.searched,
        threshold=over.threshold,
        holds=over.holds,
        draws=known.draws,
        solved=known.subsets,
        error=finite(conclusion.error),
        refused=refused,
    )


def _measured(measured: Measured, free: int, *place: int) -> Found:
    value, error = float(measured.value[place]), float(measured.error[place])
    width = student(free + 1) * error if free > 0 else float("nan")
    return found(value, error, value - width, value + width)


def _pair(names: Sequence[str], pair: Pair, free: int) -> PremisePair:
    width = student(free + 1) * pair.error if free > 0 else float("nan")
    return PremisePair(
        first=names[pair.first],
        second=names[pair.second],
        interaction=found(pair.interaction, pair.error, pair.interaction - width, pair.interaction + width),
        kind=pair.kind,
    )


def _overturning(names: Sequence[str], one: Overturning) -> OverturningSet:
    return OverturningSet(
        premises=tuple(names[p] for p in one.premises),
        number=finite(one.verdict),
        standard_error=finite(one.error),
        overturns=one.overturns,
        is_sure=one.is_sure,
        is_smallest=one.is_smallest,
    )
