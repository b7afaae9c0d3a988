"""From a folded run to the records that everything else shows."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

import raison
from raison.answer.intervals import (
    Estimate,
    difference_estimate,
    finite,
    mean_estimate,
    replicate_error,
    share_estimate,
)
from raison.answer.records import (
    Change,
    Check,
    Failure,
    Histogram,
    Interval,
    ModelIdentity,
    Multiplicity,
    NodeAnswer,
    ParameterAnswer,
    Quantiles,
    Removal,
    RunRecord,
    Verdict,
)
from raison.answer.rounds import rounds_answer
from raison.model.formula import Formula, Name, Number
from raison.model.records import Decision, Distribution, Question, branches, solved_by
from raison.program.drawn import undrawn
from raison.run.fold import Fold
from raison.run.plan import Plan
from raison.run.sketch import Sketch
from raison.run.sums import AGREEMENT
from raison.solve.every import ROUNDS
from raison.solve.game import has_one_solution

TIES_UNRESOLVED = "moves tie, and games with hidden information are not solved for every way to break a tie"
MANY_TIES = "moves tie in more combinations than are tried"
_AVERAGES = {
    "all_equilibria": "low",
    "some_equilibrium": "high",
    "best_reply": "best_reply",
    "mixed": "mixed",
    "tied": "tied",
    "reached": "reached",
}


def _why_unknown(plan: Plan, fold: Fold, q: int) -> str | None:
    """Why the smallest and largest numbers over all equilibria are not known; None where they are.

    Bounds of 0 and 1 that come from nothing but draws in which an equilibrium may be missing are no answer.
    """
    program = plan.base.block.program
    missing, total = fold.counts.get("incomplete", np.zeros(0)), float(fold.total("applies")[q].sum())
    unsure = float(fold.total("agreement")[q, AGREEMENT.index("open")].sum())
    if missing.any() and unsure == total:
        return f"in every draw one may be missing, for {_as_reason(plan.base.block.doubts[missing.argmax()])}"
    if not int(fold.counts["unknown"][0]):
        return None
    if plan.model.rounds is not None:
        return ROUNDS
    if program.form is None:
        return MANY_TIES
    return TIES_UNRESOLVED if has_one_solution(program) else plan.base.block.unknown or TIES_UNRESOLVED


def make_record(plan: Plan, fold: Fold, command: str) -> RunRecord:
    """The record of a finished run.

    Args:
        plan: What was done.
        fold: What came out.
        command: The command that does it again.
    """
    model, identity = plan.model, plan.identity
    outcomes, outcome_errors = _outcomes(plan, fold)
    idle = undrawn(model) - set(plan.coordinates)
    return RunRecord(
        version=raison.__version__,
        versions=_versions(),
        model=ModelIdentity(name=model.name, title=model.title, sha256=identity.file, beliefs=model.beliefs),
        draws=identity.draws,
        seed=identity.seed,
        design=identity.design,
        concept=solved_by(model) if model.game else None,
        command=command,
        without=identity.without,
        questions=tuple(_verdict(plan, fold, q) for q in range(len(model.questions))),
        removals=tuple(_removal(plan, fold, r) for r in range(len(plan.removals))),
        nodes=_nodes(plan, fold),
        outcomes=outcomes,
        outcome_errors=outcome_errors,
        parameters=tuple(_parameter(plan, fold, n) for n in plan.model.parameters if n not in idle),
        failures=_failures(plan, fold),
        failed=1 - float(fold.total("solved").sum()) / identity.draws,
        forked=int(fold.counts["forked"][0]) / identity.draws,
        check=_check(fold),
        rounds=rounds_answer(plan, fold),
    )


def _check(fold: Fold) -> Check | None:
    draws, gain, error = fold.total("checked")
    if not draws:
        return None
    return Check(draws=int(draws), largest_gain=max(float(gain), 0.0), belief_error=finite(float(error)))


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
    reason = _why_unknown(plan, fold, q)
    of_move = question.kind == "move"

    follows, follow_errors = _follows(plan, fold, q) if of_move else (None, None)

    def average(name: str) -> float | None:
        return finite(float(fold.total(name)[q].sum()) / total) if total else None

    errors = {
        name: error
        for name, key in _AVERAGES.items()
        if (error := finite(replicate_error(fold.total(key)[q], counts))) is not None
    }
    return Verdict(
        **_asked(plan, question),
        share=None if share is None else finite(share.mean),
        standard_error=None if share is None else finite(share.standard_error),
        interval=None if share is None else _interval(share),
        unit=_unit(plan, question),
        all_equilibria=average("low") if reason is None else None,
        some_equilibrium=average("high") if reason is None else None,
        equilibria_reason=reason,
        equilibria=_multiplicity(plan, fold, q),
        best_reply=average("best_reply") if of_move else None,
        mixed=average("mixed") if not is_amount else None,
        tied=average("tied") if has_game else None,
        reached=average("reached") if of_move else None,
        margin=_quantiles(fold, f"margin {q}"),
        margin_histogram=_histogram(fold, f"margin {q}"),
        mean=None if mean is None else finite(mean.mean),
        mean_standard_error=None if mean is None else finite(mean.standard_error),
        quantiles=_quantiles(fold, f"amount {q}"),
        histogram=_histogram(fold, f"amount {q}"),
        outcomes=follows,
        outcome_errors=follow_errors,
        errors=errors,
        applies=total / plan.identity.draws,
        failed=1 - float(fold.total("solved").sum()) / plan.identity.draws,
    )


def _as_reason(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _multiplicity(plan: Plan, fold: Fold, q: int) -> Multiplicity | None:
    """How the draws divide by what their equilibria say; None where each draw has one answer."""
    question, counts = plan.model.questions[q], fold.total("applies")[q]
    rows = dict(zip(AGREEMENT, fold.total("agreement")[q], strict=True))
    total, missing = float(counts.sum()), fold.counts.get("incomplete", np.zeros(0))
    if int(fold.counts["unknown"][0]):
        return None
    asks_yes_or_no = question.kind == "move" or question.above is not None
    if not asks_yes_or_no or not total or not rows["in_some"].sum() + rows["open"].sum():
        return None
    reasons = [
        Failure(reason=plan.base.block.doubts[index], share=float(count) / plan.identity.draws)
        for index, count in enumerate(missing)
        if count
    ]
    return Multiplicity(
        **{name: float(row.sum()) / total for name, row in rows.items()},
        open_reasons=tuple(sorted(reasons, key=lambda reason: -reason.share)),
        errors=_errors(rows, np.stack(list(rows.values())), counts),
    )


def _asked(plan: Plan, question: Question) -> dict[str, Any]:
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


def _follows(plan: Plan, fold: Fold, q: int) -> tuple[dict[str, float] | None, dict[str, float] | None]:
    made = fold.total("number")[q]
    question = plan.model.questions[q]
    if made.sum() <= 0 or question.above is not None or question.player is not None:
        return None, None
    follows = fold.total("node follows")[q]
    shares = {
        name: float(row.sum() / made.sum()) for name, row in zip(plan.model.outcomes, follows, strict=True)
    }
    return shares, _errors(plan.model.outcomes, follows, made)


def _errors(names: Iterable[str], rows: NDArray[np.float64], counts: NDArray[np.float64]) -> dict[str, float]:
    """Standard errors of ratios of sums, `rows[k] / counts`, by name."""
    found = {name: replicate_error(row, counts) for name, row in zip(names, rows, strict=True)}
    return {name: error for name, error in found.items() if math.isfinite(error)}


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
        if question.kind == "amount" and question.above is None:
            value = mean_estimate(numbers[q], applies[q])
        else:
            few = (float(fold.total(f"removal {r} {name}")[q].sum()) for name in ("positive", "below_one"))
            value = share_estimate(numbers[q], applies[q], *few)
        changes.append(
            Change(
                question=question.label,
                value=finite(float(numbers[q].sum()) / total) if total else None,
                standard_error=finite(value.standard_error),
                value_interval=_interval(value),
                difference=finite(difference.mean),
                difference_standard_error=finite(difference.standard_error),
                interval=_interval(difference),
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
    solved = fold.total("solved")
    total = float(solved.sum())
    if not plan.model.game or total == 0:
        return ()
    reached, tied = fold.total("node reached"), fold.total("node tied")
    chosen, along = fold.total("node chosen"), fold.total("node along")
    found: list[NodeAnswer] = []
    at = 0
    for n, (name, node) in enumerate(plan.base.block.program.model.game.items()):
        labels = list(branches(node))
        here = slice(at, at + len(labels))
        decides = isinstance(node, Decision)
        found.append(
            NodeAnswer(
                name=name,
                player=node.player if isinstance(node, Decision) else None,
                reached=float(reached[n].sum()) / total,
                reached_error=finite(replicate_error(reached[n], solved)),
                shares=_shares(labels, chosen[here], total),
                share_errors=_errors(labels, chosen[here], solved),
                along=_shares(labels, along[here], total),
                along_errors=_errors(labels, along[here], solved),
                tied=float(tied[n].sum()) / total if decides else None,
                margin=_quantiles(fold, f"margin of {name}") if decides else None,
            )
        )
        at += len(labels)
    return tuple(found)


def _shares(names: Iterable[str], rows: NDArray[np.float64], total: float) -> dict[str, float]:
    return {name: float(row.sum()) / total for name, row in zip(names, rows, strict=True)}


def _outcomes(plan: Plan, fold: Fold) -> tuple[dict[str, float], dict[str, float]]:
    solved = fold.total("solved")
    if not plan.model.game or solved.sum() == 0:
        return {}, {}
    rows = fold.total("node outcomes")
    names = plan.model.outcomes
    return _shares(names, rows, float(solved.sum())), _errors(names, rows, solved)


def _parameter(plan: Plan, fold: Fold, name: str) -> ParameterAnswer:
    value = plan.model.parameters[name].value
    key = f"value {name}"
    uncertain = isinstance(value, Distribution)
    if not uncertain or key not in fold.counts:
        fixed = (
            value.expression.value
            if isinstance(value, Formula) and isinstance(value.expression, Number)
            else None
        )
        only = not uncertain and name in plan.coordinates
        return ParameterAnswer(name=name, fixed=fixed, quantiles=None, histogram=None, premise_only=only)
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
    found = Sketch(fold.counts[key]).quantiles(0.05, 0.5, 0.95)
    if not all(math.isfinite(value) for value in found):
        return None
    return Quantiles(q05=found[0], median=found[1], q95=found[2])


def _histogram(fold: Fold, key: str) -> Histogram | None:
    found = Sketch(fold.counts[key]).histogram() if key in fold.counts else None
    if found is None:
        return None
    return Histogram(edges=tuple(map(float, found[0])), counts=tuple(map(int, found[1])))


def _interval(estimate: Estimate) -> Interval | None:
    if math.isnan(estimate.low):
        return None
    return Interval(low=estimate.low, high=estimate.high, method=estimate.method)


def _unit(plan: Plan, question: Question) -> str | None:
    """The unit of an amount that is one parameter or quantity."""
    expression = None if question.amount is None else question.amount.expression
    if not isinstance(expression, Name):
        return None
    named = plan.model.quantities.get(expression.id) or plan.model.parameters.get(expression.id)
    return None if named is None else named.unit
