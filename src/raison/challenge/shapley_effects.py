r"""Shapley effects: the variance of an answer shared out among inputs that may be correlated.

With correlated inputs the first-order indices count common variation more than once and total indices less
than once. The Shapley effect of an input is what it adds to the explained variance, averaged over all orders
in which the inputs may become known; effects are at least 0 and sum to 1. Let :math:`R_u = E
\operatorname{Var}[y \mid x_u]` be what remains when the inputs `u` are known; then for `P` inputs

.. math:: \phi_i = \frac{1}{P \operatorname{Var} y} \sum_{u \not\ni i} \binom{P - 1}{|u|}^{-1}
          (R_u - R_{u \cup i}) .

:math:`R_u` is estimated from a given sample: the variance of the answer among each draw and its nearest
neighbours in the coordinates `u`, averaged over the draws. Neighbours are not at the same place, which adds
to :math:`R_u`, the more the larger `u` is. Most of that goes by a remark of ours: :math:`\operatorname{Var}[y
\mid x_u]` is that of `y - h(x_u)` for every function `h`, so a polynomial fitted to `x_u` is taken off first.
What is left of it shows in how the effects change with the size of the sample.

Source: Owen (2014), "Sobol' indices and Shapley value", SIAM/ASA Journal on Uncertainty Quantification 2,
245-251; Song, Nelson and Staum (2016), "Shapley effects for global sensitivity analysis: theory and
computation", same journal 4, 1060-1083 (remaining variance, random orders); Broto, Bachoc and Depecker
(2020), "Variance reduction for estimation of Shapley effects and adaptation to unknown input distribution",
same journal 8, 693-716 (nearest neighbours from a given sample, all subsets); Iooss and Prieur (2019),
"Shapley effects for sensitivity analysis with correlated inputs", International Journal for Uncertainty
Quantification 9, 493-514.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import ndtri, stdtrit
from scipy.stats import rankdata

from raison.challenge.jackknife import Estimates, Floats, Status, status_of

MOST_EXACT = 8
"""Players up to which all subsets are worked out; beyond, random orders."""
PARTS = 8
"""Into how many parts the sample is dealt to find the error."""
FEWEST = 64
"""Draws in a part, at least."""
_NEIGHBOURS = 3  # the draw itself among them (Broto and others)
_PER_TERM = 10  # draws that a part must have for each term of the polynomial
_RIDGE = 1e-9  # lets terms be the same, such as the square of an input that is 0 or 1
_JITTER = 1e-9  # deals equal values out at random

Integers = NDArray[np.int64]
Remaining = Callable[[frozenset[int]], float]


@dataclass(frozen=True, slots=True, eq=False)
class ShapleyEffects:
    """Shapley effects of `G` players: inputs or groups of inputs.

    Attributes:
        effect: `[G]`, summing to 1; nan where the status is not `FOUND`. The interval allows for the
            bias that is left: it is Student's t with 7 degrees of freedom, wider by `drift` on both sides.
        drift: `[G]`, effects from all rows less the mean of those from an eighth of them.
        status: What can be said about the answer.
        rows: Draws used.
        failed: Draws that failed, of all.
        exact: Whether all subsets were worked out; if not, the standard error holds that of random orders.
    """

    effect: Estimates
    drift: Floats
    status: Status
    rows: int
    failed: int
    exact: bool


def shapley_effects(
    inputs: Floats,
    answer: Floats,
    *,
    seed: int,
    groups: Sequence[Sequence[int]] | None = None,
    rows: int = 4_096,
    orders: int = 64,
) -> ShapleyEffects:
    """Shapley effects from a given sample.

    Args:
        inputs: `[P, N]` float64, finite; all inputs that the answer depends on.
        answer: `[N]` float64, nan or infinite where a draw failed; such draws are left out.
        seed: Which draws are used, how they are dealt into parts, and the random orders.
        groups: Per player its inputs; together all of them. Without, each input is a player.
        rows: How many draws are used, at most. The time grows with it.
        orders: Random orders of the players, where there are more than 8; each comes with its reverse.

    Returns:
        The effects.

    Raises:
        ValueError: The shapes do not fit, groups miss an input, or fewer than 512 draws succeed.

    Accuracy: The standard error falls as `rows ** -0.5`; it is that of independent draws, two or three times
        too wide for even points. The bias of neighbours falls as `rows ** (-2 / P)` for smooth answers and is
        near 0 where the answer's mean, given any of the inputs, is a polynomial of second degree. Beyond five
        or six inputs of a jagged answer the bias is the larger, and the interval wide.
    """
    if inputs.ndim != 2 or answer.ndim != 1 or inputs.shape[1] != len(answer):
        raise ValueError(
            f"Shapley effects need inputs [P, N] and an answer [N]; got {list(inputs.shape)} and "
            f"{list(answer.shape)}."
        )
    players = [(p,) for p in range(len(inputs))] if groups is None else [tuple(group) for group in groups]
    if not players or sorted(member for player in players for member in player) != list(range(len(inputs))):
        raise ValueError(f"Groups need each of the inputs 0 to {len(inputs) - 1} once; got {players}.")
    random = np.random.default_rng(seed)
    fine = np.flatnonzero(np.isfinite(answer))
    failed = len(answer) - len(fine)
    if min(len(fine), rows) < PARTS * FEWEST:
        raise ValueError(
            f"Shapley effects need at least {PARTS * FEWEST} draws that succeed; got {len(fine)}, of which "
            f"{rows} may be used."
        )
    used = random.permutation(fine)[:rows]
    inputs, answer = inputs[:, used], answer[used]
    exact = len(players) <= MOST_EXACT
    status = status_of(answer)
    if status != Status.FOUND:
        none = np.full(len(players), np.nan)
        return ShapleyEffects(Estimates(none, none, none, none), none, status, len(used), failed, exact)
    scores = _scores(inputs, random)
    size = len(used) // PARTS
    sequences = [] if exact else _orders(len(players), orders, random)
    found = [
        _effects(
            _remaining(scores[:, part], inputs[:, part], answer[part], players, size), players, sequences
        )
        for part in (slice(None), *(slice(k * size, (k + 1) * size) for k in range(PARTS)))
    ]
    value, by_order = found[0]
    parts = np.array([effects for effects, _ in found[1:]])
    error = np.hypot(parts.std(axis=0, ddof=1) / PARTS**0.5, by_order)
    drift = value - parts.mean(axis=0)
    width = float(stdtrit(PARTS - 1, 0.975)) * error + np.abs(drift)
    estimates = Estimates(value, error, value - width, value + width)
    return ShapleyEffects(estimates, drift, status, len(used), failed, exact)


def _scores(inputs: Floats, random: np.random.Generator) -> Floats:
    """Normal scores of the ranks, so that distances in all inputs are alike."""
    scores = ndtri((rankdata(inputs, axis=1) - 0.5) / inputs.shape[1])
    return scores + _JITTER * random.standard_normal(scores.shape)


def _remaining(
    scores: Floats, inputs: Floats, answer: Floats, players: Sequence[Sequence[int]], size: int
) -> Remaining:
    """What remains of the variance when some players are known: a function of the set of players.

    Args:
        scores: `[P, n]`, where the neighbours are looked for.
        inputs: `[P, n]`.
        answer: `[n]`.
        players: Inputs of each.
        size: Draws in a part, which limits the terms of the polynomial.
    """
    spread = inputs.std(axis=1)
    centred = (inputs - inputs.mean(axis=1)[:, None]) / np.where(spread > 0, spread, 1.0)[:, None]
    answer = (answer - answer.mean()) / answer.std()
    known: dict[frozenset[int], float] = {frozenset(): 1.0, frozenset(range(len(players))): 0.0}

    def remaining(some: frozenset[int]) -> float:
        if some not in known:
            members = sorted(member for player in some for member in players[player])
            rest = answer - _fitted(centred[members], answer, size)
            near = KDTree(scores[members].T).query(scores[members].T, _NEIGHBOURS)[1]
            known[some] = float(rest[near].var(axis=1, ddof=1).mean())
        return known[some]

    return remaining


def _fitted(inputs: Floats, answer: Floats, size: int) -> Floats:
    """A polynomial of second degree, or first where a part has too few draws for it, fitted to the answer."""
    count = len(inputs)
    terms = [np.ones_like(answer), *inputs]
    if (count + 1) * (count + 2) // 2 * _PER_TERM <= size:
        terms += [inputs[i] * inputs[j] for i, j in combinations_with_replacement(range(count), 2)]
    rows = np.stack(terms)
    products = rows @ rows.T
    products.flat[:: len(products) + 1] += _RIDGE * len(answer)
    return np.linalg.solve(products, rows @ answer) @ rows


def _orders(players: int, orders: int, random: np.random.Generator) -> list[Integers]:
    """Random orders, each followed by its reverse."""
    return [
        way for _ in range(-(-orders // 2)) for o in (random.permutation(players),) for way in (o, o[::-1])
    ]


def _effects(
    remaining: Remaining, players: Sequence[Sequence[int]], orders: Sequence[Integers]
) -> tuple[Floats, Floats]:
    """Effects `[G]`, and their standard errors from the random orders, 0 if there are none."""
    count = len(players)
    if orders:
        gains = np.array([_gains(remaining, order) for order in orders])
        pairs = gains.reshape(-1, 2, count).mean(axis=1)
        error = pairs.std(axis=0, ddof=1) / len(pairs) ** 0.5 if len(pairs) > 1 else np.full(count, np.nan)
        return gains.mean(axis=0), error
    effects = np.zeros(count)
    for some in _subsets(range(count)):
        for player in set(range(count)) - some:
            gain = remaining(some) - remaining(some | {player})
            effects[player] += gain / (count * comb(count - 1, len(some)))
    return effects, np.zeros(count)


def _gains(remaining: Remaining, order: Integers) -> Floats:
    """What each player adds when they become known in this order."""
    gains = np.zeros(len(order))
    known: frozenset[int] = frozenset()
    for player in order.tolist():
        gains[player] = remaining(known) - remaining(known | {player})
        known |= {player}
    return gains


def _subsets(members: Iterable[int]) -> list[frozenset[int]]:
    found: list[frozenset[int]] = [frozenset()]
    for member in members:
        found += [some | {member} for some in found]
    return found
