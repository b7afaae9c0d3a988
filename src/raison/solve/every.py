"""Every equilibrium of a small game in each draw, as strategies that questions can be asked of.

An equilibrium of a continuum stands in the list with the profiles at both ends of it, so that the smallest
and largest answers over the list are those over all equilibria wherever one information set at a time can
vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.model.records import solved_by
from raison.program.form import Form
from raison.program.program import Program
from raison.program.unfold import count_unfolded, unfold
from raison.solve import nash
from raison.solve.bimatrix import DEGENERATE
from raison.solve.branch import asked_fractions
from raison.solve.nash import counted, solve_nash, why_not_nash
from raison.solve.reduced import movers
from raison.solve.sequential import (
    SequentialEquilibria,
    passes_d1,
    passes_intuitive,
    record,
    solve_sequential,
)
from raison.solve.sequential.mixed import supports_of
from raison.solve.sequential.pure import profiles_of
from raison.solve.sequential.record import COMPLETE, Interval
from raison.solve.sequential.shape import find_layers

Floats = NDArray[np.float64]

MOST_SUPPORTS = 2_000
"""Supports up to which all sequential equilibria are found in every draw, some thousand draws a second."""
MOST_PROFILES = 256
"""Pure profiles up to which a game with too many supports, or more than two layers, is looked through."""
KEPT = 24
"""Sequential equilibria of a draw that are kept."""
MOST_HISTORIES = 10_000
"""Histories, every amount a move or case of its own, of games whose equilibria are enumerated; that fewer
than these have too many strategies is seen only when they are counted."""
ROUNDS = "games in rounds are solved for one equilibrium of every period"
MANY = "payoffs depend on what a continuum of players does, so that it is no game of single players"
PREDICTION = "a quantal response is a prediction of its own, not one of several equilibria"


@dataclass(frozen=True, eq=False, slots=True)
class Every:
    """Every equilibrium of each of `B` draws.

    Attributes:
        profiles: `[N, B]` each, probability of every option of every information set; NaN in draws that have
            fewer.
        count: `[B]`, equilibria; a continuum counts once.
        complete: `[B]` bool, none is missing.
        status: `[B]` int8, index into `reasons_of` the program: why one may be missing.
    """

    profiles: tuple[Floats, ...]
    count: NDArray[np.int32]
    complete: NDArray[np.bool_]
    status: NDArray[np.int8]


def why_not(program: Program) -> str | None:
    """Why a program's equilibria are not enumerated in every draw; None where they are."""
    if program.form is None:
        return None
    reason = why_never(program) or why_too_long(program.form)
    if reason is not None:
        return reason
    form = unfold(program.form).form
    if counts_as_nash(program, form):
        return why_not_nash(form, in_runs=True)
    layers = find_layers(form)
    if layers is not None and supports_of(form, layers) <= MOST_SUPPORTS:
        return None
    profiles = profiles_of(form)
    if layers is None and profiles <= MOST_PROFILES:
        return None
    return (
        f"the game has {counted(profiles)} profiles of pure strategies and is too large for all of its "
        "sequential equilibria to be found in every draw"
    )


def why_never(program: Program) -> str | None:
    """Why the concept or the game has no list of equilibria at all; None where it has."""
    solution, concept = program.model.solution, solved_by(program.model)
    if program.model.rounds is not None:
        return ROUNDS
    if (concept == "logit" and solution.precision is not None) or concept == "strategic-choice":
        return PREDICTION
    return MANY if asked_fractions(program.model) else None


def why_too_long(form: Form) -> str | None:
    """Why a game's amounts are not written out for enumeration; None where they are."""
    count = count_unfolded(form)
    if count <= MOST_HISTORIES or not form.axes:
        return None
    return (
        f"with every amount a move or case of its own the game has {count:,} histories, and equilibria are "
        f"enumerated where it has at most {MOST_HISTORIES:,}; the one that is played is the branch's limit"
    )


def idle_refinement(program: Program, *, in_runs: bool) -> str | None:
    """Why a refinement that is asked for changes nothing; None where it does, or none is asked for.

    Args:
        program: The compiled model.
        in_runs: Whether the equilibria of every draw are counted, and not those of a point listed.
    """
    refinement = program.model.solution.refinement
    if refinement is None:
        return None
    reason = why_not(program) if in_runs else why_never(program)
    if reason is not None:
        return f"the refinement '{refinement}' changes nothing here: {reason}."
    if in_runs:
        return None
    too_large = why_not(program)
    if too_large is not None:
        played = f"the refinement '{refinement}' does not change what is played"
        return f"{played}, nor what a run counts: {too_large}."
    return (
        f"the refinement '{refinement}' narrows the equilibria that a run counts and does not change what is "
        "played; a list of all equilibria says which pass it."
    )


