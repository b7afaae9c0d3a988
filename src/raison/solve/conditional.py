"""What each option is worth at an information set, given that it is reached, in games without amounts.

A history is reached with the product of the probabilities along it; the belief at an information set is each
of its histories' share of that. Both are kept as logarithms: a history that needs many trembles still has a
belief. An option is worth its expected payoff to the mover, over the belief and over later play, his own
later play included.

Options of all information sets are rows, ordered by place and then by option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from raison.program.form import Form
from raison.program.graph import CHANCE, OUTCOME
from raison.program.hold import fuse, hold
from raison.solve.quantal import NOT_FINITE, SOLVED, UNAVAILABLE, Equations, Quantal
from raison.solve.tracing import LANES, MAX_STEPS, at_precision, limit

Array = Any
Chances = Mapping[int, Sequence[Array | float]]
"""Per chance state the probabilities of its cases, `[B]` or a number that holds in all draws."""

SURE = 1e12
"""Precision at which a game of perfect information is taken as solved: regret is below 1e-11 for any choice
among fewer than 20,000 moves, and moves that tie share play."""
_NEVER = 1e-300  # stands in for a chance of 0 where beliefs are formed
_HELD = 40  # states from which values are kept rather than computed again


class Numbers(NamedTuple):
    """The draws' numbers.

    Attributes:
        payoff: `[outcomes, players, B]` in units of each player's payoff range, from 0 to 1.
        chance: `[B]` each, the probabilities of chance cases that differ between draws.
    """

    payoff: Array
    chance: tuple[Array, ...]


class Play(NamedTuple):
    """How a game is played in `B` draws.

    Attributes:
        reach: `[S, B]`, probability of each state.
        belief: Per place `[states, B]`, on and off the path.
        worth: `[N, B]`, each option's expected payoff given that its place is reached.
        value: `[players, B]`, expected payoffs at the root.
    """

    reach: Array
    belief: tuple[Array, ...]
    worth: Array
    value: Array


class LogitSolution(NamedTuple):
    """Logit play of `B` draws; NaN where the status is not good.

    Attributes:
        probability: `[N, B]`, rows as in `Discrete.rows`.
        log_probability: `[N, B]`.
        belief: Per place `[states, B]`.
        value: `[players, B]`, in the payoffs' own units.
        residual: `[B]`, see `Quantal`.
        regret: `[B]`, in units of the payoff range.
        status: `[B]` int32, index into `quantal.REASONS`.
        steps: `[B]` int32.
    """

    probability: Array
    log_probability: Array
    belief: tuple[Array, ...]
    value: Array
    residual: Array
    regret: Array
    status: Array
    steps: Array


@dataclass(frozen=True, eq=False, slots=True)
class Discrete:
    """A form without amounts, ready to be asked what its options are worth.

    Attributes:
        form: The game.
        players: How many.
        rows: Per place the rows of its options.
        cell: `[N]` int, the place of each row.
        fixed: Per chance state its cases' probabilities; None for one that differs between draws.
    """

    form: Form
    players: int
    rows: tuple[range, ...]
    cell: np.ndarray
    fixed: Mapping[int, tuple[float | None, ...]]

    @classmethod
    def of(cls, form: Form, players: int, chance: Chances | None = None) -> Discrete:
        """Prepare a game.

        Raises:
            ValueError: the form has amounts, or a chance state has no probabilities.
        """
        if form.axes:
            raise ValueError(
                f"a game without amounts is needed; this one has {', '.join(a.name for a in form.axes)}."
            )
        rows: list[range] = []
        for place in form.places:
            start = rows[-1].stop if rows else 0
            rows.append(range(start, start + len(place.labels)))
        cell = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        fixed: dict[int, tuple[float | None, ...]] = {}
        for s, state in enumerate(form.graph.states):
            if state.mover == CHANCE:
                given = (chance or {}).get(s)
                if given is None or len(given) != len(state.children):
                    raise ValueError(
                        f"chance state {s} ({state.name}) needs {len(state.children)} probabilities; "
                        f"got {0 if given is None else len(given)}."
                    )
                fixed[s] = tuple(float(p) if np.ndim(p) == 0 else None for p in given)
        return cls(form, players, tuple(rows), cell, fixed)

    def numbers(self, payoffs: Array, chance: Chances | None = None) -> tuple[Numbers, Array]:
        """The draws' numbers and each player's payoff range `[players, B]`.

        Args:
            payoffs: `[outcomes, players, B]`, in the order of `form.graph.outcomes`.
            chance: As for `of`.
        """
        low, high = payoffs.min(0), payoffs.max(0)
        span = jnp.where(high > low, high - low, 1.0)
        varying = tuple(
            (chance or {})[s][i] for s, known in self.fixed.items() for i, p in enumerate(known) if p is None
        )
        return Numbers((payoffs - low[None]) / span[None], varying), span

    def respond(self, log_probability: Array, numbers: Numbers) -> Array:
        """Each option's expected payoff `[N, B]` given that its place is reached: a `quantal.Respond`."""
        walk = _Walk(self, log_probability, numbers)
        belief = walk.beliefs(walk.log_reach())
        return jnp.stack(walk.worth(belief))

    def play(self, log_probability: Array, numbers: Numbers) -> Play:
        """Reach, beliefs and values of given play, payoffs as in `numbers`."""
        walk = _Walk(self, log_probability, numbers)
        reach = walk.log_reach()
        belief = walk.beliefs(reach)
        worth = jnp.stack(walk.worth(belief))
        value = jnp.stack([walk.value(0, p) for p in range(self.players)])
        shape = log_probability.shape[-1:]
        return Play(
            jnp.stack([jnp.broadcast_to(jnp.exp(r), shape) for r in reach]),
            tuple(jnp.stack([jnp.broadcast_to(b, shape) for b in beliefs]) for beliefs in belief),
            worth,
            value,
        )


