"""One draw of a game with hidden information: what each mover believes, weighs and plays.

The equilibrium and its beliefs are the engine's, for no hand finds them. What is made of them is a second
implementation in plain Python floats: payoffs, what each move is worth under the beliefs, and how play goes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raison.answer.by_hand import Answered, define_rest, open_node, pay
from raison.answer.hand import Hand, History, State
from raison.answer.records import Record
from raison.model.records import Decision, Spread
from raison.program.form import Form
from raison.program.graph import OUTCOME
from raison.program.program import Program
from raison.program.world import World
from raison.solve.branch import asked_fractions
from raison.solve.form_play import FormPlayed
from raison.solve.form_points import PlaceSolution, make_places, place_numbers
from raison.solve.questions import ask
from raison.solve.rounds.played import played

_ROUNDING = 2.0**-48
"""What sums of payoffs may miss zero by, over the largest payoff."""


class BeliefStep(Record):
    """A history that the mover cannot tell from others: its results that he does not see, and how likely."""

    hidden: dict[str, str]
    probability: float


class OptionStep(Record):
    """A move at an information set.

    Attributes:
        label: Its name.
        value: What it is worth to the mover as he believes and as everybody, he too, plays from there on;
            None where it is not available.
        probability: With which it is played.
    """

    label: str
    value: float | None
    probability: float


class SetStep(Record):
    """An information set.

    Attributes:
        nodes: Its node, or those that are one set.
        player: Who moves.
        seen: Results that he sees there, by node.
        beliefs: Histories that he cannot tell apart; empty where there is only one.
        options: His moves, in the file's order.
        reached: Probability that play comes there.
    """

    nodes: tuple[str, ...]
    player: str
    seen: dict[str, str]
    beliefs: tuple[BeliefStep, ...]
    options: tuple[OptionStep, ...]
    reached: float


@dataclass(frozen=True, eq=False, slots=True)
class Play:
    """What the engine finds in `N` draws.

    Attributes:
        places: Information sets, arrays with the draws last.
        answers: Per question its number, whether it applies, whether it ties, and its margin or None.
        status: `[N]`, index into the program's reasons.
        cuts: Points and weights of types and chance draws, see `raison.answer.ranges`.
    """

    places: tuple[PlaceSolution, ...]
    answers: tuple[tuple[Any, Any, Any, Any], ...]
    status: Any
    cuts: Mapping[str, Any]

    def answered(self, question: int, draw: int) -> Answered:
        """The number of a question in a draw."""
        number, applies, tied, margin = self.answers[question]
        return Answered(
            float(number[draw]),
            bool(applies[draw]),
            None if margin is None else float(margin[draw]),
            bool(tied[draw]),
        )


def refuse_many(program: Program) -> None:
    """Refuse a game whose payoffs depend on a continuum of players.

    Raises:
        ValueError: it does.
    """
    if asked_fractions(program.model):
        raise ValueError(
            f"'{program.model.name}' has a player that is many, whose shares are not worked by hand. Use "
            "'raison solve' at the values of the draw."
        )


def play_of(program: Program, cube: np.ndarray, switches: np.ndarray) -> Play:
    """Solve some draws.

    Args:
        program: A game with information sets.
        cube: `[D, N]` coordinates.
        switches: Per switch of the program, whether its premise is removed.
    """
    import jax
    import jax.numpy as jnp

    form = program.form
    assert form is not None
    batch = cube.shape[1]

    def solved(points: jax.Array, removed: jax.Array) -> dict[str, Any]:
        world = World(program, points, removed)
        world.check_definitions()
        game = played(world, batch)
        assert isinstance(game, FormPlayed)
        answers: list[Any] = []
        for question in program.model.questions:
            found = ask(game, world, question)
            world.question_fault(found.applies & ~jnp.isfinite(found.number))
            rows = (found.number, found.applies, found.tied, found.margin)
            answers.append([None if row is None else jnp.broadcast_to(row, (batch,)) for row in rows])
        places = place_numbers(game, game.logs)
        status = world.status(batch)
        return {"places": places, "answers": answers, "status": status, "cuts": _cuts(game.world)}

    found = jax.tree.map(np.asarray, jax.jit(solved)(jnp.asarray(cube), jnp.asarray(switches)))
    return Play(
        make_places(form, list(program.model.players), found["places"]),
        tuple(tuple(rows) for rows in found["answers"]),
        found["status"],
        found["cuts"],
    )


def _cuts(world: World) -> dict[str, Any]:
    """Points and weights: of private types by name, of draws and refined scales by the state's number."""
    form = world.program.form
    assert form is not None
    rank = form.rank

    def full(value: Any) -> Any:
        import jax.numpy as jnp

        array = jnp.asarray(value, jnp.float64)
        return array.reshape((1,) * (rank - array.ndim) + array.shape)

    cuts = {axis.name: world.amounts(axis.name) for axis in form.axes if axis.kind == "type"}
    for s, state in enumerate(form.graph.states):
        if isinstance(world.model.game.get(state.name), Spread) or state.name in world.scales:
            cuts[str(s)] = world.amounts(state.name, state.results)
    return {key: tuple(full(part) for part in both) for key, both in cuts.items()}


