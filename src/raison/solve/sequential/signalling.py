r"""All sequential equilibria of signalling games of two types, messages and replies, in closed form.

Type `t` has prior :math:`p_t` and sends message 1 with probability :math:`x_t`; message `m` is answered with
reply 1 with probability :math:`y_m`, and :math:`q_m` is the belief in type 1 after it. The receiver gains
:math:`(1 - q) a_{0m} + q a_{1m}` by replying 1 instead of 0, which vanishes at the belief
:math:`q^*_m = a_{0m} / (a_{0m} - a_{1m})`. Unless payoffs tie, an equilibrium is one of

* both types send a message each (4 pairs) and each is answered by one reply (up to 4 pairs); a message that
  nobody sends may be followed by any belief that supports the reply, an interval;
* both send `m`, and the other message would be answered with both replies: its belief is :math:`q^*`, and the
  replies' probability is any in an interval that keeps both types from sending it;
* one type sends both messages and the other one `m`: the reply to `m` mixes so that the first type is
  indifferent, and he mixes so that the belief after `m` is :math:`q^*_m`;
* both types and both replies mix.

Any belief off the path is consistent in games with two moves (Fudenberg and Tirole 1991).
Draws in which payoffs tie are marked; they have further equilibria, which `mixed` finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from raison.solve.sequential.numbers import SLACK, TIE, Floats, Numbers, Truths, value_of
from raison.solve.sequential.record import Found, Integers, Interval
from raison.solve.sequential.shape import Signalling

Array = Any


@dataclass(frozen=True, eq=False, slots=True)
class Tables:
    """A small signalling game's payoffs, each list by type, then message, then reply.

    Attributes:
        replies: Per message how many replies it has, 1 where it ends the game.
        prior: Per type `[B]`.
        sender: `[B]` each.
        receiver: `[B]` each; zeros where there are no replies.
        ranges: Per type the range of the sender's payoffs `[B]`, per message that of the receiver's.
    """

    replies: tuple[int, ...]
    prior: tuple[Floats, Floats]
    sender: list[list[list[Floats]]]
    receiver: list[list[list[Floats]]]
    ranges: tuple[list[Floats], list[Floats]]

    def rise(self, t: int, m: int) -> Floats:
        """What type `t` gains where his message `m` is answered with reply 1 instead of 0."""
        pays = self.sender[t][m]
        return pays[1] - pays[0] if self.replies[m] == 2 else np.zeros_like(pays[0])

    def gain(self, t: int, m: int) -> Floats:
        """What the receiver gains by reply 1 instead of 0 to message `m` of type `t`."""
        pays = self.receiver[t][m]
        return pays[1] - pays[0] if self.replies[m] == 2 else np.zeros_like(pays[0])


@dataclass(frozen=True, eq=False, slots=True)
class _Some:
    """Equilibria of one kind: the draws that have one, and `[n]` arrays or numbers for all of them."""

    row: Integers
    send: tuple[Array, Array]  # x of each type
    reply: tuple[tuple[Array, Array], tuple[Array, Array]]  # least and greatest y after each message
    belief: tuple[tuple[Array, Array], tuple[Array, Array]]  # least and greatest q after each message


def make_tables(numbers: Numbers, shape: Signalling) -> Tables:
    """The payoffs of a small signalling game whose tails are folded."""
    form = numbers.form
    weights = []
    for path in shape.paths:
        weight = np.ones(numbers.batch)
        for s, case in path:
            chance = numbers.chance[s]
            if chance is not None:
                weight = weight * chance[case]
        weights.append(weight)
    total = weights[0] + weights[1]
    sender: list[list[list[Floats]]] = []
    receiver: list[list[list[Floats]]] = []
    for t, place in enumerate(shape.types):
        mover, (s,) = form.places[place].player, form.places[place].states
        sender.append([])
        receiver.append([])
        for m, child in enumerate(form.graph.states[s].children):
            answering = shape.receivers[m]
            if answering is None:
                sender[t].append([value_of(numbers.value, child)[mover]])
                receiver[t].append([np.zeros(numbers.batch)])
                continue
            ends = [value_of(numbers.value, end) for end in form.graph.states[child].children]
            sender[t].append([end[mover] for end in ends])
            receiver[t].append([end[form.places[answering].player] for end in ends])
    ones = np.ones(numbers.batch)
    spans = (
        [numbers.span[form.places[place].player] for place in shape.types],
        [ones if place is None else numbers.span[form.places[place].player] for place in shape.receivers],
    )
    return Tables(shape.replies, (weights[0] / total, weights[1] / total), sender, receiver, spans)


def ties(tables: Tables) -> Truths:
    """`[B]`, whether payoffs tie so that there may be further equilibria."""
    tied = np.zeros(tables.prior[0].shape, bool)
    sides = tables.ranges
    for m in range(2):
        if tables.replies[m] == 2:
            gains = (tables.gain(0, m), tables.gain(1, m))
            mean = tables.prior[0] * gains[0] + tables.prior[1] * gains[1]
            for gain in (*gains, mean):
                tied |= np.abs(gain) <= TIE * sides[1][m]
    for t in range(2):
        for zero, one in product(tables.sender[t][0], tables.sender[t][1]):
            tied |= np.abs(zero - one) <= TIE * sides[0][t]
    if tables.replies == (2, 2):
        determinant, tops = _indifference(tables)
        scale = TIE * sides[0][0] * sides[0][1]
        flat = np.abs(determinant) <= scale
        tied |= flat & (np.abs(tops[0]) <= scale) & (np.abs(tops[1]) <= scale)
    return tied


def solve_small(tables: Tables) -> list[_Some]:
    """Every equilibrium of every draw without ties, kind by kind; see the module."""
    return [*_pure(tables), *_pooling_mixed(tables), *_one_mixes(tables), *_both_mix(tables)]


def _best(tables: Tables, m: int, reply: int, gain: Array) -> Array:
    """Whether a reply is best, given the gain by reply 1."""
    if tables.replies[m] == 1:
        return True
    signed = gain if reply else -gain
    return signed >= -SLACK * tables.ranges[1][m]


def _threshold(tables: Tables, m: int) -> Array:
    """The belief at which the receiver is indifferent; not in [0, 1] where there is none."""
    gains = tables.gain(0, m), tables.gain(1, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        return gains[0] / (gains[0] - gains[1])


def _supporting(tables: Tables, m: int, reply: int) -> tuple[Array, Array, Array]:
    """Whether some belief supports a reply, and the least and greatest that does."""
    size = tables.prior[0].shape
    if tables.replies[m] == 1:
        return np.ones(size, bool), np.zeros(size), np.ones(size)
    zero, one = (_best(tables, m, reply, tables.gain(t, m)) for t in range(2))
    cross = np.clip(_threshold(tables, m), 0.0, 1.0)
    return zero | one, np.where(zero, 0.0, cross), np.where(one, 1.0, cross)


def _pure(tables: Tables) -> Iterator[_Some]:
    prior = tables.prior
    for sent in product(range(2), repeat=2):
        for answer in product(*(range(count) for count in tables.replies)):
            fine: Array = True
            beliefs: list[tuple[Array, Array]] = []
            for m in range(2):
                senders = [t for t in range(2) if sent[t] == m]
                if senders:
                    total = sum(prior[t] for t in senders)
                    gain = sum(prior[t] / total * tables.gain(t, m) for t in senders)
                    fine &= _best(tables, m, answer[m], gain)
                    point: Array = prior[1] if len(senders) == 2 else float(senders[0])
                    beliefs.append((point, point))
                else:
                    some, low, high = _supporting(tables, m, answer[m])
                    fine &= some
                    beliefs.append((low, high))
            for t in range(2):
                pays = [tables.sender[t][m][answer[m]] for m in range(2)]
                fine &= pays[sent[t]] - pays[1 - sent[t]] >= -SLACK * tables.ranges[0][t]
            replies = tuple((float(reply), float(reply)) for reply in answer)
            yield _some(fine, tuple(float(m) for m in sent), replies, beliefs)


def _pooling_mixed(tables: Tables) -> Iterator[_Some]:
    prior = tables.prior
    for m, reply in product(range(2), range(2)):
        off = 1 - m
        if reply >= tables.replies[m] or tables.replies[off] == 1:
            continue
        mean = prior[0] * tables.gain(0, m) + prior[1] * tables.gain(1, m)
        fine = _best(tables, m, reply, mean) & (tables.gain(0, off) * tables.gain(1, off) < 0)
        low, high = np.zeros(prior[0].shape), np.ones(prior[0].shape)
        for t in range(2):
            room = tables.sender[t][m][reply] - tables.sender[t][off][0]
            rise = tables.rise(t, off)
            with np.errstate(divide="ignore", invalid="ignore"):
                cut = room / rise
            high = np.where(rise > 0, np.minimum(high, cut), high)
            low = np.where(rise < 0, np.maximum(low, cut), low)
            fine &= (rise != 0) | (room >= 0)
        fine &= high - low > TIE
        even = _threshold(tables, off)
        replies = _by_message(m, (float(reply), float(reply)), (low, high))
        yield _some(fine, (float(m), float(m)), replies, _by_message(m, (prior[1], prior[1]), (even, even)))


def _one_mixes(tables: Tables) -> Iterator[_Some]:
    prior = tables.prior
    for t, m in product(range(2), range(2)):
        if tables.replies[m] == 1:
            continue
        other, off = 1 - t, 1 - m
        with np.errstate(divide="ignore", invalid="ignore"):
            share = -prior[other] * tables.gain(other, m) / (prior[t] * tables.gain(t, m))
        even = _threshold(tables, m)
        for reply in range(tables.replies[off]):
            sure = tables.sender[t][off][reply]
            with np.errstate(divide="ignore", invalid="ignore"):
                y = (sure - tables.sender[t][m][0]) / tables.rise(t, m)
                stays = tables.sender[other][m][0] + y * tables.rise(other, m)
                fine = (y > 0) & (y < 1) & (share > 0) & (share < 1)
                fine &= stays >= tables.sender[other][off][reply] - SLACK * tables.ranges[0][other]
            fine &= _best(tables, off, reply, tables.gain(t, off))
            send: list[Array] = [float(m), float(m)]
            send[t] = share if m == 1 else 1.0 - share
            yield _some(
                fine,
                tuple(send),
                _by_message(m, (y, y), (float(reply), float(reply))),
                _by_message(m, (even, even), (float(t), float(t))),
            )


def _both_mix(tables: Tables) -> Iterator[_Some]:
    if tables.replies != (2, 2):
        return
    even = [_threshold(tables, m) for m in range(2)]
    determinant, tops = _indifference(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = [top / determinant for top in tops]
        share = (tables.prior[1] - even[0]) / (even[1] - even[0])
        send = (share * (1 - even[1]) / tables.prior[0], share * even[1] / tables.prior[1])
        fine = (share > 0) & (share < 1)
        for number in (*even, *y):
            fine &= (number > 0) & (number < 1)
    yield _some(fine, send, ((y[0], y[0]), (y[1], y[1])), ((even[0], even[0]), (even[1], even[1])))


def _indifference(tables: Tables) -> tuple[Floats, tuple[Floats, Floats]]:
    """Determinant and Cramer's numerators of the replies that make both types indifferent."""
    level = [tables.sender[t][1][0] - tables.sender[t][0][0] for t in range(2)]
    zero, one = ([tables.rise(t, m) for t in range(2)] for m in range(2))
    determinant = zero[1] * one[0] - zero[0] * one[1]
    return determinant, (one[0] * level[1] - one[1] * level[0], zero[0] * level[1] - zero[1] * level[0])


