"""Noise: numbers that depend on a seed and on the step, and on nothing else.

A number is a hash of the seed, the name and the count of its interval, so no state is carried from step to
step, and the same seed gives the same noise whatever else is simulated beside it, in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from raison.model.evaluate import Value
from raison.model.formula import Formula
from raison.model.process.records import Process
from raison.program import quantile
from raison.program.process.plan import Plan

_SEEDS = 2.0**32  # a seed counts in steps of 2 ** -32, so that its last bits, which may differ between
# machines, do not change the noise


def noise_at(plan: Plan, name: str, seed: jax.Array, index: Any, number: Callable[[Formula], Value]) -> Value:
    """The value of a noise in a time step, from its distribution.

    Args:
        plan: The process.
        name: Of the noise.
        seed: `[B]`.
        index: Of the time step.
        number: What the arguments of its distribution stand for.
    """
    noise, time = plan.process.noise[name], plan.process.time
    steps = 1 if noise.every is None else round(noise.every / time.step)
    point = uniform(name, seed, index // steps)
    arguments = [number(argument) for argument in noise.distribution.arguments]
    return quantile.quantile(noise.distribution.kind, point, arguments)


def drawn(process: Process, name: str, seed: float, count: int, arguments: list[float]) -> float:
    """The value of a noise in one interval of `every`, as a plain number."""
    with jax.ensure_compile_time_eval():
        point = uniform(name, jnp.asarray([seed], jnp.float64), count)
        return float(quantile.quantile(process.noise[name].distribution.kind, point, arguments)[0])


def uniform(name: str, seed: jax.Array, count: Any) -> jax.Array:
    """A point of the open unit interval, independent for different names, seeds and counts.

    Source:
        The finaliser of Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA,
        section 4 (Stafford's variant 13), applied to name, seed and count in turn; this use is ours.
    """
    salt = np.uint64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    whole = jnp.asarray(jnp.floor(seed * _SEEDS), jnp.int64)
    bits = _mixed(jnp.asarray(whole, jnp.uint64) + salt)
    bits = _mixed(bits + jnp.asarray(count, jnp.uint64) * jnp.uint64(0x9E3779B97F4A7C15))
    return (jnp.asarray(bits >> jnp.uint64(12), jnp.float64) + 0.5) * 2.0**-52


def _mixed(bits: jax.Array) -> jax.Array:
    bits = (bits ^ (bits >> jnp.uint64(30))) * jnp.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> jnp.uint64(27))) * jnp.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> jnp.uint64(31))
