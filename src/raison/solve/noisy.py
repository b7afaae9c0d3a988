r"""Strategic choice: players who err, or who know something about their payoffs that nobody else does.

A player's payoff at an outcome is :math:`u` plus a normal error, and he picks the move that is best with it.
With :math:`U_a` the expected payoff after move `a`, given the probabilities of all later moves, and
:math:`r_a(o)` the probability that play then ends in outcome `o`:

* agent error: whoever moves errs about each of his moves, independently, at the moment he picks it;
  two moves: :math:`\Phi((U_a - U_b) / (\sigma\sqrt2))`;
* private information: the errors belong to the payoffs of outcomes, one for each player and outcome, and the
  mover knows his own; a move's error is :math:`\sum_o r_a(o)\,\varepsilon_o`, so for two moves
  :math:`\Phi((U_a - U_b) / (\sigma\sqrt{V}))`, :math:`V = \sum_o (r_a(o) - r_b(o))^2`: an outcome that both
  may lead to weighs with the difference only.

The link `logit` puts the logistic function in the place of :math:`\Phi(\cdot/\sqrt2)`: for agent error that
is softmax of :math:`U / \sigma`; for private information, where sums of logistic errors are not logistic, it
is an approximation, and for two moves only.

Private errors are drawn for each decision anew. Where every player moves at most once on each way through the
game, that is Signorino's model; where one moves twice (`repeats`), what his first move tells about his errors
is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jax.numpy as jnp

from raison.program import special
from raison.program.graph import CHANCE, OUTCOME, Graph
from raison.program.hold import Hold, fuse
from raison.solve.probit import both_below, largest, win

Array = Any
Link = Literal["probit", "logit"]
Error = Literal["agent", "private"]
Ends = Mapping[str, Array]
"""Probability of each outcome."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """What is played with errors, in each draw.

    Attributes:
        value: Per state and player `[B]` float64, the expected payoff without errors; -inf where play gets
            stuck.
        probability: Per decision state the probability of each move; None elsewhere.
        chance: Per state the probabilities of its cases; None elsewhere.
        available: Per state whether each move is available; None elsewhere.
        stuck: Per state `[B]` bool, no move is available; False where that cannot be.
    """

    value: tuple[tuple[Array, ...], ...]
    probability: tuple[tuple[Array, ...] | None, ...]
    chance: tuple[tuple[Array, ...] | None, ...]
    available: tuple[tuple[Array, ...] | None, ...]
    stuck: tuple[Array, ...]


def solve_noisy(
    graph: Graph,
    players: int,
    payoff: Callable[[int, int], Array],
    chance: Callable[[int], tuple[Array, ...]],
    available: Callable[[int], tuple[Array, ...]],
    *,
    link: Link,
    error: Error,
    scale: Array = 1.0,
    hold: Hold = fuse,
) -> Noisy:
    """Solve a game of strategic choice in all draws at once, while JAX traces.

    Args:
        graph: The states of a game in which nothing is hidden but the errors. Outcomes of one name share
            their errors.
        players: Number of players.
        payoff: Of an outcome state and a player, `[B]` float64 or a float.
        chance: Of a chance state, the probabilities of its cases.
        available: Of a decision state, whether each move is available.
        link: `probit` for normal errors, `logit` for the logistic function.
        error: `agent` for errors about moves, `private` for errors of payoffs that their owner knows.
        scale: Standard deviation of an error, above 0, a float or `[B]`; of `logit`, the scale of the
            logistic function, so that precision is its inverse.
        hold: How each state's values are kept.

    Returns:
        Probabilities and values. A draw with a payoff that is not finite gives numbers of no meaning.

    Raises:
        ValueError: `private` with the link `logit` at more than two moves, or with more than three moves
            that may lead to the same outcome.

    Accuracy: 1e-14 for two moves and for agent logit; 1e-12 for more moves whose errors are independent;
        1e-10 for three moves with private errors in common, 1e-8 where two have nearly the same error.

    Source: Signorino (1999), "Strategic interaction and the statistical analysis of international conflict",
    American Political Science Review 93, 279-297 (agent error, logit); Signorino (2003), "Structure and
    uncertainty in discrete choice models", Political Analysis 11, 316-344 (both errors, probit). More than
    two moves and outcomes in common are ours.
    """
    states = graph.states
    value: list[tuple[Array, ...]] = [()] * len(states)
    ends: list[Ends] = [{}] * len(states)
    probability: list[tuple[Array, ...] | None] = [None] * len(states)
    chances: list[tuple[Array, ...] | None] = [None] * len(states)
    availables: list[tuple[Array, ...] | None] = [None] * len(states)
    stuck: list[Array] = [False] * len(states)
    fragile = [False] * len(states)  # play may get stuck there or below
    for s in range(len(states) - 1, -1, -1):
        state = states[s]
        if state.mover == OUTCOME:
            value[s] = tuple(payoff(s, p) for p in range(players))
            ends[s] = {state.name: 1.0}
            continue
        below = [value[child] for child in state.children]
        fragile[s] = any(fragile[child] for child in state.children)
        if state.mover == CHANCE:
            weights = chances[s] = chance(s)
        else:
            availables[s] = available(s)
            own = [v[state.mover] for v in below]
            alive = _alive(availables[s] or (), own, fragile[s])
            fragile[s] = fragile[s] or any(here is not True for here in alive)
            weights = probability[s] = hold(
                _choose(own, [ends[child] for child in state.children], alive, link, error, scale, state.name)
            )
            stuck[s] = False if any(here is True for here in alive) else ~_any(alive)
        value[s] = tuple(_mean(weights, [v[p] for v in below]) for p in range(players))
        if stuck[s] is not False:
            value[s] = tuple(jnp.where(stuck[s], -jnp.inf, number) for number in value[s])
        if error == "private":
            ends[s] = _ends(weights, [ends[child] for child in state.children])
        value[s], ends[s] = hold((value[s], ends[s]))
    return Noisy(tuple(value), tuple(probability), tuple(chances), tuple(availables), tuple(stuck))


def repeats(graph: Graph) -> tuple[int, ...]:
    """The players who move twice on some way through the game: private errors are approximate for them."""
    below: list[frozenset[int]] = [frozenset()] * len(graph.states)
    found: set[int] = set()
    for s in range(len(graph.states) - 1, -1, -1):
        state = graph.states[s]
        later = frozenset[int]().union(*(below[child] for child in state.children))
        if state.mover >= 0:
            found |= later & {state.mover}
            later |= {state.mover}
        below[s] = later
    return tuple(sorted(found))


def _alive(available: Sequence[Array], values: Sequence[Array], fragile: bool) -> list[Array]:
    """Per move whether it can be picked: it is available, and play does not surely get stuck after it."""
    if not fragile:
        return list(available)
    finite = [jnp.asarray(value, jnp.float64) > -jnp.inf for value in values]
    return [here if allow is True else here & allow for here, allow in zip(finite, available, strict=True)]


def _any(truths: Sequence[Array]) -> Array:
    found = truths[0]
    for truth in truths[1:]:
        found = found | truth
    return found


def _mean(weights: Sequence[Array], values: Sequence[Array]) -> Array:
    """Expectation; what has no probability counts nothing, even if its value is infinite."""
    total: Array = 0.0
    for weight, value in zip(weights, values, strict=True):
        if isinstance(weight, float):
            total = total + weight * value if weight != 0.0 else total
        else:
            total = total + jnp.where(weight > 0.0, weight * value, 0.0)
    return total


def _ends(weights: Sequence[Array], below: Sequence[Ends]) -> Ends:
    total: dict[str, Array] = {}
    for weight, ends in zip(weights, below, strict=True):
        for name, share in ends.items():
            total[name] = total[name] + weight * share if name in total else weight * share
    return total


# --- probabilities of moves ---------------------------------------------------------------


def _choose(
    values: Sequence[Array],
    ends: Sequence[Ends],
    alive: Sequence[Array],
    link: Link,
    error: Error,
    scale: Array,
    node: str,
) -> tuple[Array, ...]:
    count = len(values)
    # what a dead move is worth shall not spoil what is computed for the others
    values = [v if here is True else jnp.where(here, v, 0.0) for v, here in zip(values, alive, strict=True)]
    if count == 1:
        return (1.0 if alive[0] is True else jnp.where(alive[0], 1.0, 0.0),)
    if error == "agent" and link == "logit":
        return _softmax([value / scale for value in values], alive)
    if count == 2:
        variance = 2.0 if error == "agent" else _distance(ends[0], ends[1])
        return _pair(values[0] - values[1], variance, alive, link, scale)
    if error == "agent":
        return largest(values, [scale] * count, alive, count - 1.0)
    if link == "logit":
        raise ValueError(
            "private information with the link logit needs nodes of at most two moves; "
            f"'{node}' has {count}: use the link probit."
        )
    if all(a.keys().isdisjoint(b) for k, a in enumerate(ends) for b in ends[:k]):
        spreads = [scale * jnp.sqrt(_distance(e, {})) for e in ends]
        # a spread is at most 1, and at least 1 / sqrt(number of outcomes)
        return largest(values, spreads, alive, float(sum(len(e) for e in ends)))
    if count == 3:
        return _three(values, ends, alive, scale)
    raise ValueError(
        "private information needs nodes of at most three moves where several may lead to the same outcome; "
        f"'{node}' has {count}: use agent error."
    )


def _distance(first: Ends, second: Ends) -> Array:
    """Variance of the difference of two moves' errors of unit scale."""
    names = dict.fromkeys((*first, *second))
    differences = [first.get(name, 0.0) - second.get(name, 0.0) for name in names]
    return sum((difference * difference for difference in differences), start=0.0)


