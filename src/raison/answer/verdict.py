"""From a folded run to the records that everything else shows."""

from __future__ import annotations

import math
import platform
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

import raison
from raison.answer.intervals import difference_estimate, mean_estimate, replicate_error, share_estimate
from raison.answer.records import (
    Change,
    Failure,
    Histogram,
    Interval,
    ModelIdentity,
    NodeAnswer,
    ParameterAnswer,
    Quantiles,
    Removal,
    RunRecord,
    Verdict,
)
from raison.model.records import Decision, Distribution, Parameter, Question, branches
from raison.run.fold import Fold
from raison.run.plan import Plan
from raison.run.sketch import Sketch

MANY_TIES = "more combinations of tied moves than are tried"
NOT_ASKED = "the question is asked of quantities, which have one value a draw"


def make_record(plan: Plan, fold: Fold, command: str) -> RunRecord:
    """The record of a finished run.

    Args:
        plan: What was done.
        fold: What came out.
        command: The command that does it again.
    """
    model, identity = plan.model, plan.identity
    return RunRecord(
        version=raison.__version__,
        versions=_versions(),
        model=ModelIdentity(name=model.name, title=model.title, sha256=identity.file, beliefs=model.beliefs),
        draws=identity.draws,
        seed=identity.seed,
        design=identity.design,
        command=command,
        without=identity.without,
        questions=tuple(_verdict(plan, fold, q) for q in range(len(model.questions))),
        removals=tuple(_removal(plan, fold, r) for r in range(len(plan.removals))),
        nodes=_nodes(plan, fold),
        outcomes=_outcomes(plan, fold),
        parameters=tuple(_parameter(fold, n, p) for n, p in plan.model.parameters.items()),
        failures=_failures(plan, fold),
        failed=1 - float(fold.total("solved").sum()) / identity.draws,
    )


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("jax", "jaxlib", "numpy", "scipy")}
    return {"python": platform.python_version(), **packages, "machine": platform.machine()}


def _verdict(plan: Plan, fold: Fold, q: int) -> Verdict:
    question = plan.model.questions[q]
    counts, numbers = fold.total("applies")[q], fold.total("number")[q]
    total = float(counts.sum())
    is_amount = question.kind == "amount" and question.above is None
    share = None
    if not is_amount:
        share = share_estimate(
            numbers, counts, float(fold.total("positive")[q].sum()), float(fold.total("below_one")[q].sum())
        )
    mean = mean_estimate(numbers, counts) if is_amount else None
    has_game = bool(plan.model.game)
    known = not int(fold.counts["unknown"][0])
    of_move = question.kind == "move"

    def average(name: str) -> float | None:
        return _number(float(fold.total(name)[q].sum()) / total) if total else None

    return Verdict(
        **_asked(plan, question),
        share=None if share is None else _number(share.mean),
        standard_error=None if share is None else _number(share.standard_error),
        interval=None if share is None or math.isnan(share.low) else Interval(low=share.low, high=share.high, method=share.method),
        all_equilibria=average("low") if known else None,
        some_equilibrium=average("high") if known else None,
        equilibria_reason=None if known else MANY_TIES,
        best_reply=average("best_reply") if of_move else None,
        mixed=average("mixed") if not is_amount else None,
        tied=average("tied") if has_game else None,
        reached=average("reached") if of_move else None,
        margin=_quantiles(fold, f"margin {q}"),
        margin_histogram=_histogram(fold, f"margin {q}"),
        mean=None if mean is None else _number(mean.mean),
        mean_standard_error=None if mean is None else _number(mean.standard_error),
        quantiles=_quantiles(fold, f"amount {q}"),
        histogram=_histogram(fold, f"amount {q}"),
        outcomes=_follows(plan, fold, q) if of_move else None,
        applies=total / plan.identity.draws,
        failed=1 - float(fold.total("solved").sum()) / plan.identity.draws,
    )


def _asked(plan: Plan, question: Question) -> dict[str, object]:
    node = plan.model.game.get(question.node) if question.node is not None else None
    return {
        "name": question.label,
        "kind": question.kind,
        "player": node.player if isinstance(node, Decision) else None,
        "node": question.node,
        "move": question.move,
        "event": None if question.event is None else question.event.text,
        "amount": None if question.amount is None else question.amount.text,
        "given": None if question.given is None else question.given.text,
        "above": question.above,
        "whom": question.player,
    }


def _follows(plan: Plan, fold: Fold, q: int) -> dict[str, float] | None:
    made = float(fold.total("number")[q].sum())
    if made <= 0 or plan.model.questions[q].above is not None or plan.model.questions[q].player is not None:
        return None
    follows = fold.total("node follows")[q] / made
    return {name: float(part) for name, part in zip(plan.model.outcomes, follows, strict=True)}


