"""Every analysis of a run's verdicts, with the sample that they share.

What is asked is the first question unless told otherwise: the others of a model are mostly steps on the way.
The sample is the first draws of the run's own design, so a challenge belongs to the run, and the same seed
gives the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import finite, mean_estimate
from raison.challenge.asked import Asked
from raison.challenge.engine import Engine, Sample
from raison.challenge.findings import Bound, Challenge, Robustness, Tipping
from raison.challenge.levers import pull_levers
from raison.challenge.robustness import bernoulli_divergence, share_bounds
from raison.challenge.where_it_tips import where_it_tips
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
    tipping = _tipping(work, questions) if solve_anew else ()
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


def _tipping(work: _Work, questions: Sequence[int]) -> tuple[Tipping, ...]:
    asked = [Asked(work.engine, q) for q in questions]
    return tuple(
        where_it_tips(a, work.sample, seed=work.seed, thorough=work.thorough) for a in asked if a.has_margin
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
