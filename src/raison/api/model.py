"""A model that can be solved and run, from a file, the gallery or Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raison.api.run import Run
from raison.api.solution import Solution
from raison.model import reader, writer
from raison.model import records as records
from raison.model.options import named
from raison.model.problem import ModelError, Problem

if TYPE_CHECKING:
    from raison.model.reader import Reading
    from raison.program.process.trajectory import Trajectories
    from raison.program.program import Program
    from raison.run.checkpoint import ResumeError as ResumeError
    from raison.run.plan import Plan
    from raison.run.run import InterruptedRunError as InterruptedRunError

DRAWS = 100_000
"""Draws of a run that does not say how many."""
SEED = 1
"""Seed of a run that does not say which."""


def load(path: str | os.PathLike[str]) -> Model:
    """Read and check a model file, a game in Gambit's formats (`.efg`, `.nfg`), or an XMILE model.

    Raises:
        ModelError: the file cannot be read or the model is wrong; `problems` has every fault with its line.
    """
    reading = read(path)
    if reading.model is None:
        raise ModelError(tuple(p for p in reading.problems if p.severity == "error"))
    return Model(reading.model, reading.sha256, reading.problems, os.fspath(path))


def read(path: str | os.PathLike[str]) -> Reading:
    """What a model or game file says and what is wrong with it."""
    from raison.exchange import read as exchange

    name = os.fspath(path)
    return exchange.read_file(name) if name.lower().endswith(exchange.SUFFIXES) else reader.read_file(name)


def gallery(name: str) -> Model:
    """A model of the gallery, by its name.

    Raises:
        KeyError: the gallery has no such model.
    """
    files = gallery_files()
    if name not in files:
        raise KeyError(f"the gallery has no model '{name}'; it has {', '.join(files)}.")
    found = load(files[name])
    return Model(found.record, found.sha256, found.problems, name)


def gallery_files() -> dict[str, Path]:
    """Every model of the gallery: its name and its file, in alphabetical order."""
    root = Path(str(resources.files("raison") / "gallery"))
    return {path.stem: path for path in sorted(root.glob("*/*.yaml"), key=lambda path: path.stem)}


@dataclass(frozen=True, repr=False)
class Model:
    """A checked model that can be solved and run.

    Attributes:
        record: What the file says, as plain records.
        sha256: Of the file's text.
        problems: Warnings of the check.
        origin: The file or gallery name that it was read from; None for a model made in Python.
        options: How its solution differs from the file's, as options of the command line.
    """

    record: records.Model
    sha256: str
    problems: tuple[Problem, ...] = ()
    origin: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"<Model {self.name}: {self.record.title}>"

    @staticmethod
    def of(record: records.Model) -> Model:
        """A model made in Python.

        Raises:
            ModelError: the check finds an error.
        """
        reading = reader.read_text(writer.write(record), record.name)
        if reading.model is None:
            raise ModelError(tuple(p for p in reading.problems if p.severity == "error"))
        return Model(reading.model, reading.sha256, reading.problems)

    def solved_by(
        self,
        concept: str | None = None,
        *,
        precision: float | None = None,
        refinement: str | None = None,
        amounts: str | None = None,
    ) -> Model:
        """The same model with another solution concept; the docs say how to choose one.

        Args:
            concept: `subgame-perfect`, `logit`, `sequential`, `nash` or `strategic-choice`; None for that
                of the file.
            precision: Of `logit`, in units of the mover's payoff range; None for the limit of the branch.
            refinement: Of `sequential`: `intuitive` or `d1`.
            amounts: Of `sequential`: `stepped`, or `refined` between the steps of a scale.

        Raises:
            ModelError: the concept does not exist or does not fit the model; `problems` name the option.
        """
        from dataclasses import replace

        from raison.model.formula import parse

        before = self.record.solution
        if concept is not None and concept != before.concept:
            before = records.Solution(concept)
        solution = replace(
            before,
            precision=before.precision if precision is None else parse(repr(float(precision))),
            refinement=refinement or before.refinement,
            amounts=amounts or before.amounts,
        )
        if solution == self.record.solution:
            return self
        values = {"concept": concept, "precision": precision, "refinement": refinement, "amounts": amounts}
        options = {name: str(value) for name, value in values.items() if value is not None}
        text = writer.write(replace(self.record, solution=solution))
        reading = reader.read_text(text, self.record.name)
        problems = named(reading.problems, options, self.problems)
        if reading.model is None:
            raise ModelError(tuple(p for p in problems if p.severity == "error"))
        return Model(reading.model, reading.sha256, problems, self.origin, tuple(options.items()))

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.record.name

    @property
    def title(self) -> str:
        """The question that the model is about."""
        return self.record.title

    @cached_property
    def program(self) -> Program:
        """The model compiled to pure functions of arrays."""
        from raison.program.engine import configure
        from raison.program.program import compile_model

        configure()
        return compile_model(self.record)

    def solve(self, points: Mapping[str, Any] | None = None) -> Solution:
        """Solve at chosen points.

        Args:
            points: Values of parameters, a number or a sequence each, all of one length; the others have
                their central value (the median; for a choice its heaviest value).

        Raises:
            KeyError: the model has no such parameter.
            ValueError: the lengths differ or a value is not allowed.
        """
        from raison.solve.points import coded_points, solve_points

        program = self.program
        coded, count = coded_points(self.record, points or {})
        return Solution(self.record, program, solve_points(program, coded, count, self.sha256))

    def simulate(
        self, process: str, points: Mapping[str, Any] | None = None, /, **inputs: Any
    ) -> Trajectories:
        """A process of the model over time, for charts: every stock, flow and quantity at every step.

        Args:
            process: Its name.
            points: Values of parameters, a number or a sequence each, all of one length; the others have
                their central value.
            inputs: Of the process; those not given have their default.

        Raises:
            KeyError: the model has no such process or parameter, or the process no such input.
            ValueError: an input has no default and is not given, or lengths differ.
        """
        import numpy as np

        from raison.program.process.trajectory import trace
        from raison.solve.points import coded_points

        coded, count = coded_points(self.record, points or {})
        single = not any(np.ndim(value) for value in (points or {}).values())
        chosen = {name: row[0] if single and count == 1 else row for name, row in coded.items()}
        return trace(self.program, process, inputs, chosen)

    def run(
        self,
        draws: int = DRAWS,
        seed: int = SEED,
        *,
        design: str = "sobol",
        without: Sequence[str] = (),
        removals: Sequence[Sequence[str]] | None = None,
        workers: int | None = None,
        progress: Callable[[int], None] | None = None,
        keep: str | os.PathLike[str] | None = None,
        store_at: str | os.PathLike[str] | None = None,
        resume_from: str | os.PathLike[str] | None = None,
        force: bool = False,
        compiled: bool = True,
    ) -> Run:
        """Solve over everything that is uncertain.

        Args:
            draws: How many, at least 16.
            seed: Of the design; 0 is a seed.
            design: `sobol`, `latin` or `random`.
            without: Premises to remove throughout.
            removals: Sets of premises to remove in turn, on the same draws; None for each premise alone and
                each named set, `()` for none.
            workers: Threads; None for one for each processor. The numbers do not depend on it.
            progress: Told the number of draws done.
            keep: Parquet file for draws and answers (extra `keep`).
            store_at: Where to store what is done if the run is interrupted.
            resume_from: A stored run to go on with.
            force: Overwrite a `keep` file that raison did not write for this model.
            compiled: False to run a game of perfect information that is played once step by step in NumPy: a
                draw takes several times as long, but none waits for the compiler. Numbers agree to 1e-12 of
                the payoff range.

        Raises:
            ValueError: an argument is wrong; ResumeError (a ValueError) where a stored run belongs to other
                numbers.
            FileExistsError: `keep` exists and is not this model's.
            InterruptedRunError: the user interrupted.
        """
        from raison.answer.verdict import make_record
        from raison.program.engine import configure
        from raison.run.keep import check_overwrite
        from raison.run.plan import make_plan
        from raison.run.run import execute

        configure()
        if not compiled and not (store_at is None and resume_from is None):
            raise ValueError("a run that is not compiled has blocks of its own; it is not stored or resumed.")
        model, file = self.record, self.sha256
        plan = make_plan(
            model,
            file,
            draws=draws,
            seed=seed,
            design=design,
            without=without,
            removals=removals,
            stepwise=not compiled,
        )
        kept = None if keep is None else Path(keep)
        if kept is not None:
            check_overwrite(kept, self.name, force)
        fold = execute(
            plan,
            workers=workers,
            progress=progress,
            store_at=None if store_at is None else Path(store_at),
            resume_from=None if resume_from is None else Path(resume_from),
            keep=kept,
        )
        return Run(self, plan, fold, make_record(plan, fold, self.command(plan)), kept)

    def command(self, plan: Plan) -> str:
        """The command that makes a plan's run again."""
        import shlex

        identity = plan.identity
        parts = ["raison", "run", self.origin or f"{self.name}.yaml"]
        parts += ["--draws", str(identity.draws), "--seed", str(identity.seed)]
        parts += [] if identity.design == "sobol" else ["--design", identity.design]
        for premise in identity.without:
            parts += ["--without", premise]
        for option, value in self.options:
            parts += [f"--{option}", value]
        return shlex.join(parts)

    def _repr_html_(self) -> str:
        """What a notebook shows: what is asked, who moves where, the parameters."""
        from raison.show.notebook import of_model

        return of_model(self.record)

    def write(self) -> str:
        """The model as the text of a file; it reads back equal."""
        return writer.write(self.record)
