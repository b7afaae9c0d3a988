r"""Refinements of sequential equilibria in signalling games: the intuitive criterion and D1.

Notation: :math:`u^*_t` is what type `t` gets in the equilibrium; `m` is a message that nobody sends;
`BR(S, m)` are the replies to it that are best for some belief on the set `S` of types.

* Intuitive criterion (Cho and Kreps 1987): remove the types whose :math:`u^*_t` is more than
  they could get from `m` with any reply in `BR(all, m)`. The equilibrium fails if a remaining type would get
  more than his :math:`u^*_t` from `m` with every reply in `BR(remaining, m)`.
* D1 (Cho and Kreps 1987; Banks and Sobel 1987): remove type `t` if another type strictly
  gains from `m` under every mixed best reply under which `t` gains or loses nothing, and under some. The
  equilibrium fails if no mixed reply in `BR(remaining, m)` keeps all types from sending `m`.

Both speak of what types get, so they judge an equilibrium's outcome: two equilibria that differ only in what
would be done after messages that nobody sends pass or fail together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from raison.program.form import Form
from raison.solve.sequential.check import values
from raison.solve.sequential.numbers import SLACK, TIE, Floats, Numbers, Truths, make_numbers, value_of
from raison.solve.sequential.polytope import corners
from raison.solve.sequential.record import CONTINUUM, SequentialEquilibria
from raison.solve.sequential.shape import Signalling, find_signalling


def passes_intuitive(
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None],
    equilibria: SequentialEquilibria,
    available: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None] | None = None,
) -> Truths:
    """Which equilibria of a signalling game pass the intuitive criterion.

    Args:
        form: A signalling game.
        payoffs: As for `solve_sequential`.
        chance: As for `solve_sequential`.
        equilibria: From `solve_sequential`.
        available: As for `solve_sequential`.

    Returns:
        `[K, B]` bool; False beyond the count.

    Raises:
        ValueError: the game is no signalling game.

    Source: Cho and Kreps (1987), "Signaling games and stable equilibria".
    """
    return _judge(form, payoffs, chance, equilibria, available, _fails_intuitive)


def passes_d1(
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None],
    equilibria: SequentialEquilibria,
    available: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None] | None = None,
) -> Truths:
    """Which equilibria of a signalling game pass D1.

    Args:
        form: A signalling game.
        payoffs: As for `solve_sequential`.
        chance: As for `solve_sequential`.
        equilibria: From `solve_sequential`.
        available: As for `solve_sequential`.

    Returns:
        `[K, B]` bool; False beyond the count.

    Raises:
        ValueError: the game is no signalling game.

    Source: Cho and Kreps (1987), "Signaling games and stable equilibria"; Banks and Sobel (1987),
    "Equilibrium selection in signaling games".
    """
    return _judge(form, payoffs, chance, equilibria, available, _fails_d1)


@dataclass(frozen=True, eq=False, slots=True)
class _Message:
    """A message in `N` equilibria, as seen by the types whom it leads to the receiver.

    Attributes:
        gain: `[types, replies, N]`, what a type gets by the message and a reply, less what he gets in the
            equilibrium, in his payoff range.
        worth: `[types, replies, N]`, what the receiver gets, in his payoff range.
        allowed: `[replies, N]`.
    """

    gain: Floats
    worth: Floats
    allowed: Truths

    def rows(self, rows: Any) -> _Message:
        return _Message(self.gain[..., rows], self.worth[..., rows], self.allowed[:, rows])

    def are_best(self, types: Sequence[int], replies: Sequence[int]) -> Truths:
        """`[N]`, whether some belief on the types makes all the replies best at once."""
        batch = self.gain.shape[-1]
        if not types:
            return np.zeros(batch, bool)
        one = np.ones((1 + len(types), batch))
        one[0] = -1.0
        equal, least = [one], list(np.eye(1 + len(types))[1:, :, None] * np.ones(batch))
        base = self.worth[list(types), replies[0]]
        for reply in range(self.worth.shape[1]):
            row = np.concatenate([np.zeros((1, batch)), base - self.worth[list(types), reply]])
            if reply in replies[1:]:
                equal.append(row)
            elif reply not in replies:
                least.append(np.where(self.allowed[reply], row, 0.0))
        found = corners(np.stack(equal), np.stack(least), every=True).some
        return found & self.allowed[list(replies)].all(axis=0)


def _judge(
    form: Form,
    payoffs: Floats,
    chance: Any,
    equilibria: SequentialEquilibria,
    available: Any,
    fails: Any,
) -> Truths:
    shape = find_signalling(form)
    if shape is None:
        raise ValueError(
            "a refinement needs a signalling game: a type that one player sees, his message, a reply; the "
            "game is none; use sequential equilibria without a refinement."
        )
    numbers = make_numbers(form, payoffs, chance, available)
    kind = np.asarray(equilibria.kind)
    slot, row = np.nonzero(kind)
    here = numbers.rows(row)
    value = values(here, [interval.central[:, slot, row] for interval in equilibria.probability])
    failed = np.zeros(len(row), bool)
    for m, place in enumerate(shape.receivers):
        if place is None:
            continue
        sent = np.zeros(len(row), bool)
        for t in shape.members[m]:
            sent |= equilibria.probability[shape.types[t]].central[m, slot, row] > CONTINUUM
        off = np.flatnonzero(~sent)
        if len(off):
            failed[off] |= fails(_message(here, value, shape, m).rows(off))
    passed = np.zeros(kind.shape, bool)
    passed[slot, row] = ~failed
    return passed


def _message(numbers: Numbers, value: Sequence[Floats | None], shape: Signalling, m: int) -> _Message:
    form = numbers.form
    answering = shape.receivers[m]
    assert answering is not None
    place = form.places[answering]
    gain: list[Floats] = []
    worth: list[Floats] = []
    for t, s in zip(shape.members[m], place.states, strict=True):
        sender = form.places[shape.types[t]]
        mover = sender.player
        now = value_of(value, sender.states[0])[mover]
        ends = [value_of(numbers.value, end) for end in form.graph.states[s].children]
        can = numbers.available[sender.states[0]]
        gains = np.stack([(end[mover] - now) / numbers.span[mover] for end in ends])
        gain.append(gains if can is None else np.where(can[m], gains, -np.inf))
        worth.append(np.stack([end[place.player] / numbers.span[place.player] for end in ends]))
    mask = numbers.available[place.states[0]]
    allowed = np.ones((len(place.labels), numbers.batch), bool) if mask is None else mask
    return _Message(np.stack(gain), np.stack(worth), allowed)


def _by_remaining(removed: Truths) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Each set of types that remain, with the equilibria in which it is."""
    codes = (~removed).T @ (1 << np.arange(len(removed)))
    for code in np.unique(codes):
        yield tuple(t for t in range(len(removed)) if code >> t & 1), np.flatnonzero(codes == code)


