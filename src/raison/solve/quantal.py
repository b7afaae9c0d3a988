"""Logit quantal response: what its equations are, and what an answer says.

Every information set ("cell") has a mover who plays option `i` of it with probability

    p_i = exp(precision * u_i) / sum over the options j of the cell of exp(precision * u_j),

where `u_i` is his expected payoff from `i` given that the cell is reached, when everybody, he himself later
on too, plays by the same rule (McKelvey and Palfrey 1995, 1998: the agent form). Payoffs are in units of the
range of the mover's payoffs, so a precision means the same in every draw.

The unknowns are log-odds `z` against one option of each cell, with `z_i = precision * (u_i - u_reference)`:
probabilities that are too small for a float have log-odds like any others.

Source: McKelvey and Palfrey (1995), "Quantal response equilibria for normal form games"; (1998), "Quantal
response equilibria for extensive form games"; Turocy (2005), "A dynamic homotopy interpretation of the
logistic quantal response equilibrium correspondence"; (2010), "Computing sequential equilibria using agent
quantal response equilibria". Log-odds against a reference are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

Array = Any
Respond = Callable[[Array, Any], Array]
"""From log-probabilities `[N, B]` of all options, and the draws' numbers (any nest of arrays whose last axis
is the draws), to each option's expected payoff `[N, B]` given that its cell is reached, others and own later
play as given, in units of the mover's payoff range."""

UNAVAILABLE = -1e30
"""Log-odds of an option that is not available: its probability is 0, and finite arithmetic stays finite."""

SOLVED, BIFURCATION, STEPS, STUCK, NOT_FINITE, UNSETTLED = range(6)
REASONS = (
    "solved",
    "the branch from even odds passes a bifurcation, as symmetric games do; this is its symmetric "
    "continuation, and other branches lead elsewhere: break the symmetry to choose between them.",
    "the branch was not followed to its end in the steps allowed; allow more steps.",
    "the branch could not be followed past a point where its equations are singular; the game may be "
    "symmetric or degenerate: change a payoff slightly.",
    "a payoff is not finite, or no option is available at some information set.",
    "the branch was followed to the highest precision, but play has not settled to the accuracy asked for; "
    "payoffs nearly tie in the limit.",
)
"""What a status means: its index is the status."""


