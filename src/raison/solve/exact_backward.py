"""Every subgame-perfect equilibrium in pure strategies of a small game of perfect information, in fractions.

Backward induction where each of several best moves begins an equilibrium of its own (Selten 1975). In exact
arithmetic a tie is a tie of the model and not one of rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from raison.program.form import Form
from raison.program.graph import CHANCE, OUTCOME

MOST = 1_000
"""Equilibria that are kept."""


@dataclass(frozen=True, slots=True)
class ExactPlans:
    """Subgame-perfect equilibria.

    Attributes:
        chosen: Per equilibrium the number of the option at each place.
        is_complete: None is missing.
        is_tied: Some decision has several best moves.
        is_stuck: Some decision has no move.
    """

    chosen: tuple[tuple[int, ...], ...]
    is_complete: bool
    is_tied: bool
    is_stuck: bool


def is_open(form: Form) -> bool:
    """Whether every mover knows where he is, and nothing is an amount."""
    return not form.axes and all(len(place.states) == 1 for place in form.places)


def solve_backward_exactly(
    form: Form,
    payoffs: Sequence[Sequence[Fraction]],
    chance: Mapping[int, Sequence[Fraction]],
    available: Mapping[int, Sequence[bool]],
) -> ExactPlans:
    """Find them.

    Args:
        form: A game for which `is_open`.
        payoffs: By outcome state and player.
        chance: Per chance state the probabilities of its cases.
        available: Per decision state whether each move can be made.

    Raises:
        ValueError: a mover does not know where he is.

    Source: Selten (1975), "Reexamination of the perfectness concept for equilibrium points in extensive
    games", International Journal of Game Theory 4, 25-55.
    """
    if not is_open(form):
        raise ValueError("exact backward induction needs a game in which nothing is hidden.")
    states, row = form.graph.states, {s: k for k, s in enumerate(form.graph.outcomes)}
    partial: list[tuple[dict[int, int], dict[int, tuple[Fraction, ...]]]] = [({}, {})]
    complete, tied, stuck = True, False, False
    for s in range(len(states) - 1, -1, -1):
        state, grown = states[s], list[tuple[dict[int, int], dict[int, tuple[Fraction, ...]]]]()
        for chosen, value in partial:
            if state.mover == OUTCOME:
                value[s] = tuple(payoffs[row[s]])
                grown.append((chosen, value))
                continue
            below = [value[child] for child in state.children]
            if state.mover == CHANCE:
                shares = list(zip(chance[s], below, strict=True))
                value[s] = tuple(
                    sum((p * v[i] for p, v in shares), Fraction(0)) for i in range(len(below[0]))
                )
                grown.append((chosen, value))
                continue
            can = [k for k, allowed in enumerate(available.get(s, (True,) * len(below))) if allowed]
            if not can:
                stuck = True
                continue
            top = max(below[k][state.mover] for k in can)
            best = [k for k in can if below[k][state.mover] == top]
            tied = tied or len(best) > 1
            grown += [({**chosen, form.place[s]: k}, {**value, s: below[k]}) for k in best]
        complete = complete and len(grown) <= MOST
        partial = grown[:MOST]
    plans = tuple(tuple(chosen[k] for k in range(len(form.places))) for chosen, _ in partial)
    return ExactPlans(plans, complete and not stuck, tied, stuck)