class _Walk:
    """One evaluation: straight-line code, one array per state and player that is asked for."""

    def __init__(self, game: Discrete, log_probability: Array, numbers: Numbers) -> None:
        self.game = game
        self.states = game.form.graph.states
        self.hold = hold if len(self.states) >= _HELD else fuse
        self.log = [log_probability[i] for i in range(game.cell.size)]
        self.chance = list(self.hold(tuple(jnp.exp(log) for log in self.log)))
        self.payoff = numbers.payoff
        self.outcome = {s: index for index, s in enumerate(game.form.graph.outcomes)}
        self.nature: dict[int, tuple[Array | float, ...]] = {}
        varying = iter(numbers.chance)
        for s, known in game.fixed.items():
            self.nature[s] = tuple(next(varying) if p is None else p for p in known)
        self.values: dict[tuple[int, int], Array] = {}
        for s in range(len(self.states) - 1, -1, -1):  # children before parents, so that no recursion is deep
            if game.form.graph.states[s].mover != OUTCOME:
                for p in range(game.players):
                    self.values[s, p] = self._mean(s, p)

    def row(self, s: int) -> range:
        return self.game.rows[self.game.form.place[s]]

    def value(self, s: int, player: int) -> Array:
        if s in self.outcome:
            return self.payoff[self.outcome[s], player]
        return self.values[s, player]

    def _mean(self, s: int, player: int) -> Array:
        state = self.states[s]
        weights = self.nature[s] if state.mover == CHANCE else [self.chance[i] for i in self.row(s)]
        total: Array = 0.0
        for weight, child in zip(weights, state.children, strict=True):
            total = total + weight * self.value(child, player)
        return self.hold((total,))[0]

    def log_reach(self) -> list[Array]:
        """Per state the logarithm of its probability; 0.0 where it is sure."""
        reach: list[Array] = [0.0] * len(self.states)
        for s, state in enumerate(self.states):
            if state.mover == OUTCOME:
                continue
            if state.mover == CHANCE:
                logs = [
                    np.log(max(p, _NEVER)) if isinstance(p, float) else jnp.log(jnp.maximum(p, _NEVER))
                    for p in self.nature[s]
                ]
            else:
                logs = [self.log[i] for i in self.row(s)]
            for log, child in zip(logs, state.children, strict=True):
                reach[child] = self.hold((reach[s] + log,))[0]
        return reach

    def beliefs(self, reach: Sequence[Array]) -> list[list[Array]]:
        """Per place the share of each of its states."""
        found: list[list[Array]] = []
        for place in self.game.form.places:
            if len(place.states) == 1:
                found.append([1.0])
                continue
            logs = [reach[s] for s in place.states]
            top = logs[0]
            for log in logs[1:]:
                top = jnp.maximum(top, log)
            shares = [jnp.exp(log - top) for log in logs]
            total = sum(shares[1:], start=shares[0])
            found.append(list(self.hold(tuple(share / total for share in shares))))
        return found

    def worth(self, belief: Sequence[Sequence[Array]]) -> list[Array]:
        """Per row its expected payoff."""
        found: list[Array] = []
        for place, shares in zip(self.game.form.places, belief, strict=True):
            for option in range(len(place.labels)):
                total: Array = 0.0
                for s, share in zip(place.states, shares, strict=True):
                    total = total + share * self.value(self.states[s].children[option], place.player)
                found.append(total)
        return found