def _pair(
    gap: Array, variance: Array, alive: Sequence[Array], link: Link, scale: Array
) -> tuple[Array, Array]:
    spread = scale * jnp.sqrt(jnp.asarray(variance, jnp.float64))
    gap = jnp.asarray(gap, jnp.float64)
    if link == "probit":
        first, second = win(gap, spread), win(-gap, spread)
    else:
        certain = spread <= 0.0
        score = jnp.where(
            certain, jnp.sign(gap) * jnp.inf, math.sqrt(2.0) * gap / jnp.where(certain, 1.0, spread)
        )
        score = jnp.where(certain & (gap == 0.0), 0.0, score)
        first, second = special.logistic(score), special.logistic(-score)
    return _of_alive(first, *alive), _of_alive(second, *reversed(alive))


def _of_alive(probability: Array, own: Array, other: Array) -> Array:
    """Of a move of two, where one of them or both may be impossible."""
    if other is not True:
        probability = jnp.where(other, probability, 1.0)
    return probability if own is True else jnp.where(own, probability, 0.0)


def _softmax(scores: Sequence[Array], alive: Sequence[Array]) -> tuple[Array, ...]:
    scores = [
        jnp.asarray(score, jnp.float64) if here is True else jnp.where(here, score, -jnp.inf)
        for score, here in zip(scores, alive, strict=True)
    ]
    top = scores[0]
    for score in scores[1:]:
        top = jnp.maximum(top, score)
    top = jnp.where(top == -jnp.inf, 0.0, top)
    powers = [jnp.exp(score - top) for score in scores]
    total = sum(powers[1:], start=powers[0])
    total = jnp.where(total == 0.0, 1.0, total)
    return tuple(power / total for power in powers)


