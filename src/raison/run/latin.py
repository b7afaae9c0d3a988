"""Latin hypercubes, addressed by index: any point of any of sixteen, without the others.

A Latin hypercube of `n` points cuts each coordinate into `n` cells and puts one point into each. Which cell
holds point `k` is a keyed bijection of 0 .. n-1: a Feistel network on just enough bits, walked until it is
back below `n` (Black and Rogaway 2002). Where in its cell the point lies is a hash of its number. Nothing is
stored but keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REPLICATES = 16  # independent hypercubes; draw i belongs to replicate i mod 16
MAX_SIZE = 1 << 28  # points of one hypercube: cell and jitter must fit a float64 without rounding

_ROUNDS = 8
_JITTER_BITS = 24
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_BLOCK = 1 << 14  # draws worked on at a time, so that they stay in cache


def bijection(index: NDArray[np.uint32], size: int, keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A keyed permutation of 0 .. size-1.

    Args:
        index: Any shape `[...]`; numbers below `size`.
        size: From 1 to `MAX_SIZE`.
        keys: `[rounds, ...]`, random words that broadcast against `index`.

    Returns:
        `[...]`, the image of each number under the permutation that its keys choose.

    Source: cycle walking is Black and Rogaway (2002), "Ciphers with arbitrary finite domains", CT-RSA,
    114-130; the round function is the finaliser of MurmurHash3 (Appleby). Not meant to keep a secret.
    """
    bits = max((size - 1).bit_length(), 4)  # networks on fewer bits mix too little
    image = _feistel(index, bits, keys)
    outside = image >= size
    while outside.any():
        walked = _feistel(image[outside], bits, np.broadcast_to(keys, (len(keys), *image.shape))[:, outside])
        image[outside] = walked
        outside = image >= size
    return image


def _feistel(index: NDArray[np.uint32], bits: int, keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    low_bits = np.uint32(bits // 2)
    low_mask = np.uint32((1 << bits // 2) - 1)
    high_mask = np.uint32((1 << (bits - bits // 2)) - 1)
    low, high = index & low_mask, index >> low_bits
    for turn, key in enumerate(keys):
        if turn % 2:
            low ^= _mix(high, key) & low_mask
        else:
            high ^= _mix(low, key) & high_mask
    return (high << low_bits) | low


def _mix(x: NDArray[np.uint32], key: NDArray[np.uint32]) -> NDArray[np.uint32]:
    x = x ^ key
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x


def _hash(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return x ^ x >> np.uint64(31)


@dataclass(frozen=True, slots=True, eq=False)
class LatinPoints:
    """Sixteen Latin hypercubes, interleaved: draw `i` is point `i // 16` of hypercube `i mod 16`.

    Attributes:
        size: Points of each hypercube.
        keys: `[D, rounds, 16]` keys of the permutations.
        jitter_keys: `[D]` keys of the places in the cells.
    """

    size: int
    keys: NDArray[np.uint32]
    jitter_keys: NDArray[np.uint64]

    @property
    def capacity(self) -> int:
        """Number of draws in all; there are no more."""
        return self.size * REPLICATES

    def points(self, start: int, count: int) -> NDArray[np.float64]:
        """Draws `start` to `start + count - 1`, `[D, count]`; floor(n * u) is the cell of a point."""
        out = np.empty((len(self.keys), count))
        done = 0
        while done < count:
            size = min(_BLOCK - (start + done) % _BLOCK, count - done)
            self._fill(start + done, out[:, done : done + size])
            done += size
        return out

    def _fill(self, start: int, out: NDArray[np.float64]) -> None:
        first, last = start // REPLICATES, -(-(start + out.shape[1]) // REPLICATES)
        index = np.repeat(np.arange(first, last, dtype=np.uint32), REPLICATES)
        inside = slice(start - first * REPLICATES, start - first * REPLICATES + out.shape[1])
        counter = np.arange(start, start + out.shape[1], dtype=np.uint64) * _GOLDEN
        for d in range(len(out)):
            keys = np.tile(self.keys[d], last - first)[:, inside]
            cell = bijection(index[inside], self.size, keys)
            jitter = _hash(counter + self.jitter_keys[d]) >> np.uint64(64 - _JITTER_BITS)
            # cell + jitter is exact, and half a jitter step is more than the division can round away
            np.multiply(jitter, 2.0**-_JITTER_BITS, out=out[d])
            out[d] += 2.0 ** -(_JITTER_BITS + 1)
            out[d] += cell
            out[d] /= self.size


def latin_points(dimensions: int, draws: int, seed: np.random.SeedSequence) -> LatinPoints:
    """Sixteen independent Latin hypercubes of `ceil(draws / 16)` points each.

    Raises:
        ValueError: There are more than 16 * `MAX_SIZE` draws.
    """
    size = max(-(-draws // REPLICATES), 1)
    if size > MAX_SIZE:
        raise ValueError(
            f"A Latin hypercube needs at most {MAX_SIZE * REPLICATES} draws; got {draws}; use design 'sobol'."
        )
    words = np.random.PCG64(seed).random_raw(dimensions * (_ROUNDS * REPLICATES + 1))
    words = words.reshape(dimensions, _ROUNDS * REPLICATES + 1)
    keys = (words[:, 1:] >> np.uint64(32)).astype(np.uint32).reshape(dimensions, _ROUNDS, REPLICATES)
    return LatinPoints(size, keys, words[:, 0].copy())
