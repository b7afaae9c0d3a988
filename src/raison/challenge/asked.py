"""One question of a model as functions of points of the unit cube, which the analyses take.

Only the parameters that are uncertain in the model as run have a coordinate here, in the model's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from raison.challenge.engine import Answers, Engine
from raison.model.records import Distribution, Question
from raison.program.program import coordinate

Floats = NDArray[np.float64]

_PLACES = 4_096  # on the axis of a choice, to find where its heaviest value lies


@dataclass(frozen=True, eq=False)
class Asked:
    """A question with a margin: of a move, its payoff less the best other's; of an event, number less 1/2.

    Attributes:
        engine: The model.
        q: Index of the question.
    """

    engine: Engine
    q: int

    @property
    def question(self) -> Question:
        """What is asked."""
        return self.engine.model.questions[self.q]

    @property
    def has_margin(self) -> bool:
        """Whether the answer is yes or no, so that it can flip; the mean of an amount cannot."""
        return self.question.kind != "amount" or self.question.above is not None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The uncertain parameters: the coordinates `[P]`."""
        return self.engine.uncertain

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        return np.array([self.engine.coordinates.index(coordinate(name)) for name in self.names], np.int64)

    def cube(self, u: Floats) -> Floats:
        """Points `[P, N]` as points of the engine's cube; other coordinates at their middle."""
        whole = np.full((max(len(self.engine.coordinates), 1), u.shape[-1]), 0.5)
        whole[self._rows] = u
        return whole

    def points(self, cube: Floats) -> Floats:
        """Points of the engine's cube `[D, N]` as points `[P, N]`."""
        return cube[self._rows]

    @cached_property
    def centre(self) -> Floats:
        """`[P]`, where all parameters have their central value: 1/2, for a choice within its heaviest."""
        found = np.full(len(self.names), 0.5)
        for p, name in enumerate(self.names):
            value = self.engine.model.parameters[name].value
            if isinstance(value, Distribution) and value.kind == "choice":
                u = np.full((len(self.names), _PLACES), 0.5)
                u[p] = (np.arange(_PLACES) + 0.5) / _PLACES
                drawn = self.engine.draw(self.cube(u))[name]
                there = u[p][drawn == self.engine.centre[name]]
                found[p] = np.median(there) if there.size else 0.5
        return found

    def value(self, p: int, u: Floats) -> Floats:
        """Values `[N]` of parameter `p` where its coordinate alone is moved (codes of names)."""
        points = np.repeat(self.centre[:, None], len(u), axis=1)
        points[p] = u
        return self.engine.draw(self.cube(points))[self.names[p]]

    def margin(self, u: Floats) -> Floats:
        """`[N]` at draws `[P, N]`: at least 0 where the answer is yes, nan where there is none."""
        cube = self.cube(np.asarray(u, np.float64))
        answers = self.engine.solve(self.engine.draw(cube), cube)
        return self.margins(answers)

    def margin_from_centre(self, u: Floats) -> Floats:
        """The same where parameters whose coordinate is the centre's keep their central *value*.

        With correlated parameters a draw would move the others along.
        """
        cube = self.cube(np.asarray(u, np.float64))
        drawn = self.engine.draw(cube)
        values = {
            name: np.where(u[p] == self.centre[p], self.engine.centre[name], drawn[name])
            for p, name in enumerate(self.names)
        }
        answers = self.engine.solve(values, cube)
        return self.margins(answers)

    def margins(self, answers: Answers) -> Floats:
        """`[N]` of points that were asked already."""
        if self.question.kind == "move" and self.question.above is None:
            return answers.margin[self.q]
        return answers.number[self.q] - 0.5
