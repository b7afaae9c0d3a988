"""Every analysis of a run's verdicts, with the sample that they share.

What is asked is the first question unless told otherwise: the others of a model are mostly steps on the way.
The sample is the first draws of the run's own design, so a challenge belongs to the run, and the same seed
gives the same findings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import finite, mean_estimate
from raison.challenge.asked import Asked
from raison.challenge.engine import Engine, Sample
from raison.challenge.findings import Bound, Challenge, FlipAt, Flipping, NearestFlipAt, Robustness, Tipping
from raison.challenge.levers import pull_levers
from raison.challenge.reliability import NearestFlip, nearest_flip
from raison.challenge.robustness import bernoulli_divergence, share_bounds
from raison.challenge.tipping import Axis, Flip, tipping_points
from raison.model.records import Distribution
from raison.run.designs import REPLICATES, make_design
from raison.run.plan import Plan
from raison.run.sums import per_replicate
from raison.solve.game import is_settled

Floats = NDArray[np.float64]
Progress = Callable[[str], None]

DRAWS = 65_536
"""Draws of the sample at most."""
SLOW_DRAWS = 1_024
"""The same in games whose branch of equilibria is followed, which takes a thousand times as long."""
LEVER_DRAWS = 4_096
"""Draws on which each setting of the levers is asked."""
RADII = (0.01, 0.05, 0.1, 0.25, 0.5)
"""Kullback-Leibler divergences, in nats, for which the verdict's range is given."""
_SMALL_PART = 0.01  # of the squared distance to the nearest flip


@dataclass(frozen=True, eq=False)
class _Work:
    """What all analyses of one run share."""

    engine: Engine
    sample: Sample
    seed: int
    thorough: bool

    @property
    def quick(self) -> bool:
        """Whether solving anew costs next to nothing."""
        return self.engine.program.form is None or is_settled(self.engine.program)


def challenge(
    plan: Plan,
    *,
    questions: Sequence[int] = (0,),
    thorough: bool = False,
    progress: Progress | None = None,
) -> Challenge:
    """Challenge the verdicts of a run.

    Args:
        plan: Of the run.
        questions: Indices of the questions.
        thorough: All analyses; else those that take about as long as starting the program.
        progress: Told what begins.

    Raises:
        ValueError: a question's index is wrong.
    """
    count = len(plan.model.questions)
    if not all(0 <= q < count for q in questions):
        raise ValueError(f"the model has questions 0 to {count - 1}; got {list(questions)}.")
    tell = progress or (lambda _: None)
    engine = Engine(plan)
    identity = plan.identity
    tell("drawing")
    slow = engine.program.form is not None and not is_settled(engine.program)
    most = min(SLOW_DRAWS if slow else DRAWS, identity.draws)
    draws = max(most // REPLICATES, 1) * REPLICATES
    design = make_design(identity.design, max(len(plan.coordinates), 1), identity.seed, identity.draws)
    cube = design.points(0, draws)[plan.base.rows] if len(plan.base.rows) else design.points(0, draws)[:1]
    work = _Work(engine, engine.sample(cube), identity.seed, thorough)
    left_out: list[str] = []
    if slow and not thorough:
        left_out.append(
            "tipping points and levers: each draw of this game takes long to solve; ask for all analyses"
        )
    solve_anew = thorough or not slow
    tell("tipping points")
    tipping = tuple(_tipping(work, q) for q in questions if Asked(engine, q).has_margin) if solve_anew else ()
    tell("levers")
    levers = pull_levers(engine, _first(work.sample, LEVER_DRAWS), questions) if solve_anew else ()
    return Challenge(
        model=plan.model.name,
        sha256=identity.file,
        draws=draws,
        seed=identity.seed,
        questions=tuple(plan.model.questions[q].label for q in questions),
        tipping=tipping,
        levers=levers,
        robustness=tuple(r for q in questions if (r := _robustness(work, q)) is not None),
        left_out=tuple(left_out),
    )


def _first(sample: Sample, count: int) -> Sample:
    answers = sample.answers
    return Sample(
        sample.cube[:, :count],
        {name: row[:count] for name, row in sample.values.items()},
        answers._replace(**{name: row[..., :count] for name, row in answers._asdict().items()}),
    )


# --- robustness ---


def _robustness(work: _Work, q: int) -> Robustness | None:
    asked, number = Asked(work.engine, q), work.sample.answers.number[q]
    counted = np.isfinite(number)
    if not asked.has_margin or not counted.any():
        return None
    found = mean_estimate(per_replicate(counted, number), per_replicate(counted))
    share = min(max(found.mean, 0.0), 1.0)
    needed = float(bernoulli_divergence(0.5, share))
    return Robustness(
        question=asked.question.label,
        share=share,
        standard_error=finite(found.standard_error),
        bounds=tuple(
            Bound(radius=radius, low=float(low), high=float(high))
            for radius in RADII
            for low, high in [share_bounds(share, radius)]
        ),
        overturned_at=finite(needed),
    )


# --- tipping points ---


def _tipping(work: _Work, q: int) -> Tipping:
    asked = Asked(work.engine, q)
    axes = tipping_points(asked.margin_from_centre, asked.value, asked.centre)
    at = asked.margin_from_centre(asked.centre[:, None])[0]
    ordered = sorted(axes, key=lambda axis: (axis.nearest is None, _share_between(asked, axis)))
    nearest, reach = None, None
    if work.thorough:
        starts = [_start(asked, axis) for axis in ordered if axis.nearest is not None]
        found = nearest_flip(
            asked.margin,
            len(asked.names),
            seed=work.seed,
            starts=np.column_stack(starts) if starts else None,
        )
        nearest, reach = _nearest(asked, found), found.reach
    return Tipping(
        question=asked.question.label,
        yes=None if math.isnan(at) else bool(at >= 0),
        margin=finite(at),
        parameters=tuple(_flipping(asked, axis) for axis in ordered),
        nearest=nearest,
        reach=reach,
    )


def _share_between(asked: Asked, axis: Axis) -> float:
    return math.inf if axis.nearest is None else abs(axis.nearest.u - float(asked.centre[axis.parameter]))


def _start(asked: Asked, axis: Axis) -> Floats:
    assert axis.nearest is not None
    point = asked.centre.copy()
    point[axis.parameter] = axis.nearest.u
    return point


def _flipping(asked: Asked, axis: Axis) -> Flipping:
    name = asked.names[axis.parameter]
    return Flipping(
        parameter=name,
        centre=_named(asked, name, asked.engine.centre[name]),
        centre_share=float(asked.centre[axis.parameter]),
        flips=tuple(_flip(asked, name, flip) for flip in axis.flips),
        nearest=None if axis.nearest is None else _flip(asked, name, axis.nearest),
        share_between=finite(_share_between(asked, axis)),
        smallest_margin=finite(axis.smallest_margin),
        largest_margin=finite(axis.largest_margin),
    )


def _flip(asked: Asked, name: str, flip: Flip) -> FlipAt:
    return FlipAt(
        value=_named(asked, name, flip.value),
        last_value=_named(asked, name, flip.last_value),
        yes_above=flip.holds_above,
        share=flip.u,
        kind=flip.kind,
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
    )


def _named(asked: Asked, name: str, value: float) -> float | str:
    """A parameter's value as the file writes it: of a choice of names, the name."""
    definition = asked.engine.model.parameters[name].value
    if isinstance(definition, Distribution) and definition.names:
        return definition.names[round(value)]
    return float(value)
