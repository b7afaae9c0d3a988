"""Outputs of a process, worked out while it runs, so that no path over time is kept."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from raison.model.evaluate import Value
from raison.model.formula import Binary, Compare, Formula
from raison.model.process.records import Output
from raison.model.unparse import formula as made
from raison.program.process.moment import Moment, Setting

Array = Any
Folds = dict[str, tuple[Array, ...]]
"""What each output that is folded knows so far, arrays `[B]`."""


def begun(setting: Setting, when: dict[str, Value]) -> Folds:
    """Outputs before the first moment.

    Args:
        setting: The process.
        when: Per output that is read at a time which is known beforehand, that time.
    """
    folds: Folds = {}
    for name, output in setting.plan.asked.items():
        if output.fold == "first_time":
            folds[name] = (setting.full(jnp.inf), setting.full(jnp.nan))
        elif output.fold in ("max", "min"):
            folds[name] = (setting.full(-jnp.inf if output.fold == "max" else jnp.inf),)
        elif output.fold == "mean" or name in when:
            folds[name] = (setting.full(0.0),)
    return folds


def folded(folds: Folds, moment: Moment, when: dict[str, Value]) -> Folds:
    """The outputs with one more moment."""
    found: Folds = {}
    for name, so_far in folds.items():
        output = moment.setting.plan.asked[name]
        if output.fold == "first_time":
            found[name] = _first_time(output.of, so_far, moment)
            continue
        value = moment.setting.full(moment.number(output.of))
        if output.fold == "max":
            found[name] = (jnp.maximum(so_far[0], value),)
        elif output.fold == "min":
            found[name] = (jnp.minimum(so_far[0], value),)
        else:
            weight = _weight(output, moment, when.get(name))
            found[name] = (so_far[0] + jnp.where(weight > 0, weight * value, 0.0),)
    return found


def _weight(output: Output, moment: Moment, when: Value | None) -> Array:
    """How much a moment counts: by the trapezoidal rule in a mean, by the distance to the time of reading."""
    last = moment.setting.plan.num_steps
    if output.fold == "mean":
        at_end = (moment.index == 0) | (moment.index == last)
        return jnp.where(at_end, 0.5 / last, 1.0 / last)
    place = jnp.asarray(when, jnp.float64) / moment.setting.step
    return jnp.maximum(1.0 - jnp.abs(place - jnp.asarray(moment.index, jnp.float64)), 0.0)


def _first_time(condition: Formula, so_far: tuple[Array, ...], moment: Moment) -> tuple[Array, ...]:
    """When a condition is first true: between two steps where the two sides of a comparison cross."""
    found, before = so_far
    gap = _gap(condition, moment)
    holds = jnp.broadcast_to(jnp.asarray(moment.truth(condition), bool), found.shape)
    now = jnp.broadcast_to(jnp.asarray(moment.time, jnp.float64), found.shape)
    if gap is None:
        return jnp.where(holds & jnp.isinf(found), now, found), before
    back = gap / (gap - before)  # the share of the step that has passed since they crossed
    crossed = jnp.where((back >= 0) & (back <= 1), now - back * moment.setting.step, now)
    return jnp.where(holds & jnp.isinf(found), crossed, found), gap


def _gap(condition: Formula, moment: Moment) -> Array | None:
    """By how much the sides of a single comparison differ; None for another condition."""
    match condition.expression:
        case Compare(left, (("<" | "<=" | ">" | ">=", right),)):
            return moment.setting.full(moment.number(made(Binary("-", left, right))))
        case _:
            return None


def ended(folds: Folds, moment: Moment) -> dict[str, Array]:
    """The outputs after the last moment, which is folded already; those that are read later are not here."""
    plan, found = moment.setting.plan, dict[str, Array]()
    for name, output in plan.asked.items():
        if output.fold == "first_time":
            otherwise = moment.number(output.otherwise) if output.otherwise is not None else jnp.nan
            found[name] = jnp.where(jnp.isinf(folds[name][0]), otherwise, folds[name][0])
        elif name in folds:
            found[name] = folds[name][0]
        elif output.fold == "at" and output.at is None:
            found[name] = moment.setting.full(moment.number(output.of))
    return found
