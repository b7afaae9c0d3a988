"""What a run will do: which programs, with which premises removed, on which coordinates of the cube."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import raison
from raison.model.records import Model
from raison.program.program import Program
from raison.run.block import Block, block_size, is_stepwise
from raison.run.designs import REPLICATES
from raison.run.variants import Variants
from raison.solve.game import is_settled


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run's numbers depend on; a run can go on only where all of it is the same.

    Attributes:
        file: SHA-256 of the model file's text.
        seed: Of the design.
        draws: How many.
        design: `sobol`, `latin` or `random`.
        version: Of raison.
        without: Premises that are removed in the run itself.
        removals: Sets of premises that are removed in turn, on the same draws.
    """

    file: str
    seed: int
    draws: int
    design: str
    version: str
    without: tuple[str, ...]
    removals: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Branch:
    """One way of solving every draw: a program, its rows of the cube, and its switches.

    Attributes:
        premises: What is removed in it.
        block: The compiled program.
        rows: `[D]`, the program's coordinates among the run's.
        switches: `[K]` bool, the program's removed premises.
    """

    premises: tuple[str, ...]
    block: Block
    rows: NDArray[np.int64]
    switches: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A run before it starts.

    Attributes:
        model: The model as written.
        identity: What the numbers depend on.
        coordinates: The run's coordinates of the cube, by name.
        base: The argument as asked.
        removals: The same with premises removed.
        block_size: Draws in a block.
    """

    model: Model
    identity: Identity
    coordinates: tuple[str, ...]
    base: Branch
    removals: tuple[Branch, ...]
    block_size: int

    @property
    def blocks(self) -> int:
        """Number of blocks of draws."""
        return -(-self.identity.draws // self.block_size)


def make_plan(
    model: Model,
    file: str,
    *,
    draws: int,
    seed: int,
    design: str,
    without: Sequence[str] = (),
    removals: Sequence[Sequence[str]] | None = None,
    stepwise: bool = False,
) -> Plan:
    """Compile what a run needs; nothing is solved yet.

    Args:
        model: Checked.
        file: SHA-256 of its text.
        draws: At least 16, one for each replicate.
        seed: Non-negative.
        design: `sobol`, `latin` or `random`.
        without: Premises to remove throughout.
        removals: Sets of premises to remove in turn; None for each premise alone and each named set.
        stepwise: Run step by step where that can be, so that nothing waits for a compiler.

    Raises:
        ValueError: fewer than 16 draws, or a premise that the model does not have.
        ModelError: the model without some premise is wrong.
    """
    if isinstance(without, str):
        raise ValueError(f"'without' needs a list of premises; got the text '{without}'.")
    without = tuple(dict.fromkeys(without))
    if int(draws) != draws:
        raise ValueError(f"a run needs a whole number of draws; got {draws}.")
    if draws < 16:
        raise ValueError(f"a run needs at least 16 draws, one for each replicate; got {draws}.")
    removals = _removals(model, without, removals)
    variants = Variants(model, file, stepwise=stepwise)
    coordinates: dict[str, None] = dict.fromkeys(variants.whole.program.coordinates)
    for premise in variants.structural:  # always, so that points do not depend on what is asked for
        coordinates.update(dict.fromkeys(variants.without([premise]).program.coordinates))
    sets = [tuple(without), *(tuple(dict.fromkeys((*without, *premises))) for premises in removals)]
    for premises in sets:
        coordinates.update(dict.fromkeys(variants.without(premises).program.coordinates))
    order = tuple(coordinates)
    base, *others = (_branch(premises, variants.without(premises), order) for premises in sets)
    shown = tuple(tuple(premises) for premises in removals)
    identity = Identity(file, seed, draws, design, raison.__version__, tuple(without), shown)
    size = block_size(variants.whole.program)
    if stepwise and is_stepwise(variants.whole.program):  # no shape has to be the same
        size = min(size, -(-draws // REPLICATES) * REPLICATES)
    elif variants.whole.program.form is not None and not is_settled(variants.whole.program):
        # a draw takes long, also one too many
        size = min(size, max(REPLICATES, 1 << (draws - 1).bit_length()))
    return Plan(model, identity, order, base, tuple(others), size)


def _removals(
    model: Model, without: Sequence[str], removals: Sequence[Sequence[str]] | None
) -> Sequence[Sequence[str]]:
    if removals is None:
        removals = [*((premise,) for premise in model.premises), *(s.premises for s in model.sets.values())]
        removals = [r for r in removals if not set(r) <= set(without)]
    for premise in {*without, *itertools.chain.from_iterable(removals)}:
        if premise not in model.premises:
            raise ValueError(
                f"the model has no premise '{premise}'; it has {', '.join(model.premises) or 'none'}."
            )
    return removals


def _branch(premises: tuple[str, ...], block: Block, coordinates: tuple[str, ...]) -> Branch:
    program: Program = block.program
    rows = np.array([coordinates.index(name) for name in program.coordinates], np.int64)
    switches = np.array([name in premises for name in program.switches.numeric], bool)
    return Branch(premises, block, rows, switches)
