"""The program that solves a model without a set of its premises, each compiled once."""

from __future__ import annotations

from collections.abc import Collection

from raison.model.problem import ModelError, Problem
from raison.model.records import Model
from raison.model.variant import removed as without_premises
from raison.program.program import compile_model
from raison.run.block import Block, compile_block


class Variants:
    """Programs of one model by what is removed from its structure.

    Attributes:
        model: As written, checked.
        file: SHA-256 of its text.
        most: Programs that are compiled at most; None for any number.
        stepwise: Whether they run step by step where they can, see `compile_block`.
        whole: The program with every premise in place.
    """

    def __init__(self, model: Model, file: str, most: int | None = None, *, stepwise: bool = False) -> None:
        """Compile the whole model.

        Raises:
            ValueError: the game has too many states, or correlations are not positive definite.
        """
        self.model, self.file, self.most, self.stepwise = model, file, most, stepwise
        self._known: dict[frozenset[str], Block | ModelError] = {}
        self.whole = self._program(frozenset())

    @property
    def structural(self) -> tuple[str, ...]:
        """The premises of the whole model whose removal needs a program of its own."""
        return self.whole.program.switches.structural

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What has been compiled."""
        return tuple(block for block in self._known.values() if isinstance(block, Block))

    @property
    def refused(self) -> dict[tuple[str, ...], str]:
        """Why there is no model without some structural premises, by their names in the file's order."""
        return {
            tuple(premise for premise in self.model.premises if premise in gone): str(error)
            for gone, error in self._known.items()
            if isinstance(error, ModelError)
        }

    def without(self, premises: Collection[str]) -> Block:
        """The program that solves the model without these premises, numeric ones by its switches.

        A premise may be a switch of the model as written and yet structural without another, where the two
        would close a cycle of definitions.

        Raises:
            ModelError: the model without them is wrong, or takes a program more than `most`.
        """
        gone = frozenset(premises)
        structural = gone & frozenset(self.structural)
        while True:
            block = self._program(structural)
            left = (gone - structural) & frozenset(block.program.switches.structural)
            if not left:
                return block
            structural |= left

    def _program(self, structural: frozenset[str]) -> Block:
        if structural not in self._known:
            if self.most is not None and len(self._known) >= self.most:
                raise ModelError((Problem(f"more than {self.most} programs would have to be compiled."),))
            ordered = [premise for premise in self.model.premises if premise in structural]
            try:
                program = compile_model(without_premises(self.model, ordered) if ordered else self.model)
            except ModelError as error:
                self._known[structural] = error
            else:
                key = f"{self.file} {self.model.name} without {ordered}"
                self._known[structural] = compile_block(program, key, stepwise=self.stepwise)
        found = self._known[structural]
        if isinstance(found, ModelError):
            raise found
        return found
