"""The command line: what the library does, under the same names.

stdout is data, stderr is talk. Exit codes: 0 answered; 1 the input is wrong; 2 wrong usage; 3 solved, but
every draw failed; 4 an internal error, with the path of a saved trace; 130 interrupted, and can be gone on
with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dis import opmap
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

import raison
from raison.model.problem import ModelError

if TYPE_CHECKING:
    from raison.api import Model, Run
    from raison.challenge.findings import Challenge

EXIT_WRONG, EXIT_FAILED, EXIT_INTERNAL, EXIT_INTERRUPTED = 1, 3, 4, 130  # 2, wrong usage, is typer's


class _Commands(TyperGroup):
    """All commands, with one answer to Ctrl-C: typer's own differs with its version and says nothing."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise typer.Exit(_interrupted(error)) from error


class Checker(StrEnum):
    """Programs that solutions are held against."""

    gambit = "gambit"


class DesignName(StrEnum):
    """Where the draws lie: scrambled Sobol points, Latin hypercubes, or independent points."""

    sobol = "sobol"
    latin = "latin"
    random = "random"


app = typer.Typer(
    name="raison",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Tell whether a move is rational: for whom, in what share of everything we do not know, and why.",
)

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file, or a name of the gallery.")
]
Draws = Annotated[int, typer.Option("--draws", "-n", min=16, help="How many draws.")]
Seed = Annotated[int, typer.Option("--seed", "-s", min=0, help="Seed of the draws; 0 is a seed.")]
Design = Annotated[
    DesignName, typer.Option("--design", help="How the draws are spread: sobol, latin or random.")
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="PREMISE", help="Remove a premise throughout; give it again for more."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite files that raison did not write for this model.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the record as JSON; it is what the library returns.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the report.")]
Premises = Annotated[
    bool, typer.Option("--premises/--no-premises", help="Also answer with each premise removed.")
]
Resume = Annotated[
    Path | None, typer.Option("--resume", metavar="FILE", help="An interrupted run to go on with.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Threads; the numbers do not depend on it.")
]


Concept = Annotated[
    str | None, typer.Option("--concept", help="Solution concept instead of the file's; see the docs.")
]
Precision = Annotated[
    float | None, typer.Option("--precision", min=0, help="Of logit, in units of the mover's payoff range.")
]
Refinement = Annotated[str | None, typer.Option("--refinement", help="Of sequential: intuitive or d1.")]


class RefusalError(Exception):
    """Something the user gave is wrong; the message is one line."""


def main() -> None:
    """Run the command line, turning what can go wrong into one line and an exit code."""
    try:
        app(standalone_mode=True)
    except ModelError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(EXIT_WRONG)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_WRONG)
    except (RefusalError, ValueError, KeyError, OSError, ImportError) as error:
        if not _expected(error):
            sys.exit(_internal(error))
        print(f"raison: {_text(error)}", file=sys.stderr)
        sys.exit(EXIT_WRONG)
    except KeyboardInterrupt as error:
        sys.exit(_interrupted(error))
    except Exception as error:
        sys.exit(_internal(error))


def _expected(error: BaseException) -> bool:
    """Whether an error has a sentence for the user: raison raises it itself, or the system tells of a file.

    What a lookup, a conversion or an import raises inside raison is a slip.
    """
    if isinstance(error, RefusalError | OSError):
        return True
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    frame = traceback.tb_frame
    raised = frame.f_code.co_code[traceback.tb_lasti] == opmap["RAISE_VARARGS"]
    return raised and frame.f_globals.get("__name__", "").startswith("raison.")


def _text(error: BaseException) -> str:
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}."
    return str(error)


def _interrupted(error: KeyboardInterrupt) -> int:
    path, done = getattr(error, "path", None), getattr(error, "done", 0)
    print(f"\nraison: {str(error) or 'stopped'}.", file=sys.stderr)
    if path is not None:
        print(f"To go on, add --resume {path} to the same command.", file=sys.stderr)
    elif hasattr(error, "done") and not done:
        print("Nothing was done yet, so nothing was stored.", file=sys.stderr)
    return EXIT_INTERRUPTED