def _fails_intuitive(message: _Message) -> Truths:
    types, replies, batch = message.gain.shape
    highest = np.full((types, batch), -np.inf)
    for reply in range(replies):
        best = message.are_best(range(types), (reply,))
        highest = np.maximum(highest, np.where(best, message.gain[:, reply], -np.inf))
    failed = np.zeros(batch, bool)
    for remaining, rows in _by_remaining(highest < -TIE):
        if not remaining:
            continue
        part = message.rows(rows)
        lowest = np.full((types, len(rows)), np.inf)
        for reply in range(replies):
            best = part.are_best(remaining, (reply,))
            lowest = np.minimum(lowest, np.where(best, part.gain[:, reply], np.inf))
        failed[rows] = (lowest[list(remaining)] > TIE).any(axis=0)
    return failed


def _fails_d1(message: _Message) -> Truths:
    types, replies, batch = message.gain.shape
    single = [message.are_best(range(types), (reply,)) for reply in range(replies)]
    pairs = {two: message.are_best(range(types), two) for two in combinations(range(replies), 2)}
    removed = np.zeros((types, batch), bool)
    for t in range(types):
        for other in range(types):
            if other != t:
                removed[t] |= _gains_more_often(message.gain[other], message.gain[t], single, pairs)
    failed = np.zeros(batch, bool)
    for remaining, rows in _by_remaining(removed):
        if remaining:
            failed[rows] = ~_is_deterred(message.rows(rows), remaining)
    return failed


def _gains_more_often(
    other: Floats, own: Floats, single: Sequence[Truths], pairs: Mapping[tuple[int, int], Truths]
) -> Truths:
    """Whether the other type gains under some mixed best reply, and under all under which one does not lose.

    There is a mixed reply at which one does not lose and the other does not gain if the smaller of one's
    gain and the other's loss is at least 0 somewhere. On a face of best replies it is greatest at a corner,
    or on an edge where both are equal.
    """
    some = np.zeros(own.shape[-1], bool)
    escapes = np.zeros(own.shape[-1], bool)
    for reply, best in enumerate(single):
        some |= best & (other[reply] > TIE)
        escapes |= best & (np.minimum(own[reply], -other[reply]) >= -TIE)
    for (one, two), best in pairs.items():
        excess = own + other  # one's gain less the other's loss
        with np.errstate(divide="ignore", invalid="ignore"):
            share = excess[one] / (excess[one] - excess[two])
            at = (1 - share) * own[one] + share * own[two]
        escapes |= best & (share > 0) & (share < 1) & (at >= -TIE)
    return some & ~escapes


def _is_deterred(message: _Message, remaining: Sequence[int]) -> Truths:
    """Whether a mixed best reply of the receiver, who believes in the remaining types, keeps all from it."""
    types, replies, batch = message.gain.shape
    deterred = np.zeros(batch, bool)
    gain = np.where(np.isfinite(message.gain), message.gain, -1.0)
    for size in range(1, replies + 1):
        for face in combinations(range(replies), size):
            one = np.ones((1, 1 + size, batch))
            one[0, 0] = -1.0
            inside = np.eye(1 + size)[1:, :, None] * np.ones(batch)
            below = np.concatenate([np.full((types, 1, batch), 10 * SLACK), -gain[:, list(face)]], axis=1)
            kept = corners(one, np.concatenate([inside, below])).some
            deterred |= kept & message.are_best(remaining, face)
    return deterred
