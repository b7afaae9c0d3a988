"""Curves of logit equilibria, from even odds at precision 0 upwards.

The equilibria of all precisions are curves, one of which starts at even odds; it is followed by predicting
along a parabola and correcting by Newton's method across it (pseudo-arclength), so that it may turn back in
precision (fold). Each draw has steps of its own. A draw that is done leaves its lane to the next one, so that
the slow ones do not keep the others waiting, and none affects another.

A step has one Jacobian, at the predicted point; a second correction uses it again (a chord step) and shows
how fast corrections shrink. The step is cut where the first correction is long, they shrink slowly or the
curve points elsewhere than expected, as these are signs of a jump to another branch. A draw that gets stuck
is followed once more with shorter steps. Where the sign of the determinant of the bordered Jacobian changes
along the curve though the step is small, a bifurcation was passed; the curve went straight on, and the status
says so. A bifurcation at which an even number of branches cross at once does not change the sign and goes
unnoticed.

Source: Allgower and Georg (1990), "Numerical continuation methods", chapters 6 and 8; Turocy (2010) for its
use on agent quantal response. The lanes and how steps are judged are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from raison.program.hold import hold
from raison.solve.linear import WRITTEN_OUT, Factors, factorise, factorise_whole
from raison.solve.quantal import BIFURCATION, NOT_FINITE, SOLVED, STEPS, STUCK, UNSETTLED, Quantal

Array = Any

MAX_STEPS = 3_000
_CONTRACTION, _DISTANCE, _ANGLE = 0.07, 0.1, 0.3  # what a step should come to, see `_advance`
_GROW, _CUT = 4.0, 4.0  # by how much a step may grow or shrink
_CARE = 64.0  # by how much more a step strains where the draw got stuck before
_NOISE = 1e-9
_STRAIGHT = 1e-6  # first correction of a step up to which it has not come to a branch beside its own
_STRICT, _LOOSE = 1.3, 2.5  # strain that a step may have, and one that only corrects its point
_FIRST, _SMALL, _SMALLEST = 0.3, 1e-3, 1e-9  # steps along the curve
_UNIT = 0.25  # precision and unknowns above about 4 are measured as shares of themselves
_TIGHT = 1e-11  # relative size of the last correction
_ROUND = 4  # steps between refills


class Curve(NamedTuple):
    """Equations in `n` unknowns whose solutions at every precision are followed.

    Attributes:
        start: From the draws' numbers and how many draws to the unknowns `[n, W]` at precision 0, where they
            do not depend on each other, and whether the numbers are usable `[W]`.
        miss: From unknowns `[n, W]`, precision `[W]` and numbers to what the unknowns bring about less what
            they are, `[n, W]`.
        derive: The same, and its derivatives by the unknowns `[unknown, equation, W]` and by the precision
            `[n, W]`.
    """

    start: Callable[[Any, int], tuple[Array, Array]]
    miss: Callable[[Array, Array, Any], Array]
    derive: Callable[[Array, Array, Any], tuple[Array, Array, Array]]


class Vector(NamedTuple):
    """A point or direction, unknowns and precision apart."""

    unknown: Array  # [n, W]
    precision: Array  # [W]


class Landed(NamedTuple):
    """Where each of `B` draws left the curve.

    Attributes:
        point: There.
        slope: `[n, B]`, of the unknowns in the precision.
        status: `[B]` int32, as of `Quantal`.
        steps: `[B]` int32.
    """

    point: Vector
    slope: Array
    status: Array
    steps: Array


class _Lanes(NamedTuple):
    """What is followed in `W` lanes; `row` is `B` in a lane without a draw."""

    row: Array
    point: Vector
    tangent: Vector
    bow: Vector  # second derivative along the curve
    stale: Array  # whether the last step failed, so that the tangent is to be computed anew
    step: Array
    sign: Array
    status: Array  # -1 under way
    crossed: Array
    steps: Array
    data: Any  # the draws' numbers, their target, and how careful to be


def limits(
    curve: Curve,
    data: Any,
    batch: int,
    rows: int,
    precisions: Sequence[float],
    settle: Callable[[Landed, Any], Quantal],
    *,
    lanes: int,
    max_steps: int = MAX_STEPS,
) -> Quantal:
    """The limit of the curve in each draw, taken from the first precision that gives one.

    Args:
        curve: The equations.
        data: The draws' numbers.
        batch: Draws.
        rows: Options of the game.
        precisions: From which a limit is tried, in this order.
        settle: From where draws left the curve, and their numbers, to their limits; `UNSETTLED` where that
            was too early.
        lanes: Draws followed at a time.
        max_steps: Along the curve.
    """
    levels = jnp.asarray(precisions)

    def further(carry: tuple[Array, Quantal]) -> tuple[Array, Quantal]:
        level, found = carry

        def solved(data: Any, count: Array) -> Quantal:
            target = jnp.full((batch,), levels[level])
            landed = follow(curve, data, target, count, lanes=lanes, max_steps=max_steps)
            return _in_blocks(settle, landed, data, count, rows, min(lanes, batch))

        return level + 1, among(_is_open(found.status), data, found, solved)

    def unsettled(carry: tuple[Array, Quantal]) -> Array:
        level, found = carry
        return (level < len(precisions)) & _is_open(found.status).any()

    return lax.while_loop(unsettled, further, (jnp.asarray(0), _unsolved(rows, batch)))[1]


def _in_blocks(
    settle: Callable[[Landed, Any], Quantal], landed: Landed, data: Any, count: Array, rows: int, width: int
) -> Quantal:
    """Limits of the first `count` draws."""
    batch = landed.status.shape[0]

    def block(k: Array, found: Quantal) -> Quantal:
        start = jnp.minimum(k * width, batch - width)
        part = lambda x: lax.dynamic_slice_in_dim(x, start, width, axis=-1)
        here = settle(*jax.tree.map(part, (landed, data)))
        return jax.tree.map(lambda f, h: lax.dynamic_update_slice_in_dim(f, h, start, axis=-1), found, here)

    return lax.fori_loop(0, (count + width - 1) // width, block, _unsolved(rows, batch))


def among(open_: Array, everything: Any, found: Any, solved: Callable[[Any, Array], Any]) -> Any:
    """Solve again the draws that are open: they come first, and are so many."""
    batch = open_.shape[0]
    order, count = jnp.argsort(~open_, stable=True), open_.sum()
    other = solved(jax.tree.map(lambda x: x[..., order], everything), count)
    at = jnp.where(jnp.arange(batch) < count, order, batch)
    return jax.tree.map(lambda o, f: o.at[..., at].set(f, mode="drop"), found, other)


def _unsolved(rows: int, batch: int) -> Quantal:
    blank, none = jnp.full((batch,), jnp.nan), jnp.zeros((batch,), jnp.int32)
    return Quantal(jnp.full((rows, batch), jnp.nan), blank, blank, blank, none + UNSETTLED, none)


def follow(
    curve: Curve, data: Any, target: Array, count: Array | int, *, lanes: int, max_steps: int = MAX_STEPS
) -> Landed:
    """Follow the curve of each draw to a precision, those that get stuck with more care.

    Works while JAX traces.

    Args:
        curve: The equations.
        data: The draws' numbers, any nest of arrays with the draws last.
        target: `[B]`, precision at which to stop.
        count: Only the first so many draws are followed.
        lanes: Draws followed at a time. A draw's bits depend on this number only, not on other draws.
        max_steps: Along the curve.
    """
    batch = target.shape[0]

    def attempt(carry: tuple[Array, Landed]) -> tuple[Array, Landed]:
        tries, found = carry
        care = jnp.where(tries == 0, 1.0, _CARE)

        def solved(everything: Any, count: Array) -> Landed:
            return _follow(curve, (*everything, jnp.full((batch,), care)), count, max_steps, lanes)

        return tries + 1, among(found.status == STUCK, (data, target), found, solved)

    def stuck(carry: tuple[Array, Landed]) -> Array:
        tries, found = carry
        return (tries < 2) & (found.status == STUCK).any()

    odds = jnp.zeros((_unknowns(curve, data), batch))
    status = jnp.where(jnp.arange(batch) < count, STUCK, SOLVED).astype(jnp.int32)
    nothing = Landed(Vector(odds, odds[0]), odds, status, jnp.zeros((batch,), jnp.int32))
    return lax.while_loop(stuck, attempt, (jnp.asarray(0), nothing))[1]


def _follow(curve: Curve, everything: Any, count: Array, max_steps: int, lanes: int) -> Landed:
    """Follow the curve of the first `count` draws to their targets."""
    batch = everything[1].shape[0]
    width = min(lanes, batch)

    def load(lane: _Lanes, row: Array, fresh: Array) -> _Lanes:
        """Put draws into the lanes that are `fresh`."""
        safe = jnp.minimum(row, batch - 1)
        new = jax.tree.map(
            lambda all_, old: jnp.where(_spread(fresh, old), all_[..., safe], old), everything, lane.data
        )
        start = _start(curve, new, width)
        mixed = jax.tree.map(
            lambda a, b: jnp.where(_spread(fresh, b), a, b), start, lane._replace(data=None, row=None)
        )
        idle = fresh & (row >= count)
        return mixed._replace(row=row, data=new, status=jnp.where(idle, SOLVED, mixed.status))

    def refill(carry: tuple[_Lanes, Array, Landed]) -> tuple[_Lanes, Array, Landed]:
        lane, following, out = carry
        done = (lane.status >= 0) & (lane.row < count)
        at = jnp.where(done, lane.row, batch)
        slope = lane.tangent.unknown / lane.tangent.precision[None]
        found = Landed(lane.point, slope, lane.status.astype(jnp.int32), lane.steps)
        out = jax.tree.map(lambda o, f: o.at[..., at].set(f, mode="drop"), out, found)
        ranks = jnp.cumsum(done.astype(following.dtype))
        row = jnp.where(done, jnp.minimum(following + ranks - 1, batch), lane.row)
        return load(lane, row, done), jnp.minimum(following + ranks[-1], batch), out

    def body(carry: tuple[_Lanes, Array, Landed]) -> tuple[_Lanes, Array, Landed]:
        lane, following, out = carry
        lane = lax.fori_loop(0, _ROUND, lambda _, x: _advance(curve, x, max_steps), lane)
        any_done = ((lane.status >= 0) & (lane.row < count)).any()
        return lax.cond(any_done, refill, lambda x: x, (lane, following, out))

    taken = jax.tree.map(lambda all_: all_[..., :width], everything)
    lane = _start(curve, taken, width)._replace(row=jnp.arange(width), data=taken)
    zeros, none = jnp.zeros((lane.point.unknown.shape[0], batch)), jnp.zeros((batch,), jnp.int32)
    out = Landed(Vector(zeros, jnp.zeros((batch,))), zeros, none, none)
    return lax.while_loop(lambda c: (c[0].row < count).any(), body, (lane, jnp.asarray(width), out))[2]


def _unknowns(curve: Curve, data: Any) -> int:
    one = jax.tree.map(lambda x: x[..., :1], data)
    return jax.eval_shape(lambda x: curve.start(x, 1)[0], one).shape[0]


def _start(curve: Curve, everything: Any, width: int) -> _Lanes:
    """At precision 0."""
    data, target, _ = everything
    unknown, usable = curve.start(data, width)
    one = jnp.ones((width,))
    _, _, rises = curve.derive(unknown, 0.0 * one, data)
    tangent = Vector(rises, one)
    tangent = _scaled(tangent, 1.0 / _length(tangent, Vector(jnp.ones_like(rises), one)))
    finite = usable & jnp.isfinite(rises).all(0)
    flat = Vector(jnp.zeros_like(unknown), 0.0 * one)
    status = jnp.where(finite, jnp.where(target <= 0, SOLVED, -1), NOT_FINITE).astype(jnp.int32)
    return _Lanes(
        row=None,
        point=_chosen(finite, Vector(unknown, 0.0 * one), flat),
        tangent=_chosen(finite, tangent, Vector(flat.unknown, one)),
        bow=flat,
        stale=jnp.zeros((width,), bool),
        step=jnp.full((width,), _FIRST),
        sign=one,
        status=status,
        crossed=jnp.zeros((width,), bool),
        steps=jnp.zeros((width,), jnp.int32),
        data=None,
    )


def _spread(lanes: Array, like: Array) -> Array:
    """`[W]` with dimensions of one before it, as many as another array has."""
    return lanes.reshape((1,) * (like.ndim - 1) + (-1,))


def bordered(
    curve: Curve, unknown: Array, precision: Array, border: Vector, data: Any
) -> tuple[Array, Factors]:
    """By how much a point misses the equations `[n, W]`, and their derivatives with `border` below."""
    miss, slopes, rises = hold(curve.derive(unknown, precision, data))
    if len(slopes) >= WRITTEN_OUT:
        upper = jnp.concatenate([-jnp.swapaxes(slopes, 0, 1), -rises[:, None]], axis=1)
        last = jnp.concatenate([border.unknown, border.precision[None]])
        return miss, factorise_whole(jnp.concatenate([upper, last[None]]))
    rows = [[*(-slopes[j, i] for j in range(len(slopes))), -rises[i]] for i in range(len(slopes))]
    rows.append([*(border.unknown[j] for j in range(len(slopes))), border.precision])
    return miss, factorise(rows)


def across(factors: Factors, short: Array) -> Vector:
    """The correction of a point that misses the equations by `short`, across the border."""
    return _solved(factors, short, jnp.zeros_like(short[0]))


def _solved(factors: Factors, short: Array, last: Array) -> Vector:
    """The solution for right-hand sides `[n, W]` and, for the border, `[W]`."""
    if len(short) >= WRITTEN_OUT:
        rows = factors.solve(jnp.concatenate([short, last[None]]))
        return Vector(rows[:-1], rows[-1])
    rows = factors.solve([*short, last])
    return Vector(jnp.stack(rows[:-1]), rows[-1])


class _Ahead(NamedTuple):
    """Where a step of each lane is expected to come, before it is corrected.

    Attributes:
        size: Length of the step.
        wish: Length that was wished for.
        landing: The step ends at the target.
        border: Row that borders the system: along the tangent, or at the target's precision.
        odds: What is unknown, as predicted.
        level: Precision, as predicted.
        tangent: Of the curve where the step begins, of unit length.
        ahead: Where the curve is expected to point to after it.
        bow: How the tangent turns.
        shrunk: Metric in which what is large counts less.
        unit: Weight of the precision in lengths.
    """

    size: Array
    wish: Array
    landing: Array
    border: Vector
    odds: Array
    level: Array
    tangent: Vector
    ahead: Vector
    bow: Vector
    shrunk: Vector
    unit: Array


def _predicted(lane: _Lanes) -> _Ahead:
    """Predict along a parabola, no farther than the target; a step after one that failed does not move."""
    target, point = lane.data[1], lane.point
    unit = 1.0 / (1.0 + _UNIT * point.precision)  # so that a step is a share of the precision
    metric = Vector(jnp.ones_like(point.unknown), unit)
    shrunk = Vector(1.0 / (1.0 + _UNIT * jnp.abs(point.unknown)), unit)  # so that growing ones hide no turn
    stretch = _length(lane.tangent, metric)
    tangent = _scaled(lane.tangent, 1.0 / stretch)
    bow, wish = _scaled(lane.bow, 1.0 / (stretch * stretch)), lane.step * stretch
    rise, lift = tangent.precision, 0.5 * bow.precision
    landing = ~lane.stale & (rise > 0) & (point.precision + wish * (rise + wish * lift) >= target)
    left = (target - point.precision) / jnp.where(landing, rise, 1.0)
    left = left / jnp.maximum(1.0 + left * lift / jnp.where(landing, rise, 1.0), 0.5)
    size = jnp.where(lane.stale, 0.0, jnp.where(landing, left, wish))
    border = Vector(
        jnp.where(landing, 0.0, tangent.unknown), jnp.where(landing, 1.0, tangent.precision * unit * unit)
    )
    ahead = _plus(tangent, _scaled(bow, size))  # where the curve is expected to point to
    guess = _plus(point, _scaled(_plus(tangent, ahead), 0.5 * size))
    level = jnp.where(landing, target, guess.precision)
    return hold(_Ahead(size, wish, landing, border, guess.unknown, level, tangent, ahead, bow, shrunk, unit))


def _advance(curve: Curve, lane: _Lanes, max_steps: int) -> _Lanes:
    """One step in each lane that is under way: predict along a parabola, correct twice, judge.

    After a step that failed, the next one does not move: it corrects the point and its tangent.
    """
    target, point, stale = lane.data[1], lane.point, lane.stale
    size, wish, landing, border, odds, level, tangent, ahead, bow, shrunk, unit = _predicted(lane)
    metric = Vector(jnp.ones_like(odds), unit)
    short, factors = bordered(curve, odds, level, border, lane.data[0])
    nothing = jnp.zeros_like(level)
    first = across(factors, short)
    along = _solved(factors, jnp.zeros_like(odds), nothing + 1.0)
    first, along = hold((first, along))
    middle = odds + first.unknown
    between = level + jnp.where(landing, 0.0, first.precision)
    short = curve.miss(middle, between, lane.data[0])
    second = hold(across(factors, short))
    found = Vector(middle + second.unknown, between + jnp.where(landing, 0.0, second.precision))

    along = _scaled(along, 1.0 / _length(along, metric))
    near, nearer = _length(first, shrunk), _length(second, shrunk)
    contraction = jnp.where(near > _NOISE, nearer / jnp.maximum(near, _NOISE), 0.0)
    bend = jnp.maximum(_turn(along, ahead, metric), _turn(along, ahead, shrunk))
    strain = lane.data[2] * jnp.maximum(
        (contraction / _CONTRACTION) ** 3,
        jnp.maximum((near / _DISTANCE) ** 2, jnp.where(stale, 0.0, bend * jnp.sqrt(bend) / _ANGLE**3)),
    )
    crossing = (factors.sign * lane.sign < 0) & ~stale
    # over a bifurcation go small steps, or such as end where they were expected to; else it is another branch
    jumped = crossing & (size > _SMALL) & (near > _STRAIGHT)
    beyond = ~landing & (found.precision > target)
    sound = (strain < jnp.inf) & ~jumped & ~beyond & (found.precision >= 0.0)
    going = lane.status < 0
    good = going & sound & (strain < jnp.where(stale, _LOOSE, _STRICT) ** 6)
    ease = jnp.exp(jnp.log(jnp.clip(strain, _GROW**-6, _CUT**6)) / -6.0)
    step = size * jnp.where(sound, ease, 1.0 / _CUT)
    step = jnp.where(
        good, jnp.where(jnp.logical_or(landing, stale), wish, step), jnp.minimum(step, 0.5 * wish)
    )
    curved = good & ~landing & (size > _SMALL)

    crossed = lane.crossed | (good & crossing)
    steps = lane.steps + going.astype(jnp.int32)
    status = jnp.where(
        good & landing & (nearer <= _TIGHT), jnp.where(crossed, BIFURCATION, SOLVED), lane.status
    )
    status = jnp.where((status < 0) & ~good & (step < _SMALLEST), STUCK, status)
    status = jnp.where((status < 0) & (steps >= max_steps), STEPS, status)
    along, good, going, curved = hold((along, good, going, curved))
    cosine = _product(along, tangent, metric)
    turn = _scaled(_plus(along, _scaled(tangent, -cosine)), cosine / size)

    def keep(new: Any, old: Any) -> Any:
        return _chosen(good, new, old)

    return lane._replace(
        point=keep(found, point),
        tangent=_chosen(going, keep(along, tangent), lane.tangent),
        bow=_chosen(curved, turn, _chosen(going, bow, lane.bow)),
        step=jnp.where(going, step, lane.step),
        stale=going & ~good,
        sign=keep(factors.sign, lane.sign),
        status=status.astype(jnp.int32),
        crossed=crossed,
        steps=steps,
    )


def _chosen(truth: Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(_spread(truth, a), a, b), new, old)


def _plus(one: Vector, two: Vector) -> Vector:
    return Vector(one.unknown + two.unknown, one.precision + two.precision)


def _scaled(vector: Vector, by: Array) -> Vector:
    return Vector(vector.unknown * by[None], vector.precision * by)


def _product(one: Vector, two: Vector, metric: Vector) -> Array:
    total = one.precision * two.precision * metric.precision * metric.precision
    if len(one.unknown) >= WRITTEN_OUT:
        return total + (one.unknown * two.unknown * metric.unknown * metric.unknown).sum(axis=0)
    for a, b, m in zip(one.unknown, two.unknown, metric.unknown, strict=True):
        total = total + a * b * m * m
    return total


def _length(vector: Vector, metric: Vector) -> Array:
    return jnp.sqrt(_product(vector, vector, metric))


def _turn(one: Vector, two: Vector, metric: Vector) -> Array:
    """Square of the angle between two directions, for angles below one."""
    lengths = _product(one, one, metric) * _product(two, two, metric)
    return jnp.maximum(2.0 - 2.0 * _product(one, two, metric) / jnp.sqrt(lengths), 0.0)


def _is_open(status: Array) -> Array:
    """Whether another precision may give a limit."""
    return ~is_good(status) & (status != NOT_FINITE)


def is_good(status: Array) -> Array:
    """Whether there is an answer, `[B]`."""
    return (status == SOLVED) | (status == BIFURCATION)


def marked(found: Quantal, good: Array) -> Quantal:
    """NaN where there is no answer."""
    mark = lambda values: jnp.where(_spread(good, values), values, jnp.nan)
    return found._replace(
        log_probability=mark(found.log_probability),
        residual=mark(found.residual),
        regret=mark(found.regret),
    )