def _internal(error: BaseException) -> int:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="raison-", suffix=".trace", delete=False) as file:
        file.write(f"raison {raison.__version__}: {' '.join(sys.argv)}\n")
        file.write("".join(traceback.format_exception(error)))
    print(
        f"raison: internal error ({type(error).__name__}); this is a fault of raison. "
        f"The trace is in {file.name}.",
        file=sys.stderr,
    )
    return EXIT_INTERNAL


def _version(wanted: bool) -> None:
    if wanted:
        print(f"raison {raison.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def _file(name: str) -> Path:
    """Where a model is: a file, or a name of the gallery; a file goes first."""
    from raison.api import gallery_files

    path, files = Path(name), gallery_files()
    if path.exists():
        return path
    if name in files:
        return files[name]
    if name.endswith((".yaml", ".yml")):
        raise RefusalError(f"there is no file '{name}' here.")
    from raison.model.keys import did_you_mean

    hint = did_you_mean(name, files) or "; see 'raison gallery'."
    raise RefusalError(f"there is no file '{name}' and no model of that name in the gallery{hint}")


def _model(name: str) -> Model:
    from raison.api import gallery, gallery_files, load

    path = _file(name)
    return gallery(name) if path == gallery_files().get(name) else load(name)


def _warn(model: Model) -> None:
    for problem in model.problems:
        print(problem, file=sys.stderr)


def _warn_idle(model: Model, *, in_runs: bool) -> None:
    from raison.solve.every import idle_refinement

    sentence = idle_refinement(model.program, in_runs=in_runs) if model.record.solution.refinement else None
    if sentence is not None:
        print(f"raison: warning: {sentence}", file=sys.stderr)


@app.command()
def check(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Model files or names of the gallery.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with a model, each with file, line and what to do."""
    from raison.api import read

    failed = False
    records: list[dict[str, Any]] = []
    for name in models:
        reading = read(_file(name))
        failed |= reading.model is None
        for problem in reading.problems:
            print(problem, file=sys.stderr)
        records.append(
            {
                "model": name,
                "sha256": reading.sha256,
                "ok": reading.model is not None,
                "problems": [
                    {"line": p.line, "severity": p.severity, "message": p.message} for p in reading.problems
                ],
            }
        )
        if reading.model is not None and not as_json:
            model = reading.model
            counted = ", ".join(
                f"{number} {word if number != 1 else word[:-1]}"
                for word in ("parameters", "nodes", "outcomes", "premises", "questions")
                if (number := len(getattr(model, "game" if word == "nodes" else word)))
            )
            print(f"{name}: fine. {counted}.")
    if as_json:
        print(json.dumps(records, indent=2))
    if failed:
        raise typer.Exit(EXIT_WRONG)


@app.command()
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
    challenge: Annotated[
        bool, typer.Option("--challenge", help="Ask what would change the first question's answer.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="The same with the analyses that take longer.")
    ] = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Solve a model over everything that is uncertain; print the verdict and write the report."""
    from raison.program.engine import bound_memory

    bound_memory()
    found = _model(model).solved_by(concept, precision=precision, refinement=refinement)
    _warn(found)
    if not found.record.questions:
        raise RefusalError(f"{model} asks no question; add one under 'questions'.")
    if report and not as_json:
        _check_report(output, found.name, force)
    if keep is not None:
        _check_folder(keep)
    _check_apart(
        {"the model": Path(model), "--output": output if report and not as_json else None, "--keep": keep}
    )
    _warn_idle(found, in_runs=True)
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
    challenged = finished.challenge(thorough=everything) if challenge or everything else None
    if as_json:
        print(finished.json(challenged))
    else:
        path = finished.report(output, force=force, challenged=challenged) if report else None
        _print_verdict(finished, path, challenged)
    if finished.record.failed == 1:
        print("raison: every draw failed; the reasons are above.", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED)


def _check_apart(paths: dict[str, Path | None]) -> None:
    """Refuse to write one thing over another, whatever --force says."""
    seen: dict[Path, str] = {}
    for what, path in paths.items():
        if path is None:
            continue
        other = seen.setdefault(path.resolve(), what)
        if other != what:
            raise RefusalError(f"{other} and {what} are the same file {path}; give them different names.")


def _check_report(path: Path, model: str, force: bool) -> None:
    from raison.show.report import check_overwrite

    _check_folder(path)
    check_overwrite(path, model, force)


def _check_folder(path: Path) -> None:
    """Refuse before solving what could not be written after it."""
    if not path.parent.is_dir():
        raise RefusalError(f"{path} needs a folder that exists; there is no {path.parent}.")
    if path.is_dir():
        raise RefusalError(f"{path} is a folder; give the name of a file.")


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


def _print_verdict(finished: Run, path: Path | None, challenged: Challenge | None = None) -> None:
    from raison.show.terminal import make_console, print_run

    print_run(make_console(), finished.model.record, finished.record, report=path, challenged=challenged)


@app.command()
def solve(
    model: ModelArgument,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="NAME=VALUE[,...]",
            help="Values of a parameter; the others have their central value.",
        ),
    ] = None,
    symbolic: Annotated[
        bool,
        typer.Option("--symbolic", help="Print the inequalities under which the asked moves are chosen."),
    ] = False,
    concept: Concept = None,
    precision: Precision = None,
    refinement: Refinement = None,
    against: Annotated[
        Checker | None,
        typer.Option(
            "--check", help="Solve the first point with Gambit too, and compare, or show what it finds."
        ),
    ] = None,
    efg: Annotated[
        Path | None, typer.Option("--efg", help="Write the game at the first point for Gambit.")
    ] = None,
    equilibria: Annotated[
        bool, typer.Option("--equilibria", help="List every equilibrium of a small game.")
    ] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="With --equilibria: find Nash equilibria in exact fractions.")
    ] = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Solve a model, or a game in Gambit's format, at chosen points or in closed form."""
    found = _model(model).solved_by(concept, precision=precision, refinement=refinement)
    _warn(found)
    if exact and not equilibria:
        raise typer.BadParameter("--exact is for the list of equilibria; add --equilibria")
    if symbolic and equilibria:
        raise typer.BadParameter("--symbolic answers for all points; leave out --equilibria")
    if symbolic and at:
        raise typer.BadParameter("--symbolic answers for all points; leave out --at")
    if symbolic:
        from raison.solve.symbolic import conditions

        answers = conditions(found.record)
        if as_json:
            print(json.dumps([answer.as_dict() for answer in answers], indent=2))
        else:
            print("\n\n".join(str(answer) for answer in answers))
        return
    points = {}
    for setting in at or []:
        name, equals, text = setting.partition("=")
        if not equals:
            raise RefusalError(f"--at needs NAME=VALUE; got '{setting}'.")
        if name.strip() in points:
            raise RefusalError(f"--at gives '{name.strip()}' twice; give its values once, with commas.")
        points[name.strip()] = _values(found, name.strip(), text)
    from raison.show.equilibria import equilibria_dict, print_equilibria
    from raison.show.solution import print_solution, solution_dict

    if not equilibria:
        _warn_idle(found, in_runs=False)
    solution = found.solve(points)
    gambit: tuple[str, ...] = ()
    if against is not None and solution.status[0] == "solved":
        gambit = solution.against_gambit().sentences
    elif against is not None:
        gambit = ("This is not solved by raison.", *solution.by_gambit())
    lists = [solution.equilibria(i, exact=exact) for i in range(len(solution.status))] if equilibria else []
    if efg is not None:
        _write_game(efg, solution.efg(), force)
    if as_json:
        record = solution_dict(solution.points, solution.program)
        if equilibria:
            record["equilibria"] = [equilibria_dict(found) for found in lists]
        if gambit:
            record["gambit"] = list(gambit)
        print(json.dumps(record, indent=2))
    else:
        print_solution(solution.points, solution.program)
        print_equilibria(lists, solution.program)
        if gambit:
            print("", *gambit, sep="\n")
    if all(status != "solved" for status in solution.status):
        raise typer.Exit(EXIT_FAILED)


