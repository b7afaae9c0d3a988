"""What processes do in a block of draws, worked out once for inputs that are the same.

Most premises, levers and parameters leave a model's processes as they are, and simulating takes longer than
solving the game. So simulations are a program of their own, which is run again only where something that
bears on them has changed, and only for draws that differ in it; the program that answers takes what they
gave.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from raison.model.records import Definition
from raison.program.compiled import Lazy
from raison.program.premises import calls_process, definitions, used_names
from raison.program.process.calls import PART
from raison.program.program import Program, coordinate
from raison.program.world import World

Array = Any

_FEW, _FEW_COPIES = 16, 0.9
KEPT = 12
"""Sets of inputs whose simulations are remembered: some variants for each of a few workers."""


class Simulated(NamedTuple):
    """What the calls in a model's definitions gave, in the order in which they are come to.

    Attributes:
        values: `[B]` each.
        faults: By the key of a reason to fail, `[B]` bool.
    """

    values: tuple[Array, ...]
    faults: dict[str, Array]


class Simulations:
    """A program's simulations.

    Args:
        program: A game of perfect information that is played once, or no game.
        key: What identifies the model's text and what was removed from it.
        names: Parameters that are given, in the order of the rows in which they are.
    """

    def __init__(self, program: Program, key: str, names: Sequence[str] = ()) -> None:
        self._names = tuple(names)
        bearing = _bearing(program)
        self._is_idle = not bearing
        self._rows = [
            row for row, name in enumerate(program.coordinates) if name in _drawn_with(program, bearing)
        ]
        self._chosen = [row for row, name in enumerate(names) if name in bearing]
        self._switches = sorted(
            {
                r.switch
                for slot, rs in program.switches.replacements.items()
                if slot[-1] in bearing
                for r in rs
            }
        )
        self._known: list[tuple[tuple[NDArray[Any], ...], Simulated]] = []
        self._lock = threading.Lock()
        self._part = Lazy(
            lambda cube, chosen, removed: simulated(
                World(program, cube, removed, dict(zip(self._names, chosen, strict=False)))
            ),
            f"simulations {key}",
        )

    def __call__(self, cube: Array, removed: Array, chosen: Array = ()) -> Simulated | None:
        """What the calls give at points `[D, B]`, with `removed` `[K]` bool and values `[names, B]`.

        Returns:
            None where no definition calls a process.
        """
        if self._is_idle:
            return None
        given = np.asarray(chosen).reshape(-1, cube.shape[-1])
        inputs = (np.asarray(cube)[self._rows], given[self._chosen], np.asarray(removed)[self._switches])
        with self._lock:
            for place, (known, found) in enumerate(self._known):
                if _are_equal(known, inputs):
                    self._known.append(self._known.pop(place))
                    return found
        found = self._run(np.asarray(cube), given, np.asarray(removed))
        with self._lock:
            self._known = [*self._known[1 - KEPT :], (inputs, found)]
        return found

    def _run(self, cube: NDArray[Any], given: NDArray[Any], removed: NDArray[Any]) -> Simulated:
        """Simulate the draws that differ, a part at a time; the others are copies of them."""
        first, copied = distinct(np.concatenate([cube[self._rows], given[self._chosen]]))
        short = -len(first) % PART
        columns = np.pad(first, (0, short), mode="edge")
        parts = [
            self._part(cube[:, here], given[:, here], removed)
            for here in np.split(columns, len(columns) // PART)
        ]

        def joined(*rows: Array) -> NDArray[Any]:
            if not np.ndim(rows[0]):
                return np.asarray(rows[0])
            return np.concatenate([np.asarray(row) for row in rows])[copied]

        return jax.tree.map(joined, *parts)


def _are_equal(known: tuple[NDArray[Any], ...], inputs: tuple[NDArray[Any], ...]) -> bool:
    """Whether inputs are the same; of others a few draws tell."""
    few = all(np.array_equal(a[..., :_FEW], b[..., :_FEW]) for a, b in zip(known, inputs, strict=True))
    return few and all(map(np.array_equal, known, inputs))


def distinct(columns: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which columns `[D, B]` differ.

    Returns:
        The places of different ones, and for each column which of them it equals, `[B]`. Where hardly any
        are equal, or it is not told apart which, every column counts as different.
    """
    every = np.arange(columns.shape[-1])
    weights = np.sqrt(np.arange(2.0, 2.0 + len(columns)))  # no whole number of one is one of another
    sums = weights @ columns
    _, first, copied = np.unique(sums, return_index=True, return_inverse=True)
    if len(first) > _FEW_COPIES * len(every) or not np.array_equal(columns[:, first[copied]], columns):
        return every, every
    return first, copied


def simulated(world: World) -> Simulated:
    """What the calls in the definitions of a model give."""
    world.check_definitions()
    faults = {key: where for key, where in world.faults.items() if key.startswith("process:")}
    return Simulated(tuple(world.calls.found), faults)


def _bearing(program: Program) -> frozenset[str]:
    """The names on which a definition that calls a process depends."""
    model = program.model
    every: dict[str, list[Definition]] = {name: [definition] for name, definition in definitions(model)}
    for slot, replacements in program.switches.replacements.items():
        if slot[0] == "name":
            every.setdefault(slot[1], []).extend(r.definition for r in replacements)
    pending = [name for name, held in every.items() if any(calls_process(model, d) for d in held)]
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [used for d in every.get(name, ()) for used in used_names(model, d)]
    return frozenset(found)


def _drawn_with(program: Program, names: frozenset[str]) -> frozenset[str]:
    """Names and whatever is correlated with them, also through others."""
    found = {coordinate(name) for name in names}
    groups = [{coordinate(name) for name in c.among} for c in program.model.correlations]
    grown = True
    while grown:
        joined = [group for group in groups if group & found and not group <= found]
        grown = bool(joined)
        found.update(*joined)
    return frozenset(found)


def stacked(rows: Sequence[Simulated | None]) -> Simulated | None:
    """Simulations of several rows of switches, one after the other: `[R, B]` each."""
    there = [row for row in rows if row is not None]
    if not there:
        return None
    width = lambda arrays: np.stack(np.broadcast_arrays(*map(np.asarray, arrays)))
    values = tuple(width(parts) for parts in zip(*(row.values for row in there), strict=True))
    faults: Mapping[str, Array] = {key: width([row.faults[key] for row in there]) for key in there[0].faults}
    return Simulated(values, dict(faults))
