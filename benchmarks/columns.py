"""The columnwise NumPy peers: one array per column, chunk by chunk, in the chunk size that is best."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import THREADS, best_of

Columns = NDArray[np.float64]
SIZES = tuple(2**power for power in range(10, 21))
_EPS = float(np.finfo(np.float64).eps)


def tolerance(payoffs: list[Columns]) -> Columns:
    """How far two of a player's values may differ and still tie; raison's rule."""
    high = low = payoffs[0]
    for payoff in payoffs[1:]:
        high, low = np.maximum(high, payoff), np.minimum(low, payoff)
    return 1e-9 * (high - low) + 4 * _EPS * np.maximum(np.abs(high), np.abs(low))


Solve = Callable[[slice], None]


def in_chunks(solve: Solve, draws: int, size: int, threads: int) -> None:
    """Solve `draws` draws in chunks, by one thread or several."""
    chunks = [slice(start, min(start + size, draws)) for start in range(0, draws, size)]
    if threads == 1:
        for chunk in chunks:
            solve(chunk)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(solve, chunks))


def best_chunks(solve: Solve, draws: int) -> dict[str, tuple[int, Callable[[], None]]]:
    """NumPy as it comes, on one thread, and with chunks on `THREADS` threads; each in its best chunk size."""
    found: dict[str, tuple[int, Callable[[], None]]] = {}
    for name, threads in (("NumPy", 1), (f"NumPy, chunks on {THREADS} threads", THREADS)):
        ways = [(size, partial(in_chunks, solve, draws, size, threads)) for size in SIZES]
        size = best_of(ways)
        assert isinstance(size, int)
        found[name] = (size, partial(in_chunks, solve, draws, size, threads))
    return found
