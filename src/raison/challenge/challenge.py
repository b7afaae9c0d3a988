"""Every analysis of a run's verdicts, with the sample that they share.

What is asked is the first question unless told otherwise: the others of a model are mostly steps on the way.
The sample is the first draws of the run's own design, so a challenge belongs to the run, and the same seed
gives the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.challenge.doubt import find_rare, find_robustness
from raison.challenge.engine import Engine, Sample
from raison.challenge.findings import Challenge, Rare, Tipping
from raison.challenge.information import find_information
from raison.challenge.levers import JOINT, MANY_JOINT, pull_levers
from raison.challenge.sensitivity import find_failing, find_sensitivity
from raison.challenge.together import find_together
from raison.challenge.where import find_where
from raison.challenge.where_it_tips import where_it_tips
from raison.challenge.work import Work
from raison.run.designs import REPLICATES, make_design
from raison.run.plan import Plan
from raison.solve.game import is_settled

Floats = NDArray[np.float64]
Progress = Callable[[str], None]

DRAWS = 16_384
"""Draws that are kept at most."""
MANY_DRAWS = 65_536
"""The same if everything is asked for."""
SLOW_DRAWS = 1_024
"""The same in games whose branch of equilibria is followed, which takes a thousand times as long."""
LEVER_DRAWS = 4_096
"""Draws on which each setting of the levers is asked."""


_SLOW = "tipping points and levers, since each draw of this game takes long to solve"
_LATER = "the nearest flip with all parameters free, and indices from a design of their own"
_FAR = "the nearest flip, which asks at more points than a game of this size allows"
_RARE = "the shares of rare answers, for which this game takes minutes"
_COMBINED = "the premises in all combinations"


def challenge(
    plan: Plan,
    *,
    questions: Sequence[int] = (0,),
    thorough: bool = False,
    shares: Sequence[float | None] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Challenge:
    """Challenge the verdicts of a run.

    Args:
        plan: Of the run.
        questions: Indices of the questions.
        thorough: All analyses; else those that take about as long as starting the program.
        shares: The run's answer to each question of the model, which says whether it is rare; None for that
            of the draws that are kept.
        workers: Threads for subsets of premises; None for one for each processor. The numbers do not depend
            on it.
        progress: Told what begins.

    Raises:
        ValueError: a question's index is wrong.
    """
    count = len(plan.model.questions)
    if not all(0 <= q < count for q in questions):
        raise ValueError(f"the model has questions 0 to {count - 1}; got {list(questions)}.")
    told = progress or (lambda _: None)
    told("drawing")
    work = _work(plan, thorough)
    solve_anew = thorough or work.quick
    several = len(plan.model.premises) - len(plan.identity.without) > 1
    left_out = [] if thorough else [_COMBINED] * several + [_LATER if work.quick else _SLOW]
    left_out += [_RARE] if work.quick and not work.is_light and not thorough else []
    left_out += [_FAR] if thorough and not work.is_light else []

    def stage(name: str, wanted: bool, find: Callable[[], Any], otherwise: Any = ()) -> Any:
        if not wanted:
            return otherwise
        told(name)
        return find()

    def each(find: Callable[[Work, int], Any]) -> Callable[[], tuple[Any, ...]]:
        return lambda: tuple(one for q in questions if (one := find(work, q)) is not None)

    return Challenge(
        model=plan.model.name,
        sha256=plan.identity.file,
        draws=work.draws,
        seed=work.seed,
        questions=tuple(plan.model.questions[q].label for q in questions),
        together=stage("premises", thorough, lambda: find_together(work, plan, questions, workers)),
        tipping=stage("tipping points", solve_anew, each(_tipping)),
        where=stage("regions", True, each(find_where)),
        levers=stage(
            "levers",
            solve_anew,
            lambda: pull_levers(
                work.engine, _lever_sample(work), questions, MANY_JOINT if thorough else JOINT
            ),
        ),
        sensitivity=stage("sensitivity", True, lambda: find_sensitivity(work, questions)),
        failing=stage("failures", True, lambda: find_failing(work), None),
        information=stage("information", True, each(find_information)),
        robustness=stage("robustness", True, each(find_robustness)),
        rare=stage("rare answers", solve_anew, each(lambda w, q: _rare(w, q, shares))),
        left_out=tuple(left_out),
    )


def _work(plan: Plan, thorough: bool) -> Work:
    engine, identity = Engine(plan), plan.identity
    slow = engine.program.form is not None and not is_settled(engine.program)
    wanted = engine.affordable(MANY_DRAWS if thorough else DRAWS, SLOW_DRAWS)
    most = min(SLOW_DRAWS if slow else wanted, identity.draws)
    draws = max(most // REPLICATES, 1) * REPLICATES
    design = make_design(identity.design, max(len(plan.coordinates), 1), identity.seed, identity.draws)
    cube = design.points(0, draws)[plan.base.rows] if len(plan.base.rows) else design.points(0, draws)[:1]
    return Work(engine, engine.sample(cube), identity.seed, identity.draws, thorough)


def _rare(work: Work, q: int, shares: Sequence[float | None] | None) -> Rare | None:
    share = work.share(q) if shares is None else shares[q]
    return None if share is None else find_rare(work, q, share)


def _lever_sample(work: Work) -> Sample:
    """The first draws of the sample."""
    sample, answers = work.sample, work.sample.answers
    count = work.engine.affordable(LEVER_DRAWS, SLOW_DRAWS // 2)
    return Sample(
        sample.cube[:, :count],
        {name: row[:count] for name, row in sample.values.items()},
        answers._replace(**{name: row[..., :count] for name, row in answers._asdict().items()}),
    )


def _tipping(work: Work, q: int) -> Tipping | None:
    asked = work.asked(q)
    if not asked.has_margin:
        return None
    return where_it_tips(asked, work.sample, seed=work.seed, thorough=work.thorough and work.is_light)