def _write_game(path: Path, text: str, force: bool) -> None:
    _check_folder(path)
    if path.exists() and not force:
        raise RefusalError(f"{path} exists; give another name, or --force to overwrite it.")
    path.write_text(text, encoding="utf-8")


def _values(model: Model, name: str, text: str) -> list[float] | list[str]:
    from raison.model.records import Distribution

    parameter = model.record.parameters.get(name)
    parts = [part.strip() for part in text.split(",")]
    if parameter is not None and isinstance(parameter.value, Distribution) and parameter.value.names:
        return parts
    try:
        return [float(part) for part in parts]
    except ValueError:
        raise RefusalError(f"--at {name} needs numbers; got '{text}'.") from None


@app.command()
def explain(
    model: ModelArgument,
    draw: Annotated[int, typer.Option("--draw", "-i", min=0, help="Which draw, from 0.")],
    draws: Draws = 100_000,
    seed: Seed = 1,
    design: Design = DesignName.sobol,
    without: Without = None,
) -> None:
    """Work one draw through the game, number by number."""
    from raison.answer.explain import explain_draw
    from raison.program.engine import configure
    from raison.run.plan import make_plan
    from raison.show.explanation import print_explanation

    found = _model(model)
    _warn(found)
    configure()
    plan = make_plan(
        found.record, found.sha256, draws=draws, seed=seed, design=design.value, without=without or ()
    )
    print_explanation(found.record, explain_draw(plan, draw))


