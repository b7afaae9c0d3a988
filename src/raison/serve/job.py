"""What a solving process does with a model's text, and what it says about it while it does.

A job says things in the order in which they are known: the verdict without any premise removed, its page,
and where there are premises, both again; the first page then does without histograms, which take seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raison.model import records

if TYPE_CHECKING:
    from raison.api import Model, Run
    from raison.challenge.findings import Challenge

Say = Callable[[str, Any], None]

_STEPWISE = 20_000  # draws up to which solving step by step is done sooner than compiling


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of a solving process.

    Attributes:
        number: Goes back with all that is said, so that what was asked before is told from it.
        kind: `solve`; `challenge`, or `everything`: all analyses; `warm`, which says nothing but makes ready
            for models like this one.
        path: Of the model file.
        model: What the file says, checked.
        sha256: Of its text.
        draws: How many.
        seed: Of the draws.
    """

    number: int
    kind: str
    path: str
    model: records.Model
    sha256: str
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class Answered:
    """One question's answer as the page says it.

    Attributes:
        name: Of the question.
        short: The answer in a few words.
        sentence: The verdict in words.
    """

    name: str
    short: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        answers: One for each question.
        failure: What is to be said of draws that failed; None where none did.
        draws: How many there were.
        seconds: From the job's start to the answers.
        whole: Whether the premises have been removed in turn, too.
    """

    answers: tuple[Answered, ...]
    failure: str | None
    draws: int
    seconds: float
    whole: bool


def do(job: Job, say: Say) -> None:
    """Do a job.

    Args:
        job: What is asked.
        say: Told `progress`, `outcome` and `page`, each with what it is.

    Raises:
        ValueError: the model cannot be solved.
    """
    from raison.api import Model

    begun = time.perf_counter()
    model = Model(job.model, job.sha256, (), job.path)
    if not model.record.questions:
        raise ValueError("the model asks no question; add one under 'questions'.")
    if job.kind == "warm":
        _run(job, model, lambda what, about: None, "", removals=())
    elif job.kind == "solve":
        _solve(job, model, say, begun)
    else:
        _challenge(job, model, say, begun)


def _solve(job: Job, model: Model, say: Say, begun: float) -> None:
    first = _run(job, model, say, "solving", removals=())
    more = bool(model.record.premises)
    say("outcome", _outcome(first, begun, whole=not more))
    say("page", _page(first, with_charts=not more))
    if more:
        run = _run(job, model, say, "removing the premises")
        say("page", _page(run))
        say("outcome", _outcome(run, begun, whole=True))


def _challenge(job: Job, model: Model, say: Say, begun: float) -> None:
    run = _run(job, model, say, "solving and removing the premises")
    challenged = run.challenge(
        thorough=job.kind == "everything", progress=lambda stage: say("progress", (stage, None))
    )
    say("progress", ("writing the report", None))
    say("page", _page(run, challenged))
    say("outcome", _outcome(run, begun, whole=True))


def _run(job: Job, model: Model, say: Say, what: str, **options: Any) -> Run:
    say("progress", (what, 0.0))
    options["compiled"] = job.draws > _STEPWISE
    return model.run(
        job.draws, job.seed, progress=lambda done: say("progress", (what, done / job.draws)), **options
    )


def _outcome(run: Run, begun: float, *, whole: bool) -> Outcome:
    from raison.show import view, words

    record = run.record
    return Outcome(
        tuple(
            Answered(answer.name, answer.short, answer.sentence)
            for answer in view.answers(run.model.record, record)
        ),
        words.failure_sentence(record) if record.failed else None,
        record.draws,
        time.perf_counter() - begun,
        whole,
    )


def _page(run: Run, challenged: Challenge | None = None, *, with_charts: bool = True) -> str:
    from raison.show.live.page import make_live
    from raison.show.report import render_report

    record = run.model.record
    live = make_live(record, run.record)
    return render_report(record, run.record, challenged, live, with_charts=with_charts)
