"""The faces that users of the library hold: `Model`, `Solution`, `Run`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raison.model import reader, writer
from raison.model import records as records
from raison.model.options import named
from raison.model.problem import ModelError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from raison.answer.records import RunRecord, Verdict
    from raison.challenge.compare import Rivals
    from raison.challenge.findings import Challenge
    from raison.exchange.gambit import Comparison
    from raison.model.reader import Reading
    from raison.program.program import Program
    from raison.run.checkpoint import ResumeError as ResumeError
    from raison.run.fold import Fold
    from raison.run.plan import Plan
    from raison.run.run import InterruptedRunError as InterruptedRunError
    from raison.solve.inputs import Inputs
    from raison.solve.listing import Equilibria
    from raison.solve.points import PointSolution

DRAWS = 100_000
"""Draws of a run that does not say how many."""
COMPARED = 65_536
"""Draws on which rival models are compared."""
SEED = 1
"""Seed of a run that does not say which."""


def load(path: str | os.PathLike[str]) -> Model:
    """Read and check a model file, or a game in Gambit's `.efg` or `.nfg` format.

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


def compare(models: Sequence[Model], draws: int = COMPARED, seed: int = SEED) -> Rivals:
    """Ask rival models the same questions on the same draws.

    Args:
        models: At least two that have a question in common, by name or by node and move.
        draws: How many, a multiple of 16.
        seed: Of the design; 0 is a seed.

    Raises:
        ValueError: an argument is wrong, or there is no common question.
    """
    from raison.challenge import compare as challenge
    from raison.program.engine import configure
    from raison.run.plan import make_plan

    configure()
    names = [model.name for model in models]
    plans = {
        name if names.count(name) == 1 else f"{name} ({number})": make_plan(
            model.record, model.sha256, draws=draws, seed=seed, design="sobol", removals=()
        )
        for number, (name, model) in enumerate(zip(names, models, strict=True), start=1)
    }
    return challenge.compare(plans, draws, seed)


