"""`raison run`: a model over everything that is uncertain."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raison.cli.failing import EXIT_FAILED, RefusalError
from raison.cli.files import check_apart, check_folder, check_report, load_model, warn, warn_idle
from raison.cli.options import (
    Amounts,
    AsJson,
    Concept,
    Design,
    DesignName,
    Draws,
    Force,
    ModelArgument,
    Output,
    Precision,
    Premises,
    Refinement,
    Resume,
    Seed,
    Without,
    Workers,
)

if TYPE_CHECKING:
    from raison.api import Run
    from raison.challenge.findings import Challenge


def run(
    model: ModelArgument,
    draws: Draws = 100_000,
    seed: Seed = 1,
    design: Design = DesignName.sobol,
    without: Without = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write the report; not with --json.")
    ] = True,
    output: Output = Path("report.html"),
    keep: Annotated[Path | None, typer.Option("--keep", help="Parquet file for draws and answers.")] = None,
    resume: Resume = None,
    premises: Premises = True,
    workers: Workers = None,
    concept: Concept = None,
    precision: Precision = None,
    refinement: Refinement = None,
    amounts: Amounts = None,
    challenge: Annotated[
        bool | None,
        typer.Option(
            "--challenge/--no-challenge",
            help="Ask what would change the first question's answer. [default: where a report is written]",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Challenge it by all analyses, which takes minutes.")
    ] = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Solve a model over everything that is uncertain; print the verdict and write the report."""
    from raison.program.engine import bound_memory

    bound_memory()
    found = load_model(model).solved_by(concept, precision=precision, refinement=refinement, amounts=amounts)
    warn(found)
    if not found.record.questions:
        raise RefusalError(f"{model} asks no question; add one under 'questions'.")
    if report and not as_json:
        check_report(output, found.name, force)
    if keep is not None:
        check_folder(keep)
    check_apart(
        {"the model": Path(model), "--output": output if report and not as_json else None, "--keep": keep}
    )
    warn_idle(found, in_runs=True)
    store_at = Path(f"{found.name}.partial") if resume is None else resume
    finished = _with_progress(
        draws,
        lambda progress: found.run(
            draws,
            seed,
            design=design.value,
            without=without or (),
            removals=None if premises else (),
            workers=workers,
            progress=progress,
            keep=keep,
            store_at=store_at,
            resume_from=resume,
            force=force,
        ),
    )
    if resume is not None:
        resume.unlink(missing_ok=True)
    asked = everything or (challenge if challenge is not None else report and not as_json)
    challenged = _challenged(finished, everything) if asked else None
    if as_json:
        print(finished.json(challenged))
    else:
        path = finished.report(output, force=force, challenged=challenged) if report else None
        _print_verdict(finished, path, challenged)
    if finished.record.failed == 1:
        print("raison: every draw failed; the reasons are above.", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED)


def _with_progress(draws: int, work: Callable[[Callable[[int], None]], Run]) -> Run:
    """Show progress on stderr while a run goes on; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        return work(lambda done: None)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("solving"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("draws"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("solving", total=draws)
        return work(lambda done: bar.update(task, completed=done))


def _challenged(finished: Run, thorough: bool) -> Challenge | None:
    """Challenge the verdict; None where that was interrupted, which does not lose the run."""
    try:
        return _with_stages(finished, thorough)
    except KeyboardInterrupt:
        print("raison: the challenge was interrupted; what follows is the run without it.", file=sys.stderr)
        return None


def _with_stages(finished: Run, thorough: bool) -> Challenge:
    """Say on stderr what is under way, where that is a terminal."""
    if not sys.stderr.isatty():
        return finished.challenge(thorough=thorough)
    from rich.console import Console

    with Console(stderr=True).status("challenging the verdict") as status:
        return finished.challenge(
            thorough=thorough, progress=lambda what: status.update(f"challenging the verdict: {what}")
        )


def _print_verdict(finished: Run, path: Path | None, challenged: Challenge | None) -> None:
    from raison.show.terminal import make_console, print_run

    print_run(make_console(), finished.model.record, finished.record, report=path, challenged=challenged)
