"""The principal branch of logit equilibria, from even odds at precision 0 to a precision or to its limit.

The equilibria of all precisions are curves, one of which starts at even odds; it is followed by predicting
along its tangent and correcting by Newton's method across it (pseudo-arclength), so that it may turn back in
precision (fold). Each draw has steps of its own. A draw that is done leaves its lane to the next one, so that
the slow ones do not keep the others waiting, and none affects another.

The step is cut where the correction is long, converges slowly or turns by a large angle, as these are signs
of a jump to another branch. Where the sign of the determinant of the bordered Jacobian changes along the
curve though the step is small, a bifurcation was passed; the curve went straight on, and the status says so.
A bifurcation at which an even number of branches cross at once does not change the sign and goes unnoticed.

Towards the limit, log-odds are `a + b / precision` (mixed) or `-gap * precision + a` (in the end unplayed),
with small corrections, so one predictor step that doubles the precision leaves an error in the order of one
over its square, in the probabilities as in the beliefs off the path. That point is the answer as soon as no
cell can gain by more than `LIMIT_TOLERANCE`.

Source: Allgower and Georg (1990), "Numerical continuation methods", chapters 6 and 8; Turocy (2010) for its
use on agent quantal response. The lanes and the extrapolation to the limit are ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from raison.solve.linear import eliminate
from raison.solve.quantal import (
    BIFURCATION,
    NOT_FINITE,
    SOLVED,
    STEPS,
    STUCK,
    UNSETTLED,
    Equations,
    Quantal,
    Respond,
)

Array = Any

LANES = 512
"""Draws that are followed at a time."""
MAX_STEPS = 3_000
LIMIT_TOLERANCE = 1e-10
"""Regret, in units of the payoff range, at which the limit is taken as reached."""
SETTLED = 1e-9
"""Regret with which it is still called solved at the highest precision."""
_LOW, _HIGH = 1e5, 1e8  # precisions between which the limit is taken
_CONTRACTION, _DISTANCE, _ANGLE = 0.15, 0.1, 0.3  # what a step should come to, see `_advance`
_GROW = 4.0
_FIRST, _SMALL, _SMALLEST = 0.3, 1e-3, 1e-9  # steps along the curve
_UNIT = 0.25  # precision and odds above about 4 are measured as shares of themselves
_TIGHT = 1e-11  # relative size of the last correction
_ROUND = 4  # steps between refills


class _Lanes(NamedTuple):
    """What is followed in `W` lanes; `row` is `B` in a lane without a draw."""

    row: Array
    point: Array  # [n + 1, W] log-odds, then the precision
    tangent: Array
    step: Array
    sign: Array
    status: Array  # -1 under way
    crossed: Array
    steps: Array
    best: Array  # least regret so far of a candidate for the limit
    answer: Array  # [n, W]
    data: Any  # the draws' numbers, their target and which options are available


def at_precision(
    respond: Respond,
    cell: np.ndarray,
    data: Any,
    precision: Array | float,
    *,
    batch: int,
    available: Array | None = None,
    max_steps: int = MAX_STEPS,
    lanes: int = LANES,
) -> Quantal:
    """The principal branch at a precision; its first such point where it has several. Works while JAX traces.

    Args:
        respond: The game, see `Respond`.
        cell: `[N]` int, cell of each option.
        data: The draws' numbers: any nest of arrays with the draws last.
        precision: `[B]` or a number, at least 0, per payoff range.
        batch: `B`.
        available: `[N, B]` bool; None where all are.
        max_steps: Along the branch.
        lanes: Draws followed at a time. A draw's bits depend on this number only, not on other draws.

    Returns:
        The equilibrium in each draw.

    Accuracy: `residual` is a few roundings of the precision times a payoff, about 1e-15.
    """
    target = jnp.broadcast_to(jnp.asarray(precision, jnp.float64), (batch,))
    return _follow(respond, cell, data, target, batch, available, max_steps, lanes, False)


def limit(
    respond: Respond,
    cell: np.ndarray,
    data: Any,
    *,
    batch: int,
    available: Array | None = None,
    max_steps: int = MAX_STEPS,
    lanes: int = LANES,
) -> Quantal:
    """The limit of the principal branch, a sequential equilibrium. Works while JAX traces.

    Beliefs off the path are those that the log-probabilities imply: unplayed options keep odds against each
    other, however small they are.

    Args:
        respond: The game, see `Respond`.
        cell: `[N]` int, cell of each option.
        data: The draws' numbers: any nest of arrays with the draws last.
        batch: `B`.
        available: `[N, B]` bool; None where all are.
        max_steps: Along the branch.
        lanes: Draws followed at a time. A draw's bits depend on this number only, not on other draws.

    Returns:
        The limit in each draw.

    Accuracy: no cell can gain more than `regret`, at most 1e-9 of the payoff range where solved.
    """
    target = jnp.full((batch,), jnp.inf)
    return _follow(respond, cell, data, target, batch, available, max_steps, lanes, True)


def _follow(
    respond: Respond,
    cell: np.ndarray,
    data: Any,
    target: Array,
    batch: int,
    available: Array | None,
    max_steps: int,
    lanes: int,
    to_limit: bool,
) -> Quantal:
    equations = Equations.of(respond, cell, available is not None)
    everything = (data, target, available)
    width = min(lanes, batch)

    def load(lane: _Lanes, row: Array, fresh: Array) -> _Lanes:
        """Put draws into the lanes that are `fresh`."""
        safe = jnp.minimum(row, batch - 1)
        new = jax.tree.map(
            lambda all_, old: jnp.where(_spread(fresh, old), all_[..., safe], old), everything, lane.data
        )
        start = _start(equations, new, width)
        mixed = jax.tree.map(
            lambda a, b: jnp.where(_spread(fresh, b), a, b), start, lane._replace(data=None, row=None)
        )
        idle = fresh & (row >= batch)
        return mixed._replace(row=row, data=new, status=jnp.where(idle, SOLVED, mixed.status))

    def refill(carry: tuple[_Lanes, Array, Any]) -> tuple[_Lanes, Array, Any]:
        lane, following, out = carry
        done = (lane.status >= 0) & (lane.row < batch)
        at = jnp.where(done, lane.row, batch)
        found = _result(equations, lane, to_limit)
        out = jax.tree.map(lambda o, f: o.at[..., at].set(f, mode="drop"), out, found)
        row = jnp.where(
            done, jnp.minimum(following + jnp.cumsum(done.astype(following.dtype)) - 1, batch), lane.row
        )
        return load(lane, row, done), jnp.minimum(following + done.sum().astype(following.dtype), batch), out

    def body(carry: tuple[_Lanes, Array, Any]) -> tuple[_Lanes, Array, Any]:
        lane, following, out = carry
        lane = lax.fori_loop(0, _ROUND, lambda _, x: _advance(equations, x, max_steps, to_limit), lane)
        any_done = ((lane.status >= 0) & (lane.row < batch)).any()
        return lax.cond(any_done, refill, lambda x: x, (lane, following, out))

    first = jnp.arange(width)
    taken = jax.tree.map(lambda all_: all_[..., :width], everything)
    lane = _start(equations, taken, width)._replace(row=first, data=taken)
    numbers = jnp.full((batch,), jnp.nan)
    out = Quantal(
        jnp.full((cell.size, batch), jnp.nan),
        numbers,
        numbers,
        numbers,
        jnp.zeros((batch,), jnp.int32),
        jnp.zeros((batch,), jnp.int32),
    )
    return lax.while_loop(lambda c: (c[0].row < batch).any(), body, (lane, jnp.asarray(width), out))[2]


def _start(equations: Equations, data: Any, width: int) -> _Lanes:
    """At even odds."""
    _, target, available = data
    odds = jnp.zeros((equations.free.size, width))
    gaps = _gaps(equations, odds, data)
    tangent = jnp.concatenate([gaps, jnp.ones((1, width))])
    tangent = tangent / _length(tangent)[None]
    finite = jnp.isfinite(gaps).all(0)
    if available is not None:
        finite = finite & equations.cells.usable(available)
    none = jnp.zeros((width,), jnp.int32)
    status = jnp.where(finite, jnp.where(target <= 0, SOLVED, -1), NOT_FINITE).astype(jnp.int32)
    return _Lanes(
        row=None,
        point=jnp.zeros((equations.free.size + 1, width)),
        tangent=jnp.where(finite[None], tangent, 0.0),
        step=jnp.full((width,), _FIRST),
        sign=jnp.ones((width,)),
        status=status,
        crossed=jnp.zeros((width,), bool),
        steps=none,
        best=jnp.full((width,), jnp.inf),
        answer=odds,
        data=None,
    )


def _gaps(equations: Equations, odds: Array, data: Any) -> Array:
    numbers, _, available = data
    chances = equations.log_probability(odds, available)
    return equations.gaps(equations.respond(chances, numbers), available)


def _spread(lanes: Array, like: Array) -> Array:
    """`[W]` with dimensions of one before it, as many as another array has."""
    return lanes.reshape((1,) * (like.ndim - 1) + (-1,))


def _length(vector: Array) -> Array:
    return jnp.sqrt((vector * vector).sum(0))


def _newton(equations: Equations, point: Array, border: Array, data: Any) -> tuple[Array, Array, Array]:
    """A correction of `point` across `border`, the curve's direction there, and the determinant's sign."""
    odds, precision = point[:-1], point[-1]
    size, width = odds.shape
    gaps, push = jax.linearize(lambda x: _gaps(equations, x, data), odds)
    basis = jnp.broadcast_to(jnp.eye(size)[:, :, None], (size, size, width))
    slopes = jax.vmap(push)(basis)  # [unknown, equation, W]
    inner = basis - precision[None, None] * jnp.swapaxes(slopes, 0, 1)
    matrix = jnp.concatenate([jnp.concatenate([inner, -gaps[:, None]], axis=1), border[None]], axis=0)
    short = precision[None] * gaps - odds
    nothing = jnp.zeros((1, width))
    right = jnp.stack(
        [
            jnp.concatenate([short, nothing]),
            jnp.concatenate([jnp.zeros_like(short), nothing + 1.0]),
        ],
        axis=1,
    )
    found, sign = eliminate(matrix, right)
    return found[:, 0], found[:, 1], sign


def _advance(equations: Equations, lane: _Lanes, max_steps: int, to_limit: bool) -> _Lanes:
    """One step in each lane that is under way: predict, correct twice, judge."""
    target, point = lane.data[1], lane.point
    unit = 1.0 + _UNIT * point[-1]  # precision is measured in this, so that a step is a share of it
    stretch = _length(lane.tangent.at[-1].divide(unit))
    tangent, wish = lane.tangent / stretch[None], lane.step * stretch
    rise = tangent[-1]
    landing = (rise > 0) & (point[-1] + wish * rise >= target)
    size = jnp.where(landing, (target - point[-1]) / jnp.where(landing, rise, 1.0), wish)
    up = jnp.zeros_like(tangent).at[-1].set(1.0)
    border = jnp.where(landing, up, tangent.at[-1].divide(unit * unit))
    guess = point + size[None] * tangent
    guess = guess.at[-1].set(jnp.where(landing, target, guess[-1]))
    first, _, _ = _newton(equations, guess, border, lane.data)
    second, along, sign = _newton(equations, guess + first, border, lane.data)
    found = guess + first + second
    found = found.at[-1].set(jnp.where(landing, target, found[-1]))

    def measured(vector: Array) -> Array:
        return vector.at[-1].divide(unit)

    along = along / _length(measured(along))[None]
    scale = 1.0 + _length(measured(found))
    near, nearer = _length(measured(first)), _length(measured(second))
    noise = 1e-9 * scale
    contraction = jnp.where(near > noise, nearer / jnp.maximum(near, noise), 0.0)
    shrink = 1.0 + _UNIT * jnp.abs(point).at[-1].set(0.0)  # so that growing odds do not hide a turn

    def angle(one: Array, two: Array) -> Array:
        return jnp.arccos(jnp.clip((one * two).sum(0) / (_length(one) * _length(two)), -1.0, 1.0))

    bend = jnp.maximum(
        angle(measured(along), measured(tangent)),
        angle(measured(along) / shrink, measured(tangent) / shrink),
    )
    strain = jnp.maximum(
        jnp.maximum(jnp.sqrt(contraction / _CONTRACTION), jnp.sqrt(near / _DISTANCE)),
        bend / _ANGLE,
    )
    turned = sign * lane.sign < 0
    jumped = turned & (size > _SMALL)  # over a bifurcation go small steps only; else it is another branch
    beyond = ~landing & (found[-1] > target)
    strain = jnp.where(jnp.isfinite(strain) & ~jumped & ~beyond & (found[-1] >= 0.0), strain, jnp.inf)
    going = lane.status < 0
    good = going & (strain < 2.0)
    step = size / jnp.clip(jnp.where(good, strain, jnp.maximum(strain, 2.0)), 1.0 / _GROW, 4.0)
    step = jnp.where(good & landing, wish, step)

    crossed = lane.crossed | (good & turned)
    steps = lane.steps + going.astype(jnp.int32)
    ended = going & ~good & (step < _SMALLEST)
    best, answer = lane.best, lane.answer
    if to_limit:
        slope = along[:-1] / jnp.where(along[-1:] > 0, along[-1:], 1.0)
        candidate = found[:-1] + found[-1:] * slope
        regret = jnp.where(
            good & (along[-1] > 0) & (found[-1] >= _LOW), _regret(equations, candidate, lane.data), jnp.inf
        )
        better = regret < best
        best, answer = jnp.where(better, regret, best), jnp.where(better[None], candidate, answer)
        last = going & ((good & (found[-1] >= _HIGH)) | ended | (steps >= max_steps))
        settled = going & ((best <= LIMIT_TOLERANCE) | (last & (best <= SETTLED)))
        lost = last & ~settled & (found[-1] >= _LOW) & (best < jnp.inf)
    else:
        settled = good & landing & (nearer <= _TIGHT * scale)
        answer = jnp.where(settled[None], found[:-1], answer)
        lost = jnp.zeros_like(settled)
    status = jnp.where(settled, jnp.where(crossed, BIFURCATION, SOLVED), lane.status)
    status = jnp.where(lost, UNSETTLED, status)
    status = jnp.where(ended & (status < 0), STUCK, status)
    status = jnp.where((status < 0) & (steps >= max_steps), STEPS, status)

    def keep(new: Array, old: Array) -> Array:
        return jnp.where(_spread(good, new), new, old)

    return lane._replace(
        point=keep(found, point),
        tangent=keep(along, tangent),
        step=jnp.where(going, step, lane.step),
        sign=keep(sign, lane.sign),
        status=status.astype(jnp.int32),
        crossed=crossed,
        steps=steps,
        best=best,
        answer=answer,
    )


def _regret(equations: Equations, odds: Array, data: Any) -> Array:
    numbers, _, available = data
    chances = equations.log_probability(odds, available)
    return equations.regret(chances, equations.respond(chances, numbers), available)


def _result(equations: Equations, lane: _Lanes, to_limit: bool) -> Quantal:
    numbers, _, available = lane.data
    chances = equations.log_probability(lane.answer, available)
    worth = equations.respond(chances, numbers)
    regret = equations.regret(chances, worth, available)
    precision = lane.point[-1]
    short = lane.answer - precision[None] * equations.gaps(worth, available)
    residual = regret if to_limit else jnp.abs(short).max(0, initial=0.0) / (1.0 + precision)
    good = (lane.status == SOLVED) | (lane.status == BIFURCATION)

    def mark(values: Array) -> Array:
        return jnp.where(_spread(good, values), values, jnp.nan)

    return Quantal(
        mark(chances), precision, mark(residual), mark(regret), lane.status.astype(jnp.int32), lane.steps
    )
