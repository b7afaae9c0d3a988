"""Keeping XLA from computing the same thing many times.

On CPU, XLA fuses a cheap operation into every operation that uses it. In a game each value is used by many,
the fused loops grow with every level, and a model of twenty nodes computed everything ten times over (47,000
instructions instead of 4,000, ten times slower, three times as long to compile). `hold` makes a value be
computed once and kept: an identity behind a call that XLA is told not to inline, since its own optimisation
barrier is taken away before fusion.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata

Hold = Callable[[Any], Any]
"""Gives back the same arrays, in any nest of tuples; Python numbers and truths pass through."""


@jax.jit
def _identity(arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    return arrays


def hold(nest: Any) -> Any:
    """Keep batch arrays as they are now; scalars and Python values are left alone."""
    return _held(nest, lambda leaf: True)


def hold_truths(nest: Any) -> Any:
    """Keep truths only, an eighth as large as numbers: for games solved in one pass over memory."""
    return _held(nest, lambda leaf: leaf.dtype == bool)


def _held(nest: Any, wanted: Callable[[jax.Array], bool]) -> Any:
    leaves, shape = jax.tree.flatten(nest)
    at = [
        index
        for index, leaf in enumerate(leaves)
        if isinstance(leaf, jax.Array) and leaf.ndim > 0 and wanted(leaf)
    ]
    if at:
        with set_xla_metadata(inlineable="false"):
            kept = _identity(tuple(leaves[index] for index in at))
        for index, leaf in zip(at, kept, strict=True):
            leaves[index] = leaf
    return jax.tree.unflatten(shape, leaves)


def fuse(nest: Any) -> Any:
    """Leave it to XLA."""
    return nest