def _removal(plan: Plan, fold: Fold, r: int) -> Removal:
    premises = plan.identity.removals[r]
    applies, numbers = fold.total(f"removal {r} applies"), fold.total(f"removal {r} number")
    solved = float(fold.total(f"removal {r} solved").sum())
    changes: list[Change] = []
    for q, question in enumerate(plan.model.questions):
        difference = difference_estimate(
            numbers[q], applies[q], fold.total("number")[q], fold.total("applies")[q]
        )
        total = float(applies[q].sum())
        changes.append(
            Change(
                question=question.label,
                value=_number(float(numbers[q].sum()) / total) if total else None,
                standard_error=_number(replicate_error(numbers[q], applies[q])),
                difference=_number(difference.mean),
                difference_standard_error=_number(difference.standard_error),
                failed=1 - solved / plan.identity.draws,
            )
        )
    name = next((n for n, s in plan.model.sets.items() if s.premises == premises), None)
    first = plan.model.premises[premises[0]]
    return Removal(
        name=premises[0] if name is None else name,
        premises=premises,
        says=first.says if name is None else plan.model.sets[name].says,
        unstated=first.unstated and name is None,
        changes=tuple(changes),
    )


def _nodes(plan: Plan, fold: Fold) -> tuple[NodeAnswer, ...]:
    solved = float(fold.total("solved").sum())
    if not plan.model.game or solved == 0:
        return ()
    reached, tied = fold.total("node reached"), fold.total("node tied")
    chosen, along = fold.total("node chosen"), fold.total("node along")
    found: list[NodeAnswer] = []
    at = 0
    for n, (name, node) in enumerate(plan.base.block.program.model.game.items()):
        labels = list(branches(node))
        decides = isinstance(node, Decision)
        found.append(
            NodeAnswer(
                name=name,
                player=node.player if isinstance(node, Decision) else None,
                reached=float(reached[n]) / solved,
                shares={label: float(chosen[at + i]) / solved for i, label in enumerate(labels)},
                along={label: float(along[at + i]) / solved for i, label in enumerate(labels)},
                tied=float(tied[n]) / solved if decides else None,
                margin=_quantiles(fold, f"margin of {name}") if decides else None,
            )
        )
        at += len(labels)
    return tuple(found)


def _outcomes(plan: Plan, fold: Fold) -> dict[str, float]:
    solved = float(fold.total("solved").sum())
    if not plan.model.game or solved == 0:
        return {}
    sums = fold.total("node outcomes") / solved
    return {name: float(part) for name, part in zip(plan.model.outcomes, sums, strict=True)}


def _parameter(fold: Fold, name: str, parameter: Parameter) -> ParameterAnswer:
    value = parameter.value
    key = f"value {name}"
    if not isinstance(value, Distribution) or key not in fold.counts:
        fixed: float | str | None = None
        if f"distinct {name}" in fold.sums:
            distinct = fold.total(f"distinct {name}")[0]
            fixed = float(distinct[0]) if len(distinct) == 1 else None
        return ParameterAnswer(name=name, fixed=fixed, quantiles=None, histogram=None)
    labels = None
    if value.kind == "choice" and f"distinct {name}" in fold.sums:
        distinct, repeats = fold.total(f"distinct {name}")
        shares: NDArray[np.float64] = repeats / repeats.sum()
        texts = [value.names[int(code)] if value.names else f"{code:g}" for code in distinct]
        labels = {text: float(share) for text, share in zip(texts, shares, strict=True)}
    return ParameterAnswer(
        name=name,
        fixed=None,
        quantiles=None if value.names else _quantiles(fold, key),
        histogram=None if labels is not None else _histogram(fold, key),
        labels=labels,
    )


def _failures(plan: Plan, fold: Fold) -> tuple[Failure, ...]:
    counts = fold.counts["status"]
    reasons = plan.base.block.program.reasons
    found = [
        Failure(reason=reasons[index], share=float(count) / plan.identity.draws)
        for index, count in enumerate(counts)
        if index and count
    ]
    return tuple(sorted(found, key=lambda failure: -failure.share))


def _quantiles(fold: Fold, key: str) -> Quantiles | None:
    if key not in fold.counts:
        return None
    sketch = Sketch(fold.counts[key])
    found = [sketch.quantile(share) for share in (0.05, 0.5, 0.95)]
    if not all(math.isfinite(value) for value in found):
        return None
    return Quantiles(q05=found[0], median=found[1], q95=found[2])


def _histogram(fold: Fold, key: str) -> Histogram | None:
    found = Sketch(fold.counts[key]).histogram() if key in fold.counts else None
    if found is None:
        return None
    return Histogram(edges=tuple(map(float, found[0])), counts=tuple(map(int, found[1])))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
