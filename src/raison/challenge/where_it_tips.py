"""Where a question's answer tips, by the model's names: one parameter alone, and all of them together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from raison.answer.intervals import finite
from raison.challenge.asked import Asked
from raison.challenge.closed_form import ClosedForms
from raison.challenge.engine import Sample
from raison.challenge.findings import FlipAt, Flipping, NearestFlipAt, Tipping
from raison.challenge.methods.reliability import NearestFlip, nearest_flip
from raison.challenge.methods.tipping import Axis, Flip, tipping_points
from raison.model.records import Distribution

Floats = NDArray[np.float64]

_DRAWN_STARTS = 16
"""Drawn points with the other answer, nearest to the medians, from which a nearer flip is looked for."""
_SMALL_PART = 0.01  # of the squared distance to the nearest flip
_AT_CENTRE = 1e-9
"""Share of a parameter's draws within which a flip is at the centre: solvers call moves a tie that differ by
as much of the range of the payoffs."""
_AT_MEDIANS = 1e-6
"""Standard deviations within which a flip is at the medians; ties reach farther where the margin is flat."""


def where_it_tips(asked: Asked, sample: Sample, *, seed: int, thorough: bool) -> Tipping:
    """Where one question's answer tips.

    Args:
        asked: The question, one with a margin.
        sample: Draws, some of which may have the other answer.
        seed: Of the search for the nearest flip.
        thorough: Look for the nearest flip with all parameters free as well.
    """
    axes = tipping_points(asked.margin_from_centre, asked.value, asked.centre)
    at = asked.margin_from_centre(asked.centre[:, None])[0]
    ordered = sorted(axes, key=lambda axis: (axis.nearest is None, _share_between(asked, axis)))
    forms = ClosedForms(asked)
    nearest, reach = None, None
    if thorough:
        alone = [_start(asked, axis)[:, None] for axis in ordered if axis.nearest is not None]
        starts = np.hstack([*alone, _drawn_starts(asked, sample)])
        found = nearest_flip(asked.margin, len(asked.names), seed=seed, starts=starts)
        nearest, reach = _nearest(asked, found), found.reach
    return Tipping(
        question=asked.question.label,
        yes=None if math.isnan(at) else bool(at >= 0),
        margin=finite(at),
        on_boundary=any(_share_between(asked, axis) <= _AT_CENTRE for axis in axes),
        parameters=tuple(_flipping(asked, axis, forms.formula(axis)) for axis in ordered),
        nearest=nearest,
        reach=reach,
        no_formulas=forms.why_not,
    )


def _drawn_starts(asked: Asked, sample: Sample) -> Floats:
    """`[P, S]` drawn points with another answer than the medians, those nearest to these."""
    medians = asked.margin(np.full((len(asked.names), 1), 0.5))[0]
    margins = asked.margins(sample.answers)
    other = np.isfinite(margins) & ((margins >= 0) != (medians >= 0))
    drawn = asked.points(sample.cube)[:, other]
    nearest = np.argsort(np.linalg.norm(ndtri(drawn), axis=0), kind="stable")[:_DRAWN_STARTS]
    return drawn[:, nearest]


def _share_between(asked: Asked, axis: Axis) -> float:
    return math.inf if axis.nearest is None else abs(axis.nearest.u - float(asked.centre[axis.parameter]))


def _start(asked: Asked, axis: Axis) -> Floats:
    assert axis.nearest is not None
    point = asked.centre.copy()
    point[axis.parameter] = axis.nearest.u
    return point


def _flipping(asked: Asked, axis: Axis, formula: str | None) -> Flipping:
    name = asked.names[axis.parameter]
    told = {
        id(flip): _flip(asked, name, flip, formula if flip is axis.nearest else None) for flip in axis.flips
    }
    return Flipping(
        parameter=name,
        centre=_named(asked, name, asked.engine.centre[name]),
        centre_share=float(asked.centre[axis.parameter]),
        flips=tuple(told.values()),
        nearest=None if axis.nearest is None else told[id(axis.nearest)],
        share_between=finite(_share_between(asked, axis)),
        smallest_margin=finite(axis.smallest_margin),
        largest_margin=finite(axis.largest_margin),
    )


def _flip(asked: Asked, name: str, flip: Flip, formula: str | None) -> FlipAt:
    return FlipAt(
        value=_named(asked, name, flip.value),
        last_value=_named(asked, name, flip.last_value),
        yes_above=flip.holds_above,
        share=flip.u,
        kind=flip.kind,
        formula=formula,
    )


def _nearest(asked: Asked, found: NearestFlip) -> NearestFlipAt | None:
    if not found.points:
        return None
    point = found.points[0]
    values = asked.engine.draw(asked.cube(point.u[:, None]))
    parts = {n: float(c * c) for n, c in zip(asked.names, point.cosines, strict=True)}
    large = sorted((n for n, part in parts.items() if part >= _SMALL_PART), key=lambda n: -parts[n])
    return NearestFlipAt(
        distance=point.beta,
        values={n: _named(asked, n, float(values[n][0])) for n in large},
        parts={n: parts[n] for n in large},
        probability=point.probability,
        checked=found.checked,
        stands=found.nearer == 0,
        at_medians=point.beta <= _AT_MEDIANS,
    )


def _named(asked: Asked, name: str, value: float) -> float | str:
    """A parameter's value as the file writes it: of a choice of names, the name."""
    definition = asked.engine.model.parameters[name].value
    if isinstance(definition, Distribution) and definition.names:
        return definition.names[round(value)]
    return float(value)