@app.command()
def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL MODEL...", help="Files or gallery models.")],
    draws: Draws = 65_536,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Ask rival models the same questions on the same draws; print where they part and why."""
    from raison.api import compare as compared
    from raison.show.comparison import print_comparison

    found = [_model(name) for name in models]
    for model in found:
        _warn(model)
    comparison = compared(found, draws, seed)
    if as_json:
        print(comparison.model_dump_json(indent=2))
    else:
        print_comparison(comparison)


@app.command()
def report(
    model: ModelArgument,
    record: Annotated[
        Path, typer.Argument(metavar="RECORD", help="What 'raison run --json' printed for this model.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the report.")] = Path(
        "report.html"
    ),
    force: Force = False,
) -> None:
    """Write the report of a run that was printed with --json, without solving again."""
    from pydantic import ValidationError

    from raison.answer.records import RunRecord
    from raison.show.report import write_report

    found = _model(model)
    try:
        answers = RunRecord.model_validate_json(record.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise RefusalError(f"{record} is not what 'raison run --json' prints: {_first(error)}.") from None
    if answers.model.sha256 != found.sha256:
        raise RefusalError(f"{record} belongs to another text of the model; run it again.")
    write_report(output, found.record, answers, force=force)
    print(output)


def _first(error: ValueError) -> str:
    """The first fault of a record that cannot be read, in a few words."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return "it is not text"
    fault = error.errors()[0]
    where = ".".join(map(str, fault["loc"]))
    return f"{where}: {fault['msg']}" if where else fault["msg"]


@app.command()
def gallery(as_json: AsJson = False) -> None:
    """List the models that ship with raison: name, citation, title, and what is claimed."""
    from raison.api import gallery_files
    from raison.model.reader import read_file

    rows: list[dict[str, str]] = []
    for name, path in gallery_files().items():
        model = read_file(path).model
        if model is not None:
            claimed = "EXACT" if (model.about or "").lstrip().startswith("EXACT") else "STYLISED"
            rows.append(
                {"name": name, "citation": path.parent.name, "claimed": claimed, "title": model.title}
            )
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    widths = [max(len(row[key]) for row in rows) for key in ("name", "citation", "claimed")]
    for row in rows:
        cells = [
            row[key].ljust(width) for key, width in zip(("name", "citation", "claimed"), widths, strict=True)
        ]
        print("  ".join([*cells, row["title"]]))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the model; NAME.yaml is written in this folder.")],
    force: Force = False,
) -> None:
    """Write a commented starter model that passes the check."""
    from raison.model.starter import starter

    if not name.strip():
        raise RefusalError("a model needs a name; got none.")
    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if path.exists() and not force:
        raise RefusalError(f"{path} exists; give another name or use --force.")
    path.write_text(starter(path.stem), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
