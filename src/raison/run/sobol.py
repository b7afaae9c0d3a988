r"""Scrambled Sobol points, addressed by index.

Point `k` of a coordinate with direction numbers :math:`v_0, v_1, \ldots` (32-bit words) and digital shift `s`
is

.. math:: x_k = s \oplus \bigoplus_{j : \text{bit } j \text{ of } g(k) \text{ is set}} v_j,
          \qquad g(k) = k \oplus \lfloor k / 2 \rfloor,

and the number used is :math:`(x_k + 1/2) / 2^{32}`, which is never 0 or 1. The order is that of the Gray code
`g` (Antonov and Saleev 1979), which permutes points only within blocks of :math:`2^m`.

Two-table XOR: the low bits of the index select from a table made once, the high bits give one word for a
whole block. Sixteen scramblings lie side by side in the table, so that consecutive draws are consecutive in
memory and a block of draws is one XOR of two rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

BITS = 32  # digits of a point
REPLICATES = 16  # independent scramblings; draw i belongs to replicate i mod 16
MAX_DIMENSIONS = 1_024  # dimensions in the shipped table

# Words in one row of an XOR. NumPy's inner loop needs some length; rows of 4 kB would make the loads and
# stores of one step fall on the same address modulo 4096, which costs a factor of three on x86.
_ROW = 256
_TABLE_WORDS = 1 << 20  # words of the low table (8 MB), unless coordinates are too many or few
_MANTISSA = np.uint64(52 - BITS)  # left shift that puts a point's digits first in a float64's mantissa
_ONE_AND_A_HALF_CELL = np.uint64(0x3FF0_0000_0000_0000 | 1 << (51 - BITS))  # the float64 1 + 2**-33


@cache
def direction_numbers(dimensions: int) -> NDArray[np.uint32]:
    """Unscrambled direction numbers.

    Args:
        dimensions: At most `MAX_DIMENSIONS`.

    Returns:
        `[D, 32]`; word `j` of a coordinate belongs to bit `j` of the Gray-coded index, first digit highest.
        Read-only.

    Raises:
        ValueError: There are more dimensions than the table has.

    Source: Joe and Kuo (2008), "Constructing Sobol sequences with better two-dimensional projections", SIAM
    Journal on Scientific Computing 30, 2635-2654, table new-joe-kuo-6.21201; the recurrence is their
    equation 2.
    """
    if dimensions > MAX_DIMENSIONS:
        raise ValueError(
            f"Sobol points need at most {MAX_DIMENSIONS} uncertain parameters; got {dimensions}; "
            "use design 'latin' or 'random', or fix some parameters."
        )
    words = np.zeros((dimensions, BITS), np.uint32)
    if dimensions:
        words[0] = [1 << (BITS - 1 - j) for j in range(BITS)]
    table = files("raison.run").joinpath("joe_kuo_2008.txt").read_text(encoding="ascii")
    rows = (line for line in table.splitlines() if not line.startswith("#"))
    for d, row in zip(range(1, dimensions), rows, strict=False):
        _, degree, inner, *initial = map(int, row.split())
        v = [m << (BITS - 1 - j) for j, m in enumerate(initial)]
        for j in range(degree, BITS):
            word = v[j - degree] ^ (v[j - degree] >> degree)
            for k in range(1, degree):
                if inner >> (degree - 1 - k) & 1:
                    word ^= v[j - k]
            v.append(word)
        words[d] = v
    words.flags.writeable = False
    return words


def scramble(
    directions: NDArray[np.uint32], seed: np.random.SeedSequence
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """One random linear scramble of every coordinate, and a random digital shift.

    The digits of a point are multiplied by a random lower triangular matrix over the field of two elements
    with ones on its diagonal, so every elementary interval keeps its number of points; the shift makes each
    point uniform.

    Args:
        directions: `[D, 32]`, as from `direction_numbers`.
        seed: Source of the random digits. The first coordinates do not depend on how many there are.

    Returns:
        Scrambled direction numbers `[D, 32]` and shifts `[D]`.

    Source: Matousek (1998), "On the L2-discrepancy for anchored boxes", Journal of Complexity 14, 527-556.
    """
    dimensions = len(directions)
    # raw words of a bit generator: NumPy keeps these streams for ever, but not those of its distributions
    random = np.random.PCG64(seed).random_raw(dimensions * (BITS + 1)).reshape(dimensions, BITS + 1)
    random = (random >> np.uint64(32)).astype(np.uint32)
    scrambled = np.zeros_like(directions)
    for digit in range(BITS):  # 0 is the last digit
        column = (random[:, digit] & np.uint32((1 << digit) - 1)) | np.uint32(1 << digit)
        has_digit = directions >> np.uint32(digit) & np.uint32(1)
        scrambled ^= has_digit * column[:, None]
    return scrambled, random[:, BITS].copy()


@dataclass(frozen=True, slots=True, eq=False)
class SobolPoints:
    """Sixteen sequences, interleaved: draw `i` is point `i // 16` of sequence `i mod 16`.

    Immutable, so any number of threads may ask for points at once.

    Attributes:
        directions: `[D, 32, 16]` uint64, shifted to the head of a float64's mantissa.
        shifts: `[D, 16]` uint64, likewise, with exponent and half cell filled in.
        low: `[D, 16 * 2**low_bits]` uint64, XOR of the directions for the low bits of the index.
        low_bits: Bits of the index that the table covers.
    """

    directions: NDArray[np.uint64]
    shifts: NDArray[np.uint64]
    low: NDArray[np.uint64]
    low_bits: int

    @property
    def capacity(self) -> int:
        """Number of draws before a sequence repeats."""
        return REPLICATES << BITS

    def points(self, start: int, count: int) -> NDArray[np.float64]:
        """Draws `start` to `start + count - 1`, `[D, count]`, each a multiple of 2**-32 plus 2**-33."""
        out = np.empty((len(self.shifts), count))
        words = out.view(np.uint64)
        block_size = self.low.shape[1]
        done = 0
        while done < count:
            block, first = divmod(start + done, block_size)
            size = min(block_size - first, count - done)
            self._xor(block, first, words[:, done : done + size])
            out[:, done : done + size] -= 1.0  # exact: the result has fewer digits
            done += size
        return out

    def _xor(self, block: int, first: int, words: NDArray[np.uint64]) -> None:
        """Write draws `first` and following of a block as float64 between 1 and 2."""
        dimensions, size = words.shape
        high = self._high_words(block)
        if size == self.low.shape[1]:
            shape = (dimensions, size // _ROW, _ROW)
            row = np.tile(high, _ROW // REPLICATES)[:, None]
            np.bitwise_xor(self.low.reshape(shape), row, out=words.reshape(shape, copy=False))
        else:
            skip = first % REPLICATES
            row = np.tile(high, size // REPLICATES + 2)[:, skip : skip + size]
            np.bitwise_xor(self.low[:, first : first + size], row, out=words)

    def _high_words(self, block: int) -> NDArray[np.uint64]:
        """`[D, 16]`: shift and directions that all points of a block share."""
        high = self.shifts.copy()
        if block & 1:  # the lowest bit of the block reaches the highest low bit of the Gray code
            high ^= self.directions[:, self.low_bits - 1]
        gray = block ^ block >> 1
        for j in range(gray.bit_length()):
            if gray >> j & 1:
                high ^= self.directions[:, self.low_bits + j]
        return high


def sobol_points(directions: NDArray[np.uint32], shifts: NDArray[np.uint32]) -> SobolPoints:
    """Prepare sixteen sequences from their direction numbers and shifts.

    Args:
        directions: `[16, D, 32]`, scrambled or not.
        shifts: `[16, D]`.

    Returns:
        The sequences, with a low table of at most 8 MB (beyond 512 coordinates, 16 kB for each).
    """
    replicates, dimensions, _ = directions.shape
    if replicates != REPLICATES or shifts.shape != (replicates, dimensions):
        raise ValueError(
            f"Sobol points need directions [{REPLICATES}, D, {BITS}] and shifts [{REPLICATES}, D]; "
            f"got {directions.shape} and {shifts.shape}."
        )
    words = np.ascontiguousarray(directions.transpose(1, 2, 0)).astype(np.uint64) << _MANTISSA
    start = (np.ascontiguousarray(shifts.T).astype(np.uint64) << _MANTISSA) ^ _ONE_AND_A_HALF_CELL
    affordable = (_TABLE_WORDS // (REPLICATES * max(dimensions, 1))).bit_length() - 1
    low_bits = min(max(affordable, 7), 10)
    low = np.zeros((dimensions, 1 << low_bits, REPLICATES), np.uint64)
    for j in range(low_bits):  # the longer Gray code is the code, then the code backwards plus one bit
        half = 1 << j
        np.bitwise_xor(low[:, half - 1 :: -1], words[:, j, None], out=low[:, half : 2 * half])
    return SobolPoints(words, start, low.reshape(dimensions, REPLICATES << low_bits), low_bits)


def scrambled_sobol(dimensions: int, seeds: list[np.random.SeedSequence]) -> SobolPoints:
    """Sixteen independent scramblings of the Sobol points in `dimensions` dimensions, one for each seed.

    Raises:
        ValueError: There are more dimensions than the table has.
    """
    directions = direction_numbers(dimensions)
    words, shifts = zip(*(scramble(directions, seed) for seed in seeds), strict=True)
    return sobol_points(np.stack(words), np.stack(shifts))
