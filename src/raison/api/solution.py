"""A model solved at chosen points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from raison.model import records as records

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from raison.exchange.gambit import Comparison
    from raison.program.program import Program
    from raison.solve.form_points import PlaceSolution
    from raison.solve.inputs import Inputs
    from raison.solve.listed import Equilibria
    from raison.solve.points import PointSolution


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        status = self.points.status
        return f"<Solution of {self.model.name}: {int((status == 0).sum())} of {len(status)} points solved>"

    def _repr_html_(self) -> str:
        """What a notebook shows: choices, margins and worths, a column for each point."""
        from raison.show.notebook import of_solution

        return of_solution(self.points, self.model, self.program.reasons)

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
    def states(self) -> Mapping[str, NDArray[np.float64]]:
        """Of a game in rounds, by state variable its points, `[n, N]`."""
        return self.points.states

    @property
    def policy(self) -> dict[str, NDArray[np.object_]]:
        """Of a game in rounds, by decision the move that is made in the first period at each state of the
        grid, `[n1, .., nk, N]` in the order of `states`; where it is mixed, the likeliest.
        """
        import numpy as np

        return {
            name: np.array(list(records.branches(self.model.game[name])), object)[index]
            for name, index in self.points.policy.items()
        }

    @property
    def worth(self) -> Mapping[str, NDArray[np.float64]]:
        """Of a game in rounds, by player what each state of the grid is worth at the beginning of play,
        `[n1, .., nk, N]`.
        """
        return self.points.worth

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
        each of them before the points, and one more for the amounts of a move on a scale. Each named type
        has an information set of its own.
        """
        if self.points.places:
            return [
                ({**dict(place.seen), **place.amounts}, dict(place.probability))
                for place in self._places
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
        itself with its points `[steps, N]` (the names of named types) and their probabilities; a dimension
        for each seen amount comes first.
        Off the path of play, beliefs are the limit along the branch that selects the equilibrium.
        """
        found: dict[str, Any] = {}
        for place in self._places:
            hidden = [(dict(h), b) for h, b in zip(place.hidden, place.belief, strict=True)]
            amounts = [({name: p}, place.amount_belief[name]) for name, p in place.hidden_amounts.items()]
            found.setdefault(place.node, []).append(
                ({**dict(place.seen), **place.amounts}, (hidden if len(hidden) > 1 else []) + amounts)
            )
        return found

    @cached_property
    def _places(self) -> tuple[PlaceSolution, ...]:
        """Information sets, one for each private type that has a name."""
        from raison.solve.form_points import told_apart
        from raison.solve.points import named_types

        return told_apart(self.points.places, named_types(self.model))

    @cached_property
    def _inputs(self) -> Inputs:
        from raison.solve.inputs import inputs_at

        return inputs_at(self.program, self._chosen, len(self.points.status))

    @property
    def _chosen(self) -> dict[str, NDArray[np.float64]]:
        """The values of parameters, private types apart."""
        names = [name for name in self.model.parameters if name in self.points.quantity]
        return {name: self.points.quantity[name] for name in names}

    def largest_gain(self) -> NDArray[np.float64]:
        """The independent check: the most that anybody could gain by deviating, over his payoff range.

        Of a game in rounds by a single deviation in some period, at a sample of periods and states of the
        grid; or by how much the worth that is stated of one of them is off, if that is more.
        """
        import numpy as np

        from raison.solve import inputs
        from raison.solve.regret import largest_gain

        graph = self.program.graph
        if graph is None:
            return np.zeros(len(self.points.status))
        if self.model.rounds is not None:
            from raison.solve.rounds.check import check_rounds

            found = check_rounds(self.program, self._chosen, len(self.points.status))
            return np.maximum(found.gain, found.worth_error)
        if self.points.places:
            return inputs.largest_gain(self._inputs, self.points.places)
        return largest_gain(graph, self.points.payoffs, self.points.played, self.points.available)

    def equilibria(self, point: int = 0, *, exact: bool = False) -> Equilibria:
        """Every equilibrium of a small game at one point, by the model's solution concept.

        Args:
            point: Which one, from 0.
            exact: Solve in exact arithmetic, each number the fraction it was written for, so that ties are
                ties and no more; of sequential equilibria the pure ones.

        Raises:
            ValueError: the model has no game, the concept has no list of equilibria, or the game is too
                large.
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