class Quantal(NamedTuple):
    """A point on the principal branch in each of `B` draws, or the branch's limit.

    Attributes:
        log_probability: `[N, B]` float64; NaN where there is no answer.
        precision: `[B]` float64 at which the branch was left; inf is never reached.
        residual: `[B]` float64, by how much payoffs would have to differ for the point to be exact, in
            units of the payoff range: at a precision the largest difference in log-odds over the precision
            plus 1; at the limit the same as the regret.
        regret: `[B]` float64, the largest gain from choosing one option instead of playing as given at one
            cell, in units of the payoff range.
        status: `[B]` int32, index into `REASONS`. The point is good where it is `SOLVED` or `BIFURCATION`.
        steps: `[B]` int32, steps taken along the branch.
    """

    log_probability: Array
    precision: Array
    residual: Array
    regret: Array
    status: Array
    steps: Array


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Which options belong together.

    Attributes:
        cell: `[N]` int, the cell of each option, numbered from 0 without gaps.
        block: Options of each cell where all have as many and lie together in order; 0 otherwise.
        members: `[C, K]` int, options of each cell, padded with `N`.
    """

    cell: np.ndarray
    block: int
    members: np.ndarray

    @classmethod
    def of(cls, cell: np.ndarray) -> Cells:
        """Arrange cells.

        Raises:
            ValueError: the cells are not numbered from 0 without gaps.
        """
        cell = np.asarray(cell, np.int64)
        counts = np.bincount(cell) if cell.size else np.zeros(0, np.int64)
        if not counts.size or not counts.all():
            raise ValueError(f"cells must be numbered from 0 without gaps; got {sorted(set(cell.tolist()))}.")
        members = np.full((counts.size, counts.max()), cell.size)
        for c in range(counts.size):
            members[c, : counts[c]] = np.flatnonzero(cell == c)
        regular = counts.min() == counts.max() and bool((np.diff(members.ravel()) == 1).all())
        return cls(cell, int(counts[0]) if regular else 0, members)

    def split(self, values: Array, fill: float) -> Array:
        """`[N, W]` as `[C, K, W]`, places without an option filled."""
        if self.block:
            return values.reshape(-1, self.block, values.shape[-1])
        pad = jnp.full((1, values.shape[-1]), fill)
        return jnp.concatenate([values, pad])[self.members]

    def usable(self, available: Array) -> Array:
        """Whether each cell has an available option, `[W]`."""
        return self.split(jnp.where(available, 1.0, 0.0), 0.0).max(1).min(0) > 0

    def join(self, parts: Array) -> Array:
        """`[C, K, W]` as `[N, W]`."""
        if self.block:
            return parts.reshape(-1, parts.shape[-1])
        flat = np.flatnonzero(self.members.ravel() < self.cell.size)
        order = np.argsort(self.members.ravel()[flat])
        return parts.reshape(-1, parts.shape[-1])[flat[order]]


@dataclass(frozen=True, eq=False, slots=True)
class Equations:
    """The equations of a game's logit equilibria in its log-odds.

    Without `available` the reference of a cell is its first option and the others are the unknowns. With it
    the reference is the first available option of the draw, and the log-odds of all options are unknowns,
    those of references and of unavailable options being 0 by an equation of their own.

    Attributes:
        respond: The game.
        cells: Its cells.
        masked: Whether options may be unavailable.
        free: `[n]` int, the options whose log-odds are unknowns.
    """

    respond: Respond
    cells: Cells
    masked: bool
    free: np.ndarray

    @classmethod
    def of(cls, respond: Respond, cell: np.ndarray, masked: bool) -> Equations:
        """The equations of a game."""
        cells = Cells.of(cell)
        every = np.arange(cells.cell.size)
        return cls(respond, cells, masked, every if masked else np.setdiff1d(every, cells.members[:, 0]))

    def log_probability(self, odds: Array, available: Array | None) -> Array:
        """From log-odds `[n, W]` to log-probabilities `[N, W]`."""
        cells = self.cells
        if self.masked and available is not None:
            parts = cells.split(jnp.where(available, odds, UNAVAILABLE), UNAVAILABLE)
        elif cells.block:
            inner = odds.reshape(cells.members.shape[0], cells.block - 1, odds.shape[-1])
            parts = jnp.concatenate([jnp.zeros_like(inner[:, :1]), inner], axis=1) if inner.size else None
            if parts is None:
                parts = jnp.zeros((*cells.members.shape, odds.shape[-1]))
        else:
            slot = np.full(cells.cell.size, self.free.size)
            slot[self.free] = np.arange(self.free.size)
            full = jnp.concatenate([odds, jnp.zeros((1, odds.shape[-1]))])[slot]
            parts = cells.split(full, UNAVAILABLE)
        parts = parts - parts.max(1, keepdims=True)  # first, or the logarithm drowns in large odds
        logs = cells.join(parts - jnp.log(jnp.exp(parts).sum(1, keepdims=True)))
        if self.masked and available is not None:  # a slope of what is too large to change would mislead
            logs = jnp.where(available, logs, UNAVAILABLE)
        return logs

    def gaps(self, worth: Array, available: Array | None) -> Array:
        """From expected payoffs `[N, W]` to each unknown's payoff less its reference's, `[n, W]`."""
        cells = self.cells
        if not self.masked or available is None:
            parts = cells.split(worth, 0.0)
            if cells.block:
                return (parts[:, 1:] - parts[:, :1]).reshape(-1, worth.shape[-1])
            return cells.join(parts - parts[:, :1])[self.free]
        allowed = cells.split(jnp.where(available, 1.0, 0.0), 0.0) > 0
        first = allowed & (jnp.cumsum(allowed.astype(jnp.int32), axis=1) == 1)
        parts = cells.split(worth, 0.0)
        reference = jnp.where(first, parts, 0.0).sum(1, keepdims=True)
        return cells.join(jnp.where(allowed, parts - reference, 0.0))

    def regret(self, log_probability: Array, worth: Array, available: Array | None) -> Array:
        """The largest gain `[W]` from choosing one option at one cell."""
        parts, chances = self.cells.split(worth, -jnp.inf), self.cells.split(log_probability, UNAVAILABLE)
        if available is not None:
            parts = jnp.where(self.cells.split(jnp.where(available, 1.0, 0.0), 0.0) > 0, parts, -jnp.inf)
        best = parts.max(1, keepdims=True)
        short = jnp.where(parts > -jnp.inf, best - parts, 0.0)
        return (jnp.exp(chances) * short).sum(1).max(0)