def work(
    program: Program,
    removed: Sequence[bool],
    given: Mapping[str, float],
    coordinates: Mapping[str, float],
    play: Play,
    draw: int,
) -> Hand:
    """Work one draw as everybody plays in it; `by_hand.work` says what the first four are.

    Args:
        program: The compiled model.
        removed: Per switch, whether its premise is removed.
        given: Values of uncertain parameters.
        coordinates: Of the unit cube.
        play: The engine's equilibria.
        draw: Which of its draws.
    """
    hand, form = Hand(program, removed, given, coordinates), program.form
    assert form is not None
    states = form.graph.states
    last = len(states) - 1  # the hand's states are those of the form from the end
    for s in range(last, -1, -1):
        state = State(states[s].name, states[s].results)
        hand.states.append(state)
        if states[s].mover == OUTCOME:
            _pay(hand, state)
            continue
        state.labels = states[s].labels
        state.children = tuple(last - child for child in states[s].children)
        node = hand.model.game[state.name]
        state.player = node.player if isinstance(node, Decision) else None
        open_node(hand, state)
        if state.player is not None:
            place = play.places[form.place[s]]
            state.probabilities = tuple(float(place.probability[label][draw]) for label in state.labels)
        below = [
            (p, hand.states[child].values)
            for p, child in zip(state.probabilities, state.children, strict=True)
        ]
        state.values = tuple(
            math.fsum(p * value[i] for p, value in below if p > 0) for i in range(len(hand.model.players))
        )
    hand.states[last].reached = 1.0
    for s, state in enumerate(reversed(hand.states)):
        for probability, child in zip(state.probabilities, state.children, strict=True):
            hand.states[child].reached = state.reached * probability
        if not state.labels:
            hand.histories.append(History(last - s, states[s].results, 0, state.reached))
    define_rest(hand)
    reason = program.reasons[int(play.status[draw])]
    if int(play.status[draw]) != 0 and not hand.failures:
        hand.failures.append(reason)
    return hand


def _pay(hand: Hand, state: State) -> None:
    """Pay an outcome, and keep of its history what its payoffs depend on."""
    pay(hand, state)
    formulas = [
        hand.slot(("payoff", state.name, player), formula)
        for player, formula in hand.model.outcomes[state.name].items()
    ]
    asked = frozenset[str]().union(*(hand.nodes_of(formula) for formula in formulas))
    state.results = tuple(result for result in state.results if result[0] in asked)


def sets_of(hand: Hand, play: Play, draw: int) -> tuple[SetStep, ...]:
    """What is believed, weighed and played at each information set in a draw, from the end of the game."""
    form = hand.program.form
    assert form is not None
    return tuple(_set(hand, form, play.places[k], k, draw) for k in reversed(range(len(form.places))))


def _set(hand: Hand, form: Form, solution: PlaceSolution, number: int, draw: int) -> SetStep:
    place, last = form.places[number], len(hand.states) - 1
    states = [hand.states[last - s] for s in place.states]
    beliefs = [float(row[draw]) for row in solution.belief]
    paid = [abs(value) for state in hand.states if not state.labels for value in state.values]
    rounding = _ROUNDING * max(paid)
    options: list[OptionStep] = []
    for k, label in enumerate(place.labels):
        worth = [hand.states[state.children[k]].values[place.player] for state in states]
        value = math.fsum(b * w for b, w in zip(beliefs, worth, strict=True) if b > 0)
        options.append(
            OptionStep(
                label=label,
                value=None if not states[0].available[k] else value if abs(value) > rounding else 0.0,
                probability=float(solution.probability[label][draw]),
            )
        )
    several = len(states) > 1
    return SetStep(
        nodes=tuple(dict.fromkeys(state.name for state in states)),
        player=solution.player,
        seen=dict(place.seen),
        beliefs=tuple(
            BeliefStep(hidden=dict(hidden), probability=belief)
            for hidden, belief in zip(solution.hidden, beliefs, strict=True)
            if several
        ),
        options=tuple(options),
        reached=math.fsum(state.reached for state in states),
    )