@dataclass(frozen=True)
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
    ) -> Model:
        """The same model with another solution concept; the docs say how to choose one.

        Args:
            concept: `subgame-perfect`, `logit`, `sequential`, `nash` or `strategic-choice`; None for that
                of the file.
            precision: Of `logit`, in units of the mover's payoff range; None for the limit of the branch.
            refinement: Of `sequential`: `intuitive` or `d1`.

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
        )
        if solution == self.record.solution:
            return self
        values = {"concept": concept, "precision": precision, "refinement": refinement}
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
        model, file = self.record, self.sha256
        plan = make_plan(
            model, file, draws=draws, seed=seed, design=design, without=without, removals=removals
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

    def write(self) -> str:
        """The model as the text of a file; it reads back equal."""
        return writer.write(self.record)


@dataclass(frozen=True)
class Solution:
    """A model solved at chosen points; every array has one entry a point.

    Attributes:
        model: What was solved.
        program: As it was compiled.
        points: The arrays.
    """

    model: records.Model
    program: Program
    points: PointSolution

    @property
    def status(self) -> list[str]:
        """Per point a sentence: `solved`, or what went wrong."""
        return [self.program.reasons[index] for index in self.points.status]

    @property
    def forked(self) -> NDArray[np.bool_]:
        """Per point, whether the branch of logit equilibria that was followed passed a bifurcation, as it
        does in symmetric games; what is shown is then its symmetric continuation.
        """
        return self.points.forked

    @property
    def choice(self) -> dict[str, list[str | None]]:
        """By node the likeliest result on the path of play; None off the path of a node with several
        information sets, and where the point failed.
        """
        return {name: self._choice(name) for name in self.points.probability}

    def _choice(self, name: str) -> list[str | None]:
        node = self.model.game[name]
        labels = list(records.branches(node))
        probability, reached = self.points.probability[name], self.points.reached[name]
        several = len(self.points.strategy[name]) > 1
        found: list[str | None] = []
        for i, best in enumerate(probability.argmax(axis=0)):
            nowhere = (
                (several and reached[i] == 0) or probability[:, i].sum() == 0 or self.points.status[i] != 0
            )
            found.append(None if nowhere else labels[int(best)])
        return found

    @property
    def probability(self) -> dict[str, dict[str, NDArray[np.float64]]]:
        """By node and branch, its probability at the node."""
        return {
            name: dict(zip(records.branches(self.model.game[name]), rows, strict=True))
            for name, rows in self.points.probability.items()
        }

    @property
    def margin(self) -> Mapping[str, NDArray[np.float64]]:
        """By decision, payoff of the played move less the best other; 0 where they tie."""
        return self.points.margin

    @property
    def value(self) -> Mapping[str, NDArray[np.float64]]:
        """By player, the expected payoff at the root."""
        return self.points.value

    @property
    def reached(self) -> Mapping[str, NDArray[np.float64]]:
        """By node, the probability that play comes there."""
        return self.points.reached

    @property
    def outcome(self) -> Mapping[str, NDArray[np.float64]]:
        """By outcome, its probability."""
        return self.points.outcome

    @property
    def quantity(self) -> Mapping[str, NDArray[np.float64]]:
        """Every parameter and every quantity that does not depend on results of the game."""
        return self.points.quantity

    def strategy(self, node: str) -> list[tuple[dict[str, Any], dict[str, NDArray[np.float64]]]]:
        """The node's information sets: what is seen there, and each branch's probability.

        Amounts that are seen are arrays `[steps, N]` by name; the probabilities then have a dimension for
        each of them before the points, and one more for the amounts of a move on a scale.
        """
        if self.points.places:
            return [
                ({**dict(place.seen), **place.amounts}, dict(place.probability))
                for place in self.points.places
                if place.node == node
            ]
        labels = list(records.branches(self.model.game[node]))
        return [
            (dict(state.seen), dict(zip(labels, state.probability, strict=True)))
            for state in self.points.strategy[node]
        ]

    @property
    def belief(
        self,
    ) -> dict[str, list[tuple[dict[str, Any], list[tuple[dict[str, Any], NDArray[np.float64]]]]]]:
        """By node, for each of its information sets what is seen there and how likely what is not seen is.

        What is not seen are histories, each with its hidden results and probability, and amounts, each by
        itself with its points `[steps, N]` and their probabilities; a dimension for each seen amount comes
        first.
        Off the path of play, beliefs are the limit along the branch that selects the equilibrium.
        """
        found: dict[str, Any] = {}
        for place in self.points.places:
            hidden = [(dict(h), b) for h, b in zip(place.hidden, place.belief, strict=True)]
            amounts = [({name: p}, place.amount_belief[name]) for name, p in place.hidden_amounts.items()]
            found.setdefault(place.node, []).append(
                ({**dict(place.seen), **place.amounts}, (hidden if len(hidden) > 1 else []) + amounts)
            )
        return found

    @cached_property
    def _inputs(self) -> Inputs:
        from raison.solve.inputs import inputs_at

        names = [name for name in self.model.parameters if name in self.points.quantity]
        chosen = {name: self.points.quantity[name] for name in names}
        return inputs_at(self.program, chosen, len(self.points.status))

    def largest_gain(self) -> NDArray[np.float64]:
        """The independent check: the most that anybody could gain by deviating, over his payoff range."""
        import numpy as np

        from raison.solve import inputs
        from raison.solve.regret import largest_gain

        graph = self.program.graph
        if graph is None:
            return np.zeros(len(self.points.status))
        if self.points.places:
            return inputs.largest_gain(self._inputs, self.points.places)
        return largest_gain(graph, self.points.payoffs, self.points.played, self.points.available)

    def equilibria(self, point: int = 0, *, exact: bool = False) -> Equilibria:
        """Every equilibrium of a small game at one point, by the model's solution concept.

        Args:
            point: Which one, from 0.
            exact: Solve Nash equilibria in exact arithmetic, each number the fraction it was written for, so
                that ties are ties and no more.

        Raises:
            ValueError: the model has no game, the concept has no list of equilibria, the game is too large,
                or exact arithmetic is asked of another concept than Nash's.
        """
        from raison.solve.listing import list_equilibria

        if self.program.graph is None:
            raise ValueError(f"'{self.model.name}' has no game and so no equilibria.")
        return list_equilibria(self.program, self._inputs, self.points, point, exact=exact)

    def efg(self, point: int = 0) -> str:
        """The game at one point in Gambit's `.efg` format, amounts written out as moves and cases.

        Raises:
            ValueError: the model has no game, or it would have too many nodes.
        """
        from raison.exchange.write import write_efg
        from raison.solve.inputs import game_at

        if self.program.graph is None:
            raise ValueError(f"'{self.model.name}' has no game to write.")
        return write_efg(game_at(self._inputs, point).game)

    def by_gambit(self, point: int = 0) -> tuple[str, ...]:
        """Gambit's equilibria at one point in words, for what is not solved here (extra `gambit`).

        Raises:
            ImportError: pygambit is not installed.
            ValueError: the model has no game, it would have too many nodes, or Gambit cannot solve it.
        """
        from raison.exchange.gambit import solve_with_gambit, told
        from raison.solve.inputs import game_at

        if self.program.graph is None:
            raise ValueError(f"'{self.model.name}' has no game.")
        game = game_at(self._inputs, point).game
        return told(solve_with_gambit(game), game)

    def against_gambit(self, point: int = 0) -> Comparison:
        """Gambit's equilibria of the game at one point held against ours (extra `gambit`).

        Ours are all that `equilibria` lists, of a continuum its representative, and the one that is played if
        it is none of them; where there is no list, that one alone.

        Raises:
            ImportError: pygambit is not installed.
            ValueError: the model has no game, it would have too many nodes, its players err, the point
                failed, or Gambit cannot solve it.
        """
        from raison.exchange.gambit import compare
        from raison.solve.inputs import game_at, played_rows, profile_at, unfolded_at
        from raison.solve.listing import list_equilibria, rows_of, why_not_listed

        if self.program.graph is None:
            raise ValueError(f"'{self.model.name}' has no game to compare.")
        concept = records.solved_by(self.model)
        errs = concept == "logit" and self.model.solution.precision is not None
        if errs or concept == "strategic-choice":
            raise ValueError(
                f"only equilibria of players who do not err can be compared; '{self.model.name}' is solved "
                f"as {concept}. Take another concept."
            )
        if self.points.status[point] != 0:
            raise ValueError(f"there is no solution to compare at this point: {self.status[point]}")
        written = game_at(self._inputs, point)
        reason = why_not_listed(self.program, self._inputs.form)
        found = list_equilibria(self.program, self._inputs, self.points, point) if reason is None else None
        ours, notes = [], [] if reason is None else [f"Ours is the one that is played: {reason}."]
        if found is not None:
            ours = [rows_of(equilibrium) for equilibrium in found.equilibria]
            notes.append(found.status)
            if found.concept == "sequential":
                notes.append("Gambit's are Nash equilibria, which need not be sequential.")
        if found is None or not any(equilibrium.is_played for equilibrium in found.equilibria):
            ours.append(played_rows(self._inputs, unfolded_at(self._inputs, point), self.points, point))
            if found is not None:
                notes.append(f"Our number {len(ours)} is the one that is played; it is not in our list.")
        return compare([profile_at(written, rows) for rows in ours], written.game, notes=notes)


@dataclass(frozen=True)
class Run:
    """A model solved over everything that is uncertain.

    Attributes:
        model: What was run.
        plan: What was done.
        fold: The sums that came out.
        record: The answers: what `raison run --json` prints.
        kept: The Parquet file with the draws, if kept.
    """

    model: Model
    plan: Plan
    fold: Fold
    record: RunRecord
    kept: Path | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each question, in the file's order."""
        return self.record.questions

    def json(self, challenged: Challenge | None = None) -> str:
        """The answers as one JSON object; with what `challenge` found under the key `challenge`."""
        if challenged is None:
            return self.record.model_dump_json(by_alias=True, indent=2)
        found = self.record.model_dump(mode="json", by_alias=True)
        return json.dumps({**found, "challenge": challenged.model_dump(mode="json")}, indent=2)

    def frame(self) -> Any:
        """Draws and answers as a pandas data frame; the run must have been kept.

        Raises:
            ValueError: the draws were not kept.
            ImportError: the extra `keep` is not installed.
        """
        if self.kept is None:
            raise ValueError("the draws were not kept; run with keep='draws.parquet'.")
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "a data frame needs pandas; install it with: pip install 'raison[keep]'"
            ) from error
        return pd.read_parquet(self.kept)

    def challenge(
        self,
        questions: Sequence[int] = (0,),
        *,
        thorough: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> Challenge:
        """What challenges the verdicts: where they tip, and what the other players can do about them.

        Args:
            questions: Indices of the questions that are challenged.
            thorough: Also what takes longer: the nearest flip with all parameters free, and everything in
                games that are slow to solve.
            progress: Told what begins.

        Raises:
            ValueError: there is no such question.
        """
        from raison.challenge.challenge import challenge

        return challenge(self.plan, questions=questions, thorough=thorough, progress=progress)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        force: bool = False,
        challenged: Challenge | None = None,
    ) -> Path:
        """Write the report as one self-contained HTML file; `challenged` is what `challenge` found.

        Raises:
            FileExistsError: the file exists and is not a report of this model.
        """
        from raison.show.report import write_report

        target = Path(path)
        write_report(target, self.model.record, self.record, force=force, challenged=challenged)
        return target
