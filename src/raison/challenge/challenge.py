"""Every analysis of a run's verdicts, with the sample that they share.

What is asked is the first question unless told otherwise: the others of a model are mostly steps on the way.
The sample is the first draws of the run's own design, so a challenge belongs to the run, and the same seed
gives the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
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

Floats = NDArray[np.float64]
Progress = Callable[[str], None]

DRAWS = 16_384
"""Draws that are kept at most."""
MANY_DRAWS = 65_536
"""The same if everything is asked for."""
SLOW_DRAWS = 1_024
"""The same in games whose branch of equilibria is followed, which takes a thousand times as long."""
PATIENCE = 20.0
"""Seconds after which no further draws of such a game are begun, the time to compile it not counted."""
LEVER_DRAWS = 4_096
"""Draws on which each setting of the levers is asked."""


_SLOW = "tipping points and levers, since each draw of this game takes long to solve"
_LATER = "the nearest flip with all parameters free, and indices from a design of their own"
_FAR = "the nearest flip, which asks at more points than a game of this size allows"
_CERTAIN = "whatever asks what parameters do, since none is uncertain"
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
    varied = bool(work.names)

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
        tipping=stage("tipping points", solve_anew and varied, each(_tipping)),
        where=stage("regions", varied, each(find_where)),
        levers=stage(
            "levers",
            solve_anew,
            lambda: pull_levers(
                work.engine, _lever_sample(work), questions, MANY_JOINT if thorough else JOINT
            ),
        ),
        sensitivity=stage("sensitivity", varied, lambda: find_sensitivity(work, questions)),
        failing=stage("failures", True, lambda: find_failing(work), None),
        information=stage("information", varied, each(find_information)),
        robustness=stage("robustness", varied, each(find_robustness)),
        rare=stage("rare answers", solve_anew, each(lambda w, q: _rare(w, q, shares))),
        left_out=tuple(_left_out(work, plan)),
    )


def _left_out(work: Work, plan: Plan) -> list[str]:
    """What is not done, and why."""
    varied, parts = bool(work.names), list[str]()
    if not work.thorough:
        several = len(plan.model.premises) - len(plan.identity.without) > 1
        parts += [_COMBINED] * several
        parts += [_SLOW] if not work.quick else [_LATER] * varied
        parts += [_RARE] * (varied and work.quick and not work.is_light)
    parts += [] if varied else [_CERTAIN]
    parts += [_FAR] * (work.thorough and varied and not work.is_light)
    most = min(SLOW_DRAWS, plan.identity.draws) // REPLICATES * REPLICATES
    if not work.quick and work.draws < most:
        parts.append(f"more than {work.draws:,} of the {most:,} draws that are asked if there is time")
    return parts


def _work(plan: Plan, thorough: bool) -> Work:
    engine, identity = Engine(plan), plan.identity
    wanted = engine.affordable(MANY_DRAWS if thorough else DRAWS, SLOW_DRAWS)
    most = min(wanted if engine.is_quick else SLOW_DRAWS, identity.draws)
    draws = max(most // REPLICATES, 1) * REPLICATES
    design = make_design(identity.design, max(len(plan.coordinates), 1), identity.seed, identity.draws)
    cube = design.points(0, draws)[plan.base.rows] if len(plan.base.rows) else design.points(0, draws)[:1]
    sample = engine.sample(cube) if engine.is_quick or thorough else _in_time(engine, cube)
    return Work(engine, sample, identity.seed, identity.draws, thorough)


def _in_time(engine: Engine, cube: Floats) -> Sample:
    """The draws of as many blocks as `PATIENCE` allows, at least one; the first is where it is compiled."""
    blocks = [cube[:, start : start + engine.width] for start in range(0, cube.shape[-1], engine.width)]
    parts = [engine.sample(blocks[0])]
    began = monotonic()
    for done, block in enumerate(blocks[1:]):
        spent = monotonic() - began
        if spent + (spent / done if done else 0.0) > PATIENCE:
            break
        parts.append(engine.sample(block))
    first = parts[0]
    rows = {
        name: np.concatenate([getattr(part.answers, name) for part in parts], axis=-1)
        for name in first.answers._fields
    }
    return Sample(
        np.concatenate([part.cube for part in parts], axis=-1),
        {name: np.concatenate([part.values[name] for part in parts]) for name in first.values},
        first.answers._replace(**rows),
    )


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