def _by_message(m: int, there: Array, other: Array) -> Any:
    return (other, there) if m == 1 else (there, other)


def _some(fine: Array, send: Array, reply: Array, belief: Array) -> _Some:
    row = np.flatnonzero(fine)

    def pick(number: Array) -> Array:
        return np.full(len(row), number) if isinstance(number, float) else number[row]

    return _Some(
        row,
        (pick(send[0]), pick(send[1])),
        tuple((pick(low), pick(high)) for low, high in reply),  # type: ignore[arg-type]
        tuple((pick(low), pick(high)) for low, high in belief),  # type: ignore[arg-type]
    )


def as_found(some: list[_Some], numbers: Numbers, shape: Signalling) -> Found:
    """The equilibria by place, in the order of the draws."""
    form = numbers.form
    row = np.concatenate([part.row for part in some])
    order = np.argsort(row, kind="stable")
    row = row[order]

    def together(parts: list[Array]) -> Floats:
        return np.concatenate(parts)[order]

    probability: list[Interval | None] = [None] * len(form.places)
    belief: list[Interval | None] = [None] * len(form.places)
    sure = Interval(*(np.ones((1, len(row))),) * 3)
    for t, place in enumerate(shape.types):
        x = together([part.send[t] for part in some])
        probability[place] = Interval(*(np.stack([1.0 - x, x]),) * 3)
        belief[place] = sure
    for m, answering in enumerate(shape.receivers):
        if answering is None:
            continue
        low, high = (together([part.reply[m][end] for part in some]) for end in range(2))
        least, most = (together([part.belief[m][end] for part in some]) for end in range(2))
        if shape.replies[m] == 1:
            alone = np.ones((1, len(row)))
            probability[answering] = Interval(alone, alone, alone)
        else:
            probability[answering] = _interval(low, high)
        found = _interval(least, most)
        flip = shape.members[m] == (1, 0)
        belief[answering] = Interval(*(side[::-1] for side in found)) if flip else found
    zeros = np.zeros(len(row))
    return Found(row, tuple(probability), tuple(belief), zeros, zeros.astype(bool))


def _interval(low: Floats, high: Floats) -> Interval:
    """Of the probabilities of two things, given the interval of the second."""
    middle = np.where(low == high, low, (low + high) / 2)
    return Interval(
        np.stack([1.0 - middle, middle]), np.stack([1.0 - high, low]), np.stack([1.0 - low, high])
    )
