"""Designs: where the draws lie in the unit cube.

Three kinds, all addressed by index: the points of draws `start` to `start + count - 1` are the same bit for
bit whichever way they are asked for, on every machine, and nothing grows with the number of draws. In all of
them draw `i` belongs to replicate `i mod 16` and is point `i // 16` of it; replicates are independent, so
their spread is the error of a result.

* `sobol`: sixteen scramblings of Sobol points. Can be extended.
* `latin`: sixteen Latin hypercubes. Their size is fixed by the number of draws.
* `random`: independent points. Can be extended.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from raison.run.latin import latin_points
from raison.run.sobol import REPLICATES, scrambled_sobol

__all__ = ["KINDS", "REPLICATES", "Design", "make_design"]

KINDS = ("sobol", "latin", "random")
"""The designs, the default first."""


class _Points(Protocol):
    @property
    def capacity(self) -> int: ...

    def points(self, start: int, count: int) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True, eq=False)
class _RandomPoints:
    """Independent points: one counter-based generator for each coordinate, so any can be had at once."""

    keys: tuple[NDArray[np.uint64], ...]

    @property
    def capacity(self) -> int:
        return 1 << 63

    def points(self, start: int, count: int) -> NDArray[np.float64]:
        out = np.empty((len(self.keys), count))
        block, skip = divmod(start, 4)  # Philox makes four words at a time
        for d, key in enumerate(self.keys):
            words = np.random.Philox(key=key, counter=block).random_raw(skip + count)[skip:]
            # the first 52 bits as the mantissa of a number in [1, 2); the rest is exact
            np.bitwise_or(
                words >> np.uint64(12), np.uint64(0x3FF0_0000_0000_0000), out=out[d].view(np.uint64)
            )
            out[d] -= 1.0 - 2.0**-53
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Points of the unit cube by index. Immutable: threads may share it.

    Attributes:
        kind: `sobol`, `latin` or `random`.
        dimensions: Coordinates of a point.
        seed: What the points were made from.
        draws: How many were asked for.
    """

    kind: str
    dimensions: int
    seed: int
    draws: int
    _points: _Points

    @property
    def extendable(self) -> bool:
        """Whether draws beyond `draws` continue the same design."""
        return self.kind != "latin"

    def points(self, start: int, count: int) -> NDArray[np.float64]:
        """Draws `start` to `start + count - 1`.

        Sobol points come fastest in blocks of 16,384 draws that start at a multiple of 16,384.

        Args:
            start: First draw, from 0.
            count: How many; 0 is allowed.

        Returns:
            `[dimensions, count]` float64, strictly between 0 and 1. Sobol points are (k + 1/2) / 2**32.

        Raises:
            ValueError: The numbers are negative, or the design has no such draws.
        """
        if start < 0 or count < 0:
            raise ValueError(f"Draws need a start and a count of at least 0; got {start} and {count}.")
        if start + count > self._points.capacity:
            raise ValueError(
                f"This {self.kind} design has draws below {self._points.capacity}; got {start + count - 1}; "
                + ("ask for fewer." if self.extendable else "make a new one of the size you need.")
            )
        return self._points.points(start, count)


def make_design(kind: str, dimensions: int, seed: int, draws: int) -> Design:
    """Make a design; costs milliseconds whatever `draws` is.

    Args:
        kind: One of `KINDS`.
        dimensions: Coordinates of a point: the number of uncertain parameters; may be 0.
        seed: A whole number of at least 0, of any size. The points of different kinds, seeds and replicates
            are independent. The first coordinates do not depend on how many there are.
        draws: How many draws are planned. Fixes the size of Latin hypercubes (16 times `ceil(draws / 16)`);
            the other designs do not depend on it.

    Returns:
        The design.

    Raises:
        TypeError: A number is not a whole number.
        ValueError: A number is out of range, or the kind is unknown.
    """
    for name, value, least in (("dimensions", dimensions, 0), ("seed", seed, 0), ("draws", draws, 1)):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"A design needs a whole number for '{name}'; got {value!r}.")
        if value < least:
            raise ValueError(f"A design needs '{name}' of at least {least}; got {value}.")
    dimensions, seed, draws = int(dimensions), int(seed), int(draws)
    if kind == "sobol":
        seeds = [np.random.SeedSequence(seed, spawn_key=(0, replicate)) for replicate in range(REPLICATES)]
        points: _Points = scrambled_sobol(dimensions, seeds)
    elif kind == "latin":
        points = latin_points(dimensions, draws, np.random.SeedSequence(seed, spawn_key=(1,)))
    elif kind == "random":
        streams = (np.random.SeedSequence(seed, spawn_key=(2, d)) for d in range(dimensions))
        points = _RandomPoints(tuple(s.generate_state(2, np.uint64).astype(np.uint64) for s in streams))
    else:
        raise ValueError(f"A design needs to be one of {', '.join(KINDS)}; got {kind!r}.")
    if draws > points.capacity:
        raise ValueError(
            f"A '{kind}' design has {points.capacity:,} draws at most; got {draws:,}; ask for fewer."
        )
    return Design(kind, dimensions, seed, draws, points)