def counts_as_nash(program: Program, form: Form) -> bool:
    """Whether Nash equilibria are asked for, or are the same as what is asked for.

    In a table, where two players choose once each and see nothing, every Nash equilibrium is sequential.
    """
    return solved_by(program.model) == "nash" or (
        is_table(form) and program.model.solution.refinement is None
    )


def is_table(form: Form) -> bool:
    """Whether the game is a table of payoffs: two players choose once each on every way through the game."""
    if len(movers(form)) != 2 or len(form.places) != 2:
        return False
    ends = [dict(form.graph.states[z].results) for z in form.graph.outcomes]
    nodes = [{form.graph.states[s].name for s in place.states} for place in form.places]
    return all(all(node & end.keys() for node in nodes) for end in ends)


def reasons_of(program: Program, form: Form) -> tuple[str, ...]:
    """The sentences that `Every.status` indexes."""
    return nash.REASONS if counts_as_nash(program, form) else record.REASONS


def every_equilibrium(
    program: Program,
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]],
    available: Mapping[int, Sequence[Any]],
) -> Every:
    """Find them.

    Args:
        program: A game with information sets, see `why_not`.
        form: It without amounts.
        payoffs: `[outcome states, players, B]`.
        chance: Per chance state its probabilities.
        available: Per decision state whether each move can be made.
    """
    if counts_as_nash(program, form):
        found = solve_nash(form, payoffs, chance, available)
        asked = {question.node for question in program.model.questions}
        return Every(
            _nash_profiles(form, found, available, asked),
            found.count,
            found.status <= DEGENERATE,
            found.status,
        )
    solved = solve_sequential(form, payoffs, chance, available, keep=KEPT)
    refinement = program.model.solution.refinement
    kept = (solved.kind > 0) & ~solved.weak  # what may not be sequential is not counted
    if refinement is not None:
        passes = passes_d1 if refinement == "d1" else passes_intuitive
        kept &= np.asarray(passes(form, payoffs, chance, solved, available))
    return Every(
        _profiles(solved, kept),
        kept.sum(axis=0).astype(np.int32),
        solved.status == COMPLETE,
        solved.status,
    )


def _nash_profiles(
    form: Form, found: nash.NashEquilibria, available: Mapping[int, Sequence[Any]], asked: set[str | None]
) -> tuple[Floats, ...]:
    """Each extreme equilibrium; with each move at an asked information set that it excludes.

    At such a set any move is as good, so that an equilibrium says neither that it is made nor that it is not.
    """
    open_ = [
        number
        for number, place in enumerate(form.places)
        if found.excluded[number].any() and asked & {form.graph.states[s].name for s in place.states}
    ]
    profiles: list[Floats] = []
    for k in range(len(found.first)):
        rows = [probability[:, k] for probability in found.probability]
        profiles.append(np.concatenate(rows))
        some = [number for number in open_ if found.excluded[number][k].any()]
        for turn in range(max((len(form.places[number].labels) for number in some), default=0)):
            turned = list(rows)
            for number in some:
                only = _only(form, number, turn, available)
                turned[number] = np.where(found.excluded[number][k], only, rows[number])
            profiles.append(np.concatenate(turned))
    return tuple(profiles)


def _only(form: Form, number: int, turn: int, available: Mapping[int, Sequence[Any]]) -> Floats:
    """`[moves, B]`, the move of that turn for sure; even odds where it is not available."""
    labels = form.places[number].labels
    option = turn % len(labels)
    can = available.get(form.places[number].states[0], (True,) * len(labels))
    sure = np.asarray(can[option], bool)
    rows = [
        np.where(sure, float(k == option), odds) for k, odds in enumerate(nash.even_odds(can, len(labels)))
    ]
    return np.stack(np.broadcast_arrays(*rows)).reshape(len(labels), -1)


def _profiles(found: SequentialEquilibria, kept: NDArray[np.bool_]) -> tuple[Floats, ...]:
    profiles: list[Floats] = []
    for k in range(int(found.count.max(initial=0))):
        here = [
            Interval(*(np.where(kept[k], part[:, k], np.nan) for part in (i.central, i.low, i.high)))
            for i in found.probability
        ]
        profiles.append(np.concatenate([interval.central for interval in here]))
        if found.continuum[k].any():
            profiles += [np.concatenate([_at_end(interval, end) for interval in here]) for end in (0, 1)]
    return tuple(profiles)


def _at_end(interval: Interval, end: int) -> Floats:
    """The first option at an end of its interval, the others in proportion to what they can be."""
    first = (interval.low if end == 0 else interval.high)[:1]
    rest = (interval.high if end == 0 else interval.low)[1:]
    total = rest.sum(axis=0, keepdims=True)
    left = 1.0 - first
    even = np.where(total > 0, rest / np.where(total > 0, total, 1.0), 1.0 / max(len(rest), 1))
    return np.concatenate([first, left * even])
