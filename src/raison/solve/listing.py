"""Every equilibrium of a small game at one point, as records to be read, printed and stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form, Place
from raison.program.graph import CHANCE
from raison.program.program import Program
from raison.program.unfold import Unfolded, unfold
from raison.solve.bimatrix import DEGENERATE, MOST_STRATEGIES, SOLVED
from raison.solve.deviation import nash_regret, sequential_regret
from raison.solve.every import counts_as_nash, why_never, why_too_long
from raison.solve.exact_backward import MOST, ExactPlans, is_open, solve_backward_exactly
from raison.solve.exactly import simplest, simplest_chances
from raison.solve.extremes import Component
from raison.solve.inputs import Inputs, played_rows, unfolded_at
from raison.solve.listed import Equilibria, Equilibrium, Range, SetPlay
from raison.solve.nash import (
    REASONS,
    components_of,
    counted,
    solve_nash,
    solve_nash_exactly,
    why_not_nash,
)
from raison.solve.points import PointSolution
from raison.solve.reduced import count_plans
from raison.solve.sequential import SHAPES, passes_d1, passes_intuitive, record, solve_sequential
from raison.solve.sequential.exact import solve_pure_exactly
from raison.solve.sequential.mixed import MAX_SUPPORTS, supports_of
from raison.solve.sequential.pure import MAX_PROFILES, profiles_of
from raison.solve.sequential.shape import find_layers, find_signalling

Floats = NDArray[np.float64]

KEPT = 100
"""Sequential equilibria that are listed."""
CLOSE = 1e-5
"""The equilibrium that is played is one of the list if no probability differs by more: it is a limit."""


@dataclass(frozen=True, eq=False, slots=True)
class _Game:
    """A game at one point, in the shapes of the solvers."""

    form: Form
    players: tuple[str, ...]
    payoffs: Floats  # [outcome states, players, 1]
    chance: dict[int, list[Floats]]
    available: dict[int, list[Any]]

    def check(self, played: Sequence[Floats], beliefs: Sequence[Floats] | None) -> float:
        """The largest gain from deviating, by the independent checker."""
        form = self.form
        chance = [self.chance.get(s) for s in range(len(form.graph.states))]
        can = [self.available.get(place.states[0]) for place in form.places]
        rows = [[np.array([p]) for p in probability] for probability in played]
        paid = [list(row) for row in self.payoffs]
        gain = nash_regret(form, paid, chance, rows, available=can).max()
        if beliefs is not None:
            thought = [[np.array([p]) for p in belief] for belief in beliefs]
            inner = sequential_regret(form, paid, chance, rows, thought, available=can)
            gain = max(gain, inner.max())
        return max(float(gain), 0.0)

    def reach(self, played: Sequence[Floats]) -> Floats:
        """`[states]`, the probability that play comes to each."""
        states = self.form.graph.states
        found = np.zeros(len(states))
        found[0] = 1.0
        for s, state in enumerate(states):
            for branch, child in enumerate(state.children):
                if state.mover == CHANCE:
                    share = float(self.chance[s][branch][0])
                else:
                    share = float(played[self.form.place[s]][branch])
                found[child] = found[s] * share
        return found

    def values(self, reach: Floats) -> dict[str, float]:
        """By player the expected payoff."""
        weights = reach[list(self.form.graph.outcomes)]
        return {
            name: float((weights * self.payoffs[:, index, 0]).sum())
            for index, name in enumerate(self.players)
        }


def list_equilibria(
    program: Program, inputs: Inputs, solution: PointSolution, point: int = 0, *, exact: bool = False
) -> Equilibria:
    """Every equilibrium of a solved model's game at one point.

    Args:
        program: The model; its concept says which equilibria are meant.
        inputs: The game's numbers at the points.
        solution: What is played there.
        point: Which one.
        exact: Solve in exact arithmetic, each number the fraction that it was written for.

    Raises:
        ValueError: the concept has no list of equilibria, the game is too large, or exact arithmetic is
            asked for where there is none.
    """
    reason = why_not_listed(program, inputs.form)
    if reason is not None:
        raise ValueError(f"'{program.model.name}' has no list of equilibria: {reason}.")
    if not 0 <= point < len(solution.status):
        raise ValueError(f"point needs to be one of the {len(solution.status)}, from 0; got {point}.")
    unfolded = unfolded_at(inputs, point)
    form, game = unfolded.form, _game(program, inputs, unfolded, point)
    is_solved = int(solution.status[point]) == 0
    now = played_rows(inputs, unfolded, solution, point) if is_solved else None
    if counts_as_nash(program, form):
        return _nash(game, now, exact=exact or sum((*count_plans(form), 1)[:2]) > MOST_STRATEGIES)
    if not exact:
        return _sequential(game, now)
    return _subgame_perfect(game, now) if is_open(form) else _sequential_exactly(game, now)


def why_not_listed(program: Program, form: Form) -> str | None:
    """Why a model's equilibria are not listed at a point; None where they are.

    Args:
        program: The model.
        form: Its game as a tree.
    """
    reason = why_never(program) or why_too_long(form)
    if reason is not None:
        return reason
    plain = unfold(form).form
    if counts_as_nash(program, plain):
        return why_not_nash(plain, in_runs=False)
    layers, profiles = find_layers(plain), profiles_of(plain)
    if layers is not None and supports_of(plain, layers) <= MAX_SUPPORTS:
        return None
    if profiles <= MAX_PROFILES:
        return None
    return (
        f"sequential equilibria are looked for among at most {MAX_PROFILES:,} profiles of pure strategies, "
        f"and the game has {counted(profiles)}"
    )


def rows_of(equilibrium: Equilibrium) -> list[Floats]:
    """By place of the unfolded form what an equilibrium does there; of a continuum the representative."""
    return [np.array([room.central for room in place.probability.values()]) for place in equilibrium.sets]


def _game(program: Program, inputs: Inputs, unfolded: Unfolded, point: int) -> _Game:
    form = unfolded.form
    players = tuple(program.model.players)

    def here(row: Any) -> Any:
        return row[slice(point, point + 1) if len(row) > 1 else slice(0, 1)]

    payoffs = np.array([[here(row) for row in rows] for rows in unfolded.payoffs(inputs.payoffs)], np.float64)
    cases = {s: cases for s, cases in enumerate(inputs.chance) if cases is not None}
    chance = {s: [here(p) for p in rows] for s, rows in unfolded.chances(cases, inputs.types).items()}
    available = {s: [here(a) for a in rows] for s, rows in unfolded.available(inputs.available).items()}
    return _Game(form, players, payoffs.reshape(len(form.graph.outcomes), len(players), 1), chance, available)


# --- Nash ---


def _nash(game: _Game, now: Sequence[Floats] | None, *, exact: bool) -> Equilibria:
    form = game.form
    fractions: Sequence[Sequence[tuple[Fraction, ...]]] | None = None
    if exact:
        found = solve_nash_exactly(form, *_fractions(game))
        fractions, excluded = found.probability, found.excluded
        pairs, parts, status = found.pairs, found.components, DEGENERATE if found.degenerate else SOLVED
        profiles = [[np.array([float(p) for p in row]) for row in rows] for rows in fractions]
    else:
        solved = solve_nash(form, game.payoffs, game.chance, game.available)
        status, count = int(solved.status[0]), range(int(solved.count[0]))
        pairs, parts = components_of(solved, 0)
        profiles = [[rows[:, k, 0] for rows in solved.probability] for k in count]
        excluded = [tuple(bool(own[k, 0]) for own in solved.excluded) for k in count]
    return Equilibria(
        concept="nash",
        status=REASONS[status] if status > DEGENERATE else _nash_status(status, exact),
        is_complete=status <= DEGENERATE,
        is_degenerate=status == DEGENERATE,
        is_exact=exact,
        equilibria=tuple(
            _nash_equilibrium(
                game, profile, out, None if fractions is None else fractions[k], _others(k, pairs, parts), now
            )
            for k, (profile, out) in enumerate(zip(profiles, excluded, strict=True))
        ),
    )


def _nash_status(status: int, exact: bool) -> str:
    if status == SOLVED:
        return "All Nash equilibria are listed; each is isolated."
    tail = "." if exact else "; to rule out that a tie is one of rounding, ask for exact arithmetic."
    return (
        "Payoffs tie at an equilibrium (the game is degenerate): all extreme Nash equilibria are listed, and "
        f"every other one lies between those of one connected set{tail}"
    )


def _others(k: int, pairs: Sequence[tuple[int, int]], parts: Sequence[Component]) -> tuple[int, ...]:
    """Numbers of the other extreme equilibria of the connected set that one belongs to."""
    part = next(part for part in parts if pairs[k][0] in part.first and pairs[k][1] in part.second)
    members = {(x, y) for xs, ys in part.subsets for x in xs for y in ys}
    return tuple(other for other, pair in enumerate(pairs) if other != k and pair in members)


def _nash_equilibrium(
    game: _Game,
    profile: Sequence[Floats],
    excluded: Sequence[bool],
    fractions: Sequence[tuple[Fraction, ...]] | None,
    others: tuple[int, ...],
    now: Sequence[Floats] | None,
) -> Equilibrium:
    reach = game.reach(profile)
    sets: list[SetPlay] = []
    for number, place in enumerate(game.form.places):
        came = reach[list(place.states)]
        believed = [_point(float(p)) for p in came / came.sum()] if came.sum() > 0 else None
        exact = None if fractions is None else dict(zip(place.labels, fractions[number], strict=True))
        done = [_point(float(p)) for p in profile[number]]
        sets.append(_set_play(game, place, done, believed, float(came.sum()), exact, excluded[number]))
    strays = [
        np.abs(row - mine).max()
        for row, mine, out in zip(profile, now or (), excluded, strict=False)
        if not out
    ]
    return Equilibrium(
        sets=tuple(sets),
        value=game.values(reach),
        gain=game.check(profile, None),
        is_pure=all(
            np.isin(row, (0.0, 1.0)).all() for row, out in zip(profile, excluded, strict=True) if not out
        ),
        is_continuum=bool(others),
        others=others,
        is_played=now is not None and bool(max(strays, default=0.0) <= CLOSE),
    )


# --- subgame-perfect, in fractions ---


def _subgame_perfect(game: _Game, now: Sequence[Floats] | None) -> Equilibria:
    form = game.form
    found = solve_backward_exactly(form, *_fractions(game))
    listed: list[Equilibrium] = []
    for chosen in found.chosen:
        rows = [
            [Fraction(int(k == option)) for k in range(len(place.labels))]
            for place, option in zip(form.places, chosen, strict=True)
        ]
        profile = [np.array([float(p) for p in row]) for row in rows]
        reach = game.reach(profile)
        sets: list[SetPlay] = []
        for place, row in zip(form.places, rows, strict=True):
            done, exact = [_point(float(p)) for p in row], dict(zip(place.labels, row, strict=True))
            came = float(reach[list(place.states)].sum())
            sets.append(_set_play(game, place, done, [_point(1.0)], came, exact, excluded=False))
        listed.append(
            Equilibrium(
                sets=tuple(sets),
                value=game.values(reach),
                gain=game.check(profile, [np.ones(1) for _ in form.places]),
                is_pure=True,
                is_continuum=False,
                is_played=now is not None
                and all(np.array_equal(row, mine) for row, mine in zip(profile, now, strict=True)),
            )
        )
    return Equilibria(
        concept="sequential",
        status=_subgame_perfect_status(found),
        is_complete=found.is_complete and not found.is_tied,
        is_degenerate=found.is_tied,
        is_exact=True,
        equilibria=tuple(listed),
    )


def _subgame_perfect_status(found: ExactPlans) -> str:
    if found.is_stuck:
        return "Some may be missing: at some decision no move is available."
    if not found.is_complete:
        return f"Some may be missing: only {MOST:,} are listed."
    if found.is_tied:
        return (
            "Payoffs tie exactly: every subgame-perfect equilibrium in pure strategies is listed; where a "
            "mover has several best moves he may mix them as well."
        )
    return "The one subgame-perfect equilibrium is listed; nothing ties."


def _fractions(game: _Game) -> tuple[Any, Any, Any]:
    """Payoffs, chances and availability as exact arithmetic takes them."""
    return (
        [[simplest(float(p)) for p in row] for row in game.payoffs[..., 0]],
        {s: simplest_chances([float(p[0]) for p in cases]) for s, cases in game.chance.items()},
        {s: [bool(truth[0]) for truth in can] for s, can in game.available.items()},
    )


# --- sequential ---


def _sequential(game: _Game, now: Sequence[Floats] | None) -> Equilibria:
    form = game.form
    found = solve_sequential(form, game.payoffs, game.chance, game.available, keep=KEPT)
    judged: list[Any] = [None, None]
    if find_signalling(form) is not None:
        given = (form, game.payoffs, game.chance, found, game.available)
        judged = [passes_intuitive(*given), passes_d1(*given)]
    status = int(found.status[0])
    listed: list[Equilibrium] = []
    for k in range(int(found.count[0])):
        done = [[_range(i, option, k) for option in range(len(i.central))] for i in found.probability]
        thought = [[_range(i, state, k) for state in range(len(i.central))] for i in found.belief]
        profile = [np.array([p.central for p in row]) for row in done]
        reach = game.reach(profile)
        listed.append(
            Equilibrium(
                sets=tuple(
                    _set_play(
                        game,
                        place,
                        done[number],
                        thought[number],
                        float(reach[list(place.states)].sum()),
                        None,
                        excluded=False,
                    )
                    for number, place in enumerate(form.places)
                ),
                value=game.values(reach),
                gain=game.check(profile, [np.array([p.central for p in row]) for row in thought]),
                is_pure=record.KINDS[found.kind[k, 0]] == "pure",
                is_continuum=bool(found.continuum[k, 0]),
                shape=SHAPES[found.shape[k, 0]] or None,
                is_weak=bool(found.weak[k, 0]),
                passes_intuitive=None if judged[0] is None else bool(judged[0][k, 0]),
                passes_d1=None if judged[1] is None else bool(judged[1][k, 0]),
                is_played=now is not None and _is_within(done, now),
            )
        )
    fitting = [k for k, equilibrium in enumerate(listed) if equilibrium.is_played]
    played = min(fitting, key=lambda k: listed[k].is_continuum, default=None)  # a point before its continuum
    listed = [
        replace(equilibrium, is_played=k == played) if equilibrium.is_played else equilibrium
        for k, equilibrium in enumerate(listed)
    ]
    ties = status in (record.TAIL_TIED, record.TIED)
    return Equilibria(
        concept="sequential",
        status=_sequential_status(status, len(listed)),
        is_complete=status == record.COMPLETE,
        is_degenerate=ties or any(equilibrium.is_continuum for equilibrium in listed),
        is_exact=False,
        equilibria=tuple(listed),
    )


def _sequential_status(status: int, count: int) -> str:
    if status == record.COMPLETE:
        return "All sequential equilibria are listed."
    sentence = record.REASONS[status]
    none = " None in pure strategies exists." if status == record.MIXED_MISSING and not count else ""
    return f"Some may be missing: {sentence}{none}"


def _sequential_exactly(game: _Game, now: Sequence[Floats] | None) -> Equilibria:
    form, found = game.form, solve_pure_exactly(game.form, *_fractions(game))
    listed: list[Equilibrium] = []
    for equilibrium in found[:KEPT]:
        rows = [
            [Fraction(int(k == option)) for k in range(len(place.labels))]
            for place, option in zip(form.places, equilibrium.chosen, strict=True)
        ]
        profile = [np.array([float(p) for p in row]) for row in rows]
        reach = game.reach(profile)
        thought = [[Range(*(float(p) for p in belief)) for belief in row] for row in equilibrium.belief]
        sets: list[SetPlay] = []
        for place, row, believed in zip(form.places, rows, thought, strict=True):
            done, exact = [_point(float(p)) for p in row], dict(zip(place.labels, row, strict=True))
            came = float(reach[list(place.states)].sum())
            sets.append(_set_play(game, place, done, believed, came, exact, excluded=False))
        listed.append(
            Equilibrium(
                sets=tuple(sets),
                value=game.values(reach),
                gain=game.check(profile, [np.array([room.central for room in row]) for row in thought]),
                is_pure=True,
                is_continuum=False,
                is_weak=equilibrium.is_weak,
                is_played=now is not None
                and all(np.abs(row - mine).max() <= CLOSE for row, mine in zip(profile, now, strict=True)),
            )
        )
    status = (
        "In exact arithmetic every sequential equilibrium in pure strategies is listed; mixed ones are not."
    )
    if len(found) > KEPT:
        status = f"In exact arithmetic {len(found):,} pure sequential equilibria exist; {KEPT} are listed."
    if not found:
        status = "In exact arithmetic no sequential equilibrium in pure strategies exists; mixed ones do."
    return Equilibria(
        concept="sequential",
        status=status,
        is_complete=False,
        is_degenerate=any(equilibrium.is_tied for equilibrium in found),
        is_exact=True,
        equilibria=tuple(listed),
    )


def _range(interval: record.Interval, row: int, k: int) -> Range:
    central, low, high = (float(side[row, k, 0]) for side in interval)
    return Range(central, low, high)


def _is_within(done: Sequence[Sequence[Range]], now: Sequence[Floats]) -> bool:
    return all(
        room.low - CLOSE <= p <= room.high + CLOSE
        for row, mine in zip(done, now, strict=True)
        for room, p in zip(row, mine, strict=True)
    )


# --- both ---


def _point(number: float) -> Range:
    return Range(number, number, number)


def _set_play(
    game: _Game,
    place: Place,
    done: Sequence[Range],
    believed: Sequence[Range] | None,
    reached: float,
    exact: Mapping[str, Fraction] | None,
    excluded: bool,
) -> SetPlay:
    histories = [game.form.graph.states[s].results for s in place.states]
    hidden = [tuple(result for result in results if result not in place.seen) for results in histories]
    several = believed if len(hidden) > 1 else None
    return SetPlay(
        node=place.node,
        player=game.players[place.player],
        seen=tuple(place.seen),
        probability=dict(zip(place.labels, done, strict=True)),
        exact=exact,
        belief=() if several is None else tuple(zip(hidden, several, strict=True)),
        reached=reached,
        excluded=excluded,
    )