def perfect(game: Discrete, numbers: Numbers, precision: Array | float, available: Array | None) -> Array:
    """Logit play of a game in which nothing is hidden, by one backward pass.

    Args:
        game: Every place has one state.
        numbers: The draws' numbers.
        precision: `[B]` or a number, per payoff range.
        available: `[N, B]` bool; None where all are.

    Returns:
        Log-probabilities `[N, B]`.

    Accuracy: that of exp and log, times the precision.

    Source: McKelvey and Palfrey (1998), section 3.
    """
    states = game.form.graph.states
    width = numbers.payoff.shape[-1]
    keep = hold if len(states) >= _HELD else fuse
    varying = iter(numbers.chance)
    nature = {s: [next(varying) if p is None else p for p in known] for s, known in game.fixed.items()}
    value: dict[int, tuple[Array, ...]] = {
        s: tuple(numbers.payoff[index, p] for p in range(game.players))
        for index, s in enumerate(game.form.graph.outcomes)
    }
    found: list[Array] = [None] * game.cell.size
    for s in range(len(states) - 1, -1, -1):
        state = states[s]
        if state.mover == OUTCOME:
            continue
        below = [value[child] for child in state.children]
        if state.mover == CHANCE:
            weights = nature[s]
        else:
            row = game.rows[game.form.place[s]]
            odds = [precision * v[state.mover] for v in below]
            if available is not None:
                odds = [jnp.where(available[i], x, UNAVAILABLE) for i, x in zip(row, odds, strict=True)]
            logs = _log_shares(odds)
            weights = [jnp.exp(log) for log in logs]
            for i, log in zip(row, logs, strict=True):
                found[i] = hold(jnp.broadcast_to(log, (width,)))
        value[s] = keep(
            tuple(
                sum((w * v[p] for w, v in zip(weights, below, strict=True)), start=0.0)
                for p in range(game.players)
            )
        )
    return jnp.stack(found)


def _log_shares(odds: Sequence[Array]) -> list[Array]:
    if len(odds) == 1:
        return [jnp.zeros_like(odds[0])]
    if len(odds) == 2:
        lead = odds[0] - odds[1]
        small = jnp.log1p(jnp.exp(-jnp.abs(lead)))
        return [jnp.minimum(lead, 0.0) - small, jnp.minimum(-lead, 0.0) - small]
    top = odds[0]
    for x in odds[1:]:
        top = jnp.maximum(top, x)
    total = sum((jnp.exp(x - top) for x in odds), start=0.0)
    return [x - top - jnp.log(total) for x in odds]


def solve_logit(
    form: Form,
    payoffs: Array,
    *,
    chance: Chances | None = None,
    available: Array | None = None,
    precision: Array | float | None = None,
    max_steps: int = MAX_STEPS,
    lanes: int = LANES,
) -> LogitSolution:
    """Logit play of a game without amounts in all draws. Works while JAX traces.

    Args:
        form: The game.
        payoffs: `[outcomes, players, B]` float64, outcomes in the order of `form.graph.outcomes`.
        chance: Per chance state the probabilities of its cases.
        available: `[N, B]` bool, whether each option may be taken; None where all may.
        precision: `[B]` or a number, per range of the mover's payoffs; None for the limit of the branch.
        max_steps: Along the branch.
        lanes: Draws followed at a time.

    Returns:
        The play, with NaN in the draws whose status is not good.
    """
    players, batch = payoffs.shape[1:]
    game = Discrete.of(form, players, chance)
    numbers, span = game.numbers(payoffs, chance)
    if all(len(place.states) == 1 for place in form.places):
        found = _backward(game, numbers, precision, available)
    elif precision is None:
        found = limit(
            game.respond,
            game.cell,
            numbers,
            batch=batch,
            available=available,
            max_steps=max_steps,
            lanes=lanes,
        )
    else:
        found = at_precision(
            game.respond,
            game.cell,
            numbers,
            precision,
            batch=batch,
            available=available,
            max_steps=max_steps,
            lanes=lanes,
        )
    play = game.play(found.log_probability, numbers)
    low = payoffs.min(0)
    return LogitSolution(
        jnp.exp(found.log_probability),
        found.log_probability,
        play.belief,
        low + span * play.value,
        found.residual,
        found.regret,
        found.status,
        found.steps,
    )


def _backward(
    game: Discrete, numbers: Numbers, precision: Array | float | None, available: Array | None
) -> Quantal:
    """Perfect information: no branch to follow, and nothing that could fail but the numbers."""
    batch = numbers.payoff.shape[-1]
    level = jnp.broadcast_to(jnp.asarray(SURE if precision is None else precision, jnp.float64), (batch,))
    equations = Equations.of(game.respond, game.cell, available is not None)
    chances = perfect(game, numbers, level, available)
    worth = game.respond(chances, numbers)
    good = jnp.isfinite(numbers.payoff).all((0, 1))
    if available is not None:
        good = good & equations.cells.usable(available)
    regret = equations.regret(chances, worth, available)
    exact = jnp.zeros((batch,)) if precision is not None else regret
    status = jnp.where(good, SOLVED, NOT_FINITE).astype(jnp.int32)

    def mark(values: Array) -> Array:
        return jnp.where(good.reshape((1,) * (values.ndim - 1) + (-1,)), values, jnp.nan)

    return Quantal(mark(chances), level, mark(exact), mark(regret), status, jnp.zeros((batch,), jnp.int32))
