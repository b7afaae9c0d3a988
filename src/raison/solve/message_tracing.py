"""The principal branch of logit equilibria of games with types, followed in their messages.

The unknowns are the messages and the logarithm of the precision; everything else is as in
`raison.solve.tracing`: predict along the tangent, correct by Newton across it, lanes for the draws. In the
limit strategies come from their log-odds, extrapolated along the branch.

Source: as `raison.solve.tracing`; messages as unknowns are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from raison.solve.linear import eliminate
from raison.solve.quantal import (
    BIFURCATION,
    NOT_FINITE,
    SOLVED,
    STEPS,
    STUCK,
    UNAVAILABLE,
    UNSETTLED,
    Quantal,
)

Array = Any
LANES = 256
"""Draws that are followed at a time."""
MAX_STEPS = 2_000
SETTLED = 1e-9
"""Regret, in units of the payoff range, up to which a limit is solved."""
_HIGH = (1e5, 1e7)  # precisions from which the limit is taken
_PARTS, _POLISHED, _CORRECTIONS = 4, 2, 2  # see `_settled`
_WEIGHT = 4.0  # of a message against the logarithm of the precision in the length of a step
_CONTRACTION, _DISTANCE, _ANGLE = 0.25, 0.1, 0.3
_GROW, _FIRST, _SMALLEST, _TIGHT, _ROUND = 4.0, 0.3, 1e-10, 1e-10, 4
_LONGEST, _STEEP = 3.0, 0.9
_NOISE, _CLOSE = 1e-8, 1e-4  # misses that rounding may make, and that a step may leave


class Equations(NamedTuple):
    """A game in its messages.

    Attributes:
        play: From messages `[m, W]`, precision `[W]`, log-odds `[N, W]` that payoffs add to (or None) and the
            draws' numbers to log-probabilities `[N, W]`.
        send: From log-probabilities and the draws' numbers to messages.
        worth: From log-probabilities and numbers to each option's expected payoff `[N, W]`, in payoff ranges.
        regret: From log-probabilities and worths to the largest gain at one cell `[W]`.
        normal: From any log-odds `[N, W]` to log-probabilities.
        rows: `N`.
    """

    play: Callable[[Array, Array, Array | None, Any], Array]
    send: Callable[[Array, Any], Array]
    worth: Callable[[Array, Any], Array]
    regret: Callable[[Array, Array], Array]
    normal: Callable[[Array], Array]
    rows: int


class _Lanes(NamedTuple):
    row: Array
    point: Array  # [m + 1, W] weighted messages, then log(1 + precision)
    tangent: Array
    step: Array
    sign: Array
    status: Array
    crossed: Array
    steps: Array
    answer: Array  # [N, W]
    data: Any


def limit(equations: Equations, data: Any, batch: int) -> Quantal:
    """The limit of the branch in each draw. Works while JAX traces.

    The branch is followed to a high precision and the limit taken from there; the draws in which somebody
    could still gain are followed to a higher one.

    Args:
        equations: The game.
        data: The draws' numbers, any nest of arrays with the draws last.
        batch: Draws.

    Accuracy: `regret` is at most `SETTLED` where solved.
    """
    found = _settled(equations, data, follow(equations, data, jnp.full((batch,), _HIGH[0])))
    for precision in _HIGH[1:]:

        def again(found: Quantal, precision: float = precision) -> Quantal:
            open_ = found.status == UNSETTLED
            target = jnp.where(open_, precision, 0.0)
            other = _settled(equations, data, follow(equations, data, target))
            return jax.tree.map(lambda new, old: jnp.where(open_, new, old), other, found)

        found = lax.cond((found.status == UNSETTLED).any(), again, lambda x: x, found)
    return found


def _settled(equations: Equations, data: Any, found: Quantal) -> Quantal:
    """Play in the limit, from points of high precision.

    Log-odds at the point take the place of even odds, in four parts, and the equations are solved again:
    payoffs of what is mixed then no longer differ but by what the log-odds miss (a proximal point step),
    which is made smaller once more.
    """
    good = (found.status == SOLVED) | (found.status == BIFURCATION)
    logs = jnp.where(good[None], jnp.maximum(found.log_probability, UNAVAILABLE), 0.0)
    logs = equations.normal(logs)
    level = jnp.log1p(found.precision)
    point = jnp.concatenate([_WEIGHT * equations.send(logs, data), level[None]])
    up = jnp.zeros_like(point).at[-1].set(1.0)

    def correct(point: Array, base: Array) -> Array:
        step = lambda _, x: x + _newton(equations, x, up, (data, level), base)[0]
        return lax.fori_loop(0, _CORRECTIONS, step, point)

    point = lax.fori_loop(0, _PARTS, lambda k, x: correct(x, logs * (k + 1.0) / _PARTS), point)
    base = logs
    for _ in range(_POLISHED):
        base = _short(equations, point, (data, level), base)[1]
        base = equations.normal(jnp.maximum(base, UNAVAILABLE))
        point = correct(point, base)
    played = _short(equations, point, (data, level), base)[1]
    played = equations.normal(jnp.maximum(played, UNAVAILABLE))
    gain = equations.regret(played, equations.worth(played, data))
    bad = good & ~(gain <= SETTLED)
    mark = lambda values: jnp.where(good & ~bad, values, jnp.nan)
    return Quantal(
        mark(played),
        found.precision,
        mark(gain),
        mark(gain),
        jnp.where(bad, UNSETTLED, found.status).astype(jnp.int32),
        found.steps,
    )


def follow(equations: Equations, data: Any, target: Array, max_steps: int = MAX_STEPS) -> Quantal:
    """Follow the branch of each draw to a precision. Works while JAX traces.

    Args:
        equations: The game.
        data: The draws' numbers, any nest of arrays with the draws last.
        target: `[B]`, precision at which to stop.
        max_steps: Along the branch.
    """
    batch = target.shape[0]
    width = min(LANES, batch)
    everything = (data, jnp.log1p(target))

    def refill(carry: tuple[_Lanes, Array, Any]) -> tuple[_Lanes, Array, Any]:
        lane, following, out = carry
        done = (lane.status >= 0) & (lane.row < batch)
        at = jnp.where(done, lane.row, batch)
        found = _result(equations, lane)
        out = jax.tree.map(lambda o, f: o.at[..., at].set(f, mode="drop"), out, found)
        row = jnp.where(done, jnp.minimum(following + jnp.cumsum(done) - 1, batch), lane.row)
        safe = jnp.minimum(row, batch - 1)
        new = jax.tree.map(lambda every, old: jnp.where(done, every[..., safe], old), everything, lane.data)
        start = _start(equations, new, width)
        mixed = jax.tree.map(
            lambda a, b: jnp.where(done, a, b), start._replace(data=0, row=0), lane._replace(data=0, row=0)
        )
        idle = done & (row >= batch)
        lane = mixed._replace(row=row, data=new, status=jnp.where(idle, SOLVED, mixed.status))
        return lane, jnp.minimum(following + done.sum(), batch), out

    def body(carry: tuple[_Lanes, Array, Any]) -> tuple[_Lanes, Array, Any]:
        lane, following, out = carry
        lane = lax.fori_loop(0, _ROUND, lambda _, x: _advance(equations, x, max_steps), lane)
        any_done = ((lane.status >= 0) & (lane.row < batch)).any()
        return lax.cond(any_done, refill, lambda x: x, (lane, following, out))

    taken = jax.tree.map(lambda every: every[..., :width], everything)
    lane = _start(equations, taken, width)._replace(row=jnp.arange(width))
    blank = jnp.full((batch,), jnp.nan)
    none = jnp.zeros((batch,), jnp.int32)
    out = Quantal(jnp.full((lane.answer.shape[0], batch), jnp.nan), blank, blank, blank, none, none)
    return lax.while_loop(lambda c: (c[0].row < batch).any(), body, (lane, jnp.asarray(width), out))[2]


def _precision(level: Array) -> Array:
    return jnp.expm1(level)


def _short(equations: Equations, point: Array, data: Any, base: Array | None = None) -> tuple[Array, Array]:
    """By how much messages miss what they bring about, weighted; and the play."""
    logs = equations.play(point[:-1] / _WEIGHT, _precision(point[-1]), base, data[0])
    return _WEIGHT * equations.send(logs, data[0]) - point[:-1], logs


def _start(equations: Equations, data: Any, width: int) -> _Lanes:
    """At even odds, where messages do not matter."""
    none = jnp.zeros((width,))
    logs = equations.normal(jnp.zeros((equations.rows, width)))
    messages = _WEIGHT * equations.send(logs, data[0])
    point = jnp.concatenate([messages, none[None]])
    up = jnp.zeros_like(point).at[-1].set(1.0)
    _, along, sign, _ = _newton(equations, point, up, data)
    finite = jnp.isfinite(along).all(0)
    length = _length(along)
    status = jnp.where(finite, jnp.where(data[1] <= 0, SOLVED, -1), NOT_FINITE).astype(jnp.int32)
    return _Lanes(
        row=jnp.zeros((width,), jnp.int32),
        point=jnp.where(finite, point, 0.0),
        tangent=jnp.where(finite, along / length, 0.0),
        step=jnp.full((width,), _FIRST),
        sign=jnp.where(finite, sign, 1.0),
        status=status,
        crossed=jnp.zeros((width,), bool),
        steps=jnp.zeros((width,), jnp.int32),
        answer=logs,
        data=data,
    )


def _length(vector: Array) -> Array:
    return jnp.sqrt((vector * vector).sum(0))


def _newton(
    equations: Equations, point: Array, border: Array, data: Any, base: Array | None = None
) -> tuple[Array, Array, Array, Array]:
    """A correction across `border`, the curve's direction, the determinant's sign, and the miss before."""
    size, width = point.shape
    short, push = jax.linearize(lambda x: _short(equations, x, data, base)[0], point)
    basis = jnp.broadcast_to(jnp.eye(size)[:, :, None], (size, size, width))
    slopes = jnp.swapaxes(jax.vmap(push)(basis), 0, 1)  # [equation, unknown, W]
    matrix = jnp.concatenate([-slopes, border[None]], axis=0)
    nothing = jnp.zeros((1, width))
    right = jnp.stack(
        [jnp.concatenate([short, nothing]), jnp.concatenate([jnp.zeros_like(short), nothing + 1.0])], axis=1
    )
    found, sign = eliminate(matrix, right)
    return found[:, 0], found[:, 1], sign, _length(short)


def _advance(equations: Equations, lane: _Lanes, max_steps: int) -> _Lanes:
    """One step in each lane that is under way: predict, correct twice, judge."""
    target = lane.data[1]
    point, tangent = lane.point, lane.tangent
    rise = tangent[-1]
    landing = (rise > 0) & (point[-1] + lane.step * rise >= target)
    size = jnp.where(landing, (target - point[-1]) / jnp.where(landing, rise, 1.0), lane.step)
    up = jnp.zeros_like(tangent).at[-1].set(1.0)
    border = jnp.where(landing, up, tangent)
    rising = jnp.where(rise > _STEEP, rise, 1.0)
    ahead = jnp.where(
        rise > _STEEP, -jnp.expm1(-size * rising) / rising, size
    )  # messages go as 1 / precision
    guess = jnp.concatenate([point[:-1] + ahead * tangent[:-1], (point[-1] + size * rise)[None]])
    guess = guess.at[-1].set(jnp.where(landing, target, guess[-1]))
    first, _, _, before = _newton(equations, guess, border, lane.data)
    second, _, _, between = _newton(equations, guess + first, border, lane.data)
    third, along, sign, after = _newton(equations, guess + first + second, border, lane.data)
    found = guess + first + second + third
    found = found.at[-1].set(jnp.where(landing, target, found[-1]))
    along = along / _length(along)

    near, nearer = _length(first) + before, between
    contraction = jnp.where(nearer > _NOISE, after / jnp.maximum(nearer, _NOISE), 0.0)
    contraction = jnp.maximum(contraction, jnp.where(before > _NOISE, nearer / before, 0.0))
    cosine = jnp.clip((along * tangent).sum(0), -1.0, 1.0)
    strain = jnp.maximum(
        jnp.maximum(jnp.sqrt(contraction / _CONTRACTION), jnp.sqrt(near / _DISTANCE)),
        jnp.arccos(cosine) / _ANGLE,
    )
    strain = jnp.where(jnp.isfinite(strain), strain, jnp.inf)
    going = lane.status < 0
    good = going & (strain < 2.0) & (found[-1] >= 0.0) & (after < _CLOSE)
    step = lane.step / jnp.clip(jnp.where(good, strain, jnp.maximum(strain, 2.0)), 1.0 / _GROW, 4.0)
    step = jnp.minimum(step, _LONGEST)

    missed, answer = _short(equations, found, lane.data)
    settled = good & landing & (_length(missed) <= _TIGHT)
    crossed = lane.crossed | (good & (sign * lane.sign < 0))
    steps = lane.steps + going
    status = jnp.where(settled, jnp.where(crossed, BIFURCATION, SOLVED), lane.status)
    status = jnp.where(going & ~settled & (step < _SMALLEST), STUCK, status)
    status = jnp.where((status < 0) & (steps >= max_steps), STEPS, status)

    def keep(new: Array, old: Array) -> Array:
        return jnp.where(good, new, old)

    return lane._replace(
        point=keep(found, point),
        tangent=keep(along, tangent),
        step=jnp.where(going, step, lane.step),
        sign=keep(sign, lane.sign),
        status=status.astype(jnp.int32),
        crossed=crossed,
        steps=steps,
        answer=jnp.where(settled, answer, lane.answer),
    )


def _result(equations: Equations, lane: _Lanes) -> Quantal:
    gain = equations.regret(lane.answer, equations.worth(lane.answer, lane.data[0]))
    good = (lane.status == SOLVED) | (lane.status == BIFURCATION)
    mark = lambda values: jnp.where(good, values, jnp.nan)
    return Quantal(
        mark(lane.answer),
        _precision(lane.point[-1]),
        mark(gain),
        mark(gain),
        lane.status.astype(jnp.int32),
        lane.steps,
    )
