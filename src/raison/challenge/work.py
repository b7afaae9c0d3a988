"""What all analyses of one run share: the program, draws kept whole, and what a parameter's numbers mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import finite
from raison.challenge.asked import Asked
from raison.challenge.engine import WIDTH, Engine, Sample
from raison.challenge.findings import Found
from raison.challenge.methods.boxes import Column
from raison.challenge.methods.jackknife import Estimates
from raison.model.records import Distribution, Model, Question
from raison.run.designs import REPLICATES

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Work:
    """What all analyses of one run share.

    Attributes:
        engine: The program.
        sample: The first draws of the run's design; draw `i` belongs to replicate `i mod 16`.
        seed: Of everything random.
        run_draws: Draws of the run.
        thorough: Whether everything was asked for.
    """

    engine: Engine
    sample: Sample
    seed: int
    run_draws: int
    thorough: bool

    @property
    def quick(self) -> bool:
        """Whether solving anew costs next to nothing."""
        return self.engine.is_quick

    @property
    def is_light(self) -> bool:
        """Whether millions of points can be asked."""
        return self.quick and self.engine.width == WIDTH

    @property
    def model(self) -> Model:
        """The model, its premises in place."""
        return self.engine.model

    def asked(self, q: int) -> Asked:
        """A question as a function of the cube."""
        return Asked(self.engine, q)

    def question(self, q: int) -> Question:
        """A question's definition."""
        return self.model.questions[q]

    def share(self, q: int) -> float | None:
        """The answer over the draws that are kept; None where none has one."""
        row = self.number(q)
        counted = np.isfinite(row)
        return float(row[counted].mean()) if counted.any() else None

    @property
    def draws(self) -> int:
        """Draws kept whole."""
        return self.sample.cube.shape[-1]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The uncertain parameters `[P]`."""
        return tuple(self.sample.values)

    @cached_property
    def inputs(self) -> Floats:
        """Their values `[P, N]`."""
        return np.stack(list(self.sample.values.values())) if self.names else np.zeros((0, self.draws))

    @cached_property
    def coordinates(self) -> Floats:
        """`[P, N]`, share of each parameter's draws below its value: where it lies in its distribution.

        Of the draws themselves, since correlated parameters have no coordinate of the cube to themselves;
        equal values lie in the middle of their share.
        """
        ranks = np.empty(self.inputs.shape)
        for row, values in zip(ranks, self.inputs, strict=True):
            _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
            row[:] = ((np.cumsum(counts) - counts / 2) / self.draws)[place]
        return ranks

    def number(self, q: int) -> Floats:
        """`[N]`, what a question asks; nan where it fails or does not apply."""
        return self.sample.answers.number[q]

    def margin(self, q: int) -> Floats | None:
        """`[N]`, by how much the asked move is better than the best other; None for other questions."""
        margin = self.sample.answers.margin[q]
        return margin if np.isfinite(margin).any() else None

    def counted(self, q: int) -> NDArray[np.int64]:
        """Draws that answer a question."""
        return np.flatnonzero(np.isfinite(self.number(q)))

    def replicate(self, draws: NDArray[np.int64]) -> NDArray[np.int64]:
        """Replicate of each of some draws."""
        return draws % REPLICATES

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The parameters as columns of draws; without units, which are often phrases of the file."""
        return tuple(self._column(name) for name in self.names)

    def _column(self, name: str) -> Column:
        value = self.model.parameters[name].value
        if isinstance(value, Distribution) and value.names:
            return Column(name, "categorical", None, tuple(value.names))
        kind = "integer" if isinstance(value, Distribution) and value.kind == "choice" else "continuous"
        return Column(name, kind)

    def named(self, name: str, value: float) -> float | str:
        """A parameter's value as the file writes it: of a choice of names, the name."""
        definition = self.model.parameters[name].value
        if isinstance(definition, Distribution) and definition.names:
            return definition.names[round(value)]
        return float(value)


def as_found(estimates: Estimates, *place: int) -> Found:
    """One of several estimates as a record."""
    rows = (estimates.value, estimates.standard_error, estimates.low, estimates.high)
    return found(*(float(row[place]) for row in rows))


def found(value: float, standard_error: float, low: float, high: float) -> Found:
    """A number with its error as a record; what is not finite was not found."""
    return Found(
        value=finite(value), standard_error=finite(standard_error), low=finite(low), high=finite(high)
    )