def _three(
    values: Sequence[Array], ends: Sequence[Ends], alive: Sequence[Array], scale: Array
) -> tuple[Array, ...]:
    """Three moves whose errors have parts in common: the first beats both others."""
    found: list[Array] = []
    for a in range(3):
        b, c = (a + 1) % 3, (a + 2) % 3
        over_b, over_c, apart = (_distance(ends[x], ends[y]) for x, y in ((a, b), (a, c), (b, c)))
        spread_b, spread_c = (scale * jnp.sqrt(jnp.asarray(v, jnp.float64)) for v in (over_b, over_c))
        beats_b, beats_c = win(values[a] - values[b], spread_b), win(values[a] - values[c], spread_c)
        product = jnp.sqrt(over_b * jnp.asarray(over_c, jnp.float64))
        certain = product <= 0.0
        correlation = 0.5 * (over_b + over_c - apart) / jnp.where(certain, 1.0, product)
        both = both_below(
            (values[a] - values[b]) / jnp.where(certain, 1.0, spread_b),
            (values[a] - values[c]) / jnp.where(certain, 1.0, spread_c),
            correlation,
        )
        probability = jnp.where(certain, beats_b * beats_c, both)
        if alive[b] is not True or alive[c] is not True:
            probability = jnp.where(
                alive[b],
                jnp.where(alive[c], probability, beats_b),
                jnp.where(alive[c], beats_c, 1.0),
            )
        found.append(probability if alive[a] is True else jnp.where(alive[a], probability, 0.0))
    return tuple(found)
